/* ranks.h - the last n values in order of size: percentiles of a sliding window at the cost of
 * one insertion. Pure.
 *
 *     ranks_init(&r, 126);
 *     ranks_push(&r, ring, n);          // ring[n] is the newest, the ones before lie before it
 *     median = ranks_at(&r, 0.5f);      // also while the window is filling
 *
 * The values themselves are the caller's: windows of several lengths share one ring. */
#pragma once
#include <stdint.h>

enum { RANKS_MAX = 160 }; /* longer than the longest window */

struct ranks {
    int16_t length; /* kept by ranks_reset() */
    int16_t count;
    float sorted[RANKS_MAX + 1];
};

void ranks_init(struct ranks *r, int length);
void ranks_reset(struct ranks *r);
/* Never NAN; called for every value. */
void ranks_push(struct ranks *r, const float ring[RANKS_MAX], int newest);
float ranks_at(const struct ranks *r, float share);
float ranks_mean(const struct ranks *r);
float ranks_share_below(const struct ranks *r, float value);
