/* features.h - what a line looks like, ten times a second. Pure.
 *
 *     if (features_push(&f, mmhg, &look)) judge(&look);     // samples of 100..375 Hz; NAN: missing
 *
 * All windows trail. Missing samples are held for filtering only, and counted. Short windows are
 * made of blocks of a tenth of a second; percentiles come from the 12 Hz path at about 42 Hz
 * over 1.6 and 3 s, and are NAN before the first valid sample. */
#pragma once
#include "dsp/averager.h"
#include "dsp/biquad.h"
#include "dsp/clip.h"
#include "dsp/ranks.h"
#include <stdbool.h>
#include <stdint.h>

enum { FEATURES_BLOCKS = 32 }; /* 3.2 s of tenths */

struct features_window { float p5, p10, p50, p95, pulse, mean, up, down; };

struct features_look {
    int64_t end;      /* samples pushed */
    int32_t steps;    /* tenths of a second since the start */
    float missing;    /* share of 0.2 s */
    float path;       /* mean |dP/dt| over 0.5 s, unfiltered: mmHg/s */
    float fast;       /* RMS of 10..30 Hz over 0.4 s */
    float steepest;   /* dP/dt in 0.3 s */
    float low01, high01, low03, high03, range03, range04, low1, high1, range1, range2;
    float mean02, mean1, mean1_before, mean2;
    struct features_window brief, lasting; /* 1.6 s and 3 s */
    float duty;       /* share of 3 s below P5 + a quarter of the pulse */
    float asymmetry;  /* steepest fall / steepest rise */
    float site;       /* P10 / P95 - duty / 4: ventricles below 0.19, arteries above 0.25 */
    float slope;      /* median dP/dt of 3 s */
    bool cut;         /* a rail cuts off the tops of the pulses */
};

struct features_block {
    float low, high, sum, path, fast, steepest;
    int16_t valid, missing;
};

struct features {
    /* settings: kept by features_reset() */
    float rate_hz;
    struct biquad_design low, high10, low30;
    struct averager slow, slow_slope;
    struct ranks brief, lasting, brief_slope, lasting_slope;
    /* state */
    float slow_ring[RANKS_MAX], slope_ring[RANKS_MAX]; /* what is ranked, newest at *_at */
    int32_t slow_at, slope_at;
    struct clip clip;
    struct biquad finder, band10, band30;
    struct features_block blocks[FEATURES_BLOCKS];
    int64_t count;
    int32_t steps;
    float held, finder_before;
    bool heard;
};

void features_init(struct features *f, float rate_hz);
void features_reset(struct features *f);
bool features_push(struct features *f, float mmhg, struct features_look *out);
