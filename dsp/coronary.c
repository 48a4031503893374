#include "dsp/coronary.h"
#include <math.h>
#include <stdbool.h>

enum { BEATS = 5 };
static const double slope_s = 0.012, smooth_s = 0.04, before_foot_s = 0.005;
static const double steady_share = 0.05, pa_least_mmhg = 40, ratio_most = 1.05, offset_most = 15;

static bool whole(const struct coronary_beat *b) {
    for (int i = 0; i < b->count; i++)
        if (!(b->pa_mmhg[i] > 0 && b->pd_mmhg[i] > 0 && isfinite(b->pa_mmhg[i] + b->pd_mmhg[i])))
            return false;
    return b->count >= 16 && b->rate_hz >= 100;
}

static double mean(const float *x, int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++)
        sum += (double)x[i];
    return sum / (to - from);
}

static double ratio(const struct coronary_beat *b, int from, int to) {
    return mean(b->pd_mmhg, from, to) / mean(b->pa_mmhg, from, to);
}

static int notch(const struct coronary_beat *b) {
    int reach = (int)(slope_s * b->rate_hz + 0.5), peak = 0;
    for (int i = 0; i < b->count; i++)
        if (b->pa_mmhg[i] > b->pa_mmhg[peak])
            peak = i;
    int best = -1;
    float steepest = 0;
    for (int i = peak + reach; i < b->count - reach; i++) {
        float fall = b->pa_mmhg[i + reach] - b->pa_mmhg[i - reach];
        if (fall < steepest) {
            steepest = fall;
            best = i;
        }
    }
    return best;
}

static double lowest(const struct coronary_beat *b) {
    int width = (int)(smooth_s * b->rate_hz + 0.5);
    double least = INFINITY;
    for (int i = 0; i + width <= b->count; i++)
        least = fmin(least, ratio(b, i, i + width));
    return least;
}

enum hemo_error coronary_read(const struct coronary_beat *b, struct coronary_ratios *out) {
    if (!whole(b))
        return HEMO_BAD_NUMBER;
    int from = notch(b), end = b->count - (int)(before_foot_s * b->rate_hz + 0.5);
    int quarter = from + (b->count - from) / 4;
    if (from < 0 || end - quarter < 4)
        return HEMO_BAD_NUMBER;
    *out = (struct coronary_ratios){
        .pa_mmhg = mean(b->pa_mmhg, 0, b->count), .pd_mmhg = mean(b->pd_mmhg, 0, b->count),
        .whole = ratio(b, 0, b->count), .diastole = ratio(b, from, b->count),
        .wave_free = ratio(b, quarter, end), .lowest = lowest(b)};
    return HEMO_OK;
}

enum hemo_error coronary_equalise(const struct coronary_ratios *beats, int count, double *mmhg) {
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += beats[i].pa_mmhg - beats[i].pd_mmhg;
    if (count < BEATS || !(fabs(sum / count) <= offset_most))
        return HEMO_BAD_NUMBER;
    *mmhg = sum / count;
    return HEMO_OK;
}

static bool usable(const struct coronary_ratios *beats) {
    double sum = 0, squares = 0;
    for (int i = 0; i < BEATS; i++) {
        if (!(beats[i].pa_mmhg >= pa_least_mmhg && beats[i].whole <= ratio_most))
            return false;
        sum += beats[i].pa_mmhg;
    }
    for (int i = 0; i < BEATS; i++)
        squares += (beats[i].pa_mmhg - sum / BEATS) * (beats[i].pa_mmhg - sum / BEATS);
    return sqrt(squares / (BEATS - 1)) < steady_share * sum / BEATS;
}

enum hemo_error coronary_ffr(const struct coronary_ratios *beats, int count,
                             struct coronary_ffr *out) {
    enum hemo_error error = HEMO_NOT_FOUND;
    for (int i = 0; i + BEATS <= count; i++) {
        double pa = 0, pd = 0;
        for (int k = i; k < i + BEATS; k++) {
            pa += beats[k].pa_mmhg;
            pd += beats[k].pd_mmhg;
        }
        if (!usable(&beats[i]) || (error == HEMO_OK && pd / pa >= out->value))
            continue;
        *out = (struct coronary_ffr){pd / pa, i};
        error = HEMO_OK;
    }
    return error;
}
