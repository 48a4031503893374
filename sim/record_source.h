/* record_source.h - a WFDB record as a stream: signals become channels of sites, frames become
 * sample blocks.
 *
 *     struct record_source_config config = {.path = "data/demo1", .block_s = 0.04, .to_s = NAN};
 *     error = record_source_open(&source, &config, &failure);
 *
 * A signal's site is its label's (proto/site.h), unless the config maps it. The base tick is frame
 * rate x the least common multiple of the samples per frame; ticks count from the record's
 * beginning, also where reading begins later. */
#pragma once
#include "sim/source.h"

struct record_source_config {
    const char *path;
    double block_s;          /* signal per block, at least one frame; 0: as much as a block holds */
    double from_s, to_s;     /* to_s NAN: the end */
    const char *signals;     /* labels or numbers with commas; NULL: all */
    const char *const *maps; /* "LABEL=SITE" */
    int maps_count;
    const char *marks; /* file, or NULL */
    bool ignore_checksums;
};

enum hemo_error record_source_open(struct source *source, const struct record_source_config *config,
                                   struct failure *failure);

/* What the reader noticed and would tell a person: "" or one line. */
const char *record_source_note(const struct source *source);
