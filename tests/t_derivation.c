/* Derived values wait for confirmed inputs, follow each change of one, and leave a trail; the
 * numbers are worked out here by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <cmocka.h>
#include "tests/api_world.h"

/* A suggested mean at a site. */
static void measured(uint32_t site, double mean, char id[EVENT_ID_TEXT]) {
    static struct wire_frame frame;
    said_measurement(&t.said, &frame, t.tick += 2000);
    struct event *e = &frame.body.event;
    e->site = site;
    e->values_count = 1;
    e->values[0] = (struct event_value){.quantity = QUANTITY_MEAN, .value = mean, .spread = 1};
    id_text(e->id, id);
    store(&frame);
}

static json_t *derived_now(void) {
    struct api_answer answer = ask(&t.app, t.mia, "GET /api/cases/77/derived", "");
    assert_int_equal(answer.status, 200);
    json_t *body = json_loads(answer.body, 0, NULL);
    free(answer.body);
    return body;
}

/* The value of the quantity, NAN where it is not known; *version. */
static double value_of(const char *quantity, int *version) {
    json_t *body = derived_now(), *row;
    double value = NAN;
    size_t i;
    *version = 0;
    json_array_foreach(json_object_get(body, "derived"), i, row) {
        if (strcmp(json_get_text(row, "quantity"), quantity) != 0)
            continue;
        *version = (int)json_get_int(row, "version", 0);
        if (json_is_number(json_object_get(row, "value")))
            value = json_number_value(json_object_get(row, "value"));
    }
    json_decref(body);
    return value;
}

static void is(const char *quantity, double wanted, int wanted_version) {
    int version;
    double value = value_of(quantity, &version);
    bool same = isnan(wanted) ? isnan(value) : fabs(value - wanted) < 1e-6;
    if (!same || version != wanted_version)
        fail_msg("%s: %g version %d (want %g version %d)", quantity, value, version, wanted,
                 wanted_version);
}

static int waits_for(const char *quantity) {
    json_t *body = derived_now(), *row;
    int n = 0;
    size_t i;
    json_array_foreach(json_object_get(body, "waiting"), i, row) {
        if (strcmp(json_get_text(row, "quantity"), quantity) == 0)
            n = (int)json_array_size(json_object_get(row, "for"));
        assert_null(json_object_get(row, "value")); /* no number before it is confirmed */
    }
    json_decref(body);
    return n;
}

static int type_in(const char *quantity, double value) {
    static int n;
    char body[200];
    snprintf(body, sizeof body,
             "{\"quantity\":\"%s\",\"phase\":\"rest\",\"value\":%g,\"request_id\":\"typed-%05d\"}",
             quantity, value, ++n);
    return status_of(t.kim, "POST /api/cases/77/typed", body);
}

static int on(const char *token, const char *id, const char *verb, const char *more) {
    struct seen seen = look(id);
    return decided(token, id, verb, &seen, more);
}

static char pa[EVENT_ID_TEXT], pcw[EVENT_ID_TEXT];

static void a_derived_value_waits(void **state) {
    (void)state;
    assert_int_equal(type_in("co", 5), 200);
    measured(SITE_PA, 30, pa);
    measured(SITE_PCW, 14, pcw);
    is("tpg", NAN, 0);
    assert_int_equal(waits_for("tpg"), 2);
    assert_int_equal(on(t.kim, pa, "accept", ""), 200);
    is("tpg", NAN, 0);
    assert_int_equal(waits_for("tpg"), 1);
    assert_int_equal(on(t.kim, pcw, "accept", ""), 200);
    is("tpg", 16, 1);
    is("pvr_wu", 3.2, 1);
    is("pvr", 256, 1);
    assert_int_equal(waits_for("tpg"), 0);
}

static void it_follows_each_change(void **state) {
    (void)state;
    assert_int_equal(on(t.kim, pcw, "undo", ""), 200);
    is("tpg", NAN, 2);
    is("pvr_wu", NAN, 2);
    assert_int_equal(on(t.tom, pcw, "adjust", ",\"values\":{\"mean\":10}"), 200);
    is("tpg", 20, 3);
    is("pvr_wu", 4, 3);
    assert_int_equal(type_in("co", 8), 200);
    is("pvr_wu", 2.5, 4);
    is("tpg", 20, 3); /* cardiac output is none of its inputs */
    char again[EVENT_ID_TEXT];
    measured(SITE_PA, 60, again); /* a suggestion changes nothing that is confirmed */
    is("tpg", 20, 3);
    assert_int_equal(on(t.tom, again, "reject", ",\"reason\":\"artefact\""), 200);
    is("tpg", 20, 3);
}

static void it_follows_an_amendment(void **state) {
    (void)state;
    char password[80];
    snprintf(password, sizeof password, ",\"password\":\"%s\"", t.people[2].password);
    assert_int_equal(on(t.mia, pcw, "verify", password), 200);
    is("tpg", 20, 3); /* a signature changes no number */
    assert_int_equal(on(t.leo, pcw, "amend", ",\"values\":{\"mean\":12},\"reason\":\"misread\""),
                     200);
    is("tpg", 18, 4);
    is("pvr_wu", 2.25, 5);
}

/* Old and new, whose decision, and which. */
static void each_change_left_its_trail(void **state) {
    (void)state;
    static const char *const wanted[] = {
        "object = 'derived 77 rest tpg' and before = '' and after like '16 mm[Hg] because of "
        "measurement %: accept' and who = 'kim'",
        "object = 'derived 77 rest tpg' and before = '16' and after like 'no longer known because "
        "of "
        "measurement %: undo' and who = 'kim'",
        "object = 'derived 77 rest tpg' and before = '' and after like '20 mm[Hg] because of "
        "measurement %: adjust' and who = 'tom'",
        "object = 'derived 77 rest pvr_wu' and before = '4' and after like '2.5 %because of co  8, "
        "rest' and who = 'kim'",
        "object = 'derived 77 rest tpg' and before = '20' and after like '18 mm[Hg] because of "
        "measurement %: amend' and who = 'leo'"};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        char sql[300];
        snprintf(sql, sizeof sql, "select count(*) from audit where what = 'derived' and %s",
                 wanted[i]);
        if (cluster_count(&t.app, sql) != 1)
            fail_msg("%s", wanted[i]);
    }
    assert_int_equal(audit_verify(&t.app, NULL).result, AUDIT_WHOLE);
}

static void what_is_typed_is_checked(void **state) {
    (void)state;
    assert_int_equal(type_in("co", 99), 400);
    assert_int_equal(type_in("nothing", 1), 400);
    assert_int_equal(status_of(t.mia, "POST /api/cases/77/typed", "{}"), 403);
    assert_int_equal(status_of(t.kim, "POST /api/cases/4711/typed",
                               "{\"quantity\":\"hb\",\"phase\":\"rest\",\"value\":14,"
                               "\"request_id\":\"typed-x001\"}"),
                     404);
    assert_int_equal(type_in("height", 170), 200);
    assert_int_equal(type_in("weight", 70), 200);
    int version;
    /* DuBois: 0.007184 W^0.425 H^0.725 */
    assert_true(fabs(value_of("bsa", &version) - 0.007184 * pow(70, 0.425) * pow(170, 0.725)) <
                1e-3);
    set_mode("silent");
    json_t *body = derived_now();
    assert_int_equal(json_array_size(json_object_get(body, "derived")), 0);
    json_decref(body);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_derived_value_waits),    cmocka_unit_test(it_follows_each_change),
        cmocka_unit_test(it_follows_an_amendment),  cmocka_unit_test(each_change_left_its_trail),
        cmocka_unit_test(what_is_typed_is_checked),
    };
    int code = world_open();
    if (code != 0)
        return code;
    code = cmocka_run_group_tests(tests, world_set_up, NULL);
    world_close();
    return code;
}
