#include "detectors/pair.h"
#include "detectors/trend.h"
#include <math.h>
#include <string.h>

bool pair_read(const struct report_call *call, const struct line *first, const struct line *second,
               struct pair_span span, struct pair_trace *out) {
    double step = call->room->base_rate_hz / PAIR_RATE_HZ;
    double lag = span.lag_s * call->room->base_rate_hz;
    double count = (span.to_tick - span.from_tick) / step;
    if (!(count >= 1 && count <= PAIR_SAMPLES_MAX))
        return false;
    out->count = (int)count;
    for (int i = 0; i < out->count; i++) {
        out->first[i] = line_at(first, span.from_tick + i * step);
        out->second[i] = line_at(second, span.from_tick + i * step + lag);
        if (isnan(out->first[i]) || isnan(out->second[i]))
            return false;
    }
    return true;
}

static uint64_t later(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

/* A wedge begins a visit of its own; the line's clean stretch begins with it. */
static uint64_t since(const struct line *line) {
    return line_wedged(line) ? line->clean_tick : line->visit_tick;
}

void pair_refresh(struct pair *pair, const struct line *one, const struct line *other) {
    uint64_t visit_tick = later(since(one), since(other));
    uint64_t clean_tick = later(visit_tick, later(one->clean_tick, other->clean_tick));
    if (pair->other != other->index || pair->visit_tick != visit_tick)
        *pair = (struct pair){.other = other->index, .visit_tick = visit_tick};
    if (pair->clean_tick != clean_tick)
        pair->beats_count = 0;
    pair->clean_tick = clean_tick;
}

void pair_remember(struct pair *pair, const struct pair_beat *beat) {
    if (pair->beats_count == PAIR_BEATS_MAX) {
        memmove(pair->beats, pair->beats + 1, sizeof pair->beats - sizeof pair->beats[0]);
        pair->beats_count--;
    }
    pair->beats[pair->beats_count++] = *beat;
}

uint32_t pair_ready(const struct pair *pair, uint64_t until_tick) {
    uint32_t ready = pair->beats_count;
    while (ready > 0 && pair->beats[ready - 1].next_tick > until_tick)
        ready--;
    return ready;
}

uint32_t pair_since(const struct pair *pair, uint32_t ready, uint64_t from_tick) {
    uint32_t used = 0;
    while (used < ready && pair->beats[ready - used - 1].foot_tick >= from_tick)
        used++;
    return used;
}

struct event pair_event(struct report_call *call, const struct line *clock, const struct pair *pair,
                        uint32_t ready, uint32_t used) {
    const struct pair_beat *beats = &pair->beats[ready - used];
    uint64_t from_tick = beats[0].foot_tick, to_tick = beats[used - 1].next_tick;
    struct event event = report_new(call, clock, EVENT_MEASUREMENT, to_tick);
    event.state = EVENT_SUGGESTED;
    event.method = METHOD_PAIR;
    event.from_tick = from_tick;
    event.to_tick = to_tick;
    for (uint32_t i = 0; i < used; i++)
        event.beats[event.beats_count++] = beats[i].foot_tick;
    for (uint32_t i = 0; i < clock->beats_count; i++) {
        const struct line_beat *beat = &clock->beats[i];
        bool within = beat->foot_tick >= from_tick && beat->next_tick <= to_tick;
        if (within && !line_beat_good(beat) && event.left_out_count < EVENT_LEFT_OUT_MAX)
            event.left_out[event.left_out_count++] =
                (struct event_left_out){beat->foot_tick, beat->left_out};
    }
    event.quality = (double)used / (used + event.left_out_count);
    return event;
}

void pair_add_mean(struct event *event, const struct pair *pair, uint32_t ready, int value,
                   uint32_t quantity) {
    float values[PAIR_BEATS_MAX];
    double sum = 0;
    for (uint32_t i = 0; i < event->beats_count; i++) {
        values[i] = pair->beats[ready - event->beats_count + i].values[value];
        sum += (double)values[i];
    }
    if (isfinite(sum))
        event_add_value(event, quantity, sum / event->beats_count,
                        trend_spread(values, event->beats_count));
}
