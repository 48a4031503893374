/* line_lost, pulse_lost and the findings that wait for a state of the line: what it cannot carry,
 * and what must never wait for it. */
#include "detectors/detector.h"
#include "proto/quantity.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

extern const struct detector_class line_lost_class, pulse_lost_class, guide_damped_class,
    wrong_label_class, whipping_class, damped_line_class;

enum { HZ = 125 };

struct run {
    const struct detector_class *detector;
    _Alignas(16) unsigned char state[DETECTOR_STATE_BYTES];
    struct rules rules;
    uint32_t raised, recovered, held;
    double raised_s, recovered_s;
    struct event last;
};

static void open_run(struct run *run, const struct detector_class *detector) {
    memset(run, 0, sizeof *run);
    run->detector = detector;
    run->rules = rules_default();
    detector->init(run->state, &(struct detector_config){.base_rate_hz = HZ});
}

static void push(struct run *run, const struct event *event, double at_s) {
    struct detector_input in = {event, (uint64_t)(at_s * HZ), &run->rules};
    struct event out;
    memset(&out, 0, sizeof out);
    if (!run->detector->push(run->state, &in, &out))
        return;
    run->last = out;
    run->raised += out.state == EVENT_RAISED;
    run->recovered += out.state == EVENT_RECOVERED;
    if (out.state == EVENT_RAISED)
        run->raised_s = at_s;
    if (out.state == EVENT_RECOVERED)
        run->recovered_s = at_s;
    run->held += out.kind == EVENT_HELD_BACK;
}

static void clock_until(struct run *run, double from_s, double to_s) {
    for (double at_s = from_s; at_s < to_s; at_s += 0.5)
        push(run, NULL, at_s);
}

static void say_at(struct run *run, uint32_t site, double at_s, uint32_t kind, uint32_t state) {
    struct event event;
    memset(&event, 0, sizeof event);
    event.kind = kind;
    event.state = state;
    event.site = site;
    event.tick = event.from_tick = event.to_tick = (uint64_t)(at_s * HZ);
    push(run, &event, at_s);
}

static void say(struct run *run, double at_s, uint32_t kind, uint32_t state) {
    say_at(run, SITE_AO, at_s, kind, state);
}

static void value(struct run *run, double at_s, uint32_t kind, double mean_mmhg) {
    struct event event;
    memset(&event, 0, sizeof event);
    event.kind = kind;
    event.site = SITE_AO;
    event.tick = event.from_tick = (uint64_t)((at_s - 1) * HZ);
    event.to_tick = (uint64_t)(at_s * HZ);
    event_add_value(&event, QUANTITY_MEAN, mean_mmhg, 0);
    push(run, &event, at_s);
}

static void test_a_lost_line(void **state) {
    (void)state;
    struct run run;
    open_run(&run, &line_lost_class);
    say(&run, 10, EVENT_GAP, EVENT_BEGAN);
    clock_until(&run, 10, 14.9);
    say(&run, 14.9, EVENT_GAP, EVENT_ENDED);
    clock_until(&run, 15, 60);
    assert_int_equal(run.raised, 0);
    say(&run, 60, EVENT_FLAT, EVENT_BEGAN);
    clock_until(&run, 60, 70);
    assert_int_equal(run.raised, 1);
    assert_true(run.raised_s >= 65 && run.raised_s <= 65.5);
    assert_int_equal(run.last.from_tick, 60 * HZ);
}

/* It comes and goes: one finding, over when it has been away for as long. */
static void test_a_line_that_flickers_is_lost_once(void **state) {
    (void)state;
    struct run run;
    open_run(&run, &line_lost_class);
    for (int s = 0; s < 60; s += 10) {
        say(&run, s, EVENT_STOPCOCK, EVENT_BEGAN);
        clock_until(&run, s, s + 7);
        say(&run, s + 7, EVENT_STOPCOCK, EVENT_ENDED);
        clock_until(&run, s + 7, s + 10);
    }
    assert_int_equal(run.raised, 1);
    assert_int_equal(run.recovered, 0);
    clock_until(&run, 60, 70);
    assert_int_equal(run.recovered, 1);
    assert_true(run.recovered_s >= 62 && run.recovered_s <= 63);
}

/* One trouble follows on another: together they are long enough. */
static void test_troubles_that_join(void **state) {
    (void)state;
    struct run run;
    open_run(&run, &line_lost_class);
    say(&run, 0, EVENT_OFFSCALE, EVENT_BEGAN);
    clock_until(&run, 0, 3);
    say(&run, 3, EVENT_GAP, EVENT_BEGAN);
    say(&run, 3, EVENT_OFFSCALE, EVENT_ENDED);
    clock_until(&run, 3, 6);
    assert_int_equal(run.raised, 1);
}

static void test_a_flush_or_zero_is_no_lost_line(void **state) {
    (void)state;
    static const uint32_t kinds[] = {EVENT_FLUSHED, EVENT_ZEROING, EVENT_LEARNING, EVENT_WEDGE,
                                     EVENT_MOTION,  EVENT_DAMPED,  EVENT_NO_PULSE};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct run run;
        open_run(&run, &line_lost_class);
        say(&run, 0, kinds[i], EVENT_BEGAN);
        clock_until(&run, 0, 60);
        assert_int_equal(run.raised, 0);
    }
}

static void beats(struct run *run, int from_s, int to_s, double mean_mmhg) {
    for (int s = from_s; s < to_s; s++)
        value(run, s, EVENT_BEAT, mean_mmhg);
}

static void test_a_lost_pulse(void **state) {
    (void)state;
    struct run run;
    open_run(&run, &pulse_lost_class);
    beats(&run, 1, 60, 90);
    say(&run, 61, EVENT_NO_PULSE, EVENT_BEGAN); /* the last beat ended at 59 s */
    for (int s = 61; s < 70; s++) {
        value(&run, s, EVENT_READING, 30);
        clock_until(&run, s, s + 1);
    }
    assert_int_equal(run.raised, 1);
    assert_true(run.raised_s >= 63 && run.raised_s <= 63.5); /* 4 s after it */
    assert_float_equal(run.last.from_value, 90, 1);
    assert_float_equal(run.last.to_value, 30, 1e-9);
    say(&run, 70, EVENT_NO_PULSE, EVENT_ENDED);
    beats(&run, 70, 72, 80);
    assert_int_equal(run.recovered, 0); /* two beats are no circulation */
    beats(&run, 72, 76, 80);
    assert_int_equal(run.recovered, 1);
}

/* The waveform is gone and the mean stays: the line, not the patient. */
static void test_a_mean_that_stays_is_no_lost_pulse(void **state) {
    (void)state;
    struct run run;
    open_run(&run, &pulse_lost_class);
    beats(&run, 1, 60, 90);
    say(&run, 61, EVENT_NO_PULSE, EVENT_BEGAN);
    for (int s = 61; s < 90; s++) {
        value(&run, s, EVENT_READING, 84);
        clock_until(&run, s, s + 1);
    }
    assert_int_equal(run.raised, 0);
    value(&run, 90, EVENT_READING, 50); /* until it falls */
    clock_until(&run, 90, 91);
    assert_int_equal(run.raised, 1);
}

/* Behind a zeroing the time counts from its end, not from the last beat before it. */
static void test_no_pulse_behind_an_artefact(void **state) {
    (void)state;
    struct run run;
    open_run(&run, &pulse_lost_class);
    beats(&run, 1, 30, 90);
    say(&run, 30, EVENT_ZEROING, EVENT_BEGAN);
    say(&run, 50, EVENT_ZEROING, EVENT_ENDED);
    say(&run, 51, EVENT_NO_PULSE, EVENT_BEGAN);
    for (int s = 51; s < 60; s++) {
        value(&run, s, EVENT_READING, 20);
        clock_until(&run, s, s + 1);
    }
    assert_int_equal(run.raised, 1);
    assert_true(run.raised_s >= 54 && run.raised_s <= 54.5);
}

/* Behind a closed stopcock, a mean at two thirds and no pulse: the line. It is said once, with what
 * spoke against the finding, and the collapse that follows is still found. */
static void test_a_loss_behind_line_trouble_is_held_back(void **state) {
    (void)state;
    struct run run;
    open_run(&run, &pulse_lost_class);
    beats(&run, 1, 30, 90);
    say(&run, 30, EVENT_STOPCOCK, EVENT_BEGAN);
    say(&run, 40, EVENT_STOPCOCK, EVENT_ENDED);
    beats(&run, 40, 44, 85); /* too few to trust the line again */
    say(&run, 45, EVENT_NO_PULSE, EVENT_BEGAN);
    for (int s = 45; s < 60; s++) {
        value(&run, s, EVENT_READING, 58);
        clock_until(&run, s, s + 1);
    }
    assert_int_equal(run.raised, 0);
    assert_int_equal(run.held, 1);
    assert_float_equal(run.last.from_value, EVENT_PULSE_LOST, 0);
    assert_float_equal(run.last.to_value, EVENT_STOPCOCK, 0);
    value(&run, 60, EVENT_READING, 25);
    clock_until(&run, 60, 61);
    assert_int_equal(run.raised, 1);
}

/* After a sound run of pulses the line is trusted again: found at once. */
static void test_a_loss_on_a_sound_line_is_not_held_back(void **state) {
    (void)state;
    struct run run;
    open_run(&run, &pulse_lost_class);
    say(&run, 1, EVENT_FLUSHED, EVENT_BEGAN);
    say(&run, 4, EVENT_FLUSHED, EVENT_ENDED);
    beats(&run, 5, 30, 90);
    say(&run, 31, EVENT_NO_PULSE, EVENT_BEGAN);
    value(&run, 32, EVENT_READING, 58);
    clock_until(&run, 32, 36);
    assert_int_equal(run.held, 0);
    assert_int_equal(run.raised, 1);
    assert_true(run.raised_s <= 36);
}

/* Of a finding that waits for a state: which one, for how long (rules.h), and where. */
static const struct {
    const struct detector_class *detector;
    uint32_t state, kind, site;
    double stays_s;
} waiting[] = {
    {&guide_damped_class, EVENT_DAMPED, EVENT_GUIDE_DAMPED, SITE_PAO, 2},
    {&wrong_label_class, EVENT_WRONG_SITE, EVENT_WRONG_LABEL, SITE_PA, 5},
    {&whipping_class, EVENT_MOTION, EVENT_WHIPPING, SITE_PA, 15},
    {&damped_line_class, EVENT_DAMPED, EVENT_DAMPED_LINE, SITE_AO, 10},
};
enum { WAITING = sizeof waiting / sizeof waiting[0] };

/* The state stands from 10 s on for so long; then the clock runs on for two minutes. */
static struct run stands(int row, uint32_t state, double for_s) {
    struct run run;
    open_run(&run, waiting[row].detector);
    say_at(&run, waiting[row].site, 10, state, EVENT_BEGAN);
    clock_until(&run, 10, 10 + for_s);
    say_at(&run, waiting[row].site, 10 + for_s, state, EVENT_ENDED);
    clock_until(&run, 10 + for_s, 130 + for_s);
    return run;
}

/* Found when it has stood so long and not before, once, with the time since when; over when it has
 * been away twice as long. */
static void test_a_state_that_stays_is_found(void **state) {
    (void)state;
    for (int i = 0; i < WAITING; i++) {
        double stays_s = waiting[i].stays_s;
        struct run shorter = stands(i, waiting[i].state, stays_s - 0.6);
        struct run longer = stands(i, waiting[i].state, stays_s + 1);
        assert_int_equal(shorter.raised + shorter.recovered, 0);
        assert_int_equal(longer.raised, 1);
        assert_int_equal(longer.recovered, 1);
        assert_int_equal(longer.last.kind, waiting[i].kind);
        assert_int_equal(longer.last.site, waiting[i].site);
        assert_int_equal(longer.last.from_tick, 10 * HZ);
        assert_true(longer.raised_s >= 10 + stays_s && longer.raised_s <= 10.5 + stays_s);
        double over_s = 11 + stays_s + 2 * stays_s;
        assert_true(longer.recovered_s >= over_s && longer.recovered_s <= over_s + 1);
    }
}

/* Another state, however long, is not what it waits for. */
static void test_other_states_are_left_alone(void **state) {
    (void)state;
    for (int i = 0; i < WAITING; i++)
        for (uint32_t kind = EVENT_GAP; kind <= EVENT_WRONG_RATE; kind++) {
            if (kind == waiting[i].state)
                continue;
            struct run run = stands(i, kind, 100);
            assert_int_equal(run.raised + run.held, 0);
        }
}

/* On and off: half of the time is enough, one tenth is not, and it is said once. */
static void test_a_state_that_flickers_counts_by_its_share(void **state) {
    (void)state;
    for (int i = 0; i < WAITING; i++)
        for (int often = 0; often < 2; often++) {
            struct run run;
            open_run(&run, waiting[i].detector);
            double on_s = often ? 1 : 0.25;
            for (int s = 0; s < 240; s += 2) {
                say_at(&run, waiting[i].site, s, waiting[i].state, EVENT_BEGAN);
                clock_until(&run, s, s + on_s);
                say_at(&run, waiting[i].site, s + on_s, waiting[i].state, EVENT_ENDED);
                clock_until(&run, s + on_s, s + 2);
            }
            assert_int_equal(run.raised, often);
            assert_int_equal(run.recovered, 0);
        }
}

/* The rule decides, not the code: with twice the time none of them speaks at the usual one. */
static void test_the_rule_says_how_long(void **state) {
    (void)state;
    for (int i = 0; i < WAITING; i++) {
        struct run run;
        open_run(&run, waiting[i].detector);
        run.rules.guide_damped_s *= 2;
        run.rules.wrong_label_s *= 2;
        run.rules.whipping_s *= 2;
        run.rules.damped_line_s *= 2;
        say_at(&run, waiting[i].site, 10, waiting[i].state, EVENT_BEGAN);
        clock_until(&run, 10, 11 + waiting[i].stays_s);
        assert_int_equal(run.raised, 0);
        clock_until(&run, 11 + waiting[i].stays_s, 11 + 2 * waiting[i].stays_s);
        assert_int_equal(run.raised, 1);
    }
}

/* The trace under RV looks like PA. With its diastolic at the atrium's mean, as in tamponade, that
 * is held back, once; with a diastolic well above it, the label is wrong. */
static void test_a_ventricle_that_fills_like_the_atrium(void **state) {
    (void)state;
    for (int alike = 0; alike < 2; alike++) {
        struct run run;
        open_run(&run, &wrong_label_class);
        for (int s = 1; s < 40; s++) {
            struct event beat = {.kind = EVENT_BEAT, .site = s < 20 ? SITE_RA : SITE_RV};
            beat.tick = beat.from_tick = beat.to_tick = (uint64_t)s * HZ;
            event_add_value(&beat, QUANTITY_MEAN, s < 20 ? 17 : 21, 0);
            event_add_value(&beat, QUANTITY_DIASTOLIC, s < 20 ? 15 : alike ? 16.5 : 24, 0);
            push(&run, &beat, s);
        }
        struct event event = {.kind = EVENT_WRONG_SITE, .state = EVENT_BEGAN, .site = SITE_RV};
        event.tick = 40 * HZ;
        event.to_value = SITE_PA;
        push(&run, &event, 40);
        clock_until(&run, 40, 60);
        say_at(&run, SITE_RV, 60, EVENT_WRONG_SITE, EVENT_ENDED);
        clock_until(&run, 60, 90);
        assert_int_equal(run.held, alike);
        assert_int_equal(run.raised, !alike);
        assert_int_equal(run.recovered, !alike);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_loss_behind_line_trouble_is_held_back),
        cmocka_unit_test(test_a_loss_on_a_sound_line_is_not_held_back),
        cmocka_unit_test(test_a_lost_line),
        cmocka_unit_test(test_a_line_that_flickers_is_lost_once),
        cmocka_unit_test(test_troubles_that_join),
        cmocka_unit_test(test_a_flush_or_zero_is_no_lost_line),
        cmocka_unit_test(test_a_lost_pulse),
        cmocka_unit_test(test_a_mean_that_stays_is_no_lost_pulse),
        cmocka_unit_test(test_no_pulse_behind_an_artefact),
        cmocka_unit_test(test_a_state_that_stays_is_found),
        cmocka_unit_test(test_other_states_are_left_alone),
        cmocka_unit_test(test_a_state_that_flickers_counts_by_its_share),
        cmocka_unit_test(test_the_rule_says_how_long),
        cmocka_unit_test(test_a_ventricle_that_fills_like_the_atrium),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
