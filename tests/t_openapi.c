/* worklist/openapi.json is what the program does: each route is in it and nothing else, with its
 * roles and the fields of its body. That each answer fits its schema is checked in every test that
 * asks (api_world.h); here, that the checker sees what does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <cmocka.h>
#include "tests/openapi.h"
#include "worklist/user.h"

static json_t *body_schema(const struct api_route *route) {
    return OPENAPI_AT(openapi_operation(route), "requestBody", "content", "application/json",
                      "schema");
}

static void each_route_is_in_the_file(void **state) {
    (void)state;
    for (int i = 0; i < api_routes_count; i++) {
        const struct api_route *route = &api_routes[i];
        json_t *operation = openapi_operation(route), *role;
        unsigned who = 0;
        size_t k;
        if (!operation)
            fail_msg("%s %s is not in openapi.json", route->method, route->path);
        json_array_foreach(json_object_get(operation, "x-roles"), k, role) who |=
            role_of(json_string_value(role));
        if (who != route->who)
            fail_msg("%s %s: other roles in openapi.json", route->method, route->path);
        if (!body_schema(route) != (route->kind == API_READS))
            fail_msg("%s %s: body", route->method, route->path);
    }
}

static void and_nothing_else(void **state) {
    (void)state;
    const char *path, *method;
    json_t *operations, *operation;
    int in_file = 0;
    json_object_foreach(json_object_get(openapi_document(), "paths"), path, operations) {
        json_object_foreach(operations, method, operation) in_file++;
    }
    printf("%d operations, %d routes\n", in_file, api_routes_count);
    assert_int_equal(in_file, api_routes_count);
}

static const char *type_of(enum field_type type) {
    switch (type) {
    case FIELD_INTEGER:
        return "integer";
    case FIELD_NUMBER:
        return "number";
    case FIELD_BOOL:
        return "boolean";
    case FIELD_OBJECT:
        return "object";
    default:
        return "string";
    }
}

static bool limit_is(json_t *schema, const char *name, double wanted) {
    json_t *limit = json_object_get(schema, name);
    return limit && fabs(json_number_value(limit) - wanted) < 1e-9;
}

static bool field_fits(const struct field *f, json_t *schema, json_t *required) {
    json_t *in = OPENAPI_AT(schema, "properties", f->name), *name;
    bool must = false;
    size_t i;
    json_array_foreach(required, i, name) must =
        must || strcmp(json_string_value(name), f->name) == 0;
    if (!in || must == f->optional || strcmp(json_get_text(in, "type"), type_of(f->type)) != 0)
        return false;
    if (f->type == FIELD_TEXT || f->type == FIELD_LINES)
        return limit_is(in, "minLength", f->min) && limit_is(in, "maxLength", f->max);
    if (f->type == FIELD_INTEGER || f->type == FIELD_NUMBER)
        return limit_is(in, "minimum", f->min) && limit_is(in, "maximum", f->max);
    return true;
}

static void bodies_have_the_same_fields(void **state) {
    (void)state;
    for (int i = 0; i < api_routes_count; i++) {
        const struct api_route *route = &api_routes[i];
        json_t *schema = body_schema(route);
        size_t fields = 0;
        for (const struct field *f = route->fields; schema && f->name; f++, fields++)
            if (!field_fits(f, schema, json_object_get(schema, "required")))
                fail_msg("%s %s: %s", route->method, route->path, f->name);
        assert_int_equal(fields, json_object_size(json_object_get(schema, "properties")));
    }
}

static void the_checker_sees_what_is_wrong(void **state) {
    (void)state;
    static const struct {
        const char *path, *body;
        int status;
        bool fits;
    } cases[] = {
        {"/api/me",
         "{\"user\":\"a\",\"role\":\"reader\",\"mode\":\"silent\",\"version\":\"1\","
         "\"server_time\":\"x\"}",
         200, true},
        {"/api/me", "{\"user\":\"a\",\"role\":\"reader\",\"mode\":\"silent\",\"version\":\"1\"}",
         200, false},
        {"/api/me",
         "{\"user\":\"a\",\"role\":\"reader\",\"mode\":\"silent\",\"version\":\"1\","
         "\"server_time\":\"x\",\"more\":1}",
         200, false},
        {"/api/me",
         "{\"user\":1,\"role\":\"reader\",\"mode\":\"silent\",\"version\":\"1\","
         "\"server_time\":\"x\"}",
         200, false},
        {"/api/rooms", "{\"rooms\":[{\"room\":1}]}", 200, false},
        {"/api/rooms", "not JSON", 200, false},
        {"/api/rooms", "{\"error\":{\"code\":\"A\",\"what\":\"b\",\"safe\":\"c\",\"do\":\"d\"}}",
         503, true},
        {"/api/rooms", "{\"error\":{\"code\":\"A\",\"what\":\"b\",\"safe\":\"c\"}}", 503, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct api_request request = {.method = "GET"};
        char why[400];
        snprintf(request.path, sizeof request.path, "%s", cases[i].path);
        if (!openapi_wrong(&request, cases[i].status, cases[i].body, why) != cases[i].fits)
            fail_msg("case %zu: %s", i, why);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_route_is_in_the_file),
        cmocka_unit_test(and_nothing_else),
        cmocka_unit_test(bodies_have_the_same_fields),
        cmocka_unit_test(the_checker_sees_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
