#include "sim/failure.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

enum hemo_error failure_set(struct failure *failure, enum hemo_error error, const char *format,
                            ...) {
    failure->error = error;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(failure->text, sizeof failure->text, format, arguments);
    va_end(arguments);
    /* A header or file name from outside may hold anything: one line stays one line. */
    for (char *at = failure->text; *at; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
    return error;
}

int failure_exit(enum hemo_error error) {
    switch (error) {
    case HEMO_OK:
        return 0;
    case HEMO_BAD_CONFIG:
        return 2;
    case HEMO_NOT_FOUND:
    case HEMO_NO_PERMISSION:
        return 3;
    case HEMO_BAD_LENGTH:
    case HEMO_BAD_ENCODING:
    case HEMO_BAD_FIELD:
    case HEMO_BAD_COUNT:
    case HEMO_BAD_ENUM:
    case HEMO_BAD_ID:
    case HEMO_BAD_NUMBER:
    case HEMO_BAD_FORMAT:
    case HEMO_BAD_CHECKSUM:
    case HEMO_TORN_TAIL:
    case HEMO_CORRUPT:
    case HEMO_NO_ROOM:
        return 4;
    case HEMO_PEER_LOST:
    case HEMO_NOT_ALLOWED:
    case HEMO_WRONG_STREAM:
    case HEMO_BAD_VERSION:
        return 5;
    case HEMO_INTERRUPTED:
        return 130;
    default:
        return 1;
    }
}

enum hemo_error failure_from_errno(int number) {
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return HEMO_NOT_FOUND;
    case EACCES:
    case EPERM:
        return HEMO_NO_PERMISSION;
    case ENOSPC:
    case EDQUOT:
        return HEMO_DISK_FULL;
    default:
        return HEMO_IO;
    }
}
