/* A stream as a WFDB record: what a gap costs, and that a counter which jumps fills no disk. */
#include "sim/record_writer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { RATE_HZ = 100, HOUR_S = 3600 };

static char folder[] = "/tmp/hemo-record-XX" "XX" "XX";

/* One sample, then a gap of that many ticks, then the record is closed. Frames that it took. */
static enum hemo_error gap_of(uint64_t ticks, uint64_t *frames, struct failure *failure) {
    static const char *const none[] = {NULL};
    static struct record_writer w;
    char path[64];
    struct stream_info info = {.base_rate_numerator = RATE_HZ, .base_rate_denominator = 1,
                               .channels_count = 1};
    info.channels[0] = (struct stream_channel){.ticks_per_sample = 1, .scale = 0.1,
                                               .unit = UNIT_MMHG};
    int16_t raw = 700;
    struct source_item sample = {.kind = SOURCE_SAMPLES, .next_tick = 1,
                                 .body.samples = {0, 0, 1, 1, &raw}};
    struct source_item gap = {.kind = SOURCE_GAP, .next_tick = 1 + ticks,
                              .body.gap.next_tick = 1 + ticks};
    snprintf(path, sizeof path, "%s/case", folder);
    assert_int_equal(record_writer_open(&w, path, true, none, failure), HEMO_OK);
    assert_int_equal(record_writer_begin(&w, &info, 0, UINT64_MAX, failure), HEMO_OK);
    record_writer_take(&w, &sample);
    assert_false(record_writer_failed(&w));
    record_writer_take(&w, &gap);
    bool failed = record_writer_failed(&w);
    enum hemo_error error = record_writer_commit(&w, "", failure);
    *frames = w.frames;
    record_writer_close(&w);
    assert_int_equal(failed, error != HEMO_OK);
    return error;
}

static void test_a_counter_that_jumps_makes_no_record(void **state) {
    (void)state;
    struct failure failure = {0};
    uint64_t frames, most = (uint64_t)RECORD_WRITER_GAP_HOURS_MAX * HOUR_S * RATE_HZ;
    char path[64];
    snprintf(path, sizeof path, "%s/case.hea", folder);
    assert_int_equal(gap_of(most + 1, &frames, &failure), HEMO_BAD_FORMAT);
    assert_true(frames <= 1 && strstr(failure.text, "24 h"));
    assert_int_equal(gap_of(UINT64_C(1) << 40, &frames, &failure), HEMO_BAD_FORMAT);
    assert_true(access(path, F_OK)); /* nothing is left */
    assert_int_equal(gap_of(60 * RATE_HZ, &frames, &failure), HEMO_OK);
    assert_int_equal(frames, 60 * RATE_HZ + 1);
    assert_int_equal(access(path, F_OK), 0);
}

static int clear(void **state) {
    (void)state;
    static const char *const names[] = {"case.hea", "case.dat", "case.marks.csv"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_counter_that_jumps_makes_no_record),
    };
    if (!mkdtemp(folder))
        return 1;
    return cmocka_run_group_tests(tests, NULL, clear);
}
