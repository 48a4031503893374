#include "proto/error.h"
#include <stddef.h>

static const struct {
    int number;
    const char *name, *text;
} rows[] = {
#define X(name, number, text) {(number), #name, text},
#include "proto/errors.def"
#undef X
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static int find(int error) {
    for (int i = 0; i < ROWS; i++)
        if (rows[i].number == error)
            return i;
    return -1;
}

const char *hemo_error_text(int error) {
    int i = find(error);
    return i < 0 ? "unknown error" : rows[i].text;
}

const char *hemo_error_name(int error) {
    int i = find(error);
    return i < 0 ? "UNKNOWN" : rows[i].name;
}

bool hemo_error_known(int error) { return find(error) >= 0; }
