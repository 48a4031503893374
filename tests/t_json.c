/* Bodies of requests: what is taken and what is refused, each row a reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "worklist/json.h"
#include <stdlib.h>
#include <string.h>

static const struct field fields[] = {
    {"name", FIELD_TEXT, false, 1, 8},    {"count", FIELD_INTEGER, true, 1, 100},
    {"x", FIELD_NUMBER, true, -1, 1},     {"on", FIELD_BOOL, true, 0, 0},
    {"values", FIELD_OBJECT, true, 0, 0}, {"request_id", FIELD_REQUEST_ID, true, 0, 0},
    {NULL, FIELD_TEXT, true, 0, 0}};

static const struct {
    const char *body, *why; /* why: NULL for what is taken, else a part of the reason */
} cases[] = {
    {"{\"name\":\"a\"}", NULL},
    {"{\"name\":\"\\u00e9\",\"count\":100,\"x\":-1,\"on\":false,\"values\":{}}", NULL},
    {"{\"name\":\"a\",\"request_id\":\"ABCdef-9\"}", NULL},
    {"", "name is missing"},
    {"{}", "name is missing"},
    {"[]", "must be an object"},
    {"null", "not JSON"},
    {"{\"name\":\"a\"} x", "not JSON"},
    {"{'name':\"a\"}", "not JSON"},
    {"{\"name\":\"a\",\"name\":\"b\"}", "duplicate"},
    {"{\"name\":\"a\",\"other\":1}", "unknown field"},
    {"{\"name\":1}", "must be a text"},
    {"{\"name\":\"\"}", "1 to 8 bytes"},
    {"{\"name\":\"123456789\"}", "1 to 8 bytes"},
    {"{\"name\":\"a\\n\"}", "control characters"},
    {"{\"name\":\"a\\u0000b\"}", "not JSON"},
    {"{\"name\":\"\xff\"}", "not JSON"},
    {"{\"name\":\"\\ud800\"}", "not JSON"},
    {"{\"name\":\"a\",\"count\":0}", "whole number"},
    {"{\"name\":\"a\",\"count\":101}", "whole number"},
    {"{\"name\":\"a\",\"count\":1.5}", "whole number"},
    {"{\"name\":\"a\",\"count\":99999999999999999999}", "not JSON"},
    {"{\"name\":\"a\",\"x\":1.01}", "a number"},
    {"{\"name\":\"a\",\"x\":NaN}", "not JSON"},
    {"{\"name\":\"a\",\"x\":1e999}", "not JSON"},
    {"{\"name\":\"a\",\"on\":1}", "true or false"},
    {"{\"name\":\"a\",\"values\":[]}", "must be an object"},
    {"{\"name\":\"a\",\"request_id\":\"short\"}", "8 to 64"},
    {"{\"name\":\"a\",\"request_id\":\"with space\"}", "8 to 64"},
};

static void bodies_are_taken_or_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char why[JSON_WHY] = "";
        json_t *body = json_body(cases[i].body, strlen(cases[i].body), fields, why);
        bool ok = cases[i].why ? !body && strstr(why, cases[i].why) : body != NULL;
        if (!ok)
            fail_msg("%s: %s (want %s)", cases[i].body, body ? "taken" : why,
                     cases[i].why ? cases[i].why : "taken");
        json_decref(body);
    }
}

static void deep_nesting_is_refused(void **state) {
    (void)state;
    enum { DEEP = 30000 };
    char *body = malloc(2 * DEEP), why[JSON_WHY];
    memset(body, '[', DEEP);
    memset(body + DEEP, ']', DEEP);
    assert_null(json_body(body, 2 * DEEP, fields, why));
    free(body);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(bodies_are_taken_or_refused),
                                       cmocka_unit_test(deep_nesting_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
