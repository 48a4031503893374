/* stay.h - how much of the recent time a state of a line has stood: filled while it stands,
 * emptied half as fast while it does not. Pure.
 *
 *     stay_hear(&stay, event, EVENT_DAMPED);                 // each event of the line
 *     change = stay_clock(&stay, now_tick, &limits); // with each event, and pulse of the clock
 *
 * A state that flickers counts by its share; one that came once is forgotten. */
#pragma once
#include "detectors/detector.h"

struct stay {
    uint32_t site, channel;
    bool stands, raised, held;
    uint64_t since_tick, counted_tick;
    double filled_s;
};

struct stay_limits {
    double base_rate_hz, raise_s; /* raised at raise_s, over when it is empty again */
};

enum stay_change { STAY_NOTHING, STAY_RAISED, STAY_OVER };

void stay_hear(struct stay *stay, const struct event *event, uint32_t state);
enum stay_change stay_clock(struct stay *stay, uint64_t now_tick,
                            const struct stay_limits *limits);
/* The finding about it, of `kind`. Returns true. */
bool stay_say(const struct stay *stay, enum stay_change change, uint32_t kind,
              const struct stay_limits *limits, struct event *out);
