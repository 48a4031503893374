/* place.c - see place.h. */
#include "ingest/place.h"
#include <stdio.h>
#include <string.h>

uint64_t place_pack(struct place place) {
    return (uint64_t)place.segment << 32 | place.offset;
}

struct place place_unpack(uint64_t packed) {
    return (struct place){(uint32_t)(packed >> 32), (uint32_t)packed};
}

bool place_before(struct place a, struct place b) {
    return place_pack(a) < place_pack(b);
}

void segment_name(uint32_t segment, char out[SEGMENT_NAME]) {
    snprintf(out, SEGMENT_NAME, "segment-%010u.journal", segment);
}

bool segment_from_name(const char *name, uint32_t *segment) {
    static const char prefix[] = "segment-";
    char expected[SEGMENT_NAME];
    uint64_t number = 0;
    if (strncmp(name, prefix, sizeof prefix - 1) != 0)
        return false;
    for (const char *c = name + sizeof prefix - 1; *c >= '0' && *c <= '9' && number < UINT32_MAX;
         c++)
        number = number * 10 + (uint64_t)(*c - '0');
    if (!number || number > UINT32_MAX)
        return false;
    segment_name((uint32_t)number, expected);
    *segment = (uint32_t)number;
    return strcmp(expected, name) == 0;
}
