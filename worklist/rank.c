#include "worklist/rank.h"
#include <assert.h>
#include <stdlib.h>

static const struct {
    const char *text;
    int64_t limit_ms;
} tiers[] = {
    [TIER_ROUTINE] = {"routine", INT64_MAX},
    [TIER_URGENT] = {"urgent", 30 * 60 * 1000},
    [TIER_CRITICAL] = {"critical", 5 * 60 * 1000},
};

const char *rank_tier_text(enum rank_tier tier) {
    assert(tier <= TIER_CRITICAL);
    return tiers[tier].text;
}

enum rank_tier rank_tier_of(uint32_t event_kind) {
    const struct event_row *row = event_row(event_kind);
    if (!row)
        return TIER_ROUTINE;
    switch (row->severity) {
    case SEVERITY_CRITICAL:
        return TIER_CRITICAL;
    case SEVERITY_URGENT:
        return TIER_URGENT;
    default:
        return TIER_ROUTINE;
    }
}

int64_t rank_limit_ms(enum rank_tier tier) {
    assert(tier <= TIER_CRITICAL);
    return tiers[tier].limit_ms;
}

void rank_apply(struct rank_key *key, int64_t latest_ms, const struct rank_finding *open,
                size_t count) {
    key->tier = TIER_ROUTINE;
    key->read_by_ms = latest_ms;
    for (size_t i = 0; i < count; i++) {
        if (open[i].tier == TIER_ROUTINE)
            continue;
        int64_t wanted_ms = open[i].raised_ms + rank_limit_ms(open[i].tier);
        if (open[i].tier > key->tier)
            key->tier = open[i].tier;
        if (wanted_ms < key->read_by_ms)
            key->read_by_ms = wanted_ms;
    }
}

bool rank_before(const struct rank_key *a, const struct rank_key *b) {
    if (a->pinned != b->pinned)
        return a->pinned;
    if ((a->tier == TIER_CRITICAL) != (b->tier == TIER_CRITICAL))
        return a->tier == TIER_CRITICAL;
    if (a->read_by_ms != b->read_by_ms)
        return a->read_by_ms < b->read_by_ms;
    return a->study < b->study;
}

static int compare(const void *a, const void *b) {
    if (rank_before(a, b))
        return -1;
    return rank_before(b, a) ? 1 : 0;
}

void rank_sort(struct rank_key *keys, size_t count) {
    if (count > 1)
        qsort(keys, count, sizeof *keys, compare);
}

size_t rank_position(const struct rank_key *keys, size_t count, int64_t study) {
    const struct rank_key *self = NULL;
    for (size_t i = 0; i < count && !self; i++)
        self = keys[i].study == study ? &keys[i] : NULL;
    if (!self)
        return 0;
    size_t before = 0;
    for (size_t i = 0; i < count; i++)
        before += rank_before(&keys[i], self) ? 1 : 0;
    return before + 1;
}
