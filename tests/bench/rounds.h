/* rounds.h - what a bench program prints: ours beside its baseline, alternating, as a ratio.
 *
 *     struct rounds r = {.goal = "G3", .name = "decode", .base = "memcpy", .unit = "ns",
 *                        .limit = 12, .ours = decode_ns, .theirs = memcpy_ns, .context = &w};
 *     failures += rounds_run(&r, "samples=%llu", n);
 *
 * Ours and the baseline run A B A B ..., so that the machine's mood strikes both; each gives its
 * cost in `unit` (CPU time of the thread, which repeats on shared cores; cost_ns()), in a round the
 * least of three tries, for what disturbs can only add. The median of the per-round ratios is
 * compared with the limit: at most, or at least for a limit below zero (-5: at least 5). One line
 * to stdout, one JSON object to the file named in BENCH_JSON. BENCH_SLACK (1 by default) widens the
 * limit, BENCH_ROUNDS shortens the run. A baseline that wanders by more than a quarter makes the
 * line UNDECIDED instead of PASS or FAIL. */
#pragma once
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS_MAX = 15, ROUNDS_USUAL = 9, ROUNDS_TRIES = 3 };

typedef double rounds_fn(void *context);

struct rounds {
    const char *goal, *name, *base, *unit;
    double limit; /* NAN: no goal, the figure only */
    rounds_fn *ours, *theirs;
    void *context;
};

static inline double cost_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static inline double setting(const char *name, double otherwise) {
    const char *text = getenv(name);
    return text != NULL && *text != '\0' ? strtod(text, NULL) : otherwise;
}

static inline int rounds_compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static inline double rounds_middle(double *x, int n) {
    qsort(x, (size_t)n, sizeof *x, rounds_compare);
    return x[n / 2];
}

/* PASS, FAIL, UNDECIDED, or "-" where there is no goal. */
static inline const char *rounds_verdict(double ratio, double limit, double wander) {
    const double slack = setting("BENCH_SLACK", 1);
    if (isnan(limit))
        return "-";
    const bool kept = limit < 0 ? ratio >= -limit / slack : ratio <= limit * slack;
    if (wander > 0.25)
        return "UNDECIDED";
    return kept ? "PASS" : "FAIL";
}

/* One line of the table, whatever it was measured with. Returns 1 for FAIL. */
static inline int rounds_say(const struct rounds *r, const double value[2], const double ratio[3],
                             double wander, const char *check) {
    const char *verdict = rounds_verdict(ratio[0], r->limit, wander);
    char goal[32] = "";
    if (!isnan(r->limit))
        snprintf(goal, sizeof goal, "goal %s %g", r->limit < 0 ? ">=" : "<=", fabs(r->limit));
    printf("%-4s %-22s %9.4g %s  base %-18s %9.4g  ratio %7.4g [%.4g %.4g]  %-12s %-9s %s\n",
           r->goal, r->name, value[0], r->unit, r->base, value[1], ratio[0], ratio[1], ratio[2],
           goal, verdict, check);
    fflush(stdout);
    FILE *json = getenv("BENCH_JSON") ? fopen(getenv("BENCH_JSON"), "a") : NULL;
    if (json != NULL) {
        fprintf(json,
                "{\"goal\":\"%s\",\"name\":\"%s\",\"base\":\"%s\",\"unit\":\"%s\",\"ours\":%.6g,"
                "\"theirs\":%.6g,\"ratio\":%.6g,\"least\":%.6g,\"most\":%.6g,\"verdict\":\"%s\"}\n",
                r->goal, r->name, r->base, r->unit, value[0], value[1], ratio[0], ratio[1],
                ratio[2], verdict);
        fclose(json);
    }
    return verdict[0] == 'F';
}

/* A point of a growth chart (tests/bench/chart): into the same file. */
static inline void rounds_point(const char *series, double x, double y) {
    FILE *json = getenv("BENCH_JSON") ? fopen(getenv("BENCH_JSON"), "a") : NULL;
    if (json == NULL)
        return;
    fprintf(json, "{\"series\":\"%s\",\"x\":%.6g,\"y\":%.6g}\n", series, x, y);
    fclose(json);
}

__attribute__((format(printf, 2, 3))) static inline int rounds_run(const struct rounds *r,
                                                                   const char *check, ...) {
    double ours[ROUNDS_MAX], theirs[ROUNDS_MAX], ratios[ROUNDS_MAX];
    int n = (int)setting("BENCH_ROUNDS", ROUNDS_USUAL);
    n = n < 1 ? 1 : n > ROUNDS_MAX ? ROUNDS_MAX : n;
    for (int i = -1; i < n; i++) { /* the first round warms, and is overwritten */
        int at = i < 0 ? 0 : i;
        ours[at] = theirs[at] = INFINITY;
        for (int k = 0; k < ROUNDS_TRIES; k++) {
            ours[at] = fmin(ours[at], r->ours(r->context));
            theirs[at] = fmin(theirs[at], r->theirs(r->context));
        }
    }
    for (int i = 0; i < n; i++)
        ratios[i] = ours[i] / theirs[i];
    const double ratio = rounds_middle(ratios, n);
    const double value[2] = {rounds_middle(ours, n), rounds_middle(theirs, n)};
    double squares = 0;
    for (int i = 0; i < n; i++)
        squares += (theirs[i] - value[1]) * (theirs[i] - value[1]);
    char text[160];
    va_list list;
    va_start(list, check);
    vsnprintf(text, sizeof text, check, list);
    va_end(list);
    return rounds_say(r, value, (const double[3]){ratio, ratios[0], ratios[n - 1]},
                      sqrt(squares / n) / value[1], text);
}
