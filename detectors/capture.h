/* capture.h - beats to readings and measurements: what is shown beside a trace, and what a person
 * is asked to confirm. Pure. */
#pragma once
#include "detectors/line.h"

/* A good beat was added: the reading, and a measurement where site and phase were steady long
 * enough. */
void capture_beat(struct report_call *call, struct line *line);
/* A wedge, or a visit at PCW, ended: its mean over breaths. */
void capture_wedge(struct report_call *call, struct line *line, uint64_t from_tick,
                   uint64_t to_tick);
/* While a state leaves nothing but a mean: a reading of it. */
void capture_pulseless(struct report_call *call, struct line *line, bool onset);
void capture_wedged(struct report_call *call, struct line *line, uint64_t from_tick);
/* By a person. HEMO_NOT_FOUND: no usable beat in the last back_ms. */
enum hemo_error capture_person(struct report_call *call, struct line *line,
                               const struct wire_capture *capture);
