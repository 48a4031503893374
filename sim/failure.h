/* failure.h - what went wrong, as one line for a person and as the program's exit code.
 *
 *     return failure_set(failure, HEMO_BAD_FORMAT, "%s:%d: gain 0 (want > 0)", file, line);
 *     ...
 *     fprintf(stderr, "hemosim: %s\n", failure.text);
 *     return failure_exit(failure.error);
 *
 * The line says where, what, and in brackets what to do or what is wanted. Bytes from outside are
 * printable or '?'. */
#pragma once
#include "proto/error.h"

enum { FAILURE_TEXT = 320 };

struct failure {
    enum hemo_error error;
    char text[FAILURE_TEXT];
};

/* Fills the line; returns `error`, so that it can be returned in one statement. */
enum hemo_error failure_set(struct failure *failure, enum hemo_error error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* 0 ok, 1 failed while running, 2 wrong usage, 3 input missing or unreadable, 4 input invalid,
 * 5 peer refused or lost, 130 interrupted. */
int failure_exit(enum hemo_error error);

/* From errno, for an input: HEMO_NOT_FOUND, HEMO_NO_PERMISSION, HEMO_DISK_FULL, HEMO_IO. */
enum hemo_error failure_from_errno(int number);
