/* large_v - the v wave stands far above the mean, in a wedge or the left atrium. Medians of the
 * last beats that have both: half of them or more must show it. */
#include "detectors/detector.h"
#include "detectors/trend.h"
#include "proto/quantity.h"

enum { BEATS = 12, BEATS_LEAST = 6 };
static const double release_mmhg = 3;

struct large_v_state {
    struct detector_config config; /* kept by reset */
    bool raised;
    uint32_t count, site; /* count beats; the newest at [(count - 1) % BEATS] */
    float v_mmhg[BEATS], mean_mmhg[BEATS];
    uint64_t ticks[BEATS];
    uint64_t since_tick;
    struct evidence evidence;
};
_Static_assert(sizeof(struct large_v_state) <= DETECTOR_STATE_BYTES, "fits its slot");

static void large_v_reset(void *state) {
    detector_forget(state, sizeof(struct large_v_state));
}

static void large_v_init(void *state, const struct detector_config *config) {
    struct large_v_state *s = state;
    s->config = *config;
    large_v_reset(s);
}

static bool say(struct large_v_state *s, const struct detector_input *in, double mean, double v,
                struct event *out) {
    const struct event *beat = in->event;
    out->kind = EVENT_LARGE_V;
    out->state = s->raised ? EVENT_RAISED : EVENT_RECOVERED;
    out->site = beat->site;
    out->channel = beat->channel;
    out->tick = out->to_tick = beat->tick;
    uint32_t known = s->count < BEATS ? s->count : BEATS;
    if (s->raised)
        s->since_tick = s->ticks[(s->count - known) % BEATS];
    out->from_tick = s->since_tick;
    out->from_value = mean;
    out->to_value = v;
    out->quality = beat->quality;
    out->method = METHOD_MEDIAN_BEATS;
    for (uint32_t i = s->count - known; i < s->count; i++)
        out->beats[out->beats_count++] = s->ticks[i % BEATS];
    event_add_value(out, QUANTITY_V_WAVE, v, 0);
    event_add_value(out, QUANTITY_MEAN, mean, 0);
    detector_clears(out, (double)in->rules->large_v_mmhg - release_mmhg, 0);
    return true;
}

static double median_of(const float *values, uint32_t count) {
    float sorted[BEATS];
    memcpy(sorted, values, count * sizeof *values);
    return trend_median(sorted, count);
}

static bool withdraw(struct large_v_state *s, const struct detector_input *in, struct event *out) {
    uint32_t known = s->count < BEATS ? s->count : BEATS;
    if (!s->raised || !evidence_withdrawn(&s->evidence, in->event))
        return false;
    say(s, in, median_of(s->mean_mmhg, known), median_of(s->v_mmhg, known), out);
    out->state = EVENT_RETRACTED;
    out->clears_value = out->clears_s = 0;
    s->raised = false;
    s->count = 0;
    return true;
}

static bool large_v_push(void *state, const struct detector_input *in, struct event *out) {
    struct large_v_state *s = state;
    const struct event *event = in->event;
    double v, mean;
    if (event != NULL && event->kind == EVENT_WITHDRAWN)
        return withdraw(s, in, out);
    if (event == NULL || event->kind != EVENT_BEAT || event->left_out_count > 0 ||
        !event_value(event, QUANTITY_V_WAVE, &v) || !event_value(event, QUANTITY_MEAN, &mean))
        return false;
    if (event->site != s->site)
        s->count = 0;
    s->site = event->site;
    s->v_mmhg[s->count % BEATS] = (float)v;
    s->mean_mmhg[s->count % BEATS] = (float)mean;
    s->ticks[s->count++ % BEATS] = event->tick;
    uint32_t known = s->count < BEATS ? s->count : BEATS;
    if (known < BEATS_LEAST)
        return false;
    double v_mmhg = median_of(s->v_mmhg, known), mean_mmhg = median_of(s->mean_mmhg, known);
    double want_mmhg = (double)in->rules->large_v_mmhg - (s->raised ? release_mmhg : 0);
    bool large = v_mmhg - mean_mmhg >= want_mmhg;
    if (large == s->raised)
        return false;
    s->raised = large;
    s->evidence = evidence_of(s->ticks[(s->count - known) % BEATS], event->to_tick);
    return say(s, in, mean_mmhg, v_mmhg, out);
}

const struct detector_class large_v_class = {
    .name = "large_v",
    .what = "the v wave stands far above the mean",
    .on_beats = true,
    .state_bytes = sizeof(struct large_v_state),
    .init = large_v_init,
    .push = large_v_push,
    .reset = large_v_reset,
};
