/* valve.h - gradients across the aortic and mitral valve, by beats of the left ventricle. Pure.
 *
 * Aortic: LV with AO as they are; LV with a peripheral artery as it is, and shifted so that it
 * opens with the ventricle. Mitral: LA with LV as they are; a wedge as it is, and shifted so that v
 * meets the ventricle's fall. Where a catheter lay in the aorta beside the peripheral artery before
 * (or lies there now), for five beats or more, the shifted values are freed of the difference that
 * was seen between these two. A mean over at least 8 beats, 10 in atrial fibrillation; over what
 * there is, from 3 on, where a wedge or visit ends sooner. Once per visit of both. */
#pragma once
#include "detectors/line.h"

/* A beat of any line; read when the next one is known, so that what comes later is there. */
void valve_beat(struct report_call *call, const struct line *line, const struct line_beat *beat);
/* A wedge or visit of this line ended at until_tick. Before the line forgets it. */
void valve_leave(struct report_call *call, const struct line *line, uint64_t until_tick);
/* A person captured one of two lines that are read together: every gradient of the beats since
 * then, however few. */
void valve_capture(struct report_call *call, const struct line *line, uint64_t from_tick);
