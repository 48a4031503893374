/* truth.h - what a simulated patient really shows, without its transducers: each beat at each line.
 * Pure; it only looks.
 *
 *     truth_init(&truth, &patient);
 *     patient_step(&patient);
 *     if (truth_step(&truth, &patient))      // a beat ended with this step
 *         use(truth.beats[PATIENT_AO]);      // if it is whole
 *
 * A beat lasts from one activation of the ventricles to the next. It is whole while the catheter
 * lay still at one site; the one in which the record begins never is. */
#pragma once
#include "sim/patient.h"

struct patient_beat {
    enum patient_channel channel;
    uint32_t site;
    double at_s, systolic_mmhg, diastolic_mmhg, mean_mmhg;
    double end_diastolic_mmhg; /* ventricles: at the activation that begins it; else NAN */
    double a_mmhg, v_mmhg;     /* atria: tops while they contract, and before the AV valve opens */
    bool whole;
    bool end_expiratory; /* all of it while the breath is out */
};

/* Of one line, while a beat goes on. */
struct truth_line {
    struct patient_beat beat;
    double sum_mmhg, a_mmhg, last_a_mmhg, v_mmhg;
    uint64_t steps;
};

struct truth {
    struct truth_line lines[PATIENT_CHANNELS];
    struct patient_beat beats[PATIENT_CHANNELS];     /* those that ended with the last step */
    uint64_t step, activated, contracted; /* steps: ventricles, atria */
    uint64_t av_opened[2];                /* mitral, tricuspid: first time behind the QRS */
    bool atria_active, av_open[2];
};

void truth_init(struct truth *truth, const struct patient *patient);
bool truth_step(struct truth *truth, const struct patient *patient);
