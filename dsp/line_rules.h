/* line_rules.h - the rules of line_state.h, as a table in the order in which they win. Pure. */
#pragma once
#include "dsp/line_state.h"

struct line_view {
    const struct features_look *look;
    const struct reference_levels *before;
    enum line_kind kind;
    bool referenced;  /* `before` was learnt here, not assumed */
    bool mature;      /* ... over some ten seconds */
    uint32_t state;   /* of the line now: some states hold on more easily than they begin */
    bool pulmonary_artery;
    bool marked_wedge; /* a person says that the balloon is up */
    int32_t since_upstroke, since_overwedge, since_no_pulse; /* tenths of a second */
};

struct line_rule {
    uint32_t state;
    bool (*holds)(const struct line_view *view);
    int8_t enter, leave; /* tenths of a second that it must hold, or not hold */
    int8_t window;       /* tenths by which the beginning lies before the decision */
    bool instant;        /* so plain that what the slower rules have counted is void */
};

extern const struct line_rule line_rules[];
extern const int line_rules_count;

/* Smallest pulse from which a reference is learnt. */
float line_rules_least_pulse(enum line_kind kind);
/* A pulse at a new level: the old reference is not worth keeping. */
bool line_rules_new_level(const struct line_view *view);
