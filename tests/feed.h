/* feed.h - synthetic pressures of three groups into a room, for tests. */
#pragma once
#include "tests/trace.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* Two groups: ART and a lead of an ECG do not wait for each other; ART at 125 Hz and PA, RA at 250
 * Hz do. */
enum { SECONDS = 60, SLOW = 0, FAST = 1, LEAD = 2, GROUPS = 3, BASE_HZ = 500 };
static const uint32_t group_rate_hz[GROUPS] = {125, 250, 500};
static const uint32_t group_channels[GROUPS] = {1, 2, 1};

static const struct trace_wave artery = {120, 70, 75, 2, 0, 0, 0, 0};
static const struct trace_wave pulmonary = {26, 12, 75, 2, 0, 0, 0, 0};
static const struct trace_wave atrium = {12, 7, 75, 2, 0, 0, 0, 0.35};

static inline struct wire_epoch_begin begin_of(uint64_t case_number) {
    struct wire_epoch_begin begin = {
        .stream = 7, .room = 3, .why = WHY_FIRST, .epoch = 1234567, .case_number = case_number};
    begin.info = (struct stream_info){.base_rate_numerator = BASE_HZ,
                                      .base_rate_denominator = 1,
                                      .origin = ORIGIN_SIMULATED,
                                      .speed_percent = 100,
                                      .channels_count = 4};
    static const uint32_t sites[] = {SITE_ART, SITE_PA, SITE_RA, SITE_ECG};
    static const uint32_t groups[] = {SLOW, FAST, FAST, LEAD};
    for (uint32_t c = 0; c < 4; c++)
        begin.info.channels[c] =
            (struct stream_channel){.site = sites[c],
                                    .ticks_per_sample = BASE_HZ / group_rate_hz[groups[c]],
                                    .group = groups[c],
                                    .scale = 1.0 / TRACE_COUNTS_PER_MMHG,
                                    .offset = TRACE_OFFSET,
                                    .unit = sites[c] == SITE_ECG ? UNIT_MV : UNIT_MMHG};
    return begin;
}

static inline double wave_of(uint32_t group, uint32_t channel, double at_s) {
    if (group == SLOW)
        return trace_mmhg(&artery, at_s);
    if (group == LEAD)
        return 40 * exp(-pow((fmod(at_s, 0.8) - 0.4) / 0.015, 2));
    return trace_mmhg(channel == 0 ? &pulmonary : &atrium, at_s);
}

/* A feed whose groups are sent in blocks of a given length. */
struct feed {
    struct room *room;
    struct trace trace;
    uint64_t sent[GROUPS]; /* samples */
};

static inline void feed_open(struct feed *feed, uint64_t case_number) {
    struct rules rules = rules_default();
    struct wire_epoch_begin begin = begin_of(case_number);
    memset(feed, 0, sizeof *feed);
    feed->room = malloc(sizeof *feed->room);
    assert_non_null(feed->room);
    assert_int_equal(room_init(feed->room, &rules), HEMO_OK);
    assert_int_equal(room_begin(feed->room, &begin), HEMO_OK);
}

static inline void feed_close(struct feed *feed) {
    free(feed->room);
    trace_free(&feed->trace);
}

static inline enum hemo_error feed_block(struct feed *feed, uint32_t group, uint64_t first,
                                         uint32_t count) {
    int16_t *samples = malloc(sizeof *samples * count * group_channels[group]);
    assert_non_null(samples);
    for (uint32_t c = 0; c < group_channels[group]; c++)
        for (uint32_t k = 0; k < count; k++)
            samples[c * count + k] =
                trace_raw(wave_of(group, c, (double)(first + k) / group_rate_hz[group]));
    struct sample_block block = {first * (BASE_HZ / group_rate_hz[group]), group,
                                 group_channels[group], count, samples};
    enum hemo_error error = room_push(feed->room, &block, trace_event, &feed->trace);
    free(samples);
    return error;
}

static inline void feed_send(struct feed *feed, uint32_t group, uint32_t count) {
    assert_int_equal(feed_block(feed, group, feed->sent[group], count), HEMO_OK);
    feed->sent[group] += count;
}

static inline uint32_t left(const struct feed *feed, uint32_t group) {
    return SECONDS * group_rate_hz[group] - (uint32_t)feed->sent[group];
}

static inline uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

/* All groups in turn, in blocks of so much of their own samples, so that the furthest behind comes
 * next. */
static inline void feed_blocks(struct feed *feed, uint32_t count) {
    for (;;) {
        uint32_t next = GROUPS;
        double next_s = 0;
        for (uint32_t g = 0; g < GROUPS; g++) {
            double sent_s = (double)feed->sent[g] / group_rate_hz[g];
            if (left(feed, g) > 0 && (next == GROUPS || sent_s < next_s)) {
                next = g;
                next_s = sent_s;
            }
        }
        if (next == GROUPS)
            break;
        feed_send(feed, next, least(count, left(feed, next)));
    }
    room_end(feed->room, trace_event, &feed->trace);
}
