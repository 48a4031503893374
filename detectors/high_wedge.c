/* high_wedge - a wedge mean lies above the limit, whatever it was before: the plain level beside
 * rising_wedge. Of measurements only: a suggested wedge value is one that a person is asked to
 * confirm. A pulmonary diastolic is never taken for a wedge. */
#include "detectors/detector.h"
#include "proto/quantity.h"

static const double release_mmhg = 1;

struct high_wedge_state {
    struct detector_config config; /* kept by reset */
    bool raised;
    uint64_t since_tick;
};
_Static_assert(sizeof(struct high_wedge_state) <= DETECTOR_STATE_BYTES, "fits its slot");

static void high_wedge_reset(void *state) {
    detector_forget(state, sizeof(struct high_wedge_state));
}

static void high_wedge_init(void *state, const struct detector_config *config) {
    struct high_wedge_state *s = state;
    s->config = *config;
    high_wedge_reset(s);
}

static bool high_wedge_push(void *state, const struct detector_input *in, struct event *out) {
    struct high_wedge_state *s = state;
    const struct event *event = in->event;
    double mmhg;
    if (event == NULL || event->kind != EVENT_MEASUREMENT || event->site != SITE_PCW)
        return false;
    uint32_t quantity = QUANTITY_MEAN_ENDEXP;
    if (!event_value(event, quantity, &mmhg) &&
        !event_value(event, quantity = QUANTITY_MEAN, &mmhg))
        return false;
    double limit_mmhg = (double)in->rules->wedge_high_mmhg;
    bool high = s->raised ? mmhg > limit_mmhg - release_mmhg : mmhg > limit_mmhg;
    if (high == s->raised)
        return false;
    if (high)
        s->since_tick = event->from_tick;
    s->raised = high;
    out->kind = EVENT_HIGH_WEDGE;
    out->state = high ? EVENT_RAISED : EVENT_RECOVERED;
    out->site = event->site;
    out->channel = event->channel;
    out->tick = out->to_tick = event->to_tick;
    out->from_tick = s->since_tick;
    out->from_value = limit_mmhg;
    out->to_value = mmhg;
    out->quality = event->quality;
    out->method = METHOD_COMPARE;
    out->beats_count = event->beats_count;
    memcpy(out->beats, event->beats, sizeof out->beats);
    event_add_value(out, quantity, mmhg, 0);
    return true;
}

const struct detector_class high_wedge_class = {
    .name = "high_wedge",
    .what = "a wedge mean above the limit",
    .state_bytes = sizeof(struct high_wedge_state),
    .init = high_wedge_init,
    .push = high_wedge_push,
    .reset = high_wedge_reset,
};
