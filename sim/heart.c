#include "sim/heart.h"
#include <math.h>

static const double step_s = 1.0 / CIRCULATION_RATE_HZ;
static const double pi = 3.14159265358979323846;
/* Of the beat behind an extrasystole and its pause, for calcium's sake: about a quarter more. */
static const double potentiation = 1.25;

/* Time scales of a beat shrink with the root of its length. */
static double beat_scale(double rr_s) {
    return fmin(1.1, fmax(0.55, sqrt(rr_s)));
}

static double hill(double t_s) {
    double rise = pow(t_s / 0.255, 1.9), fall = t_s / 0.425, fall2 = fall * fall;
    double fall4 = fall2 * fall2, fall16 = fall4 * fall4 * fall4 * fall4;
    return rise / (1 + rise) / (1 + fall16 * fall4 * fall2);
}

double heart_hill_peak(void) {
    double peak = 0;
    for (double t_s = 0; t_s < 1; t_s += step_s)
        peak = fmax(peak, hill(t_s));
    return peak;
}

static enum rhythm rhythm_of(const struct circulation *c) {
    return (enum rhythm)lrint(c->parameters.rhythm);
}

bool heart_wide(const struct circulation *c) {
    enum rhythm rhythm = rhythm_of(c);
    return c->early || rhythm == RHYTHM_VVI || rhythm == RHYTHM_DDD || rhythm == RHYTHM_VT;
}

/* 0..1 of the ventricles. A beat that does not come by the bundles takes longer. */
static double ventricle_activation(const struct circulation *c) {
    double scale = beat_scale(c->rr_s), slow = heart_wide(c) ? 1.12 : 1;
    return c->beat_s > 2 * scale ? 0 : hill(c->beat_s / scale / slow) / c->peak_activation;
}

/* Seconds since the atria's contraction began; negative: it did not. */
static double atrial_since_s(const struct circulation *c) {
    switch (rhythm_of(c)) {
    case RHYTHM_DDD:
    case RHYTHM_SINUS: {
        double until_s = c->beat_s - (c->rr_s - c->parameters.pr_s);
        if (until_s >= 0)
            return until_s;
        return c->early ? -1 : c->beat_s + c->parameters.pr_s;
    }
    case RHYTHM_VVI:
        return c->beat_s - 0.08;
    case RHYTHM_VT:
    case RHYTHM_BLOCK:
        return c->atrial_s;
    default:
        return -1;
    }
}

static double atrium_activation(const struct circulation *c) {
    double length_s = 0.25 * beat_scale(c->rr_s), since_s = atrial_since_s(c);
    bool active = since_s >= 0 && since_s < length_s;
    return active ? 0.5 * (1 - cos(2 * pi * since_s / length_s)) : 0;
}

double heart_draw_rr_s(struct circulation *c) {
    const struct circulation_parameters *k = &c->parameters;
    double rate = fmax(20, k->rate_per_min + c->reflex_rate);
    double spread = k->rate_spread * circulation_normal_number(&c->random);
    c->early = false;
    if (rhythm_of(c) == RHYTHM_BLOCK)
        rate = 40;
    if (rhythm_of(c) == RHYTHM_VVI || rhythm_of(c) == RHYTHM_VT)
        return 60 / k->rate_per_min;
    if (rhythm_of(c) == RHYTHM_AF) /* log-normal, 22 % */
        return fmax(0.3, 60 / rate * exp(0.22 * spread / fmax(1e-9, k->rate_spread)));
    /* The breath quickens the heart: half of the spread is respiratory sinus arrhythmia. */
    double breath = sin(2 * pi * (double)c->step * step_s * k->breath_per_min / 60);
    double rr_s =
        60 / rate * fmin(1.2, fmax(0.8, 1 + 0.7 * spread + 0.7 * k->rate_spread * breath));
    uint64_t every = (uint64_t)k->ectopic_every;
    if (every < 2)
        return rr_s;
    uint64_t at = c->beats % every;
    c->early = at == every - 1;
    if (at == every - 2) /* the next beat comes early, and after it the heart pauses */
        return 0.6 * rr_s;
    return c->early ? 1.4 * rr_s : rr_s;
}

void heart_beat(struct circulation *c) {
    bool silent = rhythm_of(c) >= RHYTHM_VF;
    c->beat_s += step_s;
    c->atrial_s += step_s;
    double atrial_per_min = rhythm_of(c) == RHYTHM_VT ? 80 : c->parameters.rate_per_min;
    if (c->atrial_s >= 60 / fmax(20, atrial_per_min))
        c->atrial_s = 0;
    c->beat_began = !silent && c->beat_s >= c->rr_s;
    if (c->beat_began) {
        c->beat_s = fmin(c->beat_s - c->rr_s, step_s);
        c->beats++;
        c->potentiated = c->early;
        c->rr_s = heart_draw_rr_s(c);
    }
    c->activation[0] = silent && c->beat_s > c->rr_s ? 0 : ventricle_activation(c);
    c->activation[1] = atrium_activation(c);
}

/* Low pressure makes the heart faster, the vessels narrower, and brings blood out of the veins'
 * reserve: about 600 mL of unstressed volume at most, with 20 s (Rothe 1983; Greenway & Lautt
 * 1986).
 */
void heart_reflex(struct circulation *c) {
    c->mean_mmhg += step_s / 2 * (c->pressure_mmhg[NODE_AO] - c->mean_mmhg);
    if (!(c->parameters.reflex > 0) || !(c->set_mmhg > 0))
        return;
    double low_mmhg = c->parameters.reflex * (c->set_mmhg - c->mean_mmhg);
    double rate = fmin(80, fmax(-30, 0.8 * low_mmhg));
    double resistance = fmin(1.8, fmax(0.5, 1 + 0.012 * low_mmhg));
    c->reflex_rate += step_s / 3 * (rate - c->reflex_rate);
    c->reflex_r += step_s / 8 * (resistance - c->reflex_r);
    double recruited_ml = fmin(600, fmax(-150, 15 * low_mmhg));
    c->recruit_ml_s = (recruited_ml + c->reserve_ml) / 20;
}

static double strength(const struct circulation *c) {
    return c->potentiated ? potentiation : 1;
}

static double passive_mmhg(const struct elastance *e, double volume_ml) {
    return e->p0_mmhg * (exp(e->lam * (volume_ml - e->v0_ml)) - 1);
}

static double pericardium_mmhg(const struct circulation *c, double pleura) {
    const struct circulation_parameters *k = &c->parameters;
    double volume_ml = k->effusion_ml;
    for (int i = 0; i < CHAMBERS; i++)
        volume_ml += c->chamber_ml[i];
    volume_ml -= k->left_outside * c->chamber_ml[CHAMBER_LA];
    volume_ml -= k->right_outside * c->chamber_ml[CHAMBER_RA];
    double full = (volume_ml - k->pericardium_ml) / k->pericardium_soft_ml;
    return k->pleural_share * pleura + k->pericardium_mmhg * exp(fmin(10, full));
}

/* The septum yields to the difference of the ventricles while they are slack, and is as stiff as
 * they are once they contract: what one gains the other feels as lost room, though no blood moves.
 */
static void move_septum(struct circulation *c, double left_mmhg, double right_mmhg) {
    static const double rest_mmhg = 5; /* left above right in a healthy diastole: its shape there */
    if (c->activation[0] > 0.1)
        return;
    double across_mmhg = fmin(25, fmax(-25, right_mmhg - left_mmhg + rest_mmhg));
    c->septum_ml += step_s / 0.03 * (c->parameters.septum * across_mmhg - c->septum_ml);
}

/* A ventricle that contracts draws its valve's plane down and makes room in the atrium behind it:
 * the x descent goes on through systole instead of filling up at once. As the ventricle fills, the
 * plane comes back. Imaging gives the plane 60 % of the left stroke and 80 % of the right (Carlsson
 * et al. 2004, 2007), most of which the veins fill as it comes; what is left for the pressure is
 * fitted to a and v of a normal right atrium. */
static double drawn_ml(const struct circulation *c, int ventricle) {
    return c->parameters.annulus * fmax(0, c->full_ml[ventricle] - c->chamber_ml[ventricle]);
}

static void note_full(struct circulation *c) {
    static const double before_ejection_s = 0.06;
    for (int i = 0; i < 2 && c->beat_s < before_ejection_s; i++)
        c->full_ml[i] += step_s / 0.01 * (c->chamber_ml[i] - c->full_ml[i]);
}

/* Pericardium around a chamber; the part of an atrium that it does not hold lies in the pleura. The
 * left atrium does so for the most part (McLaughlin & Stouffer, Constrictive pericarditis). */
static double around_mmhg(const struct circulation *c, int chamber, double pericardium,
                          double pleura) {
    const struct circulation_parameters *k = &c->parameters;
    if (chamber == CHAMBER_LA)
        return pericardium + k->left_outside * (pleura - pericardium);
    if (chamber == CHAMBER_RA)
        return pericardium + k->right_outside * (k->pleural_share * pleura - pericardium);
    return pericardium;
}

void heart_pressures(struct circulation *c, double pleura_mmhg, double out_mmhg[CHAMBERS]) {
    double pericardium = pericardium_mmhg(c, pleura_mmhg), left_active = 0;
    note_full(c);
    for (int i = 0; i < CHAMBERS; i++) {
        const struct elastance *e = &c->parameters.chambers[i];
        double a = c->activation[i >= CHAMBER_LA], volume_ml = c->chamber_ml[i];
        if (i == CHAMBER_LV || i == CHAMBER_RV)
            volume_ml += i == CHAMBER_LV ? c->septum_ml : -c->septum_ml;
        else
            volume_ml -= drawn_ml(c, i - CHAMBER_LA);
        double active = a * (i <= CHAMBER_RV ? strength(c) : 1) * e->ees * (volume_ml - e->vd_ml);
        left_active = i == CHAMBER_LV ? active : left_active;
        out_mmhg[i] = active + (1 - a) * passive_mmhg(e, volume_ml) +
                      around_mmhg(c, i, pericardium, pleura_mmhg);
    }
    out_mmhg[CHAMBER_RV] += 0.06 * left_active; /* the septum is common to both */
    move_septum(c, out_mmhg[CHAMBER_LV], out_mmhg[CHAMBER_RV]);
}

/* HOCM: the tract below the valve, in series with it: narrower the emptier the ventricle and the
 * more strongly it contracts, for the mitral leaflet is dragged into the stream. */
static double outflow_cm2(const struct circulation *c, double valve_cm2) {
    static const double drag_ml = 100;
    double shut_ml = 36.4 + drag_ml * (strength(c) - 1);
    double tract_cm2 = fmax(0.25, 0.25 + 0.0195 * (c->chamber_ml[CHAMBER_LV] - shut_ml));
    double narrow_cm2 = sqrt(1 / (1 / (tract_cm2 * tract_cm2) + 1 / (valve_cm2 * valve_cm2)));
    return valve_cm2 + c->parameters.outflow * (narrow_cm2 - valve_cm2);
}

/* Mynard's valve: it opens and closes at a speed that follows the pressure across it, and its blood
 * has mass. A leak stays open. */
void heart_valve(struct circulation *c, enum valve valve, double across_mmhg) {
    static const double rho = 1.06, open_rate = 26, mmhg = 1333.2;
    bool semilunar = valve == VALVE_AORTIC || valve == VALVE_PULMONARY;
    /* A semilunar valve lets about a fiftieth of the stroke run back before it is shut: without
     * that there is no incisura. */
    double close_rate = semilunar ? 20 : 40;
    double *z = &c->opening[valve], *q = &c->flow_ml_s[valve];
    double change =
        across_mmhg > 0 ? (1 - *z) * open_rate * across_mmhg : *z * close_rate * across_mmhg;
    *z = fmin(1, fmax(0, *z + step_s * change));
    double leak_cm2 = c->parameters.leak_cm2[valve];
    double area_cm2 = leak_cm2 + *z * fmax(0, c->parameters.valve_cm2[valve] - leak_cm2);
    if (valve == VALVE_AORTIC && area_cm2 > 0)
        area_cm2 = outflow_cm2(c, area_cm2);
    if (area_cm2 < 0.002) {
        *q = 0;
        return;
    }
    double length_cm = semilunar ? 1 : 2;
    double bernoulli = rho / (2 * area_cm2 * area_cm2) / mmhg;
    double inertia = rho * length_cm / area_cm2 / mmhg;
    /* Semi-implicit, so that a nearly closed valve is not stiff. */
    *q = (*q + step_s * across_mmhg / inertia) / (1 + step_s * bernoulli * fabs(*q) / inertia);
}
