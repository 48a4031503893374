/* json.h - bodies of requests, strictly: an object of known fields of the right type within their
 * limits. Pure. */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum field_type {
    FIELD_TEXT,
    FIELD_TIME,  /* 2026-03-02T10:41:58Z, parts of seconds as wanted */
    FIELD_LINES, /* a text that may have line ends and tabs */
    FIELD_INTEGER,
    FIELD_NUMBER,
    FIELD_BOOL,
    FIELD_OBJECT,
    FIELD_REQUEST_ID
};

/* min and max: of a text its bytes, of a number its value. */
struct field {
    const char *name;
    enum field_type type;
    bool optional;
    double min, max;
};

enum { JSON_WHY = 200, JSON_BODY_MAX = 65536 };

/* The body of `length` bytes, or NULL and why: not JSON, doubled or unknown or missing fields,
 * wrong types, control characters in a text, out of limits. fields ends with a row without a name.
 * Empty bodies count as {}. */
json_t *json_body(const char *text, size_t length, const struct field *fields, char why[JSON_WHY]);

const char *json_get_text(const json_t *body, const char *name); /* NULL where absent */
json_int_t json_get_int(const json_t *body, const char *name, json_int_t absent);
