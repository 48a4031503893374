/* canary.h - known samples: what a run of a feed sends at each tick. One run is one patient: the
 * bands of runs that follow each other in a room, or stand beside each other in two rooms, are
 * disjoint, so a value under the wrong patient is seen by arithmetic. */
#pragma once
#include <stdint.h>

enum { CANARY_HZ = 250, CANARY_GAIN = 100, CANARY_BANDS = 6, CANARY_WIDTH_MMHG = 25 };

static inline int canary_floor_mmhg(uint32_t run) {
    return 30 + 30 * (int)(run % CANARY_BANDS);
}

/* A pulse of 20 mmHg, 75 a minute, with a pattern that does not repeat within 13 beats. */
static inline int16_t canary_pressure(uint32_t run, uint64_t tick) {
    int phase = (int)(tick % 200);
    int shape = phase < 25 ? phase * 80 : phase < 125 ? 2000 - (phase - 25) * 20 : 0;
    return (int16_t)(canary_floor_mmhg(run) * CANARY_GAIN + 50 + shape + (int)(tick * 7919 % 13));
}
