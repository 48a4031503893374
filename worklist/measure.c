#include "worklist/measure.h"
#include "proto/quantity.h"
#include <inttypes.h>
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* As exact as it is read: a tenth, or the places that its quantity is shown with (a ratio of 0.78
 * is not 0.8). */
static double rounded(double x, const struct quantity_row *row) {
    double by = row->decimals > 1 ? pow(10, row->decimals) : 10;
    return round(x * by) / by;
}

static const char *unit_shown(const char *ucum) {
    return strcmp(ucum, "mm[Hg]") == 0 ? "mmHg" : ucum;
}

json_t *measure_values(const struct event *event) {
    json_t *out = json_array();
    for (uint32_t i = 0; i < event->values_count; i++) {
        const struct event_value *v = &event->values[i];
        const struct quantity_row *row = quantity_row(v->quantity);
        if (!row)
            continue; /* the wire's check lets only known ones pass */
        json_array_append_new(out, json_pack("{s:s, s:s, s:f, s:s, s:i, s:f}", "quantity", row->id,
                                             "words", row->words, "value", rounded(v->value, row),
                                             "unit", unit_shown(row->unit), "decimals",
                                             row->decimals, "spread", rounded(v->spread, row)));
    }
    return out;
}

json_t *measure_beats(const struct event *event) {
    json_t *out = json_array();
    for (uint32_t i = 0; i < event->beats_count; i++)
        json_array_append_new(
            out, json_pack("{s:I, s:i}", "tick", (json_int_t)event->beats[i], "n", (int)i + 1));
    return out;
}

json_t *measure_left_out(const struct event *event) {
    json_t *out = json_array();
    for (uint32_t i = 0; i < event->left_out_count; i++) {
        const struct event_row *row = event_row(event->left_out[i].reason);
        json_array_append_new(out,
                              json_pack("{s:I, s:s}", "tick", (json_int_t)event->left_out[i].tick,
                                        "reason", row ? row->text : "left out"));
    }
    return out;
}

void measure_digest(const char *id_hex, int64_t version, const json_t *values,
                    char out[MEASURE_DIGEST]) {
    crypto_hash_sha256_state state;
    uint8_t hash[crypto_hash_sha256_BYTES];
    char line[128];
    size_t i;
    json_t *value;
    crypto_hash_sha256_init(&state);
    int n =
        snprintf(line, sizeof line, "hemostream measurement\n%s\n%" PRId64 "\n", id_hex, version);
    crypto_hash_sha256_update(&state, (const uint8_t *)line, (unsigned long long)n);
    json_array_foreach(values, i, value) {
        n = snprintf(line, sizeof line, "%s %.3f\n",
                     json_string_value(json_object_get(value, "quantity")),
                     json_number_value(json_object_get(value, "value")));
        crypto_hash_sha256_update(&state, (const uint8_t *)line, (unsigned long long)n);
    }
    crypto_hash_sha256_final(&state, hash);
    sodium_bin2hex(out, MEASURE_DIGEST, hash, sizeof hash);
}

static json_t *find_quantity(json_t *values, const char *id) {
    size_t i;
    json_t *value;
    json_array_foreach(values, i, value) {
        if (strcmp(json_string_value(json_object_get(value, "quantity")), id) == 0)
            return value;
    }
    return NULL;
}

static bool adjust_one(json_t *value, const char *id, const json_t *typed, char why[MEASURE_WHY]) {
    const struct quantity_row *row = quantity_from_id(id);
    if (!row || !value) {
        snprintf(why, MEASURE_WHY, "this measurement has no value \"%.32s\"", id);
        return false;
    }
    double x = json_number_value(typed);
    if (!json_is_number(typed) || !isfinite(x) || x < row->min || x > row->max) {
        snprintf(why, MEASURE_WHY, "%s must be a number from %g to %g %s", row->words, row->min,
                 row->max, unit_shown(row->unit));
        return false;
    }
    json_object_set_new(value, "value", json_real(rounded(x, row)));
    json_object_set_new(value, "spread", json_real(0)); /* a typed value has no beats behind it */
    return true;
}

bool measure_adjust(json_t *values, const json_t *typed, char why[MEASURE_WHY]) {
    const char *id;
    json_t *number;
    if (json_object_size(typed) == 0) {
        snprintf(why, MEASURE_WHY, "no value to change");
        return false;
    }
    json_object_foreach((json_t *)typed, id, number) {
        if (!adjust_one(find_quantity(values, id), id, number, why))
            return false;
    }
    return true;
}

char *measure_text(const json_t *json) {
    return json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(9));
}

void measure_reason(const struct event *event, double base_rate_hz, char *out, size_t size) {
    const struct event_row *row = event_row(event->kind);
    char text[200];
    event_text(event, base_rate_hz, text, sizeof text);
    size_t n = (size_t)snprintf(out, size, "%s; %s rules %u", text, row ? row->name : "?",
                                event->rule_version);
    if (event->beats_count > 0 && n < size)
        n += (size_t)snprintf(out + n, size - n, "; %u beats", event->beats_count);
    if (n < size)
        n += (size_t)snprintf(out + n, size - n, "; q %.2f", event->quality);
    event_clears(event, text, sizeof text);
    if (n < size && text[0] != '\0')
        snprintf(out + n, size - n, "; %s", text);
}
