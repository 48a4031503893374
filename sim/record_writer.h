/* record_writer.h - a stream as a WFDB record: NAME.dat, NAME.marks.csv and NAME.hea, and what else
 * a caller writes beside them; all of it whole or not at all.
 *
 *     error = record_writer_open(&w, "data/case41", force, suffixes, &failure);
 *     error = record_writer_begin(&w, &info, first_tick, end_tick, &failure);
 *     record_writer_take(&w, &item);            // samples, gaps, marks, in a source's order
 *     error = record_writer_commit(&w, "# a comment\n", &failure);
 *     record_writer_close(&w);                          // after an error too: nothing is left
 *
 * Format 16. Every channel keeps its own rate and its counts: a frame is the shortest time in which
 * each has a whole number of samples. Groups may come in any step and lag 30 s behind each other;
 * what comes later still is counted in `late`. What never came is an invalid sample (-32768); of
 * more than 24 h of that no record is made, for such a counter has jumped. A
 * sample between two places of its channel's grid stands in the earlier one. Marks are put in order
 * of time; those before the record's beginning that still hold there (site, phase, what began and
 * did not end) stand at its beginning. */
#pragma once
#include "sim/output.h"
#include "sim/source.h"
#include <stddef.h>

enum { RECORD_WRITER_EXTRAS = 3, RECORD_WRITER_GAP_HOURS_MAX = 24 };

struct record_writer {
    char base[OUTPUT_PATH_MAX + 1]; /* path without suffix */
    const char *name;               /* its last part */
    struct stream_info info;
    uint64_t first_tick, end_tick;     /* end_tick: one past the last that is wanted */
    uint64_t group_next[STREAM_GROUPS_MAX];
    uint64_t frames, late;             /* written; samples that came too late */
    uint32_t frame_ticks, frame_samples, window_frames;
    uint32_t per_frame[STREAM_CHANNELS_MAX], offset[STREAM_CHANNELS_MAX];
    int16_t *window; /* frames that are not written yet, by frame % window_frames */
    int64_t sum[STREAM_CHANNELS_MAX]; /* of the header's checksum */
    int16_t initial[STREAM_CHANNELS_MAX];
    struct stream_mark *marks;
    size_t marks_count, marks_room;
    bool out_of_memory, too_long;
    /* The last mark of each kind before the beginning. */
    struct stream_mark standing[STREAM_CHANNELS_MAX][MARK_KIND_MAX + 1];
    struct output dat, marks_csv, hea, extras[RECORD_WRITER_EXTRAS];
    int extras_count;
};

/* `suffixes`: of the extras, NULL at the end. HEMO_BAD_CONFIG: the name cannot be one, or a file of
 * it exists and `force` is false. */
enum hemo_error record_writer_open(struct record_writer *w, const char *path, bool force,
                                   const char *const suffixes[], struct failure *failure);
/* HEMO_BAD_FORMAT: the channels' rates have no common frame of 64 samples at most each. */
enum hemo_error record_writer_begin(struct record_writer *w, const struct stream_info *info,
                                    uint64_t first_tick, uint64_t end_tick,
                                    struct failure *failure);
void record_writer_take(struct record_writer *w, const struct source_item *item);
/* True: it has failed already, and record_writer_commit() will say why. */
bool record_writer_failed(const struct record_writer *w);
enum hemo_error record_writer_commit(struct record_writer *w, const char *comments,
                                     struct failure *failure);
void record_writer_close(struct record_writer *w);
double record_writer_seconds(const struct record_writer *w);
