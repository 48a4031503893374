#include "dsp/ventricle.h"
#include <math.h>
#include <stdbool.h>

enum { TAU_SAMPLES_LEAST = 6 };
static const double rate_least_hz = 250, reach_s = 0.008;
static const double a_reach_s = 0.02, a_window_s = 0.2, a_window_share = 0.35;
static const double a_rise_mmhg = 2, a_steeper = 2, upstroke_share = 0.25, z_window_s = 0.06;
static const double edp_share = 0.1, tau_above_edp_mmhg = 5, explained_least = 0.9;

static int reach(const struct ventricle_beat *b) {
    return (int)(reach_s * b->rate_hz + 0.5);
}

static double slope_over(const struct ventricle_beat *b, int i, int n) {
    return ((double)b->mmhg[i + n] - (double)b->mmhg[i - n]) * b->rate_hz / (2 * n);
}

static double slope(const struct ventricle_beat *b, int i) {
    return slope_over(b, i, reach(b));
}

/* Where slopes of the beat itself begin. */
static int beginning(const struct ventricle_beat *b) {
    return b->lead > reach(b) ? b->lead : reach(b);
}

static bool whole(const struct ventricle_beat *b) {
    for (int i = beginning(b) - reach(b); i < b->count; i++)
        if (!isfinite(b->mmhg[i]))
            return false;
    return b->rate_hz >= rate_least_hz && b->count - b->lead > 8 * reach(b) &&
           b->r_at < b->count - 1;
}

/* The steepest rise (sign 1) or fall (-1) from `from` on. */
static int steepest(const struct ventricle_beat *b, int from, double sign) {
    int best = from;
    for (int i = from; i < b->count - reach(b); i++)
        if (sign * slope(b, i) > sign * slope(b, best))
            best = i;
    return best;
}

static void fit_tau(const struct ventricle_beat *b, struct ventricle_found *f) {
    double n = 0, p = 0, pp = 0, d = 0, dd = 0, pd = 0;
    for (int i = f->min_at; i < b->count - reach(b); i++) {
        double x = (double)b->mmhg[i], y = slope(b, i);
        if (x < f->edp_mmhg + tau_above_edp_mmhg || y >= 0)
            break;
        n += 1;
        p += x;
        pp += x * x;
        d += y;
        dd += y * y;
        pd += x * y;
    }
    double vx = n * pp - p * p, vy = n * dd - d * d, both = n * pd - p * d;
    if (n < TAU_SAMPLES_LEAST || !(vx > 0 && vy > 0) || both >= 0 ||
        both * both < explained_least * vx * vy)
        return;
    f->tau_s = -vx / both;
    f->asymptote_mmhg = (p + f->tau_s * d) / n;
}

static double about(const struct ventricle_beat *b, int i) {
    return ((double)b->mmhg[i - 1] + (double)b->mmhg[i] + (double)b->mmhg[i + 1]) / 3;
}

/* The z point: the flattest place of the 60 ms before the upstroke is a quarter as steep as it
 * gets. Where that falls, where the fall ends. */
static int flattest(const struct ventricle_beat *b, const struct ventricle_found *f, int n) {
    int rising = f->max_at, last = b->lead + n;
    while (rising > last && slope_over(b, rising, n) >= upstroke_share * f->dpdt_max)
        rising--;
    int flat = rising, from = rising - (int)(z_window_s * b->rate_hz);
    for (int i = rising; i >= from && i > last; i--)
        if (slope_over(b, i, n) < slope_over(b, flat, n))
            flat = i;
    while (flat < rising && slope_over(b, flat, n) < 0)
        flat++;
    return flat;
}

/* With a missing sample no comparison holds: no value. */
static double post_a(const struct ventricle_beat *b, const struct ventricle_found *f) {
    int n = (int)(a_reach_s * b->rate_hz + 0.5), flat = flattest(b, f, n);
    double window_s = fmin(a_window_s, a_window_share * (b->count - b->lead) / b->rate_hz);
    int from = flat - (int)(window_s * b->rate_hz), steep = from;
    if (from < n + 1 || flat + 1 >= b->count)
        return NAN;
    double lowest = about(b, from);
    for (int i = from; i < flat; i++) {
        steep = slope_over(b, i, n) > slope_over(b, steep, n) ? i : steep;
        lowest = fmin(lowest, about(b, i));
    }
    bool wave = slope_over(b, steep, n) > a_steeper * slope_over(b, flat, n) &&
                about(b, flat) - lowest >= a_rise_mmhg;
    return wave ? about(b, flat) : NAN;
}

enum hemo_error ventricle_read(const struct ventricle_beat *b, struct ventricle_found *out) {
    if (!whole(b))
        return HEMO_BAD_NUMBER;
    int first = beginning(b), max_at = first;
    for (int i = first; i < b->lead + 2 * (b->count - b->lead) / 3; i++)
        if (slope(b, i) > slope(b, max_at))
            max_at = i;
    struct ventricle_found f = {.max_at = max_at, .min_at = steepest(b, max_at, -1),
                                .edp_r_mmhg = NAN, .edp_a_mmhg = NAN, .tau_s = NAN,
                                .asymptote_mmhg = NAN};
    f.dpdt_max = slope(b, f.max_at);
    f.dpdt_min = slope(b, f.min_at);
    f.edp_at = f.max_at;
    while (f.edp_at > first && slope(b, f.edp_at) >= edp_share * f.dpdt_max)
        f.edp_at--;
    if (!(f.dpdt_max > 0 && f.dpdt_min < 0) || slope(b, f.edp_at) >= edp_share * f.dpdt_max)
        return HEMO_BAD_NUMBER;
    f.edp_mmhg = (double)b->mmhg[f.edp_at];
    if (b->r_at > 0)
        f.edp_r_mmhg = about(b, b->r_at);
    if (b->lead > 0)
        f.edp_a_mmhg = post_a(b, &f);
    fit_tau(b, &f);
    *out = f;
    return HEMO_OK;
}
