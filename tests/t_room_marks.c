/* room: marks, captures, cases, rules and breathing. */
#include "proto/quantity.h"
#include "tests/feed.h"
#include <stdio.h>

static struct stream_mark mark_at(double at_s, uint32_t kind, uint32_t channel) {
    return (struct stream_mark){
        .tick = (uint64_t)(at_s * BASE_HZ), .kind = kind, .channel = channel};
}

static void marked_run(struct feed *feed, uint32_t count) {
    feed_open(feed, 5);
    struct stream_mark flush = mark_at(20, MARK_FLUSH, 0), end = mark_at(25, MARK_FLUSH, 0);
    struct stream_mark site = mark_at(30, MARK_SITE, 1), phase = mark_at(40, MARK_PHASE, 0);
    flush.value = 1;
    site.site = SITE_RV;
    phase.phase = PHASE_EXERCISE;
    assert_int_equal(room_mark(feed->room, &site, trace_event, &feed->trace), HEMO_OK);
    assert_int_equal(room_mark(feed->room, &phase, trace_event, &feed->trace), HEMO_OK);
    assert_int_equal(room_mark(feed->room, &flush, trace_event, &feed->trace), HEMO_OK);
    assert_int_equal(room_mark(feed->room, &end, trace_event, &feed->trace), HEMO_OK);
    feed_blocks(feed, count);
}

static void test_marks_apply_at_their_tick(void **state) {
    (void)state;
    struct feed one, other;
    marked_run(&one, 25);
    marked_run(&other, 1024);
    assert_true(trace_same(&one.trace, &other.trace));
    assert_int_equal(trace_count(&one.trace, EVENT_MARKED, EVENT_STATE_NONE), 4);
    for (uint32_t i = 0; i < one.trace.count; i++) {
        const struct event *e = &one.trace.events[i];
        if (e->channel == 1 && e->kind == EVENT_BEAT)
            assert_int_equal(e->site, e->emitted_tick < 30 * BASE_HZ ? SITE_PA : SITE_RV);
        assert_int_equal(e->phase, e->emitted_tick < 40 * BASE_HZ ? PHASE_REST : e->phase);
        bool valued = (e->kind == EVENT_BEAT && e->values_count > 1) || e->kind == EVENT_READING;
        if (valued && e->channel == 0)
            assert_false(e->from_tick < 25 * BASE_HZ && e->to_tick > 20 * BASE_HZ);
        bool drawn = e->method == METHOD_PULLBACK; /* of either side, by right */
        if (e->kind == EVENT_MEASUREMENT && e->channel == 1 && !drawn)
            assert_false(e->from_tick < 30 * BASE_HZ && e->to_tick > 30 * BASE_HZ);
    }
    feed_close(&one);
    feed_close(&other);
}

/* All groups, second by second. */
static void feed_until(struct feed *feed, uint32_t at_s) {
    for (uint32_t s = (uint32_t)(feed->sent[0] / group_rate_hz[0]); s < at_s; s++)
        for (uint32_t g = 0; g < GROUPS; g++)
            feed_send(feed, g, group_rate_hz[g]);
}

/* hemod's own marks: beyond 5 % nothing is measured on any line, whatever else is said of it, and
 * neither is a rate; below it is only said. */
static void test_a_wrong_rate_withholds(void **state) {
    (void)state;
    struct feed feed;
    feed_open(&feed, 5);
    struct stream_mark wrong = mark_at(20, MARK_PACE, 0), right = mark_at(80, MARK_PACE, 0);
    struct stream_mark drift = mark_at(100, MARK_PACE, 0), leap = mark_at(110, MARK_LEAP, 0);
    struct stream_mark site = mark_at(40, MARK_SITE, 1);
    wrong.value = 0.5;
    right.value = 1;
    drift.value = 1.02;
    leap.value = 5;
    site.site = SITE_RV;
    const struct stream_mark *const marks[] = {&wrong, &site, &right, &drift, &leap};
    uint32_t given = 0, measured = 0;
    for (int i = 0; i < 5; i++) {
        feed_until(&feed, (uint32_t)(marks[i]->tick / BASE_HZ) - 1);
        assert_int_equal(room_mark(feed.room, marks[i], trace_event, &feed.trace), HEMO_OK);
    }
    feed_until(&feed, 140);
    for (uint32_t i = 0; i < feed.trace.count; i++) {
        const struct event *e = &feed.trace.events[i];
        double from_s = (double)e->from_tick / BASE_HZ, to_s = (double)e->to_tick / BASE_HZ;
        bool spoilt = from_s < 80 && to_s > 20.5;
        if (e->kind == EVENT_BEAT || e->kind == EVENT_READING || e->kind == EVENT_MEASUREMENT)
            if (spoilt && e->values_count > 0)
                fail_msg("%s of channel %u, %.2f to %.2f s", event_row(e->kind)->name, e->channel,
                         from_s, to_s);
        given += e->kind == EVENT_BEAT && e->values_count > 1 && from_s > 100;
        measured += e->kind == EVENT_READING && from_s > 100;
    }
    assert_true(given > 20 && measured > 5);
    assert_int_equal(trace_count(&feed.trace, EVENT_WRONG_RATE, EVENT_BEGAN), 3);
    assert_int_equal(trace_count(&feed.trace, EVENT_WRONG_RATE, EVENT_ENDED), 3);
    assert_int_equal(trace_count(&feed.trace, EVENT_CLOCK_DRIFT, EVENT_BEGAN), 2);
    assert_int_equal(trace_count(&feed.trace, EVENT_CLOCK_DRIFT, EVENT_ENDED), 1);
    assert_int_equal(trace_count(&feed.trace, EVENT_CLOCK_JUMP, EVENT_BEGAN), 1);
    feed_close(&feed);
}

static void test_marks_that_do_not_fit(void **state) {
    (void)state;
    struct feed feed;
    feed_open(&feed, 5);
    struct stream_mark channel = mark_at(1, MARK_NOTE, 4), far = mark_at(1e6, MARK_NOTE, 0);
    struct stream_mark site = mark_at(1, MARK_SITE, 0), kind = mark_at(1, 99, 0);
    struct stream_mark good = mark_at(1, MARK_NOTE, 0);
    site.site = 30;
    assert_int_equal(room_mark(feed.room, &channel, trace_event, &feed.trace), HEMO_BAD_NUMBER);
    assert_int_equal(room_mark(feed.room, &far, trace_event, &feed.trace), HEMO_BAD_NUMBER);
    assert_int_equal(room_mark(feed.room, &site, trace_event, &feed.trace), HEMO_BAD_ENUM);
    assert_int_equal(room_mark(feed.room, &kind, trace_event, &feed.trace), HEMO_BAD_ENUM);
    for (int i = 0; i < ROOM_MARKS_MAX; i++)
        assert_int_equal(room_mark(feed.room, &good, trace_event, &feed.trace), HEMO_OK);
    assert_int_equal(room_mark(feed.room, &good, trace_event, &feed.trace), HEMO_NO_ROOM);
    feed_close(&feed);
}

static void test_a_capture_by_hand(void **state) {
    (void)state;
    struct feed feed;
    feed_open(&feed, 5);
    for (uint32_t s = 0; s < 30; s++) {
        feed_send(&feed, SLOW, 125);
        feed_send(&feed, FAST, 250);
    }
    uint32_t before = trace_count(&feed.trace, EVENT_MEASUREMENT, EVENT_SUGGESTED);
    struct wire_capture capture = {.target_stream = 7, .channel = 0, .back_ms = 5000};
    assert_int_equal(room_capture(feed.room, &capture, trace_event, &feed.trace), HEMO_OK);
    const struct event *m = &feed.trace.events[feed.trace.count - 1];
    double mean;
    assert_int_equal(trace_count(&feed.trace, EVENT_MEASUREMENT, EVENT_SUGGESTED), before + 1);
    assert_int_equal(m->kind, EVENT_MEASUREMENT);
    assert_int_equal(m->rule_version, rules_default().version);
    assert_true(m->from_tick >= 25 * BASE_HZ && m->to_tick <= 30 * BASE_HZ);
    assert_in_range(m->beats_count, 3, 7);
    assert_true(event_value(m, QUANTITY_MEAN, &mean));
    assert_true(mean > 70 && mean < 120);
    capture.channel = 3; /* an electrocardiogram is kept, not measured */
    assert_int_equal(room_capture(feed.room, &capture, trace_event, &feed.trace), HEMO_NOT_FOUND);
    feed_close(&feed);
}

/* In a wedge the capture is of the wedge alone, and bears its name. */
static void test_a_capture_in_a_wedge(void **state) {
    (void)state;
    struct feed feed;
    feed_open(&feed, 5);
    struct stream_mark wedge = mark_at(20, MARK_WEDGE, 1);
    wedge.value = 1;
    assert_int_equal(room_mark(feed.room, &wedge, trace_event, &feed.trace), HEMO_OK);
    for (uint32_t s = 0; s < 30; s++) {
        feed_send(&feed, SLOW, 125);
        feed_send(&feed, FAST, 250);
    }
    struct wire_capture capture = {.target_stream = 7, .channel = 1, .back_ms = 20000};
    assert_int_equal(room_capture(feed.room, &capture, trace_event, &feed.trace), HEMO_OK);
    const struct event *m = &feed.trace.events[feed.trace.count - 1];
    while (m > feed.trace.events && m->kind >= 300) /* what the detectors say of it */
        m--;
    assert_int_equal(m->kind, EVENT_MEASUREMENT);
    assert_int_equal(m->site, SITE_PCW);
    assert_true(m->from_tick >= 20 * BASE_HZ - BASE_HZ / 2);
    assert_int_equal(m->values_count, 1);
    feed_close(&feed);
}

static void test_without_a_case_nothing_is_measured(void **state) {
    (void)state;
    struct feed feed;
    feed_open(&feed, 0);
    for (uint32_t s = 0; s < 30; s++) {
        feed_send(&feed, SLOW, 125);
        feed_send(&feed, FAST, 250);
    }
    struct wire_capture capture = {.target_stream = 7, .channel = 0, .back_ms = 5000};
    assert_int_equal(room_capture(feed.room, &capture, trace_event, &feed.trace), HEMO_WRONG_CASE);
    assert_true(trace_count(&feed.trace, EVENT_READING, EVENT_STATE_NONE) > 20);
    assert_int_equal(trace_count(&feed.trace, EVENT_MEASUREMENT, EVENT_SUGGESTED), 0);
    feed_close(&feed);
}

/* A low pressure is raised by version 1; version 2 comes while it runs, and its end still names
 * version 1. */
static void test_a_running_finding_keeps_its_rules(void **state) {
    (void)state;
    struct feed feed;
    feed_open(&feed, 5);
    struct rules rules = rules_default();
    rules.low_mean_mmhg = 110;
    rules.low_hold_s = 10;
    room_rules(feed.room, &rules);
    for (uint32_t s = 0; s < 30; s++) {
        feed_send(&feed, SLOW, 125);
        feed_send(&feed, FAST, 250);
    }
    const struct event *raised = trace_find(&feed.trace, EVENT_LOW_BP, EVENT_RAISED);
    assert_non_null(raised);
    assert_int_equal(raised->rule_version, 1);
    rules.version = 2;
    rules.low_mean_mmhg = 50; /* by these it would have recovered at once */
    room_rules(feed.room, &rules);
    feed_blocks(&feed, 25);
    assert_int_equal(trace_count(&feed.trace, EVENT_LOW_BP, EVENT_RECOVERED), 0);
    feed_close(&feed);
}

/* Breathing at 15/min is found in the atrium's pressure, and its means are over whole breaths. */
static void test_breathing_is_found(void **state) {
    (void)state;
    struct feed feed;
    struct spectrum spectrum;
    assert_true(spectrum_init(&spectrum));
    feed_open(&feed, 5);
    room_spectrum(feed.room, &spectrum);
    feed_blocks(&feed, 25);
    const struct event *breath = trace_find(&feed.trace, EVENT_BREATH, EVENT_STATE_NONE);
    double rate, swing, mean;
    assert_non_null(breath);
    assert_true(event_value(breath, QUANTITY_RESP_RATE, &rate));
    assert_true(event_value(breath, QUANTITY_RESP_SWING, &swing));
    assert_true(event_value(breath, QUANTITY_MEAN, &mean));
    assert_true(fabs(rate - 15) < 0.7);
    assert_true(swing > 0.8 && swing < 5);
    assert_true(breath->to_tick - breath->from_tick > 20 * BASE_HZ);
    feed_close(&feed);
    spectrum_close(&spectrum);
}

/* A line that stays at PCW: mean over breaths, and the end-expiratory one, which is not the dips'.
 */
static void test_a_wedge_that_stays(void **state) {
    (void)state;
    struct feed feed;
    struct spectrum spectrum;
    assert_true(spectrum_init(&spectrum));
    feed_open(&feed, 5);
    room_spectrum(feed.room, &spectrum);
    struct stream_mark site = mark_at(0, MARK_SITE, 2);
    site.site = SITE_PCW;
    assert_int_equal(room_mark(feed.room, &site, trace_event, &feed.trace), HEMO_OK);
    feed_blocks(&feed, 25);
    uint32_t found = 0;
    for (uint32_t i = 0; i < feed.trace.count; i++) {
        const struct event *event = &feed.trace.events[i];
        double mean, endexp;
        if (event->kind != EVENT_MEASUREMENT || event->site != SITE_PCW)
            continue;
        found++;
        assert_int_equal(event->method, METHOD_MEAN_BREATHS);
        assert_true(event_value(event, QUANTITY_MEAN, &mean));
        assert_true(event_value(event, QUANTITY_MEAN_ENDEXP, &endexp));
        print_message("PCW mean %.2f, end-expiratory %.2f mmHg\n", mean, endexp);
        /* Truth: dips of 4 mmHg, sine squared over 0.35 of a breath, average 0.7. */
        assert_true(endexp - mean > 0.4 && endexp - mean < 1.0);
        assert_true(event->to_tick - event->from_tick > 20 * BASE_HZ);
    }
    assert_int_equal(found, 1);
    feed_close(&feed);
    spectrum_close(&spectrum);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marks_apply_at_their_tick),
        cmocka_unit_test(test_a_wrong_rate_withholds),
        cmocka_unit_test(test_marks_that_do_not_fit),
        cmocka_unit_test(test_a_capture_by_hand),
        cmocka_unit_test(test_a_capture_in_a_wedge),
        cmocka_unit_test(test_without_a_case_nothing_is_measured),
        cmocka_unit_test(test_a_running_finding_keeps_its_rules),
        cmocka_unit_test(test_breathing_is_found),
        cmocka_unit_test(test_a_wedge_that_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
