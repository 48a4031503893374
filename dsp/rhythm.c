#include "dsp/rhythm.h"
#include "proto/event.h"
#include <math.h>
#include <string.h>

static const float interval_share = 0.20f, pulse_share = 0.45f, fibrillation_share = 0.15f;

void rhythm_init(struct rhythm *r, float least_jump_mmhg) {
    *r = (struct rhythm){.least_jump_mmhg = least_jump_mmhg};
}

void rhythm_reset(struct rhythm *r) {
    rhythm_init(r, r->least_jump_mmhg);
}

static float median_of_last(const float *ring, int length, int32_t count, int n) {
    float sorted[RHYTHM_LONG];
    for (int i = 0; i < n; i++) {
        float x = ring[(count - 1 - i) % length];
        int j = i;
        for (; j > 0 && sorted[j - 1] > x; j--)
            sorted[j] = sorted[j - 1];
        sorted[j] = x;
    }
    return sorted[n / 2];
}

/* sqrt(mean of squared successive differences) / mean > share, without the root. */
bool rhythm_fibrillates(const struct rhythm *r) {
    if (r->intervals < RHYTHM_LONG)
        return false;
    float squares = 0, sum = 0;
    for (int i = 0; i < RHYTHM_LONG; i++) {
        float x = r->intervals_s[(r->intervals - 1 - i) % RHYTHM_LONG];
        float y = r->intervals_s[(r->intervals + RHYTHM_LONG - 2 - i) % RHYTHM_LONG];
        squares += i < RHYTHM_LONG - 1 ? (x - y) * (x - y) : 0;
        sum += x;
    }
    float mean = sum / RHYTHM_LONG, limit = fibrillation_share * mean;
    return squares / (RHYTHM_LONG - 1) > limit * limit;
}

static uint32_t judge_interval(struct rhythm *r, float interval_s) {
    bool after = r->ectopic_before;
    r->ectopic_before = false;
    if (interval_s <= 0 || r->intervals < RHYTHM_SHORT)
        return 0;
    float usual = median_of_last(r->intervals_s, RHYTHM_LONG, r->intervals, RHYTHM_SHORT);
    bool odd = fabsf(interval_s / usual - 1) > interval_share && !rhythm_fibrillates(r);
    if (after)
        return EVENT_POST_ECTOPIC;
    r->ectopic_before = odd;
    return odd ? EVENT_ECTOPIC : 0;
}

static bool is_outlier(const struct rhythm *r, float pulse_mmhg) {
    if (isnan(pulse_mmhg) || r->pulses < RHYTHM_SHORT)
        return false;
    float usual = median_of_last(r->pulses_mmhg, RHYTHM_SHORT, r->pulses, RHYTHM_SHORT);
    return fabsf(pulse_mmhg - usual) > fmaxf(pulse_share * usual, r->least_jump_mmhg);
}

static int32_t bounded(int32_t count, int length) {
    return count < 1 << 30 ? count + 1 : count + 1 - (1 << 29) / length * length;
}

uint32_t rhythm_push(struct rhythm *r, float interval_s, float pulse_mmhg) {
    uint32_t reason = judge_interval(r, interval_s);
    if (!reason && is_outlier(r, pulse_mmhg))
        reason = EVENT_OUTLIER;
    if (interval_s > 0) {
        r->intervals_s[r->intervals % RHYTHM_LONG] = interval_s;
        r->intervals = bounded(r->intervals, RHYTHM_LONG);
    }
    if (!isnan(pulse_mmhg)) {
        r->pulses_mmhg[r->pulses % RHYTHM_SHORT] = pulse_mmhg;
        r->pulses = bounded(r->pulses, RHYTHM_SHORT);
    }
    return reason;
}
