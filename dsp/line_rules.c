#include "dsp/line_rules.h"
#include "proto/event.h"
#include <math.h>

/* A flush bag stands at about 300 mmHg; a converter's end may be anywhere. */
static const float bag_low_mmhg = 240, bag_high_mmhg = 330;

static float larger(float a, float b) {
    return a > b ? a : b;
}

static bool gap(const struct line_view *v) {
    return v->look->missing > 0.25f;
}

/* A monitor's test pattern jumps at every sample, 3000 mmHg/s and more; a pulse gives 100 to
 * 600. */
static bool test_pattern(const struct line_view *v) {
    return v->look->path > larger(1500, 30 * v->before->pulse);
}

static bool offscale(const struct line_view *v) {
    const struct features_window *w = &v->look->lasting;
    return (v->kind != LINE_ATRIAL && w->mean < -3) || (w->p5 < -15 && w->p50 < -3);
}

/* Flat and high; needs no reference. */
static bool stands_high(const struct line_view *v) {
    float least = v->kind == LINE_ARTERIAL ? 150 : 40;
    if (v->referenced)
        least = larger(least, v->before->high - 0.2f * v->before->pulse);
    return v->look->range03 <= 1 && v->look->low03 >= least;
}

/* Not before a reference: high pulmonary pressures are no flush. */
static bool above_any_pulse(const struct line_view *v) {
    return v->referenced &&
           v->look->low03 > v->before->high + larger(8, 0.30f * v->before->pulse);
}

static bool clipped(const struct line_view *v) {
    bool bag = v->look->low03 > bag_low_mmhg && v->look->low03 < bag_high_mmhg;
    return v->look->range03 <= 0.3f && !bag && (stands_high(v) || above_any_pulse(v));
}

/* The line is alive, but its highest pressures are not what the vessel had. */
static bool cut_off(const struct line_view *v) {
    return v->look->cut;
}

/* No pulse stays 0.3 s above its own systolic. */
static bool flushed(const struct line_view *v) {
    return stands_high(v) || above_any_pulse(v);
}

static bool disconnected(const struct line_view *v) {
    return v->look->high03 <= -8 && v->look->range03 <= 1;
}

/* Atria live near zero: only a line without any pulse, clearly below where it was, is open to
 * air. */
static bool zeroing_atrium(const struct line_view *v) {
    const struct features_look *k = v->look;
    return v->referenced && fabsf(k->mean02) <= 1.5f && k->range1 <= 0.4f &&
           v->before->low - k->mean02 > 1.5f;
}

static bool zeroing(const struct line_view *v) {
    const struct features_look *k = v->look;
    const struct reference_levels *b = v->before;
    if (v->kind == LINE_ATRIAL)
        return zeroing_atrium(v);
    if (fabsf(k->mean02) <= 4 && k->range03 <= 1 && b->low - k->mean02 > 4)
        return true;
    bool on = v->state == EVENT_ZEROING;
    if (on && fabsf(k->mean02) <= 6 && k->range1 < larger(4, 0.3f * b->pulse))
        return true;
    if (v->marked_wedge)
        return false; /* under a high PA pressure a true wedge lies where a noisy zero would */
    /* A noisy zero. A collapse comes down the same way, so not out of NO_PULSE. */
    float highest = on ? k->brief.p95 : k->high1;
    return v->since_no_pulse >= 300 && highest < b->low - larger(6, 0.25f * b->pulse) &&
           fabsf(k->mean1) < larger(6, 0.2f * b->low);
}

/* The fast part of an excursion keeps real collapses out. */
static bool motion(const struct line_view *v) {
    const struct features_look *k = v->look;
    const struct reference_levels *b = v->before;
    float pulse = v->referenced ? b->pulse : larger(b->pulse, k->lasting.pulse);
    if (k->fast > larger(3, 0.30f * pulse))
        return true;
    if (!v->referenced)
        return false; /* nothing is known yet of what a pulse reaches here */
    bool excursion = k->high01 > b->high + larger(15, 0.9f * b->pulse) ||
                     k->low01 < b->low - larger(12, 0.8f * b->pulse);
    return excursion && k->fast > larger(1, 0.06f * b->pulse);
}

static bool stopcock(const struct line_view *v) {
    const struct features_look *k = v->look;
    return k->brief.down > 0.15f * v->before->down &&
           k->mean1 - k->mean1_before > larger(1, 0.02f * v->before->pulse);
}

/* Climbs most of the time and falls steeply: the balloon occludes the tip. Begins in the pulmonary
 * artery only: a stiff right ventricle, filling to a plateau, climbs and falls so too. */
static bool overwedged(const struct line_view *v) {
    const struct features_look *k = v->look;
    bool on = v->state == EVENT_OVERWEDGED;
    float asymmetry = on ? 1.15f : 1.4f;
    return (on || v->pulmonary_artery) && k->asymmetry > asymmetry && k->lasting.pulse > 8 &&
           k->lasting.pulse > 0.7f * v->before->pulse && k->slope > 0.25f * k->lasting.pulse &&
           k->duty < 0.38f && k->site > 0.19f;
}

static bool wedge_ends(const struct line_view *v) {
    const struct features_look *k = v->look;
    const struct reference_levels *b = v->before;
    return (k->steepest > 0.6f * b->up && k->high03 > b->low + 0.4f * b->pulse) ||
           k->brief.pulse >= 0.8f * b->pulse || k->brief.mean > b->low + 7;
}

/* Three above the diastolic: a wedge cannot lie much higher. Three at least and a pulse: not a
 * zero. */
static bool wedge(const struct line_view *v) {
    const struct features_look *k = v->look;
    const struct reference_levels *b = v->before;
    if (!v->pulmonary_artery || !v->referenced)
        return false;
    if (v->state == EVENT_WEDGE)
        return !wedge_ends(v);
    return v->since_overwedge >= 100 && k->brief.pulse < 0.55f * b->pulse &&
           k->brief.mean <= b->low + 3 && k->brief.mean >= 3 && k->brief.up < 0.50f * b->up &&
           k->fast < larger(1.5f, 0.15f * b->pulse) && k->range1 > 1;
}

/* A weak pulse at a low pressure is a pulse: the mean must have fallen from what it was here. */
static bool fallen(const struct line_view *v) {
    float mean = v->look->mean1, before = v->before->mean;
    if (!v->referenced)
        return mean < 45;
    return mean < 0.75f * before || (mean < 45 && mean < 0.9f * before);
}

static bool no_pulse(const struct line_view *v) {
    const struct features_look *k = v->look;
    float pulse = v->referenced ? v->before->pulse : 0;
    bool still = k->range2 < larger(0.25f * pulse, v->referenced ? 4 : 8);
    bool weak = v->referenced && v->since_upstroke > 30 && k->brief.pulse < 0.6f * pulse;
    return v->kind == LINE_ARTERIAL && fallen(v) && (weak || still);
}

/* A pump or a failing heart may leave a pulse of a few mmHg: if that is usual here, it is one. */
static bool flat(const struct line_view *v) {
    float range = v->look->range2, pulse = v->referenced ? v->before->pulse : 0;
    if (v->kind == LINE_ATRIAL)
        return range < larger(0.10f * pulse, 0.3f);
    float least = v->kind == LINE_PULMONARY ? 2.5f : v->referenced ? 2 : 4;
    return range < larger(0.25f * pulse, least);
}

static bool damped(const struct line_view *v) {
    const struct features_window *w = &v->look->lasting;
    const struct reference_levels *b = v->before;
    float share = v->kind == LINE_ARTERIAL ? 0.68f : 0.50f;
    return v->mature && v->kind != LINE_ATRIAL && w->pulse < share * b->pulse &&
           fabsf(w->mean - b->mean) < larger(4, 0.18f * b->mean) && w->up < 0.70f * b->up;
}

const struct line_rule line_rules[] = {
    /* state           rule          enter leave window instant */
    {EVENT_GAP,          gap,          1, 3,  2,  true},
    {EVENT_TEST_PATTERN, test_pattern, 1, 15, 5,  true},
    {EVENT_OFFSCALE,     offscale,     1, 15, 5,  true},
    {EVENT_CLIPPED,      clipped,      1, 15, 3,  true},
    {EVENT_CLIPPED,      cut_off,      1, 15, 30, false},
    {EVENT_FLUSHED,      flushed,      1, 15, 3,  true},
    {EVENT_DISCONNECTED, disconnected, 1, 15, 3,  true},
    {EVENT_ZEROING,      zeroing,      1, 15, 3,  true},
    {EVENT_MOTION,       motion,       1, 8,  4,  true},
    {EVENT_STOPCOCK,     stopcock,     10, 8, 26, false},
    {EVENT_OVERWEDGED,   overwedged,   15, 15, 30, false},
    {EVENT_WEDGE,        wedge,        4, 2,  20, false},
    {EVENT_NO_PULSE,     no_pulse,     5, 20, 25, false},
    {EVENT_FLAT,         flat,         20, 15, 40, false},
    {EVENT_DAMPED,       damped,       10, 8, 30, false},
};

const int line_rules_count = sizeof line_rules / sizeof line_rules[0];

float line_rules_least_pulse(enum line_kind kind) {
    return kind == LINE_ARTERIAL ? 12 : kind == LINE_PULMONARY ? 4 : 1;
}

bool line_rules_new_level(const struct line_view *view) {
    const struct features_look *k = view->look;
    float pulse = k->lasting.pulse;
    return pulse > larger(line_rules_least_pulse(view->kind), 0.4f * view->before->pulse) &&
           k->fast < 0.15f * pulse && k->asymmetry > 0.35f && k->asymmetry < 1.4f &&
           k->range04 > 1;
}
