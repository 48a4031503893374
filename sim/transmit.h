/* transmit.h - `hemosim replay` and `play`: a source, in its own time, through a sender to hemod.
 *
 * The stream's clock starts with the first Welcome. At a speed, the source is a device that nobody
 * can stop: what the sender's store (60 s of wall time) cannot hold becomes a Gap. At speed max it
 * waits instead. Ends when everything is acknowledged; prints one line (or JSON object) of what was
 * sent. */
#pragma once
#include "sim/options.h"
#include "sim/source.h"
#include <signal.h>

/* Takes the source over and closes it. *stop: HEMO_INTERRUPTED, with the same line. */
enum hemo_error transmit_run(const struct options *options, struct source *source,
                             const volatile sig_atomic_t *stop, struct failure *failure);
