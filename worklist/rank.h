/* rank.h - the order of the worklist. Pure.
 *
 * Critical findings first; then by read-by time, which a finding moves earlier and nothing moves
 * later than the study's own longest wait. A person's pin goes before everything; equal studies
 * stand in order of their number. An urgent finding is an earlier read-by time and nothing more: so
 * no study is passed after its own read-by time but by a critical (or pinned) one. */
#pragma once
#include "proto/event.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rank_tier { TIER_ROUTINE = 0, TIER_URGENT = 1, TIER_CRITICAL = 2 };

struct rank_key {
    int64_t study;
    bool pinned;
    enum rank_tier tier;
    int64_t read_by_ms; /* since 1970 */
};

/* A finding that is open on a study. */
struct rank_finding {
    enum rank_tier tier;
    int64_t raised_ms;
};

const char *rank_tier_text(enum rank_tier tier);

/* The tier of an event kind by its severity in events.def: URGENT and CRITICAL move a study, all
 * others are TIER_ROUTINE. */
enum rank_tier rank_tier_of(uint32_t event_kind);

/* How soon a finding of that tier wants the study read: 5 min, 30 min; INT64_MAX for routine (the
 * study's own wait). */
int64_t rank_limit_ms(enum rank_tier tier);

/* Tier and read-by time of a study from its arrival, longest wait and open findings; pin and number
 * stay. */
void rank_apply(struct rank_key *key, int64_t latest_ms, const struct rank_finding *open,
                size_t count);

bool rank_before(const struct rank_key *a, const struct rank_key *b);

/* The open studies in their order, 24 bytes each: a place is found in a binary search, a move
 * shifts what lies between (100,000 studies: 0.1 ms). Heap, freed by rank_list_free(); stops the
 * program where there is no memory. */
struct rank_list {
    struct rank_key *keys;
    size_t count, capacity;
};
void rank_list_free(struct rank_list *list);
/* The study's key; NULL: not in the list. */
const struct rank_key *rank_list_find(const struct rank_list *list, int64_t study);
void rank_list_put(struct rank_list *list, const struct rank_key *key); /* new, or moves */
void rank_list_remove(struct rank_list *list, int64_t study);
/* 1-based place of this key, in the list or not: how many stand before it, and one. */
size_t rank_list_place(const struct rank_list *list, const struct rank_key *key);
