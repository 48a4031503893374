/* report.h - say something: complete an event, hand it to the caller, let the detectors hear it.
 * Pure.
 *
 *     struct event event = report_new(call, line, EVENT_BEAT, tick);
 *     event_add_value(&event, QUANTITY_MEAN, 93, 0);
 *     report_send(call, &event);
 *
 * Ids come from (stream, epoch, tick, kind, ordinal); ordinal = channel | state << 8 | detail <<
 * 16, so that the end of a state, or a second mark at the same tick, is an event of its own. */
#pragma once
#include "detectors/room_state.h"

/* One call into the room: where events go, and the tick that is reached. */
struct report_call {
    struct room *room;
    room_event_fn *on_event;
    void *context;
    uint64_t now_tick;
};

struct event report_new(const struct report_call *call, const struct line *line, uint32_t kind,
                        uint64_t tick);
void report_send(struct report_call *call, struct event *event);
void report_clock(struct report_call *call);

/* The detectors of a new epoch. */
void report_begin(struct room *room);
