/* high_wedge - a wedge mean lies above the limit, whatever it was before: the plain level beside
 * rising_wedge. Of measurements only: a suggested wedge value is one that a person is asked to
 * confirm. A pulmonary diastolic is never taken for a wedge; but no wedge lies far above it: that
 * is a balloon that blocks the tip, and is held back. So is one above the pulmonary diastolic in a
 * patient whose pulmonary mean lies more than 12 mmHg above the wedge: vessels that narrow (a
 * transpulmonary gradient above 12, the usual limit, from memory) leave a gradient in diastole too,
 * and what lifts a true wedge above the diastolic, a v wave, lifts the pulmonary mean with it. */
#include "detectors/detector.h"
#include "proto/quantity.h"

static const double release_mmhg = 1, above_pa_mmhg = 5, follow_share = 0.1,
                    narrow_mmhg = 12;

struct high_wedge_state {
    struct detector_config config; /* kept by reset */
    bool raised;
    double pa_diastolic_mmhg, pa_mean_mmhg; /* followed over ten beats or so; 0: none was seen */
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

static bool say(const struct high_wedge_state *s, const struct event *event, double limit_mmhg,
                double mmhg, struct event *out) {
    out->kind = EVENT_HIGH_WEDGE;
    out->state = s->raised ? EVENT_RAISED : EVENT_RECOVERED;
    detector_clears(out, limit_mmhg - release_mmhg, 0);
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
    return true;
}

static bool blocks(const struct high_wedge_state *s, double wedge_mmhg) {
    double above_mmhg = wedge_mmhg - s->pa_diastolic_mmhg;
    return s->pa_diastolic_mmhg > 0 &&
           (above_mmhg > above_pa_mmhg ||
            (above_mmhg > 0 && s->pa_mean_mmhg - wedge_mmhg > narrow_mmhg));
}

static bool high_wedge_push(void *state, const struct detector_input *in, struct event *out) {
    struct high_wedge_state *s = state;
    const struct event *event = in->event;
    double mmhg;
    if (event != NULL && event->kind == EVENT_BEAT && event->site == SITE_PA) {
        detector_follow(&s->pa_diastolic_mmhg, follow_share, event, QUANTITY_DIASTOLIC);
        detector_follow(&s->pa_mean_mmhg, follow_share, event, QUANTITY_MEAN);
    }
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
    if (high && blocks(s, mmhg)) {
        say(s, event, EVENT_HIGH_WEDGE, EVENT_OVERWEDGED, out);
        out->kind = EVENT_HELD_BACK;
        out->state = EVENT_STATE_NONE;
        return true;
    }
    s->raised = high;
    event_add_value(out, quantity, mmhg, 0);
    return say(s, event, limit_mmhg, mmhg, out);
}

const struct detector_class high_wedge_class = {
    .name = "high_wedge",
    .what = "a wedge mean above the limit",
    .state_bytes = sizeof(struct high_wedge_state),
    .init = high_wedge_init,
    .push = high_wedge_push,
    .reset = high_wedge_reset,
};
