#include "dsp/finder.h"
#include <assert.h>
#include <math.h>

enum { DECIDE_EVERY = 4 };
static const float likely_share = 0.5f, wedge_decided_s = 1.5f, clock_believed_s = 5;
static const float likely_confidence = 0.3f;

void finder_init(struct finder *f, float rate_hz, float least_mmhg, bool two_humped) {
    f->rate_hz = rate_hz;
    f->two_humped = two_humped;
    period_init(&f->period, rate_hz, two_humped);
    rises_init(&f->rises, rate_hz, least_mmhg);
    finder_reset(f);
}

void finder_reset(struct finder *f) {
    f->smoother = (struct smoother){0};
    period_reset(&f->period);
    rises_reset(&f->rises);
    beats_reset(&f->beats);
    f->count = 0;
    f->kept_period_s = f->kept_confidence = 0;
    f->wedge_left = 0;
    f->clock_period_s = f->clock_confidence = 0;
    f->clock_left = 0;
    f->due = f->likely_known = false;
    f->likely = (struct pulse){0};
}

static double true_time(const struct finder *f, int64_t sample) {
    return (double)sample - (double)smoother_delay(&f->smoother);
}

static void note_likely(struct finder *f, const struct rise *rise) {
    double at = true_time(f, rise->half);
    double since = f->beats.rooted ? at - f->beats.root.at : 1e9;
    if (rise->height_mmhg < likely_share * f->rises.usual_mmhg ||
        since < 0.5 * (double)(f->period.period_s * f->rate_hz))
        return;
    f->likely_known = true;
    f->likely = (struct pulse){at, rise->low};
}

void finder_wedge(struct finder *f, bool begins) {
    if (begins && f->kept_period_s <= 0) {
        f->kept_period_s = f->period.period_s;
        f->kept_confidence = f->period.confidence;
    }
    bool on = f->kept_period_s > 0;
    f->wedge_left = begins || !on ? 0 : (int32_t)(wedge_decided_s * f->rate_hz);
}

static void leave_wedge(struct finder *f) {
    f->period.period_s = f->kept_period_s;
    f->period.confidence = f->kept_confidence;
    f->kept_period_s = f->kept_confidence = 0;
}

void finder_clock(struct finder *f, float period_s, float confidence) {
    assert(period_s > 0);
    f->clock_period_s = period_s;
    f->clock_confidence = confidence;
    f->clock_left = (int32_t)(clock_believed_s * f->rate_hz);
}

static float period_now(const struct finder *f, float *confidence) {
    bool wedge = f->kept_period_s > 0, two_humped = f->two_humped || wedge;
    bool clock = two_humped && f->clock_left > 0;
    *confidence = clock ? f->clock_confidence : wedge ? f->kept_confidence : f->period.confidence;
    return clock ? f->clock_period_s : wedge ? f->kept_period_s : f->period.period_s;
}

void finder_push(struct finder *f, float mmhg) {
    assert(!isnan(mmhg));
    float confidence, period_s = period_now(f, &confidence);
    float smooth = smoother_push(&f->smoother, mmhg, period_s * f->rate_hz);
    f->clock_left -= f->clock_left > 0;
    period_push(&f->period, mmhg);
    struct rise rise;
    if (rises_push(&f->rises, smooth, &rise)) {
        note_likely(f, &rise);
        beats_offer(&f->beats, true_time(f, rise.half), &rise);
    } else if (rises_open(&f->rises, &rise)) {
        note_likely(f, &rise);
    }
    if (f->wedge_left > 0 && --f->wedge_left == 0)
        leave_wedge(f);
    f->due = ++f->count % DECIDE_EVERY == 0;
}

static struct beats_clock clock_of(const struct finder *f) {
    float confidence, period_s = period_now(f, &confidence);
    return (struct beats_clock){
        .now = true_time(f, f->count - 1),
        .period = (double)(period_s * f->rate_hz),
        .rate_hz = (double)f->rate_hz,
        .confidence = confidence,
        .two_humped = f->two_humped || f->kept_period_s > 0,
        .usual_mmhg = f->rises.usual_mmhg,
    };
}

bool finder_next(struct finder *f, struct pulse *out) {
    if (!f->due)
        return false;
    struct beats_clock clock = clock_of(f);
    struct rise rise;
    if (rises_open(&f->rises, &rise))
        beats_offer_open(&f->beats, true_time(f, rise.half), &rise);
    bool found = beats_decide(&f->beats, &clock, out);
    beats_take_back(&f->beats);
    f->due = found;
    return found;
}

bool finder_doubtful(const struct finder *f) {
    bool unsure = f->period.doubtful || f->period.confidence < likely_confidence;
    return f->two_humped && f->clock_left <= 0 && unsure;
}

bool finder_likely(const struct finder *f, struct pulse *out) {
    *out = f->likely;
    return f->likely_known;
}
