#include "dsp/period.h"
#include <assert.h>
#include <math.h>
#include <string.h>

static const float window_s = 10, first_s = 3, every_s = 0.5f;
static const float lag_min_s = 0.27f, lag_max_s = 2.2f; /* 222 .. 27 per minute */
static const float narrow_s = 0.12f, wide_s = 1.2f;
static const float near_best = 0.65f, near_two_humped = 0.85f, least_peak = 0.1f;
static const float follow = 0.25f, least_confidence = 0.3f, clearly = 0.05f;
static const float scale = 32, start_s = 0.8f;

void period_init(struct period *p, float rate_hz, bool two_humped) {
    assert(rate_hz >= 90 && rate_hz <= PERIOD_RATE_MAX_HZ);
    *p = (struct period){.two_humped = two_humped};
    int bin = (int)lrintf(rate_hz / 25);
    p->rate_hz = rate_hz / (float)bin;
    p->window = (int32_t)lrintf(window_s * p->rate_hz);
    p->lag_min = (int32_t)ceilf(lag_min_s * p->rate_hz);
    p->lag_max = (int32_t)(lag_max_s * p->rate_hz);
    p->every = (int32_t)lrintf(every_s * p->rate_hz);
    p->narrow = (int32_t)lrintf(narrow_s * p->rate_hz);
    p->wide = (int32_t)lrintf(wide_s * p->rate_hz);
    averager_init(&p->slow, bin);
    assert(p->lag_max + 2 < PERIOD_LAGS && p->window + PERIOD_LAGS < PERIOD_RING);
    assert(p->wide < PERIOD_SLOW);
    period_reset(p);
}

void period_reset(struct period *p) {
    averager_reset(&p->slow);
    memset(p->recent, 0, sizeof p->recent);
    memset(p->ring, 0, sizeof p->ring);
    memset(p->products, 0, sizeof p->products);
    p->sum = p->count = 0;
    p->period_s = start_s;
    p->confidence = 0;
    p->doubtful = false;
}

static int16_t at(const struct period *p, int64_t i) {
    return p->ring[i & (PERIOD_RING - 1)];
}

static float mean_of_last(const struct period *p, int n) {
    float sum = 0;
    for (int i = 0; i < n; i++)
        sum += p->recent[(p->count - i) & (PERIOD_SLOW - 1)];
    return sum / (float)n;
}

/* The pulse band: a short mean minus a long one. */
static int16_t pulse_band(struct period *p, float mmhg) {
    if (p->count == 0)
        for (int i = 0; i < PERIOD_SLOW; i++)
            p->recent[i] = mmhg;
    p->recent[p->count & (PERIOD_SLOW - 1)] = mmhg;
    float band = scale * (mean_of_last(p, p->narrow) - mean_of_last(p, p->wide));
    return (int16_t)lrintf(fminf(fmaxf(band, -32000), 32000));
}

/* PERIOD_LAGS of the ring from sample number `from` on. */
static void copy_from(const struct period *p, int64_t from, int16_t out[PERIOD_LAGS]) {
    const uint32_t first = (uint32_t)from & (PERIOD_RING - 1), left = PERIOD_RING - first;
    const uint32_t whole = left < PERIOD_LAGS ? left : PERIOD_LAGS;
    memcpy(out, p->ring + first, whole * sizeof *out);
    memcpy(out + whole, p->ring, (PERIOD_LAGS - whole) * sizeof *out);
}

/* The ring is wiped when it begins, and longer than window and lags: products with what is not
 * there yet are 0, so that all lags are alike, and the compiler does eight at a time. */
static void slide(struct period *p, int16_t z) {
    int64_t oldest = p->count - p->window;
    int32_t gone = oldest >= 0 ? at(p, oldest) : 0;
    int16_t first[PERIOD_LAGS], last[PERIOD_LAGS];
    p->ring[p->count & (PERIOD_RING - 1)] = z;
    copy_from(p, oldest, first);
    for (int k = 0; k < PERIOD_LAGS; k++)
        last[k] = at(p, p->count - k);
    for (int k = 0; k < PERIOD_LAGS; k++) /* vectors */
        p->products[k] += (int32_t)z * last[k] - gone * first[k];
    p->sum += z - gone;
    p->count++;
}

/* Normalised autocorrelation about the window's mean at lags 0..last. False: no power. */
static bool correlate(const struct period *p, int n, int last, float a[PERIOD_LAGS]) {
    double mean = (double)p->sum / n;
    double power = (double)p->products[0] / n - mean * mean;
    if (power < 1e-6 * scale * scale)
        return false;
    int64_t head = p->sum, tail = p->sum; /* sums without the first k and without the last k */
    for (int k = 0; k <= last; k++) {
        double about = (double)p->products[k];
        about += mean * (mean * (n - k) - (double)(head + tail));
        a[k] = (float)(about / (n - k) / power);
        head -= at(p, p->count - n + k);
        tail -= at(p, p->count - 1 - k);
    }
    return true;
}

static bool is_peak(const float *a, int k) {
    return a[k] > a[k - 1] && a[k] >= a[k + 1];
}

/* The lag to believe, or 0. */
static int choose(const struct period *p, const float *a, int lag_max) {
    float best = 0;
    float near = p->two_humped ? near_two_humped : near_best;
    for (int k = p->lag_min; k <= lag_max; k++)
        if (is_peak(a, k) && a[k] > best)
            best = a[k];
    if (best < least_peak)
        return 0;
    int k = p->lag_min;
    while (!(is_peak(a, k) && a[k] >= near * best))
        k++;
    return k;
}

static float refined(const float *a, int k) {
    float bend = a[k - 1] - 2 * a[k] + a[k + 1];
    return (float)k + (bend < 0 ? 0.5f * (a[k - 1] - a[k + 1]) / bend : 0);
}

static bool doubtful(const struct period *p, const float *a, int k, int lag_max) {
    for (int j = 2 * k - 1; p->two_humped && j <= 2 * k + 1 && j <= lag_max; j++)
        if (is_peak(a, j) && a[j] >= a[k] + clearly)
            return true;
    return false;
}

/* period x (found / period)^share, by a rational function: the same bits everywhere, which
 * powf() does not promise. */
static float drawn_to(float period, float found, float share) {
    float x = found / period;
    return period * ((1 + share) * x + (1 - share)) / ((1 - share) * x + (1 + share));
}

static void update(struct period *p) {
    int n = (int)(p->count < p->window ? p->count : p->window);
    int last = 2 * n / 3 < p->lag_max ? 2 * n / 3 : p->lag_max;
    float a[PERIOD_LAGS];
    int k = correlate(p, n, last + 1, a) ? choose(p, a, last) : 0;
    if (!k) {
        p->confidence *= 1 - follow;
        return;
    }
    p->doubtful = doubtful(p, a, k, last);
    p->confidence += follow * (a[k] - p->confidence);
    if (a[k] > least_confidence)
        p->period_s = drawn_to(p->period_s, refined(a, k) / p->rate_hz, a[k] * follow);
    p->period_s = fminf(fmaxf(p->period_s, lag_min_s), lag_max_s);
}

void period_push(struct period *p, float mmhg) {
    float slow;
    if (!averager_push(&p->slow, mmhg, &slow))
        return;
    slide(p, pulse_band(p, slow));
    if (p->count >= (int64_t)(first_s * p->rate_hz) && p->count % p->every == 0)
        update(p);
}
