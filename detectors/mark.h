/* mark.h - what a device or a person says about the signal, applied at its tick. Pure. */
#pragma once
#include "detectors/report.h"

/* HEMO_OK, or why the mark does not fit the stream. */
enum hemo_error mark_check(const struct room *room, const struct stream_mark *mark);
/* Now, at call->now_tick. */
void mark_apply(struct report_call *call, const struct stream_mark *mark);
/* Wait for its tick, behind earlier ones. HEMO_NO_ROOM: too many wait. */
enum hemo_error mark_keep(struct room *room, const struct stream_mark *mark);
