/* ventricularised - the guide's diastolic falls towards a ventricle's while its systolic holds: the
 * tip blocks the ostium, and what it shows is no aortic pressure any more. For the operator, within
 * seconds. Medians of 8 beats against the median of those 30 to 15 beats back. A falling aortic
 * pressure takes the systolic with it; a leak of the aortic valve looks the same and is worth the
 * same look. */
#include "detectors/detector.h"
#include "detectors/trend.h"
#include "proto/quantity.h"
#include "proto/stream.h"
#include <math.h>

enum { NOW = 6, BETWEEN = 10, BEFORE = 16, BEATS = NOW + BETWEEN + BEFORE };
static const double holds_share = 0.1, release_share = 0.5;
static const double apart_s = 10; /* beats further apart are not compared */

struct ventricularised_state {
    struct detector_config config; /* kept by reset */
    uint32_t count;                /* oldest first */
    float systolic_mmhg[BEATS], diastolic_mmhg[BEATS];
    uint64_t ticks[BEATS];
    bool raised;
    double before_mmhg; /* diastolic */
    uint64_t since_tick;
    struct evidence evidence;
};
_Static_assert(sizeof(struct ventricularised_state) <= DETECTOR_STATE_BYTES, "fits its slot");

static void ventricularised_reset(void *state) {
    detector_forget(state, sizeof(struct ventricularised_state));
}

static void ventricularised_init(void *state, const struct detector_config *config) {
    struct ventricularised_state *s = state;
    s->config = *config;
    ventricularised_reset(s);
}

static void keep(struct ventricularised_state *s, const struct event *beat, double systolic,
                 double diastolic) {
    double since_s = s->count == 0 ? 0
                                   : (double)(beat->tick - s->ticks[s->count - 1]) /
                                         s->config.base_rate_hz;
    if (since_s > apart_s && !s->raised)
        s->count = 0;
    if (s->count == BEATS) {
        memmove(s->systolic_mmhg, s->systolic_mmhg + 1, (BEATS - 1) * sizeof(float));
        memmove(s->diastolic_mmhg, s->diastolic_mmhg + 1, (BEATS - 1) * sizeof(float));
        memmove(s->ticks, s->ticks + 1, (BEATS - 1) * sizeof(uint64_t));
        s->count--;
    }
    s->ticks[s->count] = beat->tick;
    s->systolic_mmhg[s->count] = (float)systolic;
    s->diastolic_mmhg[s->count++] = (float)diastolic;
}

static double median(const float *values, uint32_t count) {
    float sorted[BEATS];
    memcpy(sorted, values, count * sizeof *values);
    return trend_median(sorted, count);
}

static double clear_mmhg(const struct ventricularised_state *s, const struct rules *rules) {
    return (1 - release_share * (double)rules->guide_drop_share) * s->before_mmhg;
}

static bool say(const struct ventricularised_state *s, const struct detector_input *in, double now,
                struct event *out) {
    const struct event *beat = in->event;
    out->kind = EVENT_VENTRICULARISED;
    out->state = s->raised ? EVENT_RAISED : EVENT_RECOVERED;
    out->site = beat->site;
    out->channel = beat->channel;
    out->tick = out->to_tick = beat->tick;
    out->from_tick = s->since_tick;
    out->from_value = s->before_mmhg;
    out->to_value = now;
    out->quality = beat->quality;
    out->method = METHOD_MEDIAN_BEATS;
    for (uint32_t i = s->count - NOW; i < s->count; i++)
        out->beats[out->beats_count++] = s->ticks[i];
    event_add_value(out, QUANTITY_DIASTOLIC, now, 0);
    detector_clears(out, clear_mmhg(s, in->rules), 0);
    return true;
}

static bool judge(struct ventricularised_state *s, const struct detector_input *in,
                  struct event *out) {
    double share = (double)in->rules->guide_drop_share;
    double now = median(s->diastolic_mmhg + s->count - NOW, NOW);
    if (s->raised) {
        if (now < clear_mmhg(s, in->rules))
            return false;
        s->raised = false;
        return say(s, in, now, out);
    }
    if (s->count < BEATS)
        return false;
    double before = median(s->diastolic_mmhg, BEFORE);
    double systolic = median(s->systolic_mmhg + s->count - NOW, NOW);
    double systolic_before = median(s->systolic_mmhg, BEFORE);
    if (before - now < share * before || systolic < (1 - holds_share) * systolic_before)
        return false;
    s->raised = true;
    s->before_mmhg = before;
    s->since_tick = s->ticks[s->count - NOW];
    s->evidence = evidence_of(s->since_tick, in->event->to_tick);
    return say(s, in, now, out);
}

static bool withdraw(struct ventricularised_state *s, const struct detector_input *in,
                     struct event *out) {
    if (!s->raised || !evidence_withdrawn(&s->evidence, in->event))
        return false;
    s->raised = false;
    say(s, in, median(s->diastolic_mmhg + s->count - NOW, NOW), out);
    out->state = EVENT_RETRACTED;
    s->count = 0;
    return true;
}

static bool ventricularised_push(void *state, const struct detector_input *in, struct event *out) {
    struct ventricularised_state *s = state;
    const struct event *event = in->event;
    double systolic, diastolic;
    if (event == NULL)
        return false;
    if (s->raised && event->kind == EVENT_WITHDRAWN)
        return withdraw(s, in, out);
    /* The tip slips in with a start that reads as motion: what stood before it is what counts. */
    bool moved = event->kind == EVENT_MARKED && event->from_value == (double)MARK_SITE;
    if (!s->raised && (moved || event->kind == EVENT_ZEROING))
        s->count = 0;
    while (event->kind == EVENT_WITHDRAWN && s->count > 0 &&
           s->ticks[s->count - 1] >= event->from_tick)
        s->count--;
    if (event->kind != EVENT_BEAT || event->left_out_count > 0 ||
        !event_value(event, QUANTITY_SYSTOLIC, &systolic) ||
        !event_value(event, QUANTITY_DIASTOLIC, &diastolic))
        return false;
    keep(s, event, systolic, diastolic);
    return s->count >= NOW && judge(s, in, out);
}

const struct detector_class ventricularised_class = {
    .name = "ventricularised",
    .what = "the guide's diastolic falls while its systolic holds",
    .on_beats = true,
    .state_bytes = sizeof(struct ventricularised_state),
    .init = ventricularised_init,
    .push = ventricularised_push,
    .reset = ventricularised_reset,
};
