/* record.h - `hemosim record`: a stream of a journal, or one case of it, as a WFDB record or as a
 * journal of its own. */
#pragma once
#include "sim/options.h"
#include <signal.h>

enum hemo_error record_run(const struct options *options, const volatile sig_atomic_t *stop,
                           struct failure *failure);
