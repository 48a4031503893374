/* falling_pulse - the arterial pulse pressure narrows and its mean falls too. Medians of 10 s of
 * good beats; the newest two against the median of what lay 300..60 s back. Where the mean holds,
 * a damped line looks just the same: that is held back, and said. */
#include "detectors/detector.h"
#include "detectors/trend.h"
#include "detectors/window.h"
#include "proto/quantity.h"
#include "proto/stream.h"
#include <math.h>

enum { STEPS = 30, RECENT = 6, BASELINE_LEAST = 3 }; /* of 10 s */
static const double step_s = 10, least_mmhg = 10, mean_share = 0.07, release_share = 0.5;

struct falling_pulse_state {
    struct detector_config config; /* kept by reset */
    struct window pulse, mean;
    uint32_t count; /* oldest first */
    float pulses_mmhg[STEPS], means_mmhg[STEPS];
    bool raised, held;
    double baseline_mmhg;
    uint64_t since_tick;
    struct evidence evidence;
};
_Static_assert(sizeof(struct falling_pulse_state) <= DETECTOR_STATE_BYTES, "fits its slot");

static void falling_pulse_reset(void *state) {
    detector_forget(state, sizeof(struct falling_pulse_state));
}

static void falling_pulse_init(void *state, const struct detector_config *config) {
    struct falling_pulse_state *s = state;
    s->config = *config;
    falling_pulse_reset(s);
}

static void append(struct falling_pulse_state *s) {
    if (s->count == STEPS) {
        memmove(s->pulses_mmhg, s->pulses_mmhg + 1, (STEPS - 1) * sizeof s->pulses_mmhg[0]);
        memmove(s->means_mmhg, s->means_mmhg + 1, (STEPS - 1) * sizeof s->means_mmhg[0]);
        s->count--;
    }
    s->pulses_mmhg[s->count] = (float)s->pulse.median;
    s->means_mmhg[s->count++] = (float)s->mean.median;
}

static double baseline(const float *steps, uint32_t count) {
    float sorted[STEPS];
    if (count < RECENT + BASELINE_LEAST)
        return NAN;
    memcpy(sorted, steps, sizeof sorted);
    return trend_median(sorted, count - RECENT);
}

static double clear_mmhg(const struct falling_pulse_state *s, const struct rules *rules) {
    return (1 - release_share * (double)rules->pulse_drop_share) * s->baseline_mmhg;
}

static bool say(const struct falling_pulse_state *s, const struct detector_input *in,
                uint32_t state, struct event *out) {
    const struct event *beat = in->event;
    out->kind = EVENT_FALLING_PULSE;
    out->state = state;
    out->site = beat->site;
    out->channel = beat->channel;
    out->tick = out->to_tick = s->pulse.median_to_tick;
    out->from_tick = s->since_tick;
    out->from_value = s->baseline_mmhg;
    out->to_value = s->pulse.median;
    out->quality = beat->quality;
    out->method = METHOD_TREND;
    event_add_value(out, QUANTITY_PULSE, out->to_value, 0);
    detector_clears(out, clear_mmhg(s, in->rules), 0);
    return true;
}

static bool hold_back(struct falling_pulse_state *s, const struct detector_input *in,
                      struct event *out) {
    if (s->held)
        return false;
    s->held = true;
    say(s, in, EVENT_STATE_NONE, out);
    out->kind = EVENT_HELD_BACK;
    out->from_value = EVENT_FALLING_PULSE;
    out->to_value = EVENT_DAMPED;
    return true;
}

static bool watch(struct falling_pulse_state *s, const struct detector_input *in,
                  struct event *out) {
    double pulse = baseline(s->pulses_mmhg, s->count), mean = baseline(s->means_mmhg, s->count);
    double far = fmax(least_mmhg, (double)in->rules->pulse_drop_share * pulse);
    uint32_t n = s->count;
    bool fell = isfinite(pulse) && pulse - (double)s->pulses_mmhg[n - 1] >= far &&
                pulse - (double)s->pulses_mmhg[n - 2] >= far;
    if (!fell) {
        s->held = false;
        return false;
    }
    s->baseline_mmhg = pulse;
    s->since_tick = s->pulse.median_from_tick;
    if (mean - s->mean.median < mean_share * mean)
        return hold_back(s, in, out);
    s->raised = true;
    s->evidence = evidence_of(s->pulse.median_from_tick, s->pulse.median_to_tick);
    return say(s, in, EVENT_RAISED, out);
}

static bool judge(struct falling_pulse_state *s, const struct detector_input *in,
                  struct event *out) {
    append(s);
    if (!s->raised)
        return watch(s, in, out);
    if (s->pulse.median < clear_mmhg(s, in->rules))
        return false;
    s->raised = s->held = false;
    return say(s, in, EVENT_RECOVERED, out);
}

static void break_off(struct falling_pulse_state *s) {
    window_break(&s->pulse);
    window_break(&s->mean);
}

static bool falling_pulse_push(void *state, const struct detector_input *in, struct event *out) {
    struct falling_pulse_state *s = state;
    const struct event *event = in->event;
    double systolic, diastolic, mean;
    if (event == NULL)
        return false;
    if (event->kind == EVENT_MARKED && event->from_value == (double)MARK_SITE && !s->raised)
        falling_pulse_reset(s);
    if (event->kind == EVENT_WITHDRAWN || event_withholds(event->kind))
        break_off(s);
    if (s->raised && evidence_withdrawn(&s->evidence, event)) {
        s->raised = s->held = false;
        return say(s, in, EVENT_RETRACTED, out);
    }
    if (event->kind != EVENT_BEAT || event->left_out_count > 0 ||
        !event_value(event, QUANTITY_SYSTOLIC, &systolic) ||
        !event_value(event, QUANTITY_DIASTOLIC, &diastolic) ||
        !event_value(event, QUANTITY_MEAN, &mean))
        return false;
    uint64_t ticks = (uint64_t)(step_s * s->config.base_rate_hz);
    struct window_point pulse = {event->tick, systolic - diastolic}, level = {event->tick, mean};
    bool closed = window_push(&s->pulse, &pulse, ticks);
    window_push(&s->mean, &level, ticks);
    return closed && judge(s, in, out);
}

const struct detector_class falling_pulse_class = {
    .name = "falling_pulse",
    .what = "the arterial pulse pressure narrows while its mean falls",
    .on_beats = true,
    .state_bytes = sizeof(struct falling_pulse_state),
    .init = falling_pulse_init,
    .push = falling_pulse_push,
    .reset = falling_pulse_reset,
};
