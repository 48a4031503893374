/* scenario.h - what happens to a simulated patient: parameters of the circulation that change from
 * an exact onset on. Pure.
 *
 *     scenario_step(&run, scenario, onset_s, step, &circulation.parameters);   // each step
 *
 * A row of scenarios.def is a list of changes in order of time, each of one field of struct
 * circulation_parameters: to a value, to a multiple of what the patient began with, or by an
 * amount; at once, along a line, or settling with a time constant. The first step at or behind the
 * time of a change is the first one that it affects. Where two changes name the same field, the
 * later wins. */
#pragma once
#include "sim/circulation.h"
#include <stddef.h>

enum { SCENARIO_CHANGES_MAX = 16 };

enum scenario_how { SCENARIO_UNUSED, SCENARIO_TO, SCENARIO_TIMES, SCENARIO_BY };

struct scenario_change {
    enum scenario_how how;
    size_t offset;
    double value, after_s;
    double over_s; /* along a line for so long; < 0: settling with that time constant; 0: at once */
};

struct scenario {
    const char *name, *what;
    const char *drug; /* the device's mark at the onset, NULL: none */
    double drug_s;    /* after so long it is stopped; 0: never */
    struct scenario_change changes[SCENARIO_CHANGES_MAX];
};

enum scenario_id {
#define X(id, words, drug, changes) SCENARIO_##id,
#include "sim/scenarios.def"
#undef X
    SCENARIOS
};

extern const struct scenario scenarios[SCENARIOS];

struct scenario_run {
    struct circulation_parameters base; /* before anything happened */
    double from[SCENARIO_CHANGES_MAX];  /* the field as its change began */
};

const struct scenario *scenario_find(const char *name);   /* NULL: no such scenario */
double scenario_lasts_s(const struct scenario *scenario); /* from onset to where all has settled */
void scenario_step(struct scenario_run *run, const struct scenario *scenario, double onset_s,
                   uint64_t step, struct circulation_parameters *parameters);
