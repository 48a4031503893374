#include "detectors/minute.h"
#include "detectors/line.h"
#include "detectors/trend.h"
#include "proto/quantity.h"
#include <math.h>

enum { MINUTE_S = 60, WEDGE_S = 1 };
static const double withheld_share = 0.25;

_Static_assert(sizeof((struct minute *)0)->sums / sizeof(double) == LINE_OWN &&
                   sizeof((struct minute_beat *)0)->values / sizeof(float) == LINE_OWN,
               "a place for each of a line's own values");

void minute_begin(struct line *line, uint64_t tick) {
    line->minute = (struct minute){.from_tick = tick};
}

static uint64_t minute_ticks(const struct report_call *call) {
    return (uint64_t)(MINUTE_S * call->room->base_rate_hz);
}

void minute_wake(const struct report_call *call, struct line *line) {
    uint64_t from_tick = line->minute.from_tick, length = minute_ticks(call);
    minute_begin(line, from_tick + (call->now_tick - from_tick) / length * length);
}

static bool counts(uint32_t state) {
    return event_withholds(state) || state == EVENT_WEDGE;
}

/* A state is told to have begun before it was known: what another one had until then is not counted
 * twice. */
void minute_state(struct line *line, uint32_t state, uint64_t from_tick, uint64_t to_tick) {
    struct minute *m = &line->minute;
    uint64_t least = counts(state) && m->until_tick > m->from_tick ? m->until_tick : m->from_tick;
    if (from_tick < least)
        from_tick = least;
    if (to_tick <= from_tick)
        return;
    m->stood_ticks[state - EVENT_GAP] += (uint32_t)(to_tick - from_tick);
    if (counts(state))
        m->until_tick = to_tick;
}

/* Eight beats become one row of medians. */
static void close_group(struct minute *m) {
    for (int v = 0; v < LINE_OWN; v++) {
        float values[MINUTE_GROUP];
        uint32_t n = 0;
        for (uint32_t i = 0; i < m->count; i++)
            if (isfinite(m->beats[i].values[v]))
                values[n++] = m->beats[i].values[v];
        m->sums[v] += n > 0 ? trend_median(values, n) : NAN;
    }
    m->count = 0;
    m->groups++;
}

void minute_beat(struct line *line, const struct line_beat *beat) {
    struct minute *m = &line->minute;
    struct minute_beat *next = &m->beats[m->count++];
    next->foot_tick = beat->foot_tick;
    for (int v = 0; v < LINE_OWN; v++)
        next->values[v] = beat->values[v];
    m->quality += beat->quality_thousandths / 1000.0;
    m->given++;
    if (m->count == MINUTE_GROUP)
        close_group(m);
}

/* What lies in a group that is closed stays: one median of many. */
void minute_withdraw(struct line *line, uint64_t from_tick, uint64_t to_tick) {
    struct minute *m = &line->minute;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < m->count; i++)
        if (m->beats[i].foot_tick < from_tick || m->beats[i].foot_tick >= to_tick)
            m->beats[kept++] = m->beats[i];
    m->count = kept;
}

static double withheld_ticks(const struct minute *m) {
    double sum = 0;
    for (uint32_t i = 0; i < LINE_STATES; i++)
        sum += counts(EVENT_GAP + i) ? m->stood_ticks[i] : 0;
    return sum;
}

/* The state that took most of the minute, NO_PULSE too; EVENT_NONE: there was none. */
static uint32_t longest(const struct minute *m) {
    uint32_t state = EVENT_NONE, most = 0;
    for (uint32_t i = 0; i < LINE_STATES; i++) {
        bool named = counts(EVENT_GAP + i) || EVENT_GAP + i == EVENT_NO_PULSE;
        if (!named || m->stood_ticks[i] <= most)
            continue;
        most = m->stood_ticks[i];
        state = EVENT_GAP + i;
    }
    return state;
}

static void say(struct report_call *call, struct line *line, uint64_t end_tick) {
    const struct minute *m = &line->minute;
    double base = call->room->base_rate_hz, length = (double)(end_tick - m->from_tick);
    double withheld = withheld_ticks(m);
    bool wedge = m->stood_ticks[EVENT_WEDGE - EVENT_GAP] >= WEDGE_S * base;
    struct event event = report_new(call, line, EVENT_MINUTE, end_tick);
    event.site = line->site;
    event.method = METHOD_MINUTE;
    event.from_tick = m->from_tick;
    event.to_tick = end_tick;
    event.from_value = withheld / base;
    if (m->groups == 0 || wedge || withheld >= withheld_share * length) {
        event.to_value = longest(m);
    } else {
        event.quality = m->quality / m->given * (1 - withheld / length);
        event.quality *= line_contradicted(line) ? 0.5 : 1;
        for (int v = 0; v < LINE_OWN; v++)
            if (isfinite(m->sums[v]))
                event_add_value(&event, line_quantity(line->site, v), m->sums[v] / m->groups, 0);
    }
    report_send(call, &event);
}

void minute_clock(struct report_call *call, struct line *line) {
    uint64_t end_tick = line->minute.from_tick + minute_ticks(call);
    if (call->now_tick < end_tick)
        return;
    for (uint32_t i = 0; i < LINE_STATES; i++)
        if (line->open_states >> i & 1)
            minute_state(line, EVENT_GAP + i, line->opened_tick[i], end_tick);
    say(call, line, end_tick);
    minute_begin(line, end_tick);
}
