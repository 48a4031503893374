#include "dsp/ventricle.h"
#include <math.h>
#include <stdbool.h>

enum { TAU_SAMPLES_LEAST = 6 };
static const double rate_least_hz = 250, reach_s = 0.008;
static const double edp_share = 0.1, tau_above_edp_mmhg = 5, explained_least = 0.9;

static int reach(const struct ventricle_beat *b) {
    return (int)(reach_s * b->rate_hz + 0.5);
}

static double slope(const struct ventricle_beat *b, int i) {
    int n = reach(b);
    return ((double)b->mmhg[i + n] - (double)b->mmhg[i - n]) * b->rate_hz / (2 * n);
}

static bool whole(const struct ventricle_beat *b) {
    for (int i = 0; i < b->count; i++)
        if (!isfinite(b->mmhg[i]))
            return false;
    return b->rate_hz >= rate_least_hz && b->count > 8 * reach(b) && b->r_at < b->count - 1;
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

enum hemo_error ventricle_read(const struct ventricle_beat *b, struct ventricle_found *out) {
    if (!whole(b))
        return HEMO_BAD_NUMBER;
    int first = reach(b), max_at = first;
    for (int i = first; i < 2 * b->count / 3; i++)
        if (slope(b, i) > slope(b, max_at))
            max_at = i;
    struct ventricle_found f = {.max_at = max_at, .min_at = steepest(b, max_at, -1),
                                .edp_r_mmhg = NAN, .tau_s = NAN, .asymptote_mmhg = NAN};
    f.dpdt_max = slope(b, f.max_at);
    f.dpdt_min = slope(b, f.min_at);
    f.edp_at = f.max_at;
    while (f.edp_at > first && slope(b, f.edp_at) >= edp_share * f.dpdt_max)
        f.edp_at--;
    if (!(f.dpdt_max > 0 && f.dpdt_min < 0) || slope(b, f.edp_at) >= edp_share * f.dpdt_max)
        return HEMO_BAD_NUMBER;
    f.edp_mmhg = (double)b->mmhg[f.edp_at];
    if (b->r_at > 0)
        f.edp_r_mmhg = ((double)b->mmhg[b->r_at - 1] + (double)b->mmhg[b->r_at] +
                        (double)b->mmhg[b->r_at + 1]) / 3;
    fit_tau(b, &f);
    *out = f;
    return HEMO_OK;
}
