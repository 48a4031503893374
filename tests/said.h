/* said.h - what a hemod would say: an epoch, measurements, findings, beats of one room. For tests
 * only. */
#pragma once
#include "proto/quantity.h"
#include "proto/wire.h"
#include <stdlib.h>
#include <string.h>

struct said {
    uint32_t stream, room;
    uint64_t journal, epoch, case_number;
    uint64_t next; /* sequence in hemod's stream */
};

static inline void said_event(struct said *s, struct wire_frame *out, uint32_t kind,
                              uint64_t tick) {
    wire_begin(out, WIRE_EVENT);
    out->epoch = s->journal;
    out->sequence = s->next++;
    struct event *e = &out->body.event;
    *e = (struct event){.id = id_make(s->stream, s->epoch, tick, kind, 1),
                        .kind = kind,
                        .stream = s->stream,
                        .room = s->room,
                        .epoch = s->epoch,
                        .case_number = s->case_number,
                        .tick = tick,
                        .emitted_tick = tick,
                        .ordinal = 1,
                        .site = SITE_AO,
                        .channel = 1,
                        .quality = 0.96,
                        .rule_version = 1,
                        .at_ns = 1772448000000000000 + (int64_t)tick * 8000000};
}

static inline void said_begin(struct said *s, struct wire_frame *out) {
    wire_begin(out, WIRE_EPOCH_BEGIN);
    out->epoch = s->journal;
    out->sequence = s->next++;
    struct wire_epoch_begin *b = &out->body.epoch_begin;
    *b = (struct wire_epoch_begin){.stream = s->stream,
                                   .room = s->room,
                                   .why = WHY_FIRST,
                                   .epoch = s->epoch,
                                   .case_number = s->case_number};
    b->info = (struct stream_info){.base_rate_numerator = 125,
                                   .base_rate_denominator = 1,
                                   .started_at_ns = 1772448000000000000,
                                   .origin = ORIGIN_SIMULATED,
                                   .speed_percent = 100,
                                   .channels_count = 2,
                                   .name = "test"};
    b->info.channels[0] = (struct stream_channel){SITE_ECG, 1, 0, 0.01, 0, UNIT_MV, 0, "II"};
    b->info.channels[1] = (struct stream_channel){SITE_AO, 1, 0, 0.05, 0, UNIT_MMHG, 0, "AO"};
}

static inline void said_measurement(struct said *s, struct wire_frame *out, uint64_t tick) {
    said_event(s, out, EVENT_MEASUREMENT, tick);
    struct event *e = &out->body.event;
    e->state = EVENT_SUGGESTED;
    e->method = METHOD_MEDIAN_BEATS;
    e->from_tick = tick > 1000 ? tick - 1000 : 0;
    e->to_tick = tick;
    e->beats_count = 8;
    for (uint32_t i = 0; i < 8; i++)
        e->beats[i] = e->from_tick + 100 * i;
    e->left_out_count = 1;
    e->left_out[0] = (struct event_left_out){e->from_tick + 50, EVENT_ECTOPIC};
    event_add_value(e, QUANTITY_SYSTOLIC, 121.34, 2.1);
    event_add_value(e, QUANTITY_DIASTOLIC, 70.98, 1.5);
    event_add_value(e, QUANTITY_MEAN, 92, 1.1);
}

static inline void said_finding(struct said *s, struct wire_frame *out, uint32_t kind,
                                uint64_t tick) {
    said_event(s, out, kind, tick);
    struct event *e = &out->body.event;
    e->state = EVENT_RAISED;
    e->method = METHOD_TREND;
    e->from_value = 74;
    e->to_value = 52;
    e->from_tick = tick > 11250 ? tick - 11250 : 0;
    e->to_tick = tick;
}

/* The finding raised at raised_tick has recovered. */
static inline void said_recovered(struct said *s, struct wire_frame *out, uint64_t raised_tick,
                                  uint64_t tick) {
    uint32_t kind = EVENT_FALLING_BP;
    said_finding(s, out, kind, tick);
    out->body.event.state = EVENT_RECOVERED;
    out->body.event.refers_to = id_make(s->stream, s->epoch, raised_tick, kind, 1);
}
