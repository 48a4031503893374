/* t_hemod_start - what keeps hemod from starting: one line that says what, where and what to do,
 * the documented exit code, and nothing changed on the disk. And the ends that are none: SIGTERM,
 * SIGINT. */
#include "tests/hemod_ledger.h"
#include <setjmp.h>
#include <stdarg.h>
#include <sys/mount.h>
#include <cmocka.h>

static struct process p;

static void configure(const char *journal, const char *more) {
    char text[2048];
    snprintf(text, sizeof text,
             "[hemod]\njournal = %s\nfeeds = tcp://127.0.0.1:*\nevents = tcp://127.0.0.1:*\n"
             "live = tcp://127.0.0.1:*\nmetrics = 127.0.0.1:*\nsegment_mib = 1\n%s\n"
             "[device LAB1]\nrole = feed\nroom = 1\nstream = 1\n"
             "[device WORKLISTD]\nrole = client\nstream = 1000\n",
             journal, more);
    process_write(p.config, text, 0644);
}

static int before(void **state) {
    char journal[160];
    (void)state;
    process_folder(&p, true);
    snprintf(journal, sizeof journal, "%s/journal", p.folder);
    configure(journal, "");
    return 0;
}

static int after(void **state) {
    char journal[160];
    (void)state;
    if (p.pid > 0)
        process_stop(&p, SIGKILL);
    snprintf(journal, sizeof journal, "%s/journal", p.folder);
    umount2(journal,
            MNT_DETACH); /* where a test that mounted there failed; else nothing is mounted */
    process_remove(&p);
    return 0;
}

static int run(const char *option) {
    process_spawn(&p, option, false);
    return process_wait(&p, 10000);
}

static void stops_by_signal(void **state) {
    (void)state;
    assert_true(process_start(&p));
    assert_int_equal(process_stop(&p, SIGTERM), 0);
    assert_true(process_log_has(&p, "stopping: SIGTERM"));
    assert_true(process_start(&p));
    assert_int_equal(process_stop(&p, SIGINT), 0);
}

static void check_starts_nothing(void **state) {
    char path[160];
    struct stat status;
    (void)state;
    assert_int_equal(run("--check"), 0);
    snprintf(path, sizeof path, "%s/journal", p.folder);
    assert_int_not_equal(stat(path, &status), 0);
}

static void usage(void **state) {
    (void)state;
    assert_int_equal(run("--nonsense"), 2);
    assert_true(process_one_line(&p, "hemod: an option that hemod does not know"));
}

static void configuration(void **state) {
    (void)state;
    configure("/tmp/x", "colour = red");
    assert_int_equal(run(NULL), 4);
    assert_true(process_one_line(&p, "/hemod.ini:8: unknown key \"colour\""));
    unlink(p.config);
    assert_int_equal(run(NULL), 3);
    assert_true(process_one_line(&p, "/hemod.ini: No such file"));
}

static void rules_file(void **state) {
    char text[256], rules[160], journal[160];
    (void)state;
    snprintf(rules, sizeof rules, "%s/rules.ini", p.folder);
    snprintf(journal, sizeof journal, "%s/journal", p.folder);
    snprintf(text, sizeof text, "rules = %s", rules);
    configure(journal, text);
    assert_int_equal(run(NULL), 3);
    assert_true(process_one_line(&p, "/rules.ini: No such file"));
    process_write(rules, "[rules]\nversion = 2\nwhat = 3\n", 0644);
    assert_int_equal(run(NULL), 4);
    assert_true(process_one_line(&p, "/rules.ini:3: "));
    process_write(rules, "[rules]\nversion = 2\n", 0644);
    assert_true(process_start(&p));
    assert_int_equal(process_stop(&p, SIGTERM), 0);
    assert_true(process_start(&p)); /* the same rules are journalled once */
    assert_int_equal(process_stop(&p, SIGTERM), 0);
    static struct ledger ledger;
    assert_true(ledger_read(&ledger, journal));
    assert_int_equal(ledger.commands, 1);
    ledger_free(&ledger);
}

static void port_in_use(void **state) {
    static const char *const rows[] = {"feeds", "events", "live", "metrics"};
    struct process other;
    char text[2048], journal[160];
    (void)state;
    assert_true(process_start(&p));
    process_folder(&other, true);
    const char *const taken[] = {p.feeds, p.events, p.live, p.metrics};
    for (int i = 0; i < 4; i++) {
        size_t used = (size_t)snprintf(text, sizeof text, "[hemod]\n");
        snprintf(journal, sizeof journal, "%s/journal", other.folder);
        for (int k = 0; k < 4; k++)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s = %s\n", rows[k],
                                     k == i   ? taken[k]
                                     : k == 3 ? "127.0.0.1:*"
                                              : "tcp://127.0.0.1:*");
        snprintf(text + used, sizeof text - used,
                 "journal = %s\nsegment_mib = 1\n[device A]\nrole = feed\nroom = 1\nstream = 1\n",
                 journal);
        process_write(other.config, text, 0600);
        process_spawn(&other, NULL, false);
        assert_int_equal(process_wait(&other, 10000), 1);
        assert_true(process_one_line(&other, "already in use"));
        assert_true(process_one_line(&other, taken[i]));
    }
    process_remove(&other);
    assert_int_equal(process_stop(&p, SIGTERM), 0);
}

static void journal_in_use(void **state) {
    struct process other;
    (void)state;
    assert_true(process_start(&p));
    other = p;
    snprintf(other.log, sizeof other.log, "%s/log-2", p.folder);
    process_spawn(&other, NULL, false);
    assert_int_equal(process_wait(&other, 10000), 1);
    assert_true(process_one_line(&other, "journal already in use by another hemod"));
    assert_int_equal(process_stop(&p, SIGKILL), 128 + SIGKILL);
    assert_true(process_start(&p)); /* the lock died with its holder */
    assert_int_equal(process_stop(&p, SIGTERM), 0);
}

static void no_permission(void **state) {
    char journal[160];
    (void)state;
    if (geteuid() != 0)
        skip(); /* only root can become nobody; the modes below stop an ordinary user as well */
    snprintf(journal, sizeof journal, "%s/journal", p.folder);
    assert_int_equal(mkdir(journal, 0700), 0);
    assert_int_equal(chmod(p.folder, 0755), 0);
    process_spawn(&p, NULL, true);
    int code = process_wait(&p, 10000);
    if (code == 126 || code == 127)
        skip(); /* nobody may not enter the folder of the program */
    assert_int_equal(code, 3);
    assert_true(process_one_line(&p, "/journal: cannot be opened (want a folder): Permission"));
}

static void a_journal_that_is_no_folder(void **state) {
    (void)state;
    configure("/dev/null", "");
    assert_int_equal(run(NULL), 1);
    assert_true(process_one_line(&p, "/dev/null: cannot be opened"));
}

static void full_disk(void **state) {
    char journal[160];
    (void)state;
    snprintf(journal, sizeof journal, "%s/journal", p.folder);
    assert_int_equal(mkdir(journal, 0700), 0);
    if (mount("tmpfs", journal, "tmpfs", 0, "size=512k") != 0)
        skip(); /* needs the right to mount */
    int code = run(NULL);
    bool one = process_one_line(&p, "journal: no space left: No space left on device");
    assert_int_equal(umount(journal), 0);
    assert_int_equal(code, 1);
    assert_true(one);
}

static void feed_until(struct peer_feed *feed, double full, int blocks) {
    for (uint64_t until = process_ms() + 20000; process_ms() < until; process_sleep(1)) {
        for (int i = 0; i < blocks; i++)
            feed_make(feed);
        feed_turn(feed);
        bool there = process_metric(&p, "hemod_journal_full") == full;
        if (there && (full == 1 || feed->held_count == 0))
            return;
    }
    fail();
}

/* The disk fills in mid-stream: acks stop, the feed holds; space again: all goes on, nothing is
 * lost. */
static void disk_full_in_mid_stream(void **state) {
    char journal[160];
    static struct ledger ledger;
    static struct peer_feed feed;
    void *context = zmq_ctx_new();
    (void)state;
    snprintf(journal, sizeof journal, "%s/journal", p.folder);
    assert_int_equal(mkdir(journal, 0700), 0);
    if (mount("tmpfs", journal, "tmpfs", 0, "size=2200k") != 0)
        skip(); /* needs the right to mount */
    assert_true(process_start(&p));
    feed = (struct peer_feed){
        .context = context, .address = p.feeds, .device = "LAB1", .number = 1, .room = 1};
    feed_open(&feed);
    feed_until(&feed, 1, 100);
    const uint64_t full_tick = feed.next_tick;
    for (int i = 0; i < 600; i++, process_sleep(1)) {
        feed_make(&feed);
        feed_turn(&feed);
    }
    /* What is left of the last page may still take a record or two: those are on disk, and may be
     * acknowledged. All others are held. */
    const uint64_t acked = feed.acked_tick;
    assert_true(feed.next_tick - full_tick > 5000);
    assert_true(acked < full_tick + 1000);
    assert_true(process_log_has(&p, "journal: no space left: nothing is acknowledged"));
    assert_int_equal(mount("tmpfs", journal, "tmpfs", MS_REMOUNT, "size=8m"), 0);
    feed_until(&feed, 0, 0);
    assert_true(feed.acked_tick == feed.next_tick && feed.next_tick > acked);
    assert_int_equal(process_stop(&p, SIGTERM), 0);
    assert_true(ledger_read(&ledger, journal));
    assert_int_equal(ledger.samples[1], feed.next_tick);
    assert_int_equal(ledger.doubled + ledger.wrong + ledger.misplaced + ledger.holes, 0);
    assert_int_equal(ledger_differences(&ledger, journal), 0);
    ledger_free(&ledger);
    assert_int_equal(umount(journal), 0);
    zmq_close(feed.socket);
    zmq_ctx_term(context);
}

static void damaged_journal(void **state) {
    char path[200];
    static uint8_t text[1 << 20], same[1 << 20];
    void *context = zmq_ctx_new();
    struct peer_feed feed = {
        .context = context, .address = p.feeds, .device = "LAB1", .number = 1, .room = 1};
    (void)state;
    assert_true(process_start(&p));
    link_sender_init(&feed.link);
    feed_open(&feed);
    for (int i = 0; i < 300; i++, process_sleep(1)) {
        feed_make(&feed);
        feed_turn(&feed);
    }
    assert_true(feed.acked_tick > 500);
    assert_int_equal(process_stop(&p, SIGTERM), 0);
    snprintf(path, sizeof path, "%s/journal/segment-0000000001.journal", p.folder);
    int fd = open(path, O_RDWR);
    assert_int_equal(pread(fd, text, sizeof text, 0), (ssize_t)sizeof text);
    text[1000] ^= 0x10; /* in the middle */
    assert_int_equal(pwrite(fd, text, sizeof text, 0), (ssize_t)sizeof text);
    assert_int_equal(run(NULL), 4);
    assert_true(process_one_line(&p, "segment-0000000001.journal at byte "));
    assert_int_equal(pread(fd, same, sizeof same, 0), (ssize_t)sizeof same);
    assert_memory_equal(text, same, sizeof text); /* nothing was changed */
    close(fd);
    zmq_close(feed.socket);
    zmq_ctx_term(context);
}

static void unreadable_key(void **state) {
    char text[512], key[160], journal[160];
    (void)state;
    snprintf(journal, sizeof journal, "%s/journal", p.folder);
    snprintf(key, sizeof key, "%s/hemod.secret", p.folder);
    snprintf(text, sizeof text,
             "[hemod]\njournal = %s\nkey = %s\n[device A]\nrole = feed\nroom = 1\nstream = 1\n"
             "key = rq:rM>}U?@Lns47E1%%kR.o@n%%FcmmsL/@{H8]yf7\n",
             journal, key);
    process_write(p.config, text, 0600);
    p.insecure = false;
    assert_int_equal(run(NULL), 3);
    assert_true(process_one_line(&p, "/hemod.secret: No such file"));
    process_write(key, "short\n", 0600);
    assert_int_equal(run(NULL), 4);
    assert_true(process_one_line(&p, "/hemod.secret: not a key"));
    assert_int_equal(chmod(key, 0644), 0);
    assert_int_equal(run(NULL), 3);
    assert_true(process_one_line(&p, "want mode 0600"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, before, after)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(stops_by_signal),
        CASE(check_starts_nothing),
        CASE(usage),
        CASE(configuration),
        CASE(rules_file),
        CASE(port_in_use),
        CASE(journal_in_use),
        CASE(no_permission),
        CASE(a_journal_that_is_no_folder),
        CASE(full_disk),
        CASE(damaged_journal),
        CASE(unreadable_key),
        CASE(disk_full_in_mid_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
