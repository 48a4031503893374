/* items.h - what the threads of hemod hand to each other through rings. Plain values; bytes may
 * follow.
 *
 *   receiver -> writer     struct input_item + payload      every record, in the one order that
 * counts receiver -> worker     struct task_item + payload       the same records of the worker's
 * rooms worker -> writer       struct event_item                what the rooms said, with its cause
 *   writer -> receiver     struct ack_item                  up to here is durable
 *   events -> receiver     struct command_item + payload    what a client wants done */
#pragma once
#include "proto/event.h"
#include "proto/record.h"
#include "proto/wire.h"

enum { NO_SLOT = 0xffff };

/* A slot is a device's index in the configuration. */
struct input_item {
    uint64_t number;               /* of the input, without a hole; see order.h */
    uint64_t arrived_ns;           /* CLOCK_MONOTONIC */
    uint64_t epoch, next_sequence; /* to acknowledge when durable; slot NO_SLOT: nothing */
    uint32_t type; /* enum record_type; RECORD_EPOCH: a struct wire_epoch_begin follows */
    uint32_t slot;
    uint32_t length;
    uint32_t unused;
};

enum task_kind {
    TASK_FRAME = 1, /* a packed frame of the stream */
    TASK_EPOCH,     /* a struct wire_epoch_begin */
    TASK_END,       /* the epoch ended: a case change */
    TASK_COMMAND,   /* a packed Mark or Capture of a client, for this stream */
    TASK_RULES      /* a packed Rules, for all streams */
};

struct task_item {
    uint64_t cause; /* number of the input */
    uint64_t arrived_ns;
    uint32_t kind, slot, length, unused;
};

struct event_item {
    uint64_t cause, arrived_ns;
    uint32_t slot, unused;
    struct event event;
};

struct ack_item {
    uint64_t epoch, next_sequence;
    uint32_t slot, unused;
};

struct command_item {
    uint64_t arrived_ns;
    uint32_t slot;   /* of the client */
    uint32_t target; /* slot of the stream meant, or NO_SLOT: of no effect, only kept */
    uint32_t length, unused;
};
