/* writer.h - the journal's thread: takes inputs and events in order, makes them durable, says so.
 *
 * One thread owns the journal. It takes all that waits in its rings into one buffer (order.h
 * decides what comes next), then one write and one fdatasync, then one acknowledgement for each
 * stream touched; while it syncs, the next group gathers, so groups size themselves. When idle it
 * makes the next segment ahead, in steps. A full disk: nothing is acknowledged, the same write is
 * tried again twice a second. Any other failure of the disk stops the process at once (abort):
 * restart and recovery know what is durable, this process no longer does. */
#pragma once
#include "ingest/items.h"
#include "ingest/journal.h"
#include "ingest/metrics.h"
#include "ingest/order.h"
#include "ingest/ring.h"
#include "ingest/snapshot.h"
#include "ingest/wake.h"

enum { WRITER_EVENTS_MAX = 4096 };

struct writer_slot {
    bool touched, held_back; /* an ack is due; it did not fit the ring */
    uint64_t epoch, next_sequence, arrived_ns;
};

struct writer {
    /* set before the start */
    struct journal *journal;
    struct ring *input, *acks;
    struct ring *events; /* one per worker */
    int workers;
    struct snapshot_box *boxes; /* one per worker; NULL: no snapshots */
    uint32_t program;           /* snapshot_program() */
    struct wake *receiver, *server; /* whom to wake; the server for events and commands only */
    struct metrics *metrics;
    struct order order;
    /* shared */
    struct wake wake;
    _Atomic int stop;
    _Atomic uint64_t durable;        /* place_pack(): readers stay below */
    _Atomic uint64_t durable_events; /* events below are durable */
    /* the thread's own */
    bool boxed[ORDER_WORKERS_MAX]; /* what its box holds is in the journal with the next commit */
    bool full, warned; /* said so already: nothing fits; the next segment does not */
    bool news;         /* for the server: an event or a command in this group */
    uint32_t latencies_count;
    struct {
        uint32_t slot;
        uint64_t arrived_ns;
    } latencies[WRITER_EVENTS_MAX];
    struct writer_slot slots[METRICS_SLOTS];
    const struct event_item *heads[ORDER_WORKERS_MAX];
    struct wire_frame frame;
    uint8_t packed[WIRE_BYTES_MAX];
};

/* What is durable at the start, for whoever reads before the thread runs. */
void writer_init(struct writer *w);
/* The thread; returns when stop is set and its rings are empty. */
void *writer_run(void *writer);
/* An event of no input, before the thread runs: what recovery made again. Committed by the next
 * step. */
enum hemo_error writer_put_event(struct writer *w, const struct event *event);
/* One group: take, write, sync, acknowledge. False: there was nothing to do. For tests and recovery
 * too. */
bool writer_step(struct writer *w, enum hemo_error *error);
