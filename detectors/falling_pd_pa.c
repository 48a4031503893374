/* falling_pd_pa - the mean pressure beyond the stenosis falls against the guide's. Medians of 10 s
 * of good beats of both lines; the ratio now against the first one of the same phase: hyperaemia
 * is a phase of its own, and falls by its nature. What falls at once is a wire that was moved (it
 * passed the stenosis, or was pulled back): the comparison begins anew, as it does when the wire
 * is equalised. A drift of the wire leaves the pulse: where Pd's has not lost at least half the
 * share that its mean has, against Pa's, that is held back, and said. */
#include "detectors/detector.h"
#include "detectors/window.h"
#include "proto/quantity.h"
#include "proto/stream.h"
#include <math.h>

enum { PHASES = PHASE_MAX + 1, HOLDS = 2 };
static const double window_s = 10, fresh_s = 25, at_once = 0.06, release = 0.04,
                    follow_share = 0.1, same_pulse_share = 0.5;

struct pd_pa_first {
    bool known;
    double ratio, pulse_ratio;
    uint64_t tick;
};

struct falling_pd_pa_state {
    struct detector_config config; /* kept by reset */
    struct window pd, pa;
    double pulses_mmhg[2]; /* of Pa, Pd: followed over about ten beats; 0: none */
    uint32_t channel, phase, holds, raised_phase;
    bool raised, held;
    double last_ratio; /* 0: none */
    struct pd_pa_first first[PHASES];
    struct evidence evidence;
};
_Static_assert(sizeof(struct falling_pd_pa_state) <= DETECTOR_STATE_BYTES, "fits its slot");

static void falling_pd_pa_reset(void *state) {
    detector_forget(state, sizeof(struct falling_pd_pa_state));
}

static void falling_pd_pa_init(void *state, const struct detector_config *config) {
    struct falling_pd_pa_state *s = state;
    s->config = *config;
    falling_pd_pa_reset(s);
}

/* What was compared with is no longer what the wire showed. A finding that runs keeps its own. */
static void begin_anew(struct falling_pd_pa_state *s) {
    struct pd_pa_first kept = s->first[s->raised_phase];
    memset(s->first, 0, sizeof s->first);
    if (s->raised)
        s->first[s->raised_phase] = kept;
    s->last_ratio = 0;
    s->holds = 0;
    s->held = false;
}

static bool say(const struct falling_pd_pa_state *s, const struct detector_input *in, double ratio,
                struct event *out) {
    const struct event *beat = in->event;
    const struct pd_pa_first *first = &s->first[s->phase];
    out->kind = EVENT_FALLING_PD_PA;
    out->state = s->raised ? EVENT_RAISED : EVENT_RECOVERED;
    out->site = beat->site;
    out->channel = beat->channel;
    out->tick = out->to_tick = s->pd.median_to_tick;
    out->from_tick = first->tick;
    out->from_value = first->ratio;
    out->to_value = ratio;
    out->quality = beat->quality;
    out->method = METHOD_COMPARE;
    detector_clears(out, first->ratio - (double)in->rules->pd_pa_drop + release, 0);
    return true;
}

static bool hold_back(struct falling_pd_pa_state *s, const struct detector_input *in,
                      double ratio, struct event *out) {
    if (s->held)
        return false;
    s->held = true;
    say(s, in, ratio, out);
    out->kind = EVENT_HELD_BACK;
    out->state = EVENT_STATE_NONE;
    out->from_value = EVENT_FALLING_PD_PA;
    out->to_value = EVENT_OFFSCALE; /* a shifted zero */
    return true;
}

static bool compare(struct falling_pd_pa_state *s, const struct detector_input *in, double ratio,
                    struct event *out) {
    struct pd_pa_first *first = &s->first[s->phase];
    double pulse_ratio = s->pulses_mmhg[1] / s->pulses_mmhg[0];
    if (!first->known)
        *first = (struct pd_pa_first){true, ratio, pulse_ratio, s->pd.median_from_tick};
    double fell = first->ratio - ratio, want = (double)in->rules->pd_pa_drop;
    if (s->raised) {
        bool over = s->phase == s->raised_phase && fell < want - release;
        s->raised = !over;
        return over && say(s, in, ratio, out);
    }
    s->holds = fell >= want && ratio <= (double)in->rules->pd_pa_level ? s->holds + 1 : 0;
    if (s->holds < HOLDS)
        return false;
    if (first->pulse_ratio - pulse_ratio < same_pulse_share * fell * first->pulse_ratio)
        return hold_back(s, in, ratio, out);
    s->raised = true;
    s->raised_phase = s->phase;
    s->evidence = evidence_of(s->pd.median_from_tick, s->pd.median_to_tick);
    return say(s, in, ratio, out);
}

static bool judge(struct falling_pd_pa_state *s, const struct detector_input *in,
                  struct event *out) {
    double age_s = ((double)s->pd.median_to_tick - (double)s->pa.median_to_tick) /
                   s->config.base_rate_hz;
    if (s->pa.median_to_tick == 0 || fabs(age_s) > fresh_s || !(s->pa.median > 0))
        return false;
    double ratio = s->pd.median / s->pa.median;
    bool jumped = s->last_ratio > 0 && fabs(ratio - s->last_ratio) >= at_once;
    if (jumped && !s->raised)
        begin_anew(s);
    s->last_ratio = ratio;
    return compare(s, in, ratio, out);
}

static void break_off(struct falling_pd_pa_state *s) {
    window_break(&s->pd);
    window_break(&s->pa);
}

static bool falling_pd_pa_push(void *state, const struct detector_input *in, struct event *out) {
    struct falling_pd_pa_state *s = state;
    const struct event *event = in->event;
    double mean, systolic, diastolic;
    if (event == NULL)
        return false;
    if (event->kind == EVENT_MARKED && event->from_value != (double)MARK_PHASE)
        begin_anew(s);
    if (event->kind == EVENT_WITHDRAWN || event_withholds(event->kind) || event->phase != s->phase)
        break_off(s);
    if (s->raised && evidence_withdrawn(&s->evidence, event)) {
        s->raised = false;
        say(s, in, s->last_ratio, out);
        out->state = EVENT_RETRACTED;
        return true;
    }
    if (event->phase != s->phase)
        s->last_ratio = s->holds = 0;
    s->phase = event->phase;
    if (event->kind != EVENT_BEAT || event->left_out_count > 0 ||
        !event_value(event, QUANTITY_MEAN, &mean) ||
        !event_value(event, QUANTITY_SYSTOLIC, &systolic) ||
        !event_value(event, QUANTITY_DIASTOLIC, &diastolic))
        return false;
    uint64_t ticks = (uint64_t)(window_s * s->config.base_rate_hz);
    struct window_point level = {event->tick, mean};
    bool wire = event->site == SITE_PD;
    double *pulse = &s->pulses_mmhg[wire];
    *pulse += (*pulse > 0 ? follow_share : 1) * (systolic - diastolic - *pulse);
    bool closed = window_push(wire ? &s->pd : &s->pa, &level, ticks);
    return wire && closed && judge(s, in, out);
}

const struct detector_class falling_pd_pa_class = {
    .name = "falling_pd_pa",
    .what = "the pressure beyond the stenosis falls against the guide's",
    .on_beats = true,
    .state_bytes = sizeof(struct falling_pd_pa_state),
    .init = falling_pd_pa_init,
    .push = falling_pd_pa_push,
    .reset = falling_pd_pa_reset,
};
