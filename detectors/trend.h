/* trend.h - medians and slopes of a few numbers. Pure. The order of values[] is lost. */
#pragma once
#include <stdint.h>

enum { TREND_POINTS_MAX = 48 };

/* NAN for none; of two middle ones their mean. */
double trend_median(float *values, uint32_t count);
/* Standard deviation over count - 1; 0 for fewer than two. */
double trend_spread(const float *values, uint32_t count);
/* Theil-Sen: the median slope over all pairs of values one step apart; NAN ones are skipped. Per
 * step; NAN for fewer than two. At most TREND_POINTS_MAX values, which are kept. (Sen 1968, J Am
 * Stat Assoc 63:1379.) */
double trend_slope(const float *values, uint32_t count);
