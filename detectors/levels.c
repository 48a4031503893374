#include "detectors/levels.h"
#include "detectors/breath.h"
#include "detectors/trend.h"
#include <math.h>

static const double high_share = 0.8, low_share = 0.2; /* of the half seconds of whole breaths */

/* Newest first. */
static uint32_t unbroken(const struct line *line, uint64_t from_tick, uint64_t to_tick,
                         float out[LINE_LEVELS_MAX]) {
    uint32_t n = 0;
    double step = (double)line_level_ticks(line);
    for (uint32_t i = line->levels_count; i > 0; i--) {
        double end = (double)line->levels_tick - (double)(line->levels_count - i) * step;
        if (end > (double)to_tick)
            continue;
        if (end - step < (double)from_tick || isnan(line->levels[i - 1]))
            break;
        out[n++] = line->levels[i - 1];
    }
    return n;
}

/* Half seconds of as many breaths as fit; all where none does. */
static uint32_t whole_breaths(const struct line *line, const struct breathing *breathing,
                              uint32_t count) {
    double breath = 60 / (double)breathing->rate_per_min * line->rate_hz * line->ticks_per_sample /
                    (double)line_level_ticks(line);
    double breaths = floor(count / breath);
    return breaths >= 1 ? (uint32_t)lrint(breaths * breath) : count;
}

/* Two half seconds are about a beat: its waves cancel, breathing stays. */
static double end_expiratory(const float *levels, uint32_t count, enum breathing_kind kind) {
    float paired[LINE_LEVELS_MAX];
    if (kind == BREATHING_UNKNOWN || count < 2)
        return NAN;
    for (uint32_t i = 0; i + 1 < count; i++)
        paired[i] = (levels[i] + levels[i + 1]) / 2;
    return trend_share(paired, count - 1, kind == BREATHING_SPONTANEOUS ? high_share : low_share);
}

struct levels levels_average(const struct line *line, uint64_t from_tick, uint64_t to_tick) {
    struct levels out = {0, 0, 0, NAN};
    float used[LINE_LEVELS_MAX];
    const struct breathing *breathing = breath_before(line, to_tick);
    uint32_t count = unbroken(line, from_tick, to_tick, used);
    out.count = breathing == NULL ? count : whole_breaths(line, breathing, count);
    for (uint32_t i = 0; i < out.count; i++)
        out.mean_mmhg += (double)used[i] / out.count;
    out.spread_mmhg = trend_spread(used, out.count);
    if (breathing != NULL)
        out.endexp_mmhg = end_expiratory(used, out.count, breathing->kind);
    return out;
}
