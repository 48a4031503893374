/* rhythm.h - which beats are left out of averages: ectopic ones and their
 * neighbours, outliers. Pure.
 *
 * Against the median of the last eight beats' lengths, 20 % is odd. A beat that is itself odd is no
 * usual cycle: the next one cut it short, or it spans one that made no pulse. Behind a short one
 * comes the ectopic beat, behind that, and behind a long one, a beat that filled longer: all three
 * are left out. So is a pulse pressure more than 45 % from its median. All still count for timing.
 *
 * In atrial fibrillation irregular is normal, and nothing is left out for its length: successive
 * differences above 0.15 of the mean over 16 beats (root mean square), and two thirds of them above
 * 0.05, since a regular rhythm with ectopics in it has few large differences and no others. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { RHYTHM_LONG = 16, RHYTHM_SHORT = 8 };

struct rhythm {
    float least_jump_mmhg; /* kept by rhythm_reset(): less is no jump of the pulse pressure */
    float intervals_s[RHYTHM_LONG], pulses_mmhg[RHYTHM_SHORT];
    int32_t intervals, pulses;
    float before_s;      /* length of the beat before; 0: none follows on it */
    bool ectopic_before;
};

void rhythm_init(struct rhythm *r, float least_jump_mmhg);
void rhythm_reset(struct rhythm *r);
/* One beat: its length, whether it follows on the one before, its pulse pressure. 0, or a number of
 * events.def 5xx. */
uint32_t rhythm_push(struct rhythm *r, float length_s, bool follows, float pulse_mmhg);
/* Irregular as in atrial fibrillation, by the rule above: averages need more beats. */
bool rhythm_fibrillates(const struct rhythm *r);
