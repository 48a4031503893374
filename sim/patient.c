#include "sim/patient.h"
#include "proto/site.h"
#include "sim/heart.h"
#include "sim/vary.h"
#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

static const double pi = 3.14159265358979323846;
static const double noise_mmhg = 0.15, noise_mv = 0.008;
static const double wire_mmhg = 6; /* a wire is off by up to that much before it is equalised */

#define S(field, value)                                                                            \
    { offsetof(struct circulation_parameters, field), (value), true }
#define KNOBS(...) .settings = {__VA_ARGS__}
#define SCENE(name, onset, wedge)                                                                  \
    .scenario = &scenarios[SCENARIO_##name], .onset_s = (onset), .wedge_every_s = (wedge)
#define BEFORE(as, ad, am, ps, pd, pm, w) .before = {(as), (ad), (am), (ps), (pd), (pm), (w)}
#define AFTER(am, w) .ao_mean_after = (am), .pcw_mean_after = (w)

const struct patient_row patient_rows[] = {
#define X(id, words, lines, knobs, scene, before, after)                                           \
    {.name = #id, .what = words, .lab = &lab_rows[LAB_##lines], knobs, scene, before, after},
#include "sim/patients.def"
#undef X
};

const int patient_rows_count = sizeof patient_rows / sizeof patient_rows[0];

const struct patient_row *patient_find(const char *name) {
    for (int i = 0; i < patient_rows_count; i++)
        if (!strcmp(patient_rows[i].name, name))
            return &patient_rows[i];
    return NULL;
}

static const enum node site_nodes[] = {
    [SITE_RA] = NODE_RA,  [SITE_RV] = NODE_RV, [SITE_PA] = NODE_PA, [SITE_PCW] = NODE_PCW,
    [SITE_LA] = NODE_LA,  [SITE_LV] = NODE_LV, [SITE_AO] = NODE_AO, [SITE_ART] = NODE_FA,
    [SITE_PAO] = NODE_AO, [SITE_PD] = NODE_PD,  [SITE_CVP] = NODE_RA,
};

struct circulation_parameters patient_parameters(const struct patient_row *row) {
    struct circulation_parameters k = circulation_normal();
    for (int i = 0; i < PATIENT_SETTINGS_MAX && row->settings[i].value_set; i++)
        memcpy((char *)&k + row->settings[i].offset, &row->settings[i].value, sizeof(double));
    return k;
}

static void draw_wire(struct patient *patient) {
    patient->wire_mmhg = wire_mmhg * (2 * circulation_uniform(&patient->noise) - 1);
}

void patient_init(struct patient *patient, const struct patient_row *row, uint64_t seed) {
    struct circulation_parameters k = patient_parameters(row);
    *patient = (struct patient){.row = row, .noise = seed ^ 0x5bd1e995u, .run = {.base = k}};
    circulation_init(&patient->circulation, &k, seed);
    draw_wire(patient);
}

bool patient_init_varied(struct patient *patient, const struct patient_row *row, uint64_t seed,
                         double share) {
    struct circulation_parameters k = patient_parameters(row);
    *patient = (struct patient){.row = row, .noise = seed ^ 0x5bd1e995u};
    if (!vary_patient(&k, share, seed, &patient->circulation))
        return false;
    patient->run.base = patient->circulation.parameters;
    draw_wire(patient);
    return true;
}

static double bump(double t_s, double at_s, double width_s) {
    double z = (t_s - at_s) / width_s;
    return exp(-0.5 * z * z);
}

/* Fibrillation: a few waves near 5 Hz that beat against each other. */
static double shiver_mv(double at_s) {
    return 0.22 * sin(2 * pi * 4.7 * at_s) + 0.16 * sin(2 * pi * 5.9 * at_s + 1) +
           0.12 * sin(2 * pi * 7.3 * at_s + 2);
}

/* Lead II, from the time since the ventricle's activation and until the next one. Atria that do not
 * lead have no P before the QRS; a beat from the ventricle itself is wide, its T against it. */
static double ecg_mv(const struct circulation *c) {
    double t = c->beat_s, left = c->beat_s - c->rr_s, pr = c->parameters.pr_s;
    double scale = fmax(0.65, sqrt(c->rr_s)), p = 0;
    enum rhythm rhythm = (enum rhythm)lrint(c->parameters.rhythm);
    if (rhythm == RHYTHM_VF)
        return shiver_mv((double)c->step / CIRCULATION_RATE_HZ);
    if (rhythm == RHYTHM_SINUS || rhythm == RHYTHM_DDD)
        p = bump(left, -pr + 0.02, 0.022) + bump(t, -pr + 0.02, 0.022);
    else if (rhythm == RHYTHM_BLOCK || rhythm == RHYTHM_VT)
        p = bump(c->atrial_s, 0.05, 0.022);
    if (heart_wide(c))
        return 0.12 * p + 1.3 * bump(t, 0.03, 0.03) - 0.35 * bump(t, 0.28 * scale, 0.05 * scale);
    /* The R wave at the activation itself: the ventricle's pressure moves some 40 ms behind it. */
    double r = t < -left ? t : left;
    double qrs = 1.1 * bump(r, 0, 0.011) - 0.12 * bump(r, -0.025, 0.010) -
                 0.25 * bump(r, 0.028, 0.012);
    if (rhythm == RHYTHM_AF) /* in place of P: small waves without order */
        qrs += 0.12 * shiver_mv((double)c->step / CIRCULATION_RATE_HZ);
    return 0.12 * p + qrs + 0.28 * bump(t, 0.27 * scale, 0.045 * scale);
}

static double bend(double x, double at) {
    double t = fmin(1, fmax(0, (x - at) / 0.1 + 0.5));
    return t * t * (3 - 2 * t);
}

/* Where the pressure lies between two places, `share` of the way from one to the other. A wire that
 * is drawn back passes its lesions: the far one at 0.35 of the way, the near one at 0.7. */
static double way_share(const struct patient *p, const struct lab_tip *tip) {
    double near = p->circulation.parameters.stenosis_share;
    if (tip->from != SITE_PD || tip->site != SITE_PAO)
        return tip->share;
    return (1 - near) * bend(tip->share, 0.35) + near * bend(tip->share, 0.7);
}

static double tip_mmhg(const struct patient *p, const struct lab_tip *tip) {
    const double *nodes = p->circulation.pressure_mmhg;
    double there_mmhg = nodes[site_nodes[tip->site]];
    if (tip->site == tip->from)
        return there_mmhg;
    double share = way_share(p, tip);
    return (1 - share) * nodes[site_nodes[tip->from]] + share * there_mmhg;
}

/* Near enough to a normal number, and four times as fast: the sum of four even ones. */
static double noise_number(uint64_t *state) {
    double u = circulation_uniform(state) * 0x1p53;
    uint64_t bits = (uint64_t)u;
    double sum = 0;
    for (int i = 0; i < 4; i++, bits >>= 13)
        sum += (double)(bits & 0x1fff);
    return (sum / 0x1p13 - 2) * sqrt(3.0);
}

static void step_channel(struct patient *p, enum patient_channel channel) {
    const struct circulation *c = &p->circulation;
    double at_s = (double)p->step / CIRCULATION_RATE_HZ;
    /* Catheters set out at whole blocks of 40 ms; while one moves it is looked at each step. */
    if (p->step % 80 == 0 || p->tips[channel].share < 1)
        lab_tip_at(p->row->lab, channel, p->row->wedge_every_s, at_s, &p->tips[channel]);
    p->tip_mmhg[channel] = tip_mmhg(p, &p->tips[channel]);
    struct fluid_view view = {.at_s = at_s,
                              .tip_mmhg = p->tip_mmhg[channel],
                              .noise_mmhg = noise_mmhg * noise_number(&p->noise),
                              .rv_mmhg = c->pressure_mmhg[NODE_RV],
                              .lv_mmhg = c->pressure_mmhg[NODE_LV],
                              .beat_s = c->beat_s};
    p->value[channel] = fluid_line_step(&p->lines[channel], p->faults, (int)channel, &view);
}

void patient_step(struct patient *patient) {
    struct patient *p = patient;
    scenario_step(&p->run, p->row->scenario, p->row->onset_s, p->step, &p->circulation.parameters);
    circulation_step(&p->circulation);
    for (enum patient_channel c = PATIENT_AO; c < PATIENT_CHANNELS; c++)
        if (lab_has(p->row->lab, c))
            step_channel(p, c);
    p->value[PATIENT_PD] += p->wire_mmhg;
    p->value[PATIENT_ECG] = ecg_mv(&p->circulation) + noise_mv * noise_number(&p->noise);
    p->step++;
}
