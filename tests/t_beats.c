/* Every pulse once, at every rate, and none where there is none. */
#include "dsp/finder.h"
#include "tests/pulses.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdint.h>

enum { FOUND_MAX = 1024 };
struct found { int count; double at_s[FOUND_MAX], said_s[FOUND_MAX]; };

typedef double wave_fn(double t_s);

static void find(wave_fn *wave, double rate_hz, double seconds, float least_mmhg,
                 struct found *out) {
    static struct finder finder;
    finder_init(&finder, (float)rate_hz, least_mmhg, false);
    out->count = 0;
    for (long i = 0; i < lround(seconds * rate_hz); i++) {
        finder_push(&finder, (float)wave((double)i / rate_hz));
        struct pulse pulse;
        while (finder_next(&finder, &pulse)) {
            assert_true(out->count < FOUND_MAX);
            out->at_s[out->count] = pulse.at / rate_hz;
            out->said_s[out->count++] = (double)i / rate_hz;
        }
    }
}

static double steady_40(double t) { return 60 + 50 * pulses_artery(pulses_phase(t, 1.5)); }
static double steady_75(double t) { return 60 + 50 * pulses_artery(pulses_phase(t, 0.8)); }
static double steady_200(double t) { return 60 + 30 * pulses_artery(pulses_phase(t, 0.3)); }
static double low_pulmonary(double t) { return 8 + 6 * pulses_artery(pulses_phase(t, 0.8)); }

/* A dicrotic wave of half the pulse: what crude detectors count twice. */
static double large_dicrotic(double t) {
    double phase = pulses_phase(t, 1.0);
    return steady_75(0) + 50 * pulses_artery(phase) + 22 * pulses_hump(phase, 0.55, 0.12);
}

/* Every second pulse is weak (alternans): both are pulses. */
static double alternans(double t) {
    double height = fmod(t, 1.4) < 0.7 ? 50 : 34;
    return 60 + height * pulses_artery(pulses_phase(t, 0.7));
}

static double breathing(double t) {
    return 15 + 8 * sin(2 * 3.14159265 * t / 4) + 12 * pulses_artery(pulses_phase(t, 0.75));
}

static double ringing(double t) {
    double phase = pulses_phase(t, 0.8);
    double ring = phase < 0.5 ? 6 * sin(2 * 3.14159265 * 9 * phase * 0.8) * exp(-phase * 4) : 0;
    return 20 + 20 * pulses_artery(phase) + ring;
}

static double noisy(double t) { return steady_75(t) + pulses_noise(lround(t * 125)); }
static double nothing(double t) { return 17 + 1.5 * sin(2 * 3.14159265 * 5 * t); }

static const struct {
    const char *what;
    wave_fn *wave;
    double period_s;
    float least_mmhg;
} cases[] = {
    {"slow", steady_40, 1.5, 4},
    {"usual", steady_75, 0.8, 4},
    {"fast", steady_200, 0.3, 4},
    {"low pulmonary pulse", low_pulmonary, 0.8, 1.5f},
    {"large dicrotic wave", large_dicrotic, 1.0, 4},
    {"alternans", alternans, 0.7, 4},
    {"breathing as large as the pulse", breathing, 0.75, 1.5f},
    {"ringing line", ringing, 0.8, 1.5f},
    {"noise", noisy, 0.8, 4},
};

/* From 6 s on the period is known; before, one pulse more or less is no fault. */
static int wrong_interval(const struct found *found, double period_s) {
    for (int i = 1; i < found->count; i++) {
        double interval_s = found->at_s[i] - found->at_s[i - 1];
        if (found->at_s[i - 1] > 6 && fabs(interval_s - period_s) > 0.06)
            return i;
    }
    return 0;
}

static void every_pulse_once(void **state) {
    (void)state;
    static struct found found;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++)
        for (double rate_hz = 100; rate_hz < 190; rate_hz += 25) {
            find(cases[c].wave, rate_hz, 60, cases[c].least_mmhg, &found);
            int wrong = wrong_interval(&found, cases[c].period_s);
            if (wrong)
                fail_msg("%s at %g Hz: wrong interval before %g s", cases[c].what, rate_hz,
                         found.at_s[wrong]);
            assert_true(found.count > 50 / cases[c].period_s);
        }
}

static void said_before_the_next_upstroke(void **state) {
    (void)state;
    static struct found found;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        find(cases[c].wave, 125, 60, cases[c].least_mmhg, &found);
        for (int i = 0; i < found.count; i++)
            if (found.at_s[i] > 10)
                assert_true(found.said_s[i] - found.at_s[i] < cases[c].period_s + 0.25);
    }
}

static void none_in_a_collapse(void **state) {
    (void)state;
    static struct found found;
    find(nothing, 125, 60, 4, &found);
    assert_int_equal(found.count, 0);
}

/* A pause is left open, however long, and the first pulse after it is found. */
static double paused(double t) { return t > 20 && t < 24 ? 60 : steady_75(t); }
static double paused_long(double t) { return t > 20 && t < 45.6 ? 60 : steady_75(t); }

static int between(const struct found *found, double from_s, double to_s) {
    int n = 0;
    for (int i = 0; i < found->count; i++)
        n += found->at_s[i] >= from_s && found->at_s[i] < to_s;
    return n;
}

static void pauses_stay_open(void **state) {
    (void)state;
    static struct found found;
    find(paused, 125, 60, 4, &found);
    assert_int_equal(between(&found, 20.1, 23.99), 0);
    assert_int_equal(between(&found, 24, 40), 20);
    find(paused_long, 125, 60, 4, &found);
    assert_int_equal(between(&found, 20.1, 45.5), 0);
    assert_true(between(&found, 45.6, 58) >= 14);
}

/* A premature pulse of half the usual height is one. */
static double premature(double t) {
    if (t >= 24.5 && t < 25.6)
        return 60 + 25 * pulses_artery((t - 24.5) / 1.1);
    return steady_75(t);
}

static void premature_pulse_is_found(void **state) {
    (void)state;
    static struct found found;
    find(premature, 125, 60, 4, &found);
    assert_int_equal(between(&found, 24.5, 24.8), 1);
}

/* A flush fills the memory of amplitudes for 10.5 s at most. */
static double flushed(double t) { return t > 20 && t < 22 ? 290 : steady_75(t); }

static void a_flush_does_not_lock_out(void **state) {
    (void)state;
    static struct found found;
    find(flushed, 125, 60, 4, &found);
    assert_int_equal(between(&found, 35, 55), 25);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pulse_once),
        cmocka_unit_test(said_before_the_next_upstroke),
        cmocka_unit_test(none_in_a_collapse),
        cmocka_unit_test(pauses_stay_open),
        cmocka_unit_test(premature_pulse_is_found),
        cmocka_unit_test(a_flush_does_not_lock_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
