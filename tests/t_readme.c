/* proto/README.md is a contract: its example frames are real ones, its tables are right. */
#include "proto/event.h"
#include "proto/quantity.h"
#include "proto/wire.h"
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { PAGE_MAX = 256 * 1024, EXAMPLES_MIN = 11 };

static struct {
    char page[PAGE_MAX];
    struct wire_frame frame;
    uint8_t bytes[WIRE_BYTES_MAX], again[WIRE_BYTES_MAX];
} work;

static const struct {
    const char *name;
    enum wire_kind kind;
} kinds[] = {
    {"Hello", WIRE_HELLO},     {"Welcome", WIRE_WELCOME}, {"StreamInfo", WIRE_STREAM_INFO},
    {"Samples", WIRE_SAMPLES}, {"Mark", WIRE_MARK},       {"Gap", WIRE_GAP},
    {"Ack", WIRE_ACK},         {"Refuse", WIRE_REFUSE},
};

static int read_page(void **state) {
    (void)state;
    FILE *file = fopen(SOURCE_DIR "/proto/README.md", "r");
    if (file == NULL)
        return -1;
    size_t length = fread(work.page, 1, sizeof work.page - 1, file);
    fclose(file);
    work.page[length] = '\0';
    return length > 0 && length < sizeof work.page - 1 ? 0 : -1;
}

static int digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

static size_t from_hex(const char *hex, uint8_t *out) {
    size_t length = 0;
    for (; isxdigit((unsigned char)hex[0]) && isxdigit((unsigned char)hex[1]); hex += 2)
        out[length++] = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
    return length;
}

/* The kind that the line begins with; *hex is what follows. */
static enum wire_kind kind_of(const char *line, const char **hex) {
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t length = strlen(kinds[i].name);
        *hex = line + length + strspn(line + length, " ");
        if (strncmp(kinds[i].name, line, length) == 0 && *hex > line + length)
            return kinds[i].kind;
    }
    return (enum wire_kind)0;
}

static void check_example(const char *line) {
    const char *hex;
    size_t again;
    enum wire_kind kind = kind_of(line, &hex);
    size_t length = from_hex(hex, work.bytes);
    enum hemo_error error = wire_parse(&work.frame, work.bytes, length);
    if (error != HEMO_OK || work.frame.kind != kind)
        fail_msg("%.12s: %s, kind %d", line, hemo_error_name(error), work.frame.kind);
    assert_int_equal(wire_pack(&work.frame, work.again, sizeof work.again, &again), HEMO_OK);
    assert_int_equal(again, length);
    assert_memory_equal(work.again, work.bytes, length);
}

static void the_example_frames_are_real(void **state) {
    (void)state;
    const char *line = strstr(work.page, "```frames\n");
    int examples = 0;
    assert_non_null(line);
    while ((line = strchr(line, '\n')) != NULL && strncmp(++line, "```", 3) != 0) {
        check_example(line);
        examples++;
    }
    assert_true(examples >= EXAMPLES_MIN);
}

static void the_samples_are_those_that_the_text_takes_apart(void **state) {
    (void)state;
    static const int16_t counts[] = {1400, 1420, 1500, SAMPLE_MISSING, 1580};
    const char *line = strstr(work.page, "\nSamples    08");
    assert_non_null(line);
    size_t length = from_hex(strchr(line, '0'), work.bytes);
    assert_int_equal(wire_parse(&work.frame, work.bytes, length), HEMO_OK);
    assert_int_equal(work.frame.epoch, 6891036400u);
    assert_int_equal(work.frame.case_number, 17);
    assert_int_equal(work.frame.body.samples.count, 5);
    assert_memory_equal(work.frame.body.samples.samples, counts, sizeof counts);
}

/* A new row of a table is one row, so the page may lack the newest; but no line of it may be wrong.
 * Counts the lines that begin with "| NUMBER |" in the table under `head`. */
static int check_line(const char *head, int number, const char *want) {
    char start[16];
    const char *table = strstr(work.page, head);
    assert_non_null(table);
    const char *end = strstr(table, "\n\n");
    snprintf(start, sizeof start, "\n| %d |", number);
    const char *line = strstr(table, start);
    if (line == NULL || (end != NULL && line > end))
        return 0;
    if (strncmp(line + 1, want, strlen(want)) != 0)
        fail_msg("want the line \"%s\"", want);
    return 1;
}

static void no_line_of_its_tables_is_wrong(void **state) {
    (void)state;
    char want[256];
    int sites = 0, quantities = 0, errors = 0;
    for (int i = 0; i < site_rows_count; i++) {
        const struct site_row *r = &site_rows[i];
        snprintf(want, sizeof want, "| %d | %s | %s |\n", (int)r->site, r->label, r->what);
        sites += check_line("\n| site | label |", (int)r->site, want);
    }
    for (int i = 0; i < quantity_rows_count; i++) {
        const struct quantity_row *r = &quantity_rows[i];
        snprintf(want, sizeof want, "| %d | %s | %s |\n", (int)r->quantity, r->id, r->unit);
        quantities += check_line("\n| quantity | id |", (int)r->quantity, want);
    }
    for (int number = 0; number >= -99; number--) {
        snprintf(want, sizeof want, "| %d | %s | %s |\n", number, hemo_error_name(number),
                 hemo_error_text(number));
        errors += check_line("\n| error | name |", number, want);
    }
    assert_true(sites >= 13 && quantities >= 12 && errors >= 31);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_frames_are_real),
        cmocka_unit_test(the_samples_are_those_that_the_text_takes_apart),
        cmocka_unit_test(no_line_of_its_tables_is_wrong),
    };
    return cmocka_run_group_tests(tests, read_page, NULL);
}
