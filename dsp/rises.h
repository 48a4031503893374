/* rises.h - candidate pulses: each rise of the smoothed pressure, and what a usual rise is.
 * Pure.
 *
 * A zigzag: a rise ends when the pressure has come back by 0.08 of the usual rise. The usual
 * rise is the median of the largest one in each of the last seven windows of 1.5 s; it depends
 * on no accepted beat, so nothing can lock it out: a flush fills a few windows at most and is
 * forgotten in 10.5 s. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { RISES_RING = 512, RISES_WINDOWS = 7 };

struct rise {
    int64_t low;      /* sample of its minimum */
    int64_t half;     /* first sample at or above half its height */
    float height_mmhg;
};

struct rises {
    /* settings: kept by rises_reset() */
    float least_mmhg; /* no smaller rise is ever a pulse */
    int32_t window;   /* samples of 1.5 s */
    /* state */
    float ring[RISES_RING];
    int64_t count, low_at;
    float low, high;
    bool rising;
    int32_t left;
    float largest, tops[RISES_WINDOWS];
    int32_t tops_count, tops_next;
    float usual_mmhg;
};

void rises_init(struct rises *r, float rate_hz, float least_mmhg);
void rises_reset(struct rises *r);
/* True: a rise is complete and large enough; *out is it. */
bool rises_push(struct rises *r, float mmhg, struct rise *out);
/* The rise that goes on now, if it is large enough already. */
bool rises_open(const struct rises *r, struct rise *out);
/* Its share of the usual rise is at least this, or it is no candidate. */
extern const float rises_least_share;
