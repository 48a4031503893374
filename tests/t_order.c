/* t_order - the sequencer under random threads: whatever comes when, every event stands behind its
 * cause. */
#include "ingest/order.h"
#include "tests/frames.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

enum { SEEDS = 300, INPUTS = 400, WORKERS = 4, EVENTS_MAX = 4 * INPUTS };

struct entry {
    bool event;
    uint64_t number; /* of the input, or the event's cause */
    int worker;
    uint64_t position, sequence;
};

struct world {
    struct order order;
    uint64_t causes[WORKERS][EVENTS_MAX]; /* each worker's events, oldest first */
    int made[WORKERS], visible[WORKERS], taken[WORKERS];
    uint64_t inputs_visible, inputs_taken;
    struct entry journal[INPUTS + EVENTS_MAX];
    int count;
};

/* Worker w works on the inputs of number % WORKERS == w and says 0 to 2 things about each. */
static void make_events(struct world *w, struct dice *dice) {
    for (uint64_t input = 0; input < INPUTS; input++)
        for (uint64_t n = dice_roll(dice) % 3; n > 0; n--) {
            int worker = (int)(input % WORKERS);
            w->causes[worker][w->made[worker]++] = input;
        }
}

/* Threads go on by some random amount: an event shows only after its input did. */
static void advance(struct world *w, struct dice *dice) {
    w->inputs_visible += dice_roll(dice) % 5;
    if (w->inputs_visible > INPUTS)
        w->inputs_visible = INPUTS;
    for (int i = 0; i < WORKERS; i++)
        for (uint64_t n = dice_roll(dice) % 4; n > 0; n--)
            if (w->visible[i] < w->made[i] && w->causes[i][w->visible[i]] < w->inputs_visible)
                w->visible[i]++;
}

static void take_some(struct world *w, struct dice *dice) {
    struct order_offer offers[WORKERS];
    for (uint64_t n = dice_roll(dice) % 6; n > 0 && w->inputs_taken < w->inputs_visible; n--) {
        struct entry entry = {.number = w->inputs_taken++};
        entry.position = order_input(&w->order, entry.number);
        w->journal[w->count++] = entry;
    }
    for (uint64_t n = dice_roll(dice) % 6; n > 0; n--) {
        for (int i = 0; i < WORKERS; i++) {
            offers[i].has = w->taken[i] < w->visible[i];
            offers[i].cause = offers[i].has ? w->causes[i][w->taken[i]] : 0;
        }
        int worker = order_pick(&w->order, offers, WORKERS);
        if (worker < 0)
            break;
        struct entry entry = {.event = true, .worker = worker, .number = offers[worker].cause};
        entry.sequence = order_event(&w->order);
        entry.position = order_position(&w->order);
        w->taken[worker]++;
        w->journal[w->count++] = entry;
    }
}

static bool finished(const struct world *w) {
    bool done = w->inputs_taken == INPUTS;
    for (int i = 0; i < WORKERS; i++)
        done = done && w->taken[i] == w->made[i];
    return done;
}

static void check(const struct world *w) {
    uint64_t inputs = 0, events = 7, last_cause[WORKERS] = {0};
    for (int i = 0; i < w->count; i++) {
        const struct entry *entry = &w->journal[i];
        assert_int_equal(entry->position, 100 + (uint64_t)i);
        if (!entry->event) {
            assert_int_equal(entry->number, inputs++);
            continue;
        }
        assert_true(entry->number < inputs); /* its cause stands before it */
        assert_int_equal(entry->sequence, events++);
        assert_true(entry->number >= last_cause[entry->worker]); /* a room keeps its order */
        last_cause[entry->worker] = entry->number;
    }
    assert_int_equal(inputs, INPUTS);
}

static void events_stand_behind_their_cause(void **state) {
    static struct world w;
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct dice dice = dice_of(seed);
        w = (struct world){0};
        order_init(&w.order, 7, 100);
        make_events(&w, &dice);
        for (int turn = 0; turn < 100000 && !finished(&w); turn++) {
            advance(&w, &dice);
            take_some(&w, &dice);
        }
        assert_true(finished(&w));
        check(&w);
    }
}

static void picks_the_oldest_that_is_ready(void **state) {
    struct order order;
    (void)state;
    order_init(&order, 0, 0);
    struct order_offer offers[3] = {{true, 2}, {true, 1}, {true, 1}};
    assert_int_equal(order_pick(&order, offers, 3), -1);
    order_input(&order, 0);
    assert_int_equal(order_pick(&order, offers, 3), -1);
    order_input(&order, 1);
    assert_int_equal(order_pick(&order, offers, 3), 1);
    offers[1].has = offers[2].has = false;
    assert_int_equal(order_pick(&order, offers, 3), -1);
    order_input(&order, 2);
    assert_int_equal(order_pick(&order, offers, 3), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(picks_the_oldest_that_is_ready),
        cmocka_unit_test(events_stand_behind_their_cause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
