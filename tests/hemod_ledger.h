/* hemod_ledger.h - what a journal holds, checked record by record, for tests of hemod. */
#pragma once
#include "ingest/feed.h"
#include "ingest/reader.h"
#include "ingest/station.h"
#include "proto/wire.h"
#include "tests/hemod_peers.h"

enum { LEDGER_FEEDS = 4, LEDGER_TICKS = 1 << 20, LEDGER_EVENTS = 1 << 17 };

struct ledger {
    uint64_t records, events, epochs, commands, measurements_without_case;
    uint64_t samples[LEDGER_FEEDS];     /* by stream */
    uint64_t doubled, wrong, misplaced; /* samples seen twice, of a wrong value, of a wrong case */
    uint64_t holes, double_events, causeless; /* events behind no sample of their tick */
    uint64_t case_of_epoch[LEDGER_FEEDS], epoch[LEDGER_FEEDS], tick[LEDGER_FEEDS];
    uint8_t *seen;   /* LEDGER_FEEDS x LEDGER_TICKS */
    uint16_t *under; /* the same: the sample's case */
    struct event_id *ids;
    struct wire_frame frame;
};

static inline int ledger_order(const void *a, const void *b) {
    return memcmp(a, b, sizeof(struct event_id));
}

static inline void ledger_samples(struct ledger *l) {
    const struct sample_block *block = &l->frame.body.samples;
    uint32_t stream = l->frame.stream;
    assert(stream < LEDGER_FEEDS);
    if (l->frame.epoch != l->epoch[stream] || l->frame.case_number != l->case_of_epoch[stream])
        l->misplaced += block->count;
    for (uint32_t i = 0; i < block->count; i++) {
        uint64_t tick = block->first_tick + i;
        assert(tick < LEDGER_TICKS);
        if (l->seen[stream * LEDGER_TICKS + tick]++)
            l->doubled++;
        else
            l->samples[stream]++;
        l->under[stream * LEDGER_TICKS + tick] = (uint16_t)l->frame.case_number;
        if (block->samples[i] != peer_sample(stream, tick))
            l->wrong++;
    }
    l->tick[stream] = block->first_tick + block->count;
}

static inline void ledger_event(struct ledger *l) {
    const struct event *event = &l->frame.body.event;
    bool of_case = event->kind == EVENT_MEASUREMENT || event->kind / 100 == 3;
    if (of_case && !event->case_number)
        l->measurements_without_case++;
    assert(event->stream < LEDGER_FEEDS && l->events < LEDGER_EVENTS);
    if (event->epoch == l->epoch[event->stream] && event->kind != EVENT_EPOCH_BEGAN &&
        event->tick > l->tick[event->stream])
        l->causeless++;
    l->ids[l->events++] = event->id;
}

static inline void ledger_record(struct ledger *l, const struct record *record) {
    enum hemo_error error = wire_parse(&l->frame, record->payload, record->length);
    assert(error == HEMO_OK);
    (void)error;
    l->records++;
    switch (record->type) {
    case RECORD_EVENT:
    case RECORD_EPOCH:
        if (l->frame.sequence != l->events + l->epochs)
            l->holes++;
        if (record->type == RECORD_EVENT) {
            ledger_event(l);
            break;
        }
        l->epochs++;
        l->epoch[l->frame.body.epoch_begin.stream] = l->frame.body.epoch_begin.epoch;
        l->case_of_epoch[l->frame.body.epoch_begin.stream] = l->frame.body.epoch_begin.case_number;
        break;
    case RECORD_COMMAND:
        l->commands++;
        break;
    default:
        if (l->frame.kind == WIRE_SAMPLES)
            ledger_samples(l);
    }
}

/* Reads all; true when every byte of it was in order. */
static inline bool ledger_read(struct ledger *l, const char *folder) {
    struct reader reader;
    struct record record;
    enum hemo_error error;
    uint64_t position = 0;
    memset(l, 0, sizeof *l);
    l->seen = calloc(LEDGER_FEEDS, LEDGER_TICKS);
    l->under = calloc(LEDGER_FEEDS * LEDGER_TICKS, sizeof *l->under);
    l->ids = calloc(LEDGER_EVENTS, sizeof *l->ids);
    int fd = open(folder, O_RDONLY | O_DIRECTORY);
    if (fd < 0 || !l->seen || !l->under || !l->ids || reader_init(&reader, fd) != HEMO_OK)
        return false;
    reader_seek(&reader, (struct place){1, 0});
    while ((error = reader_next(&reader, (struct place){UINT32_MAX, UINT32_MAX}, &record)) ==
           HEMO_OK) {
        if (record.position != position++)
            l->holes++;
        ledger_record(l, &record);
    }
    reader_close(&reader);
    close(fd);
    qsort(l->ids, l->events, sizeof *l->ids, ledger_order);
    for (uint64_t i = 1; i < l->events; i++)
        if (id_equal(l->ids[i - 1], l->ids[i]))
            l->double_events++;
    return error == HEMO_NOT_FOUND;
}

/* The journal's inputs once more through fresh stations, in one thread: the events that must stand
 * in it. */
struct ledger_rerun {
    struct station stations[LEDGER_FEEDS];
    uint64_t cases[LEDGER_FEEDS];
    struct event_id *ids;
    uint64_t count;
};

static inline void ledger_heard(void *context, const struct event *event) {
    struct ledger_rerun *r = context;
    assert(r->count < LEDGER_EVENTS);
    r->ids[r->count++] = event->id;
}

static inline void ledger_rerun_record(struct ledger_rerun *r, const struct wire_frame *frame) {
    struct station_sink sink = {ledger_heard, r};
    uint32_t target = frame->kind == WIRE_CASE_OPEN || frame->kind == WIRE_CASE_CLOSE
                          ? frame->body.case_change.target_stream
                          : 0;
    if (frame->kind == WIRE_EPOCH_BEGIN) {
        station_begin(&r->stations[frame->body.epoch_begin.stream], &frame->body.epoch_begin,
                      &sink);
    } else if (target) {
        uint64_t after = feed_case_after(r->cases[target], frame);
        if (after != r->cases[target])
            station_end(&r->stations[target], &sink);
        r->cases[target] = after;
    } else if (frame->kind != WIRE_EVENT) {
        station_frame(&r->stations[frame->stream], frame, &sink);
    }
}

/* How many events of the journal and of the second run differ. */
static inline uint64_t ledger_differences(struct ledger *l, const char *folder) {
    struct reader reader;
    struct record record;
    struct rules rules = rules_default();
    struct spectrum spectrum = {0};
    static struct ledger_rerun r;
    uint64_t differences = 0;
    memset(&r, 0, sizeof r);
    r.ids = calloc(LEDGER_EVENTS, sizeof *r.ids);
    if (!spectrum_init(&spectrum))
        return UINT64_MAX;
    for (uint32_t i = 1; i < LEDGER_FEEDS; i++)
        station_init(&r.stations[i], i, i, &rules, &spectrum);
    int fd = open(folder, O_RDONLY | O_DIRECTORY);
    reader_init(&reader, fd);
    reader_seek(&reader, (struct place){1, 0});
    while (reader_next(&reader, (struct place){UINT32_MAX, UINT32_MAX}, &record) == HEMO_OK)
        if (wire_parse(&l->frame, record.payload, record.length) == HEMO_OK)
            ledger_rerun_record(&r, &l->frame);
    reader_close(&reader);
    close(fd);
    qsort(r.ids, r.count, sizeof *r.ids, ledger_order);
    for (uint64_t i = 0; i < r.count && i < l->events; i++)
        differences += !id_equal(r.ids[i], l->ids[i]);
    differences += r.count > l->events ? r.count - l->events : l->events - r.count;
    for (uint32_t i = 1; i < LEDGER_FEEDS; i++)
        station_close(&r.stations[i]);
    spectrum_close(&spectrum);
    free(r.ids);
    return differences;
}

static inline void ledger_free(struct ledger *l) {
    free(l->seen);
    free(l->under);
    free(l->ids);
}
