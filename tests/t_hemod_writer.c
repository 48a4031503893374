/* t_hemod_writer - acknowledged means durable: nothing is said before the sync, and nothing after
 * one that failed. */
#include "ingest/writer.h"
#include "tests/hemod_process.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { SEGMENT = 1 << 17, SLOT = 3 };

static struct writer writer;
static struct journal journal;
static struct metrics metrics;
static struct ring input, acks, events[2];
static struct process p;
static int folder;

/* The disk of this test: real, but it looks around when it syncs. */
static struct {
    struct disk real;
    int fail_write, fail_sync; /* an errno: the next call fails so */
    int syncs;
    bool early; /* something was said before the sync */
    uint64_t durable;
} look;

static ssize_t look_write(void *context, int fd, const void *bytes, size_t size, off_t offset) {
    (void)context;
    if (!look.fail_write)
        return look.real.write_at(NULL, fd, bytes, size, offset);
    errno = look.fail_write;
    return -1;
}

static int look_sync(void *context, int fd) {
    (void)context;
    look.syncs++;
    look.early =
        look.early || ring_depth(&acks) > 0 || atomic_load(&writer.durable) != look.durable;
    if (!look.fail_sync)
        return look.real.sync_data(NULL, fd);
    errno = look.fail_sync;
    return -1;
}

static int before(void **state) {
    (void)state;
    process_folder(&p, true);
    folder = open(p.folder, O_RDONLY | O_DIRECTORY);
    look.real = disk_real();
    look.fail_write = look.fail_sync = 0;
    struct disk disk = disk_real();
    disk.write_at = look_write;
    disk.sync_data = look_sync;
    struct journal_config config = {disk, folder, SEGMENT, 77};
    memset(&writer, 0, sizeof writer);
    assert_int_equal(ring_init(&input, 1 << 20), HEMO_OK);
    assert_int_equal(ring_init(&acks, 1 << 16), HEMO_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(ring_init(&events[i], 1 << 20), HEMO_OK);
    assert_int_equal(journal_create(&journal, &config), HEMO_OK);
    writer.journal = &journal;
    writer.input = &input;
    writer.acks = &acks;
    writer.events = events;
    writer.workers = 2;
    writer.metrics = &metrics;
    order_init(&writer.order, 0, 0);
    writer_init(&writer);
    look.durable = atomic_load(&writer.durable);
    look.early = false;
    look.syncs = 0;
    return 0;
}

static int after(void **state) {
    (void)state;
    journal_close(&journal);
    ring_close(&input);
    ring_close(&acks);
    ring_close(&events[0]);
    ring_close(&events[1]);
    close(folder);
    process_remove(&p);
    return 0;
}

static void put_frame(uint64_t number) {
    static struct wire_frame frame;
    uint8_t bytes[256];
    size_t length;
    int16_t samples[2] = {1, 2};
    wire_begin(&frame, WIRE_SAMPLES);
    frame.stream = 1;
    frame.epoch = 9;
    frame.sequence = number;
    frame.body.samples = (struct sample_block){number * 2, 0, 1, 2, samples};
    assert_int_equal(wire_pack(&frame, bytes, sizeof bytes, &length), HEMO_OK);
    struct input_item item = {.number = number,
                              .epoch = 9,
                              .next_sequence = number + 1,
                              .type = RECORD_FRAME,
                              .slot = SLOT,
                              .length = (uint32_t)length};
    uint8_t *out = ring_reserve(&input, (uint32_t)(sizeof item + length));
    memcpy(out, &item, sizeof item);
    memcpy(out + sizeof item, bytes, length);
    ring_publish(&input);
}

static void put_event(int worker, uint64_t cause) {
    struct event_item item = {.cause = cause, .slot = SLOT};
    item.event = (struct event){
        .kind = EVENT_BEAT, .stream = 1, .epoch = 9, .tick = cause, .emitted_tick = cause};
    item.event.id = id_make(1, 9, cause, EVENT_BEAT, (uint32_t)worker);
    memcpy(ring_reserve(&events[worker], sizeof item), &item, sizeof item);
    ring_publish(&events[worker]);
}

static bool acknowledged(uint64_t *next) {
    uint32_t size;
    struct ack_item ack;
    const void *bytes = ring_next(&acks, &size);
    if (!bytes)
        return false;
    memcpy(&ack, bytes, sizeof ack);
    ring_release(&acks);
    assert_int_equal(ack.slot, SLOT);
    assert_int_equal(ack.epoch, 9);
    *next = ack.next_sequence;
    return true;
}

static void nothing_is_said_before_the_sync(void **state) {
    enum hemo_error error;
    uint64_t next;
    (void)state;
    for (uint64_t i = 0; i < 5; i++)
        put_frame(i);
    put_event(0, 2);
    assert_true(writer_step(&writer, &error));
    assert_int_equal(error, HEMO_OK);
    assert_int_equal(look.syncs, 1); /* one for all */
    assert_false(look.early);
    assert_true(acknowledged(&next));
    assert_int_equal(next, 5); /* one, cumulative */
    assert_false(acknowledged(&next));
    assert_int_equal(atomic_load(&writer.durable_events), 1);
    assert_true(atomic_load(&writer.durable) > look.durable);
    assert_false(writer_step(&writer, &error));
    assert_int_equal(look.syncs, 1); /* nothing to do, nothing synced */
}

static void a_failed_sync_says_nothing(void **state) {
    enum hemo_error error;
    uint64_t next;
    (void)state;
    put_frame(0);
    look.fail_sync = EIO;
    assert_false(writer_step(&writer, &error));
    assert_int_equal(error, HEMO_IO);
    assert_false(acknowledged(&next));
    assert_int_equal(atomic_load(&writer.durable), look.durable);
    look.fail_sync = 0;
    put_frame(1);
    assert_false(writer_step(&writer, &error)); /* and never again */
    assert_int_equal(error, HEMO_IO);
    assert_int_equal(look.syncs, 1);
    assert_false(acknowledged(&next));
}

static void a_full_disk_waits(void **state) {
    enum hemo_error error;
    uint64_t next;
    (void)state;
    put_frame(0);
    put_frame(1);
    look.fail_write = ENOSPC;
    for (int i = 0; i < 3; i++) {
        assert_false(writer_step(&writer, &error));
        assert_int_equal(error, HEMO_DISK_FULL);
        assert_false(acknowledged(&next));
    }
    put_frame(2);
    look.fail_write = 0;
    assert_true(writer_step(&writer, &error));
    assert_true(acknowledged(&next));
    assert_int_equal(next, 3);
}

static void an_event_waits_for_its_cause(void **state) {
    enum hemo_error error;
    uint64_t next;
    (void)state;
    put_frame(0);
    put_event(1, 3); /* of a frame that is still to come */
    put_event(0, 0);
    assert_true(writer_step(&writer, &error));
    assert_int_equal(atomic_load(&writer.durable_events), 1);
    for (uint64_t i = 1; i < 5; i++)
        put_frame(i);
    assert_true(writer_step(&writer, &error));
    assert_int_equal(atomic_load(&writer.durable_events), 2);
    assert_true(acknowledged(&next));
}

/* More than a buffer and a segment hold: several groups, several segments, all in order. */
static void more_than_a_group(void **state) {
    enum hemo_error error;
    uint64_t next = 0, number = 0;
    (void)state;
    for (int round = 0; round < 40; round++) {
        for (int i = 0; i < 200; i++)
            put_frame(number++);
        while (writer_step(&writer, &error))
            while (acknowledged(&next)) {
            }
        assert_int_equal(error, HEMO_OK);
    }
    assert_int_equal(next, number);
    assert_true(journal.segment > 3);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, before, after)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(nothing_is_said_before_the_sync),
        CASE(a_failed_sync_says_nothing),
        CASE(a_full_disk_waits),
        CASE(an_event_waits_for_its_cause),
        CASE(more_than_a_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
