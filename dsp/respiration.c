#include "dsp/respiration.h"
#include <assert.h>
#include <math.h>

_Static_assert((int)RESPIRATION_RING == (int)SPECTRUM_POINTS, "the whole ring is transformed");

static const float points_hz = 4, lowest_hz = 0.1f, highest_hz = 0.6f, noise_hz = 0.05f;
static const float least_share = 0.35f, least_swing_mmhg = 0.3f;
static const float high_share = 0.8f, low_share = 0.2f;
static const float least_skewness = 0.25f;
enum { LOBE = 2 }; /* bins that a Hann window spreads one frequency over, to each side */

void respiration_init(struct respiration *r, float rate_hz) {
    assert(rate_hz > 0);
    *r = (struct respiration){.rate_hz = rate_hz};
}

void respiration_reset(struct respiration *r) {
    respiration_init(r, r->rate_hz);
}

static double point_time(const struct respiration *r, int64_t i) {
    return (double)r->begun + (double)i * (double)(r->rate_hz / points_hz);
}

/* The held mean of a beat as points of 4 Hz. */
static void hold(struct respiration *r, const struct respiration_beat *beat) {
    bool follows = r->count && beat->foot == r->next_foot;
    float hz = r->rate_hz / (float)(beat->next_foot - beat->foot);
    if (!follows) {
        r->begun = beat->foot;
        r->count = r->told = 0;
        r->beat_hz = hz;
    }
    r->beat_hz += 0.125f * (hz - r->beat_hz);
    r->next_foot = beat->next_foot;
    while (point_time(r, r->count) < (double)beat->next_foot)
        r->ring[r->count++ % RESPIRATION_RING] = beat->mean_mmhg;
}

static float point(const struct respiration *r, int back) {
    return r->ring[(r->count - 1 - back) % RESPIRATION_RING];
}

static float mean_of_last(const struct respiration *r, int n) {
    float sum = 0;
    for (int i = 0; i < n; i++)
        sum += point(r, i);
    return sum / (float)n;
}

/* Hann window without a call of cosf(), whose last bit is the library's: the rotation of a unit
 * vector. */
static void windowed(const struct respiration *r, float out[SPECTRUM_POINTS]) {
    const double c = 0.99879545620517241, s = 0.049067674327418015; /* 2 pi / 128 */
    double x = 1, y = 0;
    float mean = mean_of_last(r, RESPIRATION_RING);
    for (int i = 0; i < SPECTRUM_POINTS; i++) {
        out[i] = (point(r, i) - mean) * (float)(0.5 - 0.5 * x);
        double turned = c * x - s * y;
        y = s * x + c * y;
        x = turned;
    }
}

static int bin_of(float hz) {
    return (int)lrintf(hz * SPECTRUM_POINTS / points_hz);
}

static float power_between(const float *power, int first, int last) {
    float sum = 0;
    for (int k = first; k <= last; k++)
        sum += power[k];
    return sum;
}

/* Frequency of the breathing, and its share of the power; 0: none. */
static float breathing_hz(const struct respiration *r, const float *power, float *share) {
    int best = bin_of(lowest_hz);
    for (int k = best; k <= bin_of(highest_hz); k++)
        if (power[k] > power[best])
            best = k;
    float all = power_between(power, bin_of(noise_hz), SPECTRUM_BINS - 1);
    *share = power_between(power, best - LOBE, best + LOBE) / fmaxf(all, 1e-12f);
    float before = sqrtf(power[best - 1]), here = sqrtf(power[best]);
    float after = sqrtf(power[best + 1]), bend = before - 2 * here + after;
    float shift = bend < 0 ? 0.5f * (before - after) / bend : 0;
    float hz = ((float)best + shift) * points_hz / SPECTRUM_POINTS;
    bool peak = here > before && here >= after;
    bool alternans = fabsf(hz - 0.5f * r->beat_hz) < points_hz / SPECTRUM_POINTS;
    return peak && *share > least_share && !alternans ? hz : 0;
}

static int sort_last(const struct respiration *r, int n, float out[RESPIRATION_RING]) {
    for (int i = 0; i < n; i++) {
        float x = point(r, i);
        int j = i;
        for (; j > 0 && out[j - 1] > x; j--)
            out[j] = out[j - 1];
        out[j] = x;
    }
    return n;
}

static float percentile(const float *sorted, int n, float share) {
    return sorted[(int)(share * (float)(n - 1) + 0.5f)];
}

/* By the skewness of the series: rare dips pull it below zero, rare humps above. */
static enum breathing_kind kind_of(const struct respiration *r, int n) {
    float mean = mean_of_last(r, n), squares = 0, cubes = 0;
    for (int i = 0; i < n; i++) {
        float d = point(r, i) - mean;
        squares += d * d;
        cubes += d * d * d;
    }
    float m2 = squares / (float)n, m3 = cubes / (float)n;
    if (m3 * m3 < least_skewness * least_skewness * m2 * m2 * m2)
        return BREATHING_UNKNOWN;
    return m3 < 0 ? BREATHING_SPONTANEOUS : BREATHING_VENTILATED;
}

static bool describe(const struct respiration *r, float hz, float share, struct breathing *out) {
    float sorted[RESPIRATION_RING];
    float breaths = floorf((float)RESPIRATION_RING * hz / points_hz);
    int n = (int)lrintf(breaths * points_hz / hz);
    if (n > RESPIRATION_RING)
        n = RESPIRATION_RING;
    sort_last(r, n, sorted);
    float swing = percentile(sorted, n, 0.9f) - percentile(sorted, n, 0.1f);
    if (swing < least_swing_mmhg)
        return false;
    enum breathing_kind kind = kind_of(r, n);
    float level = kind == BREATHING_SPONTANEOUS ? high_share : low_share;
    *out = (struct breathing){
        .from = (int64_t)point_time(r, r->count - n), .to = r->next_foot,
        .rate_per_min = 60 * hz, .swing_mmhg = swing, .mean_mmhg = mean_of_last(r, n),
        .endexp_mmhg = kind == BREATHING_UNKNOWN ? NAN : percentile(sorted, n, level),
        .kind = kind, .confidence = fminf(share, 1)};
    return true;
}

bool respiration_push(struct respiration *r, const struct spectrum *spectrum,
                      const struct respiration_beat *beat, struct breathing *out) {
    assert(beat->next_foot > beat->foot);
    if (isnan(beat->mean_mmhg)) {
        r->count = 0;
        return false;
    }
    hold(r, beat);
    if (r->count < RESPIRATION_RING || r->count - r->told < (int64_t)points_hz)
        return false;
    r->told = r->count;
    float points[SPECTRUM_POINTS], power[SPECTRUM_BINS], share;
    windowed(r, points);
    spectrum_power(spectrum, points, power);
    float hz = breathing_hz(r, power, &share);
    return hz > 0 && describe(r, hz, share, out);
}
