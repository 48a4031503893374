/* ecg.h - R waves of one ECG lead: samples in, times of ventricular activation out. Pure.
 *
 *     struct ecg ecg;                                 // a plain value, no pointers inside
 *     ecg_init(&ecg, 500);                            // Hz of the samples, 100..2000
 *     if (ecg_push(&ecg, sample, &r) && r.sure) use(r.at);   // NAN: missing; any unit, any gain
 *
 * r.at is the number of the sample (since init or reset) at which the QRS stands out most, with the
 * polarity that it has had lately in this lead. It comes about 0.6 periods + 0.3 s later: behind
 * the pressure's upstroke, before that beat is given. R waves come in order, 0.2 s apart at least.
 *
 * sure: the wave has the shape that the QRS has here, or, until that is known, stands out clearly
 * from what lies around it. In noise R waves are still given, but not as sure ones: whoever times
 * a value by them, or says that a pulse has no QRS, must not use those. An R wave confirms a pulse
 * and never vetoes one.
 *
 * How. A running median takes the spikes of a pacemaker away (shorter than 10 ms), the difference
 * of two neighbouring means of 20 ms is a slope that knows neither the baseline nor mains hum of
 * 50 Hz. Two signals come of it, each 1 at a usual QRS: its envelope (sum of magnitudes over 80 ms
 * over the median of the largest of seven windows of 1.5 s, so no threshold knows the gain), and,
 * once some clear waves were seen, its likeness to their mean: the share of it that is found there,
 * less where the rest is large. The envelope, which also sees beats of another shape, counts the
 * less the noisier the lead is. Which humps are QRS is the question which rises are pulses, and
 * finder.h answers it: height beside the usual one, intervals beside the period, with less weight
 * the less regular they are.
 * The pass band of about 5..25 Hz is that of the literature since Pan and Tompkins (IEEE Trans.
 * Biomed. Eng. 1985; from memory); the rest is our own. */
#pragma once
#include "dsp/averager.h"
#include "dsp/finder.h"
#include "proto/error.h"
#include <stdbool.h>
#include <stdint.h>

enum { ECG_RING = 1024, ECG_COARSE = 512, ECG_MEDIAN_MAX = 5, ECG_TOPS = 7, ECG_SHAPE = 40 };

struct ecg_r {
    int64_t at;
    float clarity;  /* the envelope's hump over its mean around it */
    float likeness; /* correlation with the usual QRS, -1..1; 0 while none is known */
    bool sure;
};

struct ecg {
    /* settings: kept by ecg_reset() */
    double rate_hz;
    struct averager fine, coarse;
    int32_t median_width, mean_width; /* fine samples */
    int32_t hump_width, shape_width, window; /* coarse ones */
    /* state */
    struct finder finder;
    float raw[ECG_MEDIAN_MAX], trace[ECG_RING]; /* fine */
    int32_t raw_next;
    float slope[ECG_COARSE], envelope[ECG_COARSE], match[ECG_COARSE];
    float shape[ECG_SHAPE]; /* mean slope of clear QRS, the R wave in the middle */
    int32_t shapes;         /* how many are in it */
    float clear;            /* running mean of clarity */
    int64_t count, steps;   /* fine and coarse samples; both begin with the first valid sample */
    int64_t silent;         /* fine samples before it */
    int64_t missing;        /* the last fine sample that was missing; -1: none */
    float held, largest, tops[ECG_TOPS], usual;
    int32_t left, tops_count, tops_next;
    float up, down;         /* usual deflections of either polarity */
    int64_t last;           /* fine sample of the last R wave, -1: none */
};

/* HEMO_BAD_CONFIG: a rate outside 100..2000 Hz. */
enum hemo_error ecg_init(struct ecg *e, double rate_hz);
void ecg_reset(struct ecg *e);
bool ecg_push(struct ecg *e, float sample, struct ecg_r *out);
