/* patient.h - a simulated patient in the lab: circulation, catheters, transducers, ECG, faults.
 * Pure.
 *
 *     patient_init(&patient, patient_find("bleeding"), seed);
 *     patient_step(&patient);                          // half a millisecond
 *     mmhg = patient.value[PATIENT_AO];
 *     if (patient.beat_complete) use(patient.truth);   // of the beat that has just ended
 *
 * Three channels: ECG lead II, a catheter in the aorta, and one in the right heart that goes
 * RA -> RV -> PA -> wedge -> PA. Each pressure passes a transducer with resonance and has noise of
 * 0.15 mmHg; the truth is what the vessel held. Same row and seed: same samples. */
#pragma once
#include "proto/stream.h"
#include "sim/circulation.h"
#include <stddef.h>

enum patient_channel { PATIENT_ECG, PATIENT_AO, PATIENT_RHC, PATIENT_CHANNELS };

/* A move of the right-heart catheter takes that long. */
#define PATIENT_MOVE_S 0.4

struct patient_truth_row {
    double ao_sys, ao_dia, ao_mean, pa_sys, pa_dia, pa_mean, pcw_mean;
};

enum { PATIENT_SETTINGS_MAX = 16 };

/* A field of struct circulation_parameters, all of which are doubles, and what it is here. */
struct patient_setting {
    size_t offset;
    double value;
    bool value_set;
};

struct patient_row {
    const char *name, *what;
    struct patient_setting settings[PATIENT_SETTINGS_MAX];
    double inflow_ml_s, onset_s, lasts_s, wedge_every_s;
    struct patient_truth_row before;
    double ao_mean_after, pcw_mean_after;
};

extern const struct patient_row patient_rows[];
extern const int patient_rows_count;
const struct patient_row *patient_find(const char *name); /* NULL: no such patient */

/* One whole beat at one catheter, from activation to activation. */
struct patient_beat {
    uint32_t site;
    double at_s, systolic_mmhg, diastolic_mmhg, mean_mmhg;
    double end_diastolic_mmhg; /* ventricles: at the next activation; else NAN */
    bool moved;                /* the catheter was on its way: no truth */
};

struct patient_transducer {
    double x1, x2, y1, y2; /* of the bilinear second-order section */
};

struct patient {
    const struct patient_row *row;
    struct circulation circulation;
    struct patient_transducer transducers[PATIENT_CHANNELS];
    double value[PATIENT_CHANNELS]; /* as the device measures: mV, mmHg, mmHg */
    uint64_t noise, step;
    bool beat_complete;
    struct patient_beat truth[PATIENT_CHANNELS], running[PATIENT_CHANNELS];
    uint64_t beat_steps;
    double sum_mmhg[PATIENT_CHANNELS], last_mmhg[PATIENT_CHANNELS];
};

struct circulation_parameters patient_parameters(const struct patient_row *row);
void patient_init(struct patient *patient, const struct patient_row *row, uint64_t seed);
void patient_step(struct patient *patient);

/* The script of the right-heart catheter: where it lies at a time, and when it moves next. A wedge
 * is SITE_PCW here; the device goes on calling it PA and marks the wedge. */
uint32_t patient_rhc_site(const struct patient_row *row, double at_s);
