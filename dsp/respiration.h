/* respiration.h - breathing as it shows in the pressure: rate, swing, and means freed of it.
 * Pure.
 *
 *     respiration_init(&r, 125);              // Hz of the beats' sample numbers
 *     if (respiration_push(&r, &spectrum, &beat, &breathing)) use(&breathing);
 *
 * Fed with the beats of one channel that count for averages. Their means, held from foot to
 * foot, make a series of 4 Hz; the peak of its spectrum over 32 s between 0.1 and 0.6 Hz is the
 * respiration, if it holds a third of the power and is not half the heart rate (alternans). A
 * hole between two beats begins the series anew: no mean spans a gap.
 *
 * End-expiration: breathing alone dips the pressure, a ventilator lifts it, and expiration is the
 * longer part of either. So the level at which the series stays longer is end-expiratory: the
 * 80th percentile of the held means where it has dips (negative skewness), the 20th where it has
 * humps. Where it has neither nothing is said; a person has to. */
#pragma once
#include "dsp/spectrum.h"
#include <stdbool.h>
#include <stdint.h>

enum { RESPIRATION_RING = 128 };

enum breathing_kind { BREATHING_UNKNOWN, BREATHING_SPONTANEOUS, BREATHING_VENTILATED };

struct respiration_beat { int64_t foot, next_foot; float mean_mmhg; };

struct breathing {
    int64_t from, to;                /* samples: whole breaths */
    float rate_per_min, swing_mmhg;  /* from the 10th to the 90th percentile */
    float mean_mmhg;                 /* over whole breaths */
    float endexp_mmhg;               /* NAN where the kind is unknown */
    enum breathing_kind kind;
    float confidence;                /* share of the power, 0..1 */
};

struct respiration {
    float rate_hz; /* kept by respiration_reset() */
    float ring[RESPIRATION_RING];
    int64_t count, next_foot; /* points made since `begun`; where the last beat ended */
    int64_t begun;            /* sample of the first point */
    int64_t told;             /* points at the last answer */
    float beat_hz;            /* of the last beats, smoothed */
};

void respiration_init(struct respiration *r, float rate_hz);
void respiration_reset(struct respiration *r);
/* True: *out is new, at most once a second, first after 32 s of unbroken beats. */
bool respiration_push(struct respiration *r, const struct spectrum *spectrum,
                      const struct respiration_beat *beat, struct breathing *out);
