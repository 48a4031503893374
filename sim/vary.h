/* vary.h - other patients around a row of patients.def: its numbers drawn by a seed. Pure.
 *
 *     if (!vary_patient(&parameters, 0.15, seed, &c)) ...   // none plausible in 20 draws
 *
 * Each field of vary.def becomes itself times 1 + share x its weight x a number from -1..1, evenly
 * drawn; 0 stays 0, so a healthy valve does not begin to leak. A draw that no patient would live
 * with, or that breaks what the model must hold, is drawn again (vary_plausible). */
#pragma once
#include "sim/circulation.h"

/* On success the circulation is settled with the drawn parameters, as after circulation_init(). */
bool vary_patient(const struct circulation_parameters *row, double share, uint64_t seed,
                  struct circulation *out);
/* Ten seconds of a settled circulation: pressures that occur, a wedge within 2 mmHg of the left
 * atrium, a right ventricle within 3 of the pulmonary artery, volume kept to 1e-9, and a mean that
 * stands still within 3 mmHg. */
bool vary_plausible(const struct circulation *settled);
