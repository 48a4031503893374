#include "sim/queue.h"
#include "sim/circulation.h"
#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READERS_MAX = 64 };
static const double limit_min[TIERS] = {[TIER_OF_URGENT] = 30, [TIER_OF_CRITICAL] = 5};
static const char *const order_names[ORDERS] = {"arrival", "worklist", "classes"};
static const char *const tier_names[TIERS] = {"routine", "urgent", "critical"};

struct study {
    double arrived_min, read_by_min, reading_min, wait_min;
    enum queue_tier tier;
};

struct queue_lab queue_lab_default(void) {
    return (struct queue_lab){0.95, 2, 10, 0.05, 0.12, 120, 200000};
}

static double exponential(uint64_t *state, double mean) {
    return -mean * log(1 - circulation_uniform(state));
}

static struct study *make_studies(const struct queue_lab *lab, uint64_t seed) {
    size_t n = (size_t)lab->studies;
    struct study *studies = calloc(n, sizeof *studies);
    uint64_t state =
        seed * 0xD1342543DE82EF95u; /* not splitmix64's own step: seeds would overlap */
    double at_min = 0, between_min = lab->read_min / (lab->load * lab->readers);
    for (size_t i = 0; studies && i < n; i++) {
        struct study *s = &studies[i];
        double kind = circulation_uniform(&state);
        s->arrived_min = at_min += exponential(&state, between_min);
        s->reading_min = exponential(&state, lab->read_min);
        s->tier = kind < lab->critical                 ? TIER_OF_CRITICAL
                  : kind < lab->critical + lab->urgent ? TIER_OF_URGENT
                                                       : TIER_OF_ROUTINE;
        double limit = s->tier == TIER_OF_ROUTINE ? lab->longest_wait_min : limit_min[s->tier];
        s->read_by_min = s->arrived_min + fmin(limit, lab->longest_wait_min);
    }
    return studies;
}

static bool before(enum queue_order order, const struct study *a, const struct study *b) {
    if (order == ORDER_WORKLIST && (a->tier == TIER_OF_CRITICAL) != (b->tier == TIER_OF_CRITICAL))
        return a->tier == TIER_OF_CRITICAL;
    if (order == ORDER_WORKLIST && a->read_by_min != b->read_by_min)
        return a->read_by_min < b->read_by_min;
    if (order == ORDER_CLASSES && a->tier != b->tier)
        return a->tier > b->tier;
    return a->arrived_min < b->arrived_min;
}

struct line { /* who waits, in order */
    struct study **study;
    size_t count;
};

static void line_up(struct line *l, enum queue_order order, struct study *s, uint64_t *passed) {
    size_t at = l->count++;
    for (; at > 0 && before(order, s, l->study[at - 1]); at--) {
        struct study *behind = l->study[at - 1];
        if (behind->read_by_min < s->arrived_min && s->tier != TIER_OF_CRITICAL)
            ++*passed;
        l->study[at] = behind;
    }
    l->study[at] = s;
}

static struct study *next_in(struct line *l) {
    struct study *first = l->study[0];
    memmove(l->study, l->study + 1, --l->count * sizeof *l->study);
    return first;
}

static int by_number(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static struct queue_waits waits_of(const struct study *studies, size_t n, enum queue_tier tier) {
    double *wait = malloc((n + 1) * sizeof *wait), sum = 0;
    struct queue_waits out = {0};
    for (size_t i = n / 20; wait && i < n; i++) {
        if (studies[i].tier != tier)
            continue;
        wait[out.n++] = studies[i].wait_min;
        sum += studies[i].wait_min;
    }
    if (wait && out.n > 0) {
        qsort(wait, out.n, sizeof *wait, by_number);
        out.mean_min = sum / out.n;
        out.p99_min = wait[(size_t)(0.99 * (out.n - 1))];
        out.longest_min = wait[out.n - 1];
    }
    free(wait);
    return out;
}

static void serve(const struct queue_lab *lab, enum queue_order order, struct study *studies,
                  struct queue_result *out) {
    double free_min[READERS_MAX] = {0};
    size_t n = (size_t)lab->studies, arrived = 0, readers = (size_t)lab->readers;
    struct line line = {calloc(n, sizeof *line.study), 0};
    for (size_t done = 0; line.study && done < n; done++) {
        size_t reader = 0;
        for (size_t r = 1; r < readers; r++)
            reader = free_min[r] < free_min[reader] ? r : reader;
        double now_min = free_min[reader];
        if (line.count == 0 && studies[arrived].arrived_min > now_min)
            now_min = studies[arrived].arrived_min;
        while (arrived < n && studies[arrived].arrived_min <= now_min)
            line_up(&line, order, &studies[arrived++], &out->passed);
        struct study *s = next_in(&line);
        s->wait_min = now_min - s->arrived_min;
        free_min[reader] = now_min + s->reading_min;
    }
    free(line.study);
}

void queue_play(const struct queue_lab *lab, enum queue_order order, uint64_t seed,
                struct queue_result *out) {
    assert(lab->readers >= 1 && lab->readers <= READERS_MAX && lab->load < 1);
    *out = (struct queue_result){.passed = 0};
    struct study *studies = make_studies(lab, seed);
    if (!studies)
        return;
    serve(lab, order, studies, out);
    for (int tier = 0; tier < TIERS; tier++)
        out->tier[tier] = waits_of(studies, (size_t)lab->studies, (enum queue_tier)tier);
    free(studies);
}

static const struct {
    const char *name;
    size_t offset;
    double min, max;
} settings[] = {
#define ROW(field, min, max)                                                                       \
    { #field, offsetof(struct queue_lab, field), min, max }
    ROW(load, 0.01, 0.99),       ROW(readers, 1, READERS_MAX),
    ROW(read_min, 0.1, 240),     ROW(critical, 0, 1),
    ROW(urgent, 0, 1),           ROW(longest_wait_min, 1, 10080),
    ROW(studies, 1000, 2000000),
#undef ROW
};

static enum hemo_error set(struct queue_lab *lab, const char *text, struct failure *failure) {
    const char *equals = strchr(text, '=');
    char *end = NULL;
    double value = equals ? strtod(equals + 1, &end) : 0;
    for (size_t i = 0; equals && i < sizeof settings / sizeof settings[0]; i++) {
        size_t n = strlen(settings[i].name);
        if ((size_t)(equals - text) != n || strncmp(text, settings[i].name, n) != 0)
            continue;
        if (end == equals + 1 || *end || !(value >= settings[i].min && value <= settings[i].max))
            return failure_set(failure, HEMO_BAD_CONFIG, "--set %s: out of range (want %g to %g)",
                               text, settings[i].min, settings[i].max);
        memcpy((char *)lab + settings[i].offset, &value, sizeof value);
        return HEMO_OK;
    }
    return failure_set(failure, HEMO_BAD_CONFIG,
                       "--set %.60s: unknown (want load, readers, read_min, critical, urgent, "
                       "longest_wait_min or studies, as NAME=NUMBER)",
                       text);
}

static void print(const struct options *o, enum queue_order order, const struct queue_result *r) {
    for (int i = TIERS - 1; i >= 0; i--) {
        const struct queue_waits *w = &r->tier[i];
        if (o->json)
            printf("{\"order\":\"%s\",\"tier\":\"%s\",\"n\":%u,\"mean_min\":%.1f,\"p99_min\":%.1f,"
                   "\"longest_min\":%.1f,\"passed\":%llu}\n",
                   order_names[order], tier_names[i], w->n, w->mean_min, w->p99_min, w->longest_min,
                   (unsigned long long)r->passed);
        else
            printf("%-9s %-9s %8u %9.1f %9.1f %9.1f %9llu\n", order_names[order], tier_names[i],
                   w->n, w->mean_min, w->p99_min, w->longest_min, (unsigned long long)r->passed);
    }
}

enum hemo_error queue_run(const struct options *options, struct failure *failure) {
    struct queue_lab lab = queue_lab_default();
    for (int i = 0; i < options->sets_count; i++) {
        enum hemo_error error = set(&lab, options->sets[i], failure);
        if (error)
            return error;
    }
    lab.readers = floor(lab.readers);
    if (lab.critical + lab.urgent > 1)
        return failure_set(failure, HEMO_BAD_CONFIG, "critical and urgent are more than all");
    if (!options->json)
        printf("load %g, %g readers, %g min a study, %g %% critical, %g %% urgent, longest wait %g "
               "min, seed %llu\n%-9s %-9s %8s %9s %9s %9s %9s\n",
               lab.load, lab.readers, lab.read_min, 100 * lab.critical, 100 * lab.urgent,
               lab.longest_wait_min, (unsigned long long)options->seed, "order", "tier", "studies",
               "mean min", "p99 min", "longest", "passed");
    for (int order = 0; order < ORDERS; order++) {
        struct queue_result result;
        queue_play(&lab, (enum queue_order)order, options->seed, &result);
        print(options, (enum queue_order)order, &result);
    }
    return HEMO_OK;
}
