/* WFDB records: samples of each format written and read back, records of several segments, damaged
 * ones, and every recording beside the tree with its checksums. */
#include "proto/site.h"
#include "proto/stream.h"
#include "sim/record_source.h"
#include "sim/wfdb.h"
#include "sim/wfdb_file.h"
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];

static const char *path_of(const char *name) {
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_bytes(const char *name, const void *bytes, size_t length) {
    FILE *out = fopen(path_of(name), "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, length, out), length);
    fclose(out);
}

static void write_text(const char *name, const char *text) {
    write_bytes(name, text, strlen(text));
}

static void write_16(const char *name, const int16_t *samples, size_t count) {
    uint8_t bytes[4096];
    assert_true(2 * count <= sizeof bytes);
    for (size_t i = 0; i < count; i++) {
        bytes[2 * i] = (uint8_t)(samples[i] & 0xff);
        bytes[2 * i + 1] = (uint8_t)(samples[i] >> 8 & 0xff);
    }
    write_bytes(name, bytes, 2 * count);
}

/* Two samples in three bytes, a last single one in two. */
static size_t pack_212(const int *samples, size_t count, uint8_t *out) {
    size_t n = 0;
    for (size_t i = 0; i < count; i += 2) {
        int a = samples[i] & 0xfff, b = i + 1 < count ? samples[i + 1] & 0xfff : 0;
        out[n++] = (uint8_t)(a & 0xff);
        out[n++] = (uint8_t)((a >> 8) | (b >> 8) << 4);
        if (i + 1 < count)
            out[n++] = (uint8_t)(b & 0xff);
    }
    return n;
}

/* Opens and reads all of a record in blocks of `block` frames; the exit code, and in *failure the
 * line. */
static int read_all(const char *name, uint32_t block, int16_t *out, struct failure *failure) {
    struct wfdb *record;
    if (wfdb_open(&record, path_of(name), failure))
        return failure_exit(failure->error);
    static int16_t samples[WFDB_READ_FRAMES_MAX * 8];
    const struct wfdb_header *h = wfdb_header(record);
    uint64_t frame = 0;
    int got;
    while ((got = wfdb_read(record, block, samples, failure)) > 0) {
        size_t at = 0;
        for (uint32_t i = 0; i < h->signals_count && out; i++) {
            uint32_t spf = h->signals[i].samples_per_frame;
            size_t before = 0;
            for (uint32_t j = 0; j < i; j++)
                before += h->signals[j].samples_per_frame * h->frames;
            memcpy(out + before + frame * spf, samples + at, (size_t)got * spf * sizeof *out);
            at += (size_t)got * spf;
        }
        frame += (uint64_t)got;
    }
    int code = got < 0 ? failure_exit(failure->error) : 0;
    if (!got)
        assert_int_equal(frame, h->frames);
    wfdb_close(record);
    return code;
}

static void test_format_16_with_several_samples_per_frame(void **state) {
    (void)state;
    /* Frames of ABP, ECG x4: one missing. */
    int16_t stored[15], out[15];
    struct failure failure;
    int32_t sums[2] = {0, 0};
    for (int i = 0; i < 15; i++) {
        stored[i] = (int16_t)(i == 7 ? SAMPLE_MISSING : i * 100 - 300);
        sums[i % 5 ? 1 : 0] += stored[i];
    }
    write_16("a.dat", stored, 15);
    char header[256];
    snprintf(
        header, sizeof header,
        "a 2 125 3\na.dat 16 50(0)/mmHg 16 0 %d %d 0 ABP\na.dat 16x4 2000/mV 16 0 %d %d 0 II\n",
        stored[0], (int16_t)sums[0], stored[1], (int16_t)(uint16_t)(sums[1] & 0xffff));
    write_text("a.hea", header);
    for (uint32_t block = 1; block <= 4; block++) {
        memset(out, 0, sizeof out);
        assert_int_equal(read_all("a", block, out, &failure), 0);
        for (int f = 0; f < 3; f++) {
            assert_int_equal(out[f], stored[5 * f]);
            for (int k = 0; k < 4; k++)
                assert_int_equal(out[3 + 4 * f + k], stored[5 * f + 1 + k]);
        }
    }
    assert_int_equal(out[3 + 4 * 1 + 1], SAMPLE_MISSING);
}

static void test_format_212_round_trip(void **state) {
    (void)state;
    enum { FRAMES = 333 }; /* three signals: an odd number of samples, frames begin inside a pair */
    static int samples[3 * FRAMES];
    static uint8_t bytes[5 * FRAMES];
    static int16_t out[3 * FRAMES];
    struct failure failure;
    int sums[3] = {0, 0, 0};
    for (int i = 0; i < 3 * FRAMES; i++) {
        samples[i] = (i * 977) % 4096 - 2048; /* every value, -2048 (missing) among them */
        sums[i % 3] += samples[i];
    }
    samples[0] = 5;
    sums[0] += 5 + 2048;
    write_bytes("b.dat", bytes, pack_212(samples, 3 * FRAMES, bytes));
    char header[512];
    int n = snprintf(header, sizeof header, "b 3 250 %d\n", FRAMES);
    for (int s = 0; s < 3; s++)
        n += snprintf(header + n, sizeof header - (size_t)n, "b.dat 212 20/mmHg 12 0 %d %d 0 S%d\n",
                      samples[s], (int16_t)(uint16_t)(sums[s] & 0xffff), s);
    write_text("b.hea", header);
    static const uint32_t blocks[] = {1, 2, 7, 100, 500};
    for (size_t b = 0; b < 5; b++) {
        assert_int_equal(read_all("b", blocks[b], out, &failure), 0);
        for (int i = 0; i < 3 * FRAMES; i++) {
            int want = samples[i] == -2048 ? SAMPLE_MISSING : samples[i];
            assert_int_equal(out[(i % 3) * FRAMES + i / 3], want);
        }
    }
}

static void test_format_80_round_trip_behind_an_offset(void **state) {
    (void)state;
    static uint8_t bytes[256 + 10];
    static int16_t out[256];
    struct failure failure;
    for (int i = 0; i < 256; i++)
        bytes[10 + i] = (uint8_t)i; /* value i - 128; -128 is missing */
    write_bytes("c.dat", bytes, sizeof bytes);
    write_text("c.hea", "c 1 100\nc.dat 80+10 1/mmHg\n"); /* length from the file's size */
    assert_int_equal(read_all("c", 50, out, &failure), 0);
    assert_int_equal(out[0], SAMPLE_MISSING);
    for (int i = 1; i < 256; i++)
        assert_int_equal(out[i], i - 128);
}

static void test_skew_lines_signals_up(void **state) {
    (void)state;
    /* Signal B is stored two frames late. */
    static const int16_t stored[] = {0, 9, 1, 9, 2, 0, 3, 1, 4, 2, 5, 3};
    int16_t out[12];
    struct failure failure;
    write_16("d.dat", stored, 12);
    write_text("d.hea", "d 2 100 6\nd.dat 16 1/mmHg 16 0 0 15 0 A\nd.dat 16:2 1/mmHg\n");
    for (uint32_t block = 1; block < 8; block++) {
        assert_int_equal(read_all("d", block, out, &failure), 0);
        for (int i = 0; i < 6; i++) {
            assert_int_equal(out[i], i);
            assert_int_equal(out[6 + i], i < 4 ? i : SAMPLE_MISSING);
        }
    }
}

static void write_segments(void) {
    static const int16_t a[] = {1, 2, 3}, b[] = {10, 20};
    write_16("sa.dat", a, 3);
    write_16("sb.dat", b, 2);
    write_text("sa.hea", "sa 1 100 3\nsa.dat 16 1/mmHg 16 0 1 6 0 PA\n");
    write_text("sb.hea", "sb 1 100 2\nsb.dat 16 1/mmHg 16 0 10 30 0 PA\n");
}

static void test_segments_of_fixed_layout(void **state) {
    (void)state;
    static const int16_t want[] = {1, 2, 3, SAMPLE_MISSING, SAMPLE_MISSING, 10, 20};
    int16_t out[7];
    struct failure failure;
    write_segments();
    write_text("m.hea", "m/3 1 100 7\nsa 3\n~ 2\nsb 2\n");
    for (uint32_t block = 1; block < 9; block++) {
        assert_int_equal(read_all("m", block, out, &failure), 0);
        assert_memory_equal(out, want, sizeof want);
    }
    write_text("sb.hea", "sb 1 100 2\nsb.dat 16 1/mmHg 16 0 10 31 0 PA\n");
    assert_int_equal(read_all("m", 3, out, &failure), 4); /* the second segment's checksum */
    assert_non_null(strstr(failure.text, "checksum"));
    write_text("sb.hea", "sb 1 200 2\nsb.dat 16 1/mmHg\n");
    assert_int_equal(read_all("m", 3, out, &failure), 4);
    assert_non_null(strstr(failure.text, "another sampling rate"));
    write_text("sb.hea", "sb 1 100 3\nsb.dat 16 1/mmHg\n");
    assert_int_equal(read_all("m", 3, out, &failure), 4);
    assert_non_null(strstr(failure.text, "3 samples, the record says 2"));
    unlink(path_of("sb.hea"));
    assert_int_equal(read_all("m", 3, out, &failure), 3);
    assert_non_null(strstr(failure.text, "sb.hea: no such file"));
}

static void test_segments_of_variable_layout(void **state) {
    (void)state;
    /* PA and CVP; the first segment has only CVP, the second PA at half the gain and an extra
     * signal. */
    static const int16_t a[] = {7, 8}, b[] = {50, 1, 60, 2};
    static const int16_t want[] = {SAMPLE_MISSING, SAMPLE_MISSING, 100, 120, 7, 8,
                                   SAMPLE_MISSING, SAMPLE_MISSING};
    int16_t out[8];
    struct failure failure;
    write_16("va.dat", a, 2);
    write_16("vb.dat", b, 4);
    write_text("lay.hea",
               "lay 2 100 0\n~ 0 100(0)/mmHg 16 0 0 0 0 PA\n~ 0 10/mmHg 16 0 0 0 0 CVP\n");
    write_text("va.hea", "va 1 100 2\nva.dat 16 10/mmHg 16 0 7 15 0 CVP\n");
    write_text("vb.hea", "vb 2 100 2\nvb.dat 16 50(0)/mmHg 16 0 50 110 0 PA\n"
                         "vb.dat 16 1/mmHg 16 0 1 3 0 OTHER\n");
    write_text("v.hea", "v/3 2 100 4\nlay 0\nva 2\nvb 2\n");
    assert_int_equal(read_all("v", 3, out, &failure), 0);
    assert_memory_equal(out, want, sizeof want);
}

static void test_bad_files(void **state) {
    (void)state;
    static const int16_t samples[] = {1, 2, 3, 4};
    int16_t out[8];
    struct failure failure;
    static const struct {
        const char *header;
        int exit;
        const char *want;
    } cases[] = {
        {"f 1 100 4\nf.dat 16 1/mmHg 16 0 1 10 0 PA\n", 0, ""},
        {"f 1 100 5\nf.dat 16 1/mmHg\n", 4, "f.dat: cut short: 4 of 5 frames"},
        {"f 1 100 4\nf.dat 16 1/mmHg 16 0 1 11 0 PA\n", 4, "checksum of signal \"PA\" is 10"},
        {"f 1 100 4\nf.dat 16 1/mmHg 16 0 2 10 0 PA\n", 4, "begins with 1, its header says 2"},
        {"f 1 100 4\nf.dat 16 1/mmHg 16 0 0 0 0 PA\n", 0, ""}, /* neither was computed */
        {"f 1 100 4\ngone.dat 16 1/mmHg\n", 3, "gone.dat: no such file"},
        {"f 1 100 4\ndir 16 1/mmHg\n", 3, "dir: not a plain file"},
        {"f 2 100 4\nf.dat 16\nf.dat 80\n", 4, "differ in format"},
        {"f 3 100 1\nf.dat 16\ng.dat 16\nf.dat 16\n", 4, "named again"},
        {"f 1 100\nempty.dat 16\n", 4, "no samples"},
        {"f/1 1 100 4\nf 4\n", 4, "a segment of segments"},
    };
    write_16("f.dat", samples, 4);
    write_16("g.dat", samples, 4);
    write_bytes("empty.dat", "", 0);
    mkdir(path_of("dir"), 0700);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        failure.text[0] = 0;
        write_text("f.hea", cases[i].header);
        int code = read_all("f", 3, out, &failure);
        if (code != cases[i].exit || !strstr(failure.text, cases[i].want))
            print_error("case %zu: exit %d, \"%s\"\n", i, code, failure.text);
        assert_int_equal(code, cases[i].exit);
        assert_non_null(strstr(failure.text, cases[i].want));
    }
    assert_int_equal(read_all("nothing", 3, out, &failure), 3);
    assert_int_equal(read_all("dir", 3, out, &failure), 3);
    assert_int_equal(read_all("f.hea/", 3, out, &failure), 3);
}

static void test_longer_file_is_noted_and_seek(void **state) {
    (void)state;
    static const int16_t samples[] = {1, 2, 3, 4};
    int16_t out[4];
    struct failure failure;
    struct wfdb *record;
    write_16("n.dat", samples, 4);
    write_text("n.hea", "n 1 100 3\nn.dat 16 1/mmHg 16 0 1 99 0 PA\n");
    assert_int_equal(wfdb_open(&record, path_of("n.hea"), &failure), HEMO_OK);
    assert_non_null(strstr(wfdb_note(record), "1 frames beyond"));
    wfdb_seek(record, 1); /* from the middle there is no sum to compare */
    assert_int_equal(wfdb_read(record, 10, out, &failure), 2);
    assert_int_equal(out[0], 2);
    assert_int_equal(wfdb_read(record, 10, out, &failure), 0);
    wfdb_seek(record, 0);
    wfdb_ignore_checksums(record);
    assert_int_equal(wfdb_read(record, 10, out, &failure), 3);
    wfdb_close(record);
}

static void test_record_as_a_stream(void **state) {
    (void)state;
    static const int16_t samples[] = {0, 100, 101, 1, 102, 103, 2, 104, 105, 3, 106, 107};
    struct failure failure;
    struct source source;
    struct source_item item;
    write_16("r.dat", samples, 12);
    write_text("r.hea", "r 2 125 4\nr.dat 16 50(1)/mmHg 16 0 0 6 0 PAP\nr.dat 16x2 2000/mV\n");
    write_text("r.csv", "time_s,kind,channel,value,text\n0.012,site,PAP,PCW,\n0.016,wedge,0,1,\n");
    const char *maps[] = {"PAP=RV", "1=ECG"};
    struct record_source_config config = {
        .path = path_of("r"), .from_s = 0.008, .to_s = NAN, .maps = maps, .maps_count = 2};
    char marks[512];
    snprintf(marks, sizeof marks, "%s/r.csv", folder);
    config.marks = marks;
    assert_int_equal(record_source_open(&source, &config, &failure), HEMO_OK);
    assert_int_equal(source.info.base_rate_numerator, 250);
    assert_int_equal(source.info.channels[0].site, SITE_RV);
    assert_int_equal(source.info.channels[0].ticks_per_sample, 2);
    assert_int_equal(source.info.channels[0].offset, 1);
    assert_int_equal(source.info.channels[1].site, SITE_ECG);
    assert_int_equal(source.first_tick, 2);
    assert_int_equal(source.end_tick, 8);
    static const struct {
        enum source_kind kind;
        uint64_t tick;
        uint32_t group, count;
        int16_t first;
    } want[] = {{SOURCE_SAMPLES, 2, 0, 1, 1}, {SOURCE_SAMPLES, 2, 1, 2, 102},
                {SOURCE_MARK, 4, 0, 0, 0},    {SOURCE_MARK, 4, 0, 0, 0},
                {SOURCE_SAMPLES, 4, 0, 2, 2}, {SOURCE_SAMPLES, 4, 1, 4, 104},
                {SOURCE_END, 8, 0, 0, 0}};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        assert_int_equal(source.next(source.state, &item, &failure), HEMO_OK);
        assert_int_equal(item.kind, want[i].kind);
        if (item.kind == SOURCE_MARK)
            assert_int_equal(item.body.mark.tick, want[i].tick);
        if (item.kind != SOURCE_SAMPLES)
            continue;
        assert_int_equal(item.body.samples.first_tick, want[i].tick);
        assert_int_equal(item.body.samples.group, want[i].group);
        assert_int_equal(item.body.samples.count, want[i].count);
        assert_int_equal(item.body.samples.samples[0], want[i].first);
    }
    source.close(source.state);
}

static void test_bad_choices(void **state) {
    (void)state;
    static const struct {
        const char *signals, *map, *want;
    } cases[] = {{"PAP,NONE", NULL, "--signals \"NONE\""}, {"7", NULL, "--signals \"7\""},
                 {NULL, "PAP", "want CHANNEL=SITE"},       {NULL, "=PA", "want CHANNEL=SITE"},
                 {NULL, "PAP=XY", "unknown site"},         {NULL, "NO=PA", "no such signal"}};
    write_text("r.hea", "r 2 125 4\nr.dat 16 50(1)/mmHg 16 0 0 6 0 PAP\nr.dat 16x2 2000/mV\n");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct source source;
        struct failure failure;
        struct record_source_config config = {.path = path_of("r"),
                                              .to_s = NAN,
                                              .signals = cases[i].signals,
                                              .maps = &cases[i].map,
                                              .maps_count = cases[i].map != NULL};
        enum hemo_error error = record_source_open(&source, &config, &failure);
        assert_int_equal(failure_exit(error), 2);
        assert_non_null(strstr(failure.text, cases[i].want));
    }
}

static int read_folder(const char *path) {
    DIR *dir = opendir(path);
    int read = 0;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        size_t length = strlen(entry->d_name);
        if (length < 5 || strcmp(entry->d_name + length - 4, ".hea") != 0)
            continue;
        char file[1024];
        struct failure failure = {0};
        struct wfdb *record;
        snprintf(file, sizeof file, "%.700s/%.200s", path, entry->d_name);
        int16_t *samples = malloc(sizeof *samples * WFDB_READ_FRAMES_MAX * 16);
        assert_non_null(samples);
        if (wfdb_open(&record, file, &failure))
            fail_msg("%s", failure.text);
        int got;
        while ((got = wfdb_read(record, WFDB_READ_FRAMES_MAX, samples, &failure)) > 0)
            ;
        if (got < 0)
            fail_msg("%s", failure.text);
        wfdb_close(record);
        free(samples);
        read++;
    }
    if (dir)
        closedir(dir);
    return read;
}

static void test_real_recordings(void **state) {
    (void)state;
    const char *given = getenv("HEMO_DATA"), *from = given ? given : SOURCE_DIR "/../shared/data";
    DIR *data = opendir(from);
    if (!data) {
        print_message("SKIPPED: %s is not here (HEMO_DATA names the folder)\n", from);
        skip();
    }
    int read = 0;
    for (struct dirent *entry; (entry = readdir(data));) {
        char path[1024];
        snprintf(path, sizeof path, "%.700s/%.200s", from, entry->d_name);
        read += entry->d_name[0] == '.' ? 0 : read_folder(path);
    }
    closedir(data);
    print_message("%d recordings read whole, first values and checksums right\n", read);
    assert_true(read > 0);
}

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder,
             "/tmp/t_wfdb.XX"
             "XX"
             "XX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (entry->d_name[0] != '.')
            remove(path_of(entry->d_name));
    if (dir)
        closedir(dir);
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format_16_with_several_samples_per_frame),
        cmocka_unit_test(test_format_212_round_trip),
        cmocka_unit_test(test_format_80_round_trip_behind_an_offset),
        cmocka_unit_test(test_skew_lines_signals_up),
        cmocka_unit_test(test_segments_of_fixed_layout),
        cmocka_unit_test(test_segments_of_variable_layout),
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_longer_file_is_noted_and_seek),
        cmocka_unit_test(test_record_as_a_stream),
        cmocka_unit_test(test_bad_choices),
        cmocka_unit_test(test_real_recordings),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
