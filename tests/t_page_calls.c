/* What the page asks so that nothing stands in one page only: marks and states that last, the audit
 * newest first, "since you looked", full disclosure. Through the interface and a real database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "tests/api_world.h"

enum { BASE_HZ = 125 };

static _Atomic bool stopping;

/* The answer's body; the status must be as wanted. */
static json_t *said_to(const char *token, const char *line, const char *body, int status) {
    struct api_answer answer = ask(&t.app, token, line, body);
    if (answer.status != status)
        fail_msg("%s: %d (want %d) %s", line, answer.status, status, answer.body);
    json_t *out = json_loads(answer.body, 0, NULL);
    free(answer.body);
    return out;
}

static json_t *get(const char *line) {
    return said_to(t.kim, line, "", 200);
}

static const char *text_at(const json_t *list, size_t at, const char *name) {
    const char *text = json_get_text(json_array_get(list, at), name);
    return text ? text : "";
}

static void say_state(enum event_state state, uint64_t tick) {
    static struct wire_frame frame;
    said_event(&t.said, &frame, EVENT_FLUSHED, tick);
    frame.body.event.state = state;
    store(&frame);
}

static void marks_and_states_outlive_a_page(void **state) {
    (void)state;
    say_state(EVENT_BEGAN, 1000);
    json_decref(said_to(t.kim, "POST /api/rooms/1/mark",
                    "{\"channel\":1,\"kind\":\"wedge\",\"on\":true}", 200));
    json_decref(said_to(t.kim, "POST /api/rooms/1/mark",
                    "{\"channel\":1,\"kind\":\"phase\",\"phase\":\"drug\"}", 200));
    json_t *now = get("GET /api/rooms/1/now"), *marks = json_object_get(now, "marks");
    assert_int_equal(json_array_size(marks), 2);
    assert_string_equal(text_at(marks, 0, "value"), "drug");
    assert_string_equal(text_at(marks, 1, "value"), "on");
    assert_string_equal(text_at(marks, 1, "by"), "kim");
    assert_string_equal(text_at(json_object_get(now, "states"), 0, "state"), "FLUSHED");
    json_decref(now);
    say_state(EVENT_ENDED, 1200);
    json_decref(said_to(t.kim, "POST /api/rooms/1/mark",
                    "{\"channel\":1,\"kind\":\"wedge\",\"on\":false}", 200));
    now = get("GET /api/rooms/1/now");
    assert_string_equal(text_at(json_object_get(now, "marks"), 1, "value"), "off");
    assert_int_equal(json_array_size(json_object_get(now, "states")), 0);
    json_decref(now);
    json_decref(said_to(t.mia, "POST /api/rooms/1/mark",
                    "{\"channel\":1,\"kind\":\"wedge\",\"on\":true}", 403));
}

static void a_capture_names_its_site_or_none(void **state) {
    (void)state;
    json_decref(said_to(t.kim, "POST /api/rooms/1/capture",
                    "{\"channel\":1,\"back_s\":10,\"phase\":\"rest\",\"site\":\"LV\"}", 200));
    json_decref(said_to(t.kim, "POST /api/rooms/1/capture",
                    "{\"channel\":1,\"back_s\":10,\"phase\":\"rest\",\"site\":\"nowhere\"}", 400));
}

static void the_audit_comes_newest_first_and_filtered(void **state) {
    (void)state;
    json_t *all = get("GET /api/audit?newest=1&limit=3"), *rows = json_object_get(all, "rows");
    int64_t total = json_get_int(all, "total", 0);
    assert_int_equal(json_get_int(json_array_get(rows, 0), "n", 0), total - 1);
    assert_int_equal(json_get_int(json_array_get(rows, 2), "n", 0), total - 3);
    json_decref(all);
    char query[60];
    snprintf(query, sizeof query, "GET /api/audit?newest=1&before=%lld&limit=1",
             (long long)total - 3);
    all = get(query);
    assert_int_equal(json_get_int(json_array_get(json_object_get(all, "rows"), 0), "n", 0),
                     total - 4);
    json_decref(all);
    all = get("GET /api/audit?newest=1&what=mark&text=WEDGE");
    assert_int_equal(json_array_size(json_object_get(all, "rows")), 2);
    json_decref(all);
    char id[EVENT_ID_TEXT];
    suggest(id);
    json_decref(get("GET /api/cases/77/measurements")); /* now it was shown */
    all = get("GET /api/audit?newest=1&limit=2");
    assert_string_equal(text_at(json_object_get(all, "rows"), 0, "what"), "view");
    assert_string_equal(text_at(json_object_get(all, "rows"), 1, "what"), "shown");
    json_decref(all);
    all = get("GET /api/audit?newest=1&limit=1&acts=1");
    assert_string_equal(text_at(json_object_get(all, "rows"), 0, "what"), "capture");
    json_decref(all);
    all = get("GET /api/audit?newest=1&who=nobody");
    assert_int_equal(json_array_size(json_object_get(all, "rows")), 0);
    json_decref(all);
}

static void since_you_looked_counts_exactly(void **state) {
    (void)state;
    json_decref(said_to(t.kim, "POST /api/seen", "{}", 200));
    json_t *seen = get("GET /api/seen");
    assert_int_equal(json_array_size(json_object_get(seen, "moved")), 0);
    json_decref(seen);
    static struct wire_frame frame;
    said_finding(&t.said, &frame, EVENT_FALLING_BP, 3000);
    store(&frame);
    seen = get("GET /api/seen");
    const json_t *moved = json_object_get(seen, "moved");
    assert_int_equal(json_array_size(moved), 1);
    assert_int_equal(json_integer_value(json_array_get(moved, 0)), t.study);
    json_decref(seen);
    seen = said_to(t.mia, "GET /api/seen", "", 200); /* never looked: no count, not all */
    assert_true(json_is_null(json_object_get(seen, "at")));
    assert_int_equal(json_array_size(json_object_get(seen, "moved")), 0);
    json_decref(seen);
}

/* hemod in one thread: a saw tooth of 0..999 raw in 1000 ticks, and a hole of two seconds. */
static void *answer_windows(void *context) {
    (void)context;
    static int16_t samples[16384];
    while (!atomic_load(&stopping)) {
        struct wire_window_ask ask;
        if (!strips_next(&t.strips, &ask)) {
            usleep(500);
            continue;
        }
        struct wire_window w = {
            .request = ask.request, .ticks_per_sample = 1, .scale = 0.05, .samples = samples};
        for (uint64_t at = ask.from_tick; at < ask.to_tick; at += w.count) {
            w.count = ask.to_tick - at < 5000 ? (uint32_t)(ask.to_tick - at) : 5000;
            for (uint32_t i = 0; i < w.count; i++)
                samples[i] = at + i >= 20 * BASE_HZ && at + i < 22 * BASE_HZ
                                 ? SAMPLE_MISSING
                                 : (int16_t)((at + i) % 1000);
            w.first_tick = at;
            w.last = at + w.count == ask.to_tick;
            strips_answer(&t.strips, &w);
        }
    }
    return NULL;
}

static void any_moment_comes_from_the_journal(void **state) {
    (void)state;
    pthread_t hemod;
    char query[120];
    static struct wire_frame frame;
    said_event(&t.said, &frame, EVENT_READING, 100000); /* the case goes on beyond the block */
    event_add_value(&frame.body.event, QUANTITY_MEAN, 92, 1);
    store(&frame);
    assert_int_equal(pthread_create(&hemod, NULL, answer_windows, NULL), 0);
    json_t *epochs = get("GET /api/cases/77/epochs");
    const json_t *epoch = json_array_get(json_object_get(epochs, "epochs"), 0);
    assert_int_equal(json_get_int(epoch, "newest_tick", 0), 100000);
    assert_int_equal(json_get_int(epoch, "first_tick", -1), 0);
    json_decref(epochs);
    snprintf(query, sizeof query,
             "GET /api/cases/77/trace?stream=1&epoch=9&channel=1&from=500&to=1500");
    json_t *trace = get(query);
    const json_t *samples = json_object_get(trace, "samples");
    assert_int_equal(json_array_size(samples), 1000);
    assert_int_equal(json_integer_value(json_array_get(samples, 0)), 500);
    json_decref(trace);
    for (int again = 0; again < 2; again++) { /* from the journal, then from the cache */
        json_t *e = get("GET /api/cases/77/envelope?stream=1&epoch=9&channel=1&block=0");
        const json_t *low = json_object_get(e, "low"), *high = json_object_get(e, "high");
        assert_int_equal(json_array_size(low), 600);
        assert_int_equal(json_integer_value(json_array_get(low, 7)), 875);
        assert_int_equal(json_integer_value(json_array_get(high, 7)), 999);
        assert_int_equal(json_integer_value(json_array_get(high, 0)), 124);
        assert_true(json_is_null(json_array_get(low, 20)));
        assert_true(json_is_null(json_array_get(high, 21)));
        assert_false(json_is_null(json_array_get(high, 22)));
        json_decref(e);
        atomic_store(&stopping, true);
        if (again == 0)
            pthread_join(hemod, NULL);
    }
}

/* More epochs came than the cache holds: the strip of an old number is there all the same, and what
 * is looked up all the time was never pushed out. */
static void an_old_number_keeps_its_strip(void **state) {
    (void)state;
    pthread_t hemod;
    char id[EVENT_ID_TEXT], query[100];
    static struct wire_epoch_begin played, other;
    suggest(id);
    assert_true(epochs_find(&t.epochs, 1, 9, &played));
    other = played;
    for (uint64_t epoch = 1000; epoch < 1000 + 2 * EPOCHS_MAX; epoch++) {
        other.epoch = epoch;
        epochs_put(&t.epochs, &other);
        assert_true(epochs_find(&t.epochs, 1, 1000, &other));
    }
    assert_false(epochs_find(&t.epochs, 1, 9, &other));
    atomic_store(&stopping, false);
    assert_int_equal(pthread_create(&hemod, NULL, answer_windows, NULL), 0);
    snprintf(query, sizeof query, "GET /api/measurements/%s/strip", id);
    json_t *strip = get(query);
    const json_t *channel = json_array_get(json_object_get(strip, "channels"), 0);
    assert_true(json_array_size(json_object_get(channel, "samples")) > 0);
    json_decref(strip);
    atomic_store(&stopping, true);
    pthread_join(hemod, NULL);
}

/* Eight beats before the number, systolic 100 to 107. */
static void say_beats(uint64_t from) {
    static struct wire_frame frame;
    for (unsigned i = 0; i < 8; i++) {
        said_event(&t.said, &frame, EVENT_BEAT, from + 100 * i);
        event_add_value(&frame.body.event, QUANTITY_SYSTOLIC, 100 + i, 0);
        event_add_value(&frame.body.event, QUANTITY_DIASTOLIC, 60, 0);
        event_add_value(&frame.body.event, QUANTITY_MEAN, 80 + i, 0);
        store(&frame);
    }
}

static double systolic_by_hand(const char *id, const char *hand, int status) {
    char line[100], body[400];
    struct seen seen = look(id);
    static int request;
    snprintf(line, sizeof line, "POST /api/measurements/%s/strip", id);
    snprintf(body, sizeof body,
             "{\"version\":%lld,\"digest\":\"%s\",\"request_id\":\"by-hand-%d\",\"hand\":%s}",
             (long long)seen.version, seen.digest, request++, hand);
    json_decref(said_to(t.kim, line, body, status));
    return look(id).systolic;
}

static void the_number_follows_beats_and_markers(void **state) {
    (void)state;
    pthread_t hemod;
    char id[EVENT_ID_TEXT], hand[200];
    suggest(id);
    long long from = (long long)t.tick - 1000;
    say_beats((uint64_t)from);
    atomic_store(&stopping, false);
    assert_int_equal(pthread_create(&hemod, NULL, answer_windows, NULL), 0);
    snprintf(hand, sizeof hand, "{\"used\":[%lld]}", from + 1);
    systolic_by_hand(id, hand, 400); /* no such beat */
    systolic_by_hand(id, "{\"used\":[]}", 400);
    snprintf(hand, sizeof hand,
             "{\"used\":[%lld],\"markers\":[{\"beat\":%lld,\"quantity\":\"mean\","
             "\"tick\":%lld}]}",
             from + 400, from + 400, from + 450);
    systolic_by_hand(id, hand, 400); /* a mean is read at no place */
    snprintf(hand, sizeof hand, "{\"used\":[%lld,%lld,%lld,%lld]}", from + 500, from + 600,
             from + 700, from + 700); /* a beat that is named twice is one */
    assert_float_equal(systolic_by_hand(id, hand, 200), 106, 1e-6); /* of 105, 106, 107 */
    json_t *rows = get("GET /api/audit?newest=1&what=adjust&limit=1");
    assert_non_null(strstr(text_at(json_object_get(rows, "rows"), 0, "after"),
                           "by hand: 3 of 8 beats, 0 markers moved"));
    json_decref(rows);
    suggest(id);
    from = (long long)t.tick - 1000;
    say_beats((uint64_t)from);
    long long at = from + 500; /* the saw tooth is at 25 mmHg there */
    snprintf(hand, sizeof hand,
             "{\"used\":[%lld],\"markers\":[{\"beat\":%lld,\"quantity\":\"systolic\","
             "\"tick\":%lld}]}",
             from + 400, from + 400, at);
    double read = systolic_by_hand(id, hand, 200);
    assert_float_equal(read, 25, 0.06);
    atomic_store(&stopping, true);
    pthread_join(hemod, NULL);
}

static void other_traces_are_refused(void **state) {
    (void)state;
    json_decref(said_to(t.kim, "GET /api/cases/77/trace?stream=1&epoch=9&channel=7&to=9", "", 404));
    json_decref(said_to(t.kim, "GET /api/cases/78/envelope?stream=1&epoch=9&channel=1", "", 404));
    json_decref(said_to(t.kim, "GET /api/cases/77/trace?stream=1&epoch=9&channel=1&to=99999", "",
                        400));
}

static void the_course_is_that_of_the_readings(void **state) {
    (void)state;
    json_t *trend = get("GET /api/cases/77/trend");
    const json_t *point = json_array_get(json_object_get(trend, "points"), 0);
    assert_string_equal(json_get_text(point, "site"), "AO");
    assert_int_equal(
        (int)json_number_value(json_object_get(json_object_get(point, "values"), "mean")), 92);
    json_decref(trend);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_and_states_outlive_a_page),
        cmocka_unit_test(a_capture_names_its_site_or_none),
        cmocka_unit_test(the_audit_comes_newest_first_and_filtered),
        cmocka_unit_test(since_you_looked_counts_exactly),
        cmocka_unit_test(any_moment_comes_from_the_journal),
        cmocka_unit_test(an_old_number_keeps_its_strip),
        cmocka_unit_test(the_number_follows_beats_and_markers),
        cmocka_unit_test(other_traces_are_refused),
        cmocka_unit_test(the_course_is_that_of_the_readings),
    };
    int code = world_open();
    if (code != 0)
        return code;
    code = cmocka_run_group_tests(tests, world_set_up, NULL);
    world_close();
    return code;
}
