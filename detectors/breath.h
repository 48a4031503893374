/* breath.h - the breathing of one line, from its beats: said as an event, and kept for the means
 * that are to be free of it. Without room_spectrum() there is none. Pure. */
#pragma once
#include "detectors/report.h"

/* A beat with a mean, of the clean stretch. */
void breath_beat(struct report_call *call, struct line *line, const struct beat *beat);
void breath_reset(struct line *line);

/* What is known of the stretch that is running; NULL: nothing. */
const struct breathing *breath_now(const struct report_call *call, const struct line *line);
