/* Which beats averages leave out, and why. */
#include "dsp/rhythm.h"
#include "proto/event.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const float pulse_mmhg = 40;

static uint32_t beat(struct rhythm *r, double length_s) {
    return rhythm_push(r, (float)length_s, true, pulse_mmhg);
}

/* Breathing moves the intervals of a sinus rhythm by 3 %. */
static double sinus(int i) {
    return 0.85 + 0.025 * sin(i);
}

/* An ectopic every n beats: the beat before it is cut short, its own is long. */
static void ectopics_are_left_out(int every) {
    struct rhythm r;
    rhythm_init(&r, 8);
    for (int i = 0; i < 20 * every; i++) {
        int place = i % every;
        double length = place == 1 ? 0.52 : place == 2 ? 1.2 : sinus(i);
        uint32_t reason = beat(&r, length);
        uint32_t want = place == 1   ? EVENT_ODD_LENGTH
                        : place == 2 ? EVENT_ECTOPIC
                        : place == 3 ? EVENT_POST_ECTOPIC
                                     : 0;
        if (i >= RHYTHM_LONG)
            assert_int_equal(reason, want);
        assert_false(rhythm_fibrillates(&r));
    }
}

static void test_ectopics(void **state) {
    (void)state;
    for (int every = 6; every <= 12; every++)
        ectopics_are_left_out(every);
}

/* The ectopic moved no pressure: its beat and the one before it are one. */
static void test_a_beat_that_spans_an_ectopic(void **state) {
    (void)state;
    struct rhythm r;
    rhythm_init(&r, 8);
    for (int i = 0; i < 160; i++) {
        int place = i % 7;
        uint32_t reason = beat(&r, place == 1 ? 1.72 : sinus(i));
        uint32_t want = place == 1 ? EVENT_ODD_LENGTH : place == 2 ? EVENT_POST_ECTOPIC : 0;
        if (i >= RHYTHM_LONG)
            assert_int_equal(reason, want);
    }
}

/* Irregular everywhere: nothing is left out for its length. */
static void test_fibrillation(void **state) {
    (void)state;
    struct rhythm r;
    uint32_t seed = 5, left_out = 0, seen = 0;
    rhythm_init(&r, 8);
    for (int i = 0; i < 400; i++) {
        double sum = 0;
        for (int k = 0; k < 4; k++) {
            seed = seed * 1664525u + 1013904223u;
            sum += (seed >> 8) / 16777216.0 - 0.5;
        }
        uint32_t reason = beat(&r, 0.7 * (1 + 0.2 * sum * sqrt(3))); /* SD 20 % */
        if (i < RHYTHM_LONG)
            continue;
        left_out += reason != 0;
        seen += rhythm_fibrillates(&r);
    }
    assert_true(seen >= 0.95 * (400 - RHYTHM_LONG));
    assert_true(left_out <= 0.05 * (400 - RHYTHM_LONG));
}

/* What lies behind a gap is judged by nothing before it. */
static void test_a_gap_ends_what_follows(void **state) {
    (void)state;
    struct rhythm r;
    rhythm_init(&r, 8);
    for (int i = 0; i < 20; i++)
        beat(&r, sinus(i));
    assert_int_equal(beat(&r, 0.5), EVENT_ODD_LENGTH);
    assert_int_equal(rhythm_push(&r, 0.85f, false, pulse_mmhg), 0);
    assert_int_equal(beat(&r, 0.85), 0);
    assert_int_equal(rhythm_push(&r, 0.85f, true, 3 * pulse_mmhg), EVENT_OUTLIER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ectopics),
        cmocka_unit_test(test_a_beat_that_spans_an_ectopic),
        cmocka_unit_test(test_fibrillation),
        cmocka_unit_test(test_a_gap_ends_what_follows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
