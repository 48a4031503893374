#include "dsp/spectrum.h"
#include <assert.h>
#include <fftw3.h>
#include <string.h>

bool spectrum_init(struct spectrum *s) {
    float in[SPECTRUM_POINTS] = {0};
    fftwf_complex out[SPECTRUM_BINS];
    /* Unaligned: the arrays of each call lie where they lie. */
    s->plan = fftwf_plan_dft_r2c_1d(SPECTRUM_POINTS, in, out,
                                    FFTW_ESTIMATE | FFTW_UNALIGNED | FFTW_PRESERVE_INPUT);
    return s->plan != NULL;
}

void spectrum_power(const struct spectrum *s, const float points[SPECTRUM_POINTS],
                    float power[SPECTRUM_BINS]) {
    assert(s->plan);
    float in[SPECTRUM_POINTS];
    fftwf_complex out[SPECTRUM_BINS];
    memcpy(in, points, sizeof in);
    fftwf_execute_dft_r2c((fftwf_plan)s->plan, in, out);
    for (int k = 0; k < SPECTRUM_BINS; k++)
        power[k] = out[k][0] * out[k][0] + out[k][1] * out[k][1];
}

void spectrum_close(struct spectrum *s) {
    fftwf_destroy_plan((fftwf_plan)s->plan);
    s->plan = NULL;
}
