#include "sim/circulation.h"
#include "sim/heart.h"
#include <assert.h>
#include <math.h>
#include <string.h>

static const double step_s = 1.0 / CIRCULATION_RATE_HZ;
static const double pi = 3.14159265358979323846;

/* Collaterals help where the artery is as good as shut: they keep a fifth of the pressure there. */
static const double collateral_mmhg = 60, collateral_r = 40;

enum { SETTLE_S = 60, LEARN_S = 20 };

/* Fitted so that a heart at rest shows 125/75 in the aorta and 22/10 in the pulmonary artery. */
struct circulation_parameters circulation_normal(void) {
    return (struct circulation_parameters){.volume_ml = 1030,
                                           .rate_per_min = 70,
                                           .pr_s = 0.16,
                                           .chambers = {[CHAMBER_LV] = {2.6, 10, 0.98, 0.021, 10},
                                                        [CHAMBER_RV] = {0.279, 15, 1.54, 0.014, 15},
                                                        [CHAMBER_LA] = {0.238, 8, 0.989, 0.038, 5},
                                                        [CHAMBER_RA] = {0.242, 8, 1.31, 0.030, 5}},
                                           .valve_cm2 = {3.5, 4.8, 6, 4.2},
                                           .compliance = {[VESSEL_AO] = 0.58,
                                                          [VESSEL_DISTAL] = 0.5,
                                                          [VESSEL_FA] = 0.07,
                                                          [VESSEL_SV] = 75,
                                                          [VESSEL_PA] = 2.52,
                                                          [VESSEL_PD] = 1.6,
                                                          [VESSEL_PV] = 10,
                                                          [VESSEL_CORONARY] = 0.002,
                                                          [VESSEL_MYOCARDIUM] = 0.03},
                                           .r_arterial = 0.0287,
                                           .r_systemic = 1.03,
                                           .r_venous = 0.025,
                                           .r_pa = 0.015,
                                           .r_pulmonary = 0.054,
                                           .r_pv = 0.012,
                                           .septum = 0.6,
                                           .annulus = 0.2,
                                           .pericardium_mmhg = 0.5,
                                           .pericardium_ml = 520,
                                           .pericardium_soft_ml = 40,
                                           .r_coronary = 65,
                                           .flow_reserve = 2.6,
                                           .breath_per_min = 14,
                                           .pleural_mmhg = 1,
                                           .pleural_share = 1,
                                           .rate_spread = 0.02,
                                           .reflex = 1};
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
    return sum + c->reserve_ml;
}

double circulation_breath(const struct circulation *c) {
    double breath_s = 60 / c->parameters.breath_per_min;
    double t_s = fmod((double)c->step * step_s, breath_s), in_s = breath_s / 3;
    return t_s < in_s ? 0.5 * (1 - cos(pi * t_s / in_s)) : exp(-(t_s - in_s) / 0.35);
}

static double pleura_mmhg(const struct circulation *c) {
    const struct circulation_parameters *k = &c->parameters;
    double swing = 2 * k->pleural_mmhg * circulation_breath(c);
    /* A ventilator's pressure reaches the pleura by about a half. */
    return k->ventilated > 0 ? 0.5 * k->peep_mmhg + swing : -4 - swing;
}

struct pressures {
    double chamber[CHAMBERS], vessel[VESSELS];
};

/* Walls yield with friction: pressure is that of the volume, and of how fast it comes. */
static void wall_friction(const struct circulation *c, struct pressures *p) {
    static const double ao = 0.035, body = 0.05, leg = 0.35, lung = 0.01;
    p->vessel[VESSEL_AO] += ao * (c->flow_ml_s[VALVE_AORTIC] - c->arterial_ml_s - c->coronary_ml_s);
    p->vessel[VESSEL_DISTAL] += body * (c->arterial_ml_s - c->femoral_ml_s - c->body_ml_s);
    p->vessel[VESSEL_FA] += leg * (c->femoral_ml_s - c->leg_ml_s);
    p->vessel[VESSEL_PA] += lung * (c->flow_ml_s[VALVE_PULMONARY] - c->pulmonary_ml_s);
}

static void pressures_of(struct circulation *c, struct pressures *p) {
    double pleura = pleura_mmhg(c);
    const struct circulation_parameters *k = &c->parameters;
    heart_pressures(c, pleura, p->chamber);
    for (int i = 0; i < VESSELS; i++)
        p->vessel[i] = c->vessel_ml[i] / k->compliance[i];
    p->vessel[VESSEL_PA] += k->pleural_share * pleura; /* its trunk lies in the pericardium */
    p->vessel[VESSEL_PD] += pleura;
    p->vessel[VESSEL_PV] += pleura;
    /* A breath by the diaphragm raises the belly's pressure by some 5 for each 6 that the pleura
     * falls (J Physiol 2005, Skeletal versus respiratory muscle pump). */
    p->vessel[VESSEL_SV] += k->abdominal_share * 2 * k->pleural_mmhg * circulation_breath(c);
    p->vessel[VESSEL_MYOCARDIUM] += 0.75 * fmax(0, p->chamber[CHAMBER_LV]);
    wall_friction(c, p);
}

/* A tube with inertia and resistance, semi-implicit. */
static double step_tube(double flow, double across_mmhg, double inertia, double resistance) {
    return (flow + step_s * across_mmhg / inertia) / (1 + step_s * resistance / inertia);
}

/* Small arteries shut as the pressure in them falls, so that an arrest leaves some 24 mmHg in the
 * arteries and 11 in the veins (Schipke et al. 2003, 82 people in fibrillation for 13 s). */
static double open_share(double mmhg) {
    static const double shut_mmhg = 22, open_mmhg = 34;
    return fmin(1, fmax(0, (mmhg - shut_mmhg) / (open_mmhg - shut_mmhg)));
}

static void step_flows(struct circulation *c, const struct pressures *p) {
    const struct circulation_parameters *k = &c->parameters;
    const double *v = p->vessel;
    heart_valve(c, VALVE_AORTIC, p->chamber[CHAMBER_LV] - v[VESSEL_AO]);
    heart_valve(c, VALVE_MITRAL, p->chamber[CHAMBER_LA] - p->chamber[CHAMBER_LV]);
    heart_valve(c, VALVE_TRICUSPID, p->chamber[CHAMBER_RA] - p->chamber[CHAMBER_RV]);
    heart_valve(c, VALVE_PULMONARY, p->chamber[CHAMBER_RV] - v[VESSEL_PA]);
    c->arterial_ml_s =
        step_tube(c->arterial_ml_s, v[VESSEL_AO] - v[VESSEL_DISTAL], 0.006, k->r_arterial);
    c->femoral_ml_s = step_tube(c->femoral_ml_s, v[VESSEL_DISTAL] - v[VESSEL_FA], 0.016, 0.05);
    c->pulmonary_ml_s = step_tube(c->pulmonary_ml_s, v[VESSEL_PA] - v[VESSEL_PD], 0.0006, k->r_pa);
    double stenosis = k->stenosis_f + k->stenosis_s * fabs(c->coronary_ml_s) + 0.5;
    c->coronary_ml_s =
        step_tube(c->coronary_ml_s, v[VESSEL_AO] - v[VESSEL_CORONARY], 0.03, stenosis);
    double systemic = k->r_systemic * c->reflex_r;
    double leg = v[VESSEL_FA], body = v[VESSEL_DISTAL];
    c->leg_ml_s = open_share(leg) * (leg - v[VESSEL_SV]) / (12 * systemic);
    c->body_ml_s = open_share(body) * (body - v[VESSEL_SV]) / (12.0 / 11 * systemic);
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
    move(&v[VESSEL_DISTAL], &v[VESSEL_FA], c->femoral_ml_s);
    move(&v[VESSEL_PA], &v[VESSEL_PD], c->pulmonary_ml_s);
    move(&v[VESSEL_DISTAL], &v[VESSEL_SV], c->body_ml_s);
    move(&v[VESSEL_FA], &v[VESSEL_SV], c->leg_ml_s);
    move(&v[VESSEL_SV], &h[CHAMBER_RA], (pv[VESSEL_SV] - pc[CHAMBER_RA]) / k->r_venous);
    move(&v[VESSEL_PD], &v[VESSEL_PV], (pv[VESSEL_PD] - pv[VESSEL_PV]) / k->r_pulmonary);
    move(&v[VESSEL_PV], &h[CHAMBER_LA], (pv[VESSEL_PV] - pc[CHAMBER_LA]) / k->r_pv);
    double bed = k->r_coronary / (1 + k->hyperaemia * (k->flow_reserve - 1));
    move(&v[VESSEL_AO], &v[VESSEL_CORONARY], c->coronary_ml_s);
    move(&v[VESSEL_CORONARY], &v[VESSEL_MYOCARDIUM],
         (pv[VESSEL_CORONARY] - pv[VESSEL_MYOCARDIUM]) / (0.6 * bed));
    move(&v[VESSEL_MYOCARDIUM], &h[CHAMBER_RA],
         fmax(0, pv[VESSEL_MYOCARDIUM] - pc[CHAMBER_RA]) / (0.4 * bed));
    move(&v[VESSEL_AO], &v[VESSEL_CORONARY],
         fmax(0, pv[VESSEL_AO] - pv[VESSEL_CORONARY] - collateral_mmhg) / collateral_r);
    move(&c->reserve_ml, &v[VESSEL_SV], c->recruit_ml_s);
    /* What really went in, not what was meant: adding little to much rounds. */
    double before_ml = v[VESSEL_SV];
    v[VESSEL_SV] += step_s * k->inflow_ml_s;
    /* Kahan's sum: a step's share is a millionth of what was given in hours. */
    double share_ml = v[VESSEL_SV] - before_ml - c->given_rest_ml, sum_ml = c->given_ml + share_ml;
    c->given_rest_ml = sum_ml - c->given_ml - share_ml;
    c->given_ml = sum_ml;
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
    heart_beat(c);
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
    c->pressure_mmhg[NODE_FA] = p.vessel[VESSEL_FA];
    c->pressure_mmhg[NODE_PD] = p.vessel[VESSEL_CORONARY];
    heart_reflex(c);
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
    c->vessel_ml[VESSEL_FA] = 80 * compliance[VESSEL_FA];
    c->vessel_ml[VESSEL_CORONARY] = 80 * compliance[VESSEL_CORONARY];
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
    c->peak_activation = heart_hill_peak();
    fill(c);
    c->rr_s = heart_draw_rr_s(c);
    double sum = 0;
    for (int i = 0; i < SETTLE_S * CIRCULATION_RATE_HZ; i++) {
        circulation_step(c);
        if (i >= (SETTLE_S - LEARN_S) * CIRCULATION_RATE_HZ)
            sum += c->pressure_mmhg[NODE_AO];
    }
    c->set_mmhg = sum / (LEARN_S * CIRCULATION_RATE_HZ); /* what this patient's reflex defends */
    c->step = 0;
}
