/* rules.h - the thresholds of the detectors, as a file with a version. Pure.
 *
 * An INI text:  [rules] version = 3   [falling_bp] slope_mmhg_per_s = -0.2 ...   Unknown keys,
 * missing versions and values out of range are refused with the line. rules_default() is version 1
 * and stands in detectors/README.md. */
#pragma once
#include "proto/error.h"
#include <stddef.h>
#include <stdint.h>

struct rules {
    uint32_t version;
    /* falling_bp: Theil-Sen slope over 60 s and fall against the median of 300..60 s before (dsp.md
     * 3) */
    float fall_slope_mmhg_per_s; /* -0.2: fires at or below */
    float fall_drop_mmhg;        /* 10 */
    float fall_drop_share;       /* 0.12 of the baseline; the larger of the two counts */
    float fall_hold_s;           /* 5 s of good time */
    float fall_clear_share;      /* 0.9 of the baseline for fall_clear_s clears */
    float fall_clear_s;          /* 60 */
    /* low_bp: the plain baseline */
    float low_mean_mmhg; /* 65 */
    float low_hold_s;    /* 60 */
    /* rising_wedge */
    float wedge_rise_mmhg;  /* 5 above the first wedge of same site and phase */
    float wedge_level_mmhg; /* and at least 15 */
    /* line_lost */
    float line_lost_s; /* 5 s without usable signal */
    /* pulse_lost */
    float pulse_lost_s; /* 4 s */
};

struct rules rules_default(void);
/* HEMO_OK, or the error and in *line the first line that is wrong (1-based). */
enum hemo_error rules_parse(const char *text, size_t length, struct rules *out, int *line);
