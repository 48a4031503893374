/* intake.c - see intake.h. */
#include "ingest/intake.h"
#include <assert.h>
#include <string.h>

/* The largest input: an EpochBegin and a frame, with their headers. */
enum { ROOM_FOR_ANY = WIRE_BYTES_MAX + 4096 };
_Static_assert(sizeof(struct wire_epoch_begin) + sizeof(struct input_item) +
                       sizeof(struct input_item) + 32 <=
                   4096,
               "an EpochBegin fits beside the largest frame");

bool intake_has_room(struct receiver *r) {
    bool room = ring_fits(r->input, ROOM_FOR_ANY);
    for (uint32_t i = 0; i < r->workers; i++)
        room = ring_fits(&r->tasks[i], ROOM_FOR_ANY) && room;
    return room;
}

static void put(struct ring *ring, const void *head, uint32_t head_size, const void *bytes,
                uint32_t length) {
    uint8_t *slot = ring_reserve(ring, head_size + length);
    assert(slot); /* intake_has_room() said so */
    memcpy(slot, head, head_size);
    if (length)
        memcpy(slot + head_size, bytes, length);
}

static void put_input(struct receiver *r, struct input_item *item, const void *bytes) {
    item->number = r->inputs++;
    put(r->input, item, sizeof *item, bytes, item->length);
    r->input_touched = true;
}

static void put_task(struct receiver *r, struct task_item *task, const void *bytes) {
    uint32_t worker = r->lab->config->devices[task->slot].room % r->workers;
    task->cause = r->inputs - 1;
    put(&r->tasks[worker], task, sizeof *task, bytes, task->length);
    r->tasks_touched[worker] = true;
}

static void put_epoch(struct receiver *r, uint32_t slot, uint64_t now_ns,
                      const struct wire_epoch_begin *begin) {
    struct stream_metrics *m = &r->metrics->streams[slot];
    struct input_item input = {
        .arrived_ns = now_ns, .type = RECORD_EPOCH, .slot = NO_SLOT, .length = sizeof *begin};
    struct task_item task = {
        .arrived_ns = now_ns, .kind = TASK_EPOCH, .slot = slot, .length = sizeof *begin};
    put_input(r, &input, begin);
    put_task(r, &task, begin);
    atomic_fetch_add_explicit(&m->epochs, 1, memory_order_relaxed);
    atomic_store_explicit(&m->epoch, begin->epoch, memory_order_relaxed);
    atomic_store_explicit(&m->case_number, begin->case_number, memory_order_relaxed);
}

void intake_record(struct receiver *r, uint32_t slot, const uint8_t *bytes, uint32_t length,
                   const struct wire_epoch_begin *begin) {
    const struct feed *feed = &r->lab->feeds[slot];
    uint64_t now_ns = log_now_ns();
    struct input_item input = {.arrived_ns = now_ns,
                               .epoch = feed->link.epoch,
                               .next_sequence = feed->link.next_sequence,
                               .type = RECORD_FRAME,
                               .slot = slot,
                               .length = length};
    struct task_item task = {
        .arrived_ns = now_ns, .kind = TASK_FRAME, .slot = slot, .length = length};
    if (begin->stream)
        put_epoch(r, slot, now_ns, begin);
    put_input(r, &input, bytes);
    put_task(r, &task, bytes);
    atomic_fetch_add_explicit(&r->metrics->streams[slot].records, 1, memory_order_relaxed);
}

static void rules_for_all(struct receiver *r, uint64_t now_ns, const uint8_t *bytes,
                          uint32_t length) {
    for (uint32_t i = 0; i < r->workers; i++) {
        struct task_item task = {r->inputs - 1, now_ns, TASK_RULES, NO_SLOT, length, 0};
        put(&r->tasks[i], &task, sizeof task, bytes, length);
        r->tasks_touched[i] = true;
    }
}

bool intake_command(struct receiver *r, const struct command_item *item, const uint8_t *bytes) {
    struct input_item input = {.arrived_ns = item->arrived_ns,
                               .type = RECORD_COMMAND,
                               .slot = NO_SLOT,
                               .length = item->length};
    enum hemo_error error = wire_parse(&r->frame, bytes, item->length);
    assert(error == HEMO_OK); /* the events server packed it */
    (void)error;
    put_input(r, &input, bytes);
    atomic_fetch_add_explicit(&r->metrics->commands, 1, memory_order_relaxed);
    if (r->frame.kind == WIRE_RULES)
        rules_for_all(r, item->arrived_ns, bytes, item->length);
    if (item->target >= r->lab->config->devices_count)
        return false;
    struct feed *feed = &r->lab->feeds[item->target];
    struct task_item task = {.arrived_ns = item->arrived_ns, .slot = item->target};
    if (r->frame.kind == WIRE_MARK || r->frame.kind == WIRE_CAPTURE) {
        task.kind = TASK_COMMAND;
        task.length = item->length;
        put_task(r, &task, bytes);
        return false;
    }
    uint64_t after = feed_case_after(feed->case_number, &r->frame);
    if (after == feed->case_number)
        return false;
    task.kind = TASK_END;
    put_task(r, &task, bytes);
    feed_change_case(feed, after);
    atomic_store_explicit(&r->metrics->streams[item->target].case_number, after,
                          memory_order_relaxed); /* in force from here, with or without a feed */
    return true;
}

void intake_mark(struct receiver *r, uint32_t slot, uint32_t kind, double value) {
    struct input_item input = {
        .arrived_ns = log_now_ns(), .type = RECORD_COMMAND, .slot = NO_SLOT};
    struct task_item task = {.arrived_ns = input.arrived_ns, .kind = TASK_COMMAND, .slot = slot};
    size_t length;
    wire_begin(&r->frame, WIRE_MARK);
    r->frame.epoch = r->lab->journal_id;
    r->frame.body.mark = (struct stream_mark){
        .kind = kind, .value = value, .target_stream = r->lab->feeds[slot].stream};
    enum hemo_error error = wire_pack(&r->frame, r->buffer, sizeof r->buffer, &length);
    assert(error == HEMO_OK);
    (void)error;
    input.length = task.length = (uint32_t)length;
    put_input(r, &input, r->buffer);
    put_task(r, &task, r->buffer);
}

void intake_publish(struct receiver *r) {
    if (r->input_touched) {
        ring_publish(r->input); /* before the tasks: an event never gets ahead of its cause */
        wake_signal(r->writer);
    }
    for (uint32_t i = 0; i < r->workers; i++) {
        if (!r->tasks_touched[i])
            continue;
        ring_publish(&r->tasks[i]);
        wake_signal(r->worker_wakes[i]);
        r->tasks_touched[i] = false;
    }
    r->input_touched = false;
}
