/* worker.h - one thread that runs the signal of its rooms: records in, events out. No lock, no
 * heap, no disk.
 *
 * Rooms are given to workers by number (room % workers), so all records of a room pass through one
 * ring in order. Full event ring: the worker waits, its own ring fills, the receiver stops, credit
 * does the rest. */
#pragma once
#include "ingest/items.h"
#include "ingest/metrics.h"
#include "ingest/ring.h"
#include "ingest/station.h"
#include "ingest/snapshot.h"
#include "ingest/wake.h"

struct worker {
    /* set before the start */
    struct station *stations; /* by slot; only those of own rooms are touched */
    uint32_t slots;
    uint32_t number, workers;
    struct ring *tasks, *events;
    struct wake *writer;
    struct metrics *metrics;
    struct snapshot_box *box; /* NULL: no snapshots */
    uint32_t snapshot_s;
    /* shared */
    struct wake wake;
    _Atomic int stop;
    /* the thread's own */
    uint64_t cause, arrived_ns;
    uint32_t slot;
    bool gave; /* events since the writer was told */
    uint64_t snapshot_tick[METRICS_SLOTS], snapshot_epoch[METRICS_SLOTS]; /* of the last one */
    struct room_counts base[METRICS_SLOTS]; /* what recovery made; not counted */
    uint64_t base_events[METRICS_SLOTS];
    struct wire_frame frame;
};

void worker_init(struct worker *w);
/* The thread; returns when stop is set and its ring is empty. */
void *worker_run(void *worker);
/* Handles all that waits; how many tasks. */
uint32_t worker_step(struct worker *w);
bool worker_owns(const struct worker *w, uint32_t room);
