/* ranks.h - the last n values in order of size: percentiles of a sliding window at the cost of
 * one insertion. Pure.
 *
 *     ranks_init(&r, 126);
 *     ranks_push(&r, x);
 *     median = ranks_at(&r, 0.5f);      // also while the window is filling */
#pragma once
#include <stdint.h>

enum { RANKS_MAX = 160 };

struct ranks {
    int16_t length; /* kept by ranks_reset() */
    int16_t count, next;
    float recent[RANKS_MAX], sorted[RANKS_MAX + 1];
};

void ranks_init(struct ranks *r, int length);
void ranks_reset(struct ranks *r);
void ranks_push(struct ranks *r, float value); /* never NAN */
float ranks_at(const struct ranks *r, float share);
float ranks_mean(const struct ranks *r);
float ranks_share_below(const struct ranks *r, float value);
