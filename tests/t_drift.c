/* Drift: the numbers by hand, and a room that falls back by one mode when people keep correcting
 * the machine - and not when they agree with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "tests/api_world.h"
#include "worklist/agreement.h"

static const struct drift_limits limits = {8, 2, 0.3, 20};

static void the_numbers_by_hand(void **state) {
    (void)state;
    static const double differences[] = {2, 4, 4, 4, 5, 5, 7, 9}; /* mean 5, sum of squares 32 */
    struct drift d = {0};
    for (int i = 0; i < 8; i++)
        drift_push(&d, &limits, DRIFT_ADJUSTED, differences[i]);
    drift_push(&d, &limits, DRIFT_REJECTED, 99); /* no difference */
    assert_int_equal(d.n, 8);
    assert_float_equal(d.mean, 5, 1e-12);
    assert_float_equal(drift_sd(&d), 2.13809, 1e-5); /* sqrt(32 / 7) */
    assert_float_equal(drift_share(&d), 1, 1e-12);
    /* 0.5 + 1.5 + 1.5 + 1.5 + 2 + 2 + 2.5 (7 / 2 counts for 3) + 2.5 */
    assert_float_equal(d.up, 14, 1e-12);
    assert_float_equal(d.down, 0, 1e-12);
}

static void what_trips_and_what_does_not(void **state) {
    (void)state;
    static const struct {
        const char *what;
        int accepted_between;
        double difference;
        int corrections;
        bool trips;
    } cases[] = {
        {"agreement", 400, 0, 1, false},
        {"one typing error", 10, 100, 1, false},
        {"a correction of 6 now and then", 9, 6, 40, false},
        {"a correction of 6 each second time", 1, 6, 8, true},
        {"small ones within the tolerance, one in four", 3, 1, 100, false},
        {"always 3 too high", 0, -3, 8, true},
        {"one in three corrected a little", 2, 0.5, 30, true}, /* the share */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct drift d = {0};
        bool tripped = false;
        for (int k = 0; k < cases[i].corrections; k++) {
            drift_push(&d, &limits, cases[i].difference != 0 ? DRIFT_ADJUSTED : DRIFT_ACCEPTED,
                       cases[i].difference);
            tripped = tripped || drift_tripped(&d, &limits);
            for (int n = 0; n < cases[i].accepted_between; n++)
                drift_push(&d, &limits, DRIFT_ACCEPTED, 0);
            tripped = tripped || drift_tripped(&d, &limits);
        }
        if (tripped != cases[i].trips)
            fail_msg("%s: up %.1f down %.1f share %.2f", cases[i].what, d.up, d.down,
                     drift_share(&d));
    }
}

/* Accepts, or lowers each systolic by so much: one decision, as the interface takes it. */
static void person_decides(double lower) {
    char id[EVENT_ID_TEXT], more[80];
    struct seen seen = (suggest(id), look(id));
    snprintf(more, sizeof more, ",\"values\":{\"systolic\":%.1f}", seen.systolic - lower);
    assert_int_equal(
        decided(t.kim, id, lower != 0 ? "adjust" : "accept", &seen, lower != 0 ? more : ""), 200);
}

static int watch(void) {
    static int64_t since_us;
    int fell = agreement_watch(&t.app, &t.hub, &since_us);
    if (fell < 0)
        fail_msg("%s", t.app.error);
    return fell;
}

static bool mode_is(const char *mode) {
    char sql[100];
    snprintf(sql, sizeof sql, "select count(*) where mode_of(1, '') = '%s'", mode);
    return cluster_count(&t.app, sql) == 1;
}

static json_t *ask_json(const char *call) {
    struct api_answer answer = ask(&t.app, t.eva, call, "");
    assert_int_equal(answer.status, 200);
    json_t *body = json_loads(answer.body, 0, NULL);
    free(answer.body);
    return body;
}

static void agreement_is_shown(void **state) {
    (void)state;
    for (int i = 0; i < 24; i++)
        person_decides(i % 12 == 11 ? 6 : 0); /* two of 24 */
    assert_int_equal(watch(), 0);
    assert_true(mode_is("integrated"));
    json_t *body = ask_json("GET /api/validation/agreement"),
           *groups = json_object_get(body, "groups");
    assert_int_equal(json_array_size(groups), 3); /* systolic, diastolic, mean */
    json_t *g = json_array_get(groups, 0);
    assert_string_equal(json_get_text(g, "quantity"), "systolic");
    assert_int_equal(json_get_int(g, "n", 0), 24);
    assert_int_equal(json_get_int(g, "adjusted", 0), 2);
    assert_float_equal(json_number_value(json_object_get(g, "bias")), -0.5, 1e-9);
    /* two of -6 and 22 of 0 around -0.5: sqrt((2 * 5.5^2 + 22 * 0.5^2) / 23) = 1.694 */
    assert_float_equal(json_number_value(json_object_get(g, "sd")), 1.69, 1e-9);
    assert_true(json_is_true(json_object_get(g, "enough")));
    json_decref(body);
    body = ask_json("GET /api/validation/pairs");
    json_t *pairs = json_object_get(body, "pairs"), *newest = json_array_get(pairs, 0);
    assert_int_equal(json_array_size(pairs), 72);
    assert_string_equal(json_get_text(newest, "state"), "adjusted");
    json_decref(body);
    assert_int_equal(status_of(t.kim, "GET /api/validation/agreement", ""), 403);
    assert_int_equal(status_of(t.mia, "GET /api/validation/pairs", ""), 403);
}

static void past_the_limit_the_room_falls_back(void **state) {
    (void)state;
    int decisions = 0;
    while (decisions < 30 && watch() == 0) {
        person_decides(6);
        decisions++;
    }
    printf("fell back after %d corrections of 6 mmHg\n", decisions);
    assert_in_range(decisions, 3, 6);
    assert_true(mode_is("assistive"));
    assert_int_equal(cluster_count(&t.app, "select count(*) where mode_of(2, '') = 'integrated'"),
                     1);
    assert_int_equal(cluster_count(&t.app, "select count(*) from audit where who = 'worklistd' and "
                                           "what in ('mode', 'drift') and after like '%systolic%'"),
                     2);
    bool notice = false;
    for (struct hub_text *text = hub_take(&t.hub), *next; text; text = next) {
        next = text->next;
        notice = notice || strstr(text->text, "\"DRIFT\"");
        hub_text_free(text);
    }
    assert_true(notice);
    person_decides(6); /* counts from anew: one more is not enough */
    assert_int_equal(watch(), 0);
    assert_true(mode_is("assistive"));
    for (int i = 0; i < 6; i++)
        person_decides(6);
    assert_int_equal(watch(), 1);
    assert_true(mode_is("silent")); /* where nothing is suggested any more */
    assert_int_equal(audit_verify(&t.app, NULL).result, AUDIT_WHOLE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_numbers_by_hand),
        cmocka_unit_test(what_trips_and_what_does_not),
        cmocka_unit_test(agreement_is_shown),
        cmocka_unit_test(past_the_limit_the_room_falls_back),
    };
    int code = world_open();
    if (code != 0)
        return code;
    code = cmocka_run_group_tests(tests, world_set_up, NULL);
    world_close();
    return code;
}
