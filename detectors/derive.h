/* derive.h - values computed from what the room measured and a person typed (dsp/derived.h). Pure.
 *
 * Inputs: suggested values of the running phase, and MARK_VALUE; what was typed wins. Height,
 * weight, age, sex and hemoglobin stay, everything else is forgotten when the phase changes. Each
 * output is said once, and again when it has changed by a twentieth; where all inputs of a formula
 * are known and it refuses them, NOT_GIVEN says why, once.
 *
 * Only in a room that room_derives() was called for: an offline run, whose values nobody confirms.
 * In a lab a derived value waits until its inputs are confirmed, and that is not the room's to
 * know. */
#pragma once
#include "detectors/report.h"

void derive_measured(struct report_call *call, const struct event *measurement);
void derive_typed(struct report_call *call, const struct stream_mark *mark);
/* Half a second's news together, and what is left at the end. */
void derive_clock(struct report_call *call);
void derive_phase(struct room *room);
