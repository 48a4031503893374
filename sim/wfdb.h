/* wfdb.h - read a WFDB record in blocks, in constant memory.
 *
 *     struct wfdb *record;
 *     if (wfdb_open(&record, "data/demo1", &failure)) ...          // with or without ".hea"
 *     while ((frames = wfdb_read(record, 50, samples, &failure)) > 0) use(samples);
 *     wfdb_close(record);
 *
 * Formats 16, 80 and 212, several samples of a signal per frame, skew, byte offset, records of
 * several segments (fixed and variable layout, pauses). Everything that can be seen without reading
 * all samples is checked by wfdb_open(): every header, every file's size. First values and
 * checksums are compared as the samples pass (where reading began at the first one). Edge code: it
 * opens files and allocates at open only. One thread. */
#pragma once
#include "sim/wfdb_header.h"

enum { WFDB_READ_FRAMES_MAX = 8192 };

struct wfdb;

enum hemo_error wfdb_open(struct wfdb **record, const char *path, struct failure *failure);
void wfdb_close(struct wfdb *record); /* NULL is allowed */

/* Of the whole record: signals (of the layout), rate, frames. frames is always set. */
const struct wfdb_header *wfdb_header(const struct wfdb *record);

/* Files longer than their header says and other things worth a word: "" or one line. */
const char *wfdb_note(const struct wfdb *record);

/* The next frames, at most `frames_max` (1..WFDB_READ_FRAMES_MAX): returns how many, n; 0 at the
 * end; negative: an error.
 * samples[] holds signal after signal: of signal i n * samples_per_frame counts; a missing one is
 * SAMPLE_MISSING. It must have room for frames_max * wfdb_frame_samples(). */
int wfdb_read(struct wfdb *record, uint32_t frames_max, int16_t *samples, struct failure *failure);

/* Samples of all signals in one frame. */
uint32_t wfdb_frame_samples(const struct wfdb *record);

/* Go on reading at that frame (at most frames). */
void wfdb_seek(struct wfdb *record, uint64_t frame);

/* Reads the whole record once and comes back to its beginning: HEMO_OK, or the first value or sum
 * that is not its header's. So that nothing is said or sent of a record that turns out to be
 * damaged. */
enum hemo_error wfdb_verify(struct wfdb *record, struct failure *failure);

/* Do not compare checksums: for a record that is known to be cut. */
void wfdb_ignore_checksums(struct wfdb *record);
