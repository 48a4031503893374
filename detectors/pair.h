/* pair.h - two lines at once: their traces over a stretch of time, and a history of beats. Pure. */
#pragma once
#include "detectors/line.h"

enum { PAIR_RATE_HZ = 250, PAIR_SAMPLES_MAX = 4 * PAIR_RATE_HZ };

/* Both at PAIR_RATE_HZ from from_tick on; the second read lag_s later. */
struct pair_trace {
    int count;
    float first[PAIR_SAMPLES_MAX], second[PAIR_SAMPLES_MAX];
};

struct pair_span { double from_tick, to_tick, lag_s; };

/* False: longer than PAIR_SAMPLES_MAX, or a sample is missing. */
bool pair_read(const struct report_call *call, const struct line *first, const struct line *second,
               struct pair_span span, struct pair_trace *out);

/* Forgets what lies before the last change or break of either line. */
void pair_refresh(struct pair *pair, const struct line *one, const struct line *other);
void pair_remember(struct pair *pair, const struct pair_beat *beat);
/* How many of the oldest beats ended by until_tick. */
uint32_t pair_ready(const struct pair *pair, uint64_t until_tick);
/* How many of those, the newest, began at or after from_tick. */
uint32_t pair_since(const struct pair *pair, uint32_t ready, uint64_t from_tick);
/* A suggested value of the newest `used` of beats [0, ready): range, beats, the clock's beats that
 * were left out, quality. */
struct event pair_event(struct report_call *call, const struct line *clock, const struct pair *pair,
                        uint32_t ready, uint32_t used);
/* Mean and spread of one value over those beats; nothing where a beat has none. */
void pair_add_mean(struct event *event, const struct pair *pair, uint32_t ready, int value,
                   uint32_t quantity);
