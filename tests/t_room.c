/* room: the same samples give the same events however they are cut and interleaved; nothing spans a
 * gap; every sample is accounted for. */
#include "proto/quantity.h"
#include "tests/feed.h"
#include <stdio.h>

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
        double least_s = SECONDS, block_s = (double)count / group_rate_hz[g];
        for (uint32_t other = 0; other < GROUPS; other++)
            least_s = fmin(least_s, (double)feed->sent[other] / group_rate_hz[other]);
        bool ahead = (double)feed->sent[g] / group_rate_hz[g] + block_s > least_s + 1.9;
        if (count > 0 && !ahead)
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
    uint32_t readings = 0;
    for (uint32_t i = before; i < feed.trace.count; i++) {
        const struct event *event = &feed.trace.events[i];
        readings += event->kind == EVENT_READING && event->tick > far * 4;
        assert_true(event->tick < 33 * BASE_HZ || event->tick > far * 4 - BASE_HZ ||
                    event->kind == EVENT_LINE_LOST || event->kind == EVENT_GAP);
    }
    assert_true(readings > 30);
    assert_int_equal(trace_count(&feed.trace, EVENT_GAP, EVENT_ENDED), 3);
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
        cmocka_unit_test(test_a_new_epoch_begins_clean),
        cmocka_unit_test(test_memory_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
