/* finder.h - finds pulses in one pressure trace: smoother, period, rises and the choice among
 * them. Pure.
 *
 *     finder_push(&f, mmhg);                        // 90..190 Hz; a missing one is repeated
 *     while (finder_next(&f, &pulse)) use(&pulse);  // pulse.at: middle of the upstroke
 * A pulse comes 0.6 periods + 0.15 s after its upstroke. finder_likely() knows sooner, and
 * may be wrong. */
#pragma once
#include "dsp/beats.h"
#include "dsp/period.h"
#include "dsp/rises.h"
#include "dsp/smoother.h"

struct finder {
    float rate_hz;   /* kept by finder_reset() */
    bool two_humped; /* kept by finder_reset(): an atrium, where a and v may be equally high */
    float kept_period_s, kept_confidence; /* while a wedge is on; else 0 */
    int32_t wedge_left;                   /* samples until the last pulses of a wedge are decided */
    float clock_period_s, clock_confidence; /* of another signal */
    int32_t clock_left;                     /* samples for which it is believed */
    struct smoother smoother;
    struct period period;
    struct rises rises;
    struct beats beats;
    int64_t count;
    bool due, likely_known;
    struct pulse likely;
};

void finder_init(struct finder *f, float rate_hz, float least_mmhg, bool two_humped);
void finder_reset(struct finder *f);
/* A wedge begins: two humps from here on, and the heart beats on as it did in the artery. */
void finder_wedge(struct finder *f, bool begins);
/* Two humps only: what another signal says of the period. Believed for five seconds. */
void finder_clock(struct finder *f, float period_s, float confidence);
void finder_push(struct finder *f, float mmhg);
bool finder_next(struct finder *f, struct pulse *out);
/* Whether there are two pulses a beat where one should be: an atrium without a clock. */
bool finder_doubtful(const struct finder *f);
/* The newest rise that is most likely a pulse, also while it goes on; false: none yet. */
bool finder_likely(const struct finder *f, struct pulse *out);
