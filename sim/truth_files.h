/* truth_files.h - the truth of a simulated record as files that any program can read.
 *
 *     truth_write_beats(csv, &log);      // each beat at each line
 *     truth_write_heart(csv, &log);      // each beat of the heart: R time, volumes, gradients,
 * ratios truth_write_json(json, &record);   // what happened when, and what a report would say
 *
 * Columns and keys are a contract (sim/README.md). Empty (CSV) or null (JSON): there is none. */
#pragma once
#include "sim/fault.h"
#include "sim/truth_log.h"
#include <stdio.h>

struct truth_record {
    const struct truth_log *log;
    const struct patient_row *row;
    const struct circulation_parameters *before, *after; /* anything happened */
    const struct fault_list *faults;
    uint64_t seed;
    double duration_s;
    uint32_t rate_hz;
};

void truth_write_beats(FILE *out, const struct truth_log *log);
void truth_write_heart(FILE *out, const struct truth_log *log);
void truth_write_json(FILE *out, const struct truth_record *record);
