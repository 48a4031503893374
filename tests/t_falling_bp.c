/* falling_bp and low_bp on beats whose truth is known: found in time, once, and not where nothing
 * falls. */
#include "detectors/detector.h"
#include "proto/quantity.h"
#include "proto/stream.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

extern const struct detector_class falling_bp_class, low_bp_class;

enum { HZ = 125, FOUND_MAX = 32 };

struct run {
    const struct detector_class *detector;
    _Alignas(16) unsigned char state[DETECTOR_STATE_BYTES];
    struct rules rules;
    double at_s;
    uint32_t seed, count;
    struct event found[FOUND_MAX];
};

static struct run *open_run(const struct detector_class *detector) {
    struct run *run = calloc(1, sizeof *run);
    assert_non_null(run);
    run->detector = detector;
    run->rules = rules_default();
    run->seed = 1;
    detector->init(run->state, &(struct detector_config){.base_rate_hz = HZ});
    return run;
}

static void push(struct run *run, const struct event *event) {
    struct detector_input in = {event, event->emitted_tick, &run->rules};
    struct event out;
    memset(&out, 0, sizeof out);
    if (!run->detector->push(run->state, &in, &out))
        return;
    assert_true(run->count < FOUND_MAX);
    run->found[run->count++] = out;
}

static double noise(struct run *run) {
    run->seed = run->seed * 1664525u + 1013904223u;
    return (double)(run->seed >> 8) / (1 << 24) - 0.5;
}

static struct event event_at(const struct run *run, uint32_t kind) {
    struct event event;
    memset(&event, 0, sizeof event);
    event.kind = kind;
    event.site = SITE_ART;
    event.tick = event.from_tick = (uint64_t)(run->at_s * HZ);
    event.quality = 1;
    return event;
}

/* One beat of 0.8 s; breathing of 4 mmHg and beat noise of 3 mmHg on top. */
static void beat(struct run *run, double mean_mmhg, double pulse_mmhg) {
    struct event event = event_at(run, EVENT_BEAT);
    event.to_tick = (uint64_t)((run->at_s + 0.8) * HZ);
    event.emitted_tick = (uint64_t)((run->at_s + 1.2) * HZ);
    double mean = mean_mmhg + 2 * sin(run->at_s * 1.5) + 3 * noise(run);
    event_add_value(&event, QUANTITY_SYSTOLIC, mean + pulse_mmhg * 2 / 3, 0);
    event_add_value(&event, QUANTITY_DIASTOLIC, mean - pulse_mmhg / 3, 0);
    event_add_value(&event, QUANTITY_MEAN, mean, 0);
    push(run, &event);
    run->at_s += 0.8;
}

/* A ramp from one mean to another; the pulse stays. */
static void ramp(struct run *run, double for_s, double from_mmhg, double to_mmhg) {
    double begin_s = run->at_s;
    while (run->at_s < begin_s + for_s)
        beat(run, from_mmhg + (to_mmhg - from_mmhg) * (run->at_s - begin_s) / for_s, 45);
}

static uint32_t count_of(const struct run *run, uint32_t state) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < run->count; i++)
        n += run->found[i].state == state;
    return n;
}

static void test_a_fall_is_found_in_time(void **state) {
    (void)state;
    static const double starts_s[] = {60, 100, 140, 300,
                                      900}; /* the first long before 300 s of history */
    for (size_t i = 0; i < sizeof starts_s / sizeof starts_s[0]; i++) {
        struct run *run = open_run(&falling_bp_class);
        ramp(run, starts_s[i], 95, 95);
        ramp(run, 100, 95, 55);
        ramp(run, 60, 55, 55);
        assert_int_equal(count_of(run, EVENT_RAISED), 1);
        double delay_s = (double)run->found[0].tick / HZ - starts_s[i];
        print_message("fall after %3.0f s of history: found %.0f s later, %.0f -> %.0f mmHg\n",
                      starts_s[i], delay_s, run->found[0].from_value, run->found[0].to_value);
        assert_true(delay_s > 15 && delay_s < 75);
        assert_true(fabs(run->found[0].from_value - 95) < 3);
        assert_int_equal(run->found[0].kind, EVENT_FALLING_BP);
        assert_true(run->found[0].from_tick < run->found[0].to_tick);
        free(run);
    }
}

/* 25 mmHg in six minutes: too slow for a minute's slope, found by that of three minutes. */
static void test_a_slow_fall_is_found(void **state) {
    (void)state;
    for (int slow = 0; slow < 2; slow++) {
        struct run *run = open_run(&falling_bp_class);
        if (slow == 0)
            run->rules.fall_slow_mmhg_per_s = -10; /* the rule taken out */
        run->rules.fall_deep_share = 1;
        ramp(run, 300, 82, 82);
        ramp(run, 360, 82, 55);
        assert_int_equal(count_of(run, EVENT_RAISED), slow);
        free(run);
    }
}

/* A drop by a fifth at once has no slope worth the name, and is found. */
static void test_a_deep_drop_is_found(void **state) {
    (void)state;
    for (int deep = 0; deep < 2; deep++) {
        struct run *run = open_run(&falling_bp_class);
        run->rules.fall_deep_share = deep == 0 ? 1 : 0.2f;
        run->rules.fall_slow_mmhg_per_s = run->rules.fall_fast_mmhg_per_s = -10;
        ramp(run, 300, 95, 95);
        ramp(run, 6, 95, 72); /* slower than a moved transducer */
        ramp(run, 12, 72, 72);
        assert_int_equal(count_of(run, EVENT_RAISED), deep);
        free(run);
    }
}

/* Beats that a finding stood on are withdrawn: it is taken back, and can be raised again. */
static void test_a_finding_is_taken_back(void **state) {
    (void)state;
    struct run *run = open_run(&falling_bp_class);
    ramp(run, 200, 95, 95);
    double from_s = run->at_s;
    ramp(run, 30, 95, 65);
    ramp(run, 15, 65, 65);
    assert_int_equal(count_of(run, EVENT_RAISED), 1);
    struct event event = event_at(run, EVENT_WITHDRAWN);
    event.from_tick = (uint64_t)(from_s * HZ);
    event.to_tick = event.emitted_tick = event.tick;
    push(run, &event);
    assert_int_equal(count_of(run, EVENT_RETRACTED), 1);
    ramp(run, 100, 95, 95);
    assert_int_equal(count_of(run, EVENT_RAISED), 1);
    ramp(run, 100, 95, 55);
    assert_int_equal(count_of(run, EVENT_RAISED), 2);
    free(run);
}

/* The condition must hold in good time: a longer hold finds the same fall so much later. */
static void test_the_hold_counts(void **state) {
    (void)state;
    double found_s[2];
    for (int i = 0; i < 2; i++) {
        struct run *run = open_run(&falling_bp_class);
        run->rules.fall_hold_s = i == 0 ? 0 : 20;
        ramp(run, 200, 95, 95);
        ramp(run, 100, 95, 55);
        assert_int_equal(count_of(run, EVENT_RAISED), 1);
        found_s[i] = (double)run->found[0].tick / HZ;
        free(run);
    }
    assert_true(found_s[1] - found_s[0] > 15 && found_s[1] - found_s[0] < 25);
}

static void test_it_goes_on_and_recovers(void **state) {
    (void)state;
    struct run *run = open_run(&falling_bp_class);
    ramp(run, 200, 95, 95);
    ramp(run, 120, 95, 50);
    assert_true(count_of(run, EVENT_ONGOING) >= 1); /* every further 10 mmHg */
    ramp(run, 60, 50, 50);
    uint32_t before = run->count;
    ramp(run, 30, 50, 92);
    ramp(run, 60, 92, 92);
    assert_int_equal(run->count, before); /* not until the minute is back, for a minute */
    ramp(run, 120, 92, 92);
    assert_int_equal(count_of(run, EVENT_RECOVERED), 1);
    assert_int_equal(count_of(run, EVENT_RAISED), 1);
    ramp(run, 300, 92, 92);
    ramp(run, 100, 92, 55);
    assert_int_equal(count_of(run, EVENT_RAISED), 2); /* and it is ready for the next */
    free(run);
}

static const struct {
    const char *what;
    double from_mmhg, to_mmhg, for_s;
} quiet[] = {
    {"steady", 95, 95, 3600},
    {"slow rise", 70, 120, 600},
    {"fast rise", 70, 110, 60},
    {"slow fall, 0.05 mmHg/s", 95, 65, 600},
    {"small fall", 95, 88, 60},
    {"high and steady", 150, 150, 600},
    {"fall of 11 at 130", 130, 119, 50},
};

static void test_what_is_no_fall(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof quiet / sizeof quiet[0]; i++) {
        struct run *run = open_run(&falling_bp_class);
        ramp(run, 300, quiet[i].from_mmhg, quiet[i].from_mmhg);
        ramp(run, quiet[i].for_s, quiet[i].from_mmhg, quiet[i].to_mmhg);
        ramp(run, 300, quiet[i].to_mmhg, quiet[i].to_mmhg);
        if (run->count != 0)
            fail_msg("%s raised %u", quiet[i].what, run->count);
        free(run);
    }
}

/* The transducer is lowered or raised: everything moves at once, the pulse stays. */
static void test_a_moved_transducer_is_no_fall(void **state) {
    (void)state;
    for (int direction = -1; direction <= 1; direction += 2) {
        struct run *run = open_run(&falling_bp_class);
        ramp(run, 200, 95, 95);
        ramp(run, 200, 95 + direction * 22, 95 + direction * 22);
        assert_int_equal(run->count, 0);
        free(run);
    }
}

/* And a true fall behind the step is still found, from the new level. */
static void test_a_fall_behind_a_moved_transducer(void **state) {
    (void)state;
    struct run *run = open_run(&falling_bp_class);
    ramp(run, 200, 95, 95);
    ramp(run, 60, 117, 117);
    ramp(run, 100, 117, 75);
    assert_int_equal(count_of(run, EVENT_RAISED), 1);
    assert_true(fabs(run->found[0].from_value - 117) < 4);
    free(run);
}

/* A damped or flushed stretch gives no values; what stands behind it is the same as before. */
static void test_time_counts_in_good_beats(void **state) {
    (void)state;
    struct run *run = open_run(&falling_bp_class);
    ramp(run, 200, 95, 95);
    for (int i = 0; i < 40; i++) { /* 32 s of beats that are left out, far too low */
        struct event event = event_at(run, EVENT_BEAT);
        event.emitted_tick = event.to_tick = event.tick + HZ;
        event_add_value(&event, QUANTITY_MEAN, 40, 0);
        event.left_out[0] = (struct event_left_out){event.tick, EVENT_IN_ARTEFACT};
        event.left_out_count = 1;
        push(run, &event);
        run->at_s += 0.8;
    }
    ramp(run, 200, 95, 95);
    assert_int_equal(run->count, 0);
    free(run);
}

static void test_withdrawn_beats_do_not_count(void **state) {
    (void)state;
    struct run *run = open_run(&falling_bp_class);
    ramp(run, 200, 95, 95);
    double from_s = run->at_s;
    for (int i = 0; i < 20; i++) {
        for (int k = 0; k < 3; k++)
            beat(run, 60, 20); /* another pulse: no step of the transducer */
        struct event event = event_at(run, EVENT_WITHDRAWN);
        event.from_tick = (uint64_t)(from_s * HZ);
        event.to_tick = event.emitted_tick = (uint64_t)((run->at_s + 1.2) * HZ);
        push(run, &event);
    }
    assert_int_equal(run->count, 0);
    free(run);
}

static void test_another_site_begins_anew(void **state) {
    (void)state;
    struct run *run = open_run(&falling_bp_class);
    ramp(run, 200, 120, 120);
    struct event event = event_at(run, EVENT_MARKED);
    event.from_value = MARK_SITE;
    push(run, &event);
    ramp(run, 40, 90, 80);
    ramp(run, 100, 80, 80);
    assert_int_equal(run->count, 0);
    free(run);
}

static void test_low_pressure(void **state) {
    (void)state;
    struct run *run = open_run(&low_bp_class);
    ramp(run, 100, 80, 80);
    ramp(run, 50, 58, 58); /* not long enough */
    ramp(run, 50, 80, 80);
    assert_int_equal(run->count, 0);
    ramp(run, 70, 58, 58);
    assert_int_equal(count_of(run, EVENT_RAISED), 1);
    double low_s = (double)(run->found[0].to_tick - run->found[0].from_tick) / HZ;
    assert_true(low_s > 55 && low_s < 65);
    ramp(run, 60, 67, 67); /* above, but not clear of it */
    assert_int_equal(count_of(run, EVENT_RECOVERED), 0);
    ramp(run, 60, 80, 80);
    assert_int_equal(count_of(run, EVENT_RECOVERED), 1);
    free(run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_fall_is_found_in_time),
        cmocka_unit_test(test_a_slow_fall_is_found),
        cmocka_unit_test(test_a_deep_drop_is_found),
        cmocka_unit_test(test_a_finding_is_taken_back),
        cmocka_unit_test(test_the_hold_counts),
        cmocka_unit_test(test_it_goes_on_and_recovers),
        cmocka_unit_test(test_what_is_no_fall),
        cmocka_unit_test(test_a_moved_transducer_is_no_fall),
        cmocka_unit_test(test_a_fall_behind_a_moved_transducer),
        cmocka_unit_test(test_time_counts_in_good_beats),
        cmocka_unit_test(test_withdrawn_beats_do_not_count),
        cmocka_unit_test(test_another_site_begins_anew),
        cmocka_unit_test(test_low_pressure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
