/* The journal's bytes: golden ones, every bit turned, every length cut. And the checksum itself. */
#include "proto/crc32c.h"
#include "proto/record.h"
#include "tests/frames.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { SEGMENT = 3, JOURNAL_MAX = 2048, RECORDS = 5, ZEROS = 64 };

/* --- checksum: the examples of RFC 3720 and the well-known one --- */

static void checksum_is_castagnolis(void **state) {
    (void)state;
    uint8_t bytes[32];
    assert_int_equal(crc32c(0, "123456789", 9), 0xE3069283u);
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(crc32c(0, bytes, 32), 0x8A9136AAu);
    memset(bytes, 0xFF, sizeof bytes);
    assert_int_equal(crc32c(0, bytes, 32), 0x62A8AB43u);
    for (int i = 0; i < 32; i++)
        bytes[i] = (uint8_t)i;
    assert_int_equal(crc32c(0, bytes, 32), 0x46DD794Eu);
    for (int i = 0; i < 32; i++)
        bytes[i] = (uint8_t)(31 - i);
    assert_int_equal(crc32c(0, bytes, 32), 0x113FDB5Cu);
    assert_int_equal(crc32c(0, bytes, 0), 0);
}

static void checksum_in_pieces_and_by_table_is_the_same(void **state) {
    (void)state;
    struct dice dice = dice_of(1);
    uint8_t bytes[300];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)dice_roll(&dice);
    for (size_t length = 0; length <= 256; length++) {
        size_t offset = dice_roll(&dice) % 16, cut = dice_roll(&dice) % (length + 1);
        const uint8_t *at = bytes + offset;
        uint32_t whole = crc32c(0, at, length);
        assert_int_equal(whole, crc32c_by_table(0, at, length));
        assert_int_equal(whole, crc32c(crc32c(0, at, cut), at + cut, length - cut));
        assert_int_equal(whole, crc32c_by_table(crc32c(0, at, cut), at + cut, length - cut));
    }
}

/* --- golden bytes, as proto/README.md shows them --- */

static void assert_hex(const uint8_t *bytes, size_t length, const char *hex) {
    char text[3 * 128 + 1] = "";
    assert_true(length <= 128);
    for (size_t i = 0; i < length; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    assert_string_equal(text, hex);
}

static void the_bytes_are_the_documented_ones(void **state) {
    (void)state;
    uint8_t header[SEGMENT_HEADER], bytes[64];
    const struct segment_header first = {2, 0x0123456789abc, 1000};
    const struct record record = {1000, RECORD_FRAME, 2, 5, (const uint8_t *)"HELLO"};
    segment_header_write(&first, header);
    assert_hex(header, sizeof header,
               "48454d4f4a524e4c" "01000000" "02000000" "bc9a785634120000" "e803000000000000"
               "00000000000000000000000000000000000000000000000000000000" "ce014ca3");
    size_t size = record_write(&record, bytes, sizeof bytes);
    assert_int_equal(size, 32);
    assert_hex(bytes, size,
               "05000000" "0b5e21bb" "e803000000000000" "0100" "0000" "02000000"
               "48454c4c4f" "000000");
}

/* --- a small journal --- */

struct journal {
    uint8_t bytes[JOURNAL_MAX];
    size_t used, ends[RECORDS];
};

static void write_journal(struct journal *j) {
    struct dice dice = dice_of(5);
    const struct segment_header header = {SEGMENT, 42, 100};
    memset(j, 0, sizeof *j);
    segment_header_write(&header, j->bytes);
    j->used = SEGMENT_HEADER;
    for (int i = 0; i < RECORDS; i++) {
        uint8_t payload[64];
        uint32_t length = (uint32_t)(1 + 8 * i + (i == 2 ? 15 : i));
        for (uint32_t k = 0; k < length; k++)
            payload[k] = (uint8_t)dice_roll(&dice);
        const struct record record = {100 + (uint64_t)i, (uint16_t)(1 + i % RECORD_TYPE_MAX),
                                      SEGMENT, length, payload};
        j->used += record_write(&record, j->bytes + j->used, JOURNAL_MAX - j->used);
        j->ends[i] = j->used;
    }
}

struct walk {
    int records;
    enum hemo_error error;
    bool behind;
};

/* As recovery reads it. The bytes lie on the heap in their exact length, for the sanitizer. */
static struct walk walk_journal(const uint8_t *bytes, size_t length) {
    struct walk w = {0, HEMO_OK, false};
    struct segment_header header;
    struct record record;
    uint8_t *copy = malloc(length + 1);
    assert_non_null(copy);
    memcpy(copy, bytes, length);
    w.error = segment_header_read(copy, length, &header);
    size_t at = SEGMENT_HEADER, size;
    while (w.error == HEMO_OK) {
        w.error = record_read(copy + at, length - at, SEGMENT, &record, &size);
        if (w.error != HEMO_OK)
            break;
        assert_int_equal(record.position, 100 + w.records);
        assert_memory_equal(record.payload, bytes + at + RECORD_HEADER, record.length);
        w.records++;
        at += size;
    }
    if (w.error != HEMO_NOT_FOUND && length > SEGMENT_HEADER)
        w.behind = record_valid_behind(copy + at, length - at, SEGMENT);
    free(copy);
    return w;
}

static void a_good_journal_is_read_to_its_end(void **state) {
    (void)state;
    struct journal j;
    write_journal(&j);
    for (size_t zeros = 0; zeros <= ZEROS; zeros++) {
        struct walk w = walk_journal(j.bytes, j.used + zeros);
        assert_int_equal(w.records, RECORDS);
        assert_int_equal(w.error, HEMO_NOT_FOUND);
    }
}

static void every_turned_bit_is_found(void **state) {
    (void)state;
    struct journal j;
    write_journal(&j);
    for (size_t bit = 0; bit < 8 * (j.used + RECORD_HEADER); bit++) {
        size_t byte = bit / 8;
        int intact = 0;
        while (intact < RECORDS && j.ends[intact] <= byte)
            intact++;
        j.bytes[byte] ^= (uint8_t)(1u << bit % 8);
        struct walk w = walk_journal(j.bytes, j.used + ZEROS);
        j.bytes[byte] ^= (uint8_t)(1u << bit % 8);
        if (byte < SEGMENT_HEADER) {
            assert_int_equal(w.records, 0);
            assert_true(w.error == HEMO_BAD_CHECKSUM || w.error == HEMO_BAD_FORMAT);
            continue;
        }
        if (w.records != intact || w.error == HEMO_OK || w.error == HEMO_NOT_FOUND ||
            w.behind != (intact < RECORDS - 1))
            fail_msg("bit %zu: %d records, %s, behind %d", bit, w.records, hemo_error_name(w.error),
                     w.behind);
    }
}

static void every_cut_leaves_a_torn_tail_or_an_end(void **state) {
    (void)state;
    struct journal j;
    write_journal(&j);
    for (size_t cut = 0; cut <= j.used; cut++) {
        int intact = 0;
        while (intact < RECORDS && j.ends[intact] <= cut)
            intact++;
        struct walk w = walk_journal(j.bytes, cut);
        bool at_end = cut == SEGMENT_HEADER || (intact > 0 && j.ends[intact - 1] == cut);
        assert_int_equal(w.records, intact);
        assert_int_equal(w.error, at_end ? HEMO_NOT_FOUND : HEMO_TORN_TAIL);
        assert_false(w.behind);
    }
}

/* A preallocated file: behind the torn write there are zeros, not the end of the file. */
static void every_torn_write_before_zeros_is_seen(void **state) {
    (void)state;
    struct journal j, torn;
    write_journal(&j);
    for (size_t cut = SEGMENT_HEADER; cut < j.used; cut++) {
        int intact = 0;
        torn = j;
        memset(torn.bytes + cut, 0, j.used - cut);
        while (intact < RECORDS && memcmp(torn.bytes, j.bytes, j.ends[intact]) == 0)
            intact++; /* what was cut off a record may have been zeros */
        struct walk w = walk_journal(torn.bytes, j.used + ZEROS);
        assert_int_equal(w.records, intact);
        assert_int_not_equal(w.error, HEMO_OK);
        assert_false(w.behind);
    }
}

static void an_old_record_of_a_recycled_file_never_counts(void **state) {
    (void)state;
    struct journal j;
    struct record record;
    size_t size;
    write_journal(&j);
    const uint8_t *first = j.bytes + SEGMENT_HEADER;
    assert_int_equal(record_read(first, j.used - SEGMENT_HEADER, SEGMENT, &record, &size), HEMO_OK);
    assert_int_equal(record_read(first, j.used - SEGMENT_HEADER, SEGMENT + 1, &record, &size),
                     HEMO_BAD_CHECKSUM);
    assert_true(record_valid_behind(first, j.used - SEGMENT_HEADER, SEGMENT));
    assert_false(record_valid_behind(first, j.used - SEGMENT_HEADER, SEGMENT + 1));
}

static void an_unknown_type_is_a_newer_format(void **state) {
    (void)state;
    struct journal j;
    struct record record;
    size_t size;
    write_journal(&j);
    uint8_t *first = j.bytes + SEGMENT_HEADER;
    first[16] = RECORD_TYPE_MAX + 1;
    uint32_t crc = crc32c(crc32c(0, first, 4), first + 8, RECORD_HEADER - 8 + first[0]);
    for (int i = 0; i < 4; i++)
        first[4 + i] = (uint8_t)(crc >> 8 * i);
    assert_int_equal(record_read(first, j.used - SEGMENT_HEADER, SEGMENT, &record, &size),
                     HEMO_BAD_FORMAT);
}

static void sizes_and_room(void **state) {
    (void)state;
    static uint8_t out[RECORD_HEADER + RECORD_PAYLOAD_MAX], payload[RECORD_PAYLOAD_MAX];
    struct record record = {1, RECORD_EVENT, 1, RECORD_PAYLOAD_MAX, payload}, back;
    size_t size;
    assert_int_equal(record_size(1), 32);
    assert_int_equal(record_size(8), 32);
    assert_int_equal(record_size(9), 40);
    assert_int_equal(record_write(&record, out, sizeof out - 1), 0);
    assert_int_equal(record_write(&record, out, sizeof out), sizeof out);
    assert_int_equal(record_read(out, sizeof out, 1, &back, &size), HEMO_OK);
    assert_int_equal(back.length, RECORD_PAYLOAD_MAX);
    memset(payload, 0, 24);
    assert_int_equal(segment_header_read(payload, 63, &(struct segment_header){0}),
                     HEMO_TORN_TAIL);
    assert_int_equal(segment_header_read(payload, 64, &(struct segment_header){0}),
                     HEMO_NOT_FOUND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checksum_is_castagnolis),
        cmocka_unit_test(checksum_in_pieces_and_by_table_is_the_same),
        cmocka_unit_test(the_bytes_are_the_documented_ones),
        cmocka_unit_test(a_good_journal_is_read_to_its_end),
        cmocka_unit_test(every_turned_bit_is_found),
        cmocka_unit_test(every_cut_leaves_a_torn_tail_or_an_end),
        cmocka_unit_test(every_torn_write_before_zeros_is_seen),
        cmocka_unit_test(an_old_record_of_a_recycled_file_never_counts),
        cmocka_unit_test(an_unknown_type_is_a_newer_format),
        cmocka_unit_test(sizes_and_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
