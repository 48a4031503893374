#include "dsp/biquad.h"
#include <assert.h>
#include <complex.h>
#include <liquid/liquid.h>

enum { ORDER = 2, TAPS = 3 };

static void design_butterworth(struct biquad_design *design, liquid_iirdes_bandtype band,
                               float cutoff_hz, float rate_hz) {
    assert(cutoff_hz > 0 && cutoff_hz < 0.5f * rate_hz);
    float b[TAPS] = {0}, a[TAPS] = {1};
    /* The last two numbers are ripples, which a Butterworth design does not have but liquid
     * checks. */
    liquid_iirdes(LIQUID_IIRDES_BUTTER, band, LIQUID_IIRDES_SOS, ORDER, cutoff_hz / rate_hz, 0,
                  1, 60, b, a);
    *design = (struct biquad_design){b[0] / a[0], b[1] / a[0], b[2] / a[0], a[1] / a[0],
                                     a[2] / a[0]};
}

void biquad_lowpass(struct biquad_design *design, float cutoff_hz, float rate_hz) {
    design_butterworth(design, LIQUID_IIRDES_LOWPASS, cutoff_hz, rate_hz);
}

void biquad_highpass(struct biquad_design *design, float cutoff_hz, float rate_hz) {
    design_butterworth(design, LIQUID_IIRDES_HIGHPASS, cutoff_hz, rate_hz);
}

void biquad_settle(struct biquad *q, const struct biquad_design *design, float x) {
    float gain = (design->b0 + design->b1 + design->b2) / (1 + design->a1 + design->a2);
    float y = gain * x;
    q->s2 = design->b2 * x - design->a2 * y;
    q->s1 = design->b1 * x - design->a1 * y + q->s2;
}
