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
 * That is some thousand fits, 10 ms: too long for the path of a sample. There it goes in steps:
 *
 *     if (flush_begin(&search, &trace) != HEMO_OK) return;
 *     while (!flush_step(&search, &trace, FLUSH_FITS)) wait_for_the_next_sample();
 *     if (flush_end(&search, &trace, &found) == HEMO_OK) ...
 *
 * A step computes at most so many fits and allocates nothing; flush_read() is all steps at once,
 * with the same result to the bit.
 *
 * grade: gain of the line, |H(f)|, over the ten harmonics of the pulse that make its shape. Within
 * 15 % of 1: adequate. More somewhere: underdamped, systolic and dP/dt read too high, diastolic too
 * low. Less: overdamped, the reverse. The mean is right in all of them. */
#pragma once
#include "proto/error.h"
#include <stdbool.h>
#include <stdint.h>

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

/* Of one step, 80 us; and the most steps that a search can take. */
enum { FLUSH_FITS = 32, FLUSH_STEPS_MAX = 1430 };

/* One guess at the line. start: of the fall, in samples from the first. */
struct flush_model {
    double hz, damping, start;
};

/* A search that goes on: a plain value; hands off. */
struct flush_search {
    int8_t phase, starts;          /* what is done now; moments of release that were tried */
    int16_t count, place;          /* samples that are fitted; place in the grid or in a turn */
    int16_t halvings, turns, most;
    bool moved;
    double share, least, best_least;
    struct flush_model now, best;  /* of this search, and of those before it; at the end the brief
                                      one and the answer */
};

enum flush_grade { FLUSH_ADEQUATE, FLUSH_UNDERDAMPED, FLUSH_OVERDAMPED };

/* HEMO_BAD_NUMBER: missing samples, too few, or nothing that a second-order line would do: less
 * than 0.95 explained, or beyond 3..80 Hz and 0.4 of the rate, or zeta beyond 0.03..2.5; or a pulse
 * that went on beneath spoils it: the first half of the response says something else by 6 %. */
enum hemo_error flush_begin(struct flush_search *s, const struct flush_trace *trace);
/* True: it is done. The trace is that of flush_begin(). */
bool flush_step(struct flush_search *s, const struct flush_trace *trace, int fits);
enum hemo_error flush_end(const struct flush_search *s, const struct flush_trace *trace,
                          struct flush_found *out);
enum hemo_error flush_read(const struct flush_trace *trace, struct flush_found *out);
enum flush_grade flush_grade(const struct flush_found *found, double pulse_per_min);
/* |H(f)| */
double flush_gain(const struct flush_found *found, double hz);
