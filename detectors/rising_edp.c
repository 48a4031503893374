/* rising_edp - the end-diastolic pressure of the left ventricle stands above what it was. Like with
 * like: medians of half a minute of good beats, against the first such median of the same phase. A
 * premature beat or one breath moves no median. */
#include "detectors/detector.h"
#include "detectors/window.h"
#include "proto/quantity.h"
#include <assert.h>

enum { PHASES = PHASE_MAX + 1 };
static const double window_s = 30, release_mmhg = 2;

struct rising_edp_state {
    struct detector_config config; /* kept by reset */
    struct window window;
    bool known[PHASES], raised;
    double first_mmhg[PHASES];
    uint64_t first_tick[PHASES];
    uint32_t phase, raised_phase;
    struct evidence evidence;
    uint32_t beats_count;
    uint64_t beats[EVENT_BEATS_MAX]; /* of the newest */
};
_Static_assert(sizeof(struct rising_edp_state) <= DETECTOR_STATE_BYTES, "fits its slot");

static void rising_edp_reset(void *state) {
    detector_forget(state, sizeof(struct rising_edp_state));
}

static void rising_edp_init(void *state, const struct detector_config *config) {
    struct rising_edp_state *s = state;
    s->config = *config;
    rising_edp_reset(s);
}

static bool say(const struct rising_edp_state *s, const struct detector_input *in,
                uint32_t state, struct event *out) {
    const struct event *beat = in->event;
    out->kind = EVENT_RISING_EDP;
    out->state = state;
    out->site = beat->site;
    out->channel = beat->channel;
    out->tick = out->to_tick = s->window.median_to_tick;
    out->from_tick = s->first_tick[s->raised_phase];
    out->from_value = s->first_mmhg[s->raised_phase];
    out->to_value = s->window.median;
    out->quality = beat->quality;
    out->method = METHOD_COMPARE;
    out->beats_count = s->beats_count;
    memcpy(out->beats, s->beats, sizeof s->beats);
    event_add_value(out, QUANTITY_EDP, out->to_value, 0);
    detector_clears(out, out->from_value + (double)in->rules->edp_rise_mmhg - release_mmhg,
                    window_s);
    return true;
}

static bool judge(struct rising_edp_state *s, const struct detector_input *in, struct event *out) {
    uint32_t phase = s->phase;
    double mmhg = s->window.median;
    if (!s->known[phase]) {
        s->known[phase] = true;
        s->first_mmhg[phase] = mmhg;
        s->first_tick[phase] = s->window.median_from_tick;
        return false;
    }
    double rise_mmhg = mmhg - s->first_mmhg[phase], want_mmhg = (double)in->rules->edp_rise_mmhg;
    if (!s->raised && rise_mmhg >= want_mmhg && mmhg >= (double)in->rules->edp_level_mmhg) {
        s->raised = true;
        s->raised_phase = phase;
        s->evidence = evidence_of(s->window.median_from_tick, s->window.median_to_tick);
        return say(s, in, EVENT_RAISED, out);
    }
    if (s->raised && s->raised_phase == phase && rise_mmhg < want_mmhg - release_mmhg) {
        s->raised = false;
        return say(s, in, EVENT_RECOVERED, out);
    }
    return false;
}

static void remember(struct rising_edp_state *s, uint64_t tick) {
    if (s->beats_count == EVENT_BEATS_MAX) {
        memmove(s->beats, s->beats + 1, (EVENT_BEATS_MAX - 1) * sizeof s->beats[0]);
        s->beats_count--;
    }
    s->beats[s->beats_count++] = tick;
}

static bool rising_edp_push(void *state, const struct detector_input *in, struct event *out) {
    struct rising_edp_state *s = state;
    const struct event *event = in->event;
    double mmhg;
    if (event == NULL || event->site != SITE_LV)
        return false;
    if (event->kind == EVENT_WITHDRAWN || event_withholds(event->kind))
        window_break(&s->window);
    if (s->raised && evidence_withdrawn(&s->evidence, event)) {
        s->raised = false;
        return say(s, in, EVENT_RETRACTED, out);
    }
    if (event->kind != EVENT_BEAT || event->left_out_count > 0 ||
        !event_value(event, QUANTITY_EDP, &mmhg))
        return false;
    assert(event->phase < PHASES);
    if (event->phase != s->phase)
        window_break(&s->window);
    s->phase = event->phase;
    uint64_t ticks = (uint64_t)(window_s * s->config.base_rate_hz);
    bool closed = window_push(&s->window, &(struct window_point){event->tick, mmhg}, ticks);
    bool found = closed && judge(s, in, out);
    remember(s, event->tick);
    return found;
}

const struct detector_class rising_edp_class = {
    .name = "rising_edp",
    .what = "the end-diastolic pressure of the left ventricle rises",
    .on_beats = true,
    .state_bytes = sizeof(struct rising_edp_state),
    .init = rising_edp_init,
    .push = rising_edp_push,
    .reset = rising_edp_reset,
};
