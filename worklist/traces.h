/* traces.h - the live traces: hemod's lossy socket into the hub, in a thread of its own.
 *
 * NOT_SAVED and SAVED_AGAIN come here too, for they cannot be journalled: said to every page, and
 * while hemod repeats NOT_SAVED (each second) traces_not_saved() is true and nothing is confirmed.
 *
 * A block is shown only under the case that its epoch's EpochBegin bound and that is committed
 * here; everything else is counted and dropped. */
#pragma once
#include "worklist/counters.h"
#include "worklist/curve.h"
#include "worklist/epochs.h"
#include "worklist/hub.h"

struct traces {
    const struct settings *settings;
    const struct curve *curve;
    struct hub *hub;
    struct epochs *epochs;
    struct counters *counters;
    void *zmq; /* context */
    void *socket;
    struct wire_frame *frame;
    uint8_t *out;
    struct wire_epoch_begin last; /* the epoch looked up last */
    pthread_t thread;
    bool started;
    atomic_bool stopping;
};

bool traces_start(struct traces *t);
void traces_stop(struct traces *t);

/* hemod said within the last 3 s that its disk does not take what it sends. */
bool traces_not_saved(struct counters *counters);
