/* averager.h - the mean of every `length` samples: one slower stream from a faster one. Pure.
 *
 *     averager_init(&a, 4);
 *     if (averager_push(&a, mmhg, &mean_mmhg)) use(mean_mmhg);
 * Missing samples (NAN) are left out of the mean; a block without any other is NAN itself. */
#pragma once
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

struct averager {
    int32_t length; /* kept by averager_reset() */
    int32_t seen, valid;
    float sum;
};

void averager_init(struct averager *a, int length);
void averager_reset(struct averager *a);

/* True: *out is set. Here, because every sample of every channel passes it twice. */
static inline bool averager_push(struct averager *a, float value, float *out) {
    bool valid = !isnan(value);
    a->sum += valid ? value : 0;
    a->valid += valid;
    if (++a->seen < a->length)
        return false;
    *out = a->valid ? a->sum / (float)a->valid : NAN;
    a->sum = 0;
    a->seen = a->valid = 0;
    return true;
}
