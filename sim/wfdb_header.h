/* wfdb_header.h - the text of a WFDB header (.hea) as a checked struct. No I/O.
 *
 *     error = wfdb_header_parse(&header, "demo1.hea", text, length, &failure);
 *
 * Reads the record line (with or without segments), signal lines with every optional field, and
 * comments. Every count is bounded, every number finite, and a file name is a plain name beside the
 * header: no folder, no "..". Fields left out get the format's defaults: 250 Hz, 200 counts per mV.
 * A gain that is written must be > 0. */
#pragma once
#include "sim/failure.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WFDB_SIGNALS_MAX = 64,
    WFDB_SEGMENTS_MAX = 4096,
    WFDB_NAME_MAX = 64,
    WFDB_LABEL_MAX = 64,
    WFDB_UNITS_MAX = 16,
    WFDB_HEADER_MAX = 512 * 1024,
    WFDB_FRAME_SAMPLES_MAX = 64,
    WFDB_SKEW_MAX = 100000
};

struct wfdb_signal {
    char file[WFDB_NAME_MAX + 1]; /* "~": no samples, in a layout */
    uint32_t format;              /* 16, 80, 212; 0 where file is "~" */
    uint32_t samples_per_frame, skew_frames;
    uint64_t byte_offset;
    double gain; /* counts per unit, > 0 */
    int32_t baseline;
    char units[WFDB_UNITS_MAX + 1];
    bool has_initial, has_checksum;
    int32_t initial;
    int16_t checksum;
    char label[WFDB_LABEL_MAX + 1];
    int line; /* in the header, for messages */
};

struct wfdb_segment {
    char name[WFDB_NAME_MAX + 1]; /* "~": a pause without samples */
    uint64_t frames;              /* 0 in the first one: a layout */
};

struct wfdb_header {
    char name[WFDB_NAME_MAX + 1];
    uint32_t signals_count, segments_count;    /* segments_count 0: signal lines follow */
    uint32_t rate_numerator, rate_denominator; /* frames per second */
    uint64_t frames;
    bool frames_given;
    char started[48]; /* time and date as written, or "" */
    struct wfdb_signal signals[WFDB_SIGNALS_MAX];
    struct wfdb_segment segments[WFDB_SEGMENTS_MAX];
};

enum hemo_error wfdb_header_parse(struct wfdb_header *header, const char *file, const char *text,
                                  size_t length, struct failure *failure);

/* True for a plain name of letters, digits, '_', '-' and '.', that does not begin with '.'. */
bool wfdb_name_ok(const char *name);
