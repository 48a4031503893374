/* t_journal - what is acknowledged is there: failing disks, torn tails, flipped bits, short files.
 */
#include "ingest/journal.h"
#include "ingest/recover.h"
#include "tests/hemod_process.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { SEGMENT_BYTES = 72 * 1024, RECORDS = 60, PAYLOAD = 6000, SMALL = 8 };

/* The real disk, but one call fails. */
struct fake {
    struct disk real;
    int calls, fail_at, fail_errno; /* fail_at -1: none */
    int lasts;                      /* how many calls fail from there on */
    bool short_write;
    int syncs, syncs_after_failure;
    bool failed_sync;
};

static bool fails(struct fake *f) {
    int call = f->calls++;
    if (f->fail_at < 0 || call < f->fail_at || call >= f->fail_at + f->lasts)
        return false;
    errno = f->fail_errno;
    return true;
}

static int fake_open(void *context, int folder, const char *name, int flags) {
    struct fake *f = context;
    return fails(f) ? -1 : f->real.open_file(NULL, folder, name, flags);
}

static ssize_t fake_write(void *context, int fd, const void *bytes, size_t size, off_t offset) {
    struct fake *f = context;
    bool fail = fails(f);
    if (fail && f->short_write)
        return f->real.write_at(NULL, fd, bytes, size / 2 + 1, offset);
    if (fail && f->fail_errno != EINTR) /* half of it reaches the disk all the same */
        f->real.write_at(NULL, fd, bytes, size / 2, offset), errno = f->fail_errno;
    return fail ? -1 : f->real.write_at(NULL, fd, bytes, size, offset);
}

static int fake_sync(void *context, int fd) {
    struct fake *f = context;
    f->syncs++;
    f->syncs_after_failure += f->failed_sync;
    if (!fails(f))
        return f->real.sync_data(NULL, fd);
    f->failed_sync = true;
    return -1;
}

static int fake_rename(void *context, int folder, const char *from, const char *to) {
    struct fake *f = context;
    return fails(f) ? -1 : f->real.rename_file(NULL, folder, from, to);
}

static int fake_remove(void *context, int folder, const char *name) {
    struct fake *f = context;
    return fails(f) ? -1 : f->real.remove_file(NULL, folder, name);
}

static int fake_close(void *context, int fd) {
    struct fake *f = context;
    return f->real.close_file(NULL, fd);
}

static struct fake fake_of(int fail_at, int fail_errno, int lasts) {
    return (struct fake){
        .real = disk_real(), .fail_at = fail_at, .fail_errno = fail_errno, .lasts = lasts};
}

static struct disk disk_of(struct fake *f) {
    return (struct disk){f, fake_open, fake_write, fake_sync, fake_rename, fake_remove, fake_close};
}

static int fresh_folder(char *path, size_t size) {
    struct process p;
    process_folder(&p, true);
    snprintf(path, size, "%s", p.folder);
    int fd = open(path, O_RDONLY | O_DIRECTORY);
    assert_true(fd >= 0);
    return fd;
}

static void remove_folder(const char *path, int fd) {
    struct process p = {0};
    snprintf(p.folder, sizeof p.folder, "%s", path);
    close(fd);
    process_remove(&p);
}

static void payload_of(uint64_t number, uint8_t *out, size_t size) {
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(number * 31 + i * 7 + 1);
}

/* How many records stand in the folder, in order and unharmed. */
static uint64_t count_records(int folder, size_t size) {
    struct reader reader;
    struct record record;
    static uint8_t expected[PAYLOAD];
    uint64_t count = 0;
    assert_int_equal(reader_init(&reader, folder), HEMO_OK);
    reader_seek(&reader, (struct place){1, 0});
    while (reader_next(&reader, (struct place){UINT32_MAX, UINT32_MAX}, &record) == HEMO_OK) {
        payload_of(count, expected, size);
        assert_int_equal(record.position, count);
        assert_int_equal(record.length, size);
        assert_memory_equal(record.payload, expected, size);
        count++;
    }
    reader_close(&reader);
    return count;
}

struct outcome {
    enum hemo_error error; /* the first that is not HEMO_OK or HEMO_DISK_FULL */
    uint64_t acknowledged;
    int full; /* how often the disk was full */
};

static enum hemo_error settle(struct outcome *o, enum hemo_error error) {
    if (error == HEMO_DISK_FULL)
        o->full++;
    return error;
}

static enum hemo_error commit(struct journal *j, struct outcome *o) {
    enum hemo_error error = HEMO_DISK_FULL;
    for (int i = 0; i < 100 && error == HEMO_DISK_FULL; i++)
        error = settle(o, journal_commit(j));
    if (error == HEMO_OK)
        o->acknowledged = j->next_position;
    return error;
}

static enum hemo_error append(struct journal *j, struct outcome *o, uint64_t number) {
    static uint8_t payload[PAYLOAD];
    enum hemo_error error = HEMO_DISK_FULL;
    payload_of(number, payload, sizeof payload);
    for (int i = 0; i < 100 && (error == HEMO_DISK_FULL || error == HEMO_NO_ROOM); i++) {
        struct record record = {
            .position = number, .type = RECORD_FRAME, .length = PAYLOAD, .payload = payload};
        error = settle(o, journal_append(j, &record));
        if (error != HEMO_NO_ROOM)
            continue;
        enum hemo_error committed = commit(j, o);
        if (committed != HEMO_OK)
            return committed;
    }
    return error;
}

/* A session of RECORDS records, a commit after each third, one step of the next segment between. */
static struct outcome session(struct fake *fake, int folder) {
    struct journal journal;
    struct outcome o = {0};
    struct journal_config config = {disk_of(fake), folder, SEGMENT_BYTES, 99};
    enum hemo_error prepared;
    o.error = settle(&o, journal_create(&journal, &config));
    for (uint64_t i = 0; i < RECORDS && o.error == HEMO_OK; i++) {
        o.error = append(&journal, &o, i);
        if (o.error == HEMO_OK && i % 3 == 2)
            o.error = commit(&journal, &o);
        if (o.error == HEMO_OK && i % 5 == 0)
            journal_prepare(&journal, &prepared);
    }
    if (o.error == HEMO_OK)
        o.error = commit(&journal, &o);
    if (o.error != HEMO_OK && o.error != HEMO_DISK_FULL) { /* broken for good */
        int syncs = fake->syncs;
        assert_int_equal(journal_commit(&journal),
                         o.error == HEMO_NO_PERMISSION ? HEMO_OK : HEMO_IO);
        assert_int_equal(fake->syncs, syncs + (o.error == HEMO_NO_PERMISSION));
    }
    journal_close(&journal);
    return o;
}

static int calls_of_a_session(void) {
    char path[128];
    int folder = fresh_folder(path, sizeof path);
    struct fake fake = fake_of(-1, 0, 0);
    struct outcome o = session(&fake, folder);
    assert_int_equal(o.error, HEMO_OK);
    assert_int_equal(o.acknowledged, RECORDS);
    assert_int_equal(count_records(folder, PAYLOAD), RECORDS);
    remove_folder(path, folder);
    return fake.calls;
}

/* Each call of a session fails once with EIO: the journal stops, never syncs again, and holds all
 * it acknowledged. */
static void input_output_error_stops(void **state) {
    int calls = calls_of_a_session(), stopped = 0;
    (void)state;
    for (int at = 0; at < calls; at++) {
        char path[128];
        int folder = fresh_folder(path, sizeof path);
        struct fake fake = fake_of(at, EIO, 1);
        struct outcome o = session(&fake, folder);
        assert_int_equal(o.error, HEMO_IO);
        assert_int_equal(fake.syncs_after_failure, 0);
        assert_true(count_records(folder, PAYLOAD) >= o.acknowledged);
        stopped++;
        remove_folder(path, folder);
    }
    printf("EIO at each of %d calls: %d stopped, none lost\n", calls, stopped);
}

/* Full for a while at each call that can be full: nothing is acknowledged meanwhile, all goes on
 * afterwards. */
static void full_disk_waits(void **state) {
    int calls = calls_of_a_session(), full = 0;
    (void)state;
    for (int at = 1; at < calls; at++) {
        char path[128];
        int folder = fresh_folder(path, sizeof path);
        struct fake fake = fake_of(at, ENOSPC, 3);
        struct outcome o = session(&fake, folder);
        if (fake.failed_sync || o.acknowledged == 0) /* a sync says ENOSPC: not to be repeated */
            assert_true(o.error == HEMO_IO || o.error == HEMO_DISK_FULL);
        else
            assert_int_equal(o.error, HEMO_OK);
        assert_int_equal(fake.syncs_after_failure, 0);
        assert_true(count_records(folder, PAYLOAD) >= o.acknowledged);
        if (o.error == HEMO_OK)
            assert_int_equal(count_records(folder, PAYLOAD), RECORDS);
        full += o.full > 0 && o.error == HEMO_OK;
        remove_folder(path, folder);
    }
    assert_true(full > 10);
    printf("ENOSPC at each of %d calls: %d waited and went on\n", calls, full);
}

static void short_and_interrupted_writes_go_on(void **state) {
    int calls = calls_of_a_session();
    (void)state;
    for (int at = 0; at < calls; at++) {
        char path[128];
        int folder = fresh_folder(path, sizeof path);
        struct fake fake = fake_of(at, EINTR, 2);
        fake.short_write = at % 2;
        struct outcome o = session(&fake, folder);
        assert_true(count_records(folder, PAYLOAD) >= o.acknowledged);
        remove_folder(path, folder);
    }
}

/* A small journal: an EpochBegin and samples. Where each record begins; offsets[SMALL] is the end.
 */
static void small_journal(int folder, uint32_t offsets[SMALL + 1]) {
    static struct wire_frame frame;
    struct journal journal;
    uint8_t bytes[4096];
    size_t length;
    int16_t samples[4] = {1, 2, 3, 4};
    struct journal_config config = {disk_real(), folder, SEGMENT_BYTES, 99};
    assert_int_equal(journal_create(&journal, &config), HEMO_OK);
    for (uint64_t i = 0; i < SMALL; i++) {
        wire_begin(&frame, WIRE_SAMPLES);
        frame.stream = 1;
        frame.epoch = 1ull << 32 | 5;
        frame.sequence = i;
        frame.body.samples = (struct sample_block){i * 4, 0, 1, 4, samples};
        assert_int_equal(wire_pack(&frame, bytes, sizeof bytes, &length), HEMO_OK);
        struct record record = {
            .position = i, .type = RECORD_FRAME, .length = (uint32_t)length, .payload = bytes};
        offsets[i] = journal.offset + journal.used;
        assert_int_equal(journal_append(&journal, &record), HEMO_OK);
    }
    assert_int_equal(journal_commit(&journal), HEMO_OK);
    offsets[SMALL] = journal.offset;
    journal_close(&journal);
}

static enum hemo_error recover_folder(int folder, struct recovery *recovery) {
    static struct lab lab;
    static struct config config;
    char why[RECOVER_WHY];
    config.devices_count = 1;
    config.devices[0] =
        (struct config_device){.name = "LAB1", .role = ROLE_FEED, .room = 1, .stream = 1};
    assert_int_equal(lab_init(&lab, &config), HEMO_OK);
    enum hemo_error error = recover(recovery, &lab, folder, why);
    recover_close(recovery);
    lab_close(&lab);
    return error;
}

static int open_segment(int folder) {
    int fd = openat(folder, "segment-0000000001.journal", O_RDWR);
    assert_true(fd >= 0);
    return fd;
}

/* Every bit of the records and of the header, and some of the zeros: damage in the middle stops,
 * damage in the last record is cut, nothing passes unseen. */
static void every_flipped_bit_is_seen(void **state) {
    char path[128];
    int folder = fresh_folder(path, sizeof path);
    uint32_t offsets[SMALL + 1], cut = 0, stopped = 0;
    struct recovery r;
    (void)state;
    small_journal(folder, offsets);
    int fd = open_segment(folder);
    assert_int_equal(recover_folder(folder, &r), HEMO_OK);
    assert_int_equal(r.records, SMALL);
    assert_int_equal(r.cut_bytes, 0);
    for (uint32_t bit = 0; bit < (offsets[SMALL] + 40) * 8; bit++) {
        uint8_t byte;
        uint32_t at = bit / 8;
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        byte ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        enum hemo_error error = recover_folder(folder, &r);
        if (at < offsets[SMALL - 1]) {
            assert_int_equal(error, HEMO_CORRUPT);
            stopped++;
        } else { /* the last record is cut; behind it the zeros are no zeros: all records stay */
            assert_int_equal(error, HEMO_OK);
            assert_int_equal(r.records, at < offsets[SMALL] ? SMALL - 1 : SMALL);
            assert_true(r.dirty && r.cut_bytes > 0);
            cut++;
        }
        byte ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    }
    printf("%u flips stopped the start, %u were cut, none passed\n", stopped, cut);
    close(fd);
    remove_folder(path, folder);
}

/* Whether what ends at `stop` is whole when only `end` bytes were written and zeros stand behind
 * them or nothing (an odd and an even end): a record's padding is zeros anyway. */
static bool whole_at(const uint8_t *bytes, uint32_t stop, uint32_t end) {
    while (end % 2 && stop > end && bytes[stop - 1] == 0)
        stop--;
    return stop <= end;
}

/* Cut at every byte: what is whole stays, the rest is cut, and the journal goes on behind it. */
static void every_torn_tail_is_cut(void **state) {
    (void)state;
    char path[128];
    int folder = fresh_folder(path, sizeof path);
    uint32_t offsets[SMALL + 1];
    static uint8_t whole[SEGMENT_BYTES];
    struct recovery r;
    small_journal(folder, offsets);
    int fd = open_segment(folder);
    assert_int_equal(pread(fd, whole, sizeof whole, 0), SEGMENT_BYTES);
    for (uint32_t end = SEGMENT_HEADER; end <= offsets[SMALL]; end++) {
        struct journal journal;
        struct journal_config config = {disk_real(), folder, SEGMENT_BYTES, 99};
        uint8_t payload[16] = {0x08, 0x01, 0x10, 0x01};
        uint32_t left = 0;
        while (left < SMALL && whole_at(whole, offsets[left + 1], end))
            left++;
        assert_int_equal(ftruncate(fd, end), 0);
        if (end % 2) /* the file keeps its length, its end was never written */
            assert_int_equal(ftruncate(fd, SEGMENT_BYTES), 0);
        assert_int_equal(recover_folder(folder, &r), HEMO_OK);
        assert_int_equal(r.records, left);
        assert_int_equal(r.end.offset, offsets[left]);
        assert_int_equal(journal_resume(&journal, &config, r.end, r.next_position, r.dirty),
                         HEMO_OK);
        struct record record = {
            .position = left, .type = RECORD_FRAME, .length = 16, .payload = payload};
        assert_int_equal(journal_append(&journal, &record), HEMO_OK);
        assert_int_equal(journal_commit(&journal), HEMO_OK);
        journal_close(&journal);
        struct reader reader;
        uint32_t found = 0;
        assert_int_equal(reader_init(&reader, folder), HEMO_OK);
        reader_seek(&reader, (struct place){1, 0});
        while (reader_next(&reader, (struct place){1, UINT32_MAX}, &record) == HEMO_OK)
            found++;
        assert_int_equal(found, left + 1);
        reader_close(&reader);
        assert_int_equal(pwrite(fd, whole, sizeof whole, 0), SEGMENT_BYTES);
    }
    close(fd);
    remove_folder(path, folder);
}

static void places_and_names(void **state) {
    char name[SEGMENT_NAME];
    uint32_t number;
    (void)state;
    segment_name(7, name);
    assert_string_equal(name, "segment-0000000007.journal");
    assert_true(segment_from_name(name, &number));
    assert_int_equal(number, 7);
    assert_false(segment_from_name("segment-7.journal", &number));
    assert_false(segment_from_name("segment-0000000000.journal", &number));
    assert_false(segment_from_name("segment-9999999999.journal", &number));
    assert_false(segment_from_name("next.journal", &number));
    struct place a = {1, 900}, b = {2, 64};
    assert_true(place_before(a, b) && !place_before(b, a) && !place_before(a, a));
    struct place c = place_unpack(place_pack(b));
    assert_true(c.segment == 2 && c.offset == 64);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_and_names),
        cmocka_unit_test(input_output_error_stops),
        cmocka_unit_test(full_disk_waits),
        cmocka_unit_test(short_and_interrupted_writes_go_on),
        cmocka_unit_test(every_flipped_bit_is_seen),
        cmocka_unit_test(every_torn_tail_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
