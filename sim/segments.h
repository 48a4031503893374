/* segments.h - the records of a journal, from its files, in order: proto/record.h over a folder, or
 * over one segment of it.
 *
 *     error = segments_open(&segments, "var/journal", &failure);
 *     while ((error = segments_next(&segments, &record, &failure)) == HEMO_OK) use(&record);
 *     // HEMO_NOT_FOUND: the end
 *     segments_close(&segments);
 *
 * Read only: a journal that a hemod is writing to may be read, up to what it has written. A torn
 * tail ends it, as it does for hemod; a damaged record with valid ones behind it, or a segment that
 * is missing in the middle, is HEMO_CORRUPT with file and byte. One segment's bytes are held at a
 * time. */
#pragma once
#include "proto/record.h"
#include "sim/failure.h"

enum { SEGMENTS_PATH_MAX = 1024, SEGMENTS_MAX = 65536 };

struct segments {
    char folder[SEGMENTS_PATH_MAX + 1], one[SEGMENTS_PATH_MAX + 1]; /* one: its only file, or "" */
    uint32_t numbers_count, at; /* at: of the segment that is held; numbers_count: none more */
    uint32_t *numbers;          /* in order */
    uint8_t *bytes;
    size_t length, offset;
    struct segment_header header;
    uint64_t cut_bytes; /* of a torn tail */
};

enum hemo_error segments_open(struct segments *segments, const char *path,
                              struct failure *failure);
enum hemo_error segments_next(struct segments *segments, struct record *out,
                              struct failure *failure);
void segments_rewind(struct segments *segments);
void segments_close(struct segments *segments); /* a zeroed one is closed */
