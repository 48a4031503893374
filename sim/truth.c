#include "sim/truth.h"
#include <assert.h>
#include <math.h>

enum { LONGEST_STEPS = 3 * CIRCULATION_RATE_HZ };

/* An atrial contraction with its wave, and how long before the next beat's v wave may begin. */
static const double a_lasts_s = 0.25, v_after_s = 0.15, v_past_opening_s = 0.05;
static const double wedge_delay_s = 0.135; /* circulation.c: 100 ms, then first order of 35 ms */
static const double breath_out = 0.05;     /* of the swing: as good as out */

void truth_init(struct truth *truth, const struct patient *patient) {
    assert(patient->step == 0);
    *truth = (struct truth){.step = 0};
    for (int i = 0; i < PATIENT_CHANNELS; i++)
        truth->lines[i].a_mmhg = -INFINITY;
}

static bool has_waves(uint32_t site) {
    return site == SITE_RA || site == SITE_CVP || site == SITE_LA || site == SITE_PCW;
}

static double since_s(const struct truth *t, uint64_t then) {
    return ((double)t->step - (double)then) / CIRCULATION_RATE_HZ;
}

static void begin_beat(struct truth *t, const struct patient *p, enum patient_channel channel) {
    struct truth_line *l = &t->lines[channel];
    uint32_t site = p->tips[channel].site;
    bool ventricle = site == SITE_LV || site == SITE_RV;
    *l = (struct truth_line){
        .beat = {.channel = channel,
                 .site = site,
                 .at_s = (double)t->step / CIRCULATION_RATE_HZ,
                 .systolic_mmhg = -INFINITY,
                 .diastolic_mmhg = INFINITY,
                 .end_diastolic_mmhg = ventricle ? p->tip_mmhg[channel] : NAN,
                 .whole = t->step > 0,
                 .end_expiratory = true},
        .a_mmhg = l->a_mmhg,
        .last_a_mmhg = NAN,
        .v_mmhg = -INFINITY,
    };
}

static void end_beat(struct truth *t, enum patient_channel channel) {
    struct truth_line *l = &t->lines[channel];
    struct patient_beat *b = &t->beats[channel];
    bool waves = has_waves(l->beat.site);
    *b = l->beat;
    b->mean_mmhg = l->sum_mmhg / (double)l->steps;
    b->whole &= l->steps < LONGEST_STEPS; /* an arrest is no beat */
    b->a_mmhg = waves && isfinite(l->last_a_mmhg) ? l->last_a_mmhg : NAN;
    b->v_mmhg = waves && isfinite(l->v_mmhg) ? l->v_mmhg : NAN;
}

/* The waves of an atrium, at their time: a wedge shows them later. */
static void follow_waves(struct truth *t, struct truth_line *l, double mmhg) {
    double delay_s = l->beat.site == SITE_PCW ? wedge_delay_s : 0;
    double a_s = since_s(t, t->contracted) - delay_s, r_s = since_s(t, t->activated) - delay_s;
    int side = l->beat.site == SITE_RA || l->beat.site == SITE_CVP;
    uint64_t opened = t->av_opened[side];
    double open_s = since_s(t, opened) - delay_s;
    if (t->contracted && a_s >= 0 && a_s < a_lasts_s)
        l->a_mmhg = fmax(l->a_mmhg, mmhg);
    else if (isfinite(l->a_mmhg) && a_s >= a_lasts_s) {
        l->last_a_mmhg = l->a_mmhg;
        l->a_mmhg = -INFINITY;
    }
    bool closed = opened <= t->activated || open_s < v_past_opening_s;
    if (r_s >= v_after_s && closed)
        l->v_mmhg = fmax(l->v_mmhg, mmhg);
}

static void follow(struct truth *t, const struct patient *p, enum patient_channel channel) {
    struct truth_line *l = &t->lines[channel];
    double mmhg = p->tip_mmhg[channel];
    const struct lab_tip *tip = &p->tips[channel];
    l->beat.systolic_mmhg = fmax(l->beat.systolic_mmhg, mmhg);
    l->beat.diastolic_mmhg = fmin(l->beat.diastolic_mmhg, mmhg);
    l->beat.whole &= tip->site == l->beat.site && tip->from == tip->site;
    l->beat.end_expiratory &= circulation_breath(&p->circulation) < breath_out;
    l->sum_mmhg += mmhg;
    l->steps++;
    if (has_waves(l->beat.site))
        follow_waves(t, l, mmhg);
}

/* When the atria contract and the valves behind them open, by the patient's own clock. */
static void follow_heart(struct truth *t, const struct circulation *c) {
    static const enum valve valves[2] = {VALVE_MITRAL, VALVE_TRICUSPID};
    bool active = c->activation[1] > 0;
    if (active && !t->atria_active)
        t->contracted = t->step;
    t->atria_active = active;
    for (int i = 0; i < 2; i++) {
        bool open = c->opening[valves[i]] > 0.5;
        /* The first time in a beat; as it shuts it may flutter, which is none. */
        if (open && !t->av_open[i] && t->av_opened[i] <= t->activated &&
            since_s(t, t->activated) > v_after_s)
            t->av_opened[i] = t->step;
        t->av_open[i] = open;
    }
}

bool truth_step(struct truth *truth, const struct patient *patient) {
    struct truth *t = truth;
    const struct circulation *c = &patient->circulation;
    bool ended = c->beat_began && patient->step > 1;
    t->step = patient->step - 1; /* the one that was just made */
    follow_heart(t, c);
    for (enum patient_channel i = PATIENT_AO; i < PATIENT_CHANNELS; i++) {
        if (!lab_has(patient->row->lab, i))
            continue;
        if (ended)
            end_beat(t, i);
        if (ended || t->step == 0)
            begin_beat(t, patient, i);
    }
    if (ended || t->step == 0)
        t->activated = t->step;
    for (enum patient_channel i = PATIENT_AO; i < PATIENT_CHANNELS; i++)
        if (lab_has(patient->row->lab, i))
            follow(t, patient, i);
    return ended;
}
