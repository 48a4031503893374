/* rising_wedge: like with like only. */
#include "detectors/detector.h"
#include "proto/quantity.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

extern const struct detector_class rising_wedge_class;

enum { HZ = 125 };

struct run {
    _Alignas(16) unsigned char state[DETECTOR_STATE_BYTES];
    struct rules rules;
    double at_s;
    struct event found;
};

static void open_run(struct run *run) {
    memset(run, 0, sizeof *run);
    run->rules = rules_default();
    rising_wedge_class.init(
        run->state, &(struct detector_config){.base_rate_hz = HZ, .channel = DETECTOR_TOGETHER});
}

struct value {
    uint32_t kind, site, phase, quantity;
    double mmhg;
};

/* The state of what it found; EVENT_STATE_NONE for nothing. */
static uint32_t push(struct run *run, struct value value) {
    struct event event;
    memset(&event, 0, sizeof event);
    memset(&run->found, 0, sizeof run->found);
    event.kind = value.kind;
    event.site = value.site;
    event.phase = value.phase;
    event.tick = event.from_tick = event.to_tick = event.emitted_tick = (uint64_t)(run->at_s * HZ);
    event_add_value(&event, value.quantity, value.mmhg, 0);
    run->at_s += 1;
    struct detector_input in = {&event, event.emitted_tick, &run->rules};
    bool found = rising_wedge_class.push(run->state, &in, &run->found);
    return found ? run->found.state : EVENT_STATE_NONE;
}

static uint32_t wedge(struct run *run, double mmhg) {
    return push(run, (struct value){EVENT_MEASUREMENT, SITE_PCW, PHASE_REST, QUANTITY_MEAN, mmhg});
}

static void test_a_later_wedge_above_an_earlier_one(void **state) {
    (void)state;
    struct run run;
    open_run(&run);
    assert_int_equal(wedge(&run, 11), EVENT_STATE_NONE);
    assert_int_equal(wedge(&run, 13), EVENT_STATE_NONE);
    assert_int_equal(wedge(&run, 19), EVENT_RAISED);
    assert_int_equal(run.found.kind, EVENT_RISING_WEDGE);
    assert_int_equal(run.found.site, SITE_PCW);
    assert_float_equal(run.found.from_value, 11, 1e-9);
    assert_float_equal(run.found.to_value, 19, 1e-9);
    assert_int_equal(wedge(&run, 20), EVENT_STATE_NONE);
    assert_int_equal(wedge(&run, 15.5), EVENT_STATE_NONE); /* not clear of it */
    assert_int_equal(wedge(&run, 13), EVENT_RECOVERED);
    assert_int_equal(wedge(&run, 18), EVENT_RAISED);
}

static void test_a_rise_at_a_low_level_is_none(void **state) {
    (void)state;
    struct run run;
    open_run(&run);
    wedge(&run, 5);
    assert_int_equal(wedge(&run, 14.9), EVENT_STATE_NONE);
    assert_int_equal(wedge(&run, 15), EVENT_RAISED);
}

/* A diastolic of the pulmonary artery, a mean of an atrium, another phase: not a wedge at rest. */
static void test_only_like_with_like(void **state) {
    (void)state;
    static const struct value others[] = {
        {EVENT_MEASUREMENT, SITE_PA, PHASE_REST, QUANTITY_DIASTOLIC, 30},
        {EVENT_MEASUREMENT, SITE_PA, PHASE_REST, QUANTITY_MEAN, 40},
        {EVENT_MEASUREMENT, SITE_RA, PHASE_REST, QUANTITY_MEAN, 30},
        {EVENT_MEASUREMENT, SITE_LA, PHASE_REST, QUANTITY_MEAN, 30},
        {EVENT_MEASUREMENT, SITE_PCW, PHASE_EXERCISE, QUANTITY_MEAN, 30},
        {EVENT_MEASUREMENT, SITE_PCW, PHASE_REST, QUANTITY_MEAN_ENDEXP, 30},
        {EVENT_MEASUREMENT, SITE_PCW, PHASE_REST, QUANTITY_V_WAVE, 45},
        {EVENT_BEAT, SITE_PCW, PHASE_REST, QUANTITY_MEAN, 30},
    };
    struct run run;
    open_run(&run);
    wedge(&run, 10);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (push(&run, others[i]) != EVENT_STATE_NONE)
            fail_msg("row %zu was compared with a wedge at rest", i);
    assert_int_equal(wedge(&run, 12), EVENT_STATE_NONE);
}

static void test_end_expiration_is_compared_with_itself(void **state) {
    (void)state;
    struct run run;
    open_run(&run);
    struct value value = {EVENT_MEASUREMENT, SITE_PCW, PHASE_REST, QUANTITY_MEAN_ENDEXP, 12};
    assert_int_equal(push(&run, value), EVENT_STATE_NONE);
    value.mmhg = 18;
    assert_int_equal(push(&run, value), EVENT_RAISED);
}

/* A line that stays at PCW: minutes are compared, not single readings. */
static void test_a_line_that_stays(void **state) {
    (void)state;
    struct run run;
    open_run(&run);
    struct value value = {EVENT_READING, SITE_PCW, PHASE_REST, QUANTITY_MEAN, 12};
    for (int s = 0; s < 300; s++) {
        value.mmhg = s % 7 == 0 ? 25 : 12; /* bursts below half do not move a median */
        assert_int_equal(push(&run, value), EVENT_STATE_NONE);
    }
    uint32_t raised = 0;
    for (int s = 0; s < 200; s++) {
        value.mmhg = 20;
        raised += push(&run, value) == EVENT_RAISED;
    }
    assert_int_equal(raised, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_later_wedge_above_an_earlier_one),
        cmocka_unit_test(test_a_rise_at_a_low_level_is_none),
        cmocka_unit_test(test_only_like_with_like),
        cmocka_unit_test(test_end_expiration_is_compared_with_itself),
        cmocka_unit_test(test_a_line_that_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
