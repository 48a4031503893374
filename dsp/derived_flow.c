/* Body surface, oxygen, output, resistance and work. Each function: formula, source, inputs. */
#include "dsp/derived.h"
#include <math.h>

static enum hemo_error give(double *out, double value) {
    *out = value;
    return HEMO_OK;
}

/* The value itself, where one method stands for the quantity. */
enum hemo_error derived_same(const double *in, double *out) {
    return give(out, in[0]);
}

/* 0.007184 H^0.725 W^0.425; DuBois and DuBois, Arch Intern Med 1916;17:863. H cm, W kg. */
enum hemo_error derived_bsa_dubois(const double *in, double *out) {
    return give(out, 0.007184 * pow(in[0], 0.725) * pow(in[1], 0.425));
}

/* sqrt(H W / 3600); Mosteller, N Engl J Med 1987;317:1098. H cm, W kg. */
enum hemo_error derived_bsa_mosteller(const double *in, double *out) {
    return give(out, sqrt(in[0] * in[1] / 3600));
}

/* 0.024265 H^0.3964 W^0.5378; Haycock, Schwartz, Wisotsky, J Pediatr 1978;93:62. H cm, W kg. */
enum hemo_error derived_bsa_haycock(const double *in, double *out) {
    return give(out, 0.024265 * pow(in[0], 0.3964) * pow(in[1], 0.5378));
}

/* BSA (138.1 - k ln age + 0.378 rate), k 11.49 men, 17.04 women; LaFarge and Miettinen,
 * Cardiovasc Res 1970;4:23. Made from patients of 3 to 40 years: refused outside.
 * BSA m2, age a, male 0/1, rate /min. */
enum hemo_error derived_vo2_lafarge(const double *in, double *out) {
    if (in[1] < 3 || in[1] > 40 || (in[2] != 0 && in[2] != 1))
        return HEMO_BAD_NUMBER;
    double k = in[2] == 1 ? 11.49 : 17.04;
    return give(out, in[0] * (138.1 - k * log(in[1]) + 0.378 * in[3]));
}

/* 125 BSA; Dehmer, Firth, Hillis, Clin Cardiol 1982;5:436. Adults: refused below 1.2 m2. */
enum hemo_error derived_vo2_dehmer(const double *in, double *out) {
    return in[0] < 1.2 ? HEMO_BAD_NUMBER : give(out, 125 * in[0]);
}

/* 157.3 BSA + (10 men, 0 women) - 10.5 ln age + 4.8; Bergstra et al., Eur Heart J 1990;11 suppl.
 * Adults: refused below 18 years. BSA m2, age a, male 0/1. */
enum hemo_error derived_vo2_bergstra(const double *in, double *out) {
    if (in[1] < 18 || (in[2] != 0 && in[2] != 1))
        return HEMO_BAD_NUMBER;
    return give(out, 157.3 * in[0] + 10 * in[2] - 10.5 * log(in[1]) + 4.8);
}

/* (3 SVC + IVC) / 4; Flamm, Cohn, Hancock, Am J Cardiol 1969;23:258. Percent, at rest. */
enum hemo_error derived_sat_mv(const double *in, double *out) {
    return give(out, (3 * in[0] + in[1]) / 4);
}

/* VO2 / (13.6 Hb (SaO2 - SvO2)): 1.36 mL of oxygen per g, 10 dL per L, dissolved oxygen left out.
 * VO2 mL/min, Hb g/dL, saturations in percent. A difference under 5 % is within the error of
 * the oximeters: refused. */
enum hemo_error derived_co_fick(const double *in, double *out) {
    double difference = in[2] - in[3];
    if (difference < 5)
        return HEMO_BAD_NUMBER;
    return give(out, in[0] / (13.6 * in[1] * (difference / 100)));
}

/* Mean of three injections, each within 10 % of it; else another one is needed: refused. */
enum hemo_error derived_co_td(const double *in, double *out) {
    double mean = (in[0] + in[1] + in[2]) / 3;
    for (int i = 0; i < 3; i++)
        if (fabs(in[i] - mean) > 0.1 * mean)
            return HEMO_BAD_NUMBER;
    return give(out, mean);
}

/* x / BSA: cardiac index, stroke volume index. */
enum hemo_error derived_per_bsa(const double *in, double *out) {
    return give(out, in[0] / in[1]);
}

/* 1000 CO / rate, mL. CO L/min, rate /min. */
enum hemo_error derived_sv(const double *in, double *out) {
    return give(out, 1000 * in[0] / in[1]);
}

/* (upstream - downstream) / CO, Wood units. Means in mmHg. A flow that runs uphill is a wrong
 * input: refused. */
enum hemo_error derived_resistance_wu(const double *in, double *out) {
    return in[0] < in[1] ? HEMO_BAD_NUMBER : give(out, (in[0] - in[1]) / in[2]);
}

/* 80 x Wood units, dyn s/cm5 (79.99 exactly; 80 by convention). */
enum hemo_error derived_dyn(const double *in, double *out) {
    return give(out, 80 * in[0]);
}

/* PA mean - wedge mean (TPG); PA diastolic - wedge mean (DPG; a little below zero is real); RV - PA
 * systolic, each at its own time (peak to peak across the pulmonic valve; where one catheter was
 * drawn through it, detectors/pullback.h finds it from neighbouring beats). */
enum hemo_error derived_difference(const double *in, double *out) {
    return give(out, in[0] - in[1]);
}

/* (PA systolic - diastolic) / RA mean; Korabathina et al., Catheter Cardiovasc Interv
 * 2012;80:593. RA mean of 1 mmHg or less: refused, the zero decides the result. */
enum hemo_error derived_papi(const double *in, double *out) {
    if (in[2] <= 1 || in[0] < in[1])
        return HEMO_BAD_NUMBER;
    return give(out, (in[0] - in[1]) / in[2]);
}

/* MAP CO / 451, W; Fincke et al., J Am Coll Cardiol 2004;44:340. */
enum hemo_error derived_cpo(const double *in, double *out) {
    return give(out, in[0] * in[1] / 451);
}

/* 0.0136 SVI (outflow mean - inflow mean), g m/m2: 13.6 g of mercury per mL. */
enum hemo_error derived_swi(const double *in, double *out) {
    return in[0] < in[1] ? HEMO_BAD_NUMBER : give(out, 0.0136 * in[2] * (in[0] - in[1]));
}

/* (SaO2 - SmvO2) / (SpvO2 - SpaO2), percent. Either difference under 3 %: refused. Where there
 * is a shunt the mixed venous value must come from before it (SVC, IVC), not from the PA. */
enum hemo_error derived_qp_qs(const double *in, double *out) {
    double systemic = in[0] - in[1], pulmonary = in[2] - in[3];
    if (systemic < 3 || pulmonary < 3)
        return HEMO_BAD_NUMBER;
    return give(out, systemic / pulmonary);
}

/* 100 (Qp - Qs) / Qp: the share of the lungs' flow that comes round again; below zero: net
 * right to left. */
enum hemo_error derived_shunt(const double *in, double *out) {
    return give(out, 100 * (1 - 1 / in[0]));
}
