/* line.h - one channel of the room: samples into dsp, and what dsp says into events and history.
 * Pure. */
#pragma once
#include "detectors/report.h"

/* What value n of a beat is at a site: the first four everywhere, the others of ventricles or of
 * atria. QUANTITY_NONE: nothing. */
enum { LINE_SYSTOLIC, LINE_DIASTOLIC, LINE_MEAN, LINE_RATE, LINE_OWN };
uint32_t line_quantity(uint32_t site, int n);

void line_init(struct line *line, const struct wire_epoch_begin *begin, uint32_t index);
/* The next sample, at call->now_tick; raw SAMPLE_MISSING is none. */
void line_push(struct report_call *call, struct line *line, int16_t raw);

/* Marks of a device or a person. kind: EVENT_ZEROING, EVENT_FLUSHED or EVENT_WEDGE. */
void line_marked(struct report_call *call, struct line *line, uint32_t kind, bool begins);
void line_site(struct report_call *call, struct line *line, uint32_t site);
/* The trace is that of the line at `site`, or its own again (SITE_NONE): exchange.h. */
void line_exchanged(struct report_call *call, struct line *line, uint32_t site);
/* The device's clock is not what it declares, or is again: room->wrong_rate. */
void line_wrong_rate(struct report_call *call, struct line *line);
/* Another phase: a new visit, with the signal state kept. before the room's phase changes. */
void line_leave(struct report_call *call, struct line *line);
/* End of the stream: what is open is closed. */
void line_end(struct report_call *call, struct line *line);

/* Values are withheld now, or the trace is a wedge. */
bool line_withheld(const struct line *line);
/* The trace looks like another site than the label says. */
bool line_contradicted(const struct line *line);
/* A person or dsp says that the artery's trace is a wedge now. */
bool line_wedged(const struct line *line);
/* Where the tip is now: PCW while the artery's trace is a wedge. */
uint32_t line_site_now(const struct line *line);
/* Nothing keeps its pressure from being compared with another line's. */
bool line_sound(const struct line *line);
/* Its trace at a tick (channel_at()); NAN: missing. */
float line_at(const struct line *line, double tick);
/* Length of one of line.levels[]: about half a second. */
uint64_t line_level_ticks(const struct line *line);
/* The beat counts for averages. */
bool line_beat_good(const struct line_beat *beat);
