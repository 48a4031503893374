#include "dsp/derived.h"
#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#define Q(quantity) {QUANTITY_##quantity, SITE_NONE, 0}
#define AT(quantity, site) {QUANTITY_##quantity, SITE_##site, 0}
const struct derived_row derived_rows[] = {
#define X(output, function, ...) {QUANTITY_##output, function, #function, {__VA_ARGS__}},
#include "dsp/derived.def"
#undef X
};
#undef Q
#undef AT

const int derived_rows_count = sizeof derived_rows / sizeof derived_rows[0];

static const struct derived_value *find(const struct derived_value *values, int count,
                                        const struct derived_value *wanted) {
    for (int i = 0; i < count; i++)
        if (values[i].quantity == wanted->quantity && values[i].site == wanted->site)
            return &values[i];
    return NULL;
}

static bool in_range(uint32_t quantity, double value) {
    const struct quantity_row *row = quantity_row(quantity);
    return row && isfinite(value) && value >= row->min && value <= row->max;
}

enum hemo_error derived_row(const struct derived_row *row, const struct derived_value *values,
                            int count, double *out) {
    double in[DERIVED_INPUTS_MAX] = {0}, result;
    for (int i = 0; i < DERIVED_INPUTS_MAX && row->inputs[i].quantity; i++) {
        const struct derived_value *found = find(values, count, &row->inputs[i]);
        if (!found)
            return HEMO_NOT_FOUND;
        if (!in_range(found->quantity, found->value))
            return HEMO_BAD_NUMBER;
        in[i] = found->value;
    }
    enum hemo_error error = row->compute(in, &result);
    if (error != HEMO_OK)
        return error;
    if (!in_range(row->output, result))
        return HEMO_BAD_NUMBER;
    *out = result;
    return HEMO_OK;
}

int derived_all(struct derived_value values[DERIVED_VALUES_MAX], int count) {
    assert(count >= 0 && count <= DERIVED_VALUES_MAX);
    for (int r = 0; r < derived_rows_count && count < DERIVED_VALUES_MAX; r++) {
        struct derived_value new = {derived_rows[r].output, SITE_NONE, 0};
        if (find(values, count, &new))
            continue;
        if (derived_row(&derived_rows[r], values, count, &new.value) == HEMO_OK)
            values[count++] = new;
    }
    return count;
}
