/* derived.h - values computed from other values: outputs, resistances, areas. Pure.
 *
 *     struct derived_value v[DERIVED_VALUES_MAX] = {{QUANTITY_CO, SITE_NONE, 5}, ...};
 *     n = derived_all(v, n);                          // appends what the rows of derived.def give
 *     error = derived_row(&derived_rows[i], v, n, &x); // one row, and why it gives nothing
 *
 * A row gives a number or an error, never a number that its formula cannot carry:
 * HEMO_NOT_FOUND: an input is not known; HEMO_BAD_NUMBER: an input or the result is outside the
 * range of its quantity, or the inputs are outside what the formula was made for. Formulas,
 * constants and sources stand at the functions in derived_flow.c and derived_valve.c. */
#pragma once
#include "proto/error.h"
#include "proto/quantity.h"
#include "proto/site.h"
#include <stdint.h>

enum { DERIVED_INPUTS_MAX = 5, DERIVED_VALUES_MAX = 160 };

struct derived_value {
    uint32_t quantity;
    uint32_t site; /* SITE_NONE: of the patient, not of a place */
    double value;
};

/* in[]: the inputs in the order of the row, finite and in range. */
typedef enum hemo_error derived_fn(const double *in, double *out);

struct derived_row {
    uint32_t output;
    derived_fn *compute;
    const char *method; /* the function's name: part of the value's evidence */
    struct derived_value inputs[DERIVED_INPUTS_MAX]; /* .quantity 0: no more; .value unused */
};

extern const struct derived_row derived_rows[];
extern const int derived_rows_count;
enum {
    DERIVED_ROWS = 0
#define X(output, function, ...) +1
#include "dsp/derived.def"
#undef X
};

enum hemo_error derived_row(const struct derived_row *row, const struct derived_value *values,
                            int count, double *out);
/* Why a row whose inputs are all known gives nothing: EVENT_INPUT_RANGE, EVENT_RESULT_RANGE or
 * EVENT_NOT_VALID; 0: it gives a value, or an input is not known. */
uint32_t derived_reason(const struct derived_row *row, const struct derived_value *values,
                        int count);
/* Appends to values[count..DERIVED_VALUES_MAX); returns the new count. */
int derived_all(struct derived_value values[DERIVED_VALUES_MAX], int count);

#define X(output, function, ...) derived_fn function;
#include "dsp/derived.def"
#undef X
