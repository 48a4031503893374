#include "detectors/pullback.h"
#include "detectors/pair.h"
#include "detectors/trend.h"
#include "dsp/gradient.h"
#include "proto/quantity.h"
#include <math.h>
#include <string.h>

enum { BEATS = 5, BEATS_LEAST = 3, TRIES = 12, OF_PULLBACK = 20 };
static const double interval_share = 0.05, beat_share = 0.75, before_foot_s = 0.02;
static const double artery_lead_s = 0.14, unmarked_s = 2, marked_within_s = 30;

static double base(const struct report_call *call) {
    return call->room->base_rate_hz;
}

static double length_s(const struct report_call *call, const struct line_beat *beat) {
    return (double)(beat->next_tick - beat->foot_tick) / base(call);
}

void pullback_marked(struct report_call *call, const struct line *line, bool begins) {
    struct pullback *p = &call->room->pullback;
    if (!begins || line->site != SITE_LV)
        return;
    p->marked = true;
    p->channel = line->index;
    p->marked_tick = call->now_tick;
}

/* The mean of the trace about the feet of these beats, PULLBACK_POINTS at most. */
static bool keep_trace(struct report_call *call, const struct line *line,
                       const struct line_beat *const beats[BEATS], uint32_t count) {
    struct pullback *p = &call->room->pullback;
    double step = base(call) / PAIR_RATE_HZ;
    p->points = (uint32_t)fmin(PULLBACK_POINTS, beat_share * p->interval_s * PAIR_RATE_HZ);
    for (uint32_t i = 0; i < p->points; i++) {
        double sum = 0;
        for (uint32_t k = 0; k < count; k++)
            sum += (double)line_at(line, (double)beats[k]->foot_tick -
                                             before_foot_s * base(call) + i * step);
        if (!isfinite(sum))
            return false;
        p->trace[i] = (float)(sum / count);
    }
    return p->points > 0;
}

void pullback_leave(struct report_call *call, const struct line *line, uint32_t site) {
    struct pullback *p = &call->room->pullback;
    bool left = line->site == SITE_LV && (site == SITE_AO || site == SITE_ART);
    bool advanced = line->site == SITE_RV && site == SITE_PA;
    bool right = advanced || (line->site == SITE_PA && site == SITE_RV);
    bool marked = p->marked && p->channel == line->index &&
                  (double)(call->now_tick - p->marked_tick) <= marked_within_s * base(call);
    double until = marked ? (double)p->marked_tick
                          : (double)call->now_tick - unmarked_s * base(call);
    const struct line_beat *beats[BEATS];
    uint32_t count = 0;
    *p = (struct pullback){.channel = line->index, .right = right, .advanced = advanced};
    for (uint32_t i = line->beats_count; i > 0 && (left || right) && count < BEATS; i--) {
        const struct line_beat *beat = &line->beats[i - 1];
        if ((double)beat->next_tick > until || !line_beat_good(beat))
            continue;
        p->ventricle[count] = beat->values[LINE_SYSTOLIC];
        p->feet[count] = beat->foot_tick;
        p->interval_s += length_s(call, beat);
        beats[count++] = beat;
    }
    if (count < BEATS_LEAST)
        return;
    p->interval_s /= count;
    p->from_tick = beats[count - 1]->foot_tick;
    p->ventricle_count = count;
    /* The trace is kept for five seconds: of the newest beats only. */
    uint32_t recent = 0;
    while (recent < count && (double)(call->now_tick - beats[recent]->foot_tick) < 4.5 * base(call))
        recent++;
    p->waits = true;
    if (right || recent == 0 || !keep_trace(call, line, beats, recent))
        p->points = 0;
}

/* Lays a beat of the artery over the kept one. */
static bool lay_over(struct report_call *call, const struct line *line,
                     const struct line_beat *beat, struct gradient *out) {
    const struct pullback *p = &call->room->pullback;
    float artery[PULLBACK_POINTS];
    double step = base(call) / PAIR_RATE_HZ, lag_s = 0;
    double from = (double)beat->foot_tick - artery_lead_s * base(call);
    if (p->points == 0 || fabs(length_s(call, beat) / p->interval_s - 1) > interval_share)
        return false;
    struct gradient_pair pair = {p->trace, artery, (int)p->points, PAIR_RATE_HZ};
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < p->points; i++)
            artery[i] = line_at(line, from + lag_s * base(call) + i * step);
        if (pass == 0 && gradient_opening_lag(&pair, &lag_s) != HEMO_OK)
            return false;
    }
    return gradient_find(&pair, out) == HEMO_OK;
}

static void add_mean(struct event *event, uint32_t quantity, const float *values, uint32_t count) {
    double sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += (double)values[i];
    event_add_value(event, quantity, sum / count, trend_spread(values, count));
}

static void say(struct report_call *call, const struct line *line, uint64_t to_tick) {
    struct pullback *p = &call->room->pullback;
    double lv = 0, ao = 0;
    struct event event = report_new(call, line, EVENT_MEASUREMENT, to_tick);
    event.state = EVENT_SUGGESTED;
    event.method = METHOD_PULLBACK;
    event.ordinal |= OF_PULLBACK << 16;
    event.from_tick = p->from_tick;
    for (uint32_t i = p->ventricle_count; i > 0; i--) {
        event.beats[event.beats_count++] = p->feet[i - 1];
        lv += (double)p->ventricle[i - 1] / p->ventricle_count;
    }
    for (uint32_t i = 0; i < p->artery_count; i++) {
        event.beats[event.beats_count++] = p->artery_feet[i];
        ao += (double)p->artery[i] / p->artery_count;
    }
    double spread = hypot(trend_spread(p->ventricle, p->ventricle_count),
                          trend_spread(p->artery, p->artery_count));
    uint32_t quantity = p->right ? QUANTITY_PV_P2P : QUANTITY_AV_P2P;
    double across = p->right && !p->advanced ? ao - lv : lv - ao;
    event_add_value(&event, quantity, across, spread);
    if (p->laid >= BEATS_LEAST) {
        add_mean(&event, QUANTITY_AV_MEAN, p->mean, p->laid);
        add_mean(&event, QUANTITY_AV_PEAK, p->peak, p->laid);
        add_mean(&event, QUANTITY_SEP, p->period, p->laid);
        event_add_value(&event, QUANTITY_RATE, 60 / p->interval_s, 0);
    }
    p->waits = false;
    if (call->room->begin.case_number != 0)
        report_send(call, &event);
}

void pullback_beat(struct report_call *call, const struct line *line,
                   const struct line_beat *beat) {
    struct pullback *p = &call->room->pullback;
    struct gradient g;
    if (!p->waits || p->channel != line->index || !line_beat_good(beat))
        return;
    p->tries++;
    if (p->artery_count < BEATS) {
        p->artery_feet[p->artery_count] = beat->foot_tick;
        p->artery[p->artery_count++] = beat->values[LINE_SYSTOLIC];
    }
    if (lay_over(call, line, beat, &g)) {
        p->mean[p->laid] = (float)g.mean_mmhg;
        p->peak[p->laid] = (float)g.peak_mmhg;
        p->period[p->laid++] = (float)g.period_s;
    }
    bool enough = p->right ? p->artery_count == BEATS : p->laid == BEATS;
    if (enough || p->tries == TRIES)
        say(call, line, beat->next_tick);
}
