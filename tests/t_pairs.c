/* Two pressures at once: gradients, lag, coronary indices against closed forms. */
#include "dsp/coronary.h"
#include "dsp/gradient.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { COUNT = 500 };
static const double rate_hz = 500, pi = 3.14159265358979323846;
#define CLOSE(got, want, within) assert_true(fabs((got) - (want)) <= (within))

/* Upstream - downstream is a sine of 0.31 s above zero, 40 mmHg below it elsewhere. */
static void valve(float *up, float *down, double peak_mmhg) {
    for (int i = 0; i < COUNT; i++) {
        double t = i / rate_hz, in = (t - 0.1003) / 0.31;
        down[i] = (float)(80 + 30 * sin(2 * pi * t));
        double difference = in > 0 && in < 1 ? peak_mmhg * sin(pi * in) : -1;
        up[i] = (float)((double)down[i] + difference);
    }
}

static void a_gradient_of_known_area(void **state) {
    (void)state;
    static float up[COUNT], down[COUNT];
    struct gradient_pair pair = {up, down, COUNT, rate_hz};
    for (double peak = 10; peak <= 100; peak += 30) {
        struct gradient g;
        valve(up, down, peak);
        assert_int_equal(gradient_find(&pair, &g), HEMO_OK);
        double half = pi * 0.02 / 0.31 / 2; /* mean of the sine over the 20 ms about its top */
        CLOSE(g.peak_mmhg, peak * sin(half) / half, 0.0005 * peak);
        CLOSE(g.mean_mmhg, 2 * peak / pi, 0.5);
        CLOSE(g.period_s, 0.31, 0.003);
    }
}

static void no_gradient_is_an_error(void **state) {
    (void)state;
    static float up[COUNT], down[COUNT];
    struct gradient_pair pair = {up, down, COUNT, rate_hz};
    struct gradient g;
    valve(up, down, -1);
    assert_int_equal(gradient_find(&pair, &g), HEMO_BAD_NUMBER);
    valve(up, down, 40);
    up[77] = NAN;
    assert_int_equal(gradient_find(&pair, &g), HEMO_BAD_NUMBER);
}

static double pulse(double t) {
    return t < 0.3 ? 80 + 40 * sin(pi * t / 0.36) : 100 - 28.6 * (t - 0.3);
}

static void a_lag_is_found(void **state) {
    (void)state;
    static float up[COUNT], down[COUNT];
    for (int lag = -20; lag <= 20; lag += 5) {
        for (int i = 0; i < COUNT; i++) {
            up[i] = (float)pulse(fmod(i / rate_hz + 1, 1));
            down[i] = (float)(0.7 * pulse(fmod((i - lag) / rate_hz + 1, 1)));
        }
        struct gradient_pair pair = {up, down, COUNT, rate_hz};
        assert_int_equal(gradient_lag(&pair, 30), lag);
    }
}

/* Pa falls steeply at 0.36 s; Pd is 0.9 of it before, and in diastole 0.9 - 0.2 x share of it. */
static void beat(float *pa, float *pd, double diastolic_ratio) {
    for (int i = 0; i < COUNT; i++) {
        double t = i / rate_hz;
        double notch = 6 / (1 + exp((t - 0.36) * 200));
        pa[i] = (float)(80 + notch + (t < 0.36 ? 30 * sin(pi * t / 0.36) : 0));
        pd[i] = (float)((double)pa[i] * (t < 0.37 ? 0.9 : diastolic_ratio));
    }
}

static void the_indices_of_a_beat(void **state) {
    (void)state;
    static float pa[COUNT], pd[COUNT];
    struct coronary_beat b = {pa, pd, COUNT, rate_hz};
    struct coronary_ratios r;
    for (int tenths = 5; tenths < 9; tenths++) {
        double in = tenths / 10.0;
        beat(pa, pd, in);
        assert_int_equal(coronary_read(&b, &r), HEMO_OK);
        CLOSE(r.wave_free, in, 1e-6);
        CLOSE(r.lowest, in, 1e-6);
        CLOSE(r.diastole, in, 0.03);
        assert_true(r.whole > in && r.whole < 0.9);
        CLOSE(r.whole, r.pd_mmhg / r.pa_mmhg, 1e-12);
    }
    pd[3] = NAN;
    assert_int_equal(coronary_read(&b, &r), HEMO_BAD_NUMBER);
}

static void ffr_is_the_least_steady_five(void **state) {
    (void)state;
    struct coronary_ratios list[40];
    struct coronary_ffr ffr = {NAN, 0};
    for (int i = 0; i < 40; i++) {
        double ratio = i < 15 ? 0.92 : 0.78;
        list[i] = (struct coronary_ratios){.pa_mmhg = 90, .pd_mmhg = 90 * ratio, .whole = ratio};
    }
    assert_int_equal(coronary_ffr(list, 40, &ffr), HEMO_OK);
    CLOSE(ffr.value, 0.78, 1e-12);
    assert_true(ffr.first >= 15);
    list[20].pd_mmhg = 45; /* one beat alone moves it by a fifth, never to its own 0.5 */
    list[20].whole = 0.5;
    assert_int_equal(coronary_ffr(list, 40, &ffr), HEMO_OK);
    CLOSE(ffr.value, (4 * 0.78 + 0.5) / 5, 1e-12);
    for (int i = 0; i < 40; i++) /* Pa unsteady throughout */
        list[i].pa_mmhg = i % 2 ? 70 : 110;
    assert_int_equal(coronary_ffr(list, 40, &ffr), HEMO_NOT_FOUND);
    assert_int_equal(coronary_ffr(list, 4, &ffr), HEMO_NOT_FOUND);
}

static void equalisation(void **state) {
    (void)state;
    struct coronary_ratios list[5];
    double offset = NAN;
    for (int i = 0; i < 5; i++)
        list[i] = (struct coronary_ratios){.pa_mmhg = 90, .pd_mmhg = 83 + i};
    assert_int_equal(coronary_equalise(list, 5, &offset), HEMO_OK);
    CLOSE(offset, 5, 1e-12);
    assert_int_equal(coronary_equalise(list, 4, &offset), HEMO_BAD_NUMBER);
    list[0].pd_mmhg = 0;
    assert_int_equal(coronary_equalise(list, 5, &offset), HEMO_BAD_NUMBER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gradient_of_known_area),
        cmocka_unit_test(no_gradient_is_an_error),
        cmocka_unit_test(a_lag_is_found),
        cmocka_unit_test(the_indices_of_a_beat),
        cmocka_unit_test(ffr_is_the_least_steady_five),
        cmocka_unit_test(equalisation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
