/* The response of a line to a fast flush, against second-order lines that are known exactly: alone,
 * through a channel, cut off at a rail, and where it must not be read. */
#include "dsp/channel.h"
#include "dsp/flush.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const double step_s = 1.0 / 20000, bag_mmhg = 300;

struct tube {
    double hz, damping;  /* of the line */
    double mmhg, slope;  /* state */
};

static double pulse_mmhg(double t_s) {
    double share = fmod(t_s, 0.8) / 0.8;
    return 70 + 50 * (share < 0.15 ? sin(share / 0.15 * 1.5708) : exp(-2.2 * (share - 0.15)));
}

static double flow(struct tube *t, double source_mmhg) {
    double w = 2 * acos(-1) * t->hz;
    t->slope += step_s * (w * w * (source_mmhg - t->mmhg) - 2 * t->damping * w * t->slope);
    t->mmhg += step_s * t->slope;
    return t->mmhg;
}

static double noise(uint32_t *seed) {
    *seed = *seed * 1664525u + 1013904223u;
    return ((double)(*seed >> 8) / (1 << 24) - 0.5) * 0.4;
}

struct setting {
    double hz, damping, release_s, rate_hz, rail_mmhg;
};

/* From the last sample of the plateau on. */
static int play(const struct setting *s, float out[FLUSH_SAMPLES_MAX]) {
    struct tube tube = {s->hz, s->damping, bag_mmhg, 0};
    int count = 0, most = (int)(0.4 * s->rate_hz);
    uint32_t seed = 1;
    double next_s = 0, before = bag_mmhg;
    for (double t = s->release_s - 0.3; count < most; t += step_s) {
        double line = flow(&tube, t < s->release_s ? bag_mmhg : pulse_mmhg(t));
        if (t < next_s)
            continue;
        next_s = t + 1 / s->rate_hz;
        double seen = fmin(s->rail_mmhg, line + noise(&seed));
        if (count == 0 && seen < fmin(s->rail_mmhg, bag_mmhg) - 2)
            out[count++] = (float)before;
        if (count > 0)
            out[count++] = (float)seen;
        before = seen;
    }
    return count;
}

struct seen {
    int read, refused, close;
    double worst_hz, worst_damping;
};

static void try_one(const struct setting *s, struct seen *seen) {
    float trace[FLUSH_SAMPLES_MAX];
    struct flush_found found;
    int count = play(s, trace);
    if (flush_read(&(struct flush_trace){trace, count, s->rate_hz, s->rail_mmhg < bag_mmhg},
                   &found) != HEMO_OK) {
        seen->refused++;
        return;
    }
    double error = fabs(found.natural_hz / s->hz - 1);
    seen->read++;
    seen->close += error <= 0.03;
    seen->worst_hz = fmax(seen->worst_hz, error);
    seen->worst_damping = fmax(seen->worst_damping, fabs(found.damping - s->damping));
}

static struct seen try_all(double damping_most, double rate_hz, double release_s) {
    struct seen seen = {0};
    for (double hz = 8; hz <= 45; hz += 3.7)
        for (double damping = 0.1; damping <= damping_most + 0.001; damping += 0.1) {
            struct setting s = {hz, damping, release_s, rate_hz, 1000};
            if (hz < 0.35 * rate_hz)
                try_one(&s, &seen);
        }
    print_message("%.0f Hz, zeta to %.1f, released at %.2f s: %d read, %d refused, %d within 3 %%, "
                  "worst %.1f %% and zeta %.3f\n",
                  rate_hz, damping_most, release_s, seen.read, seen.refused, seen.close,
                  100 * seen.worst_hz, seen.worst_damping);
    return seen;
}

/* Released while the pressure runs off. */
static void test_in_the_run_off(void **state) {
    (void)state;
    struct seen seen = try_all(0.7, 250, 5.05);
    assert_true(seen.close >= 0.97 * (seen.read + seen.refused));
    seen = try_all(1.5, 250, 5.05); /* the more damped, the less the trace says of fn alone */
    assert_true(seen.close >= 0.95 * seen.read);
    assert_true(seen.refused <= 0.1 * (seen.read + seen.refused));
}

/* Released before an upstroke: what is not sure is refused, and little is far off. */
static void test_beneath_an_upstroke(void **state) {
    (void)state;
    struct seen seen = try_all(0.7, 250, 5.55);
    assert_true(seen.close >= 0.85 * seen.read);
    assert_true(seen.worst_hz < 0.1);
}

static void test_at_a_slow_rate(void **state) {
    (void)state;
    struct seen seen = try_all(0.7, 125, 5.05);
    assert_true(seen.close >= 0.85 * seen.read);
}

/* The converter ends at 180 mmHg: the release itself is not seen. */
static void test_cut_off(void **state) {
    (void)state;
    struct seen seen = {0};
    for (double hz = 8; hz <= 40; hz += 4)
        try_one(&(struct setting){hz, 0.25, 5.05, 250, 180}, &seen);
    print_message("cut off at 180: %d read, %d within 3 %%\n", seen.read, seen.close);
    assert_true(seen.close >= 7);
}

static void test_what_is_no_response(void **state) {
    (void)state;
    float trace[100];
    struct flush_found found;
    uint32_t seed = 7;
    struct flush_trace flush = {trace, 100, 250, false};
    for (int i = 0; i < 100; i++) /* two seconds' worth of nothing but a pulse */
        trace[i] = (float)(pulse_mmhg(5 + i / 250.0) + noise(&seed));
    assert_int_equal(flush_read(&flush, &found), HEMO_BAD_NUMBER);
    for (int i = 0; i < 100; i++)
        trace[i] = (float)(300 - i + noise(&seed)); /* a ramp */
    assert_int_equal(flush_read(&flush, &found), HEMO_BAD_NUMBER);
    for (int i = 0; i < 100; i++)
        trace[i] = i < 2 ? 300 : 80; /* faster than any tube */
    assert_int_equal(flush_read(&flush, &found), HEMO_BAD_NUMBER);
    trace[50] = NAN;
    assert_int_equal(flush_read(&flush, &found), HEMO_BAD_NUMBER);
    flush.count = 20;
    assert_int_equal(flush_read(&flush, &found), HEMO_BAD_NUMBER);
}

static void test_grades(void **state) {
    (void)state;
    assert_int_equal(flush_grade(&(struct flush_found){40, 0.6, 0, 1}, 75), FLUSH_ADEQUATE);
    assert_int_equal(flush_grade(&(struct flush_found){12, 0.15, 0, 1}, 75), FLUSH_UNDERDAMPED);
    assert_int_equal(flush_grade(&(struct flush_found){8, 1.4, 0, 1}, 75), FLUSH_OVERDAMPED);
    /* The same line can carry a slow pulse and not a fast one. */
    assert_int_equal(flush_grade(&(struct flush_found){25, 0.2, 0, 1}, 50), FLUSH_ADEQUATE);
    assert_int_equal(flush_grade(&(struct flush_found){25, 0.2, 0, 1}, 120), FLUSH_UNDERDAMPED);
    assert_true(fabs(flush_gain(&(struct flush_found){10, 0.5, 0, 1}, 10) - 1) < 1e-12);
}

/* A channel reads each flush once, and none where there was none. */
static void test_through_a_channel(void **state) {
    (void)state;
    static struct channel channel;
    struct channel_item items[CHANNEL_ITEMS_MAX];
    struct tube tube = {18, 0.3, 80, 0};
    struct channel_config config = {250, SITE_ART, false};
    assert_int_equal(channel_init(&channel, &config), HEMO_OK);
    int flushes = 0, sample = 0, read_by = (int)(0.4 * 250 + 1000 / FLUSH_FITS);
    for (int64_t k = 0; k < 60 * 20000; k++) {
        double t = (double)k * step_s;
        bool flushed = (t > 30 && t < 31.45) || (t > 45 && t < 46.65);
        double line = flow(&tube, flushed ? bag_mmhg : pulse_mmhg(t));
        if (k % 80 != 0)
            continue;
        int n = channel_push(&channel, (float)line, items);
        for (int i = 0; i < n; i++)
            if (items[i].kind == CHANNEL_FLUSH) {
                flushes++;
                assert_true(fabs(items[i].response.natural_hz - 18) < 0.03 * 18);
                assert_true(fabs(items[i].response.damping - 0.3) < 0.03);
                double end_s = flushes == 1 ? 31.45 : 46.65;
                assert_true(fabs((double)items[i].at / 250 - end_s) < 0.02);
                /* So many fits cannot have been the work of one sample. */
                assert_true(sample - items[i].at >= read_by);
            }
        sample++;
    }
    assert_int_equal(sample, 60 * 250);
    assert_int_equal(flushes, 2);
}

static int steps_of(const struct flush_trace *flush, int fits, struct flush_found *found) {
    struct flush_search search;
    int steps = 1;
    assert_int_equal(flush_begin(&search, flush), HEMO_OK);
    while (!flush_step(&search, flush, fits))
        steps++;
    assert_int_equal(flush_end(&search, flush, found), HEMO_OK);
    return steps;
}

/* The search goes in steps of at most FLUSH_FITS fits, and finds the same to the bit. */
static void test_in_steps(void **state) {
    (void)state;
    float trace[FLUSH_SAMPLES_MAX];
    for (double hz = 10; hz <= 40; hz += 10) {
        struct setting s = {hz, 0.3, 5.05, 250, 1000};
        struct flush_trace flush = {trace, play(&s, trace), 250, false};
        struct flush_found whole, single, some;
        assert_int_equal(flush_read(&flush, &whole), HEMO_OK);
        int fits = steps_of(&flush, 1, &single), steps = steps_of(&flush, FLUSH_FITS, &some);
        print_message("%.0f Hz: %d fits in %d steps\n", hz, fits, steps);
        assert_int_equal(steps, (fits + FLUSH_FITS - 1) / FLUSH_FITS);
        assert_true(fits > 1000 && steps <= FLUSH_STEPS_MAX);
        assert_memory_equal(&whole, &single, sizeof whole);
        assert_memory_equal(&whole, &some, sizeof whole);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_steps),
        cmocka_unit_test(test_in_the_run_off),   cmocka_unit_test(test_beneath_an_upstroke),
        cmocka_unit_test(test_at_a_slow_rate),   cmocka_unit_test(test_cut_off),
        cmocka_unit_test(test_what_is_no_response), cmocka_unit_test(test_grades),
        cmocka_unit_test(test_through_a_channel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
