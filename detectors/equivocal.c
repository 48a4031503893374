#include "detectors/equivocal.h"
#include "proto/quantity.h"
#include <math.h>

enum { BEATS_LEAST = 3, BEATS_IRREGULAR = 10 };
static const double apart_mmhg = 3, stretch_least_s = 8;

static struct event about(struct report_call *call, const struct event *m, uint32_t quantity,
                          uint32_t reason) {
    struct event event = report_new(call, &call->room->lines[m->channel], EVENT_EQUIVOCAL, m->tick);
    event.site = m->site;
    event.from_tick = m->from_tick;
    event.to_tick = m->to_tick;
    event.method = m->method;
    event.refers_to = m->id;
    event.from_value = quantity;
    event.to_value = reason;
    /* One per reason and measurement: the measurement's own detail is in the low bits. */
    event.ordinal = m->channel | (m->ordinal >> 16) << 16 | reason << 24 | quantity << 8;
    return event;
}

static void say(struct report_call *call, struct event *event, const struct event_value *value) {
    if (value != NULL)
        event_add_value(event, value->quantity, value->value, value->spread);
    report_send(call, event);
}

/* The ways of finding an end-diastolic pressure. */
static void methods(struct report_call *call, const struct event *m) {
    static const uint32_t ways[] = {QUANTITY_EDP, QUANTITY_EDP_R, QUANTITY_EDP_A};
    struct event event = about(call, m, QUANTITY_EDP, EVENT_METHODS_DIFFER);
    double least = INFINITY, most = -INFINITY;
    for (uint32_t i = 0; i < m->values_count; i++)
        for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
            const struct event_value *v = &m->values[i];
            if (v->quantity != ways[k])
                continue;
            event_add_value(&event, v->quantity, v->value, v->spread);
            least = fmin(least, v->value);
            most = fmax(most, v->value);
        }
    if (most - least > apart_mmhg)
        say(call, &event, NULL);
}

static void crossings(struct report_call *call, const struct event *m) {
    for (uint32_t i = 0; i < m->values_count; i++) {
        const struct event_value *v = &m->values[i];
        struct event event = about(call, m, v->quantity, EVENT_CROSSES);
        double limit;
        if (event_crosses(v, &limit))
            say(call, &event, v);
    }
}

static bool beat_by_beat(const struct event *m) {
    return m->method == METHOD_MEDIAN_BEATS || m->method == METHOD_PAIR ||
           m->method == METHOD_PULLBACK || m->method == METHOD_LEAST_BEATS;
}

static void length(struct report_call *call, const struct event *m) {
    const struct line *line = &call->room->lines[m->channel];
    bool irregular = line->running && channel_fibrillates(&line->channel);
    uint32_t least = irregular ? BEATS_IRREGULAR : BEATS_LEAST;
    double s = (double)(m->to_tick - m->from_tick) / call->room->base_rate_hz;
    bool few = beat_by_beat(m) ? m->beats_count < least
                               : m->method == METHOD_MEAN_BREATHS && s < stretch_least_s;
    struct event event = about(call, m, m->values[0].quantity, EVENT_FEW_BEATS);
    if (few)
        say(call, &event, &m->values[0]);
    event = about(call, m, m->values[0].quantity, EVENT_MUCH_LEFT_OUT);
    if (2 * m->left_out_count > m->beats_count && m->beats_count > 0)
        say(call, &event, &m->values[0]);
}

/* A mean comes through such a line as it is. */
static void distortion(struct report_call *call, const struct event *m) {
    if (call->room->lines[m->channel].response == FLUSH_ADEQUATE)
        return;
    for (uint32_t i = 0; i < m->values_count; i++) {
        struct event event = about(call, m, m->values[i].quantity, EVENT_LINE_DISTORTS);
        if (m->values[i].quantity == QUANTITY_SYSTOLIC)
            say(call, &event, &m->values[i]);
    }
}

void equivocal_measured(struct report_call *call, const struct event *m) {
    if (m->values_count == 0 || m->method == METHOD_DERIVED)
        return;
    methods(call, m);
    crossings(call, m);
    length(call, m);
    distortion(call, m);
}
