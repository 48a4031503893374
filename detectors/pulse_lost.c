/* pulse_lost - no pulse on an arterial line while its mean falls: ventricular fibrillation,
 * asystole. Real until shown otherwise, so it is the one line state that raises an alarm and never
 * waits for good signal.
 *
 * What speaks otherwise: the line had trouble (zeroed, flushed, damped) and no sound run of pulses
 * since. Then the loss is the line's unless the mean falls far (doubtful_share); what is held
 * back is said once, with the state that spoke against it. And a mean that held for long without a
 * pulse, or that went below what an artery without a heart still shows, is not of a heart: air or a
 * cable, whose own state follows within seconds. */
#include "detectors/detector.h"
#include "proto/quantity.h"

struct pulse_lost_state {
    struct detector_config config; /* kept by reset */
    uint32_t site, channel;
    bool pulseless, raised;
    uint64_t since_tick;
    uint64_t held_tick;      /* when the mean last stood where it was, without a pulse */
    double before_mmhg;      /* mean of the beats until the pulse was lost */
    double last_mmhg;        /* mean of the last second, or of the last beat */
    uint64_t usable_tick;    /* end of the last state that withheld values */
    uint64_t last_beat_tick; /* its end */
    uint32_t beats_since;    /* with a mean, since the pulse came back */
    uint32_t sound_beats;    /* with values, since the last state that withheld them */
    uint32_t trouble;        /* that state */
    bool doubtful, held;     /* this loss: by a troubled line; said so */
};
_Static_assert(sizeof(struct pulse_lost_state) <= DETECTOR_STATE_BYTES, "fits its slot");

enum { BEATS_TO_RECOVER = 3 };
static const double falls_share =
    0.8; /* a lost waveform keeps a believable mean, a lost pulse does not */
static const double falling_s = 2;      /* the mean has been below that share for so long */
static const double least_mmhg = 4;     /* vessels without a heart fill to 7 and more */

static void pulse_lost_reset(void *state) {
    detector_forget(state, sizeof(struct pulse_lost_state));
}

static void pulse_lost_init(void *state, const struct detector_config *config) {
    struct pulse_lost_state *s = state;
    s->config = *config;
    pulse_lost_reset(s);
}

/* The pulse was lost when the last beat ended, which is before the state could say so. */
static void pulse_state(struct pulse_lost_state *s, const struct event *event,
                        double sound_beats) {
    s->pulseless = event->state == EVENT_BEGAN;
    s->site = event->site;
    s->channel = event->channel;
    s->beats_since = 0;
    if (!s->pulseless || s->raised)
        return;
    s->doubtful = s->trouble != 0 && (double)s->sound_beats < sound_beats;
    s->held = false;
    uint64_t seen_tick = s->last_beat_tick > s->usable_tick ? s->last_beat_tick : s->usable_tick;
    s->since_tick = seen_tick == 0 || seen_tick > event->tick ? event->tick : seen_tick;
}

static void line_trouble(struct pulse_lost_state *s, const struct event *event) {
    if (event->state == EVENT_ENDED)
        s->usable_tick = event->tick;
    s->sound_beats = 0;
    s->trouble = event->kind;
}

/* Without a beat before it there is nothing that it could have fallen from. */
static bool falls(const struct pulse_lost_state *s, double share) {
    return s->before_mmhg <= 0 || s->last_mmhg < share * s->before_mmhg;
}

static void hear(struct pulse_lost_state *s, const struct event *event,
                 const struct rules *rules) {
    double mean_mmhg;
    if (event->kind == EVENT_NO_PULSE)
        pulse_state(s, event, (double)rules->pulse_sound_beats);
    if (event_withholds(event->kind) && event->kind != EVENT_LEARNING)
        line_trouble(s, event);
    if (event->kind == EVENT_READING && s->pulseless &&
        event_value(event, QUANTITY_MEAN, &s->last_mmhg) && !falls(s, falls_share))
        s->held_tick = event->tick;
    if (event->kind != EVENT_BEAT || !event_value(event, QUANTITY_MEAN, &mean_mmhg))
        return;
    s->last_beat_tick = event->to_tick;
    if (s->pulseless)
        return;
    s->beats_since++;
    s->sound_beats += event->left_out_count == 0 ? 1 : 0;
    s->last_mmhg = mean_mmhg;
    if (!s->raised)
        s->before_mmhg = s->before_mmhg > 0 ? 0.9 * s->before_mmhg + 0.1 * mean_mmhg : mean_mmhg;
}

static bool hold_back(struct pulse_lost_state *s, uint64_t now_tick, struct event *out) {
    if (s->held)
        return false;
    s->held = true;
    out->kind = EVENT_HELD_BACK;
    out->site = s->site;
    out->channel = s->channel;
    out->tick = out->to_tick = now_tick;
    out->from_tick = s->since_tick;
    out->from_value = EVENT_PULSE_LOST;
    out->to_value = s->trouble;
    out->quality = 1;
    return true;
}

static bool say(const struct pulse_lost_state *s, uint32_t state, uint64_t now_tick,
                struct event *out) {
    out->kind = EVENT_PULSE_LOST;
    out->state = state;
    out->site = s->site;
    out->channel = s->channel;
    out->tick = out->to_tick = now_tick;
    out->from_tick = s->since_tick;
    out->from_value = s->before_mmhg;
    out->to_value = s->last_mmhg;
    out->quality = 1;
    out->method = METHOD_TREND;
    detector_clears(out, BEATS_TO_RECOVER, 0);
    return true;
}

static bool pulse_lost_push(void *state, const struct detector_input *in, struct event *out) {
    struct pulse_lost_state *s = state;
    if (in->event != NULL)
        hear(s, in->event, in->rules);
    double lost_s = (double)(in->now_tick - s->since_tick) / s->config.base_rate_hz;
    double fell_s = (double)(in->now_tick - s->held_tick) / s->config.base_rate_hz;
    bool long_lost = lost_s >= (double)in->rules->pulse_lost_s && fell_s >= falling_s;
    if (!s->raised && s->pulseless && falls(s, falls_share) && long_lost &&
        s->last_mmhg >= least_mmhg) {
        if (s->doubtful && !falls(s, (double)in->rules->pulse_doubtful_share))
            return hold_back(s, in->now_tick, out);
        s->raised = true;
        return say(s, EVENT_RAISED, in->now_tick, out);
    }
    if (s->raised && !s->pulseless && s->beats_since >= BEATS_TO_RECOVER) {
        s->raised = false;
        return say(s, EVENT_RECOVERED, in->now_tick, out);
    }
    return false;
}

const struct detector_class pulse_lost_class = {
    .name = "pulse_lost",
    .what = "no pulse on an arterial line while its mean falls",
    .state_bytes = sizeof(struct pulse_lost_state),
    .init = pulse_lost_init,
    .push = pulse_lost_push,
    .reset = pulse_lost_reset,
};
