/* Valve areas. They are of net flow: with regurgitation they come out too small. */
#include "dsp/derived.h"
#include <math.h>

/* Below these the root of a noisy gradient decides the area. */
static const double flow_least = 1.5, gradient_least_mmhg = 3;
static const double hakki_correction = 1.35;

/* Seconds of a beat x rate: seconds per minute. */
enum hemo_error derived_per_minute(const double *in, double *out) {
    *out = in[0] * in[1];
    return HEMO_OK;
}

static enum hemo_error gorlin(const double *in, double constant, double *out) {
    if (in[0] < flow_least || in[2] < gradient_least_mmhg)
        return HEMO_BAD_NUMBER;
    *out = 1000 * in[0] / in[1] / (constant * sqrt(in[2]));
    return HEMO_OK;
}

/* CO / (SEP rate) / (44.3 sqrt(mean gradient)); Gorlin and Gorlin, Am Heart J 1951;41:1.
 * CO L/min (x 1000), ejection s/min, gradient mmHg. */
enum hemo_error derived_ava(const double *in, double *out) {
    return gorlin(in, 44.3, out);
}

/* The same with filling and 37.7 (0.85 x 44.3); Cohen and Gorlin, Am Heart J 1972;84:839. */
enum hemo_error derived_mva(const double *in, double *out) {
    return gorlin(in, 37.7, out);
}

static enum hemo_error hakki(const double *in, double divisor, double *out) {
    if (in[0] < flow_least || in[1] < gradient_least_mmhg)
        return HEMO_BAD_NUMBER;
    *out = in[0] / sqrt(in[1]) / divisor;
    return HEMO_OK;
}

/* CO / sqrt(mean gradient); Hakki et al., Circulation 1981;63:1050. Above 90 /min divided by
 * 1.35; Angel et al., Cathet Cardiovasc Diagn 1985;11:127. CO L/min, gradient mmHg, rate /min. */
enum hemo_error derived_ava_hakki(const double *in, double *out) {
    return hakki(in, in[2] > 90 ? hakki_correction : 1, out);
}

/* The same for the mitral valve, divided by 1.35 below 75 /min (Angel). */
enum hemo_error derived_mva_hakki(const double *in, double *out) {
    return hakki(in, in[2] < 75 ? hakki_correction : 1, out);
}
