/* index.c - see index.h. */
#include "ingest/index.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum hemo_error index_init(struct index *ix) {
    memset(ix, 0, sizeof *ix);
    ix->segments = calloc(INDEX_SEGMENTS, sizeof *ix->segments);
    return ix->segments ? HEMO_OK : HEMO_NO_ROOM;
}

void index_close(struct index *ix) {
    for (uint32_t i = 0; i < INDEX_SLOTS; i++)
        free(ix->streams[i].marks);
    free(ix->segments);
    memset(ix, 0, sizeof *ix);
}

enum hemo_error index_add_stream(struct index *ix, uint32_t slot, uint32_t stream) {
    assert(slot < INDEX_SLOTS && stream);
    struct index_stream *s = &ix->streams[slot];
    s->marks = calloc(INDEX_MARKS, sizeof *s->marks);
    s->stream = stream;
    s->stride = INDEX_STRIDE;
    if (slot >= ix->streams_count)
        ix->streams_count = slot + 1;
    return s->marks ? HEMO_OK : HEMO_NO_ROOM;
}

static struct index_stream *stream_of(const struct index *ix, uint32_t stream) {
    for (uint32_t i = 0; i < ix->streams_count; i++)
        if (ix->streams[i].stream == stream && stream)
            return (struct index_stream *)&ix->streams[i];
    return NULL;
}

static void thin(struct index_stream *s) {
    for (uint32_t i = 0; i < INDEX_MARKS / 2; i++)
        s->marks[i] = s->marks[2 * i];
    s->count = INDEX_MARKS / 2;
    s->stride *= 2;
}

static void mark_samples(struct index_stream *s, struct place at, const struct peek *peek) {
    if (!s || s->begun_epoch != peek->epoch)
        return;
    bool first = s->count == 0 || s->marks[s->count - 1].epoch != peek->epoch;
    if (!first && ++s->since < s->stride)
        return;
    /* With several groups the tick goes back a little now and then: a mark never does. */
    if (!first && peek->tick < s->marks[s->count - 1].tick)
        return;
    if (s->count == INDEX_MARKS)
        thin(s);
    s->marks[s->count++] = (struct index_mark){peek->epoch, peek->tick, at, s->begin};
    s->since = 0;
}

void index_record(struct index *ix, struct place at, const struct peek *peek) {
    bool own = peek->kind == WIRE_EVENT || peek->kind == WIRE_EPOCH_BEGIN;
    uint32_t n = ix->segments_count;
    if ((n == 0 || ix->segments[n - 1].segment != at.segment) && n < INDEX_SEGMENTS) {
        ix->segments[n].segment = at.segment;
        ix->segments[n].first_event = ix->next_event;
        ix->segments_count++;
    }
    if (own)
        ix->next_event = peek->sequence + 1;
    if (peek->kind == WIRE_SAMPLES)
        mark_samples(stream_of(ix, peek->stream), at, peek);
    if (peek->kind != WIRE_EPOCH_BEGIN)
        return;
    struct index_stream *s = stream_of(ix, peek->about_stream);
    if (!s)
        return;
    s->begun_epoch = peek->about_epoch;
    s->begin = at;
}

struct place index_event(const struct index *ix, uint64_t position) {
    uint32_t low = 0, high = ix->segments_count;
    while (high - low > 1) { /* the last segment whose first event is not above */
        uint32_t middle = low + (high - low) / 2;
        if (ix->segments[middle].first_event <= position)
            low = middle;
        else
            high = middle;
    }
    return (struct place){ix->segments_count ? ix->segments[low].segment : 1, 0};
}

static bool after(const struct index_mark *mark, uint64_t epoch, uint64_t tick) {
    return mark->epoch != epoch ? mark->epoch > epoch : mark->tick > tick;
}

bool index_find(const struct index *ix, uint32_t stream, const struct index_mark *from_to,
                struct index_mark *found, struct place *stop) {
    const struct index_stream *s = stream_of(ix, stream);
    const struct index_mark *from = &from_to[0], *to = &from_to[1];
    if (!s || !s->count)
        return false;
    uint32_t low = 0, high = s->count;
    while (low < high) { /* the first mark above `from` */
        uint32_t middle = low + (high - low) / 2;
        if (after(&s->marks[middle], from->epoch, from->tick))
            high = middle;
        else
            low = middle + 1;
    }
    /* One more back: groups whose blocks are longer began earlier. */
    uint32_t at = low > 1 ? low - 2 : 0;
    if (at + 1 < low && s->marks[at].epoch != from->epoch)
        at++;
    *found = s->marks[at];
    *stop = (struct place){UINT32_MAX, UINT32_MAX};
    for (uint32_t i = low; i < s->count; i++) {
        if (!after(&s->marks[i], to->epoch, to->tick))
            continue;
        uint32_t behind = i + 1 < s->count ? i + 1 : i;
        if (behind > i)
            *stop = s->marks[behind].at;
        break;
    }
    return true;
}
