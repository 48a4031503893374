#include "proto/record.h"
#include "proto/crc32c.h"
#include <assert.h>
#include <string.h>

enum { SEGMENT_VERSION = 1, SEGMENT_CHECKED = 60 };
static const char magic[8] = {'H', 'E', 'M', 'O', 'J', 'R', 'N', 'L'};

static void put(uint8_t *out, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++)
        out[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get(const uint8_t *in, int bytes) {
    uint64_t value = 0;
    for (int i = bytes - 1; i >= 0; i--)
        value = value << 8 | in[i];
    return value;
}

static bool all_zero(const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

/* Over the length and all that stands behind the checksum itself. */
static uint32_t checksum(const uint8_t *record, size_t payload_length) {
    return crc32c(crc32c(0, record, 4), record + 8, RECORD_HEADER - 8 + payload_length);
}

size_t record_size(size_t payload_length) {
    assert(payload_length <= RECORD_PAYLOAD_MAX);
    size_t bytes = RECORD_HEADER + payload_length;
    return (bytes + RECORD_ALIGN - 1) & ~(size_t)(RECORD_ALIGN - 1);
}

size_t record_write(const struct record *record, uint8_t *out, size_t size) {
    assert(record->length >= 1 && record->type >= 1 && record->type <= RECORD_TYPE_MAX);
    size_t needed = record_size(record->length);
    if (needed > size)
        return 0;
    put(out, record->length, 4);
    put(out + 8, record->position, 8);
    put(out + 16, record->type, 2);
    put(out + 18, 0, 2);
    put(out + 20, record->segment, 4);
    memcpy(out + RECORD_HEADER, record->payload, record->length);
    memset(out + RECORD_HEADER + record->length, 0, needed - RECORD_HEADER - record->length);
    put(out + 4, checksum(out, record->length), 4);
    return needed;
}

/* The padding is part of what is checked, so that no flipped bit at all goes unseen. */
static bool intact(const uint8_t *bytes, uint32_t length, uint32_t segment) {
    const uint8_t *end = bytes + RECORD_HEADER + length;
    return get(bytes + 4, 4) == checksum(bytes, length) && get(bytes + 18, 2) == 0 &&
           get(bytes + 20, 4) == segment &&
           all_zero(end, record_size(length) - RECORD_HEADER - length);
}

enum hemo_error record_read(const uint8_t *bytes, size_t length, uint32_t segment,
                            struct record *out, size_t *size) {
    if (all_zero(bytes, length < RECORD_HEADER ? length : RECORD_HEADER))
        return HEMO_NOT_FOUND;
    if (length < RECORD_HEADER)
        return HEMO_TORN_TAIL;
    uint32_t payload_length = (uint32_t)get(bytes, 4);
    if (payload_length < 1 || payload_length > RECORD_PAYLOAD_MAX)
        return HEMO_BAD_CHECKSUM;
    if (record_size(payload_length) > length)
        return HEMO_TORN_TAIL;
    if (!intact(bytes, payload_length, segment))
        return HEMO_BAD_CHECKSUM;
    out->position = get(bytes + 8, 8);
    out->type = (uint16_t)get(bytes + 16, 2);
    out->segment = segment;
    out->length = payload_length;
    out->payload = bytes + RECORD_HEADER;
    *size = record_size(payload_length);
    return out->type >= 1 && out->type <= RECORD_TYPE_MAX ? HEMO_OK : HEMO_BAD_FORMAT;
}

/* Cheap tests first: a checksum over 64 KiB behind each of 8 million places is too slow. */
static bool may_begin(const uint8_t *bytes, size_t length, uint32_t segment) {
    uint64_t payload_length = get(bytes, 4);
    return payload_length >= 1 && payload_length <= RECORD_PAYLOAD_MAX &&
           get(bytes + 18, 2) == 0 && get(bytes + 20, 4) == segment &&
           record_size(payload_length) <= length;
}

bool record_valid_behind(const uint8_t *bytes, size_t length, uint32_t segment) {
    for (size_t at = RECORD_ALIGN; at + RECORD_HEADER < length; at += RECORD_ALIGN)
        if (may_begin(bytes + at, length - at, segment) &&
            intact(bytes + at, (uint32_t)get(bytes + at, 4), segment))
            return true;
    return false;
}

void segment_header_write(const struct segment_header *header, uint8_t out[SEGMENT_HEADER]) {
    memset(out, 0, SEGMENT_HEADER);
    memcpy(out, magic, sizeof magic);
    put(out + 8, SEGMENT_VERSION, 4);
    put(out + 12, header->number, 4);
    put(out + 16, header->journal, 8);
    put(out + 24, header->first_position, 8);
    put(out + SEGMENT_CHECKED, crc32c(0, out, SEGMENT_CHECKED), 4);
}

enum hemo_error segment_header_read(const uint8_t *bytes, size_t length,
                                    struct segment_header *out) {
    if (length < SEGMENT_HEADER)
        return HEMO_TORN_TAIL;
    if (all_zero(bytes, SEGMENT_HEADER))
        return HEMO_NOT_FOUND;
    if (memcmp(bytes, magic, sizeof magic) != 0)
        return HEMO_BAD_FORMAT;
    if (get(bytes + SEGMENT_CHECKED, 4) != crc32c(0, bytes, SEGMENT_CHECKED))
        return HEMO_BAD_CHECKSUM;
    if (get(bytes + 8, 4) != SEGMENT_VERSION)
        return HEMO_BAD_FORMAT;
    out->number = (uint32_t)get(bytes + 12, 4);
    out->journal = get(bytes + 16, 8);
    out->first_position = get(bytes + 24, 8);
    return HEMO_OK;
}
