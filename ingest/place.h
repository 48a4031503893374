/* place.h - a place in the journal: segment and byte offset, ordered, in one word for an atomic.
 * Pure. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct place {
    uint32_t segment, offset; /* segments count from 1 */
};

enum { SEGMENT_NAME = 32 };

uint64_t place_pack(struct place place);
struct place place_unpack(uint64_t packed);
bool place_before(struct place a, struct place b);
void segment_name(uint32_t segment, char out[SEGMENT_NAME]);
/* True for a segment's file name; *segment is its number. */
bool segment_from_name(const char *name, uint32_t *segment);
