#include "sim/nearest.h"
#include <string.h>

enum { EDITS_MAX = 3 };

static int least(int a, int b) {
    return a < b ? a : b;
}

/* Words beyond NEAREST_WORD_MAX are far from everything. */
static int distance(const char *a, const char *b) {
    size_t n = strlen(a), m = strlen(b);
    int row[NEAREST_WORD_MAX + 1];
    if (n > NEAREST_WORD_MAX || m > NEAREST_WORD_MAX)
        return NEAREST_WORD_MAX;
    for (size_t j = 0; j <= m; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int changed = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = least(changed, 1 + least(row[j], row[j - 1]));
        }
    }
    return row[m];
}

const char *nearest_word(const char *typed, nearest_name_fn *name_at, const void *table) {
    const char *near = NULL, *name;
    int best = EDITS_MAX + 1;
    for (int i = 0; (name = name_at(table, i)); i++) {
        int far = distance(typed, name);
        if (far < best && far < (int)strlen(name)) {
            best = far;
            near = name;
        }
    }
    return near;
}
