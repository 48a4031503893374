/* levels.h - pressure averaged over time, where beats cannot carry it: in a wedge, without a
 * pulse, under a site that the beats were not measured for. Pure.
 *
 * A short wedge holds one or two breaths, and which part of them is not known: its average may be
 * off by a share of the swing, which the spread tells. It gets no end-expiratory value: that needs
 * 32 s of beats (dsp/respiration.h). */
#pragma once
#include "detectors/line.h"

enum { LEVELS_WEDGE_MIN = 10 }; /* 5 s: three beats and, in most, one breath */

struct levels {
    uint32_t count; /* half seconds that were used */
    double mean_mmhg, spread_mmhg;
};

/* Over the last unbroken run of half seconds in [from_tick, to_tick]. */
struct levels levels_average(const struct line *line, uint64_t from_tick, uint64_t to_tick);
