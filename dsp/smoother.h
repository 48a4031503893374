/* smoother.h - two running means whose widths follow the pulse period. Pure.
 *
 * Widths 0.14 and 0.10 of the period: at 75/min 112 + 80 ms, with nulls at 9 and 12.5 Hz, so
 * that ringing merges and the dicrotic wave shrinks, while pulses at 200/min still pass. Linear
 * phase: smoother_delay() is the exact delay in samples. Sums are kept in whole numbers (1/1024
 * mmHg), so nothing drifts over days. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { SMOOTHER_RING = 64 }; /* > 0.14 x 2.2 s x 188 Hz */

struct smoother_stage {
    int32_t ring[SMOOTHER_RING];
    int32_t sum, width;
};

struct smoother {
    struct smoother_stage first, second;
    uint32_t count;
    bool primed;
};

/* One sample; period_samples is where the widths go, by at most one sample every fourth. */
float smoother_push(struct smoother *s, float mmhg, float period_samples);
float smoother_delay(const struct smoother *s);
