#include "dsp/averager.h"
#include <assert.h>
#include <math.h>

void averager_init(struct averager *a, int length) {
    assert(length >= 1);
    *a = (struct averager){.length = length};
}

void averager_reset(struct averager *a) {
    averager_init(a, a->length);
}

bool averager_push(struct averager *a, float value, float *out) {
    assert(a->length >= 1);
    if (!isnan(value)) {
        a->sum += value;
        a->valid++;
    }
    if (++a->seen < a->length)
        return false;
    *out = a->valid ? a->sum / (float)a->valid : NAN;
    averager_reset(a);
    return true;
}
