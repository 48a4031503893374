/* traces.h - the live traces: hemod's lossy socket into the hub, in a thread of its own.
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
