/* hemod_peers.h - the smallest feed and the smallest client that keep to the link protocol, for
 * tests of hemod.
 *
 * The feed's signal says where it belongs: the sample at tick t of feed n is peer_sample(n, t), so
 * that any loss, repetition or mixing of rooms is seen by arithmetic. */
#pragma once
#include "proto/link.h"
#include "tests/hemod_process.h"
#include <zmq.h>

enum { PEER_BLOCK = 10, PEER_HELD = 8192, PEER_SILENCE_MS = 400 };

struct peer_keys {
    const char *server, *public, *secret; /* NULL: none */
};

struct peer_feed {
    void *context, *socket;
    const char *address, *device;
    struct peer_keys keys;
    uint32_t number, room; /* stream = number */
    struct link_sender link;
    uint64_t held[PEER_HELD]; /* first ticks, oldest first; UINT64_MAX: the StreamInfo */
    uint32_t held_count;
    bool old; /* does not know "before the case" */
    uint64_t next_tick, heard_ms, epochs, welcomes, acks, acked_tick;
    int last_refuse;
    uint64_t refuses;
    struct wire_frame frame;
    uint8_t buffer[WIRE_BYTES_MAX];
};

static inline int16_t peer_sample(uint32_t feed, uint64_t tick) {
    /* A pulse of 1 Hz at 125 Hz that never repeats within its room's band of values. Room 2 is flat
     * for seconds, so that a line state is often open when its epoch ends. */
    uint64_t phase = tick % 125;
    bool flat = feed == 2 && (tick + 3200) % 3500 >= 1900; /* 2200 to 3800, and so on */
    int shape = flat || phase >= 50 ? 0 : phase < 20 ? (int)(phase * 40) : (int)(1400 - phase * 30);
    return (int16_t)(feed * 1000 + 700 + (uint32_t)(shape > 0 ? shape / 4 : 0) +
                     (uint32_t)(tick * 7919 % 13));
}

static inline void *peer_connect(void *context, const char *address, const struct peer_keys *keys) {
    void *socket = zmq_socket(context, ZMQ_DEALER);
    int zero = 0;
    zmq_setsockopt(socket, ZMQ_LINGER, &zero, sizeof zero);
    if (keys->secret) {
        zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, keys->server, 41);
        zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, keys->public, 41);
        zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, keys->secret, 41);
    }
    int bad = zmq_connect(socket, address);
    assert(bad == 0);
    (void)bad;
    return socket;
}

static inline void peer_send(void *socket, const struct wire_frame *frame, uint8_t *buffer) {
    size_t length;
    enum hemo_error error = wire_pack(frame, buffer, WIRE_BYTES_MAX, &length);
    if (error != HEMO_OK)
        fprintf(stderr, "peer: cannot pack kind %d: %s\n", frame->kind, hemo_error_text(error));
    assert(error == HEMO_OK);
    zmq_send(socket, buffer, length, ZMQ_DONTWAIT);
}

/* The next frame, or false. */
static inline bool peer_receive(void *socket, struct wire_frame *frame, uint8_t *buffer) {
    int length = zmq_recv(socket, buffer, WIRE_BYTES_MAX, ZMQ_DONTWAIT);
    if (length < 0)
        return false;
    enum hemo_error error = wire_parse(frame, buffer, (size_t)length);
    assert(error == HEMO_OK);
    (void)error;
    return true;
}

static inline void peer_info(struct wire_frame *frame) {
    wire_begin(frame, WIRE_STREAM_INFO);
    frame->body.stream_info = (struct stream_info){
        .base_rate_numerator = 125,
        .base_rate_denominator = 1,
        .started_at_ns = 1700000000000000000,
        .origin = ORIGIN_SIMULATED,
        .speed_percent = 100,
        .channels_count = 1,
        .channels = {{.site = SITE_ART, .ticks_per_sample = 1, .scale = 0.1, .unit = UNIT_MMHG}}};
}

static inline void peer_record(struct peer_feed *f, uint64_t sequence) {
    static int16_t samples[PEER_BLOCK];
    uint64_t tick = f->held[sequence - f->link.first_held];
    if (tick == UINT64_MAX) {
        peer_info(&f->frame);
    } else {
        wire_begin(&f->frame, WIRE_SAMPLES);
        for (uint32_t i = 0; i < PEER_BLOCK; i++)
            samples[i] = peer_sample(f->number, tick + i);
        f->frame.body.samples = (struct sample_block){tick, 0, 1, PEER_BLOCK, samples};
    }
    f->frame.stream = f->number;
    f->frame.epoch = f->link.epoch;
    f->frame.case_number = f->link.case_number;
    f->frame.sequence = sequence;
}

static inline void feed_says_hello(struct peer_feed *f) {
    link_sender_hello(&f->link, &f->frame, f->number, f->device, f->room);
    peer_send(f->socket, &f->frame, f->buffer);
    f->heard_ms = process_ms();
}

static inline void feed_open(struct peer_feed *f) {
    if (f->socket)
        zmq_close(f->socket);
    f->socket = peer_connect(f->context, f->address, &f->keys);
    feed_says_hello(f);
}

static inline void feed_make(struct peer_feed *f) {
    if (f->held_count == PEER_HELD)
        return;
    f->held[f->held_count++] = f->next_tick;
    f->next_tick += PEER_BLOCK;
    link_sender_add(&f->link);
}

static inline void feed_forget(struct peer_feed *f, uint64_t count) {
    for (uint64_t i = 0; i < count; i++)
        if (f->held[i] != UINT64_MAX)
            f->acked_tick = f->held[i] + PEER_BLOCK;
    f->held_count -= (uint32_t)count;
    memmove(f->held, f->held + count, f->held_count * sizeof *f->held);
}

static inline void feed_renumber(struct peer_feed *f) {
    uint32_t skip = f->held_count && f->held[0] == UINT64_MAX;
    memmove(f->held + 1, f->held + skip, (f->held_count - skip) * sizeof *f->held);
    f->held_count = f->held_count - skip + 1;
    f->held[0] = UINT64_MAX;
    link_sender_renumber(&f->link, f->held_count);
    f->epochs++;
}

static inline void feed_hear(struct peer_feed *f) {
    while (peer_receive(f->socket, &f->frame, f->buffer)) {
        f->heard_ms = process_ms();
        if (f->frame.kind == WIRE_WELCOME) {
            enum link_welcome what = link_sender_welcome(&f->link, &f->frame);
            f->welcomes++;
            bool ask = f->frame.body.welcome.why == WHY_BEFORE_CASE && !f->old;
            if (what == LINK_NEW_EPOCH)
                feed_renumber(f);
            if (ask)
                feed_says_hello(f);
            if (what == LINK_WELCOME_BAD)
                fprintf(stderr, "feed %u: a Welcome that does not fit\n", f->number);
            assert(what != LINK_WELCOME_BAD);
        } else if (f->frame.kind == WIRE_ACK) {
            f->acks++;
            feed_forget(f, link_sender_ack(&f->link, &f->frame));
        } else if (f->frame.kind == WIRE_REFUSE) {
            f->refuses++;
            f->last_refuse = f->frame.body.refuse.error;
        }
    }
}

/* One turn: hear, send what credit allows, connect again after silence. */
static inline void feed_turn(struct peer_feed *f) {
    uint64_t sequence;
    feed_hear(f);
    for (int i = 0; i < 200 && link_sender_next(&f->link, &sequence); i++) {
        peer_record(f, sequence);
        peer_send(f->socket, &f->frame, f->buffer);
    }
    bool waits = f->held_count || !f->link.welcomed;
    if (waits && process_ms() - f->heard_ms > PEER_SILENCE_MS)
        feed_open(f);
}

struct peer_client {
    void *context, *socket;
    const char *address, *device;
    struct peer_keys keys;
    uint32_t stream;
    uint64_t journal, next, events, epoch_begins, heard_ms, asked_ms;
    uint64_t last_epoch, last_case; /* of the last EpochBegin */
    uint64_t out_of_case;           /* events of a case with measurement kinds under case 0 */
    bool welcomed;
    struct link_sender link;        /* of its commands */
    struct wire_frame commands[64]; /* held, by sequence - first_held */
    int last_refuse;
    void (*on_frame)(struct peer_client *c, const struct wire_frame *frame);
    void *context_of_test;
    struct wire_frame frame, reply;
    uint8_t buffer[WIRE_BYTES_MAX];
};

static inline void client_open(struct peer_client *c) {
    if (c->socket)
        zmq_close(c->socket);
    c->socket = peer_connect(c->context, c->address, &c->keys);
    wire_begin(&c->frame, WIRE_ATTACH);
    snprintf(c->frame.body.attach.device, sizeof c->frame.body.attach.device, "%s", c->device);
    peer_send(c->socket, &c->frame, c->buffer);
    link_sender_hello(&c->link, &c->frame, c->stream, c->device, 0);
    peer_send(c->socket, &c->frame, c->buffer);
    c->heard_ms = process_ms();
    c->welcomed = false;
}

static inline void client_welcome(struct peer_client *c) {
    assert(!c->journal || c->journal == c->frame.epoch);
    c->journal = c->frame.epoch;
    wire_begin(&c->reply, WIRE_WELCOME);
    c->reply.epoch = c->journal;
    c->reply.body.welcome = (struct wire_welcome){c->next, 500, WHY_RESUMED};
    peer_send(c->socket, &c->reply, c->buffer);
    c->welcomed = true;
}

static inline void client_event(struct peer_client *c) {
    if (c->frame.sequence != c->next)
        fprintf(stderr, "client: event %llu, expected %llu\n",
                (unsigned long long)c->frame.sequence, (unsigned long long)c->next);
    assert(c->frame.sequence == c->next);
    c->next++;
    if (c->frame.kind == WIRE_EPOCH_BEGIN) {
        c->epoch_begins++;
        c->last_epoch = c->frame.body.epoch_begin.epoch;
        c->last_case = c->frame.body.epoch_begin.case_number;
    } else {
        c->events++;
        uint32_t kind = c->frame.body.event.kind;
        if (!c->frame.body.event.case_number && (kind == EVENT_MEASUREMENT || kind / 100 == 3))
            c->out_of_case++;
    }
}

/* Holds the command in frame->kind/body until it is acknowledged. */
static inline void client_command(struct peer_client *c, const struct wire_frame *command) {
    uint64_t sequence = link_sender_add(&c->link);
    assert(sequence - c->link.first_held < 64);
    c->commands[sequence - c->link.first_held] = *command;
}

static inline void client_ack(struct peer_client *c) {
    uint64_t held = c->link.next_sequence - c->link.first_held;
    uint64_t done = link_sender_ack(&c->link, &c->frame);
    memmove(c->commands, c->commands + done, (size_t)(held - done) * sizeof *c->commands);
}

static inline void client_link_welcome(struct peer_client *c) {
    uint64_t held = c->link.next_sequence - c->link.first_held;
    if (link_sender_welcome(&c->link, &c->frame) == LINK_NEW_EPOCH)
        link_sender_renumber(&c->link, held);
}

static inline void client_turn(struct peer_client *c) {
    uint64_t sequence;
    bool fresh = false;
    while (peer_receive(c->socket, &c->frame, c->buffer)) {
        c->heard_ms = process_ms();
        bool event = c->frame.kind == WIRE_EVENT || c->frame.kind == WIRE_EPOCH_BEGIN;
        if (c->frame.kind == WIRE_HELLO)
            client_welcome(c);
        else if (event)
            client_event(c);
        else if (c->frame.kind == WIRE_WELCOME)
            client_link_welcome(c);
        else if (c->frame.kind == WIRE_ACK)
            client_ack(c);
        else if (c->frame.kind == WIRE_REFUSE)
            c->last_refuse = c->frame.body.refuse.error;
        if (c->on_frame)
            c->on_frame(c, &c->frame);
        fresh = fresh || event;
    }
    if (fresh) {
        wire_begin(&c->reply, WIRE_ACK);
        c->reply.epoch = c->journal;
        c->reply.body.ack = (struct wire_ack){c->next, 500};
        peer_send(c->socket, &c->reply, c->buffer);
    }
    while (link_sender_next(&c->link, &sequence)) {
        struct wire_frame *command = &c->commands[sequence - c->link.first_held];
        command->stream = c->stream;
        command->epoch = c->link.epoch;
        command->sequence = sequence;
        peer_send(c->socket, command, c->buffer);
    }
    if (process_ms() - c->heard_ms > PEER_SILENCE_MS) /* perhaps hemod was killed: attach again */
        client_open(c);
}
