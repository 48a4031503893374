/* queue.h - what re-ordering does to the waits of a lab: a queue with readers, with and without it.
 *
 * Studies arrive at random (Poisson) and are read one after another by so many readers, each for a
 * random time (exponential); a share is critical, a share urgent. The same arrivals and readings
 * are played three times: in order of arrival; in the worklist's order (critical first, then
 * read-by time: arrival plus the longest wait, 30 min for an urgent one, 5 min for a critical one;
 * the rule of worklist/rank.h); in strict classes, for comparison. Nobody is interrupted. Pure. */
#pragma once
#include "sim/failure.h"
#include "sim/options.h"
#include <stdint.h>

enum queue_order { ORDER_ARRIVAL, ORDER_WORKLIST, ORDER_CLASSES, ORDERS };
enum queue_tier { TIER_OF_ROUTINE, TIER_OF_URGENT, TIER_OF_CRITICAL, TIERS };

struct queue_lab {
    double load;     /* share of the readers' time that is needed, below 1 */
    double readers;  /* 1 to 64, whole */
    double read_min; /* mean minutes for a study */
    double critical, urgent; /* shares of studies */
    double longest_wait_min; /* of a routine study */
    double studies;          /* how many are played; the first twentieth is not counted */
};

struct queue_waits {
    uint32_t n;
    double mean_min, p99_min, longest_min;
};

struct queue_result {
    struct queue_waits tier[TIERS];
    uint64_t passed; /* times that a study came behind one that arrived after its read-by time, and
                        that is not critical */
};

/* 0.95, 2 readers, 10 min, 0.05, 0.12, 120 min, 200,000 */
struct queue_lab queue_lab_default(void);
void queue_play(const struct queue_lab *lab, enum queue_order order, uint64_t seed,
                struct queue_result *out);

/* hemosim queue: --set load=0.9 --set readers=3 ... */
enum hemo_error queue_run(const struct options *options, struct failure *failure);
