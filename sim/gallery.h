/* gallery.h - hemosim gallery: every simulated patient on one page, so that a cardiologist sees at
 * a glance which one looks wrong. */
#pragma once
#include "sim/failure.h"
#include "sim/options.h"
#include <signal.h>

enum hemo_error gallery_run(const struct options *options, const volatile sig_atomic_t *stop,
                            struct failure *failure);
