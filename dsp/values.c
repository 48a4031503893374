#include "dsp/values.h"
#include "dsp/ventricle.h"
#include "dsp/waves.h"
#include <assert.h>
#include <math.h>

static const float foot_mean_s = 0.08f, peak_mean_s = 0.024f;
static const float foot_before_s = 0.25f, foot_after_s = 0.04f;
static const float systole_share = 0.55f, systole_least_s = 0.2f;
static const float missing_share = 0.02f, wedge_later_s = 0.12f;
static const float before_upstroke_s = 0.04f, before_a_s = 0.26f;
static const float slope_reach_s = 0.016f;
static const float edp_slope_share = 0.1f; /* of the greatest dP/dt */

enum { MEANS_AT_ONCE = 64, MEANS_WIDTH_MAX = 32 }; /* 80 ms at VALUES_RATE_MAX_HZ are 30 */
enum { LONGEST_S = 3, VALUES_BEAT = VALUES_RATE_MAX_HZ * (LONGEST_S + 1) };

void values_init(struct values *v, float rate_hz, enum site_shape shape) {
    assert(rate_hz > 0 && rate_hz <= VALUES_RATE_MAX_HZ);
    v->rate_hz = rate_hz;
    v->shape = shape;
    values_reset(v);
}

void values_reset(struct values *v) {
    for (int i = 0; i < VALUES_RING; i++)
        v->ring[i] = NAN;
    v->count = 0;
}

void values_push(struct values *v, float mmhg) {
    v->ring[v->count++ & (VALUES_RING - 1)] = mmhg;
}

static int64_t oldest(const struct values *v) {
    return v->count > VALUES_RING ? v->count - VALUES_RING : 0;
}

static float at(const struct values *v, int64_t i) {
    return i >= oldest(v) && i < v->count ? v->ring[i & (VALUES_RING - 1)] : NAN;
}

static int samples(const struct values *v, float seconds) {
    int n = (int)lrintf(seconds * v->rate_hz);
    return n > 1 ? n : 1;
}

/* Mean of `width` samples about i; NAN where more than half of them are missing. */
static float mean_about(const struct values *v, int64_t i, int width) {
    float sum = 0;
    int n = 0;
    for (int64_t k = i - width / 2; k < i - width / 2 + width; k++) {
        float x = at(v, k);
        if (isnan(x))
            continue;
        sum += x;
        n++;
    }
    return 2 * n >= width ? sum / (float)n : NAN;
}

struct extreme { float mmhg; int64_t where; };

/* mean_about() of [from, from + count), the sums side by side, each in its own order. */
static void means_about(const struct values *v, int64_t from, int count, int width,
                        float means[MEANS_AT_ONCE]) {
    float trace[MEANS_AT_ONCE + MEANS_WIDTH_MAX];
    assert(count <= MEANS_AT_ONCE && width <= MEANS_WIDTH_MAX);
    for (int i = 0; i < count + width - 1; i++)
        trace[i] = at(v, from - width / 2 + i);
    for (int i = 0; i < count; i++)
        means[i] = 0;
    for (int k = 0; k < width; k++)
        for (int i = 0; i < count; i++) /* vectors */
            means[i] += trace[i + k];
    for (int i = 0; i < count; i++) /* vectors */
        means[i] /= (float)width;
    for (int i = 0; i < count; i++)
        if (isnan(means[i])) /* one is missing */
            means[i] = mean_about(v, from + i, width);
}

/* The greatest (sign 1) or least (sign -1) mean of `width` in [from, to). */
static struct extreme find(const struct values *v, struct values_span in, int width, float sign) {
    struct extreme best = {NAN, in.foot};
    float means[MEANS_AT_ONCE];
    for (int64_t from = in.foot; from < in.next_foot; from += MEANS_AT_ONCE) {
        int64_t left = in.next_foot - from;
        int count = left < MEANS_AT_ONCE ? (int)left : MEANS_AT_ONCE;
        means_about(v, from, count, width, means);
        for (int i = 0; i < count; i++)
            if (!isnan(means[i]) && (isnan(best.mmhg) || sign * means[i] > sign * best.mmhg))
                best = (struct extreme){means[i], from + i};
    }
    return best;
}

/* dP/dt over 32 ms, or the shortest way the rate allows. */
static float slope(const struct values *v, int64_t i) {
    int reach = samples(v, slope_reach_s);
    return (at(v, i + reach) - at(v, i - reach)) * v->rate_hz / (float)(2 * reach);
}

static int64_t steepest_near(const struct values *v, int64_t middle) {
    int64_t best = middle;
    for (int64_t i = middle - samples(v, 0.10f); i <= middle + samples(v, 0.06f); i++)
        if (slope(v, i) > slope(v, best) || isnan(slope(v, best)))
            best = i;
    return best;
}

/* Ventricles: back from the steepest point to where the upstroke begins. */
static int64_t end_of_diastole(const struct values *v, int64_t steepest) {
    float least = edp_slope_share * slope(v, steepest);
    int64_t i = steepest, from = steepest - samples(v, foot_before_s);
    while (i > from && slope(v, i) >= least)
        i--;
    return i;
}

/* Where the steepest tangent meets the diastolic level: the lowest point itself wanders along a
 * flat diastole. */
static int64_t tangent_foot(const struct values *v, int64_t steepest, struct extreme lowest) {
    float rise = mean_about(v, steepest, 3) - lowest.mmhg;
    float way = v->rate_hz * rise / slope(v, steepest);
    if (!(way >= 0 && way <= (float)(steepest - lowest.where)))
        return lowest.where;
    return steepest - (int64_t)lrintf(way);
}

struct values_foot values_foot(const struct values *v, double upstroke, double least) {
    int64_t middle = (int64_t)floor(upstroke + 0.5), steepest = steepest_near(v, middle);
    int64_t from = middle - samples(v, foot_before_s), to = middle + samples(v, foot_after_s);
    if ((double)from < least)
        from = (int64_t)ceil(least);
    if (from > to)
        from = to;
    if (v->shape == SHAPE_VENTRICLE) {
        int64_t edp = end_of_diastole(v, steepest);
        return (struct values_foot){edp > from ? edp : from, mean_about(v, edp, 3)};
    }
    struct values_span in = {from, to + 1, 0, 0};
    struct extreme lowest = find(v, in, samples(v, foot_mean_s), -1);
    return (struct values_foot){tangent_foot(v, steepest, lowest), lowest.mmhg};
}

float values_highest(const struct values *v, int64_t from, int64_t to, int64_t *where) {
    struct extreme e = find(v, (struct values_span){from, to, 0, 0}, samples(v, peak_mean_s), 1);
    *where = e.where;
    return e.mmhg;
}

static float mean_between(const struct values *v, struct values_span span) {
    double sum = 0;
    int64_t n = 0, length = span.next_foot - span.foot;
    for (int64_t i = span.foot; i < span.next_foot; i++) {
        float x = at(v, i);
        if (isnan(x))
            continue;
        sum += (double)x;
        n++;
    }
    bool whole = (float)(length - n) <= missing_share * (float)length;
    return n && whole ? (float)(sum / (double)n) : NAN;
}

static struct values_found nothing(int64_t peak) {
    return (struct values_found){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN,
                                 NAN, NAN, NAN, NAN, NAN, NAN, peak};
}

/* From a little before the upstroke, so that the slope there has two sides. */
static void read_contraction(const struct values *v, struct values_span span,
                             struct values_found *f) {
    float trace[VALUES_BEAT];
    struct ventricle_beat beat = {trace, 0, (double)v->rate_hz, -1, samples(v, before_a_s)};
    struct ventricle_found found;
    for (int64_t i = span.foot - samples(v, before_upstroke_s) - beat.lead; i < span.next_foot; i++)
        trace[beat.count++] = at(v, i);
    if (ventricle_read(&beat, &found) != HEMO_OK)
        return;
    f->dpdt_max = (float)found.dpdt_max;
    f->dpdt_min = (float)found.dpdt_min;
    f->tau_ms = (float)(1000 * found.tau_s);
    f->edp_a_mmhg = (float)found.edp_a_mmhg;
}

static void read_ventricle(const struct values *v, struct values_span span,
                           struct values_found *f) {
    f->edp_mmhg = span.foot_mmhg;
    f->minimum_mmhg = find(v, span, samples(v, peak_mean_s), -1).mmhg;
    f->diastolic_mmhg = f->minimum_mmhg;
    read_contraction(v, span, f);
}

static void read_atrium(const struct values *v, struct values_span span, bool late,
                        struct values_found *f) {
    float trace[WAVES_POINTS];
    int n = samples(v, 1 / WAVES_RATE_HZ), count = 0;
    for (int64_t i = span.foot; i < span.next_foot && count < WAVES_POINTS; i += n)
        trace[count++] = mean_about(v, i, 2 * n);
    float step_s = (float)n / v->rate_hz;
    int r = span.r_at < span.foot ? -1 : (int)((span.r_at - span.foot) / n);
    float later_s = late ? wedge_later_s : 0;
    struct waves waves = span.r_at != 0 ? waves_at_r(trace, count, step_s, r, later_s)
                                       : waves_find(trace, count, step_s);
    f->a_mmhg = waves.a_mmhg;
    f->v_mmhg = waves.v_mmhg;
    f->c_mmhg = waves.c_mmhg;
    f->x_mmhg = waves.x_mmhg;
    f->y_mmhg = waves.y_mmhg;
}

struct values_found values_between(const struct values *v, struct values_span span,
                                   bool as_wedge) {
    int64_t length = span.next_foot - span.foot;
    struct values_found f = nothing(span.foot);
    if (length < 1 || length > samples(v, LONGEST_S) || span.foot < oldest(v) + 16)
        return f;
    f.mean_mmhg = mean_between(v, span);
    if (isnan(f.mean_mmhg))
        return f;
    int64_t systole = (int64_t)(systole_share * (float)length);
    if (systole < samples(v, systole_least_s))
        systole = samples(v, systole_least_s);
    bool atrium = as_wedge || v->shape == SHAPE_ATRIUM;
    if (atrium || systole > length)
        systole = length;
    f.systolic_mmhg = values_highest(v, span.foot, span.foot + systole, &f.peak);
    f.diastolic_mmhg = span.foot_mmhg;
    if (v->shape == SHAPE_VENTRICLE)
        read_ventricle(v, span, &f);
    if (atrium)
        read_atrium(v, span, as_wedge, &f);
    return f;
}

float values_at(const struct values *v, double where) {
    double before = floor(where), share = where - before;
    int64_t i = (int64_t)before;
    float x = at(v, i);
    return share > 0 ? x + (float)share * (at(v, i + 1) - x) : x;
}
