/* t_hemod_epochs - what one feed may send, record by record: taken, refused, or a new epoch.
 * (t_hemod_feed: the same under a random network and disk.) */
#include "ingest/feed.h"
#include "ingest/station.h"
#include "tests/brief.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static struct wire_frame frame;

static void a_broken_counter_begins_an_epoch(void **state) {
    struct feed feed;
    struct feed_answer a;
    struct wire_epoch_begin begin;
    enum hemo_error error;
    struct brief hello = {.kind = WIRE_HELLO}, info = {.kind = WIRE_STREAM_INFO, .epoch = 9};
    struct brief block = {.kind = WIRE_SAMPLES, .epoch = 9, .sequence = 1, .tick = 1000};
    (void)state;
    feed_init(&feed, 1, 1, CREDIT);
    unfold(&hello, &frame);
    assert_true(feed_hello(&feed, &frame, 9, &a) && a.welcome && a.why == WHY_FIRST);
    unfold(&block, &frame);
    assert_int_equal(feed_record(&feed, &frame, &begin, &error), FEED_HOLE);
    block.sequence = 0;
    unfold(&block, &frame);
    assert_int_equal(feed_record(&feed, &frame, &begin, &error), FEED_REFUSE);
    assert_int_equal(error, HEMO_NO_STREAM_INFO);
    unfold(&info, &frame);
    assert_int_equal(feed_record(&feed, &frame, &begin, &error), FEED_TAKE);
    assert_int_equal(begin.stream, 0);
    block.sequence = 1;
    unfold(&block, &frame);
    assert_int_equal(feed_record(&feed, &frame, &begin, &error), FEED_TAKE);
    assert_true(begin.stream == 1 && begin.first_tick == 1000 && begin.epoch == 9);
    assert_int_equal(feed_record(&feed, &frame, &begin, &error), FEED_DUPLICATE);
    block.sequence = 2; /* the same tick again */
    unfold(&block, &frame);
    assert_int_equal(feed_record(&feed, &frame, &begin, &error), FEED_BREAK);
    assert_false(feed_closed(&feed));
    assert_int_equal(feed_record(&feed, &frame, &begin, &error), FEED_REFUSE);
    assert_int_equal(error, HEMO_OLD_EPOCH);
    feed_durable(&feed, 9, 2);
    assert_true(feed_closed(&feed));
    assert_true(feed_reopen(&feed, true, 10, &a));
    assert_true(a.ack && a.ack_epoch == 9 && a.ack_next == 2 && a.why == WHY_COUNTER_BROKEN);
}

static void refusals(void **state) {
    struct feed feed;
    struct feed_answer a;
    struct wire_epoch_begin begin;
    enum hemo_error error;
    struct brief hello = {.kind = WIRE_HELLO}, info = {.kind = WIRE_STREAM_INFO, .epoch = 9};
    (void)state;
    feed_init(&feed, 1, 1, CREDIT);
    unfold(&hello, &frame);
    feed_hello(&feed, &frame, 9, &a);
    static const struct {
        uint32_t stream;
        uint64_t epoch, case_number, sequence;
        enum hemo_error error;
    } rows[] = {{2, 9, 0, 0, HEMO_WRONG_STREAM},
                {1, 8, 0, 0, HEMO_OLD_EPOCH},
                {1, 9, 5, 0, HEMO_WRONG_CASE},
                {1, 9, 0, CREDIT, HEMO_NO_ROOM}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unfold(&info, &frame);
        frame.stream = rows[i].stream;
        frame.epoch = rows[i].epoch;
        frame.case_number = rows[i].case_number;
        frame.sequence = rows[i].sequence;
        assert_int_equal(feed_record(&feed, &frame, &begin, &error), FEED_REFUSE);
        assert_int_equal(error, rows[i].error);
        assert_int_equal(feed.link.next_sequence, 0);
    }
}

/* Ticks that no device counts to, in an epoch of 125 Hz whose last tick is 1000 + BLOCK. */
static void hostile_ticks(void **state) {
    enum { DAY = 125 * 24 * 3600 };
    static const uint64_t now = 1000 + BLOCK, years = UINT64_C(125) * 3600 * 24 * 366 * 50;
    static const struct {
        enum wire_kind kind;
        uint64_t tick, next;
        enum feed_verdict verdict;
        enum hemo_error error;
    } rows[] = {
        {WIRE_SAMPLES, now, 0, FEED_TAKE, HEMO_OK},
        {WIRE_SAMPLES, now + DAY, 0, FEED_TAKE, HEMO_OK},
        {WIRE_SAMPLES, now + DAY + 1, 0, FEED_BREAK, HEMO_TIME_BACKWARD},
        {WIRE_SAMPLES, years, 0, FEED_REFUSE, HEMO_BAD_NUMBER},
        {WIRE_SAMPLES, (UINT64_C(1) << 62) - 10, 0, FEED_REFUSE, HEMO_BAD_NUMBER},
        {WIRE_MARK, years, 0, FEED_REFUSE, HEMO_BAD_NUMBER},
        {WIRE_GAP, now, now + DAY, FEED_TAKE, HEMO_OK},
        {WIRE_GAP, now, now + DAY + 1, FEED_REFUSE, HEMO_BAD_NUMBER},
        {WIRE_GAP, 0, UINT64_C(1) << 62, FEED_REFUSE, HEMO_BAD_NUMBER},
        {WIRE_GAP, now + DAY + 1, now + DAY + 2, FEED_BREAK, HEMO_TIME_BACKWARD},
        {WIRE_GAP, years - 1, years, FEED_REFUSE, HEMO_BAD_NUMBER},
    };
    struct feed open, feed;
    struct feed_answer a;
    struct wire_epoch_begin begin;
    enum hemo_error error;
    struct brief hello = {.kind = WIRE_HELLO}, info = {.kind = WIRE_STREAM_INFO, .epoch = 9};
    struct brief block = {.kind = WIRE_SAMPLES, .epoch = 9, .sequence = 1, .tick = 1000};
    (void)state;
    feed_init(&open, 1, 1, CREDIT);
    unfold(&hello, &frame);
    feed_hello(&open, &frame, 9, &a);
    unfold(&info, &frame);
    feed_record(&open, &frame, &begin, &error);
    unfold(&block, &frame);
    feed_record(&open, &frame, &begin, &error);
    block.sequence = 2;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        feed = open;
        block.kind = rows[i].kind;
        block.tick = rows[i].tick;
        unfold(&block, &frame);
        if (rows[i].kind == WIRE_GAP)
            frame.body.gap = (struct stream_gap){rows[i].tick, rows[i].next, 0, GAP_DEVICE};
        else if (rows[i].kind == WIRE_MARK)
            frame.body.mark = (struct stream_mark){.tick = rows[i].tick, .kind = MARK_NOTE};
        enum feed_verdict verdict = feed_record(&feed, &frame, &begin, &error);
        if (verdict != rows[i].verdict || error != rows[i].error)
            fprintf(stderr, "row %zu: verdict %d, %s\n", i, verdict, hemo_error_text(error));
        assert_true(verdict == rows[i].verdict && error == rows[i].error);
    }
}

static void what_needs_a_case(void **state) {
    (void)state;
    assert_false(station_allows(0, EVENT_MEASUREMENT));
    assert_false(station_allows(0, EVENT_FALLING_BP));
    assert_false(station_allows(0, EVENT_LINE_LOST));
    assert_true(station_allows(0, EVENT_BEAT) && station_allows(0, EVENT_FLAT));
    assert_true(station_allows(0, EVENT_EPOCH_BEGAN) && station_allows(0, EVENT_READING));
    assert_true(station_allows(5, EVENT_MEASUREMENT) && station_allows(5, EVENT_FALLING_BP));
}

static void count_kind(void *context, const struct event *event) {
    int *quarantined = context;
    *quarantined += event->kind == EVENT_QUARANTINED;
}

/* A value that the device dates before the case is not this patient's; a place is a place. */
static void a_value_of_before(void **state) {
    static struct station station;
    int quarantined = 0;
    struct station_sink sink = {count_kind, &quarantined};
    struct rules rules = rules_default();
    struct brief info = {.kind = WIRE_STREAM_INFO}, block = {.kind = WIRE_SAMPLES, .epoch = 9};
    (void)state;
    assert_int_equal(station_init(&station, 1, 1, &rules, NULL), HEMO_OK);
    unfold(&info, &frame);
    struct wire_epoch_begin begin = {1, 1, WHY_FIRST, 9, 77, 1000, frame.body.stream_info};
    begin.info.origin = ORIGIN_LIVE;
    begin.info.channels[0].unit = UNIT_MMHG;
    station_begin(&station, &begin, &sink);
    block.case_number = 77;
    block.tick = 1000;
    unfold(&block, &frame);
    assert_int_equal(station_frame(&station, &frame, &sink), HEMO_OK);
    static const struct {
        uint32_t kind;
        uint64_t tick;
        enum hemo_error error;
    } rows[] = {{MARK_VALUE, 1000, HEMO_OK},
                {MARK_VALUE, 999, HEMO_WRONG_CASE},
                {MARK_SITE, 999, HEMO_OK}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        wire_begin(&frame, WIRE_MARK);
        frame.stream = 1;
        frame.epoch = 9;
        frame.case_number = 77;
        frame.body.mark = (struct stream_mark){
            .tick = rows[i].tick, .kind = rows[i].kind, .site = SITE_ART, .quantity = 1};
        assert_int_equal(station_frame(&station, &frame, &sink), rows[i].error);
    }
    assert_int_equal(quarantined, 1);
    station_close(&station);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_needs_a_case),
        cmocka_unit_test(refusals),
        cmocka_unit_test(a_value_of_before),
        cmocka_unit_test(hostile_ticks),
        cmocka_unit_test(a_broken_counter_begins_an_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
