#include "detectors/exchange.h"
#include "detectors/line.h"
#include <math.h>

/* In half seconds (line.bare_levels[]): what is new, what is in between, and what was. */
enum { NOW = 3, BETWEEN = 3, BEFORE = 8 };
_Static_assert(NOW + BETWEEN + BEFORE <= LINE_BARE_LEVELS, "they are kept");
static const double apart_mmhg = 20; /* closer lines cannot be told apart by their level */
static const double near_share = 0.3; /* of that distance: half a second holds half a beat */

static double level(const struct line *line, uint32_t first_back, uint32_t count) {
    double sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += (double)line->bare_levels[line->bare_count - first_back + i];
    return sum / count; /* NAN where one is missing */
}

static bool watched(const struct line *line) {
    return line->carried && !line->lead && line->running && !line->asleep &&
           line->bare_count >= NOW + BETWEEN + BEFORE;
}

static bool exchanged(const struct line *a, const struct line *b) {
    double a_was = level(a, NOW + BETWEEN + BEFORE, BEFORE), a_is = level(a, NOW, NOW);
    double b_was = level(b, NOW + BETWEEN + BEFORE, BEFORE), b_is = level(b, NOW, NOW);
    double apart = fabs(a_was - b_was), near = near_share * apart;
    return apart >= apart_mmhg && fabs(a_is - b_was) <= near && fabs(b_is - a_was) <= near;
}

/* The history goes with the cable: each line now has behind it what the other one showed, and in
 * between what it shows itself. So the way back is seen as soon as the way there was. */
static void exchange_history(struct line *a, struct line *b) {
    float a_is = (float)level(a, NOW, NOW), b_is = (float)level(b, NOW, NOW);
    for (uint32_t back = NOW + 1; back <= NOW + BETWEEN + BEFORE; back++) {
        float *of_a = &a->bare_levels[a->bare_count - back];
        float *of_b = &b->bare_levels[b->bare_count - back];
        float was = *of_a;
        *of_a = back <= NOW + BETWEEN ? a_is : *of_b;
        *of_b = back <= NOW + BETWEEN ? b_is : was;
    }
}

void exchange_watch(struct report_call *call) {
    struct room *room = call->room;
    uint32_t channels = room->begin.info.channels_count;
    for (uint32_t i = 0; i < channels; i++)
        for (uint32_t k = i + 1; k < channels; k++) {
            struct line *a = &room->lines[i], *b = &room->lines[k];
            if (!watched(a) || !watched(b) || !exchanged(a, b))
                continue;
            bool back = a->exchanged_with != 0 && b->exchanged_with != 0;
            uint32_t a_site = back ? SITE_NONE : b->site, b_site = back ? SITE_NONE : a->site;
            exchange_history(a, b);
            line_exchanged(call, a, a_site);
            line_exchanged(call, b, b_site);
        }
}
