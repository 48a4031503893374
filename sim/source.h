/* source.h - where a stream comes from: a recording or a simulated patient, as one row of items
 * in order of time.
 *
 *     while (!(error = source->next(source->state, &item, failure)) && item.kind != SOURCE_END)
 * use(&item);
 *     source->close(source->state);
 *
 * Items of all groups up to a tick come before anything later. A pointer inside an item is valid
 * until the next call. */
#pragma once
#include "proto/stream.h"
#include "sim/failure.h"

enum source_kind { SOURCE_END, SOURCE_SAMPLES, SOURCE_MARK, SOURCE_GAP };

struct source_item {
    enum source_kind kind;
    uint64_t next_tick; /* the stream has come to here once this item is through */
    union {
        struct sample_block samples;
        struct stream_mark mark;
        struct stream_gap gap;
    } body;
};

struct source {
    struct stream_info info;
    uint32_t block_samples;        /* channels x count of its largest block */
    uint64_t first_tick, end_tick; /* end_tick: one past the last */
    void *state;
    enum hemo_error (*next)(void *state, struct source_item *item, struct failure *failure);
    void (*close)(void *state);
};
