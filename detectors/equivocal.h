/* equivocal.h - a measurement whose meaning something known about it could change: said beside it,
 * and never instead of it. Pure.
 *
 * Looked for in each measurement, in the order of events.def 56x; each reason is one EQUIVOCAL that
 * refers to the measurement, with the values it is about. */
#pragma once
#include "detectors/report.h"

void equivocal_measured(struct report_call *call, const struct event *measurement);
