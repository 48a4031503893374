#include "dsp/rhythm.h"
#include "proto/event.h"
#include <math.h>
#include <string.h>

static const float interval_share = 0.20f, pulse_share = 0.45f, fibrillation_share = 0.15f;
static const float steady_share = 0.05f; /* of a regular rhythm, breathing and all */

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
    float squares = 0, sum = 0, differences[RHYTHM_LONG - 1];
    for (int i = 0; i < RHYTHM_LONG; i++) {
        float x = r->intervals_s[(r->intervals - 1 - i) % RHYTHM_LONG];
        float y = r->intervals_s[(r->intervals + RHYTHM_LONG - 2 - i) % RHYTHM_LONG];
        sum += x;
        if (i == RHYTHM_LONG - 1)
            continue;
        differences[i] = fabsf(x - y);
        squares += differences[i] * differences[i];
    }
    float mean = sum / RHYTHM_LONG, limit = fibrillation_share * mean;
    int large = 0;
    for (int i = 0; i < RHYTHM_LONG - 1; i++)
        large += differences[i] > steady_share * mean;
    return squares / (RHYTHM_LONG - 1) > limit * limit && 3 * large >= 2 * (RHYTHM_LONG - 1);
}

static uint32_t judge_lengths(struct rhythm *r, float length_s) {
    bool after = r->ectopic_before;
    r->ectopic_before = false;
    if (r->intervals < RHYTHM_SHORT || rhythm_fibrillates(r))
        return 0;
    float usual = median_of_last(r->intervals_s, RHYTHM_LONG, r->intervals, RHYTHM_SHORT);
    float shortest = (1 - interval_share) * usual, longest = (1 + interval_share) * usual;
    if (r->before_s > 0 && r->before_s < shortest) {
        r->ectopic_before = true;
        return EVENT_ECTOPIC;
    }
    if (after || r->before_s > longest)
        return EVENT_POST_ECTOPIC;
    return length_s < shortest || length_s > longest ? EVENT_ODD_LENGTH : 0;
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

uint32_t rhythm_push(struct rhythm *r, float length_s, bool follows, float pulse_mmhg) {
    if (!follows) {
        r->before_s = 0;
        r->ectopic_before = false;
    }
    uint32_t reason = judge_lengths(r, length_s);
    if (!reason && is_outlier(r, pulse_mmhg))
        reason = EVENT_OUTLIER;
    r->before_s = length_s;
    r->intervals_s[r->intervals % RHYTHM_LONG] = length_s;
    r->intervals = bounded(r->intervals, RHYTHM_LONG);
    if (!isnan(pulse_mmhg)) {
        r->pulses_mmhg[r->pulses % RHYTHM_SHORT] = pulse_mmhg;
        r->pulses = bounded(r->pulses, RHYTHM_SHORT);
    }
    return reason;
}
