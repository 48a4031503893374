#include "dsp/ranks.h"
#include <assert.h>
#include <math.h>
#include <string.h>

void ranks_init(struct ranks *r, int length) {
    assert(length >= 1 && length <= RANKS_MAX);
    *r = (struct ranks){.length = (int16_t)length};
}

void ranks_reset(struct ranks *r) {
    ranks_init(r, r->length);
}

/* Number of sorted values below x. Halves without a branch: which half is anybody's guess, also
 * the processor's. */
static int below(const struct ranks *r, float x) {
    const float *base = r->sorted;
    int n = r->count;
    while (n > 1) {
        int half = n / 2;
        base += base[half - 1] < x ? half : 0;
        n -= half;
    }
    return (int)(base - r->sorted) + (n == 1 && *base < x);
}

void ranks_push(struct ranks *r, float value) {
    assert(!isnan(value));
    if (r->count == r->length) {
        int gone = below(r, r->recent[r->next]);
        r->count--;
        memmove(r->sorted + gone, r->sorted + gone + 1, (size_t)(r->count - gone) * sizeof(float));
    }
    int place = below(r, value);
    memmove(r->sorted + place + 1, r->sorted + place, (size_t)(r->count - place) * sizeof(float));
    r->sorted[place] = value;
    r->count++;
    r->recent[r->next] = value;
    r->next = (int16_t)((r->next + 1) % r->length);
}

float ranks_at(const struct ranks *r, float share) {
    return r->count ? r->sorted[(int)(share * (float)(r->count - 1) + 0.5f)] : NAN;
}

float ranks_mean(const struct ranks *r) {
    float sum = 0;
    for (int i = 0; i < r->count; i++)
        sum += r->sorted[i];
    return r->count ? sum / (float)r->count : NAN;
}

float ranks_share_below(const struct ranks *r, float value) {
    return r->count ? (float)below(r, value) / (float)r->count : 0;
}
