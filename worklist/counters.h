/* counters.h - counters of worklistd as rows of counters.def. Any thread may count; nobody waits.
 */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum counter {
#define X(name, shown, kind, what) COUNTER_##name,
#include "worklist/counters.def"
#undef X
    COUNTER_COUNT
};

/* Received from hemod -> its rows, the order and the position committed; edges in counters.c. */
enum { COUNTERS_EDGES = 14 };

struct counters {
    atomic_ullong value[COUNTER_COUNT];
    atomic_ullong order[COUNTERS_EDGES + 1]; /* the last one: beyond all edges */
    atomic_ullong order_us;
};

void counters_add(struct counters *m, enum counter which, uint64_t n);
void counters_set(struct counters *m, enum counter which, uint64_t value);
uint64_t counters_get(struct counters *m, enum counter which);
void counters_order(struct counters *m, uint64_t took_us);
/* Prometheus text; returns its length. */
size_t counters_text(struct counters *m, char *out, size_t size);
