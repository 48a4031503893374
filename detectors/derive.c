#include "detectors/derive.h"
#include "proto/quantity.h"
#include <assert.h>
#include <math.h>

enum { OF_DERIVED = 64 }; /* first of the details of an event's ordinal; the output is added */
static const double said_again = 0.05;

/* An input of a row, or an output that came in another way and stands. */
static bool is_wanted(const struct derived_value *value) {
    for (int r = 0; r < derived_rows_count; r++) {
        if (derived_rows[r].output == value->quantity && value->site == SITE_NONE)
            return true;
        for (int i = 0; i < DERIVED_INPUTS_MAX && derived_rows[r].inputs[i].quantity; i++)
            if (derived_rows[r].inputs[i].quantity == value->quantity &&
                derived_rows[r].inputs[i].site == value->site)
                return true;
    }
    return false;
}

static void know(struct derive *d, struct derived_value value, bool typed) {
    if (!is_wanted(&value))
        return;
    uint32_t i = 0;
    while (i < d->known_count && (d->known[i].value.quantity != value.quantity ||
                                  d->known[i].value.site != value.site))
        i++;
    bool new = i == d->known_count;
    if ((new && i == DERIVE_KNOWN_MAX) || (!new && d->known[i].typed && !typed))
        return;
    d->known[i] = (struct derive_known){value, typed};
    d->known_count += new;
}

static struct event event_of(struct report_call *call, uint32_t kind, uint32_t output) {
    struct event event = report_new(call, &call->room->lines[0], kind, call->now_tick);
    event.site = SITE_NONE; /* of the patient, not of a place */
    event.method = METHOD_DERIVED;
    event.ordinal |= (OF_DERIVED + output) << 16;
    return event;
}

static void say(struct report_call *call, uint32_t output, double value) {
    struct event event = event_of(call, EVENT_MEASUREMENT, output);
    event.state = EVENT_SUGGESTED;
    event_add_value(&event, output, value, 0);
    report_send(call, &event);
}

static void refuse(struct report_call *call, uint32_t output, uint32_t reason) {
    struct event event = event_of(call, EVENT_NOT_GIVEN, output);
    event.from_value = output;
    event.to_value = reason;
    report_send(call, &event);
}

static double value_of(const struct derived_value *values, int count, uint32_t quantity) {
    for (int i = 0; i < count; i++)
        if (values[i].quantity == quantity && values[i].site == SITE_NONE)
            return values[i].value;
    return NAN;
}

/* Where no row gives the output: why this one does not, once. */
static void say_refusal(struct report_call *call, int row, const struct derived_value *values,
                        int count) {
    struct derive *d = &call->room->derive;
    uint32_t reason = derived_reason(&derived_rows[row], values, count);
    if (reason == 0 || d->refused[row] == reason)
        return;
    d->refused[row] = (uint16_t)reason;
    refuse(call, derived_rows[row].output, reason);
}

static void compute(struct report_call *call) {
    struct derive *d = &call->room->derive;
    struct derived_value values[DERIVED_VALUES_MAX];
    int inputs = 0;
    for (uint32_t i = 0; i < d->known_count; i++)
        values[inputs++] = d->known[i].value;
    int count = derived_all(values, inputs);
    for (int row = 0; row < derived_rows_count; row++) {
        uint32_t output = derived_rows[row].output;
        double value = value_of(values, count, output);
        bool typed = isfinite(value_of(values, inputs, output));
        assert(output < DERIVE_OUTPUTS);
        if (isnan(value))
            say_refusal(call, row, values, count);
        else if (!typed && !(fabs(value - d->said[output]) <= said_again * fabs(value))) {
            d->said[output] = value;
            say(call, output, value);
        }
    }
}

void derive_measured(struct report_call *call, const struct event *e) {
    struct derive *d = &call->room->derive;
    if (!call->room->derives || e->kind != EVENT_MEASUREMENT || e->method == METHOD_DERIVED)
        return;
    for (uint32_t i = 0; i < e->values_count; i++) {
        struct derived_value at = {e->values[i].quantity, e->site, e->values[i].value}, of = at;
        of.site = SITE_NONE;
        know(d, at, false);
        know(d, of, false);
    }
    d->news = true;
}

void derive_typed(struct report_call *call, const struct stream_mark *mark) {
    struct derived_value value = {mark->quantity, mark->site, mark->value};
    if (!call->room->derives)
        return;
    know(&call->room->derive, value, true);
    call->room->derive.news = true;
}

void derive_clock(struct report_call *call) {
    if (!call->room->derive.news)
        return;
    call->room->derive.news = false;
    compute(call);
}

static bool of_the_patient(uint32_t quantity) {
    return quantity == QUANTITY_HEIGHT || quantity == QUANTITY_WEIGHT || quantity == QUANTITY_AGE ||
           quantity == QUANTITY_MALE || quantity == QUANTITY_HB;
}

void derive_phase(struct room *room) {
    struct derive old = room->derive;
    room->derive = (struct derive){.known_count = 0};
    for (uint32_t i = 0; i < old.known_count; i++)
        if (of_the_patient(old.known[i].value.quantity))
            room->derive.known[room->derive.known_count++] = old.known[i];
}
