#include "dsp/gradient.h"
#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static const double bridge_s = 0.02, shortest_s = 0.05;

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

enum hemo_error gradient_find(const struct gradient_pair *p, struct gradient *out) {
    if (!whole(p))
        return HEMO_BAD_NUMBER;
    struct stretch in = longest(p);
    if (in.last <= in.first)
        return HEMO_BAD_NUMBER;
    double before = beyond(p, in.first, in.first - 1), after = beyond(p, in.last, in.last + 1);
    double steps = before + after + in.last - in.first, peak = 0;
    double area = 0.5 * (before * difference(p, in.first) + after * difference(p, in.last));
    for (int i = in.first; i < in.last; i++)
        area += 0.5 * (fmax(difference(p, i), 0) + fmax(difference(p, i + 1), 0));
    for (int i = in.first; i <= in.last; i++)
        peak = fmax(peak, difference(p, i));
    if (steps / p->rate_hz < shortest_s)
        return HEMO_BAD_NUMBER;
    *out = (struct gradient){
        .mean_mmhg = area / steps, .peak_mmhg = peak, .period_s = steps / p->rate_hz,
        .peak_to_peak_mmhg = highest(p->upstream_mmhg, p->count) -
                             highest(p->downstream_mmhg, p->count)};
    return HEMO_OK;
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
