/* gradient.h - two pressures of one beat: the gradient across a valve, and how far one lags. Pure.
 *
 * The period (ejection or filling) is the longest stretch in which upstream is above downstream,
 * breaks of up to 20 ms bridged; its ends are interpolated. Mean: integral of the positive
 * difference over it, by its length. Peak: the greatest 20 ms mean of the difference in it. Peak to
 * peak: the difference of the two maxima, which need not be at one time. */
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
/* Mitral: from the first to the last sample at which upstream is above downstream, which between
 * (diastasis) may be equal; the mean is of the difference with its sign. The stretch begins with
 * the ventricle's peak. */
enum hemo_error gradient_filling(const struct gradient_pair *pair, struct gradient *out);
/* A peripheral artery in place of the aorta, shifted by gradient_opening_lag(): its pulse is taller
 * than the aorta's and stands above the ventricle's later in systole, so the period is from where
 * the ventricle rises through its foot to where it falls through what the artery shows then, and
 * the mean is of the difference with its sign. */
enum hemo_error gradient_peripheral(const struct gradient_pair *pair, struct gradient *out);
/* Seconds by which a peripheral artery (downstream) is behind the ventricle: its foot (steepest
 * tangent at the lowest pressure before it) against the moment at which the ventricle rises through
 * that pressure, which is when the valve opens. Shifted by it, the two meet there: the usual way to
 * lay a femoral pulse over a ventricle. HEMO_BAD_NUMBER: not seen, or not within -20..150 ms. */
enum hemo_error gradient_opening_lag(const struct gradient_pair *pair, double *lag_s);
/* Seconds by which a wedge (upstream) is behind the ventricle (downstream), from a stretch that
 * begins with the ventricle's peak: the v wave against the moment at which the ventricle falls
 * through its height, which is when the mitral valve opens. HEMO_BAD_NUMBER: not in 0..300 ms. */
enum hemo_error gradient_wedge_lag(const struct gradient_pair *pair, double *lag_s);
/* Samples, -most..most, by which downstream lags: greatest correlation of the two slopes.
 * Positive: downstream comes later; read it from there on. Equal fits: the smallest shift. */
int gradient_lag(const struct gradient_pair *pair, int most);
