/* fuzz_record.c - libFuzzer against the journal's reader: any bytes, as recovery reads them.
 *
 * Each input is repaired first where its first byte says so (a right checksum in the first record),
 * so that the search gets behind the checksum. */
#include "proto/crc32c.h"
#include "proto/record.h"
#include <stdlib.h>
#include <string.h>

enum { MOST = 8192, SEGMENT = 7 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void must(bool holds) {
    if (!holds)
        abort();
}

static void repair(uint8_t *record, size_t length) {
    if (length < RECORD_HEADER || record[1] != 0 || record[2] != 0 || record[3] != 0 ||
        (size_t)RECORD_HEADER + record[0] > length)
        return;
    record[20] = SEGMENT;
    memset(record + 21, 0, 3);
    uint32_t crc = crc32c(crc32c(0, record, 4), record + 8, RECORD_HEADER - 8 + record[0]);
    for (int i = 0; i < 4; i++)
        record[4 + i] = (uint8_t)(crc >> 8 * i);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length) {
    if (length < 1 || length > MOST)
        return 0;
    uint8_t *bytes = malloc(length);
    must(bytes != NULL);
    memcpy(bytes, input + 1, length - 1);
    if (input[0] & 1)
        repair(bytes, length - 1);
    struct segment_header header;
    struct record record;
    uint8_t again[RECORD_HEADER + RECORD_PAYLOAD_MAX];
    size_t at = 0, size;
    (void)segment_header_read(bytes, length - 1, &header);
    while (record_read(bytes + at, length - 1 - at, SEGMENT, &record, &size) == HEMO_OK) {
        must(size <= length - 1 - at && record.length <= size - RECORD_HEADER);
        must(record_write(&record, again, sizeof again) == size);
        must(memcmp(again, bytes + at, size) == 0); /* one record has one form only */
        at += size;
    }
    (void)record_valid_behind(bytes + at, length - 1 - at, SEGMENT);
    free(bytes);
    return 0;
}
