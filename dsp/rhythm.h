/* rhythm.h - which beats are left out of averages: ectopic ones, the one after, outliers. Pure.
 *
 * An interval more than 20 % from the median of the last eight, or a pulse pressure more than 45
 * % from its median, leaves the beat out of averages; it still counts for timing. In atrial
 * fibrillation (successive differences above 0.15 of the mean over 16 beats) irregular is
 * normal, and nothing is left out for its interval. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { RHYTHM_LONG = 16, RHYTHM_SHORT = 8 };

struct rhythm {
    float least_jump_mmhg; /* kept by rhythm_reset(): less is no jump of the pulse pressure */
    float intervals_s[RHYTHM_LONG], pulses_mmhg[RHYTHM_SHORT];
    int32_t intervals, pulses;
    bool ectopic_before;
};

void rhythm_init(struct rhythm *r, float least_jump_mmhg);
void rhythm_reset(struct rhythm *r);
/* One beat: the interval before it (0: none), its pulse pressure. 0, or a number of events.def
 * 5xx. */
uint32_t rhythm_push(struct rhythm *r, float interval_s, float pulse_mmhg);
/* Irregular as in atrial fibrillation, by the rule above: averages need more beats. */
bool rhythm_fibrillates(const struct rhythm *r);
