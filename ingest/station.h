/* station.h - a station of hemod: detectors/station.h and the room that it owns, on the heap. */
#pragma once
#include "detectors/station.h"
#include "dsp/spectrum.h"

/* The plan that respiration is found with is the program's: one for all stations. */
enum hemo_error station_init(struct station *s, uint32_t stream, uint32_t room,
                             const struct rules *rules, const struct spectrum *spectrum);
void station_close(struct station *s);
