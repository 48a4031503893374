/* wrong_label - the trace has looked like another site than its label for some time, or two lines
 * have changed places (exchange.h): look at the label. Values of it move nothing meanwhile
 * (report.c). */
#include "detectors/stay.h"

struct wrong_label_state {
    struct detector_config config; /* kept by reset */
    struct stay stay;
};
_Static_assert(sizeof(struct wrong_label_state) <= DETECTOR_STATE_BYTES, "fits its slot");

static void wrong_label_reset(void *state) {
    detector_forget(state, sizeof(struct wrong_label_state));
}

static void wrong_label_init(void *state, const struct detector_config *config) {
    struct wrong_label_state *s = state;
    s->config = *config;
    wrong_label_reset(s);
}

static bool wrong_label_push(void *state, const struct detector_input *in, struct event *out) {
    struct wrong_label_state *s = state;
    struct stay_limits limits = {s->config.base_rate_hz, (double)in->rules->wrong_label_s};
    enum stay_change change = stay_clock(&s->stay, in->now_tick, &limits);
    stay_hear(&s->stay, in->event, EVENT_WRONG_SITE);
    return change != STAY_NOTHING && stay_say(&s->stay, change, EVENT_WRONG_LABEL, &limits, out);
}

const struct detector_class wrong_label_class = {
    .name = "wrong_label",
    .what = "the trace contradicts its label for some time",
    .state_bytes = sizeof(struct wrong_label_state),
    .init = wrong_label_init,
    .push = wrong_label_push,
    .reset = wrong_label_reset,
};
