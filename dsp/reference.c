#include "dsp/reference.h"
#include <assert.h>

enum { LEFT_OUT = 4, VALID_FROM = 3 };

void reference_init(struct reference *r, const struct reference_levels *start) {
    *r = (struct reference){.start = *start, .now = *start};
}

void reference_reset(struct reference *r) {
    struct reference_levels start = r->start;
    reference_init(r, &start);
}

/* The value that would stand in the middle if x were sorted: the one that has as many below it.
 * Counting is plain work for vectors; a selection that branches on noise took far longer. */
static float middle_of(const float *x, int n) {
    for (int i = 0; i < n; i++) {
        int below = 0, same = 0;
        for (int j = 0; j < n; j++) { /* vectors */
            below += x[j] < x[i];
            same += x[j] == x[i];
        }
        if (below <= n / 2 && n / 2 < below + same)
            return x[i];
    }
    return x[0]; /* of NANs only: none is pushed */
}

static float median(const struct reference *r, int part) {
    float old[REFERENCE_ENTRIES] = {0};
    int left_out = r->count - 2 < LEFT_OUT ? r->count - 2 : LEFT_OUT, n = 0;
    for (int i = left_out; i < r->count; i++)
        old[n++] = r->ring[part][(r->next + REFERENCE_ENTRIES - 1 - i) % REFERENCE_ENTRIES];
    return middle_of(old, n);
}

static void update(struct reference *r) {
    r->valid = r->count >= VALID_FROM;
    r->now = r->start;
    if (r->valid)
        r->now = (struct reference_levels){median(r, 0), median(r, 1), median(r, 2),
                                           median(r, 3), median(r, 4), median(r, 5)};
}

void reference_push(struct reference *r, const struct features_window *window) {
    const float parts[REFERENCE_PARTS] = {window->p5,   window->p95, window->pulse,
                                          window->mean, window->up,  window->down};
    for (int k = 0; k < REFERENCE_PARTS; k++)
        r->ring[k][r->next] = parts[k];
    r->next = (r->next + 1) % REFERENCE_ENTRIES;
    if (r->count < REFERENCE_ENTRIES)
        r->count++;
    update(r);
}

void reference_keep(struct reference *r, int newest) {
    assert(newest >= 0);
    if (r->count > newest)
        r->count = newest;
    update(r);
}
