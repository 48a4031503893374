/* biquad.h - a second-order section, designed once and run sample by sample. Pure.
 *
 *     struct biquad_design low;
 *     biquad_lowpass(&low, 12, 125);             // Butterworth, -3 dB at 12 Hz, samples at 125 Hz
 *     y = biquad_push(&state, &low, x);
 * liquid-dsp makes the coefficients when the design is made; nothing of it is kept, and the
 * sample path is ours, so that the state is a plain value. */
#pragma once

struct biquad_design { float b0, b1, b2, a1, a2; };
struct biquad { float s1, s2; };

/* cutoff_hz must lie between 0 and rate_hz / 2. */
void biquad_lowpass(struct biquad_design *design, float cutoff_hz, float rate_hz);
void biquad_highpass(struct biquad_design *design, float cutoff_hz, float rate_hz);

static inline float biquad_push(struct biquad *q, const struct biquad_design *design, float x) {
    float y = design->b0 * x + q->s1;
    q->s1 = design->b1 * x - design->a1 * y + q->s2;
    q->s2 = design->b2 * x - design->a2 * y;
    return y;
}
/* The state as after an endless run of x: no start-up transient. */
void biquad_settle(struct biquad *q, const struct biquad_design *design, float x);
