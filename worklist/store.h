/* store.h - a batch of hemod's records into the database: rows and position in one transaction, or
 * nothing.
 *
 * An event is stored only under the case that its epoch's EpochBegin bound; what does not fit is
 * quarantined, whole, with the reason. Each event id is taken once, so a batch may come twice.
 * Findings move their studies in the same transaction. Provisional systoles (206) pass through to
 * the page and are not kept. */
#pragma once
#include "worklist/db.h"
#include "worklist/epochs.h"

enum { STORE_BATCH = 256, STORE_MOVES = 64 };

struct store_item {
    enum wire_kind kind; /* WIRE_EVENT or WIRE_EPOCH_BEGIN */
    uint64_t sequence;
    union {
        struct event event;
        struct wire_epoch_begin begin;
    } body;
    struct wire_epoch_begin epoch; /* of the event, found while storing */
    bool quarantined;
    int64_t study;       /* that a finding belongs to; 0: none */
    int64_t received_us; /* steady clock */
    size_t length;
    uint8_t *bytes; /* the frame as it came, heap */
};

struct store_batch {
    uint64_t journal, next_before, next_after;
    size_t count, quarantined, moves;
    bool list_changed; /* also without a move: what would move a study */
    int64_t moved[STORE_MOVES];
    struct store_item item[STORE_BATCH];
};

/* True: committed. False: nothing was stored, db->error says why. */
bool store_commit(struct db *db, struct epochs *epochs, struct store_batch *batch);
void store_clear(struct store_batch *batch);

/* The next sequence wanted of that journal; 0 and *known false for a journal never seen. */
bool store_position(struct db *db, uint64_t journal, uint64_t *next, bool *known);
/* Events up to there are lost for good: go on behind them. */
bool store_skip(struct db *db, uint64_t journal, uint64_t next);
/* A frame as the database keeps it, of that kind; false: it cannot be read, or is another. */
bool store_frame(const char *hex, enum wire_kind kind, struct wire_frame *frame);
/* An epoch by name: from the cache, else from its row. */
bool store_epoch(struct db *db, struct epochs *epochs, uint32_t stream, uint64_t epoch,
                 struct wire_epoch_begin *out);
/* Puts the newest epochs of the database into the cache. */
bool store_load_epochs(struct db *db, struct epochs *epochs);
