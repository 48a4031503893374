/* A journal of a real hemod, once more: analyze --journal gives every event that hemod gave, bit
 * for bit, over cases, marks, captures, changed rules, a kill and a recovery; other rules give
 * others; damage is said; and replay --journal feeds another hemod with the same samples. */
#include "proto/record.h"
#include "tests/hemod_peers.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct process hemod;
static struct peer_client client;
static char out_path[160], err_path[160];

static void configure(struct process *p) {
    char text[1024];
    process_folder(p, true);
    snprintf(text, sizeof text,
             "[hemod]\njournal = %s/journal\nfeeds = tcp://127.0.0.1:*\n"
             "events = tcp://127.0.0.1:*\nlive = tcp://127.0.0.1:*\nmetrics = 127.0.0.1:*\n"
             "segment_mib = 1\nworkers = 2\n"
             "[device LAB1-HEMO]\nrole = feed\nroom = 1\nstream = 1\n"
             "[device LAB2-HEMO]\nrole = feed\nroom = 2\nstream = 2\n"
             "[device WORKLISTD]\nrole = client\nstream = 1000\n",
             p->folder);
    process_write(p->config, text, 0600);
}

/* hemosim with these words; its output lies in out_path and err_path. */
static pid_t begin(const char *const *words) {
    const char *argv[24] = {BUILD_DIR "/bin/hemosim"};
    for (int i = 0; words[i]; i++)
        argv[i + 1] = words[i];
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(open(out_path, O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
    dup2(open(err_path, O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
    execv(argv[0], (char *const *)argv);
    _exit(127);
}

static int end(pid_t pid) {
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static bool err_has(const char *words) {
    static char text[65536];
    process_read(err_path, text, sizeof text);
    if (!strstr(text, words))
        print_message("stderr: %s\n", text);
    return strstr(text, words) != NULL;
}

/* A number of the "journal" line. */
static long of_journal(const char *key) {
    static char text[1 << 22];
    char wanted[32];
    process_read(out_path, text, sizeof text);
    const char *line = strstr(text, "{\"type\":\"journal\"");
    snprintf(wanted, sizeof wanted, "\"%s\":", key);
    const char *at = line ? strstr(line, wanted) : NULL;
    return at ? strtol(at + strlen(wanted), NULL, 10) : -1;
}

static void command(enum wire_kind kind, uint64_t number) {
    static struct wire_frame f;
    static const char rules[] = "[rules]\nversion = 7\n[low_bp]\nmean_mmhg = 110\nhold_s = 5\n";
    wire_begin(&f, kind);
    if (kind == WIRE_RULES)
        f.body.rules = (struct wire_rules){sizeof rules - 1, rules};
    else if (kind == WIRE_CAPTURE)
        f.body.capture = (struct wire_capture){1, 1, SITE_AO, PHASE_REST, 8000};
    else if (kind == WIRE_MARK)
        f.body.mark = (struct stream_mark){
            .kind = MARK_NOTE, .channel = 1, .text = "a note", .target_stream = 1};
    else
        f.body.case_change = (struct wire_case){1, number};
    client_command(&client, &f);
}

/* Until hemod has said so many more events under that case, and taken every command. */
static bool follow(uint64_t case_number, uint64_t events) {
    uint64_t wanted = UINT64_MAX;
    for (uint64_t until = process_ms() + 20000; process_ms() < until; process_sleep(2)) {
        client_turn(&client);
        if (wanted == UINT64_MAX && client.last_case == case_number && client.epoch_begins)
            wanted = client.events + events;
        if (client.events >= wanted && client.link.first_held == client.link.next_sequence)
            return true;
    }
    return false;
}

static void attach(void *context) {
    client = (struct peer_client){.context = context,
                                  .address = hemod.events,
                                  .device = "WORKLISTD",
                                  .stream = 1000,
                                  .journal = client.journal,
                                  .next = client.next};
    link_sender_init(&client.link);
    client_open(&client);
}

/* A case with everything that may stand in a journal; hemod is killed in its middle. */
static int record_case(void **state) {
    (void)state;
    configure(&hemod);
    snprintf(out_path, sizeof out_path, "%s/out", hemod.folder);
    snprintf(err_path, sizeof err_path, "%s/err", hemod.folder);
    if (!process_start(&hemod))
        return -1;
    void *context = zmq_ctx_new();
    attach(context);
    const char *words[] = {"play", "bleeding", "--insecure", "-q", "--send", hemod.feeds, "--speed",
                           "20", "--duration", "300", "--fault", "flush@50+3", NULL};
    pid_t feed = begin(words);
    bool all = follow(0, 20);
    command(WIRE_CASE_OPEN, 41);
    all = all && follow(41, 150);
    command(WIRE_MARK, 0);
    command(WIRE_CAPTURE, 0);
    all = all && follow(41, 50);
    command(WIRE_RULES, 0);
    all = all && follow(41, 50);
    command(WIRE_CASE_CLOSE, 41);
    command(WIRE_CASE_OPEN, 42);
    all = all && follow(42, 50);
    process_stop(&hemod, SIGKILL);
    kill(feed, SIGKILL);
    end(feed);
    if (!process_start(&hemod)) /* what the kill took between frame and event is made again */
        return -1;
    int stopped = process_stop(&hemod, SIGTERM);
    zmq_close(client.socket);
    zmq_ctx_term(context);
    return all ? stopped : -1;
}

static int forget_case(void **state) {
    (void)state;
    process_remove(&hemod);
    return 0;
}

static int analyze(const char *journal, const char *option, const char *value) {
    const char *words[] = {"analyze", "--journal", journal, "--json", option, value, NULL};
    return end(begin(words));
}

static void journal_path(char path[192]) {
    snprintf(path, 192, "%s/journal", hemod.folder);
}

static void test_the_same_events_bit_for_bit(void **state) {
    (void)state;
    char path[192];
    journal_path(path);
    assert_int_equal(analyze(path, NULL, NULL), 0);
    long said = of_journal("said"), now = of_journal("now"), same = of_journal("same");
    print_message("%ld epochs; hemod said %ld events, %ld come out, %ld the same\n",
                  of_journal("epochs"), said, now, same);
    assert_true(said > 300 && of_journal("epochs") >= 3);
    assert_int_equal(now, said);
    assert_int_equal(same, said);
    assert_true(err_has("all as hemod said them"));
}

/* The comparison can fail: other thresholds say other things. */
static void test_other_rules_give_others(void **state) {
    (void)state;
    char path[192], rules[192];
    journal_path(path);
    snprintf(rules, sizeof rules, "%s/rules.ini", hemod.folder);
    process_write(rules, "[rules]\nversion = 3\n[low_bp]\nmean_mmhg = 30\nhold_s = 5\n", 0600);
    assert_int_equal(analyze(path, "--rules", rules), 0);
    assert_true(of_journal("same") < of_journal("said"));
    assert_true(err_has("of them the same"));
}

static int record(const char *out, const char *option, const char *value) {
    char journal[192];
    journal_path(journal);
    const char *words[] = {"record", "--journal", journal, "-o", out, option, value, NULL};
    return end(begin(words));
}

/* One case cut out of the journal is all of it and nothing else: what hemod said under that case
 * comes out again, bit for bit, and no record of another case is in it. */
static void test_a_case_cut_out(void **state) {
    (void)state;
    static struct record r;
    static struct wire_frame f;
    static uint8_t bytes[16 << 20];
    char cut[192];
    long said = 0;
    snprintf(cut, sizeof cut, "%s/case41.journal", hemod.folder);
    assert_int_equal(record(cut, "--case", "41"), 0);
    int in = open(cut, O_RDONLY);
    size_t length = (size_t)read(in, bytes, sizeof bytes), size, at = SEGMENT_HEADER;
    close(in);
    for (; !record_read(bytes + at, length - at, 1, &r, &size); at += size) {
        assert_int_equal(wire_parse(&f, r.payload, r.length), HEMO_OK);
        if (r.type == RECORD_FRAME)
            assert_int_equal(f.case_number, 41);
        if (r.type == RECORD_EVENT)
            assert_int_equal(f.body.event.case_number, 41);
        said += r.type == RECORD_EVENT;
    }
    assert_int_equal(at, length);
    assert_true(said > 100);
    assert_int_equal(analyze(cut, NULL, NULL), 0);
    print_message("case 41: hemod said %ld events, %ld the same\n", said, of_journal("same"));
    assert_int_equal(of_journal("said"), said);
    assert_int_equal(of_journal("now"), said);
    assert_int_equal(of_journal("same"), said);
    assert_int_equal(record(cut, "--case", "41"), 2);
    assert_true(err_has("exists (want another name, or --force)"));
    assert_int_equal(record("other", "--case", "7"), 3);
    assert_true(err_has("no case 7 (it has 41, 42)"));
}

/* The same case as a record: its beats and values are those that hemod found. */
static void test_a_case_as_a_record(void **state) {
    (void)state;
    static char beats[2][65536];
    char name[192], csv[192], path[192], marks[192];
    snprintf(name, sizeof name, "%s/case41", hemod.folder);
    snprintf(marks, sizeof marks, "%s/case41.marks.csv", hemod.folder);
    assert_int_equal(record(name, "--case", "41"), 0);
    snprintf(csv, sizeof csv, "%s/1.csv", hemod.folder);
    const char *words[] = {"analyze", "-r", name, "--marks", marks, "-q", "--beats", csv, NULL};
    assert_int_equal(end(begin(words)), 0);
    process_read(csv, beats[0], sizeof beats[0]);
    journal_path(path);
    const char *of_case[] = {"analyze", "--journal", path, "--case", "41", "-q", "--beats", csv,
                             NULL};
    assert_int_equal(end(begin(of_case)), 0);
    process_read(csv, beats[1], sizeof beats[1]);
    long lines[2] = {0, 0};
    for (int i = 0; i < 2; i++)
        for (const char *c = beats[i]; *c; c++)
            lines[i] += *c == '\n';
    print_message("beats: of the record %ld, of the journal %ld\n", lines[0], lines[1]);
    assert_true(lines[1] > 50);
    assert_int_equal(lines[0], lines[1]);
}

static void spoil(const char *path, long at, size_t length, const char *bytes) {
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, length, at), (ssize_t)length);
    close(fd);
}

static void copy(const char *from, const char *to) {
    static char bytes[2 << 20];
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ssize_t length = read(in, bytes, sizeof bytes);
    assert_true(length > SEGMENT_HEADER);
    assert_int_equal(write(out, bytes, (size_t)length), length);
    close(in);
    close(out);
}

static void test_damage_is_said(void **state) {
    (void)state;
    char first[256], copied[192];
    snprintf(first, sizeof first, "%s/journal/segment-0000000001.journal", hemod.folder);
    snprintf(copied, sizeof copied, "%s/copy", hemod.folder);
    copy(first, copied);
    assert_int_equal(analyze(copied, NULL, NULL), 0); /* one segment will do */
    spoil(copied, 20000, 4, "\xff\x01\xfe\x02");
    assert_int_equal(analyze(copied, NULL, NULL), 4);
    assert_true(err_has("copy: byte "));
    spoil(copied, 0, 4, "NOPE");
    assert_int_equal(analyze(copied, NULL, NULL), 4);
    assert_true(err_has("no segment of a journal"));
    assert_int_equal(analyze("/nowhere", NULL, NULL), 3);
    assert_int_equal(analyze(hemod.folder, NULL, NULL), 3);
    assert_true(err_has("no journal (want a folder"));
    char path[192];
    journal_path(path);
    assert_int_equal(analyze(path, "--stream", "9"), 3);
    assert_true(err_has("no stream 9 (it has 1 (room 1))"));
    assert_int_equal(analyze(path, "--from", "9"), 2);
}

/* The beats of a feed that was replayed from a journal are those of the feed itself. */
static void test_a_replayed_journal_gives_the_same_beats(void **state) {
    (void)state;
    static struct process lab[2];
    static char beats[2][65536];
    char path[192], csv[192];
    for (int i = 0; i < 2; i++) {
        configure(&lab[i]);
        assert_true(process_start(&lab[i]));
        const char *play[] = {"play", "stable", "--insecure", "-q", "--send", lab[i].feeds,
                              "--speed", "max", "--duration", "60", NULL};
        snprintf(path, sizeof path, "%s/journal", lab[0].folder);
        const char *replay[] = {"replay", "--journal", path, "--insecure", "-q", "--send",
                                lab[i].feeds, "--speed", "max", NULL};
        assert_int_equal(end(begin(i ? replay : play)), 0);
        assert_int_equal(process_stop(&lab[i], SIGTERM), 0);
        snprintf(path, sizeof path, "%s/journal", lab[i].folder);
        snprintf(csv, sizeof csv, "%s/beats.csv", lab[i].folder);
        assert_int_equal(analyze(path, "--beats", csv), 0);
        process_read(csv, beats[i], sizeof beats[i]);
    }
    assert_true(strlen(beats[0]) > 5000);
    assert_string_equal(beats[0], beats[1]);
    process_remove(&lab[0]);
    process_remove(&lab[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_events_bit_for_bit),
        cmocka_unit_test(test_other_rules_give_others),
        cmocka_unit_test(test_a_case_cut_out),
        cmocka_unit_test(test_a_case_as_a_record),
        cmocka_unit_test(test_damage_is_said),
        cmocka_unit_test(test_a_replayed_journal_gives_the_same_beats),
    };
    return cmocka_run_group_tests(tests, record_case, forget_case);
}
