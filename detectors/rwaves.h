/* rwaves.h - the room's clock of ventricular activation: R waves of its best ECG lead, told to
 * every pressure line, and set beside their pulses. Pure.
 *
 *     rwaves_push(call, line, raw);                     // a sample of a lead (line.lead)
 *     if (rwaves_between(room, from_tick, to_tick, &r_tick))  // newest sure R wave of [from, to]
 *
 * An R wave is known 0.6 periods + 0.3 s after it, so when a beat is given, its own is there. Every
 * pressure line hears of each sure one (channel_r_wave()). Atria take the period from it, or,
 * without an ECG, from the surest pulse of another line of the room (channel_clock()).
 *
 * It confirms and never vetoes: a beat stays a beat. What is said (events.def):
 * QRS_NO_PULSE   a sure R wave of which no pulse came on a line that stood in order
 * PULSE_NO_QRS   a pulse before which the lead shows nothing, while it is sure around it */
#pragma once
#include "detectors/report.h"

void rwaves_begin(struct room *room);
void rwaves_push(struct report_call *call, struct line *line, int16_t raw);
/* A beat of a pressure line in order was given: from foot to foot, the feet known. */
void rwaves_beat(struct report_call *call, struct line *line, uint64_t from_tick, uint64_t to_tick);
bool rwaves_between(const struct room *room, uint64_t from_tick, uint64_t to_tick,
                    uint64_t *r_tick);
