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
    return used;
}
