/* index.h - where in the journal a position of the events, or a moment of a stream, is to be looked
 * for.
 *
 * Bounded: one row for each segment, and INDEX_MARKS marks for each stream; when they are used up
 * every second one goes and the rest stand twice as far apart, so a search reads a bounded stretch
 * however long the journal grew. The journal is the truth; the index only says where to begin to
 * read. One thread. Heap at init. */
#pragma once
#include "ingest/peek.h"
#include "ingest/place.h"

enum { INDEX_MARKS = 4096, INDEX_STRIDE = 64, INDEX_SEGMENTS = 65536, INDEX_SLOTS = 128 };

struct index_mark {
    uint64_t epoch, tick;
    struct place at;    /* the record with that tick stands here */
    struct place begin; /* the epoch's EpochBegin */
};

struct index_stream {
    uint32_t stream; /* 0: not a feed */
    struct index_mark *marks;
    uint32_t count, stride, since;
    uint64_t begun_epoch;
    struct place begin;
};

struct index {
    struct {
        uint32_t segment;
        uint64_t first_event;
    } * segments;
    uint32_t segments_count, streams_count;
    uint64_t next_event;
    struct index_stream streams[INDEX_SLOTS];
};

enum hemo_error index_init(struct index *ix);
void index_close(struct index *ix);
enum hemo_error index_add_stream(struct index *ix, uint32_t slot, uint32_t stream);
/* The next record of the journal, in order. */
void index_record(struct index *ix, struct place at, const struct peek *peek);
/* Where to begin to read for the event with that position. */
struct place index_event(const struct index *ix, uint64_t position);
/* The last mark at or before (epoch, tick); *stop: where reading may end, a place behind the wanted
 * ones, or the largest place. False: the stream has nothing that old. */
bool index_find(const struct index *ix, uint32_t stream, const struct index_mark *from_to,
                struct index_mark *found, struct place *stop);
