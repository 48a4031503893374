/* fake_hemod.h - the events and live sockets of a hemod in a thread: a prepared stream of events,
 * commands taken and acknowledged, windows answered. For tests of worklistd only.
 *
 *     fake_open(&fake);                        // binds free ports: fake.events, fake.live
 *     fake_add(&fake, &frame);                 // before or while it runs; sequences follow one
 * another
 *     ... fake.acked, fake.commands ...
 *     fake_close(&fake); */
#pragma once
#include "proto/link.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum { FAKE_FRAMES = 8192, FAKE_COMMANDS = 64, FAKE_STREAM = 1000 };

struct fake {
    char events[64], live[64];
    uint64_t journal;
    void *zmq, *router, *pub;
    pthread_t thread;
    atomic_bool stop;
    pthread_mutex_t lock; /* protects frames and commands */
    size_t count;
    struct {
        uint8_t *bytes;
        size_t length;
    } frame[FAKE_FRAMES];
    struct wire_frame *in, *out;
    uint64_t sent, limit; /* of events, on this connection */
    atomic_ullong acked;
    struct link_receiver receiver; /* of commands */
    atomic_bool stalled; /* takes commands, and does not make them durable */
    atomic_uint hellos;
    size_t commands;
    struct wire_case command[FAKE_COMMANDS];
    enum wire_kind command_kind[FAKE_COMMANDS];
    zmq_msg_t peer;
    bool known;
};

static inline void fake_add(struct fake *f, const struct wire_frame *frame) {
    static uint8_t bytes[WIRE_BYTES_MAX];
    size_t length = 0;
    enum hemo_error error = wire_pack(frame, bytes, sizeof bytes, &length);
    pthread_mutex_lock(&f->lock);
    if (error != HEMO_OK || f->count == FAKE_FRAMES)
        abort();
    f->frame[f->count].bytes = malloc(length);
    f->frame[f->count].length = length;
    memcpy(f->frame[f->count++].bytes, bytes, length);
    pthread_mutex_unlock(&f->lock);
}

static inline void fake_send(struct fake *f, const void *bytes, size_t length) {
    zmq_send(f->router, zmq_msg_data(&f->peer), zmq_msg_size(&f->peer), ZMQ_SNDMORE | ZMQ_DONTWAIT);
    zmq_send(f->router, bytes, length, ZMQ_DONTWAIT);
}

static inline void fake_say(struct fake *f, const struct wire_frame *frame) {
    uint8_t bytes[8192];
    size_t length = 0;
    if (wire_pack(frame, bytes, sizeof bytes, &length) != HEMO_OK)
        abort();
    fake_send(f, bytes, length);
}

static inline void fake_attach(struct fake *f) {
    wire_begin(f->out, WIRE_HELLO);
    f->out->epoch = f->journal;
    snprintf(f->out->body.hello.device, sizeof f->out->body.hello.device, "HEMOD");
    pthread_mutex_lock(&f->lock);
    f->out->body.hello.next_sequence = f->count;
    pthread_mutex_unlock(&f->lock);
    f->limit = f->sent = 0;
    fake_say(f, f->out);
}

static inline void fake_ack(struct fake *f) {
    if (!atomic_load(&f->stalled))
        link_receiver_durable(&f->receiver, f->receiver.next_sequence);
    link_receiver_ack(&f->receiver, f->out, FAKE_STREAM);
    fake_say(f, f->out);
}

static inline void fake_command(struct fake *f) {
    enum hemo_error error = link_receiver_record(&f->receiver, f->in);
    if (error == HEMO_OK) {
        pthread_mutex_lock(&f->lock);
        f->command_kind[f->commands % FAKE_COMMANDS] = f->in->kind;
        f->command[f->commands++ % FAKE_COMMANDS] = f->in->body.case_change;
        pthread_mutex_unlock(&f->lock);
    }
    fake_ack(f);
}

static inline void fake_window(struct fake *f) {
    static const int16_t samples[] = {1, 2, -32768, 4};
    const struct wire_window_ask ask = f->in->body.window_ask;
    wire_begin(f->out, WIRE_WINDOW);
    f->out->body.window = (struct wire_window){.request = ask.request,
                                               .channel = ask.channel,
                                               .ticks_per_sample = 1,
                                               .count = 4,
                                               .first_tick = ask.from_tick,
                                               .last = true,
                                               .scale = 0.05,
                                               .samples = samples};
    fake_say(f, f->out);
}

static inline void fake_hello(struct fake *f) {
    enum welcome_why why = WHY_RESUMED;
    if (!link_receiver_resumes(&f->receiver, f->in)) {
        link_receiver_init(&f->receiver, f->receiver.epoch + 1, 0, 0, 64);
        why = WHY_FIRST;
    }
    link_receiver_welcome(&f->receiver, f->out, FAKE_STREAM, why);
    fake_say(f, f->out);
    fake_ack(f);
    atomic_fetch_add(&f->hellos, 1);
}

static inline void fake_message(struct fake *f, const void *bytes, size_t length) {
    if (wire_parse(f->in, bytes, length) != HEMO_OK)
        abort(); /* worklistd sent something that is not valid */
    switch (f->in->kind) {
    case WIRE_ATTACH:
        fake_attach(f);
        return;
    case WIRE_HELLO:
        fake_hello(f);
        return;
    case WIRE_WELCOME:
        f->sent = f->in->body.welcome.next_sequence;
        f->limit = f->sent + f->in->body.welcome.credit;
        return;
    case WIRE_ACK:
        atomic_store(&f->acked, f->in->body.ack.next_sequence);
        f->limit = f->in->body.ack.next_sequence + f->in->body.ack.credit;
        return;
    case WIRE_CASE_OPEN:
    case WIRE_CASE_CLOSE:
    case WIRE_MARK:
    case WIRE_CAPTURE:
        fake_command(f);
        return;
    case WIRE_WINDOW_ASK:
        fake_window(f);
        return;
    default:
        abort();
    }
}

static inline void fake_receive(struct fake *f) {
    zmq_msg_t peer, body;
    zmq_msg_init(&peer);
    zmq_msg_init(&body);
    while (zmq_msg_recv(&peer, f->router, ZMQ_DONTWAIT) >= 0 &&
           zmq_msg_recv(&body, f->router, 0) >= 0) {
        zmq_msg_copy(&f->peer, &peer);
        f->known = true;
        fake_message(f, zmq_msg_data(&body), zmq_msg_size(&body));
    }
    zmq_msg_close(&peer);
    zmq_msg_close(&body);
}

static inline void *fake_run(void *context) {
    struct fake *f = context;
    while (!atomic_load(&f->stop)) {
        zmq_pollitem_t item = {f->router, 0, ZMQ_POLLIN, 0};
        zmq_poll(&item, 1, 2);
        fake_receive(f);
        pthread_mutex_lock(&f->lock);
        for (int n = 0; n < 20 && f->sent < f->limit && f->sent < f->count; n++, f->sent++)
            fake_send(f, f->frame[f->sent].bytes, f->frame[f->sent].length);
        pthread_mutex_unlock(&f->lock);
    }
    return NULL;
}

static inline void fake_bind(void *socket, char *address, size_t size) {
    int zero = 0;
    zmq_setsockopt(socket, ZMQ_LINGER, &zero, sizeof zero);
    if (zmq_bind(socket, "tcp://127.0.0.1:*") != 0)
        abort();
    zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, address, &size);
}

static inline void fake_open(struct fake *f) {
    memset(f, 0, sizeof *f);
    f->journal = 7;
    f->receiver.epoch = 100;
    f->in = malloc(sizeof *f->in);
    f->out = malloc(sizeof *f->out);
    pthread_mutex_init(&f->lock, NULL);
    zmq_msg_init(&f->peer);
    f->zmq = zmq_ctx_new();
    f->router = zmq_socket(f->zmq, ZMQ_ROUTER);
    f->pub = zmq_socket(f->zmq, ZMQ_PUB);
    fake_bind(f->router, f->events, sizeof f->events);
    fake_bind(f->pub, f->live, sizeof f->live);
    if (pthread_create(&f->thread, NULL, fake_run, f) != 0)
        abort();
}

static inline void fake_close(struct fake *f) {
    atomic_store(&f->stop, true);
    pthread_join(f->thread, NULL);
    zmq_msg_close(&f->peer);
    zmq_close(f->router);
    zmq_close(f->pub);
    zmq_ctx_term(f->zmq);
    for (size_t i = 0; i < f->count; i++)
        free(f->frame[i].bytes);
    free(f->in);
    free(f->out);
}
