#include "sim/fluid_line.h"
#include "sim/lab.h"
#include <math.h>

static const double pi = 3.14159265358979323846;
const double fluid_line_hz = 20, fluid_line_damping = 0.45;
/* A pressure wire: a sensor at its tip, no column of fluid. */
static const double wire_hz = 200, wire_damping = 0.7;
static const double flush_mmhg = 300, rail_mmhg = 355, off_mmhg = -60, move_s = 0.4;
static const double mmhg_per_cm = 0.74; /* of blood or saline, near enough */

/* One call's circumstances, so that no fault needs more than this. */
struct now {
    const struct fault_list *faults;
    const struct fluid_view *view;
    int channel;
};

static const struct fault *broken(const struct now *now, enum fault_kind kind) {
    return fault_find(now->faults, kind, now->channel, now->view->at_s);
}

static double since_s(const struct now *now, const struct fault *f) {
    return now->view->at_s - f->from_s;
}

/* A tip that moves takes a moment. */
static double arrived(const struct now *now, const struct fault *f) {
    return fmin(1, since_s(now, f) / move_s);
}

/* What the open end of the catheter feels. */
static double source_mmhg(struct fluid_line *l, const struct now *now) {
    const struct fluid_view *v = now->view;
    double mmhg = v->tip_mmhg;
    const struct fault *f;
    if ((f = broken(now, FAULT_fallback)))
        mmhg += arrived(now, f) * (v->rv_mmhg - mmhg);
    /* A guide that fills the ostium lets the vessel run empty in diastole. */
    if ((f = broken(now, FAULT_guide)))
        mmhg -= f->numbers[0] * arrived(now, f) * fmax(0, mmhg - v->lv_mmhg);
    const struct fault *wall = broken(now, FAULT_guide_damped);
    if ((f = wall ? wall : broken(now, FAULT_damped)))
        mmhg = l->slow_mmhg + f->numbers[0] * (mmhg - l->slow_mmhg);
    const struct fault *blocked = broken(now, FAULT_overwedge);
    const struct fault *closed = broken(now, FAULT_stopcock);
    if ((f = blocked ? blocked : closed))
        mmhg = l->held_mmhg += f->numbers[0] / CIRCULATION_RATE_HZ;
    else if (!broken(now, FAULT_flat))
        l->held_mmhg = l->slow_mmhg;
    /* The beat opens the seal for a moment. */
    if (blocked && v->beat_s > 0.10 && v->beat_s < 0.18)
        l->held_mmhg += (v->tip_mmhg / 2 - l->held_mmhg) / (0.02 * CIRCULATION_RATE_HZ);
    return broken(now, FAULT_flush) ? flush_mmhg : mmhg;
}

/* The line as it is now: another tube, a kink, a clot that grows by equal factors. */
static void line_now(const struct now *now, double *hz, double *damping) {
    const struct fault *f;
    *hz = now->channel == PATIENT_PD ? wire_hz : fluid_line_hz;
    *damping = now->channel == PATIENT_PD ? wire_damping : fluid_line_damping;
    static const enum fault_kind tubes[] = {FAULT_transducer, FAULT_kink};
    for (int i = 0; i < 2; i++)
        if ((f = broken(now, tubes[i]))) {
            *hz = f->numbers[0];
            *damping = f->numbers[1];
        }
    if ((f = broken(now, FAULT_clot))) {
        double share = fmin(1, since_s(now, f) / f->numbers[1]);
        *hz = fluid_line_hz * pow(1 / fluid_line_hz, share);
        *damping = fluid_line_damping * pow(f->numbers[0] / fluid_line_damping, share);
    }
}

static double second_order(struct fluid_line *l, double x, double hz, double damping) {
    double k = 2 * CIRCULATION_RATE_HZ, w = 2 * pi * hz;
    double a0 = k * k + 2 * damping * w * k + w * w, a1 = 2 * (w * w - k * k);
    double a2 = k * k - 2 * damping * w * k + w * w;
    double y = (w * w * (x + 2 * l->x1 + l->x2) - a1 * l->y1 - a2 * l->y2) / a0;
    l->x2 = l->x1;
    l->x1 = x;
    l->y2 = l->y1;
    l->y1 = y;
    return y;
}

/* What is added to a line that still carries its signal. */
static double shift_mmhg(const struct now *now) {
    const struct fault *f;
    double at_s = now->view->at_s, sum = 0;
    if ((f = broken(now, FAULT_height)))
        sum += mmhg_per_cm * f->numbers[0];
    if ((f = broken(now, FAULT_offset)))
        sum += f->numbers[0];
    if ((f = broken(now, FAULT_below)))
        sum -= f->numbers[0];
    const struct fault *wire = broken(now, FAULT_wire_drift);
    if ((f = wire ? wire : broken(now, FAULT_drift)))
        sum += f->numbers[0] * since_s(now, f) / 600;
    if ((f = broken(now, FAULT_motion)))
        sum += f->numbers[0] * sin(2 * pi * f->numbers[1] * at_s);
    /* The ventricle's kick: a burst that dies away, from its upstroke on. */
    double kicked_s = now->view->beat_s - 0.05;
    if ((f = broken(now, FAULT_whip)) && kicked_s > 0)
        sum += f->numbers[0] * exp(-kicked_s / 0.12) * sin(2 * pi * f->numbers[1] * kicked_s);
    return sum;
}

double fluid_line_step(struct fluid_line *line, const struct fault_list *faults, int channel,
                       const struct fluid_view *view) {
    struct now now = {faults, view, channel};
    double hz, damping;
    double tip = view->tip_mmhg;
    if (!line->begun)
        *line = (struct fluid_line){tip, tip, tip, tip, tip, tip, true};
    double source = source_mmhg(line, &now);
    line_now(&now, &hz, &damping);
    double mmhg = second_order(line, source, hz, damping);
    line->slow_mmhg += (tip - line->slow_mmhg) / CIRCULATION_RATE_HZ;
    if (broken(&now, FAULT_disconnect))
        return off_mmhg;
    if (broken(&now, FAULT_rail))
        return rail_mmhg;
    if (broken(&now, FAULT_flat))
        return line->held_mmhg;
    if (broken(&now, FAULT_zero))
        return 0;
    if (broken(&now, FAULT_pattern)) /* a level for each sample of a device of 250 Hz */
        return fmod(view->at_s * 125, 1) < 0.5 ? 72 : -24;
    return mmhg + shift_mmhg(&now) + view->noise_mmhg;
}
