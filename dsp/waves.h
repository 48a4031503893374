/* waves.h - the a and v waves of one beat of an atrial trace. Pure.
 *
 * A wave is a maximum that stands out by 0.8 mmHg and a fifth of the beat's range on both sides
 * (round the beat: the trace is taken as periodic). A beat with exactly two waves is read, or with
 * three of which two stand close together (0.06 to 0.22 s x sqrt(interval)): a and c.
 * The atrium contracts shortly before the ventricle, and v comes at its end, so the way from a
 * to v is 0.41 s x sqrt(interval in s) within a quarter; the way that fits better names the
 * waves, and where both ways fit equally nothing is said. x is the lowest point from a to v, y the
 * lowest from v to the next a. Where a lead exists, its R waves name the waves instead: a late v
 * (0.52 s behind a, at 70 per minute) is taken for an a by its distance. */
#pragma once

enum { WAVES_POINTS = 192 };
#define WAVES_RATE_HZ 60.0f

struct waves { float a_mmhg, v_mmhg, c_mmhg, x_mmhg, y_mmhg; };

/* trace: one beat, evenly spaced by step_s. NAN where a wave is not seen. */
struct waves waves_find(const float *trace, int count, float step_s);

/* The same with an R wave at point r (outside 0..count-1: no wave has a name): a is the highest
 * wave from 140 ms before it to 100 ms behind, v the highest from 220 to 520 ms x sqrt(interval)
 * behind; both later_s later (a wedge: 0.12 s). Each is NAN where no wave stands there: no a in
 * atrial fibrillation. Windows after the reference pages of the field, from memory. */
struct waves waves_at_r(const float *trace, int count, float step_s, int r, float later_s);
