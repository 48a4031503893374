#include "sim/scenario.h"
#include <math.h>
#include <string.h>

static const double settled = 5; /* time constants after which a change counts as done */

#define FIELD(field) offsetof(struct circulation_parameters, field)
#define TO(field, value, after, over)                                                              \
    { SCENARIO_TO, FIELD(field), (value), (after), (over) }
#define TIMES(field, value, after, over)                                                           \
    { SCENARIO_TIMES, FIELD(field), (value), (after), (over) }
#define BY(field, value, after, over)                                                              \
    { SCENARIO_BY, FIELD(field), (value), (after), (over) }
#define BACK(field, after, over) TIMES(field, 1, after, over)
#define CHANGES(...) .changes = {__VA_ARGS__}
#define DRUG(words, for_s) .drug = (words), .drug_s = (for_s)
#define NO_DRUG .drug = NULL

const struct scenario scenarios[SCENARIOS] = {
#define X(id, words, drug, changes) {.name = #id, .what = words, drug, changes},
#include "sim/scenarios.def"
#undef X
};

const struct scenario *scenario_find(const char *name) {
    for (int i = 0; i < SCENARIOS; i++)
        if (!strcmp(scenarios[i].name, name))
            return &scenarios[i];
    return NULL;
}

double scenario_lasts_s(const struct scenario *scenario) {
    double last_s = 0;
    for (int i = 0; i < SCENARIO_CHANGES_MAX && scenario->changes[i].how; i++) {
        const struct scenario_change *c = &scenario->changes[i];
        double over_s = c->over_s < 0 ? -settled * c->over_s : c->over_s;
        last_s = fmax(last_s, c->after_s + over_s);
    }
    return last_s;
}

static double target(const struct scenario_change *change, double base) {
    switch (change->how) {
    case SCENARIO_TIMES:
        return base * change->value;
    case SCENARIO_BY:
        return base + change->value;
    default:
        return change->value;
    }
}

/* How much of a change has been done. */
static double done(const struct scenario_change *change, double since_s) {
    if (change->over_s < 0)
        return since_s > -settled * change->over_s ? 1 : 1 - exp(since_s / change->over_s);
    return since_s < change->over_s ? since_s / change->over_s : 1;
}

void scenario_step(struct scenario_run *run, const struct scenario *scenario, double onset_s,
                   uint64_t step, struct circulation_parameters *parameters) {
    for (int i = 0; i < SCENARIO_CHANGES_MAX && scenario->changes[i].how; i++) {
        const struct scenario_change *c = &scenario->changes[i];
        uint64_t begins = (uint64_t)ceil((onset_s + c->after_s) * CIRCULATION_RATE_HZ);
        double *field = (double *)((char *)parameters + c->offset);
        double base = *(const double *)((const char *)&run->base + c->offset);
        if (step < begins)
            break;
        if (step == begins)
            run->from[i] = *field;
        double since_s = (double)(step - begins) / CIRCULATION_RATE_HZ;
        *field = run->from[i] + done(c, since_s) * (target(c, base) - run->from[i]);
    }
}
