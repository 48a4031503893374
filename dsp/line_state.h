/* line_state.h - whether a line can be believed: one state at a time, ten decisions a second.
 * Pure.
 *
 *     if (line_state_push(&line, &look, &change)) say(&change);
 *
 * States are the numbers of events.def 1xx; EVENT_NONE is a line in order. The first rule that
 * holds wins; line_rules.c has them in order, with their hold and leave times. A collapse
 * (NO_PULSE) is real until shown otherwise: it never leads to LEARNING and withholds no mean. */
#pragma once
#include "dsp/features.h"
#include "dsp/reference.h"
#include "dsp/chamber.h"
#include "proto/site.h"
#include <stdbool.h>
#include <stdint.h>

enum { LINE_RULES_MAX = 16, LINE_STEPS = 128 };

/* How lines differ in what is normal. */
enum line_kind { LINE_ARTERIAL, LINE_PULMONARY, LINE_ATRIAL };

/* What was said of each tenth of a second. */
enum line_flag {
    LINE_WITHHELD = 1,     /* no values; pulses may still be told by their times */
    LINE_DARK = 2,         /* with LINE_WITHHELD: what looks like a pulse is none */
    LINE_PULSELESS = 4,    /* the mean only */
    LINE_MARKED_WEDGE = 8, /* a person said so: values of a wedge */
};

struct line_state {
    /* settings: kept by line_state_reset() */
    uint32_t label; /* enum site */
    enum line_kind kind;
    /* state */
    struct reference reference;
    struct chamber chamber;
    uint32_t state;                  /* EVENT_NONE or a number of events.def 1xx */
    uint32_t marked;                 /* EVENT_NONE, or a person's word that it is so */
    int32_t holds[LINE_RULES_MAX];   /* tenths of a second that each rule has held */
    int32_t quiet;                   /* tenths that the rule of the state has not held */
    int32_t in_state, clean;         /* tenths */
    int32_t since_upstroke, since_overwedge, since_no_pulse;
    int32_t fresh_pulse;             /* tenths of NO_PULSE with visible pulses */
    int32_t steps;
    uint32_t told_site;              /* what was said last of the site */
    int32_t site_differs;
    uint8_t flags[LINE_STEPS];       /* enum line_flag of each step */
};

struct line_change {
    uint32_t ended, began; /* EVENT_NONE: nothing */
    int32_t began_step;    /* tenths since the start, before now by the rule's window */
    bool site_changed;
    uint32_t site;         /* SITE_NONE: agrees with the label */
    int32_t site_step;
};

void line_state_init(struct line_state *l, uint32_t label);
void line_state_reset(struct line_state *l);
/* True: *change says what is new. Called for every look of features.h, in order. */
bool line_state_push(struct line_state *l, const struct features_look *look,
                     struct line_change *change);
/* A person says that a state begins or ends. */
struct line_change line_state_mark(struct line_state *l, uint32_t kind, bool begins);
/* Flags of all steps of [from, to] that are still remembered, joined; steps not yet decided
 * count as in order. */
unsigned line_state_flags(const struct line_state *l, int32_t from, int32_t to);
/* True if every step of it lies in a wedge that a person marked. */
bool line_state_in_marked_wedge(const struct line_state *l, int32_t from, int32_t to);
bool line_state_withholds(const struct line_state *l);
