/* coronary.h - Pd against Pa: the indices of one beat, and FFR over beats. Pure.
 *
 *     coronary_read(&beat, &r);              // one whole beat, foot to foot, aligned, equalised
 *     coronary_ffr(list, n, &ffr);           // r of consecutive beats in a hyperaemia
 *
 * whole      mean Pd / mean Pa over the beat (Pd/Pa; a beat's share of FFR)
 * diastole   ... from the notch to the next foot (dPR)
 * wave_free  ... from a quarter of diastole to 5 ms before the next foot (iFR-like)
 * lowest     lowest Pd/Pa of the beat, both smoothed over 40 ms (RFR)
 * The notch is the steepest fall of Pa (over 24 ms) after its peak. A part of a beat must never
 * enter: diastole alone reads up to 0.07 low. */
#pragma once
#include "proto/error.h"

struct coronary_beat {
    const float *pa_mmhg, *pd_mmhg;
    int count;
    double rate_hz;
};

struct coronary_ratios {
    double pa_mmhg, pd_mmhg; /* means of the beat */
    double whole, diastole, wave_free, lowest;
};

struct coronary_ffr { double value; int first; }; /* beats first..first+4 of the list */

/* HEMO_BAD_NUMBER: a sample is missing, a pressure is not above zero, or diastole is not found. */
enum hemo_error coronary_read(const struct coronary_beat *beat, struct coronary_ratios *out);
/* What to add to Pd so that its mean is that of Pa: equalisation. HEMO_BAD_NUMBER: over 15 mmHg. */
enum hemo_error coronary_equalise(const struct coronary_ratios *beats, int count, double *mmhg);
/* The least ratio of 5-beat means (Pd by Pa) in which Pa is steady (SD under 5 %) and each beat is
 * believable (Pa at least 40, Pd/Pa at most 1.05). HEMO_NOT_FOUND: no such five beats. */
enum hemo_error coronary_ffr(const struct coronary_ratios *beats, int count,
                             struct coronary_ffr *out);
