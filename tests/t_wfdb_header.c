/* WFDB headers as text: golden cases, a table of faults that each give one line with its place, and
 * fifty thousand mutated ones. */
#include "sim/wfdb_header.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int parse(struct wfdb_header *h, const char *text, struct failure *failure) {
    return failure_exit(wfdb_header_parse(h, "demo1.hea", text, strlen(text), failure));
}

static void test_golden_header(void **state) {
    (void)state;
    static struct wfdb_header h;
    struct failure failure;
    assert_int_equal(parse(&h,
                           "# a comment first\r\n\r\n"
                           "demo1 3 125/1000(0) 750000 13:39:00.5 31/10/2131\r\n"
                           "demo1.dat 16 50(-3)/mmHg 16 0 -2800 28268 0 ABP radial\n"
                           "demo1.dat 16x4:2+512 2000 12 7\n"
                           "demo1.dat 212\n# end\n",
                           &failure),
                     0);
    assert_string_equal(h.name, "demo1");
    assert_int_equal(h.signals_count, 3);
    assert_int_equal(h.segments_count, 0);
    assert_int_equal(h.rate_numerator, 125);
    assert_int_equal(h.rate_denominator, 1);
    assert_int_equal(h.frames, 750000);
    assert_string_equal(h.started, "13:39:00.5 31/10/2131");
    const struct wfdb_signal *a = &h.signals[0], *b = &h.signals[1], *c = &h.signals[2];
    assert_int_equal(a->line, 4);
    assert_string_equal(a->label, "ABP radial");
    assert_string_equal(a->units, "mmHg");
    assert_true(fabs(a->gain - 50) < 1e-12);
    assert_int_equal(a->baseline, -3);
    assert_true(a->has_initial && a->has_checksum);
    assert_int_equal(a->initial, -2800);
    assert_int_equal(a->checksum, 28268);
    assert_int_equal(b->samples_per_frame, 4);
    assert_int_equal(b->skew_frames, 2);
    assert_int_equal(b->byte_offset, 512);
    assert_int_equal(b->baseline, 7); /* the converter's zero, where no baseline is written */
    assert_string_equal(b->units, "mV");
    assert_false(b->has_checksum);
    assert_int_equal(c->format, 212);
    assert_true(fabs(c->gain - 200) < 1e-12);
    assert_string_equal(c->label, "signal 2");
}

static void test_rates(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint32_t numerator, denominator;
    } cases[] = {{"demo1 1 62.4725 1\n", 24989, 400},
                 {"demo1 1 0.5 1\n", 1, 2},
                 {"demo1 1 1e3 1\n", 1000, 1},
                 {"demo1 1 333.3333 1\n", 3333333, 10000},
                 {"demo1 1\n", 250, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static struct wfdb_header h;
        struct failure failure;
        char text[256];
        snprintf(text, sizeof text, "%sdemo1.dat 16\n", cases[i].text);
        assert_int_equal(parse(&h, text, &failure), 0);
        assert_int_equal(h.rate_numerator, cases[i].numerator);
        assert_int_equal(h.rate_denominator, cases[i].denominator);
    }
}

#define ONE "demo1 1 125 4\n"

static const struct {
    const char *header, *want; /* want: where and what, in the line */
} bad_headers[] = {
    {"", "demo1.hea:1: header ends here"},
    {"# only a comment\n", "header ends here"},
    {"demo1\n", "demo1.hea:1: number of signals \"\""},
    {"demo1 0 125 4\n", "number of signals \"0\""},
    {"demo1 -1 125 4\n", "number of signals \"-1\""},
    {"demo1 65 125 4\n", "number of signals \"65\" (want 1..64)"},
    {"demo1 1x 125 4\n", "number of signals \"1x\""},
    {"demo1 1 0 4\ndemo1.dat 16\n", "sampling rate 0 Hz (want more than 0"},
    {"demo1 1 -125 4\ndemo1.dat 16\n", "sampling rate -125 Hz"},
    {"demo1 1 nan 4\ndemo1.dat 16\n", "sampling rate \"nan\" (want a number of Hz)"},
    {"demo1 1 inf 4\ndemo1.dat 16\n", "sampling rate \"inf\""},
    {"demo1 1 1e9 4\ndemo1.dat 16\n", "sampling rate 1e+09 Hz"},
    {"demo1 1 0x7d 4\ndemo1.dat 16\n", "sampling rate \"0x7d\""},
    {"demo1 1 125 -4\ndemo1.dat 16\n", "number of samples \"-4\""},
    {"demo1 1 125 4.5\ndemo1.dat 16\n", "number of samples \"4.5\""},
    {"demo1 1 125 99999999999999999999\ndemo1.dat 16\n", "number of samples"},
    {"../demo1 1 125 4\ndemo1.dat 16\n", "\"demo1\" segments"},
    {"..\\demo1 1 125 4\ndemo1.dat 16\n", "no folder"},
    {"demo1 2 125 4\ndemo1.dat 16\n", "demo1.hea:3: header ends here"},
    {ONE "demo1.dat\n", "demo1.hea:2: no format"},
    {ONE "demo1.dat 8\n", "demo1.hea:2: unknown format 8 (want 16, 80 or 212)"},
    {ONE "demo1.dat 61\n", "unknown format 61"},
    {ONE "demo1.dat flac\n", "format \"flac\""},
    {ONE "demo1.dat 16x0\n", "samples per frame in \"16x0\""},
    {ONE "demo1.dat 16x65\n", "samples per frame"},
    {ONE "demo1.dat 16:-1\n", "skew"},
    {ONE "demo1.dat 16+x\n", "byte offset"},
    {ONE "demo1.dat 16x4y\n", "format \"16x4y\""},
    {ONE "demo1.dat 16 0/mmHg 16 0 0 0 0 PA\n", "demo1.hea:2: gain 0 for signal \"PA\" (want > 0)"},
    {ONE "demo1.dat 16 -50/mmHg 16 0 0 0 0 PA\n", "gain -50 for signal \"PA\" (want > 0)"},
    {ONE "demo1.dat 16 nan/mmHg 16 0 0 0 0 PA\n", "gain \"nan/mmHg\" for signal \"PA\""},
    {ONE "demo1.dat 16 1e400/mmHg 16 0 0 0 0 PA\n", "gain \"1e400/mmHg\""},
    {ONE "demo1.dat 16 1e-30 16 0 0 0 0 PA\n", "gain 1e-30 for signal \"PA\""},
    {ONE "demo1.dat 16 50(x)/mmHg\n", "baseline"},
    {ONE "demo1.dat 16 50(0/mmHg\n", "baseline"},
    {ONE "demo1.dat 16 50mmHg\n", "gain \"50mmHg\""},
    {ONE "demo1.dat 16 50 16 nan\n", "zero \"nan\""},
    {ONE "demo1.dat 16 50 16 0 1.5\n", "first value \"1.5\""},
    {ONE "demo1.dat 16 50 16 0 0 NaN 0 PA\n", "checksum \"NaN\" for signal \"PA\""},
    {ONE "/etc/passwd 16\n", "no folder"},
    {ONE "../demo1.dat 16\n", "demo1.hea:2: file name \"../demo1.dat\""},
    {ONE ".hidden 16\n", "file name"},
    {ONE "demo1.dat 16 50\001/mmHg\n", "control character"},
    {"demo1/0 1 125 4\n", "\"0\" segments"},
    {"demo1/x 1 125 4\n", "\"x\" segments"},
    {"demo1/2 1 125 8\na 4\n", "demo1.hea:3: header ends here"},
    {"demo1/2 1 125 9\na 4\nb 4\n", "segments hold 8 samples, the record line says 9"},
    {"demo1/2 1 125 4\na 4\nb 0\n", "segment line"},
    {"demo1/1 1 125 4\n../a 4\n", "no folder"},
};

static bool one_printable_line(const char *text) {
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

static void test_bad_headers(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad_headers / sizeof bad_headers[0]; i++) {
        static struct wfdb_header h;
        struct failure failure = {0};
        int code = parse(&h, bad_headers[i].header, &failure);
        if (code != 4 || !strstr(failure.text, bad_headers[i].want))
            print_error("case %zu: exit %d, \"%s\", want \"%s\"\n", i, code, failure.text,
                        bad_headers[i].want);
        assert_int_equal(code, 4);
        assert_non_null(strstr(failure.text, bad_headers[i].want));
        assert_true(one_printable_line(failure.text));
    }
}

/* Any bytes: refused or read, never a crash, never more than one line. */
static void test_mutated_headers(void **state) {
    (void)state;
    static const char good[] = "demo1/2 2 125.5 8 1:00 1/1/2000\nseg_a 4\nseg_b 4\n"
                               "demo1 2 125 4\nd.dat 16x4:2+5 50(-3)/mmHg 16 0 -280 282 0 ABP\n"
                               "d.dat 212 20 1 2 3 4 5 label\n";
    uint64_t random = 12345;
    for (int n = 0; n < 50000; n++) {
        static struct wfdb_header h;
        struct failure failure = {0};
        char text[sizeof good];
        memcpy(text, good, sizeof good);
        for (int k = 0; k < 1 + n % 4; k++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            text[(random >> 33) % (sizeof good - 1)] = (char)(random >> 56);
        }
        size_t skip = n % 3 ? 0 : strlen("demo1/2 2 125.5 8 1:00 1/1/2000\nseg_a 4\nseg_b 4\n");
        enum hemo_error error =
            wfdb_header_parse(&h, "demo1.hea", text + skip, sizeof good - 1 - skip, &failure);
        if (error) {
            assert_int_equal(failure_exit(error), 4);
            assert_true(one_printable_line(failure.text) && failure.text[0]);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_header),
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_bad_headers),
        cmocka_unit_test(test_mutated_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
