/* event.h - what hemod says: a beat, a state, a reading, a measurement, a finding. Pure.
 *
 * A plain value. Every event belongs to one stream, epoch and case. Times are base ticks of the
 * stream (struct stream_info); at_ns is an annotation. An event may only be read together with the
 * EpochBegin of its epoch. */
#pragma once
#include "proto/id.h"
#include "proto/site.h"
#include <stddef.h>
#include <stdint.h>

enum event_kind {
    EVENT_NONE = 0,
#define X(number, name, severity, text, when) EVENT_##name = (number),
#include "proto/events.def"
#undef X
};

enum severity { SEVERITY_INFO, SEVERITY_NOTICE, SEVERITY_WARN, SEVERITY_URGENT, SEVERITY_CRITICAL };

/* Of states (1xx): BEGAN, ENDED. Of findings (3xx): RAISED, ONGOING, RECOVERED, RETRACTED. Of
 * measurements: SUGGESTED. */
enum event_state {
    EVENT_STATE_NONE = 0,
    EVENT_BEGAN = 1,
    EVENT_ENDED = 2,
    EVENT_RAISED = 3,
    EVENT_ONGOING = 4,
    EVENT_RECOVERED = 5,
    EVENT_RETRACTED = 6,
    EVENT_SUGGESTED = 7,
    EVENT_STATE_MAX = 7
};

/* Part of each value's name: what the patient was doing or given. */
enum phase { PHASE_REST = 0, PHASE_EXERCISE = 1, PHASE_DRUG = 2, PHASE_POST = 3, PHASE_MAX = 3 };

/* How a value was found. The number is stored; text by method_text(). */
enum method {
    METHOD_NONE = 0,
    METHOD_BEAT = 1,        /* one beat */
    METHOD_MEDIAN_BEATS = 2, /* median over the beats listed */
    METHOD_MEAN_BREATHS = 3, /* time average over whole breaths */
    METHOD_TREND = 4,       /* slope and level of beat means */
    METHOD_COMPARE = 5,     /* against an earlier measurement, like with like */
    METHOD_DERIVED = 6,     /* computed from other values, not all of them confirmed */
    METHOD_PAIR = 7,        /* mean over the beats listed of two lines at once */
    METHOD_PULLBACK = 8,    /* beats before against beats behind a pull-back */
    METHOD_LEAST_BEATS = 9, /* least mean of five whole beats in a steady stretch */
    METHOD_MINUTE = 10,     /* mean of medians of eight good beats each, over a minute */
    METHOD_MAX = 10
};

enum { EVENT_VALUES_MAX = 16, EVENT_BEATS_MAX = 32, EVENT_LEFT_OUT_MAX = 32 };

struct event_value {
    uint32_t quantity; /* enum quantity */
    double value, spread;
};

struct event_left_out {
    uint64_t tick;
    uint32_t reason; /* events.def 5xx */
};

struct event {
    struct event_id id;
    uint32_t kind; /* enum event_kind */
    uint32_t stream, room;
    uint64_t epoch, case_number;
    uint64_t tick, emitted_tick; /* emitted_tick >= tick, except for nothing */
    uint32_t ordinal; /* tells apart events of one kind at one tick: the channel's index */
    uint32_t site, channel, phase, state;
    uint64_t from_tick, to_tick;
    double from_value, to_value, quality;
    double clears_value, clears_s; /* of a finding that stands: event_clears() */
    uint32_t method, rule_version;
    struct event_id refers_to;
    int64_t at_ns;
    uint32_t values_count, beats_count, left_out_count;
    struct event_value values[EVENT_VALUES_MAX];
    uint64_t beats[EVENT_BEATS_MAX];
    struct event_left_out left_out[EVENT_LEFT_OUT_MAX];
};

struct event_row {
    enum event_kind kind;
    const char *name; /* "FALLING_BP" */
    enum severity severity;
    const char *text, *when;
};

extern const struct event_row event_rows[];
extern const int event_rows_count;
const struct event_row *event_row(uint32_t kind); /* NULL: not in events.def */

/* True for a line state (1xx) in which values are withheld: all but NO_PULSE, WRONG_SITE and WEDGE
 * (whose mean stays). */
bool event_withholds(uint32_t kind);

/* The value of a quantity in an event; false where it has none. */
bool event_value(const struct event *event, uint32_t quantity, double *value);
/* Append a value; asserts that it fits. */
void event_add_value(struct event *event, uint32_t quantity, double value, double spread);

/* A ratio whose uncertainty reaches over what it is judged by (FFR 0.80; resting ratios 0.89, Pd/Pa
 * 0.91; from memory); *limit: that. */
bool event_crosses(const struct event_value *value, double *limit);

const char *phase_text(uint32_t phase);        /* "rest", "exercise", "drug", "post" */
const char *method_text(uint32_t method);      /* "beat", "median of beats", ... */
const char *event_state_text(uint32_t state);  /* "began", "ended", "raised", ... */

/* One line in the field's words, such as "AO mean 74 -> 52 mmHg in 90 s (-30 %)", always with the
 * site's label where the event has a site. Needs the base rate for durations (0: none are written).
 * Writes at most `size` bytes with the end; returns out. */
char *event_text(const struct event *event, double base_rate_hz, char *out, size_t size);
/* What would clear a finding that stands (raised, ongoing): "clears when the mean is over 70 mmHg
 * for 10 s"; "" for all else. Returns out. */
char *event_clears(const struct event *event, char *out, size_t size);
/* +1: it clears where to_value is above clears_value, -1: below; 0: not by that number. */
int event_clears_sense(uint32_t kind);
