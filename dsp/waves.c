#include "dsp/waves.h"
#include <assert.h>
#include <math.h>
#include <stdbool.h>

static const float least_mmhg = 0.8f, least_share = 0.2f;
static const float a_to_v_s = 0.41f; /* at 60 per minute */
static const float clearly_s = 0.05f;
static const float a_before_s = 0.14f, a_behind_s = 0.10f, v_from_s = 0.22f, v_to_s = 0.52f;
static const float close_least_s = 0.06f, close_most_s = 0.22f; /* a to c, at 60 per minute */

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

/* The lowest point on the way from one wave to the next, round the beat. */
static float lowest(const float *trace, int count, int from, int to) {
    float least = trace[from];
    for (int i = from; i != to; i = (i + 1) % count)
        least = fminf(least, trace[i]);
    return least;
}

/* Of three waves in order: the first of two that stand close together; -1: none or several. */
static int close_pair(const int at[WAVES_MAX], int count, float step_s) {
    float scale = sqrtf((float)count * step_s);
    int first = -1, pairs = 0;
    for (int i = 0; i < WAVES_MAX; i++) {
        int way = (at[(i + 1) % WAVES_MAX] - at[i] + count) % count;
        float way_s = (float)way * step_s;
        if (way_s < close_least_s * scale || way_s > close_most_s * scale)
            continue;
        first = i;
        pairs++;
    }
    return pairs == 1 ? first : -1;
}

static bool whole(const float *trace, int count) {
    for (int i = 0; i < count; i++)
        if (isnan(trace[i]))
            return false;
    return count >= 8;
}

struct waves waves_find(const float *trace, int count, float step_s) {
    assert(count >= 0 && count <= WAVES_POINTS && step_s > 0);
    struct waves out = {NAN, NAN, NAN, NAN, NAN};
    if (!whole(trace, count))
        return out;
    float least = fmaxf(least_mmhg, least_share * range_of(trace, count));
    int at[WAVES_MAX + 1], found = 0, c = -1;
    for (int i = 0; i < count && found <= WAVES_MAX; i++)
        if (is_wave(trace, count, i, least))
            at[found++] = i;
    if (found == WAVES_MAX) {
        int pair = close_pair(at, count, step_s);
        if (pair < 0)
            return out;
        c = at[(pair + 1) % WAVES_MAX];
        int one = at[pair], other = at[(pair + 2) % WAVES_MAX];
        at[0] = one < other ? one : other;
        at[1] = one < other ? other : one;
    } else if (found != 2) {
        return out;
    }
    float beat_s = (float)count * step_s, way_s = (float)(at[1] - at[0]) * step_s;
    float expected_s = a_to_v_s * sqrtf(beat_s);
    float first_is_a = fabsf(way_s - expected_s), second_is_a = fabsf(beat_s - way_s - expected_s);
    if (fabsf(first_is_a - second_is_a) < clearly_s)
        return out;
    int a = first_is_a < second_is_a ? at[0] : at[1], v = at[0] + at[1] - a;
    if (c >= 0 && (c - a + count) % count > (v - a + count) % count)
        return out; /* the close pair was not a and c */
    return (struct waves){trace[a], trace[v], c < 0 ? NAN : trace[c],
                          lowest(trace, count, a, v), lowest(trace, count, v, a)};
}

struct window { float from_s, to_s; };

/* The highest wave that lies in the window behind point r; -1: none. */
static int highest_in(const float *trace, int count, float step_s, int r, struct window in) {
    float least = fmaxf(least_mmhg, least_share * range_of(trace, count));
    int best = -1;
    for (int i = 0; i < count; i++) {
        float behind_s = (float)((i - r + count) % count) * step_s;
        float before_s = behind_s - (float)count * step_s;
        bool within = (behind_s >= in.from_s && behind_s <= in.to_s) || before_s >= in.from_s;
        if (within && is_wave(trace, count, i, least) && (best < 0 || trace[i] > trace[best]))
            best = i;
    }
    return best;
}

struct waves waves_at_r(const float *trace, int count, float step_s, int r, float later_s) {
    assert(count >= 0 && count <= WAVES_POINTS && step_s > 0);
    struct waves out = {NAN, NAN, NAN, NAN, NAN};
    if (!whole(trace, count) || r < 0 || r >= count)
        return out;
    float scale = sqrtf((float)count * step_s);
    int a = highest_in(trace, count, step_s, r,
                       (struct window){later_s - a_before_s, later_s + a_behind_s});
    int v = highest_in(trace, count, step_s, r,
                       (struct window){later_s + v_from_s * scale, later_s + v_to_s * scale});
    if (a >= 0)
        out.a_mmhg = trace[a];
    if (v >= 0)
        out.v_mmhg = trace[v];
    if (a >= 0 && v >= 0) {
        out.x_mmhg = lowest(trace, count, a, v);
        out.y_mmhg = lowest(trace, count, v, a);
    }
    return out;
}
