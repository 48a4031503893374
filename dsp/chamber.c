#include "dsp/chamber.h"
#include "proto/site.h"
#include <math.h>

/* Tenths of a second. */
enum { RV_HOLD = 20, RV_HOLD_AGAIN = 10, PA_HOLD = 10, PA_HOLD_FROM_RA = 60, RA_HOLD = 12 };
enum { STEP_HOLD = 12, RV_RECENT = 1200 };
static const float pulse_min_mmhg = 8, rv_below = 0.19f, pa_above = 0.25f;

void chamber_reset(struct chamber *s) {
    *s = (struct chamber){.label = s->label, .since_rv = RV_RECENT};
}

void chamber_init(struct chamber *s, uint32_t label) {
    s->label = label;
    chamber_reset(s);
}

/* What is believed of the place before this look; a large v wave must not make an atrium an
 * artery. */
static bool in_atrium(const struct chamber *s) {
    return s->verdict == SITE_RA || (s->verdict == SITE_NONE && s->label == SITE_RA);
}

static bool looks_rv(const struct chamber *s, const struct features_look *k) {
    return k->site < rv_below && k->asymmetry > 0.35f && k->asymmetry < 3 && k->duty > 0.36f &&
           (!in_atrium(s) || k->lasting.pulse > 15);
}

static bool looks_pa(const struct chamber *s, const struct features_look *k) {
    return k->site > pa_above && k->asymmetry < 1.5f &&
           (!in_atrium(s) || (k->lasting.p5 > 8 && k->lasting.pulse > 15));
}

/* Through the valve the systolic stays what it was. */
static bool systolic_kept(const struct features_window *w, const struct reference_levels *b) {
    return w->p95 > 0.65f * b->high && w->p95 < 1.35f * b->high + 5;
}

/* The diastolic step: line noise goes with the advance, so this one may be judged during motion. */
static bool steps_to_pa(const struct features_look *k, const struct reference_levels *b) {
    return k->brief.p10 > b->low + fmaxf(4, 0.24f * b->pulse) && systolic_kept(&k->brief, b) &&
           k->brief.pulse > 0.25f * b->pulse;
}

/* The same step down. Breathing lowers all levels together, so the pulse must have grown by it. */
static bool falls_to_rv(const struct features_look *k, const struct reference_levels *b) {
    return k->brief.p10 < b->low - fmaxf(4, 0.24f * b->pulse) && systolic_kept(&k->brief, b) &&
           k->brief.pulse > b->pulse + fmaxf(4, 0.24f * b->pulse) && k->site < pa_above &&
           k->fast < 0.15f * b->pulse;
}

/* Back through the other valve: pulse, upstroke and systolic go together; or what would be the
 * shape of an artery, without the ventricle's systolic. */
static bool drops_to_ra(const struct features_look *k, const struct reference_levels *b) {
    bool gone = k->brief.pulse < 0.45f * b->pulse && k->brief.up < 0.45f * b->up &&
                k->brief.p95 < 0.65f * b->high && k->brief.mean < 15;
    bool no_artery = k->site > pa_above && k->lasting.p95 < 0.65f * b->high &&
                     k->lasting.pulse < 0.65f * b->pulse && k->lasting.mean < 15;
    return gone || no_artery;
}

static void count(int32_t *hold, bool holds) {
    *hold = holds ? *hold + 1 : 0;
}

static enum chamber_change become(struct chamber *s, uint32_t site,
                                     enum chamber_change change) {
    if (s->verdict == SITE_NONE)
        change = CHAMBER_SAME; /* it was there before, only not known */
    s->like_rv = s->like_pa = s->like_ra = s->stepped = s->fallen = 0;
    s->by_step = change == CHAMBER_NEW_LEVELS;
    s->verdict = site;
    return change;
}

static void count_all(struct chamber *s, const struct chamber_view *view) {
    const struct features_look *k = view->look;
    bool judged = view->clean && k->lasting.pulse >= pulse_min_mmhg;
    bool rv = s->verdict == SITE_RV;
    count(&s->like_rv, judged && looks_rv(s, k));
    bool artery = !rv || systolic_kept(&k->lasting, view->before);
    count(&s->like_pa, judged && artery && looks_pa(s, k));
    count(&s->like_ra, rv && view->clean && drops_to_ra(k, view->before));
    bool seen = view->clean || view->disturbed;
    count(&s->stepped, rv && seen && steps_to_pa(k, view->before));
    count(&s->fallen, s->verdict == SITE_PA && view->quiet && falls_to_rv(k, view->before));
    if (s->since_rv < RV_RECENT)
        s->since_rv++;
    if (rv)
        s->since_rv = 0;
}

enum chamber_change chamber_push(struct chamber *s, const struct chamber_view *view) {
    count_all(s, view);
    bool again = s->verdict == SITE_NONE || s->since_rv < RV_RECENT;
    int pa_hold = in_atrium(s) ? PA_HOLD_FROM_RA : PA_HOLD;
    if (s->stepped >= STEP_HOLD)
        return become(s, SITE_PA, CHAMBER_NEW_LEVELS);
    if (s->fallen >= STEP_HOLD)
        return become(s, SITE_RV, CHAMBER_NEW_LEVELS);
    if (s->like_ra >= RA_HOLD)
        return become(s, SITE_RA, CHAMBER_NEW_LEVELS);
    if (s->verdict != SITE_RV && s->like_rv >= (again ? RV_HOLD_AGAIN : RV_HOLD))
        return become(s, SITE_RV, CHAMBER_OTHER_LEVELS);
    if (s->verdict != SITE_PA && s->like_pa >= pa_hold)
        return become(s, SITE_PA, CHAMBER_OTHER_LEVELS);
    return CHAMBER_SAME;
}
