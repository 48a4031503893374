#include "worklist/traces.h"
#include "worklist/repack.h"
#include <stdlib.h>
#include <zmq.h>

enum { POLL_MS = 100 };

static void take_block(struct traces *t, const uint8_t *bytes, size_t length) {
    counters_add(t->counters, COUNTER_LIVE_MESSAGES, 1);
    const struct wire_frame *f = t->frame;
    if (wire_parse(t->frame, bytes, length) != HEMO_OK || f->kind != WIRE_SAMPLES) {
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
