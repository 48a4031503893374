#include "dsp/gradient.h"
#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static const double bridge_s = 0.02, shortest_s = 0.05;
static const double opening_least_s = -0.02, opening_most_s = 0.15, wedge_most_s = 0.3;
static const double slope_s = 0.012, peak_s = 0.02, fall_s = 0.016, above_mmhg = 1;

struct stretch { int first, last; }; /* samples, both inside */

static double difference(const struct gradient_pair *p, int i) {
    return (double)p->upstream_mmhg[i] - (double)p->downstream_mmhg[i];
}

static struct stretch longest(const struct gradient_pair *p) {
    struct stretch best = {0, -1}, now = {0, -1};
    int bridge = (int)(bridge_s * p->rate_hz);
    for (int i = 0; i < p->count; i++) {
        if (!(difference(p, i) > 0))
            continue;
        if (now.last < now.first || i - now.last - 1 > bridge)
            now.first = i;
        now.last = i;
        if (now.last - now.first > best.last - best.first)
            best = now;
    }
    return best;
}

/* Share of a step between the sample inside and the crossing beside it. */
static double beyond(const struct gradient_pair *p, int inside, int outside) {
    if (outside < 0 || outside >= p->count)
        return 0;
    double high = difference(p, inside), low = difference(p, outside);
    return high / (high - low);
}

static bool whole(const struct gradient_pair *p) {
    for (int i = 0; i < p->count; i++)
        if (!isfinite(p->upstream_mmhg[i]) || !isfinite(p->downstream_mmhg[i]))
            return false;
    return p->count > 2 && p->rate_hz > 0;
}

static double highest(const float *mmhg, int count) {
    float most = mmhg[0];
    for (int i = 1; i < count; i++)
        most = mmhg[i] > most ? mmhg[i] : most;
    return (double)most;
}

/* Greatest mean of the difference over 20 ms in [first, last]; over all where that is shorter. */
static double peak_of(const struct gradient_pair *p, int first, int last) {
    int n = (int)(peak_s * p->rate_hz + 0.5), most = last - first + 1;
    n = n < 1 ? 1 : n > most ? most : n;
    double best = -INFINITY, sum = 0;
    for (int i = first; i <= last; i++) {
        sum += difference(p, i) - (i - n >= first ? difference(p, i - n) : 0);
        if (i - first + 1 >= n)
            best = fmax(best, sum / n);
    }
    return best;
}

static double peak_to_peak(const struct gradient_pair *p) {
    return highest(p->upstream_mmhg, p->count) - highest(p->downstream_mmhg, p->count);
}

enum hemo_error gradient_find(const struct gradient_pair *p, struct gradient *out) {
    if (!whole(p))
        return HEMO_BAD_NUMBER;
    struct stretch in = longest(p);
    if (in.last <= in.first)
        return HEMO_BAD_NUMBER;
    double before = beyond(p, in.first, in.first - 1), after = beyond(p, in.last, in.last + 1);
    double steps = before + after + in.last - in.first;
    double area = 0.5 * (before * difference(p, in.first) + after * difference(p, in.last));
    for (int i = in.first; i < in.last; i++)
        area += 0.5 * (fmax(difference(p, i), 0) + fmax(difference(p, i + 1), 0));
    if (steps / p->rate_hz < shortest_s)
        return HEMO_BAD_NUMBER;
    *out = (struct gradient){area / steps, peak_of(p, in.first, in.last), peak_to_peak(p),
                             steps / p->rate_hz};
    return HEMO_OK;
}

/* Mean with its sign over [in.first, in.last], whose ends, near zero, are whole samples. */
static enum hemo_error over(const struct gradient_pair *p, struct stretch in,
                            struct gradient *out) {
    double steps = in.last - in.first, area = 0;
    if (steps / p->rate_hz < shortest_s)
        return HEMO_BAD_NUMBER;
    for (int i = in.first; i < in.last; i++)
        area += 0.5 * (difference(p, i) + difference(p, i + 1));
    *out = (struct gradient){area / steps, peak_of(p, in.first, in.last), peak_to_peak(p),
                             steps / p->rate_hz};
    return HEMO_OK;
}

enum hemo_error gradient_filling(const struct gradient_pair *p, struct gradient *out) {
    if (!whole(p))
        return HEMO_BAD_NUMBER;
    struct stretch in = {-1, -1};
    for (int i = 0; i < p->count; i++) {
        if (!(difference(p, i) > 0))
            continue;
        in.first = in.first < 0 ? i : in.first;
        in.last = i;
    }
    return over(p, in, out);
}

static double fit(const struct gradient_pair *p, int lag) {
    double both = 0, up2 = 0, down2 = 0;
    for (int i = 1; i < p->count; i++) {
        int k = i + lag;
        if (k < 1 || k >= p->count)
            continue;
        double up = (double)(p->upstream_mmhg[i] - p->upstream_mmhg[i - 1]);
        double down = (double)(p->downstream_mmhg[k] - p->downstream_mmhg[k - 1]);
        both += up * down;
        up2 += up * up;
        down2 += down * down;
    }
    return up2 > 0 && down2 > 0 ? both / sqrt(up2 * down2) : -1;
}

int gradient_lag(const struct gradient_pair *p, int most) {
    assert(most >= 0 && most < p->count);
    int best = 0;
    for (int lag = -most; lag <= most; lag++) {
        double more = fit(p, lag) - fit(p, best);
        if (more > 0 || (more == 0 && abs(lag) < abs(best)))
            best = lag;
    }
    return best;
}

static int samples(const struct gradient_pair *p, double seconds) {
    int n = (int)(seconds * p->rate_hz + 0.5);
    return n > 1 ? n : 1;
}

/* Where x first passes the level from `from` on, rising (sign 1) or falling (-1); -1: nowhere. */
static double passes(const float *x, int from, int count, double level, double sign) {
    for (int i = from + 1; i < count; i++) {
        double before = sign * ((double)x[i - 1] - level), after = sign * ((double)x[i] - level);
        if (before < 0 && after >= 0)
            return i - after / (after - before);
    }
    return -1;
}

/* The artery's foot; where upstream is an artery too, which never is as low, just above its own. */
static double opening_mmhg(const struct gradient_pair *p, float foot_mmhg) {
    float least = p->upstream_mmhg[0];
    for (int i = 1; i < p->count / 2; i++)
        least = fminf(least, p->upstream_mmhg[i]);
    return fmax((double)foot_mmhg, (double)least + above_mmhg);
}

enum hemo_error gradient_opening_lag(const struct gradient_pair *p, double *lag_s) {
    const float *artery = p->downstream_mmhg;
    int n = samples(p, slope_s), steepest = n, lowest = 0;
    if (!whole(p) || p->count <= 4 * n)
        return HEMO_BAD_NUMBER;
    for (int i = n; i < p->count - n; i++)
        if (artery[i + n] - artery[i - n] > artery[steepest + n] - artery[steepest - n])
            steepest = i;
    for (int i = 0; i <= steepest; i++)
        if (artery[i] <= artery[lowest])
            lowest = i;
    double rise = (double)(artery[steepest + n] - artery[steepest - n]) / (2 * n);
    double level = opening_mmhg(p, artery[lowest]);
    double opens = passes(p->upstream_mmhg, 0, p->count, level, 1);
    if (!(rise > 0) || opens < 0)
        return HEMO_BAD_NUMBER;
    double foot = steepest - ((double)artery[steepest] - level) / rise;
    *lag_s = (foot - opens) / p->rate_hz;
    return *lag_s >= opening_least_s && *lag_s <= opening_most_s ? HEMO_OK : HEMO_BAD_NUMBER;
}

/* Mean of 2n + 1 samples about i. */
static double about(const float *x, int i, int n) {
    double sum = 0;
    for (int k = i - n; k <= i + n; k++)
        sum += (double)x[k];
    return sum / (2 * n + 1);
}

enum hemo_error gradient_wedge_lag(const struct gradient_pair *p, double *lag_s) {
    int n = samples(p, peak_s), most = samples(p, wedge_most_s);
    if (!whole(p) || p->count <= most + 2 * n)
        return HEMO_BAD_NUMBER;
    for (int peak = n; peak < p->count - n; peak++) {
        double level = about(p->upstream_mmhg, peak, n);
        double opens = passes(p->downstream_mmhg, 0, p->count, level, -1);
        bool highest = true;
        for (int i = peak - most / 2; i <= peak + most / 2 && highest; i++)
            if (i >= n && i < p->count - n)
                highest = about(p->upstream_mmhg, i, n) <= level;
        if (!highest || opens < 0 || peak < opens || peak > opens + most)
            continue;
        *lag_s = (peak - opens) / p->rate_hz;
        return HEMO_OK;
    }
    return HEMO_BAD_NUMBER;
}

enum hemo_error gradient_peripheral(const struct gradient_pair *p, struct gradient *out) {
    int n = samples(p, fall_s), fall = n, foot = 0;
    const float *lv = p->upstream_mmhg, *artery = p->downstream_mmhg;
    if (!whole(p) || p->count <= 4 * n)
        return HEMO_BAD_NUMBER;
    for (int i = n; i < p->count - n; i++)
        if (lv[i + n] - lv[i - n] < lv[fall + n] - lv[fall - n])
            fall = i;
    for (int i = 0; i < p->count / 2; i++)
        if (artery[i] < artery[foot])
            foot = i;
    double opens = passes(lv, 0, p->count, opening_mmhg(p, artery[foot]), 1);
    int shuts = fall;
    while (shuts > 0 && lv[shuts] < artery[fall])
        shuts--;
    return opens < 0 ? HEMO_BAD_NUMBER : over(p, (struct stretch){(int)ceil(opens), shuts}, out);
}
