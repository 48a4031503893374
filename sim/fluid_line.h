/* fluid_line.h - from the vessel to the number: catheter, tube and transducer, whole or broken.
 * Pure.
 *
 *     struct fluid_line line = {0};
 *     measured_mmhg = fluid_line_step(&line, faults, PATIENT_AO, &view);   // each 0.5 ms
 *
 * A second-order line, y'' + 2 zeta w y' + w^2 (y - x) = 0 with w = 2 pi fn (Gardner,
 * Anesthesiology 1981, from memory), by the bilinear transform: static gain 1, at rest at its first
 * input. What breaks at the source goes in before it, so a flush rings and a clot damps as physics
 * has it; what breaks in the transducer or the cable comes behind it. */
#pragma once
#include "sim/circulation.h"
#include "sim/fault.h"

struct fluid_line {
    double x1, x2, y1, y2; /* of the section */
    double slow_mmhg;      /* the tip's mean, within a second */
    double held_mmhg;      /* where a dead line stands, or has climbed to */
    bool begun;
};

/* The patient at this step. */
struct fluid_view {
    double at_s, tip_mmhg, noise_mmhg;
    double rv_mmhg, lv_mmhg;
    double beat_s; /* since the ventricles' activation */
};

/* Natural frequency and damping of an ordinary line. */
extern const double fluid_line_hz, fluid_line_damping;

double fluid_line_step(struct fluid_line *line, const struct fault_list *faults, int channel,
                       const struct fluid_view *view);
