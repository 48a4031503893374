/* heart.h - the parts of the circulation that beat: chambers, septum, pericardium, valves; and when
 * they beat: rhythm and reflex. Pure; for circulation.c, which owns the state.
 *
 *     heart_beat(&c);                       // time goes on: activations, perhaps a new beat
 *     heart_pressures(&c, pleura, out);     // of the chambers, from their volumes
 *     heart_valve(&c, valve, across_mmhg);  // its flow */
#pragma once
#include "sim/circulation.h"

void heart_beat(struct circulation *c);
void heart_reflex(struct circulation *c);
void heart_pressures(struct circulation *c, double pleura_mmhg, double out_mmhg[CHAMBERS]);
void heart_valve(struct circulation *c, enum valve valve, double across_mmhg);
double heart_hill_peak(void);
bool heart_wide(const struct circulation *c); /* a beat that does not come by the bundles */
double heart_draw_rr_s(struct circulation *c);
