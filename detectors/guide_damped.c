/* guide_damped - the pulse of the guide catheter is lost while its mean holds: the tip fills the
 * ostium, lies against a wall, or clots. For the operator, within seconds: an injection now is
 * dangerous. */
#include "detectors/stay.h"

struct guide_damped_state {
    struct detector_config config; /* kept by reset */
    struct stay stay;
};
_Static_assert(sizeof(struct guide_damped_state) <= DETECTOR_STATE_BYTES, "fits its slot");

static void guide_damped_reset(void *state) {
    detector_forget(state, sizeof(struct guide_damped_state));
}

static void guide_damped_init(void *state, const struct detector_config *config) {
    struct guide_damped_state *s = state;
    s->config = *config;
    guide_damped_reset(s);
}

static bool guide_damped_push(void *state, const struct detector_input *in, struct event *out) {
    struct guide_damped_state *s = state;
    struct stay_limits limits = {s->config.base_rate_hz, (double)in->rules->guide_damped_s};
    enum stay_change change = stay_clock(&s->stay, in->now_tick, &limits);
    stay_hear(&s->stay, in->event, EVENT_DAMPED);
    return change != STAY_NOTHING && stay_say(&s->stay, change, EVENT_GUIDE_DAMPED, &limits, out);
}

const struct detector_class guide_damped_class = {
    .name = "guide_damped",
    .what = "the pulse of the guide catheter is damped",
    .state_bytes = sizeof(struct guide_damped_state),
    .init = guide_damped_init,
    .push = guide_damped_push,
    .reset = guide_damped_reset,
};
