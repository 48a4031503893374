#include "sim/vary.h"
#include <math.h>
#include <stddef.h>

enum { DRAWS_MAX = 20, LOOK_S = 10 };

static const struct {
    size_t offset;
    double weight;
} fields[] = {
#define X(field, weight) {offsetof(struct circulation_parameters, field), (weight)},
#include "sim/vary.def"
#undef X
};

static struct circulation_parameters draw(const struct circulation_parameters *row, double share,
                                          uint64_t *random) {
    struct circulation_parameters k = *row;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        double *field = (double *)((char *)&k + fields[i].offset);
        *field *= 1 + share * fields[i].weight * (2 * circulation_uniform(random) - 1);
    }
    return k;
}

struct seen {
    double most[NODES], mean[2][NODES], out_ml;
};

static void look(struct circulation *c, struct seen *s) {
    int half = LOOK_S * CIRCULATION_RATE_HZ / 2;
    *s = (struct seen){.out_ml = 0};
    for (int step = 0; step < 2 * half; step++) {
        circulation_step(c);
        for (int i = 0; i < NODES; i++) {
            s->most[i] = step ? fmax(s->most[i], c->pressure_mmhg[i]) : c->pressure_mmhg[i];
            s->mean[step / half][i] += c->pressure_mmhg[i] / half;
        }
        s->out_ml += c->flow_ml_s[VALVE_PULMONARY] / CIRCULATION_RATE_HZ;
    }
}

static bool between(double value, double least, double most) {
    return value >= least && value <= most;
}

bool vary_plausible(const struct circulation *settled) {
    struct circulation c = *settled;
    struct seen s;
    look(&c, &s);
    const double *m = s.mean[1];
    double error_ml = circulation_volume_ml(&c) - c.parameters.volume_ml - c.given_ml;
    return between(m[NODE_AO], 35, 150) && between(s.most[NODE_AO], 50, 240) &&
           between(s.most[NODE_LV], 50, 300) && between(m[NODE_PA], 3, 80) &&
           between(m[NODE_PCW], -4, 45) && between(m[NODE_RA], -5, 30) &&
           between(s.out_ml * 60 / LOOK_S / 1000, 1.2, 14) && fabs(m[NODE_PCW] - m[NODE_LA]) < 2 &&
           fabs(s.most[NODE_RV] - s.most[NODE_PA]) < 3 &&
           fabs(m[NODE_AO] - s.mean[0][NODE_AO]) < 3 && fabs(error_ml) < 1e-9;
}

bool vary_patient(const struct circulation_parameters *row, double share, uint64_t seed,
                  struct circulation *out) {
    uint64_t random = seed ^ 0x76617279u;
    for (int i = 0; i < DRAWS_MAX; i++) {
        struct circulation_parameters k = draw(row, share, &random);
        circulation_init(out, &k, seed);
        if (vary_plausible(out))
            return true;
    }
    return false;
}
