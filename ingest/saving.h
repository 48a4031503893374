/* saving.h - does the disk keep up with one stream? Pure; the clock is an argument.
 *
 *     switch (saving_step(&saving, epoch, durable_next, next_sequence, now_ns)) ...
 *
 * Call it several times a second. It takes the newest record as a mark and waits until that is
 * durable; a mark that is not after SAVING_LATE_NS means SAVING_NOT, again each second while that
 * lasts, and SAVING_AGAIN once the mark is durable. A stall is so known 1 s after the first record
 * that it holds up, and at most one call later. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define SAVING_LATE_NS UINT64_C(1000000000)

struct saving { /* all zero at the start */
    uint64_t epoch, mark_next, mark_ns, said_ns;
    bool late;
};

enum saving_news { SAVING_NOTHING, SAVING_NOT, SAVING_AGAIN };

enum saving_news saving_step(struct saving *s, uint64_t epoch, uint64_t durable_next,
                             uint64_t next_sequence, uint64_t now_ns);
