/* writer.c - see writer.h. */
#include "ingest/writer.h"
#include "ingest/log.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FULL_RETRY_MS = 500, IDLE_MS = 500 };

static void publish(struct writer *w) {
    struct metrics *m = w->metrics;
    atomic_store_explicit(&m->journal_bytes, w->journal->bytes, memory_order_relaxed);
    atomic_store_explicit(&m->journal_commits, w->journal->commits, memory_order_relaxed);
    atomic_store_explicit(&m->journal_events, w->order.next_event, memory_order_relaxed);
    atomic_store_explicit(&m->journal_positions, w->order.next_position, memory_order_relaxed);
    atomic_store_explicit(&w->durable_events, w->order.next_event, memory_order_release);
    atomic_store(&w->durable, place_pack(journal_durable(w->journal)));
}

void writer_init(struct writer *w) {
    assert(w->journal && w->input && w->acks && w->workers <= ORDER_WORKERS_MAX);
    publish(w);
}

/* hemod's own record, with its number in the stream of events. */
static enum hemo_error append_own(struct writer *w, enum record_type type) {
    size_t length;
    w->frame.stream = 0;
    w->frame.epoch = w->journal->config.id;
    w->frame.sequence = w->order.next_event;
    enum hemo_error error = wire_pack(&w->frame, w->packed, sizeof w->packed, &length);
    if (error != HEMO_OK) { /* our own words must always fit our own rules */
        log_line("event of kind %d: %s", (int)w->frame.kind, hemo_error_text(error));
        abort();
    }
    struct record record = {.position = w->order.next_position,
                            .type = (uint16_t)type,
                            .length = (uint32_t)length,
                            .payload = w->packed};
    return journal_append(w->journal, &record);
}

static void touch(struct writer *w, const struct input_item *item) {
    if (item->slot >= METRICS_SLOTS)
        return;
    struct writer_slot *slot = &w->slots[item->slot];
    if (!slot->touched || slot->held_back)
        slot->arrived_ns = item->arrived_ns;
    slot->touched = true;
    slot->held_back = false;
    slot->epoch = item->epoch;
    slot->next_sequence = item->next_sequence;
}

/* HEMO_NOT_FOUND: none waits. Any other error: it was not taken and comes again. */
static enum hemo_error take_input(struct writer *w) {
    uint32_t size;
    enum hemo_error error;
    struct input_item item;
    const uint8_t *bytes = ring_next(w->input, &size);
    if (!bytes)
        return HEMO_NOT_FOUND;
    memcpy(&item, bytes, sizeof item);
    assert(sizeof item + item.length == size);
    if (item.type == RECORD_EPOCH) {
        assert(item.length == sizeof(struct wire_epoch_begin));
        wire_begin(&w->frame, WIRE_EPOCH_BEGIN);
        memcpy(&w->frame.body.epoch_begin, bytes + sizeof item, item.length);
        w->frame.case_number = w->frame.body.epoch_begin.case_number;
        error = append_own(w, RECORD_EPOCH);
    } else {
        struct record record = {.position = w->order.next_position,
                                .type = (uint16_t)item.type,
                                .length = item.length,
                                .payload = bytes + sizeof item};
        error = journal_append(w->journal, &record);
    }
    if (error != HEMO_OK) {
        ring_unread(w->input, size);
        return error;
    }
    order_input(&w->order, item.number);
    w->news = w->news || item.type != RECORD_FRAME;
    if (item.type == RECORD_EPOCH)
        order_event(&w->order);
    touch(w, &item);
    return HEMO_OK;
}

/* HEMO_NOT_FOUND: none is ready. */
static enum hemo_error take_event(struct writer *w) {
    struct order_offer offers[ORDER_WORKERS_MAX];
    uint32_t size;
    if (w->latencies_count == WRITER_EVENTS_MAX)
        return HEMO_NO_ROOM;
    for (int i = 0; i < w->workers; i++) {
        if (!w->heads[i])
            w->heads[i] = ring_next(&w->events[i], &size);
        offers[i].has = w->heads[i] != NULL;
        offers[i].cause = w->heads[i] ? w->heads[i]->cause : 0;
    }
    int worker = order_pick(&w->order, offers, w->workers);
    if (worker < 0)
        return HEMO_NOT_FOUND;
    const struct event_item *item = w->heads[worker];
    if (!item->event.kind) { /* a snapshot: all events before it are in the journal now */
        w->boxed[worker] = w->boxes != NULL;
        w->heads[worker] = NULL;
        return HEMO_OK;
    }
    wire_begin(&w->frame, WIRE_EVENT);
    w->frame.case_number = item->event.case_number;
    w->frame.body.event = item->event;
    enum hemo_error error = append_own(w, RECORD_EVENT);
    if (error != HEMO_OK)
        return error;
    order_event(&w->order);
    order_position(&w->order);
    w->news = true;
    w->latencies[w->latencies_count].slot = item->slot;
    w->latencies[w->latencies_count++].arrived_ns = item->arrived_ns;
    w->heads[worker] = NULL;
    return HEMO_OK;
}

enum hemo_error writer_put_event(struct writer *w, const struct event *event) {
    enum hemo_error error = HEMO_NO_ROOM;
    for (int attempt = 0; attempt < 2 && error == HEMO_NO_ROOM; attempt++) {
        wire_begin(&w->frame, WIRE_EVENT);
        w->frame.case_number = event->case_number;
        w->frame.body.event = *event;
        error = append_own(w, RECORD_EVENT);
        if (error != HEMO_NO_ROOM)
            break;
        enum hemo_error committed = journal_commit(w->journal);
        if (committed != HEMO_OK)
            return committed;
    }
    if (error != HEMO_OK)
        return error;
    order_event(&w->order);
    order_position(&w->order);
    return HEMO_OK;
}

/* Fill the buffer. HEMO_NO_ROOM and HEMO_NOT_FOUND are the usual ends. */
static enum hemo_error gather(struct writer *w) {
    enum hemo_error error;
    do
        error = take_input(w);
    while (error == HEMO_OK);
    if (error == HEMO_NOT_FOUND) {
        do
            error = take_event(w);
        while (error == HEMO_OK);
    }
    for (int i = 0; i < w->workers; i++) {
        if (w->heads[i])
            ring_unread(&w->events[i], sizeof *w->heads[i]);
        w->heads[i] = NULL;
        ring_release(&w->events[i]);
    }
    ring_release(w->input);
    return error;
}

static void acknowledge(struct writer *w) {
    uint64_t now_ns = log_now_ns();
    for (uint32_t i = 0; i < METRICS_SLOTS; i++) {
        struct writer_slot *slot = &w->slots[i];
        if (!slot->touched)
            continue;
        struct ack_item ack = {slot->epoch, slot->next_sequence, i, 0};
        void *out = ring_reserve(w->acks, sizeof ack);
        slot->held_back = out == NULL; /* cumulative: the next one says it too */
        if (!out)
            continue;
        memcpy(out, &ack, sizeof ack);
        slot->touched = false;
        histogram_add(&w->metrics->streams[i].ack_ms, now_ns - slot->arrived_ns);
    }
    for (uint32_t i = 0; i < w->latencies_count; i++)
        if (w->latencies[i].slot < METRICS_SLOTS)
            histogram_add(&w->metrics->streams[w->latencies[i].slot].event_ms,
                          now_ns - w->latencies[i].arrived_ns);
    w->latencies_count = 0;
    ring_publish(w->acks);
    if (w->receiver)
        wake_signal(w->receiver);
    if (w->server && w->news)
        wake_signal(w->server);
    w->news = false;
}

static void say_full(struct writer *w, bool full) {
    if (full && !w->full)
        log_line(
            "journal: no space left: nothing is acknowledged until there is (want free space)");
    if (!full && w->full)
        log_line("journal: space again, going on");
    w->full = full;
    atomic_store_explicit(&w->metrics->journal_full, full, memory_order_relaxed);
}

/* Nothing that a box stands for waits to be committed any more. */
static void write_boxes(struct writer *w) {
    for (int i = 0; i < w->workers; i++) {
        if (!w->boxed[i])
            continue;
        w->boxed[i] = false;
        const struct journal_config *config = &w->journal->config;
        if (snapshot_write(&w->boxes[i], config->folder, config->id, w->program))
            atomic_fetch_add_explicit(&w->metrics->journal_snapshots, 1, memory_order_relaxed);
    }
}

bool writer_step(struct writer *w, enum hemo_error *error) {
    enum hemo_error gathered = gather(w);
    *error = HEMO_OK;
    if (gathered != HEMO_NOT_FOUND && gathered != HEMO_NO_ROOM)
        *error = gathered;
    if (*error != HEMO_OK && *error != HEMO_DISK_FULL)
        return false;
    if (!w->journal->used) {
        write_boxes(w);
        return false;
    }
    *error = journal_commit(w->journal);
    if (*error != HEMO_OK)
        return false;
    publish(w);
    acknowledge(w);
    write_boxes(w);
    return true;
}

static bool rings_empty(struct writer *w) {
    bool empty = ring_empty(w->input);
    for (int i = 0; i < w->workers; i++)
        empty = ring_empty(&w->events[i]) && empty;
    return empty;
}

static void stop_process(struct writer *w, enum hemo_error error) {
    log_line("journal: %s: %s: stopping; restart recovers what was acknowledged",
             hemo_error_text(error), strerrordesc_np(w->journal->last_errno));
    abort();
}

static void idle(struct writer *w) {
    enum hemo_error error;
    bool more = journal_prepare(w->journal, &error);
    if (error == HEMO_IO)
        stop_process(w, error);
    if (error == HEMO_DISK_FULL && !w->warned)
        log_line(
            "journal: no space for the next segment: acknowledging ends when this one is full");
    w->warned = error == HEMO_DISK_FULL;
    if (more)
        return;
    wake_prepare(&w->wake);
    if (rings_empty(w) && !atomic_load(&w->stop))
        wake_wait(&w->wake, IDLE_MS);
    else
        wake_cancel(&w->wake);
}

void *writer_run(void *writer) {
    struct writer *w = writer;
    enum hemo_error error;
    for (;;) {
        bool stopping = atomic_load(&w->stop);
        bool worked = writer_step(w, &error);
        if (error == HEMO_DISK_FULL) {
            say_full(w, true);
            if (stopping)
                break;
            wake_wait(&w->wake, FULL_RETRY_MS);
            continue;
        }
        if (error != HEMO_OK)
            stop_process(w, error);
        if (worked)
            say_full(w, false);
        if (worked)
            continue;
        if (stopping && rings_empty(w))
            break;
        idle(w);
    }
    return NULL;
}
