#include "dsp/averager.h"
#include <assert.h>

void averager_init(struct averager *a, int length) {
    assert(length >= 1);
    *a = (struct averager){.length = length};
}

void averager_reset(struct averager *a) {
    averager_init(a, a->length);
}
