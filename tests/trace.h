/* trace.h - synthetic pressures and what a room says of them, as the bytes of the wire, for tests.
 */
#pragma once
#include "detectors/room_state.h"
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A pressure: pulses of `rate_per_min` between diastolic and systolic, breathing, both moving by
 * *_per_s. */
struct trace_wave {
    double systolic_mmhg, diastolic_mmhg, rate_per_min, breathing_mmhg;
    double fall_from_s, fall_to_s, fall_mmhg; /* both values sink in between by so much */
    double inspiration_share; /* of a breath of 4 s: pressure dips in it only; 0: a sine */
};

static inline double trace_shape(double phase) {
    static const double pi = 3.14159265358979323846;
    if (phase < 0.16)
        return 0.5 - 0.5 * cos(pi * phase / 0.16);
    return exp(-3.2 * (phase - 0.16)) + 0.06 * exp(-pow((phase - 0.45) / 0.05, 2));
}

static inline double trace_breath(const struct trace_wave *wave, double at_s) {
    static const double pi = 3.14159265358979323846;
    double phase = at_s * 0.25 - floor(at_s * 0.25);
    if (wave->inspiration_share <= 0)
        return wave->breathing_mmhg * sin(2 * pi * phase);
    if (phase >= wave->inspiration_share)
        return 0;
    return -2 * wave->breathing_mmhg * pow(sin(pi * phase / wave->inspiration_share), 2);
}

static inline double trace_mmhg(const struct trace_wave *wave, double at_s) {
    double beat = at_s * wave->rate_per_min / 60;
    double span = wave->systolic_mmhg - wave->diastolic_mmhg;
    double foot = trace_shape(0.999999),
           shape = (trace_shape(beat - floor(beat)) - foot) / (1 - foot);
    double fallen = (at_s - wave->fall_from_s) / (wave->fall_to_s - wave->fall_from_s);
    if (!(fallen > 0))
        fallen = 0;
    double fall_mmhg = wave->fall_mmhg * (fallen < 1 ? fallen : 1);
    return wave->diastolic_mmhg + span * (shape > 0 ? shape : 0) - fall_mmhg +
           trace_breath(wave, at_s);
}

enum { TRACE_OFFSET = 0, TRACE_COUNTS_PER_MMHG = 50 };

static inline int16_t trace_raw(double mmhg) {
    double raw = round(mmhg * TRACE_COUNTS_PER_MMHG);
    return (int16_t)(raw > 32767 ? 32767 : raw < -32767 ? -32767 : raw);
}

/* A room of one pressure, from an epoch's beginning on; its samples as trace_raw() makes them. */
static inline struct wire_epoch_begin trace_epoch(uint32_t site, uint32_t rate_hz) {
    struct wire_epoch_begin begin = {
        .stream = 7, .room = 3, .why = WHY_FIRST, .epoch = 5, .case_number = 9};
    begin.info = (struct stream_info){.base_rate_numerator = rate_hz,
                                      .base_rate_denominator = 1,
                                      .origin = ORIGIN_SIMULATED,
                                      .speed_percent = 100,
                                      .channels_count = 1};
    begin.info.channels[0] = (struct stream_channel){.site = site,
                                                     .ticks_per_sample = 1,
                                                     .scale = 1.0 / TRACE_COUNTS_PER_MMHG,
                                                     .offset = TRACE_OFFSET,
                                                     .unit = UNIT_MMHG};
    return begin;
}

/* Every event of a run, packed one after the other. */
struct trace {
    uint8_t *bytes;
    size_t length, size;
    struct event *events;
    uint32_t count, room_for;
};

static inline void trace_event(void *context, const struct event *event) {
    static struct wire_frame frame;
    struct trace *trace = context;
    size_t length = 0;
    memset(&frame, 0, offsetof(struct wire_frame, arena));
    frame.kind = WIRE_EVENT;
    frame.epoch = event->epoch;
    frame.body.event = *event;
    if (trace->size - trace->length < WIRE_BYTES_MAX) {
        trace->size = trace->size * 2 + 4 * (size_t)WIRE_BYTES_MAX;
        trace->bytes = realloc(trace->bytes, trace->size);
        assert(trace->bytes != NULL);
    }
    /* Nothing that the wire would refuse is ever said. */
    enum hemo_error error =
        wire_pack(&frame, trace->bytes + trace->length, WIRE_BYTES_MAX, &length);
    assert(error == HEMO_OK);
    (void)error;
    trace->length += length;
    if (trace->count == trace->room_for) {
        trace->room_for = trace->room_for * 2 + 256;
        trace->events = realloc(trace->events, trace->room_for * sizeof *trace->events);
        assert(trace->events != NULL);
    }
    trace->events[trace->count++] = *event;
}

static inline void trace_free(struct trace *trace) {
    free(trace->bytes);
    free(trace->events);
    memset(trace, 0, sizeof *trace);
}

static inline bool trace_same(const struct trace *a, const struct trace *b) {
    return a->count == b->count && a->length == b->length &&
           (a->length == 0 || memcmp(a->bytes, b->bytes, a->length) == 0);
}

static inline uint32_t trace_count(const struct trace *trace, uint32_t kind, uint32_t state) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < trace->count; i++)
        n += trace->events[i].kind == kind && trace->events[i].state == state;
    return n;
}

static inline const struct event *trace_find(const struct trace *trace, uint32_t kind,
                                             uint32_t state) {
    for (uint32_t i = 0; i < trace->count; i++)
        if (trace->events[i].kind == kind && trace->events[i].state == state)
            return &trace->events[i];
    return NULL;
}
