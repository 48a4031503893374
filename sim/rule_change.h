/* rule_change.h - what other rules would have said of the same samples: findings of two rooms side
 * by side.
 *
 *     rule_change_hear(&change.standing, event);       // of the room with the standing rules
 *     rule_change_hear(&change.changed, event);        // of the room with the changed ones
 *     rule_change_write(&change, stdout, json);        // at the end: what differs, and by how much
 *
 * Two findings are the same where they are of one kind on one line and one begins before the other
 * is over: then the changed rules raise it earlier or later by so many seconds. All else is added
 * or lost. */
#pragma once
#include "proto/event.h"
#include <stdbool.h>
#include <stdio.h>

enum { RULE_FINDINGS_MAX = 4096 }; /* more are counted, not compared */

struct rule_finding {
    uint32_t kind, channel, site;
    uint64_t raised_tick, over_tick; /* UINT64_MAX: it went on */
    bool paired;
};

struct rule_findings {
    uint32_t version, count, beyond, held; /* held: HELD_BACK */
    struct rule_finding list[RULE_FINDINGS_MAX];
};

struct rule_change {
    double base_rate_hz;
    uint64_t first_tick;
    struct rule_findings standing, changed;
};

void rule_change_hear(struct rule_findings *findings, const struct event *event);
void rule_change_write(struct rule_change *change, FILE *out, bool json);
