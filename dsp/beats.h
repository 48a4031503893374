/* beats.h - which rises are pulses: the best chain of candidates, decided a fixed lag behind.
 * Pure.
 *
 *     beats_offer(&b, at, &rise);                    // each complete rise, in order
 *     while (beats_decide(&b, &clock, &pulse)) use(&pulse);
 *
 * A candidate is worth its share of the usual rise less 0.25. Two pulses closer than 0.8 periods
 * cost, the more the closer and the more regular the rhythm is; long intervals cost nothing, so
 * pauses are never filled. A pulse is decided once it is older than 0.6 periods + 0.15 s. Times
 * are in samples, as double, since half-heights are corrected by the smoother's delay. */
#pragma once
#include "dsp/rises.h"
#include <stdbool.h>
#include <stdint.h>

enum { BEATS_CANDIDATES = 64 };

struct beats_candidate {
    double at;
    int64_t low;
    float height_mmhg, score;
    int32_t before; /* the predecessor's place in the list, or -1: the root */
    bool usable, open;
};

struct pulse { double at; int64_t low; };

struct beats {
    struct beats_candidate list[BEATS_CANDIDATES];
    int32_t count;
    bool rooted; /* a pulse was decided; its score is the zero of all others */
    struct pulse root;
};

struct beats_clock {
    double now, period, rate_hz; /* samples, samples, Hz */
    float confidence;            /* of the period, 0..1 */
    float usual_mmhg;            /* a usual rise */
    bool two_humped;             /* a and v may be equally high: only the period tells them apart */
};

void beats_reset(struct beats *b);
void beats_offer(struct beats *b, double at, const struct rise *rise);
/* The rise that goes on now counts for this decision only: offer it, decide, take it back. */
void beats_offer_open(struct beats *b, double at, const struct rise *rise);
void beats_take_back(struct beats *b);
/* True: *out is the next pulse. Call again until false. */
bool beats_decide(struct beats *b, const struct beats_clock *clock, struct pulse *out);
