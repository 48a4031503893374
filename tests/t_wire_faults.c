/* The wire faults of faults.def against a real hemod: what must be refused is counted under its
 * reason and every sample is used in the end, once, with the same events as over a whole wire; what
 * must be said stands in the journal. */
#include "ingest/reader.h"
#include "sim/fault.h"
#include "sim/wire_fault.h"
#include "tests/hemod_process.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { SECONDS = 60, SAMPLES = SECONDS * (500 + 2 * 250), EVENTS_MAX = 4096 };

#define WHO "room=\"1\",stream=\"1\",device=\"LAB1-HEMO\""

/* What a run left: in the journal, on the metrics page, as an exit code. */
struct outcome {
    int exit_code;
    double used, refused, lines; /* lines: of the log that name a counter that broke */
    uint64_t samples, said, events, epochs, digest;
};

static struct wire_frame frame;

static void mix(uint64_t *digest, uint64_t number) {
    *digest = (*digest ^ number) * 0x100000001b3u;
}

/* Ids hold the epoch, which is another one each time: what is compared is what was said, and when.
 */
static void read_event(struct outcome *o, uint32_t kind) {
    const struct event *e = &frame.body.event;
    o->events++;
    o->said += e->kind == kind && e->state == EVENT_BEGAN;
    mix(&o->digest, e->kind << 8 | e->state);
    mix(&o->digest, e->tick);
    mix(&o->digest, e->emitted_tick);
    mix(&o->digest, e->channel);
    for (uint32_t i = 0; i < e->values_count; i++) {
        uint64_t bits;
        memcpy(&bits, &e->values[i].value, sizeof bits);
        mix(&o->digest, bits);
    }
}

static void read_journal(const struct process *p, struct outcome *o, uint32_t kind) {
    char path[160];
    struct reader reader;
    struct record record;
    snprintf(path, sizeof path, "%s/journal", p->folder);
    int folder = open(path, O_RDONLY | O_DIRECTORY);
    assert_true(folder >= 0);
    assert_int_equal(reader_init(&reader, folder), HEMO_OK);
    reader_seek(&reader, (struct place){1, 0});
    while (reader_next(&reader, (struct place){UINT32_MAX, UINT32_MAX}, &record) == HEMO_OK) {
        assert_int_equal(wire_parse(&frame, record.payload, record.length), HEMO_OK);
        o->epochs += record.type == RECORD_EPOCH;
        if (frame.kind == WIRE_SAMPLES)
            o->samples += (uint64_t)frame.body.samples.channels * frame.body.samples.count;
        if (record.type == RECORD_EVENT)
            read_event(o, kind);
    }
    reader_close(&reader);
    close(folder);
}

static int run_to(const char *const *argv, const char *out_path) {
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (!pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int out = open(out_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(out, STDOUT_FILENO);
        dup2(out, STDERR_FILENO);
        execv(argv[0], (char *const *)argv);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int run_hemosim(const struct process *p, const char *fault, const char *speed,
                       const char *duration) {
    const char *argv[20] = {BUILD_DIR "/bin/hemosim", "play", "stable", "--seed", "3", "--insecure",
                            "-q", "--send", p->feeds, "--speed", speed, "--duration", duration,
                            fault ? "--fault" : NULL, fault, NULL};
    return run_to(argv, "/dev/null");
}

static double refused_as(const struct process *p, enum hemo_error reason, const char *what) {
    char line[160];
    snprintf(line, sizeof line, "hemod_%s_refused{" WHO ",reason=\"%s\"}", what,
             hemo_error_name(reason));
    double value = process_metric(p, line);
    return value > 0 ? value : 0;
}

static void start(struct process *p) {
    char text[1024];
    process_folder(p, true);
    snprintf(text, sizeof text,
             "[hemod]\njournal = %s/journal\nfeeds = tcp://127.0.0.1:*\n"
             "events = tcp://127.0.0.1:*\nlive = tcp://127.0.0.1:*\nmetrics = 127.0.0.1:*\n"
             "segment_mib = 4\nworkers = 1\n"
             "[device LAB1-HEMO]\nrole = feed\nroom = 1\nstream = 1\n",
             p->folder);
    process_write(p->config, text, 0600);
    assert_true(process_start(p));
}

static struct outcome run(const char *fault, const struct fault_row *row) {
    static struct process p;
    struct outcome o = {.digest = 0xcbf29ce484222325u};
    start(&p);
    o.exit_code = run_hemosim(&p, fault, "max", "60");
    static const char used[] = "hemod_samples_used{" WHO "}";
    /* What is durable is acknowledged; the room may be a moment behind. */
    for (uint64_t until = process_ms() + 5000; process_ms() < until; process_sleep(5))
        if ((o.used = process_metric(&p, used)) >= SAMPLES)
            break;
    if (row)
        o.refused =
            refused_as(&p, row->counted, "samples") + refused_as(&p, row->counted, "records");
    if (row && row->counted == HEMO_BAD_ENCODING) /* without keys nobody knows whose it was */
        o.refused += process_metric(&p, "hemod_refused_unknown");
    assert_int_equal(process_stop(&p, SIGTERM), 0);
    read_journal(&p, &o, row ? row->event : EVENT_NONE);
    process_remove(&p);
    return o;
}

static void hold_row(const struct fault_row *row, const struct outcome *whole) {
    char text[64];
    snprintf(text, sizeof text, "%s@20+20", row->name);
    struct outcome o = run(text, row);
    print_message("%-10s exit %d, used %.0f, refused %.0f, said %d, events %d, epochs %d\n",
                  row->name, o.exit_code, o.used, o.refused, (int)o.said, (int)o.events,
                  (int)o.epochs);
    if (row->counted == HEMO_WRONG_STREAM) { /* turned away before its first record */
        assert_int_equal(o.exit_code, 5);
        assert_int_equal(o.samples, 0);
        assert_true(o.refused > 0);
        return;
    }
    assert_int_equal(o.exit_code, 0);
    assert_int_equal(o.samples, SAMPLES);
    assert_int_equal((uint64_t)o.used, SAMPLES);
    if (row->promise == FAULT_REFUSED)
        assert_true(o.refused > 0);
    if (row->promise == FAULT_SAID)
        assert_true(o.said > 0 && !whole->said);
    bool clock_broke = row->promise == FAULT_SAID || row->counted == HEMO_TIME_BACKWARD;
    assert_int_equal(o.epochs, clock_broke ? 2 : 1);
    assert_true((o.digest == whole->digest) != clock_broke);
}

static bool of_clocks(const struct fault_row *row) {
    return row->event == EVENT_CLOCK_DRIFT || row->event == EVENT_WRONG_RATE;
}

static void test_every_wire_row(void **state) {
    (void)state;
    struct outcome whole = run(NULL, NULL);
    assert_int_equal(whole.exit_code, 0);
    assert_int_equal(whole.samples, SAMPLES);
    assert_true(whole.events > 100);
    for (int i = 0; i < FAULT_KINDS; i++)
        if (fault_rows[i].channel == FAULT_ON_WIRE && !of_clocks(&fault_rows[i]))
            hold_row(&fault_rows[i], &whole);
}

/* Real time: half the declared rate is said within 6 s of its beginning at 2 s, and what hemod said
 * by its clock is said again from the journal, where there is none. (How long `clock` takes, and
 * what is not taken for either: t_pace.c.) */
static void test_a_wrong_rate_is_said(void **state) {
    (void)state;
    static struct process p;
    struct outcome o = {.used = 0};
    char journal[192], out[192];
    static char said[65536];
    start(&p);
    uint64_t began_ms = process_ms();
    assert_int_equal(run_hemosim(&p, "rate@2+60", "1", "5.5"), 0);
    assert_true(process_ms() - began_ms > 8500); /* 2 s and 3.5 s of signal at half its pace */
    assert_int_equal(process_stop(&p, SIGTERM), 0);
    read_journal(&p, &o, EVENT_WRONG_RATE);
    assert_true(o.said >= 1); /* each line that is measured */
    snprintf(journal, sizeof journal, "%s/journal", p.folder);
    snprintf(out, sizeof out, "%s/out", p.folder);
    const char *argv[] = {BUILD_DIR "/bin/hemosim", "analyze", "--journal", journal, NULL};
    assert_int_equal(run_to(argv, out), 0);
    process_read(out, said, sizeof said);
    if (!strstr(said, "all as hemod said them"))
        fail_msg("%s", said);
    process_remove(&p);
}

/* The pace of the sender is as the row says. */
static void test_clocks_run_as_they_say(void **state) {
    (void)state;
    static const struct {
        const char *fault;
        double stream_s, due_s;
    } cases[] = {{"clock@100+1000:ppm=10000", 50, 50},
                 {"clock@100+1000:ppm=10000", 1100, 100 + 1000 / 1.01},
                 {"clock@100+1000:ppm=-100000", 200, 100 + 100 / 0.9},
                 {"clock@100+100:ppm=200", 400, 300 + 100 / 1.0002},
                 {"rate@10+20", 30, 50},
                 {"rate@10+20:times=2", 40, 30}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fault_list list;
        struct failure failure;
        assert_int_equal(fault_list_parse(&cases[i].fault, 1, &list, &failure), HEMO_OK);
        assert_true(fabs(wire_fault_due_s(&list, cases[i].stream_s) - cases[i].due_s) < 1e-9);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_wire_row),
        cmocka_unit_test(test_a_wrong_rate_is_said),
        cmocka_unit_test(test_clocks_run_as_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
