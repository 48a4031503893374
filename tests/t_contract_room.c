/* A room finds the same however its samples are cut. */
#include "tests/trace.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Through a room: an artery that falls, is lost and stops, cut into blocks of 1, 37, 1024 and
 * whole. */
static int16_t *falling_samples(uint32_t count) {
    static const struct trace_wave wave = {125, 75, 72, 1, 150, 220, 45, 0};
    int16_t *samples = malloc(count * sizeof *samples);
    assert_non_null(samples);
    for (uint32_t k = 0; k < count; k++) {
        double at_s = k / 125.0;
        double mmhg = trace_mmhg(&wave, at_s);
        bool lost = at_s >= 300 && at_s < 312;
        bool still = at_s >= 340 && at_s < 352;
        if (still)
            mmhg = 18 + 30 * exp(-(at_s - 340) / 1.5);
        samples[k] = lost ? SAMPLE_MISSING : trace_raw(mmhg);
    }
    return samples;
}

static void run_blocks(struct trace *trace, const int16_t *samples, uint32_t count, uint32_t size) {
    struct room *room = malloc(sizeof *room);
    struct rules rules = rules_default();
    struct wire_epoch_begin begin = {.stream = 1, .room = 1, .epoch = 9, .case_number = 1};
    begin.info = (struct stream_info){.base_rate_numerator = 125,
                                      .base_rate_denominator = 1,
                                      .origin = ORIGIN_SIMULATED,
                                      .channels_count = 1};
    begin.info.channels[0] = (struct stream_channel){.site = SITE_AO,
                                                     .ticks_per_sample = 1,
                                                     .scale = 1.0 / TRACE_COUNTS_PER_MMHG,
                                                     .unit = UNIT_MMHG};
    assert_non_null(room);
    assert_int_equal(room_init(room, &rules), HEMO_OK);
    assert_int_equal(room_begin(room, &begin), HEMO_OK);
    for (uint32_t at = 0; at < count; at += size) {
        uint32_t n = count - at < size ? count - at : size;
        struct sample_block block = {at, 0, 1, n, samples + at};
        assert_int_equal(room_push(room, &block, trace_event, trace), HEMO_OK);
    }
    room_end(room, trace_event, trace);
    free(room);
}

static void test_blocks_give_the_same_findings(void **state) {
    (void)state;
    enum { COUNT = 380 * 125 };
    static const uint32_t sizes[] = {37, 1024, COUNT};
    int16_t *samples = falling_samples(COUNT);
    struct trace one = {0};
    run_blocks(&one, samples, COUNT, 1);
    assert_int_equal(trace_count(&one, EVENT_FALLING_BP, EVENT_RAISED), 1);
    assert_int_equal(trace_count(&one, EVENT_LINE_LOST, EVENT_RAISED), 1);
    assert_int_equal(trace_count(&one, EVENT_PULSE_LOST, EVENT_RAISED), 1);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct trace other = {0};
        run_blocks(&other, samples, COUNT, sizes[i]);
        assert_true(trace_same(&one, &other));
        trace_free(&other);
    }
    trace_free(&one);
    free(samples);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_give_the_same_findings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
