/* baselines.h - what a plain monitor would say, on the beats that the detectors hear or on the bare
 * line. For the bench.
 *
 * An alarm, then silence until it is over. MEAN65: the median of 5 beats below 65 mmHg for 60 s is
 * the detector low_bp and not here. */
#pragma once
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

enum baseline_kind { BASELINE_EWMA, BASELINE_CUSUM, BASELINE_MONITOR, BASELINES };
static const char *const baseline_names[BASELINES] = {
    "EWMA 0.05 below 65", "CUSUM k 0.5 h 8", "bare line below 65 for 10 s"};

enum { BASELINE_LEARN = 60 };

struct baselines {
    uint32_t learnt;
    double sum, sum2, cusum, ewma, low_s;
    bool on[BASELINES];
};

static inline bool baseline_switch(struct baselines *b, enum baseline_kind kind, bool on,
                                   bool off) {
    bool was = b->on[kind];
    b->on[kind] = was ? !off : on;
    return !was && b->on[kind];
}

/* One good beat; a bit for each alarm that begins. CUSUM: against the first 60 beats, SD at least
 * 1.5 mmHg; it learns anew after an alarm (Page 1954, from memory). */
static inline uint32_t baselines_beat(struct baselines *b, double mmhg) {
    uint32_t alarms = 0;
    b->ewma = b->ewma == 0 ? mmhg : b->ewma + 0.05 * (mmhg - b->ewma);
    if (baseline_switch(b, BASELINE_EWMA, b->ewma < 65, b->ewma > 70))
        alarms |= 1u << BASELINE_EWMA;
    if (b->learnt < BASELINE_LEARN) {
        b->learnt++;
        b->sum += mmhg;
        b->sum2 += mmhg * mmhg;
        return alarms;
    }
    double mean = b->sum / b->learnt;
    double sd = fmax(1.5, sqrt(fmax(0, b->sum2 / b->learnt - mean * mean)));
    b->cusum = fmax(0, b->cusum + (mean - mmhg) / sd - 0.5);
    if (b->cusum <= 8)
        return alarms;
    b->learnt = 0;
    b->sum = b->sum2 = b->cusum = 0;
    return alarms | 1u << BASELINE_CUSUM;
}

/* One second of the line as it is. */
static inline uint32_t baselines_second(struct baselines *b, double mmhg) {
    b->low_s = mmhg < 65 ? b->low_s + 1 : 0;
    bool begins = baseline_switch(b, BASELINE_MONITOR, b->low_s >= 10, mmhg > 70);
    return begins ? 1u << BASELINE_MONITOR : 0;
}
