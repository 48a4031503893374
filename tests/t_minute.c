/* The value of a minute: given, or withheld with its reason. */
#include "proto/quantity.h"
#include "tests/trace.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { RATE_HZ = 125 };

static const struct trace_wave artery = {120, 70, 75, 2, 0, 0, 0, 0};

/* One pressure; from..to stands in it what `line` says. */
struct minute_case {
    uint32_t site;
    double seconds, from_s, to_s;
    enum { PULSE, OPEN_TO_AIR, NOTHING } line;
    double site_at_s; /* another site from here on; 0: none */
    double drug_at_s; /* another phase from here on; 0: none */
};

static void run(struct trace *trace, const struct minute_case *c) {
    static struct room room;
    struct rules rules = rules_default();
    struct wire_epoch_begin begin = trace_epoch(c->site, RATE_HZ);
    assert_int_equal(room_init(&room, &rules), HEMO_OK);
    assert_int_equal(room_begin(&room, &begin), HEMO_OK);
    memset(trace, 0, sizeof *trace);
    for (uint64_t i = 0; (double)i < c->seconds * RATE_HZ; i++) {
        double at_s = (double)i / RATE_HZ;
        bool other = at_s >= c->from_s && at_s < c->to_s;
        int16_t raw = trace_raw(other && c->line == OPEN_TO_AIR ? 0 : trace_mmhg(&artery, at_s));
        if (other && c->line == NOTHING)
            raw = SAMPLE_MISSING;
        struct stream_mark mark = {.tick = i, .kind = MARK_SITE, .site = SITE_AO};
        if (c->site_at_s > 0 && i == (uint64_t)(c->site_at_s * RATE_HZ))
            assert_int_equal(room_mark(&room, &mark, trace_event, trace), HEMO_OK);
        mark = (struct stream_mark){.tick = i, .kind = MARK_PHASE, .phase = PHASE_DRUG};
        if (c->drug_at_s > 0 && i == (uint64_t)(c->drug_at_s * RATE_HZ))
            assert_int_equal(room_mark(&room, &mark, trace_event, trace), HEMO_OK);
        struct sample_block block = {i, 0, 1, 1, &raw};
        assert_int_equal(room_push(&room, &block, trace_event, trace), HEMO_OK);
    }
    room_end(&room, trace_event, trace);
}

/* The value of the minute from from_s on; NULL: nothing was said of it. */
static const struct event *minute(const struct trace *trace, double from_s) {
    for (uint32_t i = 0; i < trace->count; i++)
        if (trace->events[i].kind == EVENT_MINUTE &&
            trace->events[i].from_tick == (uint64_t)(from_s * RATE_HZ))
            return &trace->events[i];
    return NULL;
}

static void test_each_minute_has_its_value(void **state) {
    (void)state;
    struct trace trace;
    run(&trace, &(struct minute_case){SITE_ART, 185, 0, 0, PULSE, 0, 0});
    assert_int_equal(trace_count(&trace, EVENT_MINUTE, EVENT_STATE_NONE), 3);
    for (int m = 0; m < 3; m++) {
        const struct event *e = minute(&trace, 60 * m);
        double systolic, rate;
        assert_non_null(e);
        assert_int_equal(e->to_tick, (60 * m + 60) * RATE_HZ);
        assert_int_equal(e->to_value, 0);
        assert_true(event_value(e, QUANTITY_SYSTOLIC, &systolic));
        assert_true(event_value(e, QUANTITY_RATE, &rate));
        assert_true(fabs(systolic - 120) < 1.5 && fabs(rate - 75) < 0.5);
        assert_int_equal(e->method, METHOD_MINUTE);
        assert_true(m == 0 ? e->quality > 0.8 : e->quality == 1); /* it had to learn the line */
    }
    trace_free(&trace);
}

/* Ten seconds open to air leave a value, of less quality; twenty leave none, and say why. */
static void test_a_quarter_withheld_leaves_no_value(void **state) {
    (void)state;
    struct trace trace;
    run(&trace, &(struct minute_case){SITE_ART, 120, 80, 90, OPEN_TO_AIR, 0, 0});
    const struct event *e = minute(&trace, 60);
    double mean;
    assert_true(event_value(e, QUANTITY_MEAN, &mean) && mean > 80);
    assert_true(e->from_value > 9 && e->from_value < 13);
    assert_true(e->quality > 0.7 && e->quality < 0.9);
    trace_free(&trace);
    run(&trace, &(struct minute_case){SITE_ART, 120, 80, 100, OPEN_TO_AIR, 0, 0});
    e = minute(&trace, 60);
    assert_int_equal(e->values_count, 0);
    assert_int_equal(e->to_value, EVENT_ZEROING);
    assert_true(e->from_value > 19 && e->from_value < 23);
    trace_free(&trace);
}

/* A state that runs over the end of the minute counts in both. */
static void test_a_state_counts_where_it_stands(void **state) {
    (void)state;
    struct trace trace;
    run(&trace, &(struct minute_case){SITE_ART, 185, 100, 140, OPEN_TO_AIR, 0, 0});
    for (int m = 1; m <= 2; m++) {
        const struct event *e = minute(&trace, 60 * m);
        assert_int_equal(e->to_value, EVENT_ZEROING);
        assert_true(fabs(e->from_value - 20) < 3);
    }
    trace_free(&trace);
}

/* The line sleeps after half a minute: the minute in which it wakes counts the gap, and minutes go
 * on as before. */
static void test_minutes_go_on_behind_a_gap(void **state) {
    (void)state;
    struct trace trace;
    run(&trace, &(struct minute_case){SITE_ART, 300, 70, 210, NOTHING, 0, 0});
    const struct event *e = minute(&trace, 180);
    assert_null(minute(&trace, 120));
    assert_int_equal(e->to_value, EVENT_GAP);
    assert_true(fabs(e->from_value - 30) < 5);
    assert_true(minute(&trace, 240)->values_count > 0);
    trace_free(&trace);
}

/* Two sites have no value in common. */
static void test_a_site_begins_its_own_minute(void **state) {
    (void)state;
    struct trace trace;
    run(&trace, &(struct minute_case){SITE_ART, 185, 0, 0, PULSE, 95, 0});
    assert_non_null(minute(&trace, 0));
    assert_null(minute(&trace, 60));
    assert_int_equal(minute(&trace, 95)->site, SITE_AO);
    trace_free(&trace);
}

static void test_a_phase_begins_its_own_minute(void **state) {
    (void)state;
    struct trace trace;
    run(&trace, &(struct minute_case){SITE_ART, 185, 0, 0, PULSE, 0, 95});
    assert_int_equal(minute(&trace, 0)->phase, 0);
    assert_null(minute(&trace, 60));
    assert_int_equal(minute(&trace, 95)->phase, PHASE_DRUG);
    trace_free(&trace);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_minute_has_its_value),
        cmocka_unit_test(test_a_quarter_withheld_leaves_no_value),
        cmocka_unit_test(test_a_state_counts_where_it_stands),
        cmocka_unit_test(test_minutes_go_on_behind_a_gap),
        cmocka_unit_test(test_a_site_begins_its_own_minute),
        cmocka_unit_test(test_a_phase_begins_its_own_minute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
