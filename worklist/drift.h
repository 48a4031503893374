/* drift.h - does the machine still agree with what people decide? Pure.
 *
 *     struct drift d = {0};
 *     drift_push(&d, &limits, DRIFT_ADJUSTED, -6.0);   // decided - machine, oldest first
 *     if (drift_tripped(&d, &limits)) ...              // the room falls back by one mode
 *
 * Bias and SD by Welford's recurrence. CUSUM, two-sided and tabular (Page 1954; from memory), of
 * the differences in tolerances with an allowance of 0.5; one difference counts for at most 3, so
 * that a typing error alone trips nothing. A rejected value has no difference and counts in
 * the share. */
#pragma once
#include <stdbool.h>

enum drift_decision { DRIFT_ACCEPTED, DRIFT_ADJUSTED, DRIFT_REJECTED };

struct drift_limits {
    double cusum, tolerance, share; /* 8, 2.0 units, 0.3 */
    int share_n;                    /* 20 decisions before the share counts */
};

struct drift {
    int n; /* with a difference */
    double mean, m2;
    double up, down; /* CUSUM */
    int accepted, adjusted, rejected;
};

void drift_push(struct drift *d, const struct drift_limits *l, enum drift_decision decision,
                double difference);
double drift_sd(const struct drift *d); /* 0 below two */
/* Adjusted and rejected of all decisions; 0 of none. */
double drift_share(const struct drift *d);
bool drift_tripped(const struct drift *d, const struct drift_limits *l);
