/* levels.h - pressure averaged over time, where beats cannot carry it: in a wedge, without a
 * pulse, over whole breaths. Pure. */
#pragma once
#include "detectors/line.h"

enum { LEVELS_WEDGE_MIN = 10 }; /* 5 s: three beats and, in most, one breath */

struct levels {
    uint32_t count; /* half seconds that were used */
    double mean_mmhg, spread_mmhg;
    double endexp_mmhg; /* NAN where the breathing is not known */
};

/* Over the last unbroken run of half seconds in [from_tick, to_tick]; over whole breaths of it,
 * where the line's breathing is known and a breath fits. */
struct levels levels_average(const struct line *line, uint64_t from_tick, uint64_t to_tick);
