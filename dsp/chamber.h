/* chamber.h - which chamber of the right heart a trace looks like. Pure.
 *
 * Levels and duty of three seconds, no beats needed. The label that a person gave is never
 * changed: the verdict stands beside it. Only the steps RA <-> RV <-> PA exist; a wedge is a
 * state of the line, not a place. */
#pragma once
#include "dsp/features.h"
#include "dsp/reference.h"
#include <stdbool.h>
#include <stdint.h>

struct chamber {
    uint32_t label;   /* kept by chamber_reset() */
    uint32_t verdict; /* SITE_NONE: not known yet, SITE_RA, SITE_RV or SITE_PA */
    bool by_step;     /* seen in the change itself, not in the look of three seconds alone */
    int32_t like_rv, like_pa, like_ra, stepped, fallen; /* tenths of a second in a row */
    int32_t since_rv;                           /* tenths since the RV was last seen */
};

/* What surrounds the look: the state of the line decides whether the trace may be judged at all. */
struct chamber_view {
    const struct features_look *look;
    const struct reference_levels *before;
    bool clean;        /* undisturbed long enough */
    bool quiet;        /* undisturbed for half a second: enough for the step from PA to RV */
    bool disturbed;    /* by motion only: the step from RV to PA is allowed */
};

enum chamber_change { CHAMBER_SAME, CHAMBER_OTHER_LEVELS, CHAMBER_NEW_LEVELS };

void chamber_init(struct chamber *s, uint32_t label);
void chamber_reset(struct chamber *s);
/* How far the levels before the change still hold: keep two of them, or none. */
enum chamber_change chamber_push(struct chamber *s, const struct chamber_view *view);
