#include "worklist/rank.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

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

void rank_list_free(struct rank_list *list) {
    free(list->keys);
    *list = (struct rank_list){0};
}

const struct rank_key *rank_list_find(const struct rank_list *list, int64_t study) {
    for (size_t i = 0; i < list->count; i++)
        if (list->keys[i].study == study)
            return &list->keys[i];
    return NULL;
}

size_t rank_list_place(const struct rank_list *list, const struct rank_key *key) {
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rank_before(&list->keys[middle], key))
            low = middle + 1;
        else
            high = middle;
    }
    return low + 1;
}

void rank_list_remove(struct rank_list *list, int64_t study) {
    const struct rank_key *at = rank_list_find(list, study);
    if (!at)
        return;
    size_t i = (size_t)(at - list->keys);
    list->count--;
    memmove(&list->keys[i], &list->keys[i + 1], (list->count - i) * sizeof *list->keys);
}

void rank_list_put(struct rank_list *list, const struct rank_key *key) {
    const struct rank_key copy = *key; /* it may lie in the list */
    rank_list_remove(list, copy.study);
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 256;
        list->keys = realloc(list->keys, list->capacity * sizeof *list->keys);
        if (!list->keys)
            abort();
    }
    size_t i = rank_list_place(list, &copy) - 1;
    memmove(&list->keys[i + 1], &list->keys[i], (list->count - i) * sizeof *list->keys);
    list->keys[i] = copy;
    list->count++;
}
