/* pullback.h - one catheter drawn or advanced through a valve: the gradient of the beats before
 * against the beats behind. Cut by itself where the site of a line goes from LV to AO or ART, or
 * between RV and PA. Pure.
 *
 * Of the last five good beats in the ventricle (before MARK_PULLBACK, or 2 s before the new site) a
 * mean beat is kept. Of the first 12 good beats in the artery five whose interval is within 5 % of
 * it are laid over it, so that the artery opens with the ventricle (gradient.h). Mean, peak and
 * ejection time come from these; peak to peak from all systolics. Where no interval fits, in atrial
 * fibrillation for one, peak to peak alone. Of the right heart peak to peak alone, RV minus PA, of
 * five beats on either side: what is asked of a pulmonic valve. */
#pragma once
#include "detectors/line.h"

void pullback_marked(struct report_call *call, const struct line *line, bool begins);
/* The line goes to that site; before it forgets its beats. */
void pullback_leave(struct report_call *call, const struct line *line, uint32_t site);
void pullback_beat(struct report_call *call, const struct line *line, const struct line_beat *beat);
