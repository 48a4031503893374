#include "dsp/waves.h"
#include <assert.h>
#include <math.h>
#include <stdbool.h>

static const float least_mmhg = 0.8f, least_share = 0.2f;
static const float a_to_v_s = 0.41f; /* at 60 per minute */
static const float clearly_s = 0.05f;

enum { WAVES_MAX = 3 };

/* How far the trace falls to one side of a maximum before it rises above it; round the beat. */
static float falls(const float *trace, int count, int peak, int step) {
    float least = trace[peak];
    for (int n = 1; n < count; n++) {
        float x = trace[(peak + n * step + n * count) % count];
        if (x > trace[peak])
            break;
        if (x < least)
            least = x;
    }
    return trace[peak] - least;
}

static bool is_wave(const float *trace, int count, int i, float least) {
    float before = trace[(i + count - 1) % count], after = trace[(i + 1) % count];
    return trace[i] > before && trace[i] >= after && falls(trace, count, i, 1) >= least &&
           falls(trace, count, i, -1) >= least;
}

static float range_of(const float *trace, int count) {
    float low = trace[0], high = trace[0];
    for (int i = 1; i < count; i++) {
        low = fminf(low, trace[i]);
        high = fmaxf(high, trace[i]);
    }
    return high - low;
}

struct waves waves_find(const float *trace, int count, float step_s) {
    assert(count >= 0 && count <= WAVES_POINTS && step_s > 0);
    struct waves none = {NAN, NAN};
    if (count < 8)
        return none;
    for (int i = 0; i < count; i++)
        if (isnan(trace[i]))
            return none;
    float least = fmaxf(least_mmhg, least_share * range_of(trace, count));
    int at[WAVES_MAX], found = 0;
    for (int i = 0; i < count && found < WAVES_MAX; i++)
        if (is_wave(trace, count, i, least))
            at[found++] = i;
    if (found != 2)
        return none;
    float beat_s = (float)count * step_s, way_s = (float)(at[1] - at[0]) * step_s;
    float expected_s = a_to_v_s * sqrtf(beat_s);
    float first_is_a = fabsf(way_s - expected_s), second_is_a = fabsf(beat_s - way_s - expected_s);
    if (fabsf(first_is_a - second_is_a) < clearly_s)
        return none;
    int a = first_is_a < second_is_a ? at[0] : at[1], v = at[0] + at[1] - a;
    return (struct waves){trace[a], trace[v]};
}
