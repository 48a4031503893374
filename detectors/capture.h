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
/* By a person: the newest beats of the last seconds as one measurement; of a line that lies beside
 * another (LV and AO, LV and wedge, guide and wire), what the two say of the same stretch as well.
 * Under another site than the line's only the mean is given. HEMO_NOT_FOUND: nothing usable lies
 * there; HEMO_WRONG_CASE: there is no case. */
struct capture_ask {
    uint32_t site; /* SITE_NONE: where the line lies */
    double back_s;
};
enum hemo_error capture_person(struct report_call *call, struct line *line,
                               const struct capture_ask *ask);
/* A captured mark that gave nothing: said, as a mark has no answer. */
void capture_refused(struct report_call *call, const struct line *line);
