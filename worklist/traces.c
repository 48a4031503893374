#include "worklist/traces.h"
#include "worklist/repack.h"
#include "worklist/say.h"
#include "worklist/when.h"
#include <stdlib.h>
#include <zmq.h>

enum { POLL_MS = 100, NOT_SAVED_MS = 3000 };

bool traces_not_saved(struct counters *counters) {
    uint64_t said_ms = counters_get(counters, COUNTER_NOT_SAVED_MS);
    return said_ms && (uint64_t)when_steady_ms() - said_ms < NOT_SAVED_MS;
}

static void take_event(struct traces *t) {
    const struct event *e = &t->frame->body.event;
    bool saved = e->kind == EVENT_SAVED_AGAIN;
    if (!saved && e->kind != EVENT_NOT_SAVED)
        return;
    counters_set(t->counters, COUNTER_NOT_SAVED_MS, saved ? 0 : (uint64_t)when_steady_ms());
    hub_publish(t->hub, 0, false, say_event(e, 1, 0)); /* its text names no time */
}

static void take_block(struct traces *t, const uint8_t *bytes, size_t length) {
    counters_add(t->counters, COUNTER_LIVE_MESSAGES, 1);
    const struct wire_frame *f = t->frame;
    enum hemo_error error = wire_parse(t->frame, bytes, length);
    if (error == HEMO_OK && f->kind == WIRE_EVENT) {
        take_event(t);
        return;
    }
    if (error != HEMO_OK || f->kind != WIRE_SAMPLES) {
        counters_add(t->counters, COUNTER_WIRE_ERRORS, 1);
        return;
    }
    bool same = t->last.stream == f->stream && t->last.epoch == f->epoch;
    if ((!same && !epochs_find(t->epochs, f->stream, f->epoch, &t->last)) ||
        t->last.case_number != f->case_number) {
        counters_add(t->counters, COUNTER_LIVE_UNKNOWN, 1);
        return;
    }
    size_t size = repack(f, &t->last, t->out, HUB_BLOCK_MAX);
    if (size == 0) {
        counters_add(t->counters, COUNTER_WIRE_ERRORS, 1);
        return;
    }
    hub_live(t->hub, &(struct hub_live){.stream = f->stream,
                                        .room = t->last.room,
                                        .groups = repack_groups(&t->last.info),
                                        .base_rate_hz = stream_base_rate_hz(&t->last.info),
                                        .first_tick = f->body.samples.first_tick,
                                        .bytes = t->out,
                                        .length = size});
}

/* Two parts: the stream's number, the frame. */
static bool receive(struct traces *t) {
    zmq_msg_t topic, body;
    zmq_msg_init(&topic);
    zmq_msg_init(&body);
    bool got = zmq_msg_recv(&topic, t->socket, ZMQ_DONTWAIT) >= 0;
    if (got && zmq_msg_more(&topic) && zmq_msg_recv(&body, t->socket, ZMQ_DONTWAIT) >= 0)
        take_block(t, zmq_msg_data(&body), zmq_msg_size(&body));
    zmq_msg_close(&topic);
    zmq_msg_close(&body);
    return got;
}

static void *run(void *context) {
    struct traces *t = context;
    while (!atomic_load(&t->stopping)) {
        zmq_pollitem_t item = {t->socket, 0, ZMQ_POLLIN, 0};
        zmq_poll(&item, 1, POLL_MS);
        while (!atomic_load(&t->stopping) && receive(t))
            continue;
    }
    return NULL;
}

bool traces_start(struct traces *t) {
    t->frame = malloc(sizeof *t->frame);
    t->out = malloc(HUB_BLOCK_MAX);
    t->socket = curve_socket(t->zmq, ZMQ_SUB, t->curve);
    if (!t->frame || !t->out || !t->socket || zmq_connect(t->socket, t->settings->live) != 0)
        return false;
    t->started = pthread_create(&t->thread, NULL, run, t) == 0;
    return t->started;
}

void traces_stop(struct traces *t) {
    atomic_store(&t->stopping, true);
    if (t->started)
        pthread_join(t->thread, NULL);
    if (t->socket)
        zmq_close(t->socket);
    free(t->frame);
    free(t->out);
}
