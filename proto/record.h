/* record.h - the journal's record: the bytes on disk, little-endian, versioned, checked. Pure.
 *
 * Segment file: 64-byte header, then records, each padded with zeros to 8 bytes, then zeros.
 *   header: "HEMOJRNL", u32 version=1, u32 segment number, u64 journal id, u64 first position,
 *           zeros, u32 crc32c of bytes 0-59
 *   record: u32 payload length, u32 crc32c, u64 position, u16 type, u16 0, u32 segment number,
 *           payload (a packed Frame)
 * The checksum covers the length and everything behind itself, the segment number included, so that
 * a recycled file's old record never validates. A record of length 0 ends the segment.
 *
 *     for (at = SEGMENT_HEADER; !(error = record_read(bytes + at, length - at, n, &r, &size)); )
 *         use(&r), at += size;
 *     if (error != HEMO_NOT_FOUND && record_valid_behind(bytes + at, length - at, n))
 *         error = HEMO_CORRUPT;   // stop: never skip a damaged record
 * A torn tail is cut at `at`; who writes on there first puts zeros over the rest of the segment, so
 * that nothing of the torn write can stand behind the new records. */
#pragma once
#include "proto/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RECORD_HEADER = 24, SEGMENT_HEADER = 64, RECORD_PAYLOAD_MAX = 65536, RECORD_ALIGN = 8 };

enum record_type {
    RECORD_FRAME = 1,   /* a device's record as it came: Samples, StreamInfo, Mark, Gap */
    RECORD_COMMAND = 2, /* worklistd's record, stamped: EpochBegin follows at a case change */
    RECORD_EVENT = 3,   /* Event: sequence = position in hemod's own stream */
    RECORD_EPOCH = 4,   /* EpochBegin: the same */
    RECORD_TYPE_MAX = 4
};

struct record {
    uint64_t position;
    uint16_t type;
    uint32_t segment;
    uint32_t length;
    const uint8_t *payload;
};

struct segment_header {
    uint32_t number;
    uint64_t journal, first_position;
};

size_t record_size(size_t payload_length); /* bytes on disk, padded */

/* Writes one record; returns its size, or 0 when it does not fit `size`. */
size_t record_write(const struct record *record, uint8_t *out, size_t size);

/* Reads one record at bytes[0]. HEMO_OK and *size; HEMO_NOT_FOUND: the zeros after the last record,
 * or the end of the file; HEMO_TORN_TAIL: it does not fit `length`; HEMO_BAD_CHECKSUM: damaged;
 * HEMO_BAD_FORMAT: undamaged, of a type that this program does not know. out->payload points into
 * bytes. */
enum hemo_error record_read(const uint8_t *bytes, size_t length, uint32_t segment,
                            struct record *out, size_t *size);

/* After a bad record: true when a valid one stands behind it, so that the file is damaged in the
 * middle, not torn at its end. Ask after HEMO_TORN_TAIL too: the length may be what is damaged. */
bool record_valid_behind(const uint8_t *bytes, size_t length, uint32_t segment);

void segment_header_write(const struct segment_header *header, uint8_t out[SEGMENT_HEADER]);
/* HEMO_NOT_FOUND: all zeros, never begun; HEMO_TORN_TAIL, HEMO_BAD_FORMAT, HEMO_BAD_CHECKSUM. */
enum hemo_error segment_header_read(const uint8_t *bytes, size_t length,
                                    struct segment_header *out);
