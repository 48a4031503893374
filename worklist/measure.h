/* measure.h - a measurement as the interface shows it, and the digest of what was shown. Pure. */
#pragma once
#include "proto/event.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { MEASURE_DIGEST = 65, MEASURE_WHY = 160 };

/* [{"quantity","words","value","unit","decimals","spread"}], values rounded to 0.1 */
json_t *measure_values(const struct event *event);
json_t *measure_beats(const struct event *event);    /* [{"tick","n"}], n from 1 */
json_t *measure_left_out(const struct event *event); /* [{"tick","reason"}] */

/* SHA-256, hexadecimal, of id, version and values as text: "hemostream measurement\n" id "\n"
 * version "\n", then a line "quantity value\n" per value in order, with one decimal. */
void measure_digest(const char *id_hex, int64_t version, const json_t *values,
                    char out[MEASURE_DIGEST]);

/* Replaces values by those a person typed, {"systolic": 121}. False and why: not one of this
 * measurement's quantities, not a number, outside its range, or empty. */
bool measure_adjust(json_t *values, const json_t *typed, char why[MEASURE_WHY]);

/* Compact text with 0.1 as 0.1. Heap. */
char *measure_text(const json_t *json);

/* "AO mean 74 -> 52 mmHg in 90 s; FALLING_BP rules 1; 16 beats; q 0.96" */
void measure_reason(const struct event *event, double base_rate_hz, char *out, size_t size);
