/* wrong_label - the trace has looked like another site than its label for some time, or two lines
 * have changed places (exchange.h): look at the label. Values of it move nothing meanwhile
 * (report.c).
 *
 * A right ventricle that was seen to fill at the atrium's pressure is not called a pulmonary
 * artery: where all diastolics are alike (tamponade, constriction), its trace has that shape, and
 * the diastolic at the atrium's mean speaks for the label. That is held back. */
#include "detectors/stay.h"
#include "proto/quantity.h"
#include "proto/stream.h"

struct wrong_label_state {
    struct detector_config config; /* kept by reset */
    struct stay stay;
    double atrium_mmhg, diastolic_mmhg; /* followed, of the atrium and of this site; 0: not seen */
    bool alike, held;
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

static const double follow_share = 0.2, alike_mmhg = 3;

static void hear(struct wrong_label_state *s, const struct event *event) {
    if (event->kind == EVENT_MARKED && event->from_value == (double)MARK_SITE)
        s->diastolic_mmhg = 0; /* of another site */
    if (event->kind == EVENT_BEAT && event->site == SITE_RA)
        detector_follow(&s->atrium_mmhg, follow_share, event, QUANTITY_MEAN);
    if (event->kind == EVENT_BEAT && event->site == SITE_RV)
        detector_follow(&s->diastolic_mmhg, follow_share, event, QUANTITY_DIASTOLIC);
    if (event->kind != EVENT_WRONG_SITE || event->state != EVENT_BEGAN)
        return;
    s->held = false;
    s->alike = event->site == SITE_RV && event->to_value == (double)SITE_PA &&
               s->atrium_mmhg > 0 && s->diastolic_mmhg > 0 &&
               s->diastolic_mmhg - s->atrium_mmhg <= alike_mmhg;
}

static bool hold_back(struct wrong_label_state *s, struct event *out) {
    if (s->held)
        return false;
    s->held = true;
    out->kind = EVENT_HELD_BACK;
    out->state = EVENT_STATE_NONE;
    out->from_value = EVENT_WRONG_LABEL;
    out->clears_s = 0;
    return true;
}

static bool wrong_label_push(void *state, const struct detector_input *in, struct event *out) {
    struct wrong_label_state *s = state;
    struct stay_limits limits = {s->config.base_rate_hz, (double)in->rules->wrong_label_s};
    enum stay_change change = stay_clock(&s->stay, in->now_tick, &limits);
    stay_hear(&s->stay, in->event, EVENT_WRONG_SITE);
    if (in->event != NULL)
        hear(s, in->event);
    if (change == STAY_NOTHING)
        return false;
    stay_say(&s->stay, change, EVENT_WRONG_LABEL, &limits, out);
    if (change == STAY_RAISED && s->alike) {
        s->stay.raised = false;
        return hold_back(s, out);
    }
    return true;
}

const struct detector_class wrong_label_class = {
    .name = "wrong_label",
    .what = "the trace contradicts its label for some time",
    .state_bytes = sizeof(struct wrong_label_state),
    .init = wrong_label_init,
    .push = wrong_label_push,
    .reset = wrong_label_reset,
};
