/* low_bp - mean arterial pressure below a threshold for a minute of good signal: the plain baseline
 * that falling_bp is compared with. */
#include "detectors/detector.h"
#include "detectors/trend.h"
#include "proto/quantity.h"
#include "proto/stream.h"
#include <math.h>
#include <string.h>

enum { BEATS = 5 };
static const double release_mmhg = 5,
                    release_s = 10; /* hysteresis: above the threshold so far, so long */

struct low_bp_state {
    struct detector_config config; /* kept by reset */
    uint32_t count;
    float means_mmhg[BEATS]; /* the newest at [(count - 1) % BEATS] */
    double low_s, high_s;    /* of good beats, without a break on the other side */
    double least_mmhg;
    uint64_t since_tick;
    struct evidence evidence;
    bool raised;
};
_Static_assert(sizeof(struct low_bp_state) <= DETECTOR_STATE_BYTES, "fits its slot");

static void low_bp_reset(void *state) {
    detector_forget(state, sizeof(struct low_bp_state));
}

static void low_bp_init(void *state, const struct detector_config *config) {
    struct low_bp_state *s = state;
    s->config = *config;
    low_bp_reset(s);
}

static double level(const struct low_bp_state *s) {
    float sorted[BEATS];
    memcpy(sorted, s->means_mmhg, sizeof sorted);
    return trend_median(sorted, s->count < BEATS ? s->count : BEATS);
}

/* Time counts in beats, so that a break in the signal neither hides nor lengthens a low pressure.
 */
static void count_time(struct low_bp_state *s, const struct event *beat, double mmhg,
                       double low_mmhg) {
    double beat_s = (double)(beat->to_tick - beat->from_tick) / s->config.base_rate_hz;
    if (mmhg < low_mmhg) {
        if (s->low_s <= 0)
            s->since_tick = beat->tick;
        s->low_s += beat_s;
    } else if (!s->raised) {
        s->low_s = 0;
    }
    s->high_s = mmhg > low_mmhg + release_mmhg ? s->high_s + beat_s : 0;
}

static bool say(struct low_bp_state *s, const struct detector_input *in, uint32_t state,
                double mmhg, struct event *out) {
    const struct event *beat = in->event;
    out->kind = EVENT_LOW_BP;
    out->state = state;
    out->site = beat->site;
    out->channel = beat->channel;
    out->tick = out->to_tick = beat->tick;
    out->from_tick = s->since_tick;
    out->to_value = mmhg;
    out->quality = beat->quality;
    out->method = METHOD_TREND;
    event_add_value(out, QUANTITY_MEAN, mmhg, 0);
    detector_clears(out, (double)in->rules->low_mean_mmhg + release_mmhg, release_s);
    return true;
}

/* The beats of the minute were none. */
static bool withdraw(struct low_bp_state *s, const struct detector_input *in, struct event *out) {
    if (!s->raised || !evidence_withdrawn(&s->evidence, in->event))
        return false;
    say(s, in, EVENT_RETRACTED, level(s), out);
    low_bp_reset(s);
    return true;
}

static bool low_bp_push(void *state, const struct detector_input *in, struct event *out) {
    struct low_bp_state *s = state;
    double mean_mmhg;
    if (in->event != NULL && in->event->kind == EVENT_MARKED &&
        in->event->from_value == (double)MARK_SITE && !s->raised)
        low_bp_reset(s);
    if (in->event != NULL && in->event->kind == EVENT_WITHDRAWN)
        return withdraw(s, in, out);
    if (in->event == NULL || in->event->kind != EVENT_BEAT || in->event->left_out_count > 0 ||
        !event_value(in->event, QUANTITY_MEAN, &mean_mmhg))
        return false;
    s->means_mmhg[s->count++ % BEATS] = (float)mean_mmhg;
    double mmhg = level(s);
    count_time(s, in->event, mmhg, (double)in->rules->low_mean_mmhg);
    bool was = s->raised;
    if (!s->raised && s->low_s >= (double)in->rules->low_hold_s)
        s->raised = true;
    else if (s->raised && s->high_s >= release_s)
        s->raised = false;
    if (was == s->raised)
        return false;
    if (was)
        s->low_s = 0;
    s->evidence = evidence_of(s->since_tick, in->event->to_tick);
    return say(s, in, s->raised ? EVENT_RAISED : EVENT_RECOVERED, mmhg, out);
}

const struct detector_class low_bp_class = {
    .name = "low_bp",
    .what = "mean arterial pressure below the threshold for a minute",
    .on_beats = true,
    .state_bytes = sizeof(struct low_bp_state),
    .init = low_bp_init,
    .push = low_bp_push,
    .reset = low_bp_reset,
};
