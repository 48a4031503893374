#include "detectors/window.h"
#include "detectors/trend.h"

void window_break(struct window *window) {
    window->count = 0;
}

static bool close_window(struct window *window) {
    bool enough = window->count >= WINDOW_LEAST;
    if (enough) {
        window->median = trend_median(window->values, window->count);
        window->median_from_tick = window->from_tick;
        window->median_to_tick = window->to_tick;
    }
    window_break(window);
    return enough;
}

bool window_push(struct window *window, const struct window_point *point, uint64_t ticks) {
    bool over = window->count > 0 && point->tick - window->from_tick >= ticks;
    bool closed = over && close_window(window);
    if (window->count == 0)
        window->from_tick = point->tick;
    if (window->count < WINDOW_VALUES)
        window->values[window->count++] = (float)point->mmhg;
    window->to_tick = point->tick;
    return closed;
}
