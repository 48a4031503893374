/* recover.c - see recover.h. The second pass. */
#include "ingest/recover.h"
#include "ingest/scan.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEARCH_MAX = 4096 };

/* Events that came out again and were not yet seen in the journal, oldest first. */
struct queue {
    struct event *events;
    uint32_t head, count, capacity;
};

struct replay {
    struct lab *lab;
    const struct scan *scan;
    struct queue queues[CONFIG_DEVICES_MAX];
    struct scan_epoch starts[CONFIG_DEVICES_MAX];
    bool replays[CONFIG_DEVICES_MAX], no_memory;
    uint32_t slot; /* whose station speaks */
    struct wire_frame frame;
};

static void on_event(void *context, const struct event *event) {
    struct replay *p = context;
    struct queue *q = &p->queues[p->slot];
    if (q->count == q->capacity) {
        uint32_t capacity = q->capacity ? q->capacity * 2 : 64;
        struct event *events = realloc(q->events, capacity * sizeof *events);
        p->no_memory = p->no_memory || !events;
        if (!events)
            return;
        q->events = events;
        q->capacity = capacity;
    }
    q->events[q->count++] = *event;
}

/* The journal has it: not missing. */
static void strike(struct queue *q, struct event_id id) {
    uint32_t stop = q->count - q->head > SEARCH_MAX ? q->head + SEARCH_MAX : q->count;
    for (uint32_t i = q->head; i < stop; i++) {
        if (!id_equal(q->events[i].id, id))
            continue;
        memmove(&q->events[q->head + 1], &q->events[q->head], (i - q->head) * sizeof *q->events);
        q->head++;
        break;
    }
    if (q->head == q->count)
        q->head = q->count = 0;
}

static void replay_rules(struct replay *p) {
    struct rules rules;
    int line;
    const struct wire_rules *text = &p->frame.body.rules;
    if (rules_parse(text->text, text->length, &rules, &line) != HEMO_OK)
        return;
    p->lab->rules = rules;
    for (uint32_t i = 0; i < p->lab->config->devices_count; i++)
        if (p->lab->stations[i].room)
            station_rules(&p->lab->stations[i], &rules);
}

static void replay_case(struct replay *p, uint32_t slot, struct station_sink *sink) {
    struct feed *feed = &p->lab->feeds[slot];
    struct feed_answer answer;
    uint64_t after = feed_case_after(feed->case_number, &p->frame);
    if (after == feed->case_number)
        return;
    station_end(&p->lab->stations[slot], sink);
    feed_change_case(feed, after);
    if (feed_closed(feed))
        feed_reopen(feed, false, 0, &answer);
}

static void replay_command(struct replay *p, struct place at) {
    struct station_sink sink = {on_event, p};
    if (p->frame.kind == WIRE_RULES) {
        replay_rules(p);
        return;
    }
    uint32_t slot = lab_target(p->lab, &p->frame);
    if (slot == LAB_NO_SLOT || !p->replays[slot] || place_before(at, p->starts[slot].at))
        return;
    p->slot = slot;
    if (p->frame.kind == WIRE_CASE_OPEN || p->frame.kind == WIRE_CASE_CLOSE)
        replay_case(p, slot, &sink);
    else
        station_command(&p->lab->stations[slot], &p->frame, &sink);
}

static void replay_record(struct replay *p, const struct record *record, struct place at) {
    struct station_sink sink = {on_event, p};
    struct peek peek;
    if (!peek_frame(record->payload, record->length, &peek))
        return;
    bool own = record->type == RECORD_EVENT || record->type == RECORD_EPOCH;
    uint32_t slot = lab_slot(p->lab, own ? peek.about_stream : peek.stream);
    bool command = record->type == RECORD_COMMAND;
    if (!command && (slot == LAB_NO_SLOT || !p->replays[slot]))
        return;
    if (!command && place_before(at, p->starts[slot].at))
        return;
    p->slot = slot;
    if (record->type == RECORD_EVENT) {
        strike(&p->queues[slot], peek.id);
        return;
    }
    if (wire_parse(&p->frame, record->payload, record->length) != HEMO_OK)
        return;
    if (command) {
        replay_command(p, at);
        return;
    }
    feed_recovered(&p->lab->feeds[slot], &p->frame);
    if (record->type == RECORD_EPOCH)
        station_begin(&p->lab->stations[slot], &p->frame.body.epoch_begin, &sink);
    else
        station_frame(&p->lab->stations[slot], &p->frame, &sink);
}

/* The rules in force where the replay begins: the last ones before it. */
static void first_rules(struct replay *p, struct reader *reader, struct place at) {
    struct record record;
    if (!at.segment)
        return;
    reader_seek(reader, at);
    if (reader_next(reader, (struct place){UINT32_MAX, UINT32_MAX}, &record) != HEMO_OK)
        return;
    if (wire_parse(&p->frame, record.payload, record.length) != HEMO_OK)
        return;
    if (p->frame.kind == WIRE_RULES)
        replay_rules(p);
}

static enum hemo_error run(struct replay *p, struct reader *reader, struct place end) {
    struct scan_epoch first = {.at = end, .rules = p->scan->rules};
    struct record record;
    enum hemo_error error;
    for (uint32_t i = 0; i < p->lab->config->devices_count; i++) {
        p->replays[i] = p->lab->feeds[i].stream && scan_start(p->scan, i, &p->starts[i]);
        if (p->replays[i] && place_before(p->starts[i].at, first.at))
            first = p->starts[i];
        p->lab->feeds[i].case_number =
            p->replays[i] ? p->starts[i].case_number : p->scan->streams[i].case_number;
    }
    first_rules(p, reader, first.rules);
    reader_seek(reader, first.at);
    while ((error = reader_next(reader, end, &record)) == HEMO_OK)
        replay_record(p, &record, reader->last);
    if (error != HEMO_NOT_FOUND)
        return error;
    return p->no_memory ? HEMO_NO_ROOM : HEMO_OK;
}

static enum hemo_error collect(struct replay *p, struct recover_missing *missing) {
    for (uint32_t i = 0; i < CONFIG_DEVICES_MAX; i++)
        missing->capacity += p->queues[i].count - p->queues[i].head;
    missing->events = calloc(missing->capacity + 1, sizeof *missing->events);
    if (!missing->events)
        return HEMO_NO_ROOM;
    for (uint32_t i = 0; i < CONFIG_DEVICES_MAX; i++) {
        struct queue *q = &p->queues[i];
        for (uint32_t k = q->head; k < q->count; k++)
            missing->events[missing->count++] = q->events[k];
        free(q->events);
    }
    return HEMO_OK;
}

enum hemo_error recover(struct recovery *r, struct lab *lab, int folder, char why[RECOVER_WHY]) {
    struct scan *scan = calloc(1, sizeof *scan);
    struct replay *replay = calloc(1, sizeof *replay);
    enum hemo_error error = scan && replay ? HEMO_OK : HEMO_NO_ROOM;
    *r = (struct recovery){0};
    snprintf(why, RECOVER_WHY, "out of memory");
    if (error == HEMO_OK)
        error = reader_init(&scan->reader, folder);
    if (error == HEMO_OK)
        error = scan_journal(scan, r, lab, why);
    if (error == HEMO_OK && r->found) {
        replay->lab = lab;
        replay->scan = scan;
        error = run(replay, &scan->reader, r->end);
        if (error == HEMO_OK)
            error = collect(replay, &r->missing);
        if (error != HEMO_OK)
            snprintf(why, RECOVER_WHY, "second pass: %s", hemo_error_text(error));
    }
    if (scan && scan->reader.buffer)
        reader_close(&scan->reader);
    free(scan);
    free(replay);
    return error;
}

void recover_close(struct recovery *r) {
    free(r->missing.events);
    r->missing = (struct recover_missing){0};
}
