/* recover.c - see recover.h. The second pass. */
#include "ingest/recover.h"
#include "ingest/scan.h"
#include "ingest/snapshot.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEARCH_MAX = 4096 };

/* What a snapshot stands for, until it is loaded. */
struct pass {
    bool by; /* the station's records pass by */
    struct snapshot_want want;
    uint64_t next_sequence, seen_next;
    uint32_t commands, seen_commands;
};

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
    bool replays[CONFIG_DEVICES_MAX], no_memory, damaged;
    struct pass passes[CONFIG_DEVICES_MAX];
    int folder;
    uint64_t snapshots;
    uint32_t program;
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

/* All that the snapshot stands for went by: the station is as it was there, but for the rules. */
static void load(struct replay *p, uint32_t slot) {
    struct pass *pass = &p->passes[slot];
    struct station *station = &p->lab->stations[slot];
    pass->by = false;
    bool whole = pass->seen_next == pass->next_sequence && pass->seen_commands == pass->commands;
    if (!whole || !snapshot_load(p->folder, &pass->want, station, &p->lab->spectrum)) {
        p->damaged = true; /* it was there a moment ago */
        return;
    }
    station_rules(station, &p->lab->rules);
    p->snapshots++;
}

/* True: the snapshot stands for it. False: it is the station's to do, from here on. */
static bool passes_by(struct replay *p, uint32_t slot, bool command) {
    struct pass *pass = &p->passes[slot];
    const struct wire_frame *f = &p->frame;
    if (!pass->by)
        return false;
    bool begins = f->kind == WIRE_EPOCH_BEGIN && f->body.epoch_begin.epoch == pass->want.epoch;
    bool of_epoch = !command && f->kind != WIRE_EPOCH_BEGIN && f->epoch == pass->want.epoch;
    if (begins)
        pass->seen_commands = 0;
    else if (of_epoch && f->sequence < pass->next_sequence)
        pass->seen_next = f->sequence + 1;
    else if (command && pass->seen_commands < pass->commands)
        pass->seen_commands++;
    else {
        load(p, slot);
        return false;
    }
    return true;
}

static void replay_case(struct replay *p, uint32_t slot, struct station_sink *sink) {
    struct feed *feed = &p->lab->feeds[slot];
    struct feed_answer answer;
    uint64_t after = feed_case_after(feed->case_number, &p->frame);
    if (after == feed->case_number)
        return;
    if (p->passes[slot].by)
        load(p, slot);
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
    else if (!passes_by(p, slot, true))
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
    if (passes_by(p, slot, false))
        return;
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

static void look_for_snapshots(struct replay *p) {
    uint32_t program = p->lab->config->snapshot_s ? p->program : 0;
    for (uint32_t i = 0; i < p->lab->config->devices_count; i++) {
        struct pass *pass = &p->passes[i];
        pass->want = (struct snapshot_want){.journal = p->lab->journal_id,
                                            .epoch = p->starts[i].epoch,
                                            .program = program,
                                            .stream = p->lab->feeds[i].stream};
        if (p->replays[i])
            pass->by =
                snapshot_look(p->folder, &pass->want, &pass->next_sequence, &pass->commands);
    }
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
    look_for_snapshots(p);
    first_rules(p, reader, first.rules);
    reader_seek(reader, first.at);
    while ((error = reader_next(reader, end, &record)) == HEMO_OK)
        replay_record(p, &record, reader->last);
    if (error != HEMO_NOT_FOUND)
        return error;
    for (uint32_t i = 0; i < p->lab->config->devices_count; i++)
        if (p->passes[i].by)
            load(p, i);
    if (p->damaged)
        return HEMO_CORRUPT;
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
    *r = (struct recovery){.program = snapshot_program()};
    snprintf(why, RECOVER_WHY, "out of memory");
    if (error == HEMO_OK)
        error = reader_init(&scan->reader, folder);
    if (error == HEMO_OK)
        error = scan_journal(scan, r, lab, why);
    if (error == HEMO_OK && r->found) {
        replay->lab = lab;
        replay->scan = scan;
        replay->folder = folder;
        replay->program = r->program;
        error = run(replay, &scan->reader, r->end);
        if (error == HEMO_OK)
            error = collect(replay, &r->missing);
        r->snapshots = replay->snapshots;
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
