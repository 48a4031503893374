/* The queue model: order of arrival against theory, and what the worklist's order does to critical
 * and routine waits at 80 to 95 % load. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <cmocka.h>
#include "sim/queue.h"

/* Two readers, Poisson arrivals, exponential readings: Erlang's C for two is 2 r^2 / (1 + r), and
 * the mean wait is that times the mean reading over 2 (1 - r). */
static void arrival_order_is_as_theory_says(void **state) {
    (void)state;
    for (double load = 0.5; load < 0.85; load += 0.1) {
        struct queue_lab lab = queue_lab_default();
        struct queue_result r;
        lab.load = load;
        queue_play(&lab, ORDER_ARRIVAL, 7, &r);
        double wait = 2 * load * load / (1 + load) * lab.read_min / (2 * (1 - load));
        if (fabs(r.tier[TIER_OF_ROUTINE].mean_min / wait - 1) > 0.1)
            fail_msg("load %.1f: %.2f min (theory %.2f)", load, r.tier[TIER_OF_ROUTINE].mean_min,
                     wait);
    }
}

static void critical_waits_fall_and_routine_ones_hardly_grow(void **state) {
    (void)state;
    static const double loads[] = {0.8, 0.85, 0.9, 0.95};
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
        for (uint64_t seed = 1; seed <= 3; seed++) {
            struct queue_lab lab = queue_lab_default();
            struct queue_result before, after, classes;
            lab.load = loads[i];
            queue_play(&lab, ORDER_ARRIVAL, seed, &before);
            queue_play(&lab, ORDER_WORKLIST, seed, &after);
            queue_play(&lab, ORDER_CLASSES, seed, &classes);
            double fall =
                1 - after.tier[TIER_OF_CRITICAL].mean_min / before.tier[TIER_OF_CRITICAL].mean_min;
            double growth =
                after.tier[TIER_OF_ROUTINE].p99_min / before.tier[TIER_OF_ROUTINE].p99_min - 1;
            printf(
                "load %.2f seed %d: critical %5.1f -> %.1f min (-%.0f %%), routine p99 %+.1f %%, "
                "passed %d (classes %d)\n",
                loads[i], (int)seed, before.tier[TIER_OF_CRITICAL].mean_min,
                after.tier[TIER_OF_CRITICAL].mean_min, 100 * fall, 100 * growth, (int)after.passed,
                (int)classes.passed);
            assert_true(fall >= 0.75);
            assert_true(growth <= 0.2);
            assert_int_equal(after.passed, 0);
            assert_true(classes.passed > 0); /* what the count would catch */
        }
    }
}

/* Another seed is another lab; the same seed the same. */
static void seeds_differ(void **state) {
    (void)state;
    struct queue_lab lab = queue_lab_default();
    struct queue_result a, b;
    lab.studies = 2000;
    queue_play(&lab, ORDER_WORKLIST, 1, &a);
    queue_play(&lab, ORDER_WORKLIST, 1, &b);
    assert_true(a.tier[0].mean_min == b.tier[0].mean_min);
    for (uint64_t seed = 2; seed < 12; seed++) {
        queue_play(&lab, ORDER_WORKLIST, seed, &b);
        assert_true(fabs(a.tier[0].mean_min - b.tier[0].mean_min) > 1e-9);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrival_order_is_as_theory_says),
        cmocka_unit_test(critical_waits_fall_and_routine_ones_hardly_grow),
        cmocka_unit_test(seeds_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
