#include "proto/quantity.h"
#include <stddef.h>
#include <string.h>

const struct quantity_row quantity_rows[] = {
#define X(number, name, id, words, unit, decimals, min, max, code) \
    {QUANTITY_##name, id, words, unit, decimals, min, max, code},
#include "proto/quantities.def"
#undef X
};

const int quantity_rows_count = sizeof quantity_rows / sizeof quantity_rows[0];

const struct quantity_row *quantity_row(uint32_t number) {
    for (int i = 0; i < quantity_rows_count; i++)
        if ((uint32_t)quantity_rows[i].quantity == number)
            return &quantity_rows[i];
    return NULL;
}

const struct quantity_row *quantity_from_id(const char *id) {
    for (int i = 0; id != NULL && i < quantity_rows_count; i++)
        if (strcmp(quantity_rows[i].id, id) == 0)
            return &quantity_rows[i];
    return NULL;
}
