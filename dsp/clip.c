#include "dsp/clip.h"
#include <assert.h>
#include <math.h>

static const float still_s = 0.06f, before_s = 0.032f, recent_s = 3;
static const float least_rise_mmhg = 5, same_level_mmhg = 0.3f;

void clip_init(struct clip *c, float rate_hz) {
    *c = (struct clip){.still = (int32_t)ceilf(still_s * rate_hz),
                       .before = (int32_t)ceilf(before_s * rate_hz),
                       .recent = (int32_t)(recent_s * rate_hz)};
    assert(c->before < CLIP_RING);
    clip_reset(c);
}

void clip_reset(struct clip *c) {
    *c = (struct clip){.still = c->still, .before = c->before, .recent = c->recent,
                       .level_mmhg = NAN, .last = -c->recent, .last_but_one = -c->recent};
}

static void note(struct clip *c, float mmhg) {
    bool same = fabsf(mmhg - c->level_mmhg) <= same_level_mmhg;
    c->last_but_one = same ? c->last : -c->recent;
    c->last = c->count;
    c->level_mmhg = mmhg;
}

void clip_push(struct clip *c, float mmhg) {
    float last = c->ring[(c->count + CLIP_RING - 1) % CLIP_RING];
    if (c->count > 0 && mmhg == last) {
        if (++c->run == c->still && c->rise_mmhg >= least_rise_mmhg)
            note(c, mmhg);
    } else {
        c->run = 1;
        int64_t from = c->count - c->before;
        c->rise_mmhg = from >= 0 ? mmhg - c->ring[from % CLIP_RING] : 0;
    }
    c->ring[c->count++ % CLIP_RING] = mmhg;
}

bool clip_cuts(const struct clip *c) {
    return c->count - c->last_but_one < c->recent;
}
