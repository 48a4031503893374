/* order.h - which record comes next in the journal: frames as they came, events behind their
 * frames. Pure.
 *
 * The receiver numbers its inputs (frames, commands, epochs) from 0 without a hole. A worker says
 * for each event which input caused it. order_event_ready() is true once that input has been taken,
 * so that whatever the threads do, a journal read from its front holds for every event the frame
 * that it came from: events become durable, and with that visible, never before their cause.
 * Positions are given in that same order. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { ORDER_WORKERS_MAX = 16 };

struct order {
    uint64_t next_input;    /* the input that must come next */
    uint64_t next_event;    /* position in hemod's own stream of events */
    uint64_t next_position; /* of any record in the journal */
};

/* What a worker has to offer: the cause of its oldest event. */
struct order_offer {
    bool has;
    uint64_t cause;
};

void order_init(struct order *o, uint64_t next_event, uint64_t next_position);
/* The input with that number is written next. Its position. Asserts that none was left out. */
uint64_t order_input(struct order *o, uint64_t number);
/* hemod's own record (Event or EpochBegin) is written next: its number in the stream of events. */
uint64_t order_event(struct order *o);
uint64_t order_position(struct order *o); /* the position for it */
bool order_event_ready(const struct order *o, uint64_t cause);
/* The worker whose event is next: the oldest cause first, the lower worker among equals; -1: none
 * is ready. */
int order_pick(const struct order *o, const struct order_offer *offers, int workers);
