/* tamponade - the atrium rises, the arterial pressure falls, and the diastolics become equal.
 * Medians of 20 s of good beats. Right atrium (or central vein) and artery must be read now; the
 * pulmonary diastolic and the wedge count where they were read in the last ten minutes, one of
 * them at least: a right-heart catheter is at one place at a time. One value alone never speaks. */
#include "detectors/detector.h"
#include "detectors/window.h"
#include "proto/quantity.h"
#include <math.h>

enum part { PART_ATRIUM, PART_ARTERY, PART_PA, PART_WEDGE, PARTS };
static const double window_s = 20, now_s = 60, kept_s = 600, release_mmhg = 2;

struct tamponade_part {
    bool known;
    uint32_t channel, site;
    double first_mmhg;
    uint64_t first_tick;
};

struct tamponade_state {
    struct detector_config config; /* kept by reset */
    struct tamponade_part parts[PARTS];
    struct window windows[3]; /* of all but the wedge */
    double wedge_mmhg;
    uint64_t wedge_tick;
    uint32_t holds;
    bool raised;
    struct evidence evidence;
};
_Static_assert(sizeof(struct tamponade_state) <= DETECTOR_STATE_BYTES, "fits its slot");

static void tamponade_reset(void *state) {
    detector_forget(state, sizeof(struct tamponade_state));
}

static void tamponade_init(void *state, const struct detector_config *config) {
    struct tamponade_state *s = state;
    s->config = *config;
    tamponade_reset(s);
}

static enum part part_of(uint32_t site) {
    if (site == SITE_RA || site == SITE_CVP)
        return PART_ATRIUM;
    if (site == SITE_PA)
        return PART_PA;
    return site == SITE_PCW ? PART_WEDGE : PART_ARTERY;
}

static bool fresh(const struct tamponade_state *s, uint64_t tick, uint64_t now_tick, double age_s) {
    return tick > 0 && (double)now_tick - (double)tick <= age_s * s->config.base_rate_hz;
}

/* Of the diastolics that are known, all must lie near the atrium, and one must be known. */
static bool equal(const struct tamponade_state *s, double within_mmhg, uint64_t now_tick) {
    double atrium = s->windows[PART_ATRIUM].median;
    bool pa = fresh(s, s->windows[PART_PA].median_to_tick, now_tick, kept_s);
    bool wedge = fresh(s, s->wedge_tick, now_tick, kept_s);
    if (pa && fabs(s->windows[PART_PA].median - atrium) > within_mmhg)
        return false;
    return (pa || wedge) && (!wedge || fabs(s->wedge_mmhg - atrium) <= within_mmhg);
}

static bool pattern(const struct tamponade_state *s, const struct detector_input *in) {
    const struct window *atrium = &s->windows[PART_ATRIUM], *artery = &s->windows[PART_ARTERY];
    const struct rules *r = in->rules;
    double ease = s->raised ? release_mmhg : 0;
    if (!fresh(s, atrium->median_to_tick, in->now_tick, now_s) ||
        !fresh(s, artery->median_to_tick, in->now_tick, now_s))
        return s->raised; /* not seen: what was said stays */
    double rise = atrium->median - s->parts[PART_ATRIUM].first_mmhg;
    double before = s->parts[PART_ARTERY].first_mmhg;
    return atrium->median >= (double)r->tamponade_ra_mmhg - ease &&
           rise >= (double)r->tamponade_rise_mmhg - ease &&
           before - artery->median >= (double)r->tamponade_fall_share * before - ease &&
           equal(s, (double)r->tamponade_within_mmhg + ease, in->now_tick);
}

static bool say(const struct tamponade_state *s, const struct rules *rules, uint32_t state,
                struct event *out) {
    const struct tamponade_part *atrium = &s->parts[PART_ATRIUM];
    out->kind = EVENT_TAMPONADE;
    out->state = state;
    out->site = atrium->site;
    out->channel = atrium->channel;
    out->tick = out->to_tick = s->windows[PART_ATRIUM].median_to_tick;
    out->from_tick = atrium->first_tick;
    out->from_value = atrium->first_mmhg;
    out->to_value = s->windows[PART_ATRIUM].median;
    out->quality = 1;
    out->method = METHOD_COMPARE;
    event_add_value(out, QUANTITY_MEAN, out->to_value, 0);
    double level = (double)rules->tamponade_ra_mmhg;
    double risen = atrium->first_mmhg + (double)rules->tamponade_rise_mmhg;
    detector_clears(out, fmax(level, risen) - release_mmhg, 2 * window_s);
    return true;
}

/* Two windows in a row must show it, and two must not. */
static bool judge(struct tamponade_state *s, const struct detector_input *in, struct event *out) {
    bool other = pattern(s, in) != s->raised;
    s->holds = other ? s->holds + 1 : 0;
    if (s->holds < 2)
        return false;
    s->holds = 0;
    s->raised = !s->raised;
    const struct window *atrium = &s->windows[PART_ATRIUM];
    s->evidence = evidence_of(atrium->median_from_tick, atrium->median_to_tick);
    return say(s, in->rules, s->raised ? EVENT_RAISED : EVENT_RECOVERED, out);
}

static bool take(struct tamponade_state *s, const struct detector_input *in, enum part part,
                 struct event *out) {
    const struct event *event = in->event;
    struct tamponade_part *p = &s->parts[part];
    struct window *window = &s->windows[part];
    uint32_t quantity = part == PART_PA ? QUANTITY_DIASTOLIC : QUANTITY_MEAN;
    double mmhg;
    if (!event_value(event, quantity, &mmhg))
        return false;
    if (p->known && p->site != event->site && part != PART_PA)
        return false; /* of two atria or arteries the first: they are not mixed */
    if (window->count > 0 && event->tick < window->from_tick)
        return false;
    uint64_t ticks = (uint64_t)(window_s * s->config.base_rate_hz);
    if (!window_push(window, &(struct window_point){event->tick, mmhg}, ticks))
        return false;
    if (!p->known)
        *p = (struct tamponade_part){true, event->channel, event->site, window->median,
                                     window->median_from_tick};
    return part == PART_ATRIUM && judge(s, in, out);
}

static bool tamponade_push(void *state, const struct detector_input *in, struct event *out) {
    struct tamponade_state *s = state;
    const struct event *event = in->event;
    if (event == NULL)
        return false;
    enum part part = part_of(event->site);
    if (event->kind == EVENT_MEASUREMENT && part == PART_WEDGE) {
        if (event_value(event, QUANTITY_MEAN, &s->wedge_mmhg))
            s->wedge_tick = event->to_tick;
        return false;
    }
    if (part == PART_WEDGE)
        return false;
    if (event->kind == EVENT_WITHDRAWN || event_withholds(event->kind))
        window_break(&s->windows[part]);
    if (s->raised && (part == PART_ATRIUM || part == PART_ARTERY) &&
        evidence_withdrawn(&s->evidence, event)) {
        s->raised = false;
        s->holds = 0;
        return say(s, in->rules, EVENT_RETRACTED, out);
    }
    if (event->kind != EVENT_BEAT || event->left_out_count > 0)
        return false;
    return take(s, in, part, out);
}

const struct detector_class tamponade_class = {
    .name = "tamponade",
    .what = "the atrium rises, the artery falls, the diastolics become equal",
    .on_beats = true,
    .state_bytes = sizeof(struct tamponade_state),
    .init = tamponade_init,
    .push = tamponade_push,
    .reset = tamponade_reset,
};
