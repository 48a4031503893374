/* values.h - the numbers of one pulse, read from the trace itself and not from the smoothed one.
 * Pure.
 *
 * diastolic    lowest 80 ms mean, from 250 ms before the middle of the upstroke
 * foot         where the steepest tangent of the upstroke meets that level
 * systolic     highest 24 ms mean from the foot to 0.55 of the interval
 * mean         average from foot to foot; none if more than 2 % is missing
 * ventricles   end-diastolic: the last point before the upstroke at which dP/dt is below a tenth
 *              of its maximum; minimum: lowest 24 ms mean
 *              dP/dt max and min, tau: ventricle.h, from 250 Hz on
 * atria        a, v, c, x, y: waves.h
 *
 * The ring holds samples of at most 375 Hz, more than five seconds of them. Positions are sample
 * numbers of the ring. */
#pragma once
#include "proto/site.h"
#include <stdbool.h>
#include <stdint.h>

enum { VALUES_RING = 2048, VALUES_RATE_MAX_HZ = 375 };

struct values {
    /* settings: kept by values_reset() */
    float rate_hz;
    enum site_shape shape;
    /* state */
    float ring[VALUES_RING];
    int64_t count;
};

struct values_foot { int64_t at; float mmhg; };
struct values_span {
    int64_t foot, next_foot;
    float foot_mmhg;
    int64_t r_at; /* atria: the R wave of this beat; 0: no ECG; -1: it shows none here */
};

/* NAN where the trace cannot say. */
struct values_found {
    float systolic_mmhg, diastolic_mmhg, mean_mmhg;
    float edp_mmhg, edp_a_mmhg, minimum_mmhg, dpdt_max, dpdt_min, tau_ms;
    float a_mmhg, v_mmhg, c_mmhg, x_mmhg, y_mmhg;
    int64_t peak;
};

void values_init(struct values *v, float rate_hz, enum site_shape shape);
void values_reset(struct values *v);
void values_push(struct values *v, float mmhg); /* NAN: missing */

/* The foot of a pulse whose upstroke is at `at`, not earlier than `least`. */
struct values_foot values_foot(const struct values *v, double at, double least);
/* as_wedge: look for a and v as a wedge shows them, later than an atrium; also in the pulmonary
 * artery. */
struct values_found values_between(const struct values *v, struct values_span span, bool as_wedge);
/* The highest 24 ms mean of [from, to), and where: the provisional systolic. NAN: nothing there. */
float values_highest(const struct values *v, int64_t from, int64_t to, int64_t *where);
/* Between two samples: a straight line. NAN where either is missing or not in the ring. */
float values_at(const struct values *v, double where);
