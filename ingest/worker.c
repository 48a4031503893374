/* worker.c - see worker.h. */
#include "ingest/worker.h"
#include "ingest/log.h"
#include <assert.h>
#include <string.h>
#include <time.h>

enum { BATCH = 64, IDLE_MS = 1000 };

bool worker_owns(const struct worker *w, uint32_t room) {
    return room % w->workers == w->number;
}

void worker_init(struct worker *w) {
    assert(w->slots <= METRICS_SLOTS && w->workers > 0);
    for (uint32_t i = 0; i < w->slots; i++) {
        if (!w->stations[i].room)
            continue;
        w->base[i] = station_counts(&w->stations[i]);
        w->base_events[i] = w->stations[i].events;
    }
}

static void nap(void) {
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static void on_event(void *context, const struct event *event) {
    struct worker *w = context;
    struct event_item *item = ring_reserve(w->events, sizeof *item);
    while (!item) { /* the disk stalls: wait, so that everything behind us does */
        ring_publish(w->events);
        wake_signal(w->writer);
        nap();
        item = ring_reserve(w->events, sizeof *item);
    }
    w->gave = true;
    item->cause = w->cause;
    item->arrived_ns = w->arrived_ns;
    item->slot = w->slot;
    item->event = *event;
}

static void parse(struct worker *w, const uint8_t *bytes, uint32_t length) {
    enum hemo_error error = wire_parse(&w->frame, bytes, length);
    assert(error == HEMO_OK); /* the receiver parsed the same bytes */
    (void)error;
}

static void new_rules(struct worker *w) {
    struct rules rules;
    int line;
    const struct wire_rules *text = &w->frame.body.rules;
    if (rules_parse(text->text, text->length, &rules, &line) != HEMO_OK)
        return;
    for (uint32_t i = 0; i < w->slots; i++)
        if (w->stations[i].room && worker_owns(w, w->stations[i].number))
            station_rules(&w->stations[i], &rules);
}

static void run_task(struct worker *w, const struct task_item *task, const uint8_t *bytes) {
    struct station_sink sink = {on_event, w};
    struct station *station = task->slot < w->slots ? &w->stations[task->slot] : NULL;
    struct wire_epoch_begin begin;
    w->cause = task->cause;
    w->arrived_ns = task->arrived_ns;
    w->slot = task->slot;
    switch ((enum task_kind)task->kind) {
    case TASK_FRAME:
        parse(w, bytes, task->length);
        station_frame(station, &w->frame, &sink);
        break;
    case TASK_EPOCH:
        assert(task->length == sizeof begin);
        memcpy(&begin, bytes, sizeof begin);
        station_begin(station, &begin, &sink);
        break;
    case TASK_END:
        station_end(station, &sink);
        break;
    case TASK_COMMAND:
        parse(w, bytes, task->length);
        station_command(station, &w->frame, &sink);
        break;
    case TASK_RULES:
        parse(w, bytes, task->length);
        new_rules(w);
        break;
    }
}

/* The marker has kind 0: no event, but in their order. */
static void put_marker(struct worker *w) {
    static const struct event none = {.kind = 0};
    on_event(w, &none);
}

/* Once in so much signal of an epoch, where the box is empty. */
static void snapshot(struct worker *w, uint32_t slot) {
    const struct station *s = &w->stations[slot];
    if (!w->box || !s->open)
        return;
    if (w->snapshot_epoch[slot] != s->epoch) {
        w->snapshot_epoch[slot] = s->epoch;
        w->snapshot_tick[slot] = s->tick;
    }
    double since_s = (double)(s->tick - w->snapshot_tick[slot]) / stream_base_rate_hz(&s->info);
    if (since_s < w->snapshot_s || !snapshot_take(w->box, s))
        return;
    w->snapshot_tick[slot] = s->tick;
    put_marker(w);
}

static void set(_Atomic uint64_t *counter, uint64_t value) {
    atomic_store_explicit(counter, value, memory_order_relaxed);
}

static void count(struct worker *w, uint32_t slot) {
    const struct station *station = &w->stations[slot];
    struct stream_metrics *m = &w->metrics->streams[slot];
    struct room_counts counts = station_counts(station), base = w->base[slot];
    set(&m->samples_room, counts.received - base.received);
    set(&m->samples_used, counts.used - base.used);
    set(&m->samples_gap, counts.gap - base.gap);
    set(&m->samples_missing, counts.missing - base.missing);
    set(&m->samples_refused_room, counts.refused - base.refused);
    set(&m->events, station->events - w->base_events[slot]);
}

uint32_t worker_step(struct worker *w) {
    uint32_t done = 0, size;
    const uint8_t *bytes;
    while (done < BATCH && (bytes = ring_next(w->tasks, &size)) != NULL) {
        struct task_item task;
        memcpy(&task, bytes, sizeof task);
        assert(sizeof task + task.length == size);
        run_task(w, &task, bytes + sizeof task);
        if (task.slot < w->slots) {
            count(w, task.slot);
            snapshot(w, task.slot);
        }
        done++;
    }
    if (!done)
        return 0;
    ring_release(w->tasks);
    if (w->gave) { /* most records cause nothing: the writer sleeps on */
        ring_publish(w->events);
        wake_signal(w->writer);
        w->gave = false;
    }
    return done;
}

void *worker_run(void *worker) {
    struct worker *w = worker;
    for (;;) {
        bool stopping = atomic_load(&w->stop);
        if (worker_step(w))
            continue;
        if (stopping)
            break;
        wake_prepare(&w->wake);
        if (ring_empty(w->tasks) && !atomic_load(&w->stop))
            wake_wait(&w->wake, IDLE_MS);
        else
            wake_cancel(&w->wake);
    }
    return NULL;
}
