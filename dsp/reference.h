/* reference.h - what this line looked like before: the median over the last 22 s of undisturbed
 * signal. Pure.
 *
 * One entry every half second, pushed only while the line is undisturbed, so that the reference
 * stands still in every other state. The newest two seconds do not count: the onset of a change
 * must not enter what it is compared with. */
#pragma once
#include "dsp/features.h"
#include <stdbool.h>
#include <stdint.h>

enum { REFERENCE_ENTRIES = 44, REFERENCE_PARTS = 6 };

struct reference_levels { float low, high, pulse, mean, up, down; };

struct reference {
    struct reference_levels start; /* until there is a valid one; kept by reference_reset() */
    struct reference_levels now;
    bool valid;
    int32_t count, next;
    float ring[REFERENCE_PARTS][REFERENCE_ENTRIES];
};

void reference_init(struct reference *r, const struct reference_levels *start);
void reference_reset(struct reference *r);
void reference_push(struct reference *r, const struct features_window *window);
void reference_keep(struct reference *r, int newest); /* forgets all but those */
