/* analyze.h - `hemosim analyze`: a record through the room's detectors, as fast as it goes;
 * prints and writes the results.
 * *stop becoming true ends it early with HEMO_INTERRUPTED and no files written. */
#pragma once
#include "sim/failure.h"
#include "sim/options.h"
#include <signal.h>

enum hemo_error analyze_run(const struct options *options, const volatile sig_atomic_t *stop,
                            struct failure *failure);
