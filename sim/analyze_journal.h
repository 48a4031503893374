/* analyze_journal.h - hemosim analyze --journal: what a hemod took, once more through the
 * detectors, beside what it said then. */
#pragma once
#include "sim/failure.h"
#include "sim/options.h"
#include <signal.h>

enum hemo_error analyze_journal_run(const struct options *options,
                                    const volatile sig_atomic_t *stop, struct failure *failure);
