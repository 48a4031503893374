/* gen.h - `hemosim gen`: a simulated patient as a WFDB record of format 16, with its truth.
 *
 * Writes NAME.dat, the truth (NAME.truth.csv, NAME.heart.csv, NAME.truth.json: truth_files.h),
 * NAME.marks.csv (for analyze --marks) and, last, NAME.hea: a record without its header is none, so
 * nothing half-written can be taken for whole. */
#pragma once
#include "sim/options.h"
#include <signal.h>

enum hemo_error gen_run(const struct options *options, const volatile sig_atomic_t *stop,
                        struct failure *failure);
