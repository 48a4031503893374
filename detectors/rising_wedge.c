/* rising_wedge - a wedge mean stands above an earlier one. Like with like: measurements at PCW
 * only, of the same phase, mean_endexp against mean_endexp or mean against mean; a pulmonary
 * diastolic is never taken for a wedge. Where a line stays at PCW, the median reading of each
 * minute counts as one. */
#include "detectors/detector.h"
#include "detectors/trend.h"
#include "proto/quantity.h"
#include <assert.h>

enum { PHASES = PHASE_MAX + 1, KINDS = 2, READINGS_MAX = 128, READINGS_MIN = 8 };
static const double minute_s = 60, release_mmhg = 1;
static const uint32_t quantities[KINDS] = {QUANTITY_MEAN_ENDEXP, QUANTITY_MEAN};

struct wedge_first {
    bool known;
    double mmhg;
    uint64_t tick;
};

/* What one minute at PCW reads; several channels at PCW in one room are not mixed. */
struct wedge_minute {
    uint64_t from_tick;
    uint32_t channel, phase, count;
    float mmhg[READINGS_MAX];
};

struct wedge_value {
    uint32_t kind;
    double mmhg;
    uint64_t from_tick;
};

struct rising_wedge_state {
    struct detector_config config; /* kept by reset */
    struct wedge_first first[PHASES][KINDS];
    bool raised;
    uint32_t raised_phase, raised_kind;
    double raised_mmhg;
    struct wedge_minute minute;
    struct evidence evidence; /* the readings, or the measurement, that raised it */
};
_Static_assert(sizeof(struct rising_wedge_state) <= DETECTOR_STATE_BYTES, "fits its slot");

static void rising_wedge_reset(void *state) {
    detector_forget(state, sizeof(struct rising_wedge_state));
}

static void rising_wedge_init(void *state, const struct detector_config *config) {
    struct rising_wedge_state *s = state;
    s->config = *config;
    rising_wedge_reset(s);
}

static bool say(const struct wedge_first *first, const struct detector_input *in, double mmhg,
                struct event *out) {
    const struct event *event = in->event;
    out->kind = EVENT_RISING_WEDGE;
    out->site = event->site;
    out->channel = event->channel;
    out->tick = out->to_tick = event->to_tick;
    out->from_tick = first->tick;
    out->from_value = first->mmhg;
    out->to_value = mmhg;
    out->quality = event->quality;
    out->method = METHOD_COMPARE;
    detector_clears(out, first->mmhg + (double)in->rules->wedge_rise_mmhg - release_mmhg, 0);
    return true;
}

/* A value of the same quantity and phase as *first. */
static bool compare(struct rising_wedge_state *s, const struct detector_input *in,
                    const struct wedge_value *value, struct event *out) {
    const struct event *event = in->event;
    uint32_t kind = value->kind;
    double mmhg = value->mmhg;
    struct wedge_first *first = &s->first[event->phase][kind];
    double rise_mmhg = mmhg - first->mmhg;
    if (!first->known) {
        *first = (struct wedge_first){true, mmhg, event->to_tick};
        return false;
    }
    bool high = rise_mmhg >= (double)in->rules->wedge_rise_mmhg &&
                mmhg >= (double)in->rules->wedge_level_mmhg;
    bool mine = s->raised_phase == event->phase && s->raised_kind == kind;
    if (!s->raised && high) {
        s->raised = true;
        s->raised_phase = event->phase;
        s->raised_kind = kind;
        s->raised_mmhg = mmhg;
        s->evidence = evidence_of(value->from_tick, event->to_tick);
        out->state = EVENT_RAISED;
        return say(first, in, mmhg, out);
    }
    if (s->raised && mine && rise_mmhg < (double)in->rules->wedge_rise_mmhg - release_mmhg) {
        s->raised = false;
        out->state = EVENT_RECOVERED;
        return say(first, in, mmhg, out);
    }
    return false;
}

static bool measured(struct rising_wedge_state *s, const struct detector_input *in,
                     struct event *out) {
    double mmhg;
    bool found = false;
    for (uint32_t kind = 0; kind < KINDS && !found; kind++)
        if (event_value(in->event, quantities[kind], &mmhg))
            found = compare(s, in, &(struct wedge_value){kind, mmhg, in->event->from_tick}, out);
    return found;
}

static bool read_minute(struct rising_wedge_state *s, const struct detector_input *in,
                        struct event *out) {
    struct wedge_minute *m = &s->minute;
    const struct event *event = in->event;
    double mmhg;
    bool found = false;
    if (!event_value(event, QUANTITY_MEAN, &mmhg))
        return false;
    bool same = m->count > 0 && m->channel == event->channel && m->phase == event->phase;
    double age_s = (double)(event->to_tick - m->from_tick) / s->config.base_rate_hz;
    if (same && age_s >= minute_s && m->count >= READINGS_MIN) {
        double median = trend_median(m->mmhg, m->count);
        found = compare(s, in, &(struct wedge_value){KINDS - 1, median, m->from_tick}, out);
    }
    if (!same || age_s >= minute_s)
        *m = (struct wedge_minute){
            .from_tick = event->to_tick, .channel = event->channel, .phase = event->phase};
    if (m->count < READINGS_MAX)
        m->mmhg[m->count++] = (float)mmhg;
    return found;
}

/* What was read turned out to be no wedge: of the minute that runs nothing is left. */
static bool withdraw(struct rising_wedge_state *s, const struct detector_input *in,
                     struct event *out) {
    s->minute.count = 0;
    if (!s->raised || !evidence_withdrawn(&s->evidence, in->event))
        return false;
    s->raised = false;
    out->state = EVENT_RETRACTED;
    return say(&s->first[s->raised_phase][s->raised_kind], in, s->raised_mmhg, out);
}

static bool rising_wedge_push(void *state, const struct detector_input *in, struct event *out) {
    struct rising_wedge_state *s = state;
    if (in->event == NULL || in->event->site != SITE_PCW)
        return false;
    assert(in->event->phase < PHASES);
    if (in->event->kind == EVENT_WITHDRAWN)
        return withdraw(s, in, out);
    if (in->event->kind == EVENT_MEASUREMENT)
        return measured(s, in, out);
    if (in->event->kind == EVENT_READING)
        return read_minute(s, in, out);
    return false;
}

const struct detector_class rising_wedge_class = {
    .name = "rising_wedge",
    .what = "a wedge mean above an earlier one at the same phase",
    .on_beats = true,
    .state_bytes = sizeof(struct rising_wedge_state),
    .init = rising_wedge_init,
    .push = rising_wedge_push,
    .reset = rising_wedge_reset,
};
