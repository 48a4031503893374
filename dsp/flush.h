/* flush.h - how a line rings when a fast flush ends: its natural frequency and damping. Pure.
 *
 *     if (flush_read(&(struct flush_trace){mmhg, count, rate_hz, release}, &found) == HEMO_OK) ...
 *
 * A closed flush valve is a step from the bag's pressure to the patient's: the trace behind it is
 * the step response of tube and transducer, a second-order system (Gardner, Anesthesiology 1981;
 * from memory): natural frequency fn, damping ratio zeta. The classic reading takes period and
 * amplitude ratio of the ring, which needs two clean swings and fails from zeta 0.6 on. Here the
 * whole response is fitted by least squares of its first differences (there the ring is large and
 * the pulse that goes on beneath it small) over fn, zeta and moment of release, with a level and
 * a slope for what lies beneath; a coarse grid first, then halved steps.
 *
 * grade: gain of the line, |H(f)|, over the ten harmonics of the pulse that make its shape. Within
 * 15 % of 1: adequate. More somewhere: underdamped, systolic and dP/dt read too high, diastolic too
 * low. Less: overdamped, the reverse. The mean is right in all of them. */
#pragma once
#include "proto/error.h"
#include <stdbool.h>

enum { FLUSH_SAMPLES_MAX = 160 };

struct flush_trace {
    const float *mmhg; /* the last of the plateau first, then what followed; 0.12 s at least */
    int count;         /* at most FLUSH_SAMPLES_MAX */
    double rate_hz;
    bool cut_off;      /* the plateau is a converter's end, and not what the line showed */
};

struct flush_found {
    double natural_hz, damping;
    double spread_hz; /* how far the first half of the response, read alone, differs */
    double fit; /* share of the differences' variance that is explained, 0..1 */
};

enum flush_grade { FLUSH_ADEQUATE, FLUSH_UNDERDAMPED, FLUSH_OVERDAMPED };

/* HEMO_BAD_NUMBER: missing samples, too few, or nothing that a second-order line would do: less
 * than 0.95 explained, or beyond 3..80 Hz and 0.4 of the rate, or zeta beyond 0.03..2.5; or a pulse
 * that went on beneath spoils it: the first half of the response says something else by 6 %. */
enum hemo_error flush_read(const struct flush_trace *trace, struct flush_found *out);
enum flush_grade flush_grade(const struct flush_found *found, double pulse_per_min);
/* |H(f)| */
double flush_gain(const struct flush_found *found, double hz);
