/* exam.h - `hemosim exam`: the whole chain on simulated patients, each answer against the truth.
 *
 * Prints a line for each row of exam.def: n, bias, SD, largest error, share within the target; then
 * for each site the beats that were found. Patients are rows of patients.def, each with `count`
 * seeds from `seed` on, drawn around the row with --vary. */
#pragma once
#include "sim/exam_paper.h"
#include "sim/options.h"
#include <signal.h>
#include <stdio.h>

enum hemo_error exam_run(const struct options *options, const volatile sig_atomic_t *stop,
                         struct failure *failure);

/* One patient, added to the exam. */
enum hemo_error exam_patient(const struct options *options, const struct patient_row *row,
                             uint64_t seed, struct exam *exam, struct failure *failure);
