/* quantity.h - the values that can be measured, as rows of quantities.def. Pure. */
#pragma once
#include <stdint.h>

enum quantity {
    QUANTITY_NONE = 0,
#define X(number, name, id, words, unit, decimals, min, max, code) QUANTITY_##name = (number),
#include "proto/quantities.def"
#undef X
    QUANTITY_NUMBER_MAX = 255
};

struct quantity_row {
    enum quantity quantity;
    const char *id;    /* "mean_endexp": in JSON, CSV and SQL */
    const char *words; /* "mean, end-expiration": on the page */
    const char *unit;  /* UCUM */
    int decimals;
    double min, max;
    const char *code;
};

extern const struct quantity_row quantity_rows[];
extern const int quantity_rows_count;

/* NULL where the number, or id, is not in quantities.def. */
const struct quantity_row *quantity_row(uint32_t number);
const struct quantity_row *quantity_from_id(const char *id);
