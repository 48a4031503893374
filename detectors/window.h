/* window.h - the median of each so-many seconds of one line's values, with the beats it came from.
 * Pure.
 *
 *     struct window window = {0};
 *     struct window_point point = {tick, mmhg};
 *     if (window_push(&window, &point, ticks)) use(window.median);
 *
 * A stretch is closed by the first value beyond it; it counts with WINDOW_LEAST values. */
#pragma once
#include "proto/event.h"

enum { WINDOW_VALUES = 64, WINDOW_LEAST = 5 };

struct window_point {
    uint64_t tick;
    double mmhg;
};

struct window {
    uint64_t from_tick, to_tick; /* of the stretch that is running */
    uint32_t count;
    float values[WINDOW_VALUES];
    /* the one that was closed last */
    double median;
    uint64_t median_from_tick, median_to_tick;
};

/* True where a stretch of `ticks` was closed and its median is new. */
bool window_push(struct window *window, const struct window_point *point, uint64_t ticks);
/* What is running is dropped; the last median stays. */
void window_break(struct window *window);
