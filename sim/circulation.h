/* circulation.h - a closed circulation: four chambers and valves, septum and pericardium, an aorta
 * with body and leg, lungs, a coronary artery, breathing, reflex and rhythm. Pure.
 *
 *     circulation_init(&c, &parameters, seed);    // settles for a minute: at rest when it returns
 *     circulation_step(&c);                       // half a millisecond
 *     mmhg = c.pressure_mmhg[NODE_AO];
 *
 * Ventricles and atria are time-varying elastances (heart.h) in one pericardium; valves open and
 * close with inertia after Mynard et al. 2012, may be narrow or leak. The arteries are three
 * compartments with inertia between them and a wall that yields with friction (Kelvin-Voigt):
 * without that friction compliance and inertia ring. The leg hangs on the body by a tube of its
 * own, so that its pulse is later and larger. Volumes only move between compartments, so their sum
 * is what was there plus what was given minus what was lost, to 1e-9. The integrator is symplectic
 * Euler: flows from the new pressures, volumes from the new flows. Parameters may change between
 * steps: that is how a scenario works (patient.h). The same parameters and seed give the same
 * samples everywhere. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { CIRCULATION_RATE_HZ = 2000 };

enum chamber { CHAMBER_LV, CHAMBER_RV, CHAMBER_LA, CHAMBER_RA, CHAMBERS };

enum valve { VALVE_AORTIC, VALVE_MITRAL, VALVE_TRICUSPID, VALVE_PULMONARY, VALVES };

/* Compartments: the chambers, then these. */
enum vessel {
    VESSEL_AO,
    VESSEL_DISTAL,
    VESSEL_FA,
    VESSEL_SV,
    VESSEL_PA,
    VESSEL_PD,
    VESSEL_PV,
    VESSEL_CORONARY,   /* beyond the stenosis, where the wire lies */
    VESSEL_MYOCARDIUM, /* squeezed by the ventricle around it */
    VESSELS
};

enum node {
    NODE_RA,
    NODE_RV,
    NODE_PA,
    NODE_PCW,
    NODE_LA,
    NODE_LV,
    NODE_AO,
    NODE_FA,
    NODE_PD,
    NODES
};

enum rhythm {
    RHYTHM_SINUS,
    RHYTHM_AF,       /* no atrial contraction, intervals by chance */
    RHYTHM_VVI,      /* paced ventricle; the atria contract late, against closed valves */
    RHYTHM_BLOCK,    /* ventricles at 40/min, atria at their own rate */
    RHYTHM_DDD,      /* paced ventricle behind each atrial beat */
    RHYTHM_VT,       /* ventricles at their own fast rate, atria at 80/min */
    RHYTHM_VF,       /* no beat, a shivering ECG */
    RHYTHM_ASYSTOLE, /* no beat */
    RHYTHMS
};

struct elastance {
    double ees, vd_ml;          /* end-systolic: mmHg/mL, mL */
    double p0_mmhg, lam, v0_ml; /* passive: p0 (exp(lam (V - v0)) - 1) */
};

struct circulation_parameters {
    double volume_ml; /* stressed, in all compartments together */
    double rate_per_min, pr_s;
    struct elastance chambers[CHAMBERS];
    double valve_cm2[VALVES], leak_cm2[VALVES];
    double compliance[VESSELS];              /* mL/mmHg */
    double r_arterial, r_systemic, r_venous; /* mmHg s/mL */
    double r_pa, r_pulmonary, r_pv;
    double septum;  /* how far it yields: mL/mmHg */
    double annulus; /* of a stroke, the room that the atrium gains as its valve is drawn down */
    double left_outside, right_outside; /* of the atria, what the pericardium does not hold */
    double pericardium_mmhg, pericardium_ml, pericardium_soft_ml, effusion_ml;
    double outflow; /* HOCM: 1 narrows the tract below the aortic valve as the ventricle empties */
    double stenosis_f, stenosis_s; /* of the coronary artery: mmHg s/mL, mmHg s2/mL2 */
    double stenosis_share; /* of its drop, what the first of two lesions makes; 0: there is one */
    double r_coronary, flow_reserve; /* its bed at rest, what that is divided by when it is open */
    double hyperaemia;               /* how far it is open, 0..1 */
    double breath_per_min, pleural_mmhg; /* half the swing of the pleura */
    double pleural_share;   /* of it that reaches the pericardium */
    double abdominal_share; /* of it that the diaphragm adds to the veins as it goes down */
    double ventilated, peep_mmhg;        /* 1: pressure goes up with a breath */
    double rate_spread;                  /* of RR, as a share: 0 is a metronome */
    double rhythm;                       /* enum rhythm */
    double ectopic_every;                /* every n-th beat comes early; 0: none */
    double reflex;                       /* 0: asleep */
    double inflow_ml_s;                  /* at the veins: > 0 infusion, < 0 bleeding */
};

struct circulation {
    struct circulation_parameters parameters;
    double chamber_ml[CHAMBERS], vessel_ml[VESSELS];
    double flow_ml_s[VALVES], opening[VALVES];
    double arterial_ml_s, femoral_ml_s, pulmonary_ml_s, coronary_ml_s; /* the flows with inertia */
    double leg_ml_s, body_ml_s; /* out of the arteries, through the resistances */
    double pressure_mmhg[NODES];
    double septum_ml;  /* bulged into the left ventricle */
    double full_ml[2]; /* ventricles: as this beat began, whence the annulus is drawn down */
    uint64_t step, beats;
    double beat_s, rr_s; /* since the ventricle's activation; this interval */
    double atrial_s;     /* RHYTHM_BLOCK: since the atria's own beat */
    bool early;          /* this beat is an ectopic one */
    bool potentiated;    /* this one follows an ectopic one: it contracts more strongly */
    bool beat_began;     /* in this step */
    double activation[2],
        peak_activation; /* ventricles, atria; of the Hill function, for norming */
    /* Reflex: mean followed, aimed at, and its effects: rate, resistance, blood out of the reserve
     * of the veins, which is counted from 0 and so goes below it. */
    double mean_mmhg, set_mmhg, reflex_rate, reflex_r, recruit_ml_s, reserve_ml;
    double given_ml, given_rest_ml; /* infused minus bled, since init; its rounding */
    double wedge_mmhg, delay_mmhg[CIRCULATION_RATE_HZ / 10];
    uint64_t random;
};

struct circulation_parameters circulation_normal(void);
void circulation_init(struct circulation *c, const struct circulation_parameters *parameters,
                      uint64_t seed);
void circulation_step(struct circulation *c);
double circulation_volume_ml(const struct circulation *c); /* of all compartments */
double circulation_breath(const struct circulation *c);    /* 0 out .. 1 in */

/* Standard normal and uniform 0..1 numbers from a 64-bit state: the same everywhere. */
double circulation_uniform(uint64_t *state);
double circulation_normal_number(uint64_t *state);
