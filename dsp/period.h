/* period.h - the pulse period of the last ten seconds, by autocorrelation. Pure.
 *
 * The shortest peak of the autocorrelation that reaches 0.65 of the best one: alternation with
 * breathing or from beat to beat makes the peak at two periods the higher one. Where two humps a
 * beat are likely it must reach 0.85, and what twice of it fits clearly better remains doubtful.
 * Irregular rhythm gives a low confidence, which is as useful as the period. Sums of products slide
 * (one product in, one out, for each lag) and are whole numbers, so nothing drifts. */
#pragma once
#include "dsp/averager.h"
#include <stdbool.h>
#include <stdint.h>

enum { PERIOD_LAGS = 64, PERIOD_RING = 512, PERIOD_SLOW = 64 };

struct period {
    /* settings: kept by period_reset() */
    float rate_hz; /* of the slow stream, near 25 */
    int32_t window, lag_min, lag_max, every, narrow, wide;
    bool two_humped; /* two humps a beat are likely: an atrium */
    struct averager slow;
    /* state */
    float recent[PERIOD_SLOW];
    int16_t ring[PERIOD_RING]; /* 1/32 mmHg */
    int64_t products[PERIOD_LAGS];
    int64_t sum, count;
    float period_s, confidence;
    bool doubtful; /* two humped: twice the period fits clearly better */
};

enum { PERIOD_RATE_MAX_HZ = 190 };

/* rate_hz: of the samples pushed, 90..PERIOD_RATE_MAX_HZ */
void period_init(struct period *p, float rate_hz, bool two_humped);
void period_reset(struct period *p);
void period_push(struct period *p, float mmhg);
