/* cycle.h - what the heart of a simulated patient really did in each beat: volumes through its
 * valves, gradients across them, and the coronary ratios. Pure; it only looks.
 *
 *     struct cycle_watch watch = {.steps = 0};
 *     circulation_step(&circulation);
 *     if (cycle_step(&watch, &circulation, at_s)) use(watch.cycle);   // of the beat that has ended
 *
 * From one activation of the ventricles (the R wave) to the next, from the model's pressures and
 * flows, before any catheter. Periods and gradients are as a lab defines them, from two pressures
 * (dsp/gradient.h): the longest stretch with upstream above downstream, breaks of up to 20 ms
 * bridged; mean over it of the positive difference. The coronary ratios are of the last whole beat
 * from aortic opening to aortic opening, in the windows of dsp/coronary.h; but diastole begins when
 * the aortic valve closes, which the model knows. */
#pragma once
#include "sim/circulation.h"

enum { CYCLE_STEPS_MAX = 3 * CIRCULATION_RATE_HZ };

struct cycle_gradient {
    double period_s, mean_mmhg, peak_mmhg, peak_to_peak_mmhg; /* NAN: no stretch of 50 ms */
};

struct cycle {
    double at_s, rr_s; /* of the R wave; until the next one */
    bool early;        /* an ectopic beat */
    double lv_edp_mmhg, rv_edp_mmhg;
    double edv_ml, esv_ml; /* as it began, and the least */
    double most_ml;        /* fast hearts go on filling behind the activation */
    double forward_ml[VALVES], back_ml[VALVES];
    struct cycle_gradient aortic;
    double pulmonic_p2p_mmhg;     /* RV and PA, highest each */
    struct cycle_gradient mitral; /* of the filling that came before; no peak to peak */
    double mean_mmhg[NODES];
    double pd_pa, dpr, wave_free, rfr; /* NAN: no whole beat */
};

/* Upstream above downstream, while a beat goes on. */
struct cycle_stretch {
    double length_s, gap_s, sum, peak_mmhg;
    double best_s, best_sum, best_peak;
};

struct cycle_watch {
    struct cycle cycle, running;
    uint64_t steps;
    struct cycle_stretch aortic, mitral;
    double most_mmhg[NODES], sum_mmhg[NODES];
    /* Since the aortic valve opened last: filling is over then. */
    float pa[CYCLE_STEPS_MAX], pd[CYCLE_STEPS_MAX];
    int coronary_steps, closed_at;
    bool open, whole;
    double ratios[4];
};

bool cycle_step(struct cycle_watch *watch, const struct circulation *c, double at_s);
