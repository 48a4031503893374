#include "detectors/stay.h"
#include <math.h>

static const double empties_share = 0.5;

void stay_hear(struct stay *stay, const struct event *event, uint32_t state) {
    if (event == NULL || event->kind != state)
        return;
    stay->stands = event->state == EVENT_BEGAN;
    stay->site = event->site;
    stay->channel = event->channel;
    if (stay->stands && stay->filled_s <= 0)
        stay->since_tick = event->tick;
}

enum stay_change stay_clock(struct stay *stay, uint64_t now_tick,
                            const struct stay_limits *limits) {
    double passed_s = (double)(now_tick - stay->counted_tick) / limits->base_rate_hz;
    stay->counted_tick = now_tick;
    if (stay->stands)
        stay->filled_s = fmin(limits->raise_s, stay->filled_s + passed_s);
    else
        stay->filled_s = fmax(0, stay->filled_s - empties_share * passed_s);
    if (!stay->raised && stay->stands && stay->filled_s >= limits->raise_s) {
        stay->raised = true;
        return STAY_RAISED;
    }
    if (stay->raised && !stay->stands && stay->filled_s <= 0) {
        stay->raised = false;
        return STAY_OVER;
    }
    return STAY_NOTHING;
}

bool stay_say(const struct stay *stay, enum stay_change change, uint32_t kind,
              const struct stay_limits *limits, struct event *out) {
    out->kind = kind;
    out->state = change == STAY_RAISED ? EVENT_RAISED : EVENT_RECOVERED;
    out->site = stay->site;
    out->channel = stay->channel;
    out->tick = out->to_tick = stay->counted_tick;
    out->from_tick = stay->since_tick;
    out->quality = 1;
    detector_clears(out, 0, limits->raise_s / empties_share);
    return true;
}
