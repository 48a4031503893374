/* The detectors that weigh several signs: each sign that is missing keeps them silent. */
#include "detectors/detector.h"
#include "proto/quantity.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

extern const struct detector_class tamponade_class, falling_pulse_class, rising_edp_class,
    high_wedge_class, large_v_class, ventricularised_class, falling_pd_pa_class;

enum { HZ = 125 };

struct run {
    const struct detector_class *detector;
    _Alignas(16) unsigned char state[DETECTOR_STATE_BYTES];
    uint32_t raised, recovered, held;
};

static void open_run(struct run *run, const struct detector_class *detector) {
    memset(run, 0, sizeof *run);
    run->detector = detector;
    detector->init(run->state, &(struct detector_config){.base_rate_hz = HZ});
}

static struct event event_at(uint32_t kind, uint32_t site, int s) {
    struct event event;
    memset(&event, 0, sizeof event);
    event.kind = kind;
    event.site = site;
    event.tick = event.from_tick = (uint64_t)s * HZ;
    event.to_tick = event.emitted_tick = (uint64_t)(s + 1) * HZ;
    event.quality = 1;
    return event;
}

static void push(struct run *run, const struct event *event) {
    struct rules rules = rules_default();
    struct detector_input in = {event, event->emitted_tick, &rules};
    struct event out;
    memset(&out, 0, sizeof out);
    if (!run->detector->push(run->state, &in, &out))
        return;
    run->raised += out.state == EVENT_RAISED;
    run->recovered += out.state == EVENT_RECOVERED;
    run->held += out.kind == EVENT_HELD_BACK;
}

static void value(struct run *run, int s, uint32_t site, uint32_t quantity, double mmhg) {
    struct event event = event_at(EVENT_BEAT, site, s);
    event_add_value(&event, quantity, mmhg, 0);
    push(run, &event);
}

/* RA 4 -> 4 + ra, artery 90 -> 90 - fall, PA diastolic 9 -> pa, in two minutes. */
static uint32_t tamponade(double ra, double fall, double pa) {
    struct run run;
    open_run(&run, &tamponade_class);
    for (int s = 1; s < 400; s++) {
        double share = s < 100 ? 0 : s < 220 ? (s - 100) / 120.0 : 1;
        value(&run, s, SITE_CVP, QUANTITY_MEAN, 4 + share * ra);
        value(&run, s, SITE_ART, QUANTITY_MEAN, 90 - share * fall);
        if (pa > 0)
            value(&run, s, SITE_PA, QUANTITY_DIASTOLIC, 9 + share * (pa - 9));
    }
    return run.raised;
}

static void test_tamponade_needs_all_signs(void **state) {
    (void)state;
    assert_int_equal(tamponade(10, 25, 16), 1);
    assert_int_equal(tamponade(0, 25, 9), 0);   /* bleeding: the atrium does not rise */
    assert_int_equal(tamponade(10, 0, 16), 0);  /* volume: the artery does not fall */
    assert_int_equal(tamponade(10, 25, 26), 0); /* a failing left heart: not equal */
    assert_int_equal(tamponade(10, 25, 0), 0);  /* nothing to compare with */
}

static struct run pulse(double narrow, double fall) {
    struct run run;
    open_run(&run, &falling_pulse_class);
    for (int s = 1; s < 600; s++) {
        double share = s < 300 ? 0 : s < 340 ? (s - 300) / 40.0 : 1;
        double mean = 90 - share * fall, width = 45 - share * narrow;
        struct event event = event_at(EVENT_BEAT, SITE_ART, s);
        event_add_value(&event, QUANTITY_SYSTOLIC, mean + width * 2 / 3, 0);
        event_add_value(&event, QUANTITY_DIASTOLIC, mean - width / 3, 0);
        event_add_value(&event, QUANTITY_MEAN, mean, 0);
        push(&run, &event);
    }
    return run;
}

static void test_a_narrow_pulse_with_a_mean_that_holds_is_held_back(void **state) {
    (void)state;
    struct run both = pulse(22, 20), damped = pulse(22, 0), neither = pulse(5, 20);
    assert_int_equal(both.raised, 1);
    assert_int_equal(damped.raised, 0);
    assert_int_equal(damped.held, 1); /* once, with its reason */
    assert_int_equal(neither.raised + neither.held, 0);
}

static void test_end_diastolic(void **state) {
    (void)state;
    struct run run;
    open_run(&run, &rising_edp_class);
    for (int s = 1; s < 400; s++) /* single beats far above move nothing */
        value(&run, s, SITE_LV, QUANTITY_EDP, s < 200 ? (s % 10 == 0 ? 40 : 10) : 22);
    assert_int_equal(run.raised, 1);
    for (int s = 400; s < 500; s++)
        value(&run, s, SITE_LV, QUANTITY_EDP, 11);
    assert_int_equal(run.recovered, 1);
    open_run(&run, &rising_edp_class);
    for (int s = 1; s < 400; s++) /* risen, and not high */
        value(&run, s, SITE_LV, QUANTITY_EDP, s < 200 ? 5 : 13);
    assert_int_equal(run.raised, 0);
}

static void test_a_raised_wedge(void **state) {
    (void)state;
    static const double wedges_mmhg[] = {12, 15, 18, 14.5, 13};
    static const uint32_t raised[] = {0, 0, 1, 1, 1}, recovered[] = {0, 0, 0, 0, 1};
    struct run run;
    open_run(&run, &high_wedge_class);
    for (int i = 0; i < 5; i++) {
        struct event event = event_at(EVENT_MEASUREMENT, SITE_PCW, 100 * i + 1);
        event_add_value(&event, QUANTITY_MEAN, wedges_mmhg[i], 0);
        push(&run, &event);
        assert_int_equal(run.raised, raised[i]);
        assert_int_equal(run.recovered, recovered[i]);
    }
}

/* A wedge far above the diastolic of the pulmonary artery is a balloon that blocks the tip. */
static void test_a_blocked_tip_is_no_raised_wedge(void **state) {
    (void)state;
    for (int blocked = 0; blocked < 2; blocked++) {
        struct run run;
        open_run(&run, &high_wedge_class);
        for (int s = 1; s < 60; s++)
            value(&run, s, SITE_PA, QUANTITY_DIASTOLIC, blocked ? 12 : 24);
        struct event event = event_at(EVENT_MEASUREMENT, SITE_PCW, 70);
        event_add_value(&event, QUANTITY_MEAN, 26, 0);
        push(&run, &event);
        assert_int_equal(run.raised, blocked ? 0 : 1);
        assert_int_equal(run.held, blocked ? 1 : 0);
    }
}

/* Above the diastolic of a lung whose vessels narrow: blocked. With a v wave that lifts the
 * pulmonary mean too, or with the wedge below the diastolic, it is one. */
static void test_a_blocked_tip_in_pulmonary_hypertension(void **state) {
    (void)state;
    static const double pa[][2] = {{35.8, 57}, {24, 32}, {40, 58}}; /* diastolic, mean */
    for (int i = 0; i < 3; i++) {
        struct run run;
        open_run(&run, &high_wedge_class);
        for (int s = 1; s < 60; s++) {
            value(&run, s, SITE_PA, QUANTITY_DIASTOLIC, pa[i][0]);
            value(&run, s, SITE_PA, QUANTITY_MEAN, pa[i][1]);
        }
        struct event event = event_at(EVENT_MEASUREMENT, SITE_PCW, 70);
        event_add_value(&event, QUANTITY_MEAN, i == 1 ? 25 : 38.3, 0);
        push(&run, &event);
        assert_int_equal(run.held, i == 0);
        assert_int_equal(run.raised, i != 0);
    }
}

static uint32_t guide(const struct detector_class *detector, double systolic, double diastolic) {
    struct run run;
    open_run(&run, detector);
    for (int s = 1; s < 60; s++) {
        struct event event = event_at(EVENT_BEAT, SITE_PAO, s);
        event_add_value(&event, QUANTITY_SYSTOLIC, s < 40 ? 120 : systolic, 0);
        event_add_value(&event, QUANTITY_DIASTOLIC, s < 40 ? 70 : diastolic, 0);
        push(&run, &event);
    }
    return run.raised;
}

static void test_a_blocked_guide(void **state) {
    (void)state;
    assert_int_equal(guide(&ventricularised_class, 118, 40), 1);
    assert_int_equal(guide(&ventricularised_class, 85, 45), 0);  /* the aorta falls, all of it */
    assert_int_equal(guide(&ventricularised_class, 118, 62), 0); /* a little */
}

/* It is said once, recovers with the guide withdrawn, and an artefact in between neither raises nor
 * ends it. The rule decides how far. */
static void test_a_guide_that_is_withdrawn(void **state) {
    (void)state;
    struct run run;
    open_run(&run, &ventricularised_class);
    for (int s = 1; s < 120; s++) {
        struct event event = event_at(EVENT_BEAT, SITE_PAO, s);
        bool blocked = s >= 40 && s < 80;
        event_add_value(&event, QUANTITY_SYSTOLIC, blocked ? 118 : 120, 0);
        event_add_value(&event, QUANTITY_DIASTOLIC, blocked ? 40 : 70, 0);
        if (s % 20 == 0) { /* a beat in an artefact */
            event.left_out[0] = (struct event_left_out){event.tick, EVENT_IN_ARTEFACT};
            event.left_out_count = 1;
            event.values[1].value = 5;
        }
        push(&run, &event);
        if (s == 39)
            assert_int_equal(run.raised, 0);
        if (s == 50)
            assert_int_equal(run.raised, 1);
    }
    assert_int_equal(run.raised, 1);
    assert_int_equal(run.recovered, 1);
}

/* Pd falls from 90 to 90 - fall within so long; its pulse by that share of 36. */
static struct run wire(double fall, double over_s, double pulse_share) {
    struct run run;
    open_run(&run, &falling_pd_pa_class);
    for (int s = 1; s < 300; s++) {
        double share = s < 100 ? 0 : fmin(1, (s - 100) / over_s);
        for (int i = 0; i < 2; i++) {
            double mean = i == 0 ? 95 : 90 - share * fall;
            double pulse = i == 0 ? 40 : 36 * (1 - share * pulse_share);
            struct event event = event_at(EVENT_BEAT, i == 0 ? SITE_PAO : SITE_PD, s);
            event_add_value(&event, QUANTITY_MEAN, mean, 0);
            event_add_value(&event, QUANTITY_SYSTOLIC, mean + pulse * 2 / 3, 0);
            event_add_value(&event, QUANTITY_DIASTOLIC, mean - pulse / 3, 0);
            push(&run, &event);
        }
    }
    return run;
}

static void test_a_falling_pd_pa(void **state) {
    (void)state;
    struct run falls = wire(25, 90, 0.4), drifts = wire(25, 90, 0), moved = wire(25, 1, 0.4);
    struct run little = wire(6, 90, 0.1);
    assert_int_equal(falls.raised, 1);
    assert_int_equal(drifts.raised, 0);
    assert_int_equal(drifts.held, 1); /* a sensor that drifts keeps its pulse */
    assert_int_equal(moved.raised + moved.held, 0);
    assert_int_equal(little.raised + little.held, 0);
}

static void test_a_large_v_wave(void **state) {
    (void)state;
    struct run run;
    open_run(&run, &large_v_class);
    for (int s = 1; s < 60; s++) {
        struct event event = event_at(EVENT_BEAT, SITE_PCW, s);
        event_add_value(&event, QUANTITY_MEAN, 18, 0);
        event_add_value(&event, QUANTITY_V_WAVE, s < 30 ? (s % 6 == 0 ? 45 : 24) : 40, 0);
        push(&run, &event);
        assert_true(s >= 30 || run.raised == 0); /* every sixth is no large v wave */
    }
    assert_int_equal(run.raised, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tamponade_needs_all_signs),
        cmocka_unit_test(test_a_narrow_pulse_with_a_mean_that_holds_is_held_back),
        cmocka_unit_test(test_end_diastolic),
        cmocka_unit_test(test_a_raised_wedge),
        cmocka_unit_test(test_a_blocked_tip_is_no_raised_wedge),
        cmocka_unit_test(test_a_blocked_tip_in_pulmonary_hypertension),
        cmocka_unit_test(test_a_blocked_guide),
        cmocka_unit_test(test_a_guide_that_is_withdrawn),
        cmocka_unit_test(test_a_falling_pd_pa),
        cmocka_unit_test(test_a_large_v_wave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
