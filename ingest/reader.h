/* reader.h - read the journal's records in order from any place, up to a limit, through a buffer of
 * its own.
 *
 *     reader_seek(&reader, place);
 *     while ((error = reader_next(&reader, durable_end, &record)) == HEMO_OK) use(&record);
 *     // HEMO_NOT_FOUND: the limit is reached; call again when it has moved
 *
 * Any number of readers may run beside the one writer, as long as each stays below what is durable.
 * The payload is good until the next call. */
#pragma once
#include "ingest/place.h"
#include "proto/record.h"

enum { READER_BUFFER = 256 * 1024 };

struct reader {
    int folder; /* the caller's */
    int fd;
    uint32_t file_size;
    struct place at;       /* of the next record */
    struct place last;     /* of the record given last */
    uint32_t from, filled; /* what the buffer holds: bytes [from, from + filled) of the file */
    struct segment_header header;
    uint8_t *buffer;
};

enum hemo_error reader_init(struct reader *r, int folder);
void reader_close(struct reader *r);
/* Segment's beginning for offset 0. The file is opened by the next reader_next(). */
void reader_seek(struct reader *r, struct place place);
enum hemo_error reader_next(struct reader *r, struct place limit, struct record *out);
/* Opens r->at.segment and checks its header: HEMO_NOT_FOUND, HEMO_BAD_FORMAT, HEMO_BAD_CHECKSUM,
 * HEMO_IO. */
enum hemo_error reader_open(struct reader *r);
