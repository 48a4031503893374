/* The order of the worklist: as a table, and as properties over random lists and moves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "worklist/rank.h"
#include <stdlib.h>
#include <string.h>

enum { MINUTE = 60000, STUDIES = 40, SEEDS = 300, MOVES = 200 };

static uint64_t roll(uint64_t *state) { /* xorshift64* */
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545F4914F6CDD1Du;
}

static void pairs_stand_in_order(void **state) {
    (void)state;
    static const struct {
        const char *what;
        struct rank_key first, second;
    } cases[] = {
        {"a pin before a critical finding",
         {9, true, TIER_ROUTINE, 500},
         {1, false, TIER_CRITICAL, 1}},
        {"critical before urgent, however late",
         {9, false, TIER_CRITICAL, 900},
         {1, false, TIER_URGENT, 1}},
        {"an overdue routine study is not passed by an urgent one",
         {9, false, TIER_ROUTINE, 1},
         {1, false, TIER_URGENT, 900}},
        {"urgent before routine that may be read later",
         {9, false, TIER_URGENT, 30},
         {1, false, TIER_ROUTINE, 120}},
        {"the earlier read-by time within a tier",
         {9, false, TIER_URGENT, 10},
         {1, false, TIER_URGENT, 11}},
        {"the lower number among equals", {1, false, TIER_URGENT, 10}, {2, false, TIER_URGENT, 10}},
        {"critical first among pinned ones",
         {9, true, TIER_CRITICAL, 10},
         {2, true, TIER_ROUTINE, 1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (!rank_before(&cases[i].first, &cases[i].second) ||
            rank_before(&cases[i].second, &cases[i].first))
            fail_msg("%s", cases[i].what);
    }
}

static void findings_set_tier_and_time(void **state) {
    (void)state;
    static const struct {
        const char *what;
        size_t count;
        struct rank_finding open[2];
        enum rank_tier tier;
        int64_t read_by_ms;
    } cases[] = {
        {"nothing: the longest wait", 0, {{0}}, TIER_ROUTINE, 120 * MINUTE},
        {"urgent: 30 min", 1, {{TIER_URGENT, 10 * MINUTE}}, TIER_URGENT, 40 * MINUTE},
        {"critical: 5 min", 1, {{TIER_CRITICAL, 10 * MINUTE}}, TIER_CRITICAL, 15 * MINUTE},
        {"both: the worse tier, the earlier time",
         2,
         {{TIER_URGENT, 0}, {TIER_CRITICAL, 28 * MINUTE}},
         TIER_CRITICAL,
         30 * MINUTE},
        {"never later than the longest wait",
         1,
         {{TIER_URGENT, 110 * MINUTE}},
         TIER_URGENT,
         120 * MINUTE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rank_key key = {.study = 1};
        rank_apply(&key, 120 * MINUTE, cases[i].open, cases[i].count);
        if (key.tier != cases[i].tier || key.read_by_ms != cases[i].read_by_ms)
            fail_msg("%s: tier %d, read by %lld", cases[i].what, (int)key.tier,
                     (long long)key.read_by_ms);
    }
}

static void only_urgent_and_critical_kinds_move(void **state) {
    (void)state;
    assert_int_equal(rank_tier_of(EVENT_FALLING_BP), TIER_URGENT);
    assert_int_equal(rank_tier_of(EVENT_RISING_WEDGE), TIER_URGENT);
    assert_int_equal(rank_tier_of(EVENT_LOW_BP), TIER_ROUTINE);
    assert_int_equal(rank_tier_of(EVENT_PULSE_LOST), TIER_CRITICAL);
    assert_int_equal(rank_tier_of(EVENT_LINE_LOST), TIER_ROUTINE);
    assert_int_equal(rank_tier_of(EVENT_BEAT), TIER_ROUTINE);
    assert_int_equal(rank_tier_of(77), TIER_ROUTINE);
}

static struct rank_key random_key(uint64_t *state, int64_t study) {
    return (struct rank_key){study, roll(state) % 8 == 0, (enum rank_tier)(roll(state) % 3),
                             (int64_t)(roll(state) % 50)};
}

/* How many stand before it, counted one by one. */
static size_t counted(const struct rank_key *keys, size_t self) {
    size_t before = 0;
    for (size_t i = 0; i < STUDIES; i++)
        before += keys[i].study != 0 && rank_before(&keys[i], &keys[self]) ? 1 : 0;
    return before + 1;
}

/* Studies come, move and leave: the list's places are those counted one by one, every study has
 * one, nobody is lost. */
static void every_study_has_one_place(void **unused) {
    (void)unused;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct rank_key keys[STUDIES] = {0};
        struct rank_list list = {0};
        uint64_t state = seed * 0x9E3779B97F4A7C15u;
        size_t here = 0;
        for (int i = 0; i < MOVES; i++) {
            size_t at = roll(&state) % STUDIES;
            bool leaves = roll(&state) % 4 == 0;
            here += (leaves ? 0 : 1) - (size_t)(keys[at].study != 0);
            keys[at] = leaves ? (struct rank_key){0} : random_key(&state, (int64_t)at + 1);
            if (leaves)
                rank_list_remove(&list, (int64_t)at + 1);
            else
                rank_list_put(&list, &keys[at]);
        }
        assert_int_equal(list.count, here);
        for (size_t i = 0; i < STUDIES; i++) {
            const struct rank_key *found = rank_list_find(&list, (int64_t)i + 1);
            if ((found != NULL) != (keys[i].study != 0) ||
                (found && rank_list_place(&list, found) != counted(keys, i)))
                fail_msg("seed %llu: study %zu", (unsigned long long)seed, i + 1);
        }
        rank_list_free(&list);
    }
}

/* A move that is taken back leaves the list as it was; the keys that moves leave behind, replayed
 * on their own, give the same order. */
static void replaying_moves_gives_the_order(void **unused) {
    (void)unused;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct rank_list list = {0}, again = {0};
        struct rank_key moves[MOVES];
        uint64_t state = seed * 0x9E3779B97F4A7C15u;
        for (int i = 0; i < MOVES; i++) {
            moves[i] = random_key(&state, (int64_t)(roll(&state) % STUDIES) + 1);
            rank_list_put(&list, &moves[i]);
            const struct rank_key first = list.keys[0];
            struct rank_key away = random_key(&state, first.study);
            rank_list_put(&list, &away);
            rank_list_put(&list, &first);
        }
        for (int i = 0; i < MOVES; i++)
            rank_list_put(&again, &moves[i]);
        assert_int_equal(list.count, again.count);
        for (size_t i = 0; i < list.count; i++)
            assert_true(list.keys[i].study == again.keys[i].study &&
                        list.keys[i].read_by_ms == again.keys[i].read_by_ms);
        rank_list_free(&list);
        rank_list_free(&again);
    }
}

/* Whatever findings come and go: the read-by time never passes the study's own limit, and a study
 * without a pin is overtaken within its tier only by those that must be read earlier. */
static void no_study_starves(void **unused) {
    (void)unused;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        uint64_t state = seed * 0x9E3779B97F4A7C15u;
        struct rank_finding open[8];
        size_t count = roll(&state) % 8;
        int64_t latest_ms = (int64_t)(roll(&state) % (200 * MINUTE));
        for (size_t i = 0; i < count; i++)
            open[i] = (struct rank_finding){(enum rank_tier)(roll(&state) % 3),
                                            (int64_t)(roll(&state) % (400 * MINUTE))};
        struct rank_key key = {.study = 1};
        rank_apply(&key, latest_ms, open, count);
        assert_true(key.read_by_ms <= latest_ms);
        for (size_t i = 0; i < count; i++)
            assert_true(open[i].tier <= key.tier);
    }
}

struct waiting {
    struct rank_key key;
    int64_t latest_ms;
    bool here;
};

/* Who stood behind this one and stands before it now, though its read-by time has passed. */
static void none_passed(const struct waiting *before, const struct waiting *after, int64_t now_ms) {
    for (int x = 0; x < STUDIES; x++)
        for (int y = 0; y < STUDIES; y++)
            if (before[x].here && after[x].here && before[y].here && after[y].here &&
                before[x].key.read_by_ms < now_ms && after[y].key.tier != TIER_CRITICAL &&
                rank_before(&before[x].key, &before[y].key) &&
                rank_before(&after[y].key, &after[x].key))
                fail_msg("study %d overdue and passed by %d", x, y);
}

/* Studies arrive, findings of all tiers are raised on them, the first of the list is read: nobody
 * is passed after its own read-by time but by a critical one. */
static void overdue_studies_are_not_passed(void **unused) {
    (void)unused;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct waiting now[STUDIES] = {0}, before[STUDIES];
        uint64_t state = seed * 0x9E3779B97F4A7C15u;
        for (int64_t minute = 1; minute <= 400; minute++) {
            int64_t now_ms = minute * MINUTE;
            struct waiting *s = &now[roll(&state) % STUDIES];
            if (!s->here) { /* arrives (again) */
                s->latest_ms = now_ms + (int64_t)(10 + roll(&state) % 110) * MINUTE;
                s->key = (struct rank_key){s - now, false, TIER_ROUTINE, s->latest_ms};
                s->here = true;
                continue;
            }
            memcpy(before, now, sizeof before);
            if (roll(&state) % 4 == 0) {
                s->here = false;
                continue;
            }
            struct rank_finding open[2] = {
                {(enum rank_tier)(roll(&state) % 3), now_ms},
                {s->key.tier, s->key.read_by_ms - (s->key.tier ? rank_limit_ms(s->key.tier) : 0)}};
            rank_apply(&s->key, s->latest_ms, open, 2);
            none_passed(before, now, now_ms);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_stand_in_order),
        cmocka_unit_test(findings_set_tier_and_time),
        cmocka_unit_test(only_urgent_and_critical_kinds_move),
        cmocka_unit_test(every_study_has_one_place),
        cmocka_unit_test(replaying_moves_gives_the_order),
        cmocka_unit_test(no_study_starves),
        cmocka_unit_test(overdue_studies_are_not_passed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
