#include "dsp/smoother.h"
#include <assert.h>
#include <math.h>

static const float scale = 1024;
static const float first_share = 0.14f, second_share = 0.10f;

static int width_of(float share, float period_samples) {
    int width = (int)(share * period_samples);
    if (width < 1)
        return 1;
    return width < SMOOTHER_RING - 1 ? width : SMOOTHER_RING - 1;
}

static void stage_prime(struct smoother_stage *t, int32_t value, int width) {
    for (int i = 0; i < SMOOTHER_RING; i++)
        t->ring[i] = value;
    t->width = width;
    t->sum = value * width;
}

static int32_t stage_push(struct smoother_stage *t, uint32_t at, int32_t value) {
    t->sum += value - t->ring[(at - (uint32_t)t->width) % SMOOTHER_RING];
    t->ring[at % SMOOTHER_RING] = value;
    return (int32_t)lrintf((float)t->sum / (float)t->width);
}

/* A jump of the period must not make a step in the output: one sample at a time. */
static void stage_widen(struct smoother_stage *t, uint32_t at, int target) {
    if (target > t->width)
        t->sum += t->ring[(at - (uint32_t)t->width++) % SMOOTHER_RING];
    else if (target < t->width)
        t->sum -= t->ring[(at - (uint32_t)--t->width) % SMOOTHER_RING];
}

float smoother_push(struct smoother *s, float mmhg, float period_samples) {
    assert(fabsf(mmhg) < 10000); /* 63 of them fit an int32_t */
    int32_t value = (int32_t)lrintf(mmhg * scale);
    if (!s->primed) {
        stage_prime(&s->first, value, width_of(first_share, period_samples));
        stage_prime(&s->second, value, width_of(second_share, period_samples));
        s->primed = true;
    }
    int32_t middle = stage_push(&s->first, s->count, value);
    int32_t smooth = stage_push(&s->second, s->count, middle);
    if (s->count % 4 == 0) {
        stage_widen(&s->first, s->count, width_of(first_share, period_samples));
        stage_widen(&s->second, s->count, width_of(second_share, period_samples));
    }
    s->count++;
    return (float)smooth / scale;
}

float smoother_delay(const struct smoother *s) {
    return 0.5f * (float)(s->first.width - 1 + s->second.width - 1);
}
