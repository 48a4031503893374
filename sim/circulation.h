/* circulation.h - a closed circulation: four chambers, four valves, two windkessels each side,
 * reflex and breathing. Pure.
 *
 *     circulation_init(&c, &parameters, seed);    // settles for a minute: at rest when it returns
 *     circulation_step(&c);                       // half a millisecond
 *     mmhg = c.pressure_mmhg[NODE_AO];
 *
 * Ventricles and atria are time-varying elastances (double Hill, raised cosine) in one pericardium;
 * valves open and close with inertia after Mynard et al. 2012; the systemic and pulmonary trees are
 * four-element windkessels; a baroreflex moves rate and resistance. Volumes only move between
 * compartments, so their sum is what was there plus what was given minus what was lost, to 1e-9.
 * The integrator is symplectic Euler: flows from the new pressures, volumes from the new flows.
 * There is no coronary bed. The same parameters and seed give the same samples everywhere. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { CIRCULATION_RATE_HZ = 2000 };

enum chamber { CHAMBER_LV, CHAMBER_RV, CHAMBER_LA, CHAMBER_RA, CHAMBERS };

enum valve { VALVE_AORTIC, VALVE_MITRAL, VALVE_TRICUSPID, VALVE_PULMONARY, VALVES };

/* Compartments: the chambers, then these. */
enum vessel { VESSEL_AO, VESSEL_DISTAL, VESSEL_SV, VESSEL_PA, VESSEL_PD, VESSEL_PV, VESSELS };

enum node { NODE_RA, NODE_RV, NODE_PA, NODE_PCW, NODE_LA, NODE_LV, NODE_AO, NODE_FA, NODES };

struct elastance {
    double ees, vd_ml;          /* end-systolic: mmHg/mL, mL */
    double p0_mmhg, lam, v0_ml; /* passive: p0 (exp(lam (V - v0)) - 1) */
};

struct circulation_parameters {
    double volume_ml; /* stressed, in all compartments together */
    double rate_per_min, pr_s;
    struct elastance chambers[CHAMBERS];
    double valve_cm2[VALVES];
    double compliance[VESSELS];              /* mL/mmHg */
    double r_arterial, r_systemic, r_venous; /* mmHg s/mL */
    double r_pa, r_pulmonary, r_pv;
    double breath_per_min, pleural_mmhg; /* half the swing of the pleura */
    double rate_spread;                  /* of RR, as a share: 0 is a metronome */
    bool reflex;
};

struct circulation {
    struct circulation_parameters parameters;
    double chamber_ml[CHAMBERS], vessel_ml[VESSELS];
    double flow_ml_s[VALVES], opening[VALVES];
    double arterial_ml_s, pulmonary_ml_s; /* the flows with inertia */
    double pressure_mmhg[NODES];
    uint64_t step;
    double beat_s, rr_s, next_rr_s; /* since the ventricle's activation; this interval; the next */
    double peak_activation;         /* of the double Hill function, for norming */
    bool beat_began;                /* in this step */
    double mean_mmhg, set_mmhg, reflex_rate,
        reflex_r;       /* reflex: mean followed, aimed at, effects */
    double given_ml;    /* infused minus bled, since init */
    double inflow_ml_s; /* set by the caller: > 0 infusion, < 0 bleeding, at the veins */
    double wedge_mmhg, delay_mmhg[CIRCULATION_RATE_HZ / 10];
    uint64_t random;
};

struct circulation_parameters circulation_normal(void);
void circulation_init(struct circulation *c, const struct circulation_parameters *parameters,
                      uint64_t seed);
void circulation_step(struct circulation *c);
double circulation_volume_ml(const struct circulation *c); /* of all compartments */

/* Standard normal and uniform 0..1 numbers from a 64-bit state: the same everywhere. */
double circulation_uniform(uint64_t *state);
double circulation_normal_number(uint64_t *state);
