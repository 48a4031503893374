/* patient.h - a simulated patient in the lab: circulation, what happens to it, catheters,
 * transducers, ECG, faults. Pure.
 *
 *     patient_init(&patient, patient_find("bleeding"), seed);
 *     patient_step(&patient);                          // half a millisecond
 *     mmhg = patient.value[PATIENT_AO];                // as the device measures it, with noise
 *     mmhg = patient.tip_mmhg[PATIENT_AO];             // in the vessel
 *
 * ECG lead II and the lines of its lab (labs.def). Each pressure passes a fluid line with resonance
 * and has noise of 0.15 mmHg; a pressure wire has neither column nor resonance, but a shift of its
 * own that the device has to equalise. Same row and seed: same samples. */
#pragma once
#include "proto/stream.h"
#include "sim/circulation.h"
#include "sim/fluid_line.h"
#include "sim/lab.h"
#include "sim/scenario.h"
#include <stddef.h>

/* Within tolerance while nothing has happened yet; NAN: no such line. */
struct patient_truth_row {
    double ao_sys, ao_dia, ao_mean, pa_sys, pa_dia, pa_mean, pcw_mean;
};

enum { PATIENT_SETTINGS_MAX = 20 };

/* A field of struct circulation_parameters, all of which are doubles, and what it is here. */
struct patient_setting {
    size_t offset;
    double value;
    bool value_set;
};

struct patient_row {
    const char *name, *what;
    struct patient_setting settings[PATIENT_SETTINGS_MAX];
    const struct lab *lab;
    const struct scenario *scenario;
    double onset_s, wedge_every_s;
    struct patient_truth_row before;
    double ao_mean_after, pcw_mean_after;
};

extern const struct patient_row patient_rows[];
extern const int patient_rows_count;
const struct patient_row *patient_find(const char *name); /* NULL: no such patient */

struct patient {
    const struct patient_row *row;
    struct circulation circulation;
    struct scenario_run run;
    const struct fault_list *faults; /* of its lines; NULL: none */
    struct fluid_line lines[PATIENT_CHANNELS];
    struct lab_tip tips[PATIENT_CHANNELS];
    double tip_mmhg[PATIENT_CHANNELS]; /* in the vessel */
    double value[PATIENT_CHANNELS];    /* as the device measures: mV, mmHg */
    double wire_mmhg;                  /* what the wire adds, until it is equalised by the reader */
    uint64_t noise, step;
};

struct circulation_parameters patient_parameters(const struct patient_row *row);
void patient_init(struct patient *patient, const struct patient_row *row, uint64_t seed);
/* Another patient around the row (vary.h); false: none that is plausible was found. */
bool patient_init_varied(struct patient *patient, const struct patient_row *row, uint64_t seed,
                         double share);
void patient_step(struct patient *patient);
