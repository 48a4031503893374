/* stenosis.h - Pd against Pa in a running room: equalisation, resting indices, FFR, drift, and the
 * pull-back. Pure.
 *
 * Beats are the guide's (Pa); the wire (Pd) is read with what equalising it found: a constant and a
 * delay. MARK_EQUALISE: both lay at one place until now, so the last five beats give both. The same
 * mark after a value was given, or a pull-back that arrives, is the drift check.
 *
 * Rest      8 steady beats (Pa within 5 %, both halves within 0.005): Pd/Pa, wave-free ratio, RFR,
 *           dPR. Not where Pd/Pa is 0.98..1.02: a wire that is still at the guide looks like that.
 *           Without an equalisation after 30 s, with half the quality.
 * FFR       in the phase "drug": the least mean of five whole beats with Pa steady, said when it
 *           has stood for 15 s or the phase ends, and again when it falls by 0.002 more.
 * Spread    of the beats, and 2 mmHg of the wire until a drift check says what it was.
 * Pull-back from MARK_PULLBACK until Pd is back at Pa (or 0 is marked): a step for each place where
 *           three beats differ from the three before by 0.03. */
#pragma once
#include "detectors/line.h"

/* A beat of any line; read when the next one is known. */
void stenosis_beat(struct report_call *call, const struct line *line, const struct line_beat *beat);
void stenosis_leave(struct report_call *call, const struct line *line);
/* MARK_EQUALISE and MARK_PULLBACK on one of the two lines. */
void stenosis_marked(struct report_call *call, const struct line *line, uint32_t kind, bool begins);
/* A person captured one of the two lines: the ratios of the beats since then (FFR is never one of
 * them: it is a minimum, not a mean). */
void stenosis_capture(struct report_call *call, const struct line *line, uint64_t from_tick);
