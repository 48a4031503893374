#include "dsp/derived.h"
#include "proto/event.h"
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

struct outcome {
    enum hemo_error error;
    uint32_t reason;
    double value;
};

static struct outcome evaluate(const struct derived_row *row, const struct derived_value *values,
                               int count) {
    double in[DERIVED_INPUTS_MAX] = {0};
    struct outcome out = {HEMO_BAD_NUMBER, EVENT_INPUT_RANGE, 0};
    bool in_order = true;
    for (int i = 0; i < DERIVED_INPUTS_MAX && row->inputs[i].quantity; i++) {
        const struct derived_value *found = find(values, count, &row->inputs[i]);
        if (!found)
            return (struct outcome){HEMO_NOT_FOUND, 0, 0};
        in_order &= in_range(found->quantity, found->value);
        in[i] = found->value;
    }
    if (!in_order)
        return out;
    out.error = row->compute(in, &out.value);
    out.reason = out.error == HEMO_OK ? 0 : EVENT_NOT_VALID;
    if (out.error != HEMO_OK || in_range(row->output, out.value))
        return out;
    return (struct outcome){HEMO_BAD_NUMBER, EVENT_RESULT_RANGE, 0};
}

enum hemo_error derived_row(const struct derived_row *row, const struct derived_value *values,
                            int count, double *out) {
    struct outcome found = evaluate(row, values, count);
    if (found.error == HEMO_OK)
        *out = found.value;
    return found.error;
}

uint32_t derived_reason(const struct derived_row *row, const struct derived_value *values,
                        int count) {
    return evaluate(row, values, count).reason;
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
