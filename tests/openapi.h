/* openapi.h - worklist/openapi.json against what the program says. For tests only.
 *
 *     openapi_answer(&request, &answer);   // fails the test where the answer does not fit its
 * schema
 *
 * Of JSON Schema what the file uses: type, nullable, properties, required, additionalProperties,
 * items, $ref. */
#pragma once
#include "worklist/api_route.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline json_t *openapi_document(void) {
    static json_t *document;
    json_error_t error;
    if (!document)
        document =
            json_load_file(SOURCE_DIR "/worklist/openapi.json", JSON_REJECT_DUPLICATES, &error);
    if (!document)
        fail_msg("openapi.json:%d: %s", error.line, error.text);
    return document;
}

static inline json_t *openapi_at(json_t *at, const char *const *keys) {
    for (; at && *keys; keys++)
        at = json_object_get(at, *keys);
    return at;
}
#define OPENAPI_AT(at, ...) openapi_at(at, (const char *const[]){__VA_ARGS__, NULL})

/* "#/components/schemas/Study" */
static inline json_t *openapi_follow(json_t *schema) {
    const char *ref = json_get_text(schema, "$ref");
    if (!ref)
        return schema;
    const char *name = strrchr(ref, '/');
    return OPENAPI_AT(openapi_document(), "components", "schemas", name ? name + 1 : "");
}

static inline bool openapi_type(const json_t *value, const char *type) {
    return strcmp(type, "string") == 0    ? json_is_string(value)
           : strcmp(type, "integer") == 0 ? json_is_integer(value)
           : strcmp(type, "number") == 0  ? json_is_number(value)
           : strcmp(type, "boolean") == 0 ? json_is_boolean(value)
           : strcmp(type, "array") == 0   ? json_is_array(value)
                                          : json_is_object(value);
}

static inline bool openapi_fits(json_t *schema, json_t *value, char *why, size_t size);

static inline bool openapi_members(json_t *schema, json_t *value, char *why, size_t size) {
    json_t *properties = json_object_get(schema, "properties"), *member, *name;
    json_t *more = json_object_get(schema, "additionalProperties");
    const char *key;
    size_t i;
    json_object_foreach(value, key, member) {
        json_t *known = json_object_get(properties, key);
        if (!known && json_is_object(more))
            known = more;
        if (!known && json_is_false(more)) {
            snprintf(why, size, "unknown \"%s\"", key);
            return false;
        }
        char inner[300] = "";
        if (known && !openapi_fits(known, member, inner, sizeof inner)) {
            snprintf(why, size, "%.40s: %.200s", key, inner);
            return false;
        }
    }
    json_array_foreach(json_object_get(schema, "required"), i, name) {
        if (json_object_get(value, json_string_value(name)))
            continue;
        snprintf(why, size, "missing \"%s\"", json_string_value(name));
        return false;
    }
    return true;
}

static inline bool openapi_fits(json_t *schema, json_t *value, char *why, size_t size) {
    schema = openapi_follow(schema);
    const char *type = json_get_text(schema, "type");
    json_t *item;
    size_t i;
    if (json_is_null(value) && json_is_true(json_object_get(schema, "nullable")))
        return true;
    if (type && !openapi_type(value, type)) {
        snprintf(why, size, "not of type %s", type);
        return false;
    }
    json_array_foreach(value, i, item) {
        if (!openapi_fits(json_object_get(schema, "items"), item, why, size))
            return false;
    }
    return !json_is_object(value) || openapi_members(schema, value, why, size);
}

/* "/api/studies/#/pin" as the file writes it: "/api/studies/{study}/pin". */
static inline const char *openapi_path(const char *route, char out[128]) {
    size_t n = 0;
    for (const char *p = route; *p; p++) {
        const char *name = *p == '@'                               ? "{id}"
                           : *p != '#'                             ? NULL
                           : strncmp(route, "/api/rooms", 10) == 0 ? "{room}"
                           : strncmp(route, "/api/cases", 10) == 0 ? "{case}"
                                                                   : "{study}";
        n += name ? (size_t)snprintf(out + n, 128 - n, "%s", name)
                  : (size_t)snprintf(out + n, 128 - n, "%c", *p);
    }
    return out;
}

static inline json_t *openapi_operation(const struct api_route *route) {
    char path[128], method[8];
    snprintf(method, sizeof method, "%s", route->method);
    for (char *c = method; *c; c++)
        *c = (char)(*c | 0x20);
    return OPENAPI_AT(openapi_document(), "paths", openapi_path(route->path, path), method);
}

/* NULL: fits; else why not. */
static inline const char *openapi_wrong(const struct api_request *request, int status,
                                        const char *body, char why[400]) {
    struct api_call call = {.request = request};
    bool known;
    const struct api_route *route = api_route_find(&call, &known);
    json_t *schema = NULL, *value = json_loads(body ? body : "", 0, NULL);
    if (status == 200 && route)
        schema = OPENAPI_AT(openapi_operation(route), "responses", "200", "content",
                            "application/json", "schema");
    else
        schema = OPENAPI_AT(openapi_document(), "components", "schemas", "Error");
    snprintf(why, 400, "%s", !value ? "not JSON" : "no schema");
    bool fits = schema && value && openapi_fits(schema, value, why, 400);
    json_decref(value);
    return fits ? NULL : why;
}

static inline void openapi_answer(const struct api_request *request,
                                  const struct api_answer *answer) {
    char why[400];
    if (openapi_wrong(request, answer->status, answer->body, why))
        fail_msg("%s %s: %d: %s: %.300s", request->method, request->path, answer->status, why,
                 answer->body ? answer->body : "");
}
