/* gradient.h - two pressures of one beat: the gradient across a valve, and how far one lags. Pure.
 *
 * The period (ejection or filling) is the longest stretch in which upstream is above downstream,
 * breaks of up to 20 ms bridged; its ends are interpolated. Mean: integral of the positive
 * difference over it, by its length. Peak: the greatest difference in it. Peak to peak: the
 * difference of the two maxima, which need not be at one time. */
#pragma once
#include "proto/error.h"

struct gradient_pair {
    const float *upstream_mmhg, *downstream_mmhg; /* LV and AO; LA or wedge and LV; aligned */
    int count;                                    /* samples of one whole beat */
    double rate_hz;
};

struct gradient {
    double mean_mmhg, peak_mmhg, peak_to_peak_mmhg;
    double period_s;
};

/* HEMO_BAD_NUMBER: a sample is missing, or the period is shorter than 50 ms (no gradient). */
enum hemo_error gradient_find(const struct gradient_pair *pair, struct gradient *out);
/* Samples, -most..most, by which downstream lags: greatest correlation of the two slopes.
 * Positive: downstream comes later; read it from there on. Equal fits: the smallest shift. */
int gradient_lag(const struct gradient_pair *pair, int most);
