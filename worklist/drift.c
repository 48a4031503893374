#include "worklist/drift.h"
#include <math.h>

static const double allowance = 0.5, most = 3;

void drift_push(struct drift *d, const struct drift_limits *l, enum drift_decision decision,
                double difference) {
    d->accepted += decision == DRIFT_ACCEPTED ? 1 : 0;
    d->adjusted += decision == DRIFT_ADJUSTED ? 1 : 0;
    d->rejected += decision == DRIFT_REJECTED ? 1 : 0;
    if (decision == DRIFT_REJECTED)
        return;
    double delta = difference - d->mean;
    d->n++;
    d->mean += delta / d->n;
    d->m2 += delta * (difference - d->mean);
    double z = fmin(fmax(difference / l->tolerance, -most), most);
    d->up = fmax(0, d->up + z - allowance);
    d->down = fmax(0, d->down - z - allowance);
}

double drift_sd(const struct drift *d) {
    return d->n > 1 ? sqrt(d->m2 / (d->n - 1)) : 0;
}

double drift_share(const struct drift *d) {
    int all = d->accepted + d->adjusted + d->rejected;
    return all > 0 ? (double)(d->adjusted + d->rejected) / all : 0;
}

bool drift_tripped(const struct drift *d, const struct drift_limits *l) {
    int all = d->accepted + d->adjusted + d->rejected;
    return d->up >= l->cusum || d->down >= l->cusum ||
           (all >= l->share_n && drift_share(d) > l->share);
}
