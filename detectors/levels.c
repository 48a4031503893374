#include "detectors/levels.h"
#include "detectors/trend.h"
#include <math.h>

struct levels levels_average(const struct line *line, uint64_t from_tick, uint64_t to_tick) {
    struct levels out = {0, 0, 0};
    float used[LINE_LEVELS_MAX];
    double step = (double)line_level_ticks(line);
    for (uint32_t i = line->levels_count; i > 0; i--) {
        double end = (double)line->levels_tick - (double)(line->levels_count - i) * step;
        if (end > (double)to_tick)
            continue;
        if (end - step < (double)from_tick || isnan(line->levels[i - 1]))
            break;
        used[out.count] = line->levels[i - 1];
        out.mean_mmhg += (double)used[out.count++];
    }
    out.mean_mmhg /= out.count > 0 ? out.count : 1;
    out.spread_mmhg = trend_spread(used, out.count);
    return out;
}
