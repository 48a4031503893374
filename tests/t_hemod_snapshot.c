/* t_hemod_snapshot - a station goes on from its snapshot as if nothing had been; a file that is
 * damaged, of another epoch, journal, stream or program is not used. */
#include "ingest/snapshot.h"
#include "tests/hemod_peers.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { JOURNAL = 77, EPOCH = 9, PROGRAM = 4711, BLOCKS = 1500, EVENTS = 4096 };

static struct process p;
static int folder;
static struct snapshot_box box;
static struct spectrum spectrum;
static struct wire_frame frame;
static const struct snapshot_want want = {JOURNAL, EPOCH, PROGRAM, 1};

struct heard {
    struct event events[EVENTS];
    uint32_t count;
};
static struct heard one_heard, two_heard;

static void hear(void *context, const struct event *event) {
    struct heard *h = context;
    assert_true(h->count < EVENTS);
    h->events[h->count++] = *event;
}

static void push(struct station *station, struct heard *heard, uint64_t block) {
    static int16_t samples[PEER_BLOCK];
    struct station_sink sink = {hear, heard};
    for (uint64_t i = 0; i < PEER_BLOCK; i++)
        samples[i] = peer_sample(2, block * PEER_BLOCK + i);
    wire_begin(&frame, WIRE_SAMPLES);
    frame.stream = 1;
    frame.epoch = EPOCH;
    frame.case_number = 5;
    frame.sequence = block + 1;
    frame.body.samples =
        (struct sample_block){block * PEER_BLOCK, 0, 1, PEER_BLOCK, samples};
    assert_int_equal(station_frame(station, &frame, &sink), HEMO_OK);
}

static void begin(struct station *station, struct heard *heard) {
    struct station_sink sink = {hear, heard};
    struct rules rules = rules_default();
    assert_int_equal(station_init(station, 1, 1, &rules, &spectrum), HEMO_OK);
    peer_info(&frame);
    struct wire_epoch_begin first = {1, 1, WHY_FIRST, EPOCH, 5, 0, frame.body.stream_info};
    station_begin(station, &first, &sink);
}

static void it_goes_on_as_if_nothing_had_been(void **state) {
    static struct station one, two;
    uint64_t next = 0;
    uint32_t commands = 9;
    (void)state;
    begin(&one, &one_heard);
    for (uint64_t i = 0; i < BLOCKS; i++)
        push(&one, &one_heard, i);
    assert_true(snapshot_take(&box, &one));
    assert_false(snapshot_take(&box, &one)); /* full */
    uint32_t before = one_heard.count;
    for (uint64_t i = BLOCKS; i < 2 * BLOCKS; i++)
        push(&one, &one_heard, i); /* the box is a copy */
    assert_true(snapshot_write(&box, folder, JOURNAL, PROGRAM));
    assert_true(snapshot_look(folder, &want, &next, &commands));
    assert_true(next == BLOCKS + 1 && commands == 0);
    begin(&two, &two_heard);
    assert_true(snapshot_load(folder, &want, &two, &spectrum));
    two_heard.count = 0;
    for (uint64_t i = BLOCKS; i < 2 * BLOCKS; i++)
        push(&two, &two_heard, i);
    assert_int_equal(two_heard.count, one_heard.count - before);
    assert_true(two_heard.count > 100);
    assert_memory_equal(two_heard.events, one_heard.events + before,
                        two_heard.count * sizeof *two_heard.events);
    struct room_counts a = station_counts(&one), b = station_counts(&two);
    assert_memory_equal(&a, &b, sizeof a);
    station_close(&one);
    station_close(&two);
}

static void what_does_not_fit_is_not_used(void **state) {
    struct snapshot_want others[] = {want, want, want, want};
    uint64_t next;
    uint32_t commands;
    (void)state;
    others[0].journal++;
    others[1].epoch++;
    others[2].program++;
    others[3].program = 0;
    for (size_t i = 0; i < 4; i++)
        assert_false(snapshot_look(folder, &others[i], &next, &commands));
    int file = openat(folder, "snapshot-1", O_RDWR | O_CLOEXEC);
    off_t size = lseek(file, 0, SEEK_END);
    for (off_t at = 0; at < size; at += at < 4096 ? 97 : 99991) {
        uint8_t byte;
        assert_int_equal(pread(file, &byte, 1, at), 1);
        byte ^= 0x10;
        assert_int_equal(pwrite(file, &byte, 1, at), 1);
        assert_false(snapshot_look(folder, &want, &next, &commands));
        byte ^= 0x10;
        assert_int_equal(pwrite(file, &byte, 1, at), 1);
    }
    assert_true(snapshot_look(folder, &want, &next, &commands));
    assert_int_equal(ftruncate(file, size - 1), 0);
    assert_false(snapshot_look(folder, &want, &next, &commands));
    close(file);
}

static int start(void **state) {
    (void)state;
    process_folder(&p, true);
    folder = open(p.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return folder >= 0 && spectrum_init(&spectrum) && snapshot_box_init(&box) == HEMO_OK ? 0 : -1;
}

static int stop(void **state) {
    (void)state;
    snapshot_box_close(&box);
    spectrum_close(&spectrum);
    close(folder);
    process_remove(&p);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_goes_on_as_if_nothing_had_been),
        cmocka_unit_test(what_does_not_fit_is_not_used),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
