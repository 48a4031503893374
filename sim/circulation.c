#include "sim/circulation.h"
#include <assert.h>
#include <math.h>
#include <string.h>

static const double step_s = 1.0 / CIRCULATION_RATE_HZ;
static const double pi = 3.14159265358979323846;

enum { SETTLE_S = 60, LEARN_S = 20 };

/* Fitted so that a heart at rest shows 122/72 in the aorta and 22/10 in the pulmonary artery. */
struct circulation_parameters circulation_normal(void) {
    return (struct circulation_parameters){.volume_ml = 1140,
                                           .rate_per_min = 70,
                                           .pr_s = 0.16,
                                           .chambers = {[CHAMBER_LV] = {2.28, 10, 1.21, 0.021, 10},
                                                        [CHAMBER_RV] = {0.279, 15, 1.54, 0.014, 15},
                                                        [CHAMBER_LA] = {0.238, 8, 0.989, 0.038, 5},
                                                        [CHAMBER_RA] = {0.242, 8, 1.31, 0.030, 5}},
                                           .valve_cm2 = {[VALVE_AORTIC] = 3.5,
                                                         [VALVE_MITRAL] = 4.8,
                                                         [VALVE_TRICUSPID] = 6,
                                                         [VALVE_PULMONARY] = 3.6},
                                           .compliance = {[VESSEL_AO] = 0.473,
                                                          [VESSEL_DISTAL] = 1.05,
                                                          [VESSEL_SV] = 75,
                                                          [VESSEL_PA] = 2.52,
                                                          [VESSEL_PD] = 1.6,
                                                          [VESSEL_PV] = 10},
                                           .r_arterial = 0.0287,
                                           .r_systemic = 0.965,
                                           .r_venous = 0.025,
                                           .r_pa = 0.015,
                                           .r_pulmonary = 0.054,
                                           .r_pv = 0.012,
                                           .breath_per_min = 14,
                                           .pleural_mmhg = 1,
                                           .rate_spread = 0.02,
                                           .reflex = true};
}

double circulation_uniform(uint64_t *state) {
    /* splitmix64: one small generator, good enough for noise, the same everywhere. */
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

double circulation_normal_number(uint64_t *state) {
    double radius = sqrt(-2 * log(1 - circulation_uniform(state)));
    return radius * cos(2 * pi * circulation_uniform(state));
}

double circulation_volume_ml(const struct circulation *c) {
    double sum = 0;
    for (int i = 0; i < CHAMBERS; i++)
        sum += c->chamber_ml[i];
    for (int i = 0; i < VESSELS; i++)
        sum += c->vessel_ml[i];
    return sum;
}

/* Time scales of a beat shrink with the root of its length. */
static double beat_scale(double rr_s) {
    return fmax(0.65, sqrt(rr_s));
}

static double hill(double t_s) {
    double rise = pow(t_s / 0.255, 1.9), fall = pow(t_s / 0.425, 22);
    return rise / (1 + rise) / (1 + fall);
}

static double hill_peak(void) {
    double peak = 0;
    for (double t_s = 0; t_s < 1; t_s += step_s)
        peak = fmax(peak, hill(t_s));
    return peak;
}

/* 0..1 of the ventricles, at a time after their activation. */
static double ventricle_activation(const struct circulation *c) {
    return hill(c->beat_s / beat_scale(c->rr_s)) / c->peak_activation;
}

/* 0..1 of the atria, which begin pr_s before the next activation. */
static double atrium_activation(const struct circulation *c) {
    double length_s = 0.25 * beat_scale(c->rr_s);
    double since_s = c->beat_s - (c->rr_s - c->parameters.pr_s);
    if (since_s < 0)
        since_s = c->beat_s + c->parameters.pr_s; /* the contraction that began before this beat */
    return since_s < length_s ? 0.5 * (1 - cos(2 * pi * since_s / length_s)) : 0;
}

static double pleura_mmhg(const struct circulation *c) {
    double breath_s = 60 / c->parameters.breath_per_min;
    double t_s = fmod((double)c->step * step_s, breath_s), in_s = breath_s / 3;
    double depth = t_s < in_s ? 0.5 * (1 - cos(pi * t_s / in_s)) : exp(-(t_s - in_s) / 0.35);
    return -4 - 2 * c->parameters.pleural_mmhg * depth;
}

static double passive_mmhg(const struct elastance *e, double volume_ml) {
    return e->p0_mmhg * (exp(e->lam * (volume_ml - e->v0_ml)) - 1);
}

static double pericardium_mmhg(const struct circulation *c, double pleura) {
    double volume_ml = 0;
    for (int i = 0; i < CHAMBERS; i++)
        volume_ml += c->chamber_ml[i];
    return pleura + 0.5 * exp((volume_ml - 520) / 40);
}

static void chamber_pressures(const struct circulation *c, double around, double out[CHAMBERS]) {
    double active[CHAMBERS];
    double activation[2] = {ventricle_activation(c), atrium_activation(c)};
    for (int i = 0; i < CHAMBERS; i++) {
        const struct elastance *e = &c->parameters.chambers[i];
        double a = activation[i >= CHAMBER_LA];
        active[i] = a * e->ees * (c->chamber_ml[i] - e->vd_ml);
        out[i] = active[i] + (1 - a) * passive_mmhg(e, c->chamber_ml[i]) + around;
    }
    out[CHAMBER_RV] += 0.06 * active[CHAMBER_LV]; /* the septum is common to both */
}

/* Mynard's valve: it opens and closes at a speed that follows the pressure across it, and its blood
 * has mass. */
static void step_valve(struct circulation *c, enum valve valve, double across_mmhg) {
    static const double rho = 1.06, open_rate = 26, close_rate = 40, mmhg = 1333.2;
    double *z = &c->opening[valve], *q = &c->flow_ml_s[valve];
    double change =
        across_mmhg > 0 ? (1 - *z) * open_rate * across_mmhg : *z * close_rate * across_mmhg;
    *z = fmin(1, fmax(0, *z + step_s * change));
    double area_cm2 = *z * c->parameters.valve_cm2[valve];
    if (area_cm2 < 0.002) {
        *q = 0;
        return;
    }
    double length_cm = valve == VALVE_AORTIC || valve == VALVE_PULMONARY ? 1 : 2;
    double bernoulli = rho / (2 * area_cm2 * area_cm2) / mmhg;
    double inertia = rho * length_cm / area_cm2 / mmhg;
    /* Semi-implicit, so that a nearly closed valve is not stiff. */
    *q = (*q + step_s * across_mmhg / inertia) / (1 + step_s * bernoulli * fabs(*q) / inertia);
}

struct pressures {
    double chamber[CHAMBERS], vessel[VESSELS];
};

static void pressures_of(const struct circulation *c, struct pressures *p) {
    double pleura = pleura_mmhg(c);
    chamber_pressures(c, pericardium_mmhg(c, pleura), p->chamber);
    for (int i = 0; i < VESSELS; i++)
        p->vessel[i] = c->vessel_ml[i] / c->parameters.compliance[i] +
                       (i == VESSEL_PA || i == VESSEL_PD || i == VESSEL_PV ? pleura : 0);
}

/* A tube with inertia and resistance, semi-implicit. */
static double step_tube(double flow, double across_mmhg, double inertia, double resistance) {
    return (flow + step_s * across_mmhg / inertia) / (1 + step_s * resistance / inertia);
}

static void step_flows(struct circulation *c, const struct pressures *p) {
    const struct circulation_parameters *k = &c->parameters;
    step_valve(c, VALVE_AORTIC, p->chamber[CHAMBER_LV] - p->vessel[VESSEL_AO]);
    step_valve(c, VALVE_MITRAL, p->chamber[CHAMBER_LA] - p->chamber[CHAMBER_LV]);
    step_valve(c, VALVE_TRICUSPID, p->chamber[CHAMBER_RA] - p->chamber[CHAMBER_RV]);
    step_valve(c, VALVE_PULMONARY, p->chamber[CHAMBER_RV] - p->vessel[VESSEL_PA]);
    c->arterial_ml_s = step_tube(c->arterial_ml_s, p->vessel[VESSEL_AO] - p->vessel[VESSEL_DISTAL],
                                 0.006, k->r_arterial);
    c->pulmonary_ml_s =
        step_tube(c->pulmonary_ml_s, p->vessel[VESSEL_PA] - p->vessel[VESSEL_PD], 0.0006, k->r_pa);
}

/* Every flow leaves one compartment and enters another: the sum cannot change. */
static void move(double *from_ml, double *to_ml, double flow_ml_s) {
    *from_ml -= step_s * flow_ml_s;
    *to_ml += step_s * flow_ml_s;
}

static void step_volumes(struct circulation *c, const struct pressures *p) {
    const struct circulation_parameters *k = &c->parameters;
    double *h = c->chamber_ml, *v = c->vessel_ml;
    const double *pv = p->vessel, *pc = p->chamber;
    move(&h[CHAMBER_LV], &v[VESSEL_AO], c->flow_ml_s[VALVE_AORTIC]);
    move(&h[CHAMBER_LA], &h[CHAMBER_LV], c->flow_ml_s[VALVE_MITRAL]);
    move(&h[CHAMBER_RA], &h[CHAMBER_RV], c->flow_ml_s[VALVE_TRICUSPID]);
    move(&h[CHAMBER_RV], &v[VESSEL_PA], c->flow_ml_s[VALVE_PULMONARY]);
    move(&v[VESSEL_AO], &v[VESSEL_DISTAL], c->arterial_ml_s);
    move(&v[VESSEL_PA], &v[VESSEL_PD], c->pulmonary_ml_s);
    move(&v[VESSEL_DISTAL], &v[VESSEL_SV],
         (pv[VESSEL_DISTAL] - pv[VESSEL_SV]) / (k->r_systemic * c->reflex_r));
    move(&v[VESSEL_SV], &h[CHAMBER_RA], (pv[VESSEL_SV] - pc[CHAMBER_RA]) / k->r_venous);
    move(&v[VESSEL_PD], &v[VESSEL_PV], (pv[VESSEL_PD] - pv[VESSEL_PV]) / k->r_pulmonary);
    move(&v[VESSEL_PV], &h[CHAMBER_LA], (pv[VESSEL_PV] - pc[CHAMBER_LA]) / k->r_pv);
    /* What really went in, not what was meant: adding little to much rounds. */
    double before_ml = v[VESSEL_SV];
    v[VESSEL_SV] += step_s * c->inflow_ml_s;
    c->given_ml += v[VESSEL_SV] - before_ml;
}

/* Low pressure makes the heart faster and the vessels narrower, within limits and with delay. */
static void step_reflex(struct circulation *c) {
    c->mean_mmhg += step_s / 2 * (c->pressure_mmhg[NODE_AO] - c->mean_mmhg);
    if (!c->parameters.reflex || !(c->set_mmhg > 0))
        return;
    double low_mmhg = c->set_mmhg - c->mean_mmhg;
    double rate = fmin(80, fmax(-30, 0.8 * low_mmhg));
    double resistance = fmin(1.8, fmax(0.5, 1 + 0.012 * low_mmhg));
    c->reflex_rate += step_s / 3 * (rate - c->reflex_rate);
    c->reflex_r += step_s / 8 * (resistance - c->reflex_r);
}

static double draw_rr_s(struct circulation *c) {
    double rate = fmax(20, c->parameters.rate_per_min + c->reflex_rate);
    double spread = 1 + c->parameters.rate_spread * circulation_normal_number(&c->random);
    return 60 / rate * fmin(1.2, fmax(0.8, spread));
}

static void step_beat(struct circulation *c) {
    c->beat_s += step_s;
    c->beat_began = c->beat_s >= c->rr_s;
    if (!c->beat_began)
        return;
    c->beat_s -= c->rr_s;
    c->rr_s = draw_rr_s(c);
}

/* A wedged tip sees the left atrium through the veins: later and smoother. */
static void step_wedge(struct circulation *c, const struct pressures *p) {
    uint64_t at = c->step % (sizeof c->delay_mmhg / sizeof c->delay_mmhg[0]);
    double delayed = c->delay_mmhg[at];
    c->delay_mmhg[at] = 0.35 * p->vessel[VESSEL_PV] + 0.65 * p->chamber[CHAMBER_LA];
    c->wedge_mmhg += step_s / 0.035 * (delayed - c->wedge_mmhg);
}

void circulation_step(struct circulation *c) {
    struct pressures p;
    step_beat(c);
    pressures_of(c, &p);
    step_flows(c, &p);
    step_volumes(c, &p);
    step_wedge(c, &p);
    c->pressure_mmhg[NODE_RA] = p.chamber[CHAMBER_RA];
    c->pressure_mmhg[NODE_RV] = p.chamber[CHAMBER_RV];
    c->pressure_mmhg[NODE_PA] = p.vessel[VESSEL_PA];
    c->pressure_mmhg[NODE_PCW] = c->wedge_mmhg;
    c->pressure_mmhg[NODE_LA] = p.chamber[CHAMBER_LA];
    c->pressure_mmhg[NODE_LV] = p.chamber[CHAMBER_LV];
    c->pressure_mmhg[NODE_AO] = p.vessel[VESSEL_AO];
    c->pressure_mmhg[NODE_FA] = p.vessel[VESSEL_DISTAL];
    step_reflex(c);
    c->step++;
}

/* Any start will do that holds the right volume; settling does the rest. */
static void fill(struct circulation *c) {
    static const double chambers[CHAMBERS] = {120, 120, 60, 60};
    const double *compliance = c->parameters.compliance;
    double rest = c->parameters.volume_ml;
    memcpy(c->chamber_ml, chambers, sizeof chambers);
    c->vessel_ml[VESSEL_AO] = 80 * compliance[VESSEL_AO];
    c->vessel_ml[VESSEL_DISTAL] = 80 * compliance[VESSEL_DISTAL];
    c->vessel_ml[VESSEL_PA] = 16 * compliance[VESSEL_PA];
    c->vessel_ml[VESSEL_PD] = 14 * compliance[VESSEL_PD];
    c->vessel_ml[VESSEL_PV] = 10 * compliance[VESSEL_PV];
    for (int i = 0; i < CHAMBERS; i++)
        rest -= c->chamber_ml[i];
    for (int i = 0; i < VESSELS; i++)
        rest -= i == VESSEL_SV ? 0 : c->vessel_ml[i];
    c->vessel_ml[VESSEL_SV] = rest;
}

void circulation_init(struct circulation *c, const struct circulation_parameters *parameters,
                      uint64_t seed) {
    assert(parameters->volume_ml > 0 && parameters->rate_per_min > 0);
    *c = (struct circulation){.parameters = *parameters, .random = seed, .reflex_r = 1};
    c->peak_activation = hill_peak();
    fill(c);
    c->rr_s = draw_rr_s(c);
    double sum = 0;
    for (int i = 0; i < SETTLE_S * CIRCULATION_RATE_HZ; i++) {
        circulation_step(c);
        if (i >= (SETTLE_S - LEARN_S) * CIRCULATION_RATE_HZ)
            sum += c->pressure_mmhg[NODE_AO];
    }
    c->set_mmhg = sum / (LEARN_S * CIRCULATION_RATE_HZ); /* what this patient's reflex defends */
    c->step = 0;
}
