#include "worklist/by_hand.h"
#include "proto/quantity.h"
#include "worklist/json.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct event_value *value_of(struct by_hand_pulse *pulse, uint32_t quantity) {
    for (uint32_t i = 0; i < pulse->values_count; i++)
        if (pulse->values[i].quantity == quantity)
            return &pulse->values[i];
    return NULL;
}

/* A mean, a rate or a slope is the pressure of no place. */
static bool is_read_at_a_place(uint32_t quantity) {
    static const uint32_t read[] = {QUANTITY_SYSTOLIC, QUANTITY_DIASTOLIC, QUANTITY_EDP,
                                    QUANTITY_MINIMUM,  QUANTITY_A_WAVE,    QUANTITY_V_WAVE};
    for (size_t i = 0; i < sizeof read / sizeof read[0]; i++)
        if (read[i] == quantity)
            return true;
    return false;
}

bool by_hand_mark(struct by_hand_pulse *pulse, uint32_t quantity, double value) {
    struct event_value *v = is_read_at_a_place(quantity) ? value_of(pulse, quantity) : NULL;
    if (v)
        v->value = value;
    return v != NULL;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* NAN: no pulse in use has it. */
static double median_of(const struct by_hand_pulse *pulses, size_t count, uint32_t quantity) {
    double values[BY_HAND_PULSES];
    size_t n = 0;
    for (size_t i = 0; i < count && n < BY_HAND_PULSES; i++) {
        struct by_hand_pulse pulse = pulses[i];
        const struct event_value *v = pulse.used ? value_of(&pulse, quantity) : NULL;
        if (v && isfinite(v->value))
            values[n++] = v->value;
    }
    if (n == 0)
        return NAN;
    qsort(values, n, sizeof values[0], by_size);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static bool has(const json_t *machine, const char *id) {
    size_t i;
    json_t *value;
    json_array_foreach(machine, i, value) {
        if (strcmp(json_get_text(value, "quantity"), id) == 0)
            return true;
    }
    return false;
}

json_t *by_hand_values(const json_t *machine, const struct by_hand_pulse *pulses, size_t count) {
    json_t *out = json_object(), *value;
    bool endexp = has(machine, quantity_row(QUANTITY_MEAN_ENDEXP)->id);
    size_t i;
    json_array_foreach(machine, i, value) {
        const char *id = json_get_text(value, "quantity");
        const struct quantity_row *row = quantity_from_id(id);
        if (!row || (endexp && row->quantity == QUANTITY_MEAN))
            continue;
        uint32_t of = row->quantity == QUANTITY_MEAN_ENDEXP ? QUANTITY_MEAN : row->quantity;
        double median = median_of(pulses, count, of);
        if (isfinite(median))
            json_object_set_new(out, id, json_real(median));
    }
    return out;
}
