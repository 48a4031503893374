/* whipping - whip or motion spoils much of the trace: move the catheter, or damp it. Bursts of a
 * few seconds come and go and are no finding. */
#include "detectors/stay.h"

struct whipping_state {
    struct detector_config config; /* kept by reset */
    struct stay stay;
};
_Static_assert(sizeof(struct whipping_state) <= DETECTOR_STATE_BYTES, "fits its slot");

static void whipping_reset(void *state) {
    detector_forget(state, sizeof(struct whipping_state));
}

static void whipping_init(void *state, const struct detector_config *config) {
    struct whipping_state *s = state;
    s->config = *config;
    whipping_reset(s);
}

static bool whipping_push(void *state, const struct detector_input *in, struct event *out) {
    struct whipping_state *s = state;
    struct stay_limits limits = {s->config.base_rate_hz, (double)in->rules->whipping_s};
    enum stay_change change = stay_clock(&s->stay, in->now_tick, &limits);
    stay_hear(&s->stay, in->event, EVENT_MOTION);
    return change != STAY_NOTHING && stay_say(&s->stay, change, EVENT_WHIPPING, &limits, out);
}

const struct detector_class whipping_class = {
    .name = "whipping",
    .what = "whip or motion spoils much of the trace",
    .state_bytes = sizeof(struct whipping_state),
    .init = whipping_init,
    .push = whipping_push,
    .reset = whipping_reset,
};
