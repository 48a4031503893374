/* minute.h - one value for each minute at a site, as a chart, a trend or a report of the case takes
 * it: EVENT_MINUTE, with the values or with the reason why there are none. Pure.
 *
 * Minutes are counted from when the line came to its site. The value is the mean of medians of
 * eight good beats each, so that it follows breathing as a mean does, and a stray beat moves
 * nothing. Known when the minute ends; beats and readings of the minute stand as they were given.
 *
 * Not given where one value would mislead although single beats do not: where a quarter of the
 * minute lay in states that withhold (15 s), where the trace was a wedge for a second or more, or
 * where fewer than eight good beats came. A collapse (NO_PULSE) is no state that withholds.
 * Event: from_tick, to_tick the minute; from_value the seconds withheld (wedge included);
 * to_value 0, or, where there is no value, the state (1xx) that took most of the minute; quality:
 * the mean of the beats', times the share not withheld, halved where the label is contradicted. */
#pragma once
#include "detectors/report.h"

/* The line came to a site. */
void minute_begin(struct line *line, uint64_t tick);
/* Samples come back after so long that nothing was said meanwhile: the minute of now, in which the
 * gap still counts. */
void minute_wake(const struct report_call *call, struct line *line);
/* A state stood from..to. */
void minute_state(struct line *line, uint32_t state, uint64_t from_tick, uint64_t to_tick);
void minute_beat(struct line *line, const struct line_beat *beat);
void minute_withdraw(struct line *line, uint64_t from_tick, uint64_t to_tick);
/* Says the minute that has passed at call->now_tick, if one has. */
void minute_clock(struct report_call *call, struct line *line);
