#include "dsp/ranks.h"
#include <assert.h>
#include <math.h>
#include <string.h>

void ranks_init(struct ranks *r, int length) {
    assert(length >= 1 && length < RANKS_MAX);
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

static void insert(struct ranks *r, float value) {
    int place = below(r, value);
    memmove(r->sorted + place + 1, r->sorted + place, (size_t)(r->count - place) * sizeof(float));
    r->sorted[place] = value;
    r->count++;
}

/* Of a full window: `gone` out, `value` in. Every element is computed and none is searched for or
 * moved by a number of bytes that the processor cannot foresee, so that these are two loops of
 * vectors: four times as fast as halving and memmove(). */
static void replace(struct ranks *restrict r, float gone, float value) {
    float kept[RANKS_MAX + 1];
    const int n = r->length;
    kept[0] = -INFINITY;
    r->sorted[n] = INFINITY;
    for (int i = 0; i < n; i++) { /* vectors */
        float here = r->sorted[i], next = r->sorted[i + 1];
        kept[i + 1] = here < gone ? here : next;
    }
    for (int i = 0; i < n; i++) { /* vectors */
        float above = kept[i + 1] < value ? kept[i + 1] : value;
        r->sorted[i] = kept[i] > above ? kept[i] : above;
    }
}

void ranks_push(struct ranks *r, const float ring[RANKS_MAX], int newest) {
    float value = ring[newest];
    assert(!isnan(value));
    int oldest = newest - r->length;
    if (r->count == r->length)
        replace(r, ring[oldest < 0 ? oldest + RANKS_MAX : oldest], value);
    else
        insert(r, value);
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
