/* marks.h - what the device or a person said, from a CSV file or a simulated patient.
 *
 * CSV: header time_s,kind,channel,value,text; kinds are those of enum mark_kind in lower case.
 * `channel` is a label or a number from 0; `value` is a site for kind site, a phase for kind phase,
 * 1 (begins) or 0 (ends) for zeroing, flush and wedge, a number for kind value, whose `text` is the
 * quantity's id; `text` is the words of drug and note. */
#pragma once
#include "proto/stream.h"
#include "sim/failure.h"
#include <stddef.h>
#include <stdio.h>

struct marks {
    struct stream_mark *rows; /* in order of tick */
    size_t count;
};

/* Channels and ticks are those of `info`, ticks counted from the record's beginning. */
enum hemo_error marks_load(struct marks *marks, const char *path, const struct stream_info *info,
                           struct failure *failure);
void marks_free(struct marks *marks);

/* One line of the same CSV, with its newline. */
void marks_write(FILE *out, const struct stream_mark *mark, const struct stream_info *info);

/* The channel of a label or number; -1: none. */
int marks_channel(const struct stream_info *info, const char *name);
