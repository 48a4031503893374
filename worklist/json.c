#include "worklist/json.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static bool text_ok(const json_t *value, const struct field *f, char why[JSON_WHY]) {
    if (!json_is_string(value)) {
        snprintf(why, JSON_WHY, "%s must be a text", f->name);
        return false;
    }
    size_t n = json_string_length(value);
    const char *text = json_string_value(value);
    if ((double)n < f->min || (double)n > f->max) {
        snprintf(why, JSON_WHY, "%s must have %g to %g bytes", f->name, f->min, f->max);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        bool line = f->type == FIELD_LINES && (text[i] == '\n' || text[i] == '\t');
        if (((unsigned char)text[i] < 0x20 && !line) || text[i] == 0x7f) {
            snprintf(why, JSON_WHY, "%s must have no control characters", f->name);
            return false;
        }
    }
    return true;
}

static bool request_id_ok(const json_t *value, const struct field *f, char why[JSON_WHY]) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";
    const char *text = json_string_value(value);
    size_t n = json_string_length(value);
    if (text && n >= 8 && n <= 64 && strspn(text, letters) == n)
        return true;
    snprintf(why, JSON_WHY, "%s must be 8 to 64 of A-Z, a-z, 0-9 and -", f->name);
    return false;
}

static bool time_ok(const json_t *value, const struct field *f, char why[JSON_WHY]) {
    static const char shape[] = "dddd-dd-ddTdd:dd:dd";
    const char *text = json_string_value(value), *at = text;
    for (const char *s = shape; text && *s; s++, at++)
        if (*s == 'd' ? *at < '0' || *at > '9' : *at != *s)
            text = NULL;
    if (text && *at == '.')
        at += 1 + strspn(at + 1, "0123456789");
    if (text && strcmp(at, "Z") == 0)
        return true;
    snprintf(why, JSON_WHY, "%s must be a time in UTC, such as 2026-03-02T10:41:58Z", f->name);
    return false;
}

static bool number_ok(const json_t *value, const struct field *f, char why[JSON_WHY]) {
    bool kind = f->type == FIELD_INTEGER ? json_is_integer(value) : json_is_number(value);
    double x = json_number_value(value);
    if (kind && isfinite(x) && x >= f->min && x <= f->max)
        return true;
    snprintf(why, JSON_WHY, "%s must be %s from %.17g to %.17g", f->name,
             f->type == FIELD_INTEGER ? "a whole number" : "a number", f->min, f->max);
    return false;
}

static bool field_ok(const json_t *value, const struct field *f, char why[JSON_WHY]) {
    switch (f->type) {
    case FIELD_TEXT:
    case FIELD_LINES:
        return text_ok(value, f, why);
    case FIELD_TIME:
        return time_ok(value, f, why);
    case FIELD_REQUEST_ID:
        return request_id_ok(value, f, why);
    case FIELD_INTEGER:
    case FIELD_NUMBER:
        return number_ok(value, f, why);
    case FIELD_BOOL:
        if (!json_is_boolean(value))
            snprintf(why, JSON_WHY, "%s must be true or false", f->name);
        return json_is_boolean(value);
    case FIELD_OBJECT:
        if (!json_is_object(value))
            snprintf(why, JSON_WHY, "%s must be an object", f->name);
        return json_is_object(value);
    }
    return false;
}

static bool known(const char *name, const struct field *fields) {
    for (const struct field *f = fields; f->name; f++)
        if (strcmp(f->name, name) == 0)
            return true;
    return false;
}

static bool body_ok(json_t *body, const struct field *fields, char why[JSON_WHY]) {
    const char *name;
    json_t *value;
    json_object_foreach(body, name, value) {
        if (known(name, fields))
            continue;
        snprintf(why, JSON_WHY, "unknown field \"%.40s\"", name);
        return false;
    }
    for (const struct field *f = fields; f->name; f++) {
        value = json_object_get(body, f->name);
        if (!value && f->optional)
            continue;
        if (!value) {
            snprintf(why, JSON_WHY, "%s is missing", f->name);
            return false;
        }
        if (!field_ok(value, f, why))
            return false;
    }
    return true;
}

json_t *json_body(const char *text, size_t length, const struct field *fields, char why[JSON_WHY]) {
    json_error_t error;
    json_t *body =
        length == 0 ? json_object() : json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    if (!body) {
        snprintf(why, JSON_WHY, "not JSON: line %d: %.120s", error.line, error.text);
        return NULL;
    }
    if (!json_is_object(body)) {
        snprintf(why, JSON_WHY, "the body must be an object");
        json_decref(body);
        return NULL;
    }
    if (body_ok(body, fields, why))
        return body;
    json_decref(body);
    return NULL;
}

const char *json_get_text(const json_t *body, const char *name) {
    return json_string_value(json_object_get(body, name));
}

json_int_t json_get_int(const json_t *body, const char *name, json_int_t absent) {
    const json_t *value = json_object_get(body, name);
    return value ? json_integer_value(value) : absent;
}
