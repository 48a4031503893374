/* room: the same samples give the same events however they are cut and interleaved; nothing spans a
 * gap; every sample is accounted for. */
#include "tests/trace.h"
#include "proto/quantity.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

/* Two groups: ART and a lead of an ECG do not wait for each other; ART at 125 Hz and PA, RA at 250
 * Hz do. */
enum { SECONDS = 60, SLOW = 0, FAST = 1, LEAD = 2, GROUPS = 3, BASE_HZ = 500 };
static const uint32_t group_rate_hz[GROUPS] = {125, 250, 500};
static const uint32_t group_channels[GROUPS] = {1, 2, 1};

static const struct trace_wave artery = {120, 70, 75, 2, 0, 0, 0};
static const struct trace_wave pulmonary = {26, 12, 75, 2, 0, 0, 0};
static const struct trace_wave atrium = {9, 4, 75, 1, 0, 0, 0};

static struct wire_epoch_begin begin_of(uint64_t case_number) {
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

static double wave_of(uint32_t group, uint32_t channel, double at_s) {
    if (group == SLOW)
        return trace_mmhg(&artery, at_s);
    if (group == LEAD)
        return sin(at_s);
    return trace_mmhg(channel == 0 ? &pulmonary : &atrium, at_s);
}

/* A feed whose groups are sent in blocks of a given length. */
struct feed {
    struct room *room;
    struct trace trace;
    uint64_t sent[GROUPS]; /* samples */
};

static void feed_open(struct feed *feed, uint64_t case_number) {
    struct rules rules = rules_default();
    struct wire_epoch_begin begin = begin_of(case_number);
    memset(feed, 0, sizeof *feed);
    feed->room = malloc(sizeof *feed->room);
    assert_non_null(feed->room);
    assert_int_equal(room_init(feed->room, &rules), HEMO_OK);
    assert_int_equal(room_begin(feed->room, &begin), HEMO_OK);
}

static void feed_close(struct feed *feed) {
    free(feed->room);
    trace_free(&feed->trace);
}

static enum hemo_error feed_block(struct feed *feed, uint32_t group, uint64_t first,
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

static void feed_send(struct feed *feed, uint32_t group, uint32_t count) {
    assert_int_equal(feed_block(feed, group, feed->sent[group], count), HEMO_OK);
    feed->sent[group] += count;
}

static uint32_t left(const struct feed *feed, uint32_t group) {
    return SECONDS * group_rate_hz[group] - (uint32_t)feed->sent[group];
}

static uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

/* All groups in turn, in blocks of so much of their own samples, so that the furthest behind comes
 * next. */
static void feed_blocks(struct feed *feed, uint32_t count) {
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

static void reference(struct feed *feed) {
    feed_open(feed, 5);
    feed_blocks(feed, 25);
}

static void test_it_says_what_the_traces_show(void **state) {
    (void)state;
    struct feed feed;
    reference(&feed);
    uint32_t beats[3] = {0, 0, 0};
    for (uint32_t i = 0; i < feed.trace.count; i++) {
        const struct event *event = &feed.trace.events[i];
        double mean;
        if (event->kind == EVENT_BEAT && event_value(event, QUANTITY_MEAN, &mean))
            beats[event->channel]++;
    }
    assert_in_range(beats[0], 60, 76); /* 75 beats, less those while it learns */
    assert_in_range(beats[1], 60, 76);
    assert_true(trace_count(&feed.trace, EVENT_MEASUREMENT, EVENT_SUGGESTED) >= 2);
    assert_true(trace_count(&feed.trace, EVENT_READING, EVENT_STATE_NONE) > 100);
    assert_true(trace_count(&feed.trace, EVENT_FALLING_BP, EVENT_RAISED) == 0);
    const struct event *m = trace_find(&feed.trace, EVENT_MEASUREMENT, EVENT_SUGGESTED);
    double systolic;
    assert_int_equal(m->site, SITE_ART);
    assert_true(event_value(m, QUANTITY_SYSTOLIC, &systolic));
    assert_true(fabs(systolic - 120) < 3);
    assert_true(m->beats_count >= 8 && m->to_tick > m->from_tick);
    assert_int_equal(m->case_number, 5);
    feed_close(&feed);
}

static void test_blocks_make_no_difference(void **state) {
    (void)state;
    static const uint32_t sizes[] = {1, 37, 1024, 2048};
    struct feed one;
    reference(&one);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct feed other;
        feed_open(&other, 5);
        feed_blocks(&other, sizes[i]);
        if (!trace_same(&one.trace, &other.trace))
            fail_msg("blocks of %u give other events", sizes[i]);
        feed_close(&other);
    }
    feed_close(&one);
}

/* A single pressure group may come as one block of any length. */
static void whole(struct feed *feed, uint32_t count) {
    feed_open(feed, 5);
    struct wire_epoch_begin begin = begin_of(5);
    begin.info.channels_count = 1;
    assert_int_equal(room_begin(feed->room, &begin), HEMO_OK);
    while (left(feed, SLOW) > 0)
        feed_send(feed, SLOW, least(count, left(feed, SLOW)));
    room_end(feed->room, trace_event, &feed->trace);
}

static void test_the_whole_in_one_block(void **state) {
    (void)state;
    struct feed one, other;
    whole(&one, 1);
    whole(&other, SECONDS * 125);
    assert_true(one.trace.count > 100);
    assert_true(trace_same(&one.trace, &other.trace));
    feed_close(&one);
    feed_close(&other);
}

static uint32_t draw(uint32_t *seed) {
    return *seed = *seed * 1664525u + 1013904223u;
}

/* Any order of groups, as long as none runs ahead of another by more than the allowed lag. */
static void feed_random(struct feed *feed, uint32_t seed) {
    while (left(feed, SLOW) + left(feed, FAST) + left(feed, LEAD) > 0) {
        uint32_t g = (draw(&seed) >> 8) % GROUPS;
        uint32_t most = g == LEAD ? 700 : 200;
        uint32_t count = least(1 + (draw(&seed) >> 8) % most, left(feed, g));
        double other_s =
            (double)feed->sent[g == SLOW ? FAST : SLOW] / group_rate_hz[g == SLOW ? FAST : SLOW];
        bool ahead = (double)feed->sent[g] / group_rate_hz[g] > other_s + 1.9;
        if (count > 0 && !(ahead && g != LEAD))
            feed_send(feed, g, count);
    }
    room_end(feed->room, trace_event, &feed->trace);
}

static void test_interleaving_makes_no_difference(void **state) {
    (void)state;
    struct feed one;
    reference(&one);
    for (uint32_t seed = 1; seed <= 20; seed++) {
        struct feed other;
        feed_open(&other, 5);
        feed_random(&other, seed);
        if (!trace_same(&one.trace, &other.trace))
            fail_msg("interleaving %u gives other events", seed);
        feed_close(&other);
    }
    feed_close(&one);
}

static void test_a_copy_continues_equally(void **state) {
    (void)state;
    struct feed one;
    feed_open(&one, 5);
    for (int i = 0; i < 30; i++) {
        feed_send(&one, SLOW, 125);
        feed_send(&one, FAST, 245);
    }
    struct room *snapshot = malloc(sizeof *snapshot);
    assert_non_null(snapshot);
    memcpy(snapshot, one.room, sizeof *snapshot);
    struct feed two = one;
    memset(&two.trace, 0, sizeof two.trace);
    trace_free(&one.trace);
    feed_blocks(&one, 25);
    two.room = snapshot;
    feed_blocks(&two, 25);
    assert_true(one.trace.count > 50);
    assert_true(trace_same(&one.trace, &two.trace));
    feed_close(&one);
    feed_close(&two);
}

static void test_events_come_in_order_and_ids_are_unique(void **state) {
    (void)state;
    struct feed feed;
    reference(&feed);
    const struct trace *t = &feed.trace;
    for (uint32_t i = 0; i < t->count; i++) {
        assert_true(t->events[i].tick <= t->events[i].emitted_tick);
        assert_true(i == 0 || t->events[i - 1].emitted_tick <= t->events[i].emitted_tick);
        for (uint32_t k = 0; k < i; k++)
            assert_false(id_equal(t->events[i].id, t->events[k].id));
    }
    assert_int_equal(room_counts(feed.room).events, t->count);
    feed_close(&feed);
}

static void balanced(const struct feed *feed) {
    struct room_counts n = room_counts(feed->room);
    assert_int_equal(n.received, n.used + n.refused + n.gap);
}

static void test_every_sample_is_accounted_for(void **state) {
    (void)state;
    struct feed feed;
    reference(&feed);
    struct room_counts n = room_counts(feed.room);
    assert_int_equal(n.used, SECONDS * (125 + 2 * 250 + 500));
    assert_int_equal(n.received, n.used);
    feed_close(&feed);
}

static void test_what_does_not_fit_is_refused(void **state) {
    (void)state;
    struct feed feed;
    int16_t samples[64] = {0};
    feed_open(&feed, 5);
    feed_send(&feed, SLOW, 100);
    struct sample_block again = {
        .first_tick = 99 * 4, .group = SLOW, .channels = 1, .count = 8, .samples = samples};
    struct sample_block crooked = {
        .first_tick = 401, .group = SLOW, .channels = 1, .count = 8, .samples = samples};
    struct sample_block wide = {
        .first_tick = 400, .group = SLOW, .channels = 2, .count = 8, .samples = samples};
    struct sample_block foreign = {
        .first_tick = 400, .group = 9, .channels = 1, .count = 8, .samples = samples};
    assert_int_equal(room_push(feed.room, &again, trace_event, &feed.trace), HEMO_TIME_BACKWARD);
    assert_int_equal(room_push(feed.room, &crooked, trace_event, &feed.trace), HEMO_BAD_COUNT);
    assert_int_equal(room_push(feed.room, &wide, trace_event, &feed.trace), HEMO_BAD_COUNT);
    assert_int_equal(room_push(feed.room, &foreign, trace_event, &feed.trace), HEMO_BAD_COUNT);
    assert_int_equal(room_counts(feed.room).refused, 8 + 8 + 16 + 8);
    balanced(&feed);
    feed_close(&feed);
}

static void test_before_a_stream_info_nothing_is_taken(void **state) {
    (void)state;
    struct feed feed;
    feed_open(&feed, 5);
    struct wire_epoch_begin begin = begin_of(5);
    begin.info.channels[1].ticks_per_sample = 0;
    assert_int_equal(room_begin(feed.room, &begin), HEMO_BAD_CONFIG);
    assert_int_equal(feed_block(&feed, SLOW, 0, 10), HEMO_NO_STREAM_INFO);
    struct stream_mark mark = {.kind = MARK_NOTE};
    assert_int_equal(room_mark(feed.room, &mark, trace_event, &feed.trace), HEMO_NO_STREAM_INFO);
    room_end(feed.room, trace_event, &feed.trace);
    assert_int_equal(feed.trace.count, 0);
    feed_close(&feed);
}

/* Seconds [from, to) are lost, told in one of four ways. */
enum telling { JUMP, GAP_RECORD, GAP_PIECES, MISSING };

static void lose(struct feed *feed, uint32_t group, uint64_t samples, enum telling telling) {
    uint32_t ticks = BASE_HZ / group_rate_hz[group];
    uint64_t end = feed->sent[group] + samples;
    int16_t missing[600];
    for (size_t i = 0; i < 600; i++)
        missing[i] = SAMPLE_MISSING;
    while (telling != JUMP && feed->sent[group] < end) {
        uint64_t piece = telling == GAP_RECORD ? samples : 25;
        struct stream_gap gap = {feed->sent[group] * ticks, (feed->sent[group] + piece) * ticks,
                                 group, GAP_DEVICE};
        struct sample_block block = {gap.first_tick, group, group_channels[group], (uint32_t)piece,
                                     missing};
        enum hemo_error error = telling == MISSING
                                    ? room_push(feed->room, &block, trace_event, &feed->trace)
                                    : room_gap(feed->room, &gap, trace_event, &feed->trace);
        assert_int_equal(error, HEMO_OK);
        feed->sent[group] += piece;
    }
    feed->sent[group] = end;
}

static void with_gap(struct feed *feed, enum telling telling) {
    feed_open(feed, 5);
    for (uint32_t s = 0; s < 30; s++) {
        feed_send(feed, SLOW, 125);
        feed_send(feed, FAST, 250);
    }
    for (uint32_t s = 0; s < 6; s++) {
        lose(feed, SLOW, telling == JUMP || telling == GAP_RECORD ? (s == 0 ? 750 : 0) : 125,
             telling);
        lose(feed, FAST, telling == JUMP || telling == GAP_RECORD ? (s == 0 ? 1500 : 0) : 250,
             telling);
    }
    feed_blocks(feed, 25);
}

static void no_value_spans(const struct trace *trace, uint64_t from_tick, uint64_t to_tick) {
    for (uint32_t i = 0; i < trace->count; i++) {
        const struct event *e = &trace->events[i];
        bool valued = (e->kind == EVENT_BEAT && e->values_count > 1) || e->kind == EVENT_READING ||
                      e->kind == EVENT_MEASUREMENT;
        if (valued)
            assert_false(e->from_tick < to_tick && e->to_tick > from_tick);
    }
}

static void test_nothing_spans_a_gap(void **state) {
    (void)state;
    struct feed one;
    with_gap(&one, JUMP);
    assert_true(trace_count(&one.trace, EVENT_GAP, EVENT_BEGAN) >= 3);
    assert_int_equal(trace_count(&one.trace, EVENT_GAP, EVENT_BEGAN),
                     trace_count(&one.trace, EVENT_GAP, EVENT_ENDED));
    no_value_spans(&one.trace, 30 * BASE_HZ, 36 * BASE_HZ);
    assert_int_equal(trace_count(&one.trace, EVENT_LINE_LOST, EVENT_RAISED), 3);
    assert_int_equal(trace_count(&one.trace, EVENT_LINE_LOST, EVENT_RECOVERED), 3);
    assert_int_equal(room_counts(one.room).gap, 6 * (125 + 2 * 250));
    balanced(&one);
    feed_close(&one);
}

static void test_a_gap_is_the_same_however_it_is_told(void **state) {
    (void)state;
    struct feed one;
    with_gap(&one, JUMP);
    for (enum telling telling = GAP_RECORD; telling <= MISSING; telling++) {
        struct feed other;
        with_gap(&other, telling);
        if (!trace_same(&one.trace, &other.trace))
            fail_msg("telling %d gives other events", (int)telling);
        balanced(&other);
        feed_close(&other);
    }
    feed_close(&one);
}

/* Years without a sample pass in an instant, and the stream goes on. */
static void test_a_long_gap(void **state) {
    (void)state;
    struct feed feed;
    feed_open(&feed, 5);
    for (uint32_t s = 0; s < 30; s++) {
        feed_send(&feed, SLOW, 125);
        feed_send(&feed, FAST, 250);
    }
    uint32_t before = feed.trace.count;
    uint64_t far = 1ull << 45;
    for (uint32_t s = 0; s < 30; s++) {
        assert_int_equal(feed_block(&feed, SLOW, far + s * 125, 125), HEMO_OK);
        assert_int_equal(feed_block(&feed, FAST, 2 * far + s * 250, 250), HEMO_OK);
    }
    assert_true(feed.trace.count > before + 100);
    no_value_spans(&feed.trace, 30 * BASE_HZ, far * 4);
    balanced(&feed);
    feed_close(&feed);
}

/* One group stops: the other goes on after the allowed lag, and what comes late is refused and
 * counted. */
static void test_a_group_that_lags_becomes_a_gap(void **state) {
    (void)state;
    struct feed feed;
    feed_open(&feed, 5);
    for (uint32_t s = 0; s < 10; s++) {
        feed_send(&feed, SLOW, 125);
        feed_send(&feed, FAST, 250);
    }
    for (uint32_t s = 0; s < 10; s++)
        feed_send(&feed, SLOW, 125);
    assert_true(feed.room->done_tick >= (19 - ROOM_LAG_S) * BASE_HZ);
    assert_true(trace_find(&feed.trace, EVENT_GAP, EVENT_BEGAN) != NULL);
    assert_int_equal(feed_block(&feed, FAST, 10 * 250, 250), HEMO_TIME_BACKWARD);
    assert_int_equal(room_counts(feed.room).gap, 7 * 2 * 250);
    balanced(&feed);
    feed_close(&feed);
}

static struct stream_mark mark_at(double at_s, uint32_t kind, uint32_t channel) {
    return (struct stream_mark){
        .tick = (uint64_t)(at_s * BASE_HZ), .kind = kind, .channel = channel};
}

static void marked_run(struct feed *feed, uint32_t count) {
    feed_open(feed, 5);
    struct stream_mark flush = mark_at(20, MARK_FLUSH, 0), end = mark_at(25, MARK_FLUSH, 0);
    struct stream_mark site = mark_at(30, MARK_SITE, 1), phase = mark_at(40, MARK_PHASE, 0);
    flush.value = 1;
    site.site = SITE_RV;
    phase.phase = PHASE_EXERCISE;
    assert_int_equal(room_mark(feed->room, &site, trace_event, &feed->trace), HEMO_OK);
    assert_int_equal(room_mark(feed->room, &phase, trace_event, &feed->trace), HEMO_OK);
    assert_int_equal(room_mark(feed->room, &flush, trace_event, &feed->trace), HEMO_OK);
    assert_int_equal(room_mark(feed->room, &end, trace_event, &feed->trace), HEMO_OK);
    feed_blocks(feed, count);
}

static void test_marks_apply_at_their_tick(void **state) {
    (void)state;
    struct feed one, other;
    marked_run(&one, 25);
    marked_run(&other, 1024);
    assert_true(trace_same(&one.trace, &other.trace));
    assert_int_equal(trace_count(&one.trace, EVENT_MARKED, EVENT_STATE_NONE), 4);
    for (uint32_t i = 0; i < one.trace.count; i++) {
        const struct event *e = &one.trace.events[i];
        if (e->channel == 1 && e->kind == EVENT_BEAT)
            assert_int_equal(e->site, e->emitted_tick < 30 * BASE_HZ ? SITE_PA : SITE_RV);
        assert_int_equal(e->phase, e->emitted_tick < 40 * BASE_HZ ? PHASE_REST : e->phase);
        bool valued = (e->kind == EVENT_BEAT && e->values_count > 1) || e->kind == EVENT_READING;
        if (valued && e->channel == 0)
            assert_false(e->from_tick < 25 * BASE_HZ && e->to_tick > 20 * BASE_HZ);
        if (e->kind == EVENT_MEASUREMENT && e->channel == 1)
            assert_false(e->from_tick < 30 * BASE_HZ && e->to_tick > 30 * BASE_HZ);
    }
    feed_close(&one);
    feed_close(&other);
}

static void test_marks_that_do_not_fit(void **state) {
    (void)state;
    struct feed feed;
    feed_open(&feed, 5);
    struct stream_mark channel = mark_at(1, MARK_NOTE, 4), far = mark_at(1e6, MARK_NOTE, 0);
    struct stream_mark site = mark_at(1, MARK_SITE, 0), kind = mark_at(1, 99, 0);
    struct stream_mark good = mark_at(1, MARK_NOTE, 0);
    site.site = 30;
    assert_int_equal(room_mark(feed.room, &channel, trace_event, &feed.trace), HEMO_BAD_NUMBER);
    assert_int_equal(room_mark(feed.room, &far, trace_event, &feed.trace), HEMO_BAD_NUMBER);
    assert_int_equal(room_mark(feed.room, &site, trace_event, &feed.trace), HEMO_BAD_ENUM);
    assert_int_equal(room_mark(feed.room, &kind, trace_event, &feed.trace), HEMO_BAD_ENUM);
    for (int i = 0; i < ROOM_MARKS_MAX; i++)
        assert_int_equal(room_mark(feed.room, &good, trace_event, &feed.trace), HEMO_OK);
    assert_int_equal(room_mark(feed.room, &good, trace_event, &feed.trace), HEMO_NO_ROOM);
    feed_close(&feed);
}

static void test_a_capture_by_hand(void **state) {
    (void)state;
    struct feed feed;
    feed_open(&feed, 5);
    for (uint32_t s = 0; s < 30; s++) {
        feed_send(&feed, SLOW, 125);
        feed_send(&feed, FAST, 250);
    }
    uint32_t before = trace_count(&feed.trace, EVENT_MEASUREMENT, EVENT_SUGGESTED);
    struct wire_capture capture = {.target_stream = 7, .channel = 0, .back_ms = 5000};
    assert_int_equal(room_capture(feed.room, &capture, trace_event, &feed.trace), HEMO_OK);
    const struct event *m = &feed.trace.events[feed.trace.count - 1];
    double mean;
    assert_int_equal(trace_count(&feed.trace, EVENT_MEASUREMENT, EVENT_SUGGESTED), before + 1);
    assert_int_equal(m->kind, EVENT_MEASUREMENT);
    assert_true(m->from_tick >= 25 * BASE_HZ && m->to_tick <= 30 * BASE_HZ);
    assert_in_range(m->beats_count, 3, 7);
    assert_true(event_value(m, QUANTITY_MEAN, &mean));
    assert_true(mean > 70 && mean < 120);
    capture.channel = 3; /* an electrocardiogram is kept, not measured */
    assert_int_equal(room_capture(feed.room, &capture, trace_event, &feed.trace), HEMO_NOT_FOUND);
    feed_close(&feed);
}

static void test_without_a_case_nothing_is_measured(void **state) {
    (void)state;
    struct feed feed;
    feed_open(&feed, 0);
    for (uint32_t s = 0; s < 30; s++) {
        feed_send(&feed, SLOW, 125);
        feed_send(&feed, FAST, 250);
    }
    struct wire_capture capture = {.target_stream = 7, .channel = 0, .back_ms = 5000};
    assert_int_equal(room_capture(feed.room, &capture, trace_event, &feed.trace), HEMO_WRONG_CASE);
    assert_true(trace_count(&feed.trace, EVENT_READING, EVENT_STATE_NONE) > 20);
    assert_int_equal(trace_count(&feed.trace, EVENT_MEASUREMENT, EVENT_SUGGESTED), 0);
    feed_close(&feed);
}

static void test_a_new_epoch_begins_clean(void **state) {
    (void)state;
    struct feed one, other;
    reference(&one);
    feed_open(&other, 5);
    for (uint32_t s = 0; s < 20; s++)
        feed_send(&other, SLOW, 77);
    struct wire_epoch_begin begin = begin_of(5);
    assert_int_equal(room_begin(other.room, &begin), HEMO_OK);
    memset(other.sent, 0, sizeof other.sent);
    trace_free(&other.trace);
    feed_blocks(&other, 25);
    assert_true(trace_same(&one.trace, &other.trace));
    feed_close(&one);
    feed_close(&other);
}

/* A low pressure is raised by version 1; version 2 comes while it runs, and its end still names
 * version 1. */
static void test_a_running_finding_keeps_its_rules(void **state) {
    (void)state;
    struct feed feed;
    feed_open(&feed, 5);
    struct rules rules = rules_default();
    rules.low_mean_mmhg = 110;
    rules.low_hold_s = 10;
    room_rules(feed.room, &rules);
    for (uint32_t s = 0; s < 30; s++) {
        feed_send(&feed, SLOW, 125);
        feed_send(&feed, FAST, 250);
    }
    const struct event *raised = trace_find(&feed.trace, EVENT_LOW_BP, EVENT_RAISED);
    assert_non_null(raised);
    assert_int_equal(raised->rule_version, 1);
    rules.version = 2;
    rules.low_mean_mmhg = 50; /* by these it would have recovered at once */
    room_rules(feed.room, &rules);
    feed_blocks(&feed, 25);
    assert_int_equal(trace_count(&feed.trace, EVENT_LOW_BP, EVENT_RECOVERED), 0);
    feed_close(&feed);
}

/* Breathing at 15/min is found in the atrium's pressure, and its means are over whole breaths. */
static void test_breathing_is_found(void **state) {
    (void)state;
    struct feed feed;
    struct spectrum spectrum;
    assert_true(spectrum_init(&spectrum));
    feed_open(&feed, 5);
    room_spectrum(feed.room, &spectrum);
    feed_blocks(&feed, 25);
    const struct event *breath = trace_find(&feed.trace, EVENT_BREATH, EVENT_STATE_NONE);
    double rate, swing, mean;
    assert_non_null(breath);
    assert_true(event_value(breath, QUANTITY_RESP_RATE, &rate));
    assert_true(event_value(breath, QUANTITY_RESP_SWING, &swing));
    assert_true(event_value(breath, QUANTITY_MEAN, &mean));
    assert_true(fabs(rate - 15) < 0.7);
    assert_true(swing > 0.8 && swing < 5);
    assert_true(breath->to_tick - breath->from_tick > 20 * BASE_HZ);
    feed_close(&feed);
    spectrum_close(&spectrum);
}

static void test_memory_is_bounded(void **state) {
    (void)state;
    print_message("a room: %zu KiB, of which one line %zu KiB\n", room_size() / 1024,
                  sizeof(struct line) / 1024);
    assert_true(room_size() <= ROOM_BYTES_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_says_what_the_traces_show),
        cmocka_unit_test(test_blocks_make_no_difference),
        cmocka_unit_test(test_the_whole_in_one_block),
        cmocka_unit_test(test_interleaving_makes_no_difference),
        cmocka_unit_test(test_a_copy_continues_equally),
        cmocka_unit_test(test_events_come_in_order_and_ids_are_unique),
        cmocka_unit_test(test_every_sample_is_accounted_for),
        cmocka_unit_test(test_what_does_not_fit_is_refused),
        cmocka_unit_test(test_before_a_stream_info_nothing_is_taken),
        cmocka_unit_test(test_nothing_spans_a_gap),
        cmocka_unit_test(test_a_gap_is_the_same_however_it_is_told),
        cmocka_unit_test(test_a_long_gap),
        cmocka_unit_test(test_a_group_that_lags_becomes_a_gap),
        cmocka_unit_test(test_marks_apply_at_their_tick),
        cmocka_unit_test(test_marks_that_do_not_fit),
        cmocka_unit_test(test_a_capture_by_hand),
        cmocka_unit_test(test_without_a_case_nothing_is_measured),
        cmocka_unit_test(test_a_new_epoch_begins_clean),
        cmocka_unit_test(test_a_running_finding_keeps_its_rules),
        cmocka_unit_test(test_breathing_is_found),
        cmocka_unit_test(test_memory_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
