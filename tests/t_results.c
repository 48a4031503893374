/* The formats that scripts outside read, as golden text: beats CSV, events CSV, JSON lines,
 * summary. */
#include "proto/quantity.h"
#include "proto/site.h"
#include "sim/results.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct stream_info two_lines(void) {
    struct stream_info info = {
        .base_rate_numerator = 250, .base_rate_denominator = 1, .channels_count = 2};
    snprintf(info.channels[0].label, sizeof info.channels[0].label, "PAP");
    snprintf(info.channels[1].label, sizeof info.channels[1].label, "art, \"left\"");
    return info;
}

static struct event beat(uint32_t channel, uint32_t site, uint64_t tick) {
    struct event e = {.kind = EVENT_BEAT,
                      .room = 3,
                      .channel = channel,
                      .site = site,
                      .tick = tick,
                      .from_tick = tick,
                      .to_tick = tick + 200,
                      .emitted_tick = tick + 250,
                      .quality = 0.875};
    event_add_value(&e, QUANTITY_SYSTOLIC, 38.25, 0);
    event_add_value(&e, QUANTITY_MEAN, 27, 0);
    return e;
}

/* Hands the events over and returns all that was written. */
struct written {
    char *events, *lines, *beats, *summary;
};

static struct written write_all(const struct event *events, size_t count, bool json) {
    struct written w;
    size_t size;
    FILE *out[4] = {open_memstream(&w.events, &size), open_memstream(&w.lines, &size),
                    open_memstream(&w.beats, &size), open_memstream(&w.summary, &size)};
    struct results r;
    struct room_counts counts = {
        .received = 10, .used = 7, .missing = 1, .gap = 2, .refused = 1, .events = count};
    results_init(&r, &(struct results_config){
                         .info = two_lines(), .events = out[0], .lines = out[1], .json = json});
    for (size_t i = 0; i < count; i++)
        results_event(&r, &events[i]);
    results_beats(&r, out[2]);
    results_summary(&r, &counts, out[3]);
    results_free(&r);
    for (int i = 0; i < 4; i++)
        fclose(out[i]);
    return w;
}

static void forget(struct written *w) {
    free(w->events);
    free(w->lines);
    free(w->beats);
    free(w->summary);
}

#define BEATS "time_s,site,systolic,diastolic,mean,edp,a,v,rate,quality,channel,emitted_s\n"

static void test_beats(void **state) {
    (void)state;
    struct event events[] = {beat(0, SITE_PA, 250), beat(1, SITE_ART, 300), beat(0, SITE_PA, 450)};
    events[2].values_count = 0; /* withheld: the beat counts, its values do not */
    struct written w = write_all(events, 3, false);
    assert_string_equal(w.beats,
                        BEATS "1.0000,PA,38.25,,27.00,,,,,0.88,PAP,2.0000\n"
                              "1.2000,ART,38.25,,27.00,,,,,0.88,\"art, \"\"left\"\"\",2.2000\n"
                              "1.8000,PA,,,,,,,,0.88,PAP,2.8000\n");
    assert_string_equal(w.events, "time_s,room,event,site,text,from,to\n");
    assert_string_equal(w.lines, "");
    forget(&w);
}

static void test_withdrawn_beats_are_not_written(void **state) {
    (void)state;
    struct event events[] = {beat(0, SITE_PA, 250),
                             beat(0, SITE_PA, 500),
                             beat(1, SITE_ART, 550),
                             beat(0, SITE_PA, 750),
                             {.kind = EVENT_WITHDRAWN,
                              .room = 3,
                              .site = SITE_PA,
                              .tick = 900,
                              .emitted_tick = 900,
                              .from_tick = 500,
                              .to_tick = 750}};
    struct written w = write_all(events, 5, true);
    assert_string_equal(w.beats,
                        BEATS "1.0000,PA,38.25,,27.00,,,,,0.88,PAP,2.0000\n"
                              "2.2000,ART,38.25,,27.00,,,,,0.88,\"art, \"\"left\"\"\",3.2000\n"
                              "3.0000,PA,38.25,,27.00,,,,,0.88,PAP,4.0000\n");
    assert_non_null(strstr(w.summary, "\"beats\":3,\"withdrawn\":1,"));
    assert_non_null(strstr(w.lines, "{\"type\":\"withdrawn\",\"event\":\"WITHDRAWN\""));
    forget(&w);
}

static void test_finding(void **state) {
    (void)state;
    struct event e = {.kind = EVENT_FALLING_BP,
                      .state = EVENT_RAISED,
                      .room = 3,
                      .channel = 1,
                      .site = SITE_AO,
                      .tick = 45000,
                      .emitted_tick = 45500,
                      .from_tick = 22500,
                      .to_tick = 45000,
                      .from_value = 74,
                      .to_value = 52,
                      .quality = 1,
                      .rule_version = 2,
                      .clears_value = 66.6,
                      .clears_s = 60};
    struct written w = write_all(&e, 1, true);
    assert_string_equal(
        w.events, "time_s,room,event,site,text,from,to\n"
                  "180.0000,3,FALLING_BP,AO,AO mean 74 -> 52 mmHg in 90 s (-30 %),74.00,52.00\n");
    assert_string_equal(w.lines,
                        "{\"type\":\"finding\",\"event\":\"FALLING_BP\",\"state\":\"raised\","
                        "\"severity\":\"urgent\",\"site\":\"AO\",\"phase\":\"rest\",\"from\":74,"
                        "\"to\":52,\"from_s\":90,\"to_s\":180,\"quality\":1,\"rule_version\":2,"
                        "\"clears\":\"clears when a minute's mean is over 67 mmHg for 60 s\","
                        "\"channel\":\"art, \\\"left\\\"\",\"time_s\":180,\"emitted_s\":182,"
                        "\"room\":3,\"text\":\"AO mean 74 -> 52 mmHg in 90 s (-30 %)\","
                        "\"id\":\"00000000000000000000000000000000\"}\n");
    forget(&w);
    w = write_all(&e, 1, false);
    assert_string_equal(w.lines, "    180.0 s  urgent     AO mean 74 -> 52 mmHg in 90 s (-30 %)\n");
    forget(&w);
}

static void test_measurement(void **state) {
    (void)state;
    struct event e = {.kind = EVENT_MEASUREMENT,
                      .state = EVENT_SUGGESTED,
                      .room = 3,
                      .site = SITE_PCW,
                      .tick = 2500,
                      .emitted_tick = 2750,
                      .from_tick = 500,
                      .to_tick = 2500,
                      .quality = 0.5,
                      .method = METHOD_MEAN_BREATHS,
                      .phase = PHASE_EXERCISE,
                      .beats_count = 4,
                      .left_out_count = 1};
    event_add_value(&e, QUANTITY_MEAN, 7.8, 0.25);
    struct written w = write_all(&e, 1, true);
    assert_non_null(strstr(w.lines,
                           "{\"type\":\"measurement\",\"quantity\":\"mean\",\"site\":\"PCW\","
                           "\"phase\":\"exercise\",\"value\":7.8,\"unit\":\"mm[Hg]\",\"from_s\":2,"
                           "\"to_s\":10,\"beats\":4,\"quality\":0.5,\"method\":"));
    assert_non_null(strstr(w.lines, "\"spread\":0.25,\"left_out\":1,\"channel\":\"PAP\""));
    assert_non_null(strstr(w.summary, "\"measurements\":1,"));
    forget(&w);
}

static void test_states_and_summary(void **state) {
    (void)state;
    struct event events[] = {{.kind = EVENT_GAP,
                              .state = EVENT_BEGAN,
                              .room = 3,
                              .site = SITE_PA,
                              .tick = 250,
                              .emitted_tick = 250,
                              .from_tick = 250,
                              .to_tick = 250},
                             {.kind = EVENT_GAP,
                              .state = EVENT_ENDED,
                              .room = 3,
                              .site = SITE_PA,
                              .tick = 750,
                              .emitted_tick = 750,
                              .from_tick = 250,
                              .to_tick = 750}};
    struct written w = write_all(events, 2, true);
    assert_string_equal(w.events, "time_s,room,event,site,text,from,to\n"
                                  "1.0000,3,GAP,PA,PA no signal began,,\n"
                                  "3.0000,3,GAP,PA,PA no signal 2.0 s ended,,\n");
    assert_non_null(strstr(w.lines, "{\"type\":\"state\",\"event\":\"GAP\",\"state\":\"ended\","
                                    "\"site\":\"PA\",\"from_s\":1,\"to_s\":3,"));
    assert_non_null(strstr(w.summary, "{\"type\":\"summary\",\"samples\":10,\"channels\":2,"));
    assert_non_null(strstr(w.summary, "\"events\":2,\"received\":10,\"used\":7,\"missing\":1,"
                                      "\"gap\":2,\"refused\":1,\"digest\":\""));
    forget(&w);
}

static char *digest_of(const struct event *events, size_t count) {
    struct written w = write_all(events, count, true);
    char *digest = strdup(strstr(w.summary, "\"digest\""));
    forget(&w);
    return digest;
}

static void test_digest_follows_what_was_said(void **state) {
    (void)state;
    struct event events[] = {beat(0, SITE_PA, 250), beat(0, SITE_PA, 500)}, changed[2];
    char *first = digest_of(events, 2), *again = digest_of(events, 2);
    assert_string_equal(first, again);
    free(again);
    memcpy(changed, events, sizeof changed);
    changed[1].values[0].value += 1e-9;
    again = digest_of(changed, 2);
    assert_string_not_equal(first, again);
    free(again);
    memcpy(changed, events, sizeof changed);
    changed[0].id.bytes[15] ^= 1;
    again = digest_of(changed, 2);
    assert_string_not_equal(first, again);
    free(again);
    free(first);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_beats),
        cmocka_unit_test(test_withdrawn_beats_are_not_written),
        cmocka_unit_test(test_finding),
        cmocka_unit_test(test_measurement),
        cmocka_unit_test(test_states_and_summary),
        cmocka_unit_test(test_digest_follows_what_was_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
