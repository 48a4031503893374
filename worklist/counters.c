#include "worklist/counters.h"
#include <stdio.h>

static const struct {
    const char *shown, *kind, *what;
} rows[] = {
#define X(name, shown, kind, what) {shown, kind, what},
#include "worklist/counters.def"
#undef X
};

void counters_add(struct counters *m, enum counter which, uint64_t n) {
    atomic_fetch_add(&m->value[which], n);
}

void counters_set(struct counters *m, enum counter which, uint64_t value) {
    atomic_store(&m->value[which], value);
}

uint64_t counters_get(struct counters *m, enum counter which) {
    return atomic_load(&m->value[which]);
}

static const uint32_t edges_us[COUNTERS_EDGES] = {
    250,   500,    1000,   2000,   5000,    10000,   20000,
    50000, 100000, 200000, 500000, 1000000, 2000000, 5000000,
};

void counters_order(struct counters *m, uint64_t took_us) {
    size_t i = 0;
    while (i < COUNTERS_EDGES && took_us > edges_us[i])
        i++;
    atomic_fetch_add(&m->order[i], 1);
    atomic_fetch_add(&m->order_us, took_us);
}

static size_t order_text(struct counters *m, char *out, size_t size) {
    static const char name[] = "hemo_worklist_order_ms";
    unsigned long long below = 0;
    size_t used = (size_t)snprintf(
        out, size, "# HELP %s event received -> rows, order and position committed\n# TYPE %s "
                   "histogram\n",
        name, name);
    for (size_t i = 0; i < COUNTERS_EDGES && used < size; i++) {
        below += atomic_load(&m->order[i]);
        used += (size_t)snprintf(out + used, size - used, "%s_bucket{le=\"%g\"} %llu\n", name,
                                 edges_us[i] / 1000.0, below);
    }
    below += atomic_load(&m->order[COUNTERS_EDGES]);
    if (used < size)
        used += (size_t)snprintf(out + used, size - used,
                                 "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %.3f\n%s_count %llu\n",
                                 name, below, name, (double)atomic_load(&m->order_us) / 1000, name,
                                 below);
    return used < size ? used : 0;
}

size_t counters_text(struct counters *m, char *out, size_t size) {
    size_t used = 0;
    for (int i = 0; i < COUNTER_COUNT; i++) {
        int n = snprintf(out + used, size - used, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n",
                         rows[i].shown, rows[i].what, rows[i].shown, rows[i].kind, rows[i].shown,
                         (unsigned long long)counters_get(m, (enum counter)i));
        if (n < 0 || (size_t)n >= size - used)
            break;
        used += (size_t)n;
    }
    return used + order_text(m, out + used, size - used);
}
