/* wfdb_file.h - one .dat file: counts at a position, decoded. Used by wfdb.c.
 *
 * A file is a row of samples; sample number n of the file stands at a place that follows from the
 * format alone, so reads need no state. Missing samples come out as SAMPLE_MISSING. */
#pragma once
#include "sim/failure.h"
#include <stddef.h>
#include <stdint.h>

enum { WFDB_DECODE_MAX = 1 << 16 };

struct wfdb_file {
    int fd;
    uint32_t format;      /* 16, 80, 212 */
    uint64_t byte_offset; /* of sample 0 */
    uint64_t samples;     /* whole ones that the file holds */
};

/* Opens a plain file; refuses folders, devices and pipes. `name` is for messages. */
enum hemo_error wfdb_file_open(struct wfdb_file *file, const char *path, const char *name,
                               struct failure *failure);
void wfdb_file_close(struct wfdb_file *file);

/* `count` samples (1..WFDB_DECODE_MAX) from number `first`. HEMO_OK, HEMO_BAD_LENGTH: the file
 * ended; HEMO_IO. */
enum hemo_error wfdb_file_decode(const struct wfdb_file *file, uint64_t first, size_t count,
                                 int16_t *out);

/* Bytes that `samples` samples take in a format. */
uint64_t wfdb_format_bytes(uint32_t format, uint64_t samples);
