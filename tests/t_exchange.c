/* exchange: cables that changed places are said of both lines, within two seconds and before any
 * finding; nothing else is taken for it. */
#include "tests/trace.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { HZ = 125 };

struct course {
    double swapped_s, back_s; /* the lines change places, and back; 0: never */
    double fall_s;            /* the artery falls to what the other shows, which stays */
    double second_mmhg;       /* diastolic of the second line */
};

static int16_t sample(const struct course *c, int line, double at_s) {
    struct trace_wave artery = {125, 75, 72, 1, 0, 0, 0, 0}, lungs = {0};
    lungs = artery;
    lungs.systolic_mmhg = c->second_mmhg + 15;
    lungs.diastolic_mmhg = c->second_mmhg;
    if (c->fall_s > 0)
        artery = (struct trace_wave){125, 75, 72, 1, c->fall_s, c->fall_s + 1, 60, 0};
    bool swapped = c->swapped_s > 0 && at_s >= c->swapped_s && at_s < c->back_s;
    bool first = (line == 0) != swapped;
    return trace_raw(trace_mmhg(first ? &artery : &lungs, at_s));
}

static void run(struct trace *trace, const struct course *course) {
    enum { BLOCK = 125 };
    static int16_t samples[2 * BLOCK];
    struct room *room = malloc(sizeof *room);
    struct rules rules = rules_default();
    struct wire_epoch_begin begin = {.stream = 1, .room = 1, .epoch = 9, .case_number = 1};
    begin.info = (struct stream_info){.base_rate_numerator = HZ,
                                      .base_rate_denominator = 1,
                                      .origin = ORIGIN_SIMULATED,
                                      .channels_count = 2};
    for (int c = 0; c < 2; c++)
        begin.info.channels[c] = (struct stream_channel){.site = c == 0 ? SITE_AO : SITE_PA,
                                                         .ticks_per_sample = 1,
                                                         .scale = 1.0 / TRACE_COUNTS_PER_MMHG,
                                                         .unit = UNIT_MMHG};
    assert_non_null(room);
    assert_int_equal(room_init(room, &rules), HEMO_OK);
    assert_int_equal(room_begin(room, &begin), HEMO_OK);
    for (uint64_t at = 0; at < 180 * HZ; at += BLOCK) {
        for (int c = 0; c < 2; c++)
            for (uint64_t k = 0; k < BLOCK; k++)
                samples[(uint64_t)c * BLOCK + k] = sample(course, c, (double)(at + k) / HZ);
        struct sample_block block = {at, 0, 2, BLOCK, samples};
        assert_int_equal(room_push(room, &block, trace_event, trace), HEMO_OK);
    }
    room_end(room, trace_event, trace);
    free(room);
}

/* All but the word about the label. */
static uint32_t findings(const struct trace *trace) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < trace->count; i++)
        n += trace->events[i].kind > 300 && trace->events[i].kind < 400 &&
             trace->events[i].kind != EVENT_WRONG_LABEL;
    return n;
}

static void test_swapped_cables_are_said_of_both_lines(void **state) {
    (void)state;
    struct trace trace = {0};
    run(&trace, &(struct course){.swapped_s = 100, .back_s = 130, .second_mmhg = 10});
    assert_int_equal(trace_count(&trace, EVENT_WRONG_SITE, EVENT_BEGAN), 2);
    for (uint32_t i = 0; i < trace.count; i++) {
        const struct event *e = &trace.events[i];
        if (e->kind != EVENT_WRONG_SITE)
            continue;
        double at_s = (double)e->emitted_tick / HZ, from_s = e->state == EVENT_BEGAN ? 100 : 130;
        assert_true(at_s > from_s && at_s <= from_s + 2);
        if (e->state == EVENT_BEGAN)
            assert_true(e->to_value == (e->site == SITE_AO ? SITE_PA : SITE_AO));
    }
    assert_int_equal(trace_count(&trace, EVENT_WRONG_SITE, EVENT_ENDED), 2);
    assert_int_equal(findings(&trace), 0);
    trace_free(&trace);
}

/* A swap of a few seconds is seen there and back: a line that stayed contradicted would be deaf to
 * all that follows. Below 2 s the levels cannot tell, and then both changes must go unseen. */
static void test_a_short_swap_is_seen_to_end(void **state) {
    (void)state;
    static const double lasts_s[] = {1, 2, 3, 4, 5, 6, 7, 8, 12, 20};
    for (size_t i = 0; i < sizeof lasts_s / sizeof lasts_s[0]; i++) {
        struct trace trace = {0};
        run(&trace, &(struct course){
                        .swapped_s = 100, .back_s = 100 + lasts_s[i], .second_mmhg = 10});
        uint32_t began = trace_count(&trace, EVENT_WRONG_SITE, EVENT_BEGAN);
        uint32_t ended = 0; /* within 5 s of the way back */
        for (uint32_t k = 0; k < trace.count; k++) {
            const struct event *e = &trace.events[k];
            double late_s = (double)e->emitted_tick / HZ - 100 - lasts_s[i];
            ended += e->kind == EVENT_WRONG_SITE && e->state == EVENT_ENDED && late_s <= 5;
        }
        print_message("%.0f s: %u began, %u ended\n", lasts_s[i], began, ended);
        assert_int_equal(began, ended);
        if (lasts_s[i] > 2)
            assert_int_equal(began, 2);
        trace_free(&trace);
    }
}

/* The check itself can fail: an artery that truly falls to the other's level is no exchange, and is
 * found. */
static void test_a_true_fall_is_no_exchange(void **state) {
    (void)state;
    struct trace trace = {0};
    run(&trace, &(struct course){.fall_s = 100, .second_mmhg = 30});
    assert_int_equal(trace_count(&trace, EVENT_WRONG_SITE, EVENT_BEGAN), 0);
    assert_true(findings(&trace) > 0);
    trace_free(&trace);
}

static void test_lines_at_one_level_cannot_be_told_apart(void **state) {
    (void)state;
    struct trace trace = {0};
    run(&trace, &(struct course){.swapped_s = 100, .back_s = 130, .second_mmhg = 85});
    assert_int_equal(trace_count(&trace, EVENT_WRONG_SITE, EVENT_BEGAN), 0);
    trace_free(&trace);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_swapped_cables_are_said_of_both_lines),
        cmocka_unit_test(test_a_short_swap_is_seen_to_end),
        cmocka_unit_test(test_a_true_fall_is_no_exchange),
        cmocka_unit_test(test_lines_at_one_level_cannot_be_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
