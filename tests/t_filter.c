/* The parts that channels are made of, each against an oracle. */
#include "dsp/averager.h"
#include "dsp/biquad.h"
#include "dsp/period.h"
#include "dsp/ranks.h"
#include "dsp/reference.h"
#include "dsp/respiration.h"
#include "dsp/smoother.h"
#include "dsp/waves.h"
#include "tests/pulses.h"
#include <complex.h>
#include <liquid/liquid.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static const double pi = 3.14159265358979;

static void near(double found, double want, double within) {
    if (!(fabs(found - want) <= within))
        fail_msg("%g (want %g within %g)", found, want, within);
}

static void averager_leaves_missing_out(void **state) {
    (void)state;
    struct averager a;
    float out = 0;
    averager_init(&a, 4);
    const float in[] = {1, 2, 3, 6, 4, NAN, NAN, 8, NAN, NAN, NAN, NAN};
    const float want[] = {3, 6};
    int n = 0;
    for (int i = 0; i < 12; i++) {
        if (!averager_push(&a, in[i], &out))
            continue;
        if (n < 2)
            near((double)out, (double)want[n], 0);
        n++;
    }
    assert_int_equal(n, 3);
    assert_true(isnan(out));
}

/* Gain of a section at a frequency, by pushing a sine through it. */
static double gain(const struct biquad_design *d, double hz, double rate_hz) {
    struct biquad q = {0};
    double squares = 0;
    int n = 0;
    for (int i = 0; i < (int)(8 * rate_hz); i++) {
        double y = (double)biquad_push(&q, d, (float)sin(2 * pi * hz * i / rate_hz));
        if (i < 4 * rate_hz)
            continue;
        squares += y * y;
        n++;
    }
    return sqrt(2 * squares / n);
}

static void butterworth_of_each_rate(void **state) {
    (void)state;
    for (double rate_hz = 100; rate_hz <= 375; rate_hz += 55) {
        struct biquad_design low, high;
        biquad_lowpass(&low, 12, (float)rate_hz);
        biquad_highpass(&high, 10, (float)rate_hz);
        near(gain(&low, 1, rate_hz), 1, 0.01);
        near(gain(&low, 12, rate_hz), sqrt(0.5), 0.02);
        near(gain(&high, 10, rate_hz), sqrt(0.5), 0.02);
        near(gain(&high, 40, rate_hz), 1, 0.03);
        assert_true(gain(&low, 45, rate_hz) < 0.08 && gain(&high, 1, rate_hz) < 0.02);
        struct biquad q;
        biquad_settle(&q, &low, 93);
        for (int i = 0; i < 100; i++)
            near((double)biquad_push(&q, &low, 93), 93, 0.01);
    }
}

/* Ours against liquid's own filter object, sample by sample. */
static void biquad_equals_liquid(void **state) {
    (void)state;
    struct biquad_design low;
    struct biquad q = {0};
    biquad_lowpass(&low, 12, 125);
    iirfilt_rrrf oracle = iirfilt_rrrf_create_prototype(
        LIQUID_IIRDES_BUTTER, LIQUID_IIRDES_LOWPASS, LIQUID_IIRDES_SOS, 2, 12.f / 125, 0, 1, 60);
    for (int i = 0; i < 2000; i++) {
        float x = (float)(100 * pulses_noise(i)), y;
        iirfilt_rrrf_execute(oracle, x, &y);
        near((double)biquad_push(&q, &low, x), (double)y, 1e-3);
    }
    iirfilt_rrrf_destroy(oracle);
}

static void smoother_is_exact_and_does_not_drift(void **state) {
    (void)state;
    static struct smoother s;
    memset(&s, 0, sizeof s);
    float period = 100;
    for (int i = 0; i < 400000; i++) {
        float x = (float)(80 + 50 * pulses_noise(i));
        if (i % 50000 == 49999)
            period = period > 150 ? 40 : period + 90; /* widths must follow, without a step */
        float y = smoother_push(&s, x, period);
        assert_true(y > 30 && y < 130);
    }
    for (int i = 0; i < 300; i++)
        near((double)smoother_push(&s, 77, period), 77, i < 200 ? 60 : 0.002);
    int width = (int)(0.14f * period), second = (int)(0.10f * period);
    near((double)smoother_delay(&s), 0.5 * (width - 1 + second - 1), 0);
}

static int by_size(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void ranks_equal_a_sort(void **state) {
    (void)state;
    static struct ranks r;
    float all[1000], ring[RANKS_MAX];
    ranks_init(&r, 63);
    for (int i = 0; i < 1000; i++) {
        all[i] = (float)lround(20 * pulses_noise(i)); /* many equal ones */
        ring[i % RANKS_MAX] = all[i];
        ranks_push(&r, ring, i % RANKS_MAX);
        int n = i < 62 ? i + 1 : 63;
        float sorted[63];
        memcpy(sorted, all + i + 1 - n, (size_t)n * sizeof(float));
        qsort(sorted, (size_t)n, sizeof(float), by_size);
        for (double share = 0; share <= 1; share += 0.05)
            near((double)ranks_at(&r, (float)share),
                 (double)sorted[(int)((float)share * (float)(n - 1) + 0.5f)], 0);
        int less = 0;
        while (less < n && sorted[less] < 3)
            less++;
        near((double)ranks_share_below(&r, 3), (double)less / n, 1e-6);
    }
}

static void reference_is_the_median_of_before(void **state) {
    (void)state;
    static struct reference r;
    const struct reference_levels start = {1, 2, 3, 4, 5, -6};
    reference_init(&r, &start);
    assert_false(r.valid);
    near((double)r.now.high, 2, 0);
    for (int i = 0; i < 100; i++) {
        struct features_window w = {.p5 = (float)i, .p95 = (float)(2 * i), .mean = 7};
        reference_push(&r, &w);
    }
    assert_true(r.valid);
    near((double)r.now.low, 76, 0); /* of 56 .. 95: the newest four do not count */
    near((double)r.now.mean, 7, 0);
    reference_keep(&r, 2);
    assert_false(r.valid);
    near((double)r.now.high, 2, 0);
}

static void period_of_each_rate(void **state) {
    (void)state;
    static struct period p;
    for (double rate_hz = 100; rate_hz < 190; rate_hz += 12.5)
        for (double period_s = 0.35; period_s < 1.6; period_s += 0.2) {
            period_init(&p, (float)rate_hz, false);
            for (int i = 0; i < (int)(30 * rate_hz); i++) {
                double t = i / rate_hz;
                period_push(&p, (float)(60 + 50 * pulses_artery(pulses_phase(t, period_s))));
            }
            near((double)p.period_s, period_s, 0.04 * period_s);
            assert_true(p.confidence > 0.7f);
        }
    period_init(&p, 125, false);
    for (int i = 0; i < 125 * 60; i++)
        period_push(&p, (float)(90 + 2 * pulses_noise(i)));
    assert_true(p.confidence < 0.5f);
}

static void spectrum_equals_the_sum(void **state) {
    (void)state;
    struct spectrum spectrum;
    float points[SPECTRUM_POINTS], power[SPECTRUM_BINS];
    assert_true(spectrum_init(&spectrum));
    for (int i = 0; i < SPECTRUM_POINTS; i++)
        points[i] = (float)(3 * pulses_noise(i) + 5 * sin(2 * pi * 9 * i / 128));
    spectrum_power(&spectrum, points, power);
    for (int k = 0; k < SPECTRUM_BINS; k++) {
        double re = 0, im = 0;
        for (int i = 0; i < SPECTRUM_POINTS; i++) {
            re += (double)points[i] * cos(2 * pi * k * i / 128);
            im -= (double)points[i] * sin(2 * pi * k * i / 128);
        }
        near((double)power[k], re * re + im * im, 1e-3 * (re * re + im * im) + 0.01);
    }
    spectrum_close(&spectrum);
}

/* Pressure over a breath of length 1: 0 at end-expiration. */
static double dip(double phase) { return -pulses_hump(phase, 0.2, 0.2); }
static double lift(double phase) { return pulses_hump(phase, 0.2, 0.2); }
static double even(double phase) { return sin(2 * pi * phase); }
static double none(double phase) { return 0 * phase; }

static const struct {
    const char *what;
    double (*breath)(double phase);
    double per_min, swing_mmhg, endexp_mmhg;
    enum breathing_kind kind;
} breaths[] = {
    {"spontaneous, slow", dip, 10, 8, 12, BREATHING_SPONTANEOUS},
    {"spontaneous", dip, 15, 6, 12, BREATHING_SPONTANEOUS},
    {"ventilated", lift, 14, 6, 12, BREATHING_VENTILATED},
    {"ventilated, fast", lift, 22, 4, 12, BREATHING_VENTILATED},
    {"even", even, 15, 3, 0, BREATHING_UNKNOWN},
    {"no breathing", none, 0, 0, 0, BREATHING_UNKNOWN},
};

/* Beats of 0.8 s that carry a breathing; returns how often something was said. */
static int breathe(size_t c, const struct spectrum *spectrum, struct breathing *out) {
    static struct respiration r;
    int said = 0;
    respiration_init(&r, 125);
    for (int beat = 0; beat < 100; beat++) {
        double t = 0.8 * beat, sum = 0;
        for (int i = 0; i < 100; i++) {
            double at = (t + 0.008 * i) * breaths[c].per_min / 60;
            sum += breaths[c].swing_mmhg * breaths[c].breath(at - floor(at));
        }
        struct respiration_beat b = {beat * 100, beat * 100 + 100, (float)(12 + sum / 100)};
        bool now = respiration_push(&r, spectrum, &b, out);
        assert_true(!now || beat >= 39);
        said += now;
    }
    return said;
}

static void breathing_is_found(void **state) {
    (void)state;
    struct spectrum spectrum;
    assert_true(spectrum_init(&spectrum));
    for (size_t c = 0; c < sizeof breaths / sizeof breaths[0]; c++) {
        struct breathing b = {0};
        int said = breathe(c, &spectrum, &b);
        if (breaths[c].per_min < 1) {
            assert_int_equal(said, 0);
            continue;
        }
        assert_true(said > 20);
        near((double)b.rate_per_min, breaths[c].per_min, 0.4);
        assert_int_equal(b.kind, breaths[c].kind);
        if (b.kind == BREATHING_UNKNOWN)
            assert_true(isnan(b.endexp_mmhg));
        else
            near((double)b.endexp_mmhg, breaths[c].endexp_mmhg, 0.15 * breaths[c].swing_mmhg);
        double mean = breaths[c].breath == even ? 0 : 0.2 * breaths[c].swing_mmhg;
        near((double)b.mean_mmhg, 12 + (breaths[c].breath == dip ? -mean : mean), 0.3);
        double breaths_s = (double)(b.to - b.from) / 125;
        near(breaths_s * b.rate_per_min / 60, round(breaths_s * b.rate_per_min / 60), 0.15);
    }
    spectrum_close(&spectrum);
}

/* A hole begins the series anew: nothing is said for another 32 s. */
static void no_breath_spans_a_gap(void **state) {
    (void)state;
    struct spectrum spectrum;
    static struct respiration r;
    struct breathing out;
    assert_true(spectrum_init(&spectrum));
    respiration_init(&r, 125);
    for (int beat = 0; beat < 180; beat++) {
        float mean = 12 + 3 * (float)sin(2 * pi * 0.25 * 0.8 * beat);
        struct respiration_beat b = {beat * 100, beat * 100 + 100, beat == 60 ? NAN : mean};
        if (beat == 110) /* a beat without values is not even sent */
            continue;
        bool now = respiration_push(&r, &spectrum, &b, &out);
        assert_false(now && (beat < 39 || (beat >= 60 && beat < 100)));
        assert_false(now && beat >= 110 && beat < 150);
        assert_true(!now || beat < 60 || out.from >= 6100);
        assert_true(!now || beat < 110 || out.from >= 11100);
    }
    spectrum_close(&spectrum);
}

/* Every second beat weak: half the heart rate is no breathing. */
static void alternans_is_no_breathing(void **state) {
    (void)state;
    struct spectrum spectrum;
    static struct respiration r;
    struct breathing out;
    assert_true(spectrum_init(&spectrum));
    respiration_init(&r, 125);
    for (int beat = 0; beat < 120; beat++) {
        struct respiration_beat b = {beat * 125, beat * 125 + 125, beat % 2 ? 12 : 16};
        assert_false(respiration_push(&r, &spectrum, &b, &out));
    }
    spectrum_close(&spectrum);
}

static void waves_are_told_apart_or_not_at_all(void **state) {
    (void)state;
    float trace[60];
    static const struct {
        double beat_s, a_at, v_at, a, v;
        int told; /* 1: a and v, 0: nothing */
    } cases[] = {
        {1.0, 0.10, 0.50, 8, 5, 1}, {1.0, 0.70, 0.10, 8, 5, 1},  {0.8, 0.10, 0.56, 4, 9, 1},
        {0.7, 0.10, 0.60, 6, 6, 0}, {1.0, 0.10, 0.50, 8, 0.3, 0}, {1.0, 0.10, 0.50, 0, 9, 0},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        for (int i = 0; i < 60; i++) {
            double x = i / 60., y = 10;
            for (int turn = -1; turn <= 1; turn++) {
                y += cases[c].a * pulses_hump(x, cases[c].a_at + turn, 0.12);
                y += cases[c].v * pulses_hump(x, cases[c].v_at + turn, 0.14);
            }
            trace[i] = (float)y;
        }
        struct waves w = waves_find(trace, 60, (float)(cases[c].beat_s / 60));
        if (!cases[c].told) {
            assert_true(isnan(w.a_mmhg) && isnan(w.v_mmhg));
            continue;
        }
        near((double)w.a_mmhg, 10 + cases[c].a, 0.2);
        near((double)w.v_mmhg, 10 + cases[c].v, 0.2);
    }
}

/* Equal waves half a beat apart: only an R wave can name them, and a beat without one has no names;
 * a wedge's stand later. */
static void an_r_wave_names_the_waves(void **state) {
    (void)state;
    float trace[60];
    for (int late = 0; late < 2; late++) {
        for (int i = 0; i < 60; i++) {
            double x = i / 60.;
            double first = pulses_hump(x, 0.25, 0.14), second = pulses_hump(x, 0.75, 0.14);
            trace[i] = (float)(10 + 6 * first + 5 * second);
        }
        float later_s = late ? 0.12f : 0;
        for (int first_is_a = 0; first_is_a < 2; first_is_a++) {
            int a_at = first_is_a ? 15 : 45, r = (a_at + 60 - (late ? 5 : -3)) % 60;
            struct waves w = waves_at_r(trace, 60, 0.8f / 60, r, later_s);
            near((double)w.a_mmhg, first_is_a ? 16 : 15, 0.1);
            near((double)w.v_mmhg, first_is_a ? 15 : 16, 0.1);
            assert_true(w.x_mmhg < w.v_mmhg && w.y_mmhg < w.v_mmhg);
        }
        struct waves none = waves_at_r(trace, 60, 0.8f / 60, -1, later_s);
        assert_true(isnan(none.a_mmhg) && isnan(none.v_mmhg));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(averager_leaves_missing_out),
        cmocka_unit_test(butterworth_of_each_rate),
        cmocka_unit_test(biquad_equals_liquid),
        cmocka_unit_test(smoother_is_exact_and_does_not_drift),
        cmocka_unit_test(ranks_equal_a_sort),
        cmocka_unit_test(reference_is_the_median_of_before),
        cmocka_unit_test(period_of_each_rate),
        cmocka_unit_test(spectrum_equals_the_sum),
        cmocka_unit_test(breathing_is_found),
        cmocka_unit_test(no_breath_spans_a_gap),
        cmocka_unit_test(alternans_is_no_breathing),
        cmocka_unit_test(waves_are_told_apart_or_not_at_all),
        cmocka_unit_test(an_r_wave_names_the_waves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
