#include "proto/event.h"
#include <assert.h>

const struct event_row event_rows[] = {
#define X(number, name, severity, text, when) \
    {EVENT_##name, #name, SEVERITY_##severity, text, when},
#include "proto/events.def"
#undef X
};

const int event_rows_count = sizeof event_rows / sizeof event_rows[0];

static const char *const phases[] = {"rest", "exercise", "drug", "post"};
static const char *const methods[] = {"none",  "beat",    "median of beats", "mean over breaths",
                                      "trend", "compared", "computed from suggested values",
                                      "mean of beats of two lines", "beats of a pull-back",
                                      "least mean of five beats", "medians over a minute"};
static const char *const states[] = {"",        "began",     "ended",     "raised",
                                     "ongoing", "recovered", "withdrawn", "suggested"};

_Static_assert(sizeof phases / sizeof phases[0] == PHASE_MAX + 1, "a word for each phase");
_Static_assert(sizeof methods / sizeof methods[0] == METHOD_MAX + 1, "a word for each method");
_Static_assert(sizeof states / sizeof states[0] == EVENT_STATE_MAX + 1, "a word for each state");

const struct event_row *event_row(uint32_t kind) {
    for (int i = 0; i < event_rows_count; i++)
        if ((uint32_t)event_rows[i].kind == kind)
            return &event_rows[i];
    return NULL;
}

bool event_withholds(uint32_t kind) {
    return kind >= 100 && kind <= 199 && kind != EVENT_NO_PULSE && kind != EVENT_WRONG_SITE &&
           kind != EVENT_WEDGE;
}

bool event_value(const struct event *event, uint32_t quantity, double *value) {
    assert(event->values_count <= EVENT_VALUES_MAX);
    for (uint32_t i = 0; i < event->values_count; i++) {
        if (event->values[i].quantity == quantity) {
            *value = event->values[i].value;
            return true;
        }
    }
    return false;
}

void event_add_value(struct event *event, uint32_t quantity, double value, double spread) {
    assert(event->values_count < EVENT_VALUES_MAX);
    event->values[event->values_count++] = (struct event_value){quantity, value, spread};
}

const char *phase_text(uint32_t phase) {
    return phase <= PHASE_MAX ? phases[phase] : "unknown";
}

const char *method_text(uint32_t method) {
    return method <= METHOD_MAX ? methods[method] : "unknown";
}

const char *event_state_text(uint32_t state) {
    return state <= EVENT_STATE_MAX ? states[state] : "unknown";
}
