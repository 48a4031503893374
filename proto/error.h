/* error.h - every error of every program, as an enum and as text. Zero is success, failures are
 * negative. Pure.
 *
 *     enum hemo_error error = wire_parse(...);
 *     if (error != HEMO_OK)
 *         fprintf(stderr, "hemod: %s: %s\n", where, hemo_error_text(error)); */
#pragma once
#include <stdbool.h>

enum hemo_error {
#define X(name, number, text) HEMO_##name = (number),
#include "proto/errors.def"
#undef X
};

/* What happened, as a short phrase; "unknown error" for a number not in errors.def. Never NULL. */
const char *hemo_error_text(int error);

/* The row's name, such as "BAD_FIELD", for metrics and logs; "UNKNOWN" otherwise. Never NULL. */
const char *hemo_error_name(int error);

/* True for a number of errors.def, OK included. */
bool hemo_error_known(int error);
