/* A feed's clock against this machine's, on a virtual clock: the wire rows `clock`, `rate` and
 * `jump` of faults.def are found within their time, and nothing that a way does to records
 * (jitter, a partition, a burst, a slow line, what was held before the connection) is taken for
 * a clock. */
#include "ingest/pace.h"
#include "sim/wire_fault.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { RECORDS = 100000 };
static const double block_s = 0.04, began_s = 5000;

/* When each record arrives: what a test bends. Ends of blocks, in order. */
static struct {
    double at_s[RECORDS], stream_s[RECORDS];
    int count;
} wire;

struct found {
    double first_s, value, ended_s; /* of PACE_IS; first_s < 0: never */
    double leap_at_s, leap_s;
    int said;
};

static double dice(unsigned *seed) {
    *seed = *seed * 1664525u + 1013904223u;
    return (double)(*seed >> 8) / (1 << 24);
}

/* A feed of so many seconds under that fault of faults.def; up to 15 ms late, now and then 150. */
static void send(const char *fault, double seconds) {
    struct fault_list list = {.count = 0};
    struct failure failure;
    unsigned seed = 7;
    if (fault && fault_list_parse(&fault, 1, &list, &failure))
        fail_msg("%s", failure.text);
    wire.count = (int)(seconds / block_s);
    assert_true(wire.count <= RECORDS);
    for (int i = 0; i < wire.count; i++) {
        double stream_s = (i + 1) * block_s, late_s = 0.015 * dice(&seed);
        if (dice(&seed) < 0.01)
            late_s = 0.15;
        wire.stream_s[i] = stream_s;
        wire.at_s[i] = wire_fault_due_s(&list, stream_s) + late_s;
        if (i && wire.at_s[i] < wire.at_s[i - 1])
            wire.at_s[i] = wire.at_s[i - 1];
    }
}

/* Nothing arrives from there on for so long; then what waits comes at that many times its pace. */
static void hold(double from_s, double lasts_s, double times) {
    double free_s = from_s + lasts_s;
    for (int i = 0; i < wire.count; i++) {
        if (wire.at_s[i] < from_s || wire.at_s[i] >= free_s)
            continue;
        wire.at_s[i] = free_s;
        free_s += block_s / times;
    }
}

static struct found watch(struct pace *p) {
    struct found found = {.first_s = -1, .ended_s = -1, .leap_at_s = -1};
    for (int i = 0; i < wire.count; i++) {
        double value;
        pace_record(p, 9, (uint64_t)i + 1, wire.stream_s[i],
                    (uint64_t)llround((began_s + wire.at_s[i]) * 1e9));
        switch (pace_step(p, &value)) {
        case PACE_NOTHING:
            break;
        case PACE_LEAPT:
            found.leap_at_s = wire.at_s[i];
            found.leap_s = value;
            break;
        case PACE_IS:
            found.said++;
            if (value != 1 && found.first_s < 0)
                found.first_s = wire.at_s[i];
            if (value != 1)
                found.value = value;
            else
                found.ended_s = wire.at_s[i];
        }
    }
    return found;
}

static struct found watch_anew(void) {
    struct pace p = {.epoch = 0};
    return watch(&p);
}

static void silent(const char *what) {
    struct found f = watch_anew();
    if (f.first_s >= 0 || f.leap_at_s >= 0)
        fail_msg("%s: said %.4f at %.1f s, leapt %.2f at %.1f s", what, f.value, f.first_s,
                 f.leap_s, f.leap_at_s);
}

/* The row's fault from 100 s to 300 s; found within so many seconds, and over when it ends. */
static void finds(const char *fault, double pace, double tolerance, double within_s) {
    send(fault, 1000);
    struct found f = watch_anew();
    print_message("%-28s %.5f after %.1f s, right again at %.1f s\n", fault, f.value,
                  f.first_s - 100, f.ended_s);
    assert_true(f.first_s >= 100 && f.first_s <= 100 + within_s);
    assert_true(fabs(f.value - pace) < tolerance);
    assert_true(f.leap_at_s < 0);
    assert_true(f.ended_s > f.first_s);
}

static void test_wrong_rates_within_six_seconds(void **state) {
    (void)state;
    finds("rate@100+200", 0.5, 0.01, 6);
    finds("rate@100+200:times=0.25", 0.25, 0.01, 6);
    finds("rate@100+200:times=2", 2, 0.05, 6);
    finds("rate@100+200:times=4", 4, 0.1, 6);
    finds("clock@100+200:ppm=100000", 1.1, 0.01, 6);
    finds("clock@100+200:ppm=-60000", 0.94, 0.01, 6);
    finds("clock@100+200:ppm=-20000", 0.98, 0.005, 12);
}

static void test_a_drift_within_a_minute(void **state) {
    (void)state;
    finds("clock@100+200", 1.005, 0.0005, 60);
    finds("clock@100+200:ppm=-5000", 0.995, 0.0005, 60);
    finds("clock@100+200:ppm=2000", 1.002, 0.0005, 60);
}

/* 200 ppm is the reference's bound (F-8): 300 are found, 100 are not said. */
static void test_a_slow_drift_within_six_minutes(void **state) {
    (void)state;
    for (int sign = -1; sign < 2; sign += 2) {
        char text[64];
        snprintf(text, sizeof text, "clock@100+2000:ppm=%d", 300 * sign);
        send(text, 2000);
        struct found f = watch_anew();
        print_message("%s: %.6f after %.0f s\n", text, f.value, f.first_s - 100);
        assert_true(f.first_s > 100 && f.first_s < 100 + 360);
        assert_true(fabs(f.value - 1 - 3e-4 * sign) < 5e-5);
        snprintf(text, sizeof text, "clock@100+2000:ppm=%d", 100 * sign);
        send(text, 3000);
        silent(text);
    }
}

static void test_a_jump_at_once(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        double by_s = i ? 0.3 : 5;
        send(NULL, 300);
        for (int k = 0; k < wire.count; k++)
            if (wire.stream_s[k] > 120)
                wire.stream_s[k] += by_s;
        struct found f = watch_anew();
        assert_true(f.leap_at_s > 120 && f.leap_at_s < 120.3);
        assert_true(fabs(f.leap_s - by_s) < 0.06);
        assert_true(f.first_s < 0); /* and nothing behind it: the clock goes on rightly */
    }
    send(NULL, 300); /* below what is said */
    for (int k = 0; k < wire.count; k++)
        if (wire.stream_s[k] > 120)
            wire.stream_s[k] += 0.2;
    silent("a leap of 0.2 s");
}

/* What a way does. */
static void test_ways_are_not_clocks(void **state) {
    (void)state;
    static const struct {
        double lasts_s, times;
    } ways[] = {{0.5, 1000}, {2, 1000}, {2, 3},  {7, 1000}, {7, 1.2},
                {20, 2},     {60, 10},  {60, 1.5}, {300, 1000}, {300, 4}};
    send(NULL, 3000);
    silent("an even wire");
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        char what[64];
        snprintf(what, sizeof what, "held for %g s, then %g times", ways[i].lasts_s, ways[i].times);
        send(NULL, 2500);
        hold(700, ways[i].lasts_s, ways[i].times);
        silent(what);
        send(NULL, 2500);
        hold(3, ways[i].lasts_s, ways[i].times); /* before anything is known */
        struct found f = watch_anew();
        assert_true(f.leap_at_s < 0);
    }
    send(NULL, 600); /* every 20 s a pause of 1.5 s */
    for (int k = 1; k < 30; k++)
        hold(20 * k, 1.5, 20);
    silent("pauses");
    send(NULL, 600); /* the way becomes 3 s longer, for good */
    for (int k = 0; k < wire.count; k++)
        wire.at_s[k] += wire.at_s[k] > 200 ? 3 : 0;
    silent("a longer way");
}

/* A feed that comes back with a minute in its store, over a line that carries three times the pace:
 * nothing of it was known here before. Without what its Hello says it would look too fast. */
static void test_what_was_held_is_not_judged(void **state) {
    (void)state;
    for (int told = 0; told < 2; told++) {
        struct pace p = {.epoch = 0};
        send(NULL, 300);
        hold(0, 60, 3);
        pace_hello(&p, told ? (uint64_t)(60 / block_s) + 1 : 0, (uint64_t)((began_s + 60) * 1e9));
        struct found f = watch(&p);
        if (told)
            assert_true(f.first_s < 0 && f.leap_at_s < 0);
        else
            assert_true(f.first_s > 0);
    }
}

/* Another epoch begins with nothing said; one that goes on over a restart is said anew. */
static void test_epochs(void **state) {
    (void)state;
    struct pace p = {.epoch = 0};
    double value = 0;
    send("rate@100+200", 120);
    watch(&p);
    assert_true(p.said < -0.4);
    pace_record(&p, 10, 0, 0, 1);
    assert_true(p.said == 0 && p.pace == 0 && pace_step(&p, &value) == PACE_NOTHING);
    struct pace recovered = {.epoch = 9, .said = NAN, .held_lead_s = -HUGE_VAL};
    send(NULL, 20);
    struct found f = watch(&recovered);
    assert_int_equal(f.said, 1);
    assert_true(f.first_s < 0 && f.ended_s < 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_rates_within_six_seconds),
        cmocka_unit_test(test_a_drift_within_a_minute),
        cmocka_unit_test(test_a_slow_drift_within_six_minutes),
        cmocka_unit_test(test_a_jump_at_once),
        cmocka_unit_test(test_ways_are_not_clocks),
        cmocka_unit_test(test_what_was_held_is_not_judged),
        cmocka_unit_test(test_epochs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
