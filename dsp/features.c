#include "dsp/features.h"
#include <assert.h>
#include <math.h>

static const float finder_hz = 12, band_low_hz = 10, band_high_hz = 30;
static const float slow_hz = 42, brief_s = 1.6f, lasting_s = 3;
static const double step_s = 0.1;
static const float edge = 0.02f; /* steepest: 2nd and 98th percentile of dP/dt */

void features_init(struct features *f, float rate_hz) {
    assert(rate_hz >= 90 && rate_hz <= 380);
    *f = (struct features){.rate_hz = rate_hz};
    biquad_lowpass(&f->low, finder_hz, rate_hz);
    biquad_highpass(&f->high10, band_low_hz, rate_hz);
    biquad_lowpass(&f->low30, band_high_hz, rate_hz);
    int every = (int)lrintf(rate_hz / slow_hz);
    float rate = rate_hz / (float)every;
    clip_init(&f->clip, rate_hz);
    averager_init(&f->slow, every);
    averager_init(&f->slow_slope, every);
    ranks_init(&f->brief, (int)lrintf(brief_s * rate));
    ranks_init(&f->lasting, (int)lrintf(lasting_s * rate));
    ranks_init(&f->brief_slope, (int)lrintf(brief_s * rate));
    ranks_init(&f->lasting_slope, (int)lrintf(lasting_s * rate));
    features_reset(f);
}

static float least(float a, float b) {
    return a < b ? a : b;
}

static float most(float a, float b) {
    return a > b ? a : b;
}

static void block_clear(struct features_block *b) {
    *b = (struct features_block){.low = INFINITY, .high = -INFINITY, .steepest = -INFINITY};
}

void features_reset(struct features *f) {
    clip_reset(&f->clip);
    averager_reset(&f->slow);
    averager_reset(&f->slow_slope);
    ranks_reset(&f->brief);
    ranks_reset(&f->lasting);
    ranks_reset(&f->brief_slope);
    ranks_reset(&f->lasting_slope);
    f->slow_at = f->slope_at = 0;
    f->finder = f->band10 = f->band30 = (struct biquad){0};
    for (int i = 0; i < FEATURES_BLOCKS; i++)
        block_clear(&f->blocks[i]);
    f->count = 0;
    f->steps = 0;
    f->held = f->finder_before = 0;
    f->heard = false;
}

static struct features_block *block_now(struct features *f) {
    return &f->blocks[f->steps % FEATURES_BLOCKS];
}

static void settle(struct features *f, float mmhg) {
    f->heard = true;
    f->held = f->finder_before = mmhg;
    biquad_settle(&f->finder, &f->low, mmhg);
    biquad_settle(&f->band10, &f->high10, mmhg);
}

/* Runs on through a gap, with the last valid value. */
static float filter(struct features *f, struct features_block *b, float *slope) {
    float y = biquad_push(&f->finder, &f->low, f->held);
    *slope = (y - f->finder_before) * f->rate_hz;
    f->finder_before = y;
    float high = biquad_push(&f->band10, &f->high10, f->held);
    float fast = biquad_push(&f->band30, &f->low30, high);
    b->fast += fast * fast;
    b->steepest = most(b->steepest, *slope);
    return y;
}

/* The percentiles know valid samples only: a gap is not a flat line. */
static void rank(struct features *f, float y, float slope) {
    float slow;
    if (averager_push(&f->slow, y, &slow)) {
        f->slow_at = (f->slow_at + 1) % RANKS_MAX;
        f->slow_ring[f->slow_at] = slow;
        ranks_push(&f->brief, f->slow_ring, f->slow_at);
        ranks_push(&f->lasting, f->slow_ring, f->slow_at);
    }
    if (averager_push(&f->slow_slope, slope, &slow)) {
        f->slope_at = (f->slope_at + 1) % RANKS_MAX;
        f->slope_ring[f->slope_at] = slow;
        ranks_push(&f->brief_slope, f->slope_ring, f->slope_at);
        ranks_push(&f->lasting_slope, f->slope_ring, f->slope_at);
    }
}

static void take_valid(struct features *f, float mmhg, struct features_block *b) {
    if (!f->heard)
        settle(f, mmhg);
    b->path += fabsf(mmhg - f->held);
    b->low = least(b->low, mmhg);
    b->high = most(b->high, mmhg);
    b->sum += mmhg;
    b->valid++;
    f->held = mmhg;
}

static void take(struct features *f, float mmhg, struct features_block *b) {
    bool missing = isnan(mmhg);
    float slope;
    if (missing)
        b->missing++;
    else
        take_valid(f, mmhg, b);
    if (!f->heard)
        return;
    float y = filter(f, b, &slope);
    if (!missing)
        rank(f, y, slope);
}

/* Blocks [skip, skip + n) of the past, 0 being the newest, onto `all`. */
static void join(const struct features *f, int n, int skip, struct features_block *all) {
    for (int i = skip; i < n + skip; i++) {
        const struct features_block *b =
            &f->blocks[(uint32_t)(f->steps - i) % FEATURES_BLOCKS];
        all->low = least(all->low, b->low);
        all->high = most(all->high, b->high);
        all->steepest = most(all->steepest, b->steepest);
        all->sum += b->sum;
        all->path += b->path;
        all->fast += b->fast;
        all->valid = (int16_t)(all->valid + b->valid);
        all->missing = (int16_t)(all->missing + b->missing);
    }
}

/* The last `n` blocks as one, which begins with the last `known`. */
static struct features_block joined(const struct features *f, int n, int known,
                                    struct features_block all) {
    join(f, n - known, known, &all);
    return all;
}

static float mean_of(struct features_block b, float otherwise) {
    return b.valid ? b.sum / (float)b.valid : otherwise;
}

static float range_of(struct features_block b) {
    return b.valid ? b.high - b.low : 0;
}

static struct features_window window_of(const struct ranks *level, const struct ranks *slope) {
    struct features_window w = {
        .p5 = ranks_at(level, 0.05f), .p10 = ranks_at(level, 0.10f), .p50 = ranks_at(level, 0.5f),
        .p95 = ranks_at(level, 0.95f), .mean = ranks_mean(level),
        .up = ranks_at(slope, 1 - edge), .down = ranks_at(slope, edge)};
    w.pulse = w.p95 - w.p5;
    return w;
}

static void look_short(const struct features *f, struct features_look *look) {
    struct features_block none;
    block_clear(&none);
    struct features_block b01 = joined(f, 1, 0, none), b02 = joined(f, 2, 1, b01);
    struct features_block b03 = joined(f, 3, 2, b02), b04 = joined(f, 4, 3, b03);
    struct features_block b05 = joined(f, 5, 4, b04), b1 = joined(f, 10, 5, b05);
    struct features_block b2 = joined(f, 20, 10, b1), before = joined(f, 20, 10, none);
    float held = f->held;
    int all02 = b02.valid + b02.missing, all05 = b05.valid + b05.missing;
    look->missing = all02 ? (float)b02.missing / (float)all02 : 0;
    look->path = all05 ? b05.path * f->rate_hz / (float)all05 : 0;
    look->fast = sqrtf(b04.fast / (float)(b04.valid + b04.missing));
    look->steepest = b03.steepest;
    look->low01 = b01.valid ? b01.low : held;
    look->high01 = b01.valid ? b01.high : held;
    look->low03 = b03.valid ? b03.low : held;
    look->high03 = b03.valid ? b03.high : held;
    look->low1 = b1.valid ? b1.low : held;
    look->high1 = b1.valid ? b1.high : held;
    look->range03 = range_of(b03);
    look->range04 = range_of(b04);
    look->range1 = range_of(b1);
    look->range2 = range_of(b2);
    look->mean02 = mean_of(b02, held);
    look->mean1 = mean_of(b1, held);
    look->mean2 = mean_of(b2, held);
    look->mean1_before = mean_of(before, look->mean1);
}

static void look_long(const struct features *f, struct features_look *look) {
    look->brief = window_of(&f->brief, &f->brief_slope);
    look->lasting = window_of(&f->lasting, &f->lasting_slope);
    const struct features_window *w = &look->lasting;
    look->duty = ranks_share_below(&f->lasting, w->p5 + 0.25f * w->pulse);
    look->asymmetry = -w->down / fmaxf(w->up, 1e-3f);
    look->site = w->p10 / fmaxf(w->p95, 1) - 0.25f * look->duty;
    look->slope = ranks_at(&f->lasting_slope, 0.5f);
}

bool features_push(struct features *f, float mmhg, struct features_look *out) {
    take(f, mmhg, block_now(f));
    clip_push(&f->clip, mmhg);
    f->count++;
    if ((double)f->count < step_s * (f->steps + 1) * (double)f->rate_hz)
        return false;
    *out = (struct features_look){.end = f->count, .steps = f->steps + 1};
    out->cut = clip_cuts(&f->clip);
    look_short(f, out);
    look_long(f, out);
    f->steps++;
    block_clear(block_now(f));
    return true;
}
