/* ventricle.h - how a ventricle contracts and relaxes, from the samples of one beat. Pure.
 *
 * Give a stretch that begins in diastole, up to 150 ms before the upstroke, and ends with the
 * next one; for the a wave also 300 ms before it, as lead. Slopes are central differences over
 * 16 ms (at 250 Hz: two samples a side).
 * dP/dt max, min   the greatest and the least slope behind it
 * EDP, 10 % dP/dt  the last sample before the upstroke at which the slope is below a tenth of max
 * EDP, post-a      where the a wave has passed: the least slope between the wave's rise and the
 *                  upstroke (the z point; slopes over 40 ms), 3-sample mean; NAN where the 200 ms
 *                  (0.35 of a short beat) before that show no rise of 2 mmHg that is twice as
 *                  steep as the trace is there
 * EDP, R time      3-sample mean at the R wave, where one is given
 * tau              exponential with asymptote, P = Pinf + A exp(-t/tau): least squares of dP/dt on
 *                  P, from dP/dt min down to EDP + 5 mmHg; NAN where the fit explains less
 *                  than 0.9 of the variance or has fewer than 6 samples
 * Under 250 Hz neither slopes nor tau can be believed: refused. */
#pragma once
#include "proto/error.h"

struct ventricle_beat {
    const float *mmhg;
    int count;
    double rate_hz;
    int r_at; /* sample of the R wave, or -1 */
    int lead; /* samples before the stretch, that only the a wave is looked for in */
};

struct ventricle_found {
    double edp_mmhg, edp_r_mmhg;   /* 10 % dP/dt; R time, NAN without an R wave */
    double edp_a_mmhg;             /* post-a; NAN: no a wave seen */
    double dpdt_max, dpdt_min;     /* mmHg/s */
    double tau_s, asymptote_mmhg;  /* NAN: no good fit */
    int edp_at, max_at, min_at;
};

/* HEMO_BAD_NUMBER: under 250 Hz, a missing sample, or no upstroke and fall behind it. */
enum hemo_error ventricle_read(const struct ventricle_beat *beat, struct ventricle_found *out);
