/* peek.h - the few numbers of a packed frame that decide where it belongs, at a fiftieth of the
 * price of a parse. Pure.
 *
 * Only for bytes that wire_parse() accepted once (the journal's): it looks, it does not check
 * meaning. */
#pragma once
#include "proto/wire.h"

struct peek {
    uint32_t stream, kind; /* enum wire_kind */
    uint64_t epoch, sequence, case_number;
    /* Samples: tick, group, count. Gap, Mark: tick. Event: event_kind, tick, and whose:
     * about_stream, about_epoch, id. EpochBegin: about_stream, about_epoch, tick. */
    uint64_t tick;
    uint32_t group, count, event_kind, about_stream;
    uint64_t about_epoch;
    struct event_id id;
};

/* False: not a frame. */
bool peek_frame(const uint8_t *bytes, size_t length, struct peek *out);
