/* plot.h - hemosim plot: a record as an SVG with what a room finds in it. */
#pragma once
#include "sim/failure.h"
#include "sim/options.h"
#include <signal.h>

enum hemo_error plot_run(const struct options *options, const volatile sig_atomic_t *stop,
                         struct failure *failure);
