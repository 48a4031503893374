#include "dsp/rises.h"
#include <assert.h>
#include <math.h>
#include <string.h>

const float rises_least_share = 0.25f; /* the smallest premature pulses seen are 0.3 */
static const float back_share = 0.08f; /* ripple on the upstroke */
static const float window_s = 1.5f;    /* holds a pulse at 40 per minute */

void rises_init(struct rises *r, float rate_hz, float least_mmhg) {
    assert(rate_hz > 0 && least_mmhg > 0);
    *r = (struct rises){.least_mmhg = least_mmhg, .window = (int32_t)lrintf(window_s * rate_hz)};
    rises_reset(r);
}

void rises_reset(struct rises *r) {
    *r = (struct rises){.least_mmhg = r->least_mmhg, .window = r->window, .left = r->window,
                        .usual_mmhg = r->least_mmhg};
}

static float median_of_tops(const struct rises *r) {
    float sorted[RISES_WINDOWS];
    for (int i = 0; i < r->tops_count; i++) {
        int j = i;
        for (; j > 0 && sorted[j - 1] > r->tops[i]; j--)
            sorted[j] = sorted[j - 1];
        sorted[j] = r->tops[i];
    }
    return r->tops_count ? sorted[r->tops_count / 2] : r->largest;
}

static void learn_usual(struct rises *r) {
    if (r->high - r->low > r->largest && r->rising)
        r->largest = r->high - r->low;
    if (--r->left > 0 && r->tops_count)
        return;
    if (r->left <= 0) {
        r->tops[r->tops_next] = r->largest;
        r->tops_next = (r->tops_next + 1) % RISES_WINDOWS;
        if (r->tops_count < RISES_WINDOWS)
            r->tops_count++;
        r->largest = 0;
        r->left = r->window;
    }
    r->usual_mmhg = fmaxf(median_of_tops(r), r->least_mmhg);
}

static bool measure(const struct rises *r, struct rise *out) {
    float height = r->high - r->low;
    if (height < rises_least_share * r->usual_mmhg || height < r->least_mmhg)
        return false;
    int64_t oldest = r->count - RISES_RING;
    int64_t i = r->low_at > oldest ? r->low_at : oldest;
    float half = 0.5f * (r->low + r->high);
    while (i < r->count - 1 && r->ring[i & (RISES_RING - 1)] < half)
        i++;
    *out = (struct rise){.low = r->low_at, .half = i, .height_mmhg = height};
    return true;
}

bool rises_open(const struct rises *r, struct rise *out) {
    return r->rising && measure(r, out);
}

static void start_at(struct rises *r, float mmhg) {
    r->low = r->high = mmhg;
    r->low_at = r->count - 1;
}

bool rises_push(struct rises *r, float mmhg, struct rise *out) {
    assert(!isnan(mmhg));
    r->ring[r->count++ & (RISES_RING - 1)] = mmhg;
    if (r->count == 1)
        start_at(r, mmhg);
    float back = back_share * r->usual_mmhg;
    bool closed = false;
    if (r->rising && mmhg < r->high - back) {
        closed = measure(r, out);
        r->rising = false;
        start_at(r, mmhg);
    } else if (r->rising && mmhg > r->high) {
        r->high = mmhg;
    } else if (!r->rising && mmhg < r->low) {
        start_at(r, mmhg);
    } else if (!r->rising && mmhg > r->low + back) {
        r->high = mmhg;
        r->rising = true;
    }
    learn_usual(r);
    return closed;
}
