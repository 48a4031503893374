#include "sim/patient.h"
#include "proto/site.h"
#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

static const double pi = 3.14159265358979323846;
static const double noise_mmhg = 0.15, noise_mv = 0.008;
/* Natural frequency and damping of catheter, tube and transducer: an ordinary fluid line. */
static const double line_hz = 20, line_damping = 0.45;

/* The catheter's way: long enough at each place for a measurement. */
enum { RA_UNTIL_S = 18, RV_UNTIL_S = 36, WEDGE_FROM_S = 60, WEDGE_S = 15 };

#define S(field, value)                                                                            \
    { offsetof(struct circulation_parameters, field), (value), true }
#define KNOBS(...) .settings = {__VA_ARGS__}
#define SCRIPT(inflow, onset, lasts, wedge)                                                        \
    .inflow_ml_s = (inflow), .onset_s = (onset), .lasts_s = (lasts), .wedge_every_s = (wedge)
#define BEFORE(as, ad, am, ps, pd, pm, w) .before = {(as), (ad), (am), (ps), (pd), (pm), (w)}
#define AFTER(am, w) .ao_mean_after = (am), .pcw_mean_after = (w)

const struct patient_row patient_rows[] = {
#define X(id, words, knobs, script, before, after)                                                 \
    {.name = #id, .what = words, knobs, script, before, after},
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

static bool wedged(const struct patient_row *row, double at_s) {
    double since_s = at_s - WEDGE_FROM_S;
    if (row->wedge_every_s > 0 && since_s >= 0)
        since_s = fmod(since_s, row->wedge_every_s);
    return since_s >= 0 && since_s < WEDGE_S;
}

uint32_t patient_rhc_site(const struct patient_row *row, double at_s) {
    if (at_s < RA_UNTIL_S)
        return SITE_RA;
    if (at_s < RV_UNTIL_S)
        return SITE_RV;
    return wedged(row, at_s) ? SITE_PCW : SITE_PA;
}

static double node_mmhg(const struct circulation *c, uint32_t site) {
    switch (site) {
    case SITE_RA:
        return c->pressure_mmhg[NODE_RA];
    case SITE_RV:
        return c->pressure_mmhg[NODE_RV];
    case SITE_PCW:
        return c->pressure_mmhg[NODE_PCW];
    default:
        return c->pressure_mmhg[NODE_PA];
    }
}

struct circulation_parameters patient_parameters(const struct patient_row *row) {
    struct circulation_parameters k = circulation_normal();
    for (int i = 0; i < PATIENT_SETTINGS_MAX && row->settings[i].value_set; i++)
        memcpy((char *)&k + row->settings[i].offset, &row->settings[i].value, sizeof(double));
    return k;
}

void patient_init(struct patient *patient, const struct patient_row *row, uint64_t seed) {
    struct circulation_parameters k = patient_parameters(row);
    *patient = (struct patient){.row = row, .noise = seed ^ 0x5bd1e995u};
    circulation_init(&patient->circulation, &k, seed);
}

/* y'' + 2 zeta w y' + w^2 (y - x) = 0 by the bilinear transform; it begins at rest at the first x.
 */
static double transduce(struct patient_transducer *t, double x, bool first) {
    if (first)
        *t = (struct patient_transducer){x, x, x, x};
    double k = 2 * CIRCULATION_RATE_HZ, w = 2 * pi * line_hz;
    double a0 = k * k + 2 * line_damping * w * k + w * w, a1 = 2 * (w * w - k * k);
    double a2 = k * k - 2 * line_damping * w * k + w * w;
    double y = (w * w * (x + 2 * t->x1 + t->x2) - a1 * t->y1 - a2 * t->y2) / a0;
    *t = (struct patient_transducer){x, t->x1, y, t->y1};
    return y;
}

static double bump(double t_s, double at_s, double width_s) {
    double z = (t_s - at_s) / width_s;
    return exp(-0.5 * z * z);
}

/* Lead II, from the time since the ventricle's activation and until the next one. Atria that do not
 * lead have no P before the QRS; a beat from the ventricle itself is wide, its T against it. */
static double ecg_mv(const struct circulation *c) {
    double t = c->beat_s, left = c->beat_s - c->rr_s, pr = c->parameters.pr_s;
    double scale = fmax(0.65, sqrt(c->rr_s)), p = 0;
    enum rhythm rhythm = (enum rhythm)lrint(c->parameters.rhythm);
    if (rhythm == RHYTHM_SINUS)
        p = bump(left, -pr + 0.02, 0.022) + bump(t, -pr + 0.02, 0.022);
    else if (rhythm == RHYTHM_BLOCK)
        p = bump(c->atrial_s, 0.05, 0.022);
    if (c->early || rhythm == RHYTHM_VVI)
        return 0.12 * p + 1.3 * bump(t, 0.05, 0.03) - 0.35 * bump(t, 0.30 * scale, 0.05 * scale);
    double qrs = 1.1 * bump(t, 0.02, 0.011) - 0.12 * bump(t, -0.005, 0.010) -
                 0.12 * bump(left, -0.005, 0.010) - 0.25 * bump(t, 0.048, 0.012);
    return 0.12 * p + qrs + 0.28 * bump(t, 0.29 * scale, 0.045 * scale);
}

/* Pressure in the vessel at a catheter's tip; while it moves, from one place into the next. */
static double tip_mmhg(const struct patient *p, enum patient_channel channel, uint32_t *site,
                       bool *moving) {
    const struct circulation *c = &p->circulation;
    *site = SITE_AO;
    *moving = false;
    if (channel == PATIENT_AO)
        return c->pressure_mmhg[NODE_AO];
    double at_s = (double)p->step / CIRCULATION_RATE_HZ;
    *site = patient_rhc_site(p->row, at_s);
    uint32_t from = patient_rhc_site(p->row, fmax(0, at_s - PATIENT_MOVE_S));
    if (from == *site)
        return node_mmhg(c, *site);
    double begun_s = at_s;
    while (begun_s > 0 && patient_rhc_site(p->row, begun_s) != from)
        begun_s -= 1.0 / CIRCULATION_RATE_HZ;
    double share = fmin(1, (at_s - begun_s) / PATIENT_MOVE_S);
    *moving = true;
    return (1 - share) * node_mmhg(c, from) + share * node_mmhg(c, *site);
}

static void begin_truth(struct patient *p, enum patient_channel channel, uint32_t site) {
    p->running[channel] = (struct patient_beat){
        .site = site,
        .at_s = (double)p->step / CIRCULATION_RATE_HZ,
        .systolic_mmhg = -1e9,
        .diastolic_mmhg = 1e9,
    };
    p->sum_mmhg[channel] = 0;
}

static void follow_truth(struct patient *p, enum patient_channel channel, double mmhg, bool moved) {
    struct patient_beat *b = &p->running[channel];
    b->systolic_mmhg = fmax(b->systolic_mmhg, mmhg);
    b->diastolic_mmhg = fmin(b->diastolic_mmhg, mmhg);
    b->moved |= moved;
    p->sum_mmhg[channel] += mmhg;
    p->last_mmhg[channel] = mmhg;
}

static void end_truth(struct patient *p, enum patient_channel channel, bool whole) {
    struct patient_beat *b = &p->running[channel];
    b->mean_mmhg = p->sum_mmhg[channel] / (double)p->beat_steps;
    b->end_diastolic_mmhg = b->site == SITE_RV ? p->last_mmhg[channel] : NAN;
    b->moved |= !whole;
    p->truth[channel] = *b;
}

static void step_channel(struct patient *p, enum patient_channel channel) {
    uint32_t site;
    bool moving, began = p->circulation.beat_began;
    double mmhg = tip_mmhg(p, channel, &site, &moving);
    if (began && p->step)
        end_truth(p, channel, p->running[channel].site == site);
    if (began || !p->step)
        begin_truth(p, channel, site);
    p->running[channel].moved |= !p->step; /* the first one began before the recording */
    follow_truth(p, channel, mmhg, moving || site != p->running[channel].site);
    p->value[channel] = transduce(&p->transducers[channel], mmhg, !p->step) +
                        noise_mmhg * circulation_normal_number(&p->noise);
}

void patient_step(struct patient *patient) {
    struct patient *p = patient;
    const struct patient_row *row = p->row;
    double at_s = (double)p->step / CIRCULATION_RATE_HZ;
    bool flows = at_s >= row->onset_s && at_s < row->onset_s + row->lasts_s;
    p->circulation.inflow_ml_s = flows ? row->inflow_ml_s : 0;
    circulation_step(&p->circulation);
    p->beat_complete = p->circulation.beat_began && p->step;
    step_channel(p, PATIENT_AO);
    step_channel(p, PATIENT_RHC);
    p->value[PATIENT_ECG] =
        ecg_mv(&p->circulation) + noise_mv * circulation_normal_number(&p->noise);
    p->beat_steps = p->circulation.beat_began ? 1 : p->beat_steps + 1;
    p->step++;
}
