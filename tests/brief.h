/* brief.h - a frame of one small stream (125 Hz, one channel) in short, for tests of one feed. */
#pragma once
#include "proto/wire.h"
#include "proto/site.h"

enum { BLOCK = 5, CREDIT = 40 };

/* A record in short: what matters of it here. */
struct brief {
    enum wire_kind kind;
    uint64_t epoch, case_number, sequence, tick;
    uint64_t next; /* Welcome, Ack, Hello's next_sequence */
    uint64_t first;
    uint32_t credit, why;
};

static inline void unfold(const struct brief *b, struct wire_frame *f) {
    static const int16_t samples[BLOCK];
    wire_begin(f, b->kind);
    f->stream = 1;
    f->epoch = b->epoch;
    f->case_number = b->case_number;
    f->sequence = b->sequence;
    if (b->kind == WIRE_SAMPLES)
        f->body.samples = (struct sample_block){b->tick, 0, 1, BLOCK, samples};
    else if (b->kind == WIRE_WELCOME)
        f->body.welcome = (struct wire_welcome){b->next, b->credit, b->why};
    else if (b->kind == WIRE_ACK)
        f->body.ack = (struct wire_ack){b->next, b->credit};
    else if (b->kind == WIRE_HELLO)
        f->body.hello = (struct wire_hello){"LAB1", 1, b->first, b->next};
    else if (b->kind == WIRE_STREAM_INFO)
        f->body.stream_info = (struct stream_info){
            .base_rate_numerator = 125,
            .base_rate_denominator = 1,
            .channels_count = 1,
            .channels = {{.site = SITE_ART, .ticks_per_sample = 1, .scale = 1}}};
}
