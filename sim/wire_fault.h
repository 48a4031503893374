/* wire_fault.h - what happens to a feed's records on their way: lost, doubled, cut, out of order,
 * under a broken clock. Pure; time is an argument.
 *
 *     wire_fault_shift(&faults, &frame);                    // before packing: a leaping counter
 *     switch (wire_fault_fate(&faults, &frame, now_s)) ...  // what becomes of the packed record
 *     due_s = began_s + wire_fault_due_s(list, stream_s);   // a clock that runs wrong
 *
 * A fault's times are those of the stream; StreamInfo is never harmed. Each record is harmed at
 * most once, when it passes for the first time, so that a link that recovers comes to its end. */
#pragma once
#include "proto/wire.h"
#include "sim/fault.h"

struct wire_faults {
    const struct fault_list *list; /* NULL: nothing happens */
    double base_rate_hz;
    uint64_t passed_epoch, passed; /* records up to this sequence have passed once */
    uint64_t count;                /* of the records in the way of a fault */
    double stalled_until_s;        /* 0: not yet */
};

enum wire_fate { WIRE_PASSES, WIRE_LOST, WIRE_DOUBLED, WIRE_REORDERED, WIRE_CUT, WIRE_LATE };

enum wire_fate wire_fault_fate(struct wire_faults *faults, const struct wire_frame *frame,
                               double now_s);
void wire_fault_shift(const struct wire_faults *faults, struct wire_frame *frame);
/* The time on a true clock at which a stream has come to its stream_s. */
double wire_fault_due_s(const struct fault_list *list, double stream_s);
/* Whether there is one of that kind at all. */
bool wire_fault_any(const struct fault_list *list, enum fault_kind kind);
