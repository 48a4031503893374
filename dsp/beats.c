#include "dsp/beats.h"
#include <assert.h>
#include <math.h>
#include <string.h>

static const double refractory_s = 0.20; /* 300 per minute: only a physical floor */
static const double lag_share = 0.6, lag_s = 0.15;
static const float short_share = 0.8f; /* below 0.75 halves of periods pass */
static const float short_cost = 2, short_cost_two_humped = 4;
static const float share_max = 1.2f;
static const float unreachable = -1e30f;

void beats_reset(struct beats *b) {
    *b = (struct beats){0};
}

static void forget(struct beats *b, int n) {
    b->count -= n;
    memmove(b->list, b->list + n, (size_t)b->count * sizeof b->list[0]);
}

static void append(struct beats *b, double at, const struct rise *rise) {
    if (b->rooted && rise->low == b->root.low)
        return; /* decided while it was still open */
    if (b->count == BEATS_CANDIDATES)
        forget(b, 1);
    b->list[b->count++] = (struct beats_candidate){
        .at = at, .low = rise->low, .height_mmhg = rise->height_mmhg, .before = -1};
}

void beats_offer(struct beats *b, double at, const struct rise *rise) {
    append(b, at, rise);
}

void beats_offer_open(struct beats *b, double at, const struct rise *rise) {
    int before = b->count;
    append(b, at, rise);
    if (b->count > before || before == BEATS_CANDIDATES)
        b->list[b->count - 1].open = true;
}

void beats_take_back(struct beats *b) {
    if (b->count && b->list[b->count - 1].open)
        b->count--;
}

/* What the interval from a predecessor costs; a large number if it is too short to be one. */
static float cost(const struct beats_clock *clock, double interval) {
    if (interval < refractory_s * clock->rate_hz)
        return -unreachable;
    float close = 1 - (float)(interval / (clock->period * (double)short_share));
    if (close <= 0)
        return 0;
    float sure = fminf(fmaxf(clock->confidence, 0), 1);
    return (clock->two_humped ? short_cost_two_humped : short_cost) * sure * close * close;
}

static void score_one(struct beats *b, const struct beats_clock *clock, int k) {
    struct beats_candidate *c = &b->list[k];
    float best = b->rooted ? -cost(clock, c->at - b->root.at) : 0;
    c->before = -1;
    for (int j = 0; j < k; j++) {
        if (!b->list[j].usable)
            continue;
        float score = b->list[j].score - cost(clock, c->at - b->list[j].at);
        if (score > best) {
            best = score;
            c->before = j;
        }
    }
    c->usable = best > unreachable / 2;
    float share = fminf(c->height_mmhg / clock->usual_mmhg, share_max);
    c->score = c->usable ? best + share - rises_least_share : unreachable;
}

/* The first pulse of the best chain, or -1. */
static int first_of_best(const struct beats *b) {
    int best = -1;
    float most = 0;
    for (int k = 0; k < b->count; k++)
        if (b->list[k].usable && b->list[k].score > most) {
            most = b->list[k].score;
            best = k;
        }
    while (best >= 0 && b->list[best].before >= 0)
        best = b->list[best].before;
    return best;
}

bool beats_decide(struct beats *b, const struct beats_clock *clock, struct pulse *out) {
    double due = clock->now - lag_share * clock->period - lag_s * clock->rate_hz;
    if (!b->count || b->list[0].at > due)
        return false;
    for (int k = 0; k < b->count; k++)
        score_one(b, clock, k);
    int first = first_of_best(b);
    if (first < 0 || b->list[first].at > due) { /* what is older is not in the best chain */
        int old = 0;
        while (old < b->count && b->list[old].at <= due && !b->list[old].open)
            old++;
        forget(b, old);
        return false;
    }
    *out = b->root = (struct pulse){.at = b->list[first].at, .low = b->list[first].low};
    b->rooted = true;
    forget(b, first + 1);
    return true;
}
