/* damped_line - the waveform has been damped for some time: flush the line. Of the guide catheter
 * guide_damped speaks, sooner. */
#include "detectors/stay.h"

struct damped_line_state {
    struct detector_config config; /* kept by reset */
    struct stay stay;
};
_Static_assert(sizeof(struct damped_line_state) <= DETECTOR_STATE_BYTES, "fits its slot");

static void damped_line_reset(void *state) {
    detector_forget(state, sizeof(struct damped_line_state));
}

static void damped_line_init(void *state, const struct detector_config *config) {
    struct damped_line_state *s = state;
    s->config = *config;
    damped_line_reset(s);
}

static bool damped_line_push(void *state, const struct detector_input *in, struct event *out) {
    struct damped_line_state *s = state;
    struct stay_limits limits = {s->config.base_rate_hz, (double)in->rules->damped_line_s};
    enum stay_change change = stay_clock(&s->stay, in->now_tick, &limits);
    stay_hear(&s->stay, in->event, EVENT_DAMPED);
    return change != STAY_NOTHING && stay_say(&s->stay, change, EVENT_DAMPED_LINE, &limits, out);
}

const struct detector_class damped_line_class = {
    .name = "damped_line",
    .what = "the waveform stays damped",
    .state_bytes = sizeof(struct damped_line_state),
    .init = damped_line_init,
    .push = damped_line_push,
    .reset = damped_line_reset,
};
