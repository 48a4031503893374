#include "dsp/ecg.h"
#include <assert.h>
#include <math.h>

static const double rate_min_hz = 100, rate_max_hz = 2000, fine_hz = 250, coarse_hz = 125;
static const float median_half_s = 0.008f, mean_s = 0.020f;
static const float hump_s = 0.080f, shape_s = 0.160f, window_s = 1.5f;
static const float full = 100;          /* what a usual hump is for the finder */
static const float least_share = 0.15f; /* ... and the least that is a candidate */
static const float ceiling = 1.5f;      /* of a usual hump: no artefact is worth more */
static const float other_shape = 0.4f;  /* what a hump of another shape than usual is worth */
static const float baseline_s = 0.12f, search_s = 0.07f, match_search_s = 0.13f;
static const float around_s = 1.0f, own_s = 0.12f, apart_s = 0.2f;
static const float clarity_most = 100, clear_from = 4, clear_none = 2;
static const float sure_like = 0.7f, matched = 0.4f;
static const float follow = 0.125f, turn = 1.3f;
enum { SHAPES_LEAST = 4 };

static int fine_samples(const struct ecg *e, float seconds) {
    int n = (int)lrint((double)seconds * e->rate_hz / e->fine.length);
    return n > 1 ? n : 1;
}

static int coarse_samples(const struct ecg *e, float seconds) {
    int n = (int)lrint((double)seconds * e->rate_hz / (e->fine.length * e->coarse.length));
    return n > 1 ? n : 1;
}

static int divisor(double rate_hz, double wanted_hz) {
    int n = (int)(rate_hz / wanted_hz + 0.5);
    return n > 1 ? n : 1;
}

enum hemo_error ecg_init(struct ecg *e, double rate_hz) {
    if (!(rate_hz >= rate_min_hz && rate_hz <= rate_max_hz))
        return HEMO_BAD_CONFIG;
    *e = (struct ecg){.rate_hz = rate_hz};
    averager_init(&e->fine, divisor(rate_hz, fine_hz));
    double rate = rate_hz / e->fine.length;
    averager_init(&e->coarse, divisor(rate, coarse_hz));
    e->median_width = 2 * (int)(median_half_s * (float)rate) + 1;
    e->mean_width = fine_samples(e, mean_s);
    e->hump_width = coarse_samples(e, hump_s);
    e->shape_width = coarse_samples(e, shape_s);
    e->window = coarse_samples(e, window_s);
    assert(e->median_width <= ECG_MEDIAN_MAX && e->shape_width <= ECG_SHAPE);
    finder_init(&e->finder, (float)(rate / e->coarse.length), least_share * full, false);
    ecg_reset(e);
    return HEMO_OK;
}

void ecg_reset(struct ecg *e) {
    struct ecg kept = *e;
    *e = (struct ecg){.rate_hz = kept.rate_hz, .fine = kept.fine, .coarse = kept.coarse,
                      .median_width = kept.median_width, .mean_width = kept.mean_width,
                      .hump_width = kept.hump_width, .shape_width = kept.shape_width,
                      .window = kept.window, .finder = kept.finder, .missing = -1,
                      .held = NAN, .left = kept.window, .last = -1};
    averager_reset(&e->fine);
    averager_reset(&e->coarse);
    finder_reset(&e->finder);
}

static uint32_t of_ring(int64_t i) {
    return (uint32_t)((uint64_t)i % ECG_RING);
}

static float of_fine(const float *ring, int64_t i) {
    return ring[of_ring(i)];
}

static float of_coarse(const float *ring, int64_t i) {
    return ring[(uint64_t)i % ECG_COARSE];
}

static float middle(const float *x, int n) {
    float sorted[ECG_TOPS > ECG_MEDIAN_MAX ? ECG_TOPS : ECG_MEDIAN_MAX] = {0};
    for (int i = 0; i < n; i++) {
        int j = i;
        for (; j > 0 && sorted[j - 1] > x[i]; j--)
            sorted[j] = sorted[j - 1];
        sorted[j] = x[i];
    }
    return sorted[n / 2];
}

static float middle_of_three(float a, float b, float c) {
    float low = a < b ? a : b, high = a < b ? b : a;
    high = high < c ? high : c;
    return low > high ? low : high;
}

/* Without the least and the greatest of the first four, the middle of what is left. */
static float middle_of_five(const float x[5]) {
    float a = x[0] < x[1] ? x[0] : x[1], b = x[0] < x[1] ? x[1] : x[0];
    float c = x[2] < x[3] ? x[2] : x[3], d = x[2] < x[3] ? x[3] : x[2];
    return middle_of_three(a > c ? a : c, b < d ? b : d, x[4]);
}

/* The same as middle(), without a branch where it is usual. */
static float middle_of_raw(const struct ecg *e) {
    if (e->median_width == 5)
        return middle_of_five(e->raw);
    return middle(e->raw, e->median_width);
}

static float mean_before(const struct ecg *e, int64_t end, int width) {
    float sum = 0;
    for (int64_t i = end - width; i < end; i++)
        sum += of_fine(e->trace, i);
    return sum / (float)width;
}

/* Median of the largest hump in each of the last seven windows, as in rises.h. */
static void learn_usual(struct ecg *e, float hump) {
    e->largest = fmaxf(e->largest, hump);
    if (--e->left <= 0) {
        e->tops[e->tops_next] = e->largest;
        e->tops_next = (e->tops_next + 1) % ECG_TOPS;
        e->tops_count += e->tops_count < ECG_TOPS;
        e->largest = 0;
        e->left = e->window;
        e->usual = middle(e->tops, e->tops_count);
    }
    if (e->tops_count == 0)
        e->usual = e->largest;
}

/* The usual QRS in the newest slopes: how much of it, times how well; *like: the correlation. */
static float match_at(const struct ecg *e, int64_t end, float *like) {
    float cross = 0, own = 0, shape = 0;
    *like = 0;
    for (int i = 0; i < e->shape_width; i++) {
        float x = of_coarse(e->slope, end - e->shape_width + i), t = e->shape[i];
        cross += x * t;
        own += x * x;
        shape += t * t;
    }
    if (e->shapes < SHAPES_LEAST || own <= 0 || shape <= 0)
        return 0;
    *like = cross / sqrtf(own * shape);
    float much = cross / shape;
    if (*like <= 0)
        return 0;
    return *like * *like * (much < 1 ? much : fminf(1, 2.5f / much));
}

/* 0: QRS stand out clearly; 1: they do not. */
static float noisy(const struct ecg *e) {
    float share = 1 - (e->clear - clear_none) / (clear_from - clear_none);
    return fminf(fmaxf(share, 0), 1);
}

/* The envelope of the time that the middle of the shape has reached. */
static float envelope_share(const struct ecg *e) {
    if (e->usual <= 0)
        return 0;
    float share = of_coarse(e->envelope, e->steps - 1 - e->shape_width / 2) / e->usual;
    if (e->shapes < SHAPES_LEAST)
        return fminf(share, ceiling);
    return other_shape * (1 - noisy(e)) * fminf(share, 1);
}

/* One coarse sample; returns what the finder sees. */
static float push_coarse(struct ecg *e) {
    int w = e->mean_width;
    float slope = mean_before(e, e->count, w) - mean_before(e, e->count - w, w), hump = 0, like;
    int64_t n = e->steps++;
    e->slope[n % ECG_COARSE] = slope;
    for (int i = 0; i < e->hump_width; i++) /* anew: a running sum of floats would drift */
        hump += fabsf(of_coarse(e->slope, n - i));
    e->envelope[n % ECG_COARSE] = hump;
    learn_usual(e, hump);
    e->match[n % ECG_COARSE] = match_at(e, e->steps, &like);
    float best = envelope_share(e);
    for (int i = 0; i < e->hump_width; i++) {
        float match = of_coarse(e->match, n - i);
        best = match > best ? match : best;
    }
    return best;
}

/* How far the middle of two neighbouring means lags behind the trace, in fine samples. */
static float slope_delay(const struct ecg *e) {
    return (float)e->mean_width - 0.5f;
}

static int64_t fine_of_coarse(const struct ecg *e, int64_t n) {
    return (n + 1) * e->coarse.length - 1 - (int64_t)lrintf(slope_delay(e));
}

static int64_t coarse_of_fine(const struct ecg *e, int64_t i) {
    return (i + (int64_t)lrintf(slope_delay(e)) + 1) / e->coarse.length - 1;
}

struct extreme { int64_t where; float height; };

/* The greatest deflection of one sign from the level around it. */
static struct extreme deflection(const struct ecg *e, int64_t from, int64_t to, float sign) {
    int reach = fine_samples(e, baseline_s);
    int64_t end = to + reach < e->count ? to + reach : e->count;
    float level = 0.5f * (mean_before(e, from, reach) + mean_before(e, end, reach));
    struct extreme best = {from, -INFINITY};
    int64_t last = from;
    for (int64_t i = from; i < to; i++) {
        float height = sign * (of_fine(e->trace, i) - level);
        if (height > best.height)
            best = (struct extreme){i, height};
        if (height >= best.height)
            last = i;
    }
    best.where = (best.where + last) / 2; /* a median leaves a flat top */
    return best;
}

/* One polarity as long as it stays the larger one: R and S must not take turns. A QRS of another
 * shape than usual has its own. */
static int64_t summit(struct ecg *e, int64_t about, bool usual) {
    int reach = fine_samples(e, usual ? 0.5f * search_s : search_s);
    struct extreme up = deflection(e, about - reach, about + reach + 1, 1);
    struct extreme down = deflection(e, about - reach, about + reach + 1, -1);
    if (!usual && e->shapes >= SHAPES_LEAST)
        return down.height > up.height ? down.where : up.where;
    bool first = e->up == 0 && e->down == 0;
    e->up = first ? up.height : e->up + follow * (up.height - e->up);
    e->down = first ? down.height : e->down + follow * (down.height - e->down);
    return e->down > turn * e->up ? down.where : up.where;
}

static float clarity_at(const struct ecg *e, int64_t r_at) {
    int64_t hump_at = coarse_of_fine(e, r_at) + e->hump_width / 2;
    float period_s = e->finder.period.period_s; /* not as far as its neighbours */
    int own = coarse_samples(e, fminf(own_s, 0.25f * period_s)), n = 0;
    int around = coarse_samples(e, fminf(around_s, 0.6f * period_s));
    float top = 0, sum = 0;
    for (int64_t i = hump_at - around; i <= hump_at + around; i++) {
        if (i < 0 || i >= e->steps)
            continue;
        float x = of_coarse(e->envelope, i);
        bool outside = i < hump_at - own || i > hump_at + own;
        top = outside ? top : fmaxf(top, x);
        sum += outside ? x : 0;
        n += outside;
    }
    if (n == 0 || top <= 0)
        return 0;
    return fminf(top / fmaxf(sum / (float)n, 1e-6f * top), clarity_most);
}

/* Where the usual QRS fits best near `about`; -1: nowhere. All in coarse samples. */
static int64_t best_match(const struct ecg *e, int64_t about) {
    int reach = coarse_samples(e, match_search_s), half = e->shape_width / 2;
    int64_t best = -1;
    float most = matched;
    for (int64_t i = about - reach + half; i <= about + reach + half && i < e->steps; i++)
        if (i >= 0 && of_coarse(e->match, i) > most) {
            most = of_coarse(e->match, i);
            best = i - half;
        }
    return best;
}

static void learn_shape(struct ecg *e, int64_t middle_at) {
    int64_t first = middle_at - e->shape_width / 2;
    float share = e->shapes < 8 ? 1 / (float)(e->shapes + 1) : follow, own = 0, usual = 0;
    for (int i = 0; i < e->shape_width; i++) {
        own += of_coarse(e->slope, first + i) * of_coarse(e->slope, first + i);
        usual += e->shape[i] * e->shape[i];
    }
    if (e->shapes >= SHAPES_LEAST && own > 2.25f * usual) /* an artefact must not outweigh all */
        share *= sqrtf(2.25f * usual / own);
    for (int i = 0; i < e->shape_width; i++)
        e->shape[i] += share * (of_coarse(e->slope, first + i) - e->shape[i]);
    e->shapes++;
}

static bool take(struct ecg *e, const struct pulse *pulse, struct ecg_r *out) {
    int64_t behind = e->shape_width / 2 + e->hump_width / 4;
    int64_t about = (int64_t)lrint(pulse->at) - behind;
    if (about < e->steps - ECG_COARSE / 2)
        return false; /* so late that it is nearly forgotten */
    int64_t fit = best_match(e, about);
    int64_t r_at = summit(e, fine_of_coarse(e, fit >= 0 ? fit : about), fit >= 0);
    if (e->last >= 0 && r_at <= e->last + fine_samples(e, apart_s))
        return false;
    e->last = r_at;
    float clarity = clarity_at(e, r_at), like;
    int64_t middle_at = coarse_of_fine(e, r_at);
    match_at(e, middle_at - e->shape_width / 2 + e->shape_width, &like);
    bool clear = clarity >= clear_from;
    if (clear)
        learn_shape(e, middle_at);
    e->clear += follow * (fminf(clarity, 2 * clear_from) - e->clear);
    bool gap = e->missing >= 0 && e->missing >= r_at - fine_samples(e, around_s);
    int64_t place = r_at - e->median_width / 2 + e->silent;
    *out = (struct ecg_r){place * e->fine.length + e->fine.length / 2, clarity, like,
                          !gap && (e->shapes >= SHAPES_LEAST ? like >= sure_like : clear)};
    return true;
}

static void begin(struct ecg *e, float x) {
    e->held = x;
    for (int i = 0; i < ECG_MEDIAN_MAX; i++)
        e->raw[i] = x;
    for (int i = 0; i < ECG_RING; i++)
        e->trace[i] = x;
}

static bool push_fine(struct ecg *e, float x, struct ecg_r *out) {
    float ignored;
    if (isnan(e->held) && !isnan(x))
        begin(e, x);
    if (isnan(e->held)) {
        e->silent++;
        return false;
    }
    if (isnan(x))
        e->missing = e->count;
    else
        e->held = x;
    e->raw[e->raw_next] = e->held;
    e->raw_next = e->raw_next + 1 < e->median_width ? e->raw_next + 1 : 0;
    e->trace[of_ring(e->count++)] = middle_of_raw(e);
    if (!averager_push(&e->coarse, 0, &ignored))
        return false;
    finder_push(&e->finder, full * push_coarse(e));
    struct pulse pulse;
    while (finder_next(&e->finder, &pulse))
        if (take(e, &pulse, out))
            return true; /* the finder keeps the others until it is asked again */
    return false;
}

bool ecg_push(struct ecg *e, float sample, struct ecg_r *out) {
    assert(e->rate_hz > 0);
    float x;
    return averager_push(&e->fine, sample, &x) && push_fine(e, x, out);
}
