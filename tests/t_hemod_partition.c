/* t_hemod_partition - a feed is cut off from a real hemod while the case changes. What it took of
 * the first patient meanwhile never comes under the second one's case, whether the feed knows of
 * that rule or not, whether its connection broke or only stood still, and also if hemod died in
 * between. */
#include "tests/hemod_ledger.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { FIRST = 41, SECOND = 42, BLOCKS = 300, SHORT = 30 };

static struct process p;
static void *context;
static struct peer_feed feed;
static struct peer_client client;
static struct ledger ledger;

static void configure(void) {
    char text[2048];
    snprintf(text, sizeof text,
             "[hemod]\njournal = %s/journal\nfeeds = %s\nevents = %s\nlive = tcp://127.0.0.1:*\n"
             "metrics = 127.0.0.1:*\nsegment_mib = 1\n"
             "[device LAB1]\nrole = feed\nroom = 1\nstream = 1\n"
             "[device WORKLISTD]\nrole = client\nstream = 1000\n",
             p.folder, p.feeds[0] ? p.feeds : "tcp://127.0.0.1:*",
             p.events[0] ? p.events : "tcp://127.0.0.1:*");
    process_write(p.config, text, 0600);
}

static void start(bool old) {
    p = (struct process){0};
    process_folder(&p, true);
    configure();
    assert_true(process_start(&p));
    configure(); /* the ports are known now: the next hemod listens there too */
    context = zmq_ctx_new();
    feed = (struct peer_feed){.context = context,
                              .address = p.feeds,
                              .device = "LAB1",
                              .number = 1,
                              .room = 1,
                              .old = old};
    link_sender_init(&feed.link);
    client = (struct peer_client){
        .context = context, .address = p.events, .device = "WORKLISTD", .stream = 1000};
    link_sender_init(&client.link);
    client_open(&client);
}

static void stop(void) {
    char folder[160];
    snprintf(folder, sizeof folder, "%s/journal", p.folder);
    zmq_close(feed.socket);
    zmq_close(client.socket);
    zmq_ctx_term(context);
    assert_int_equal(process_stop(&p, SIGTERM), 0);
    assert_true(ledger_read(&ledger, folder));
}

static bool commands_done(void) {
    return client.link.first_held == client.link.next_sequence;
}
static bool in_the_first(void) {
    return feed.link.case_number == FIRST && commands_done();
}
static bool in_the_second(void) {
    return feed.link.case_number == SECOND && commands_done();
}
static bool all_kept(void) {
    return feed.held_count == 0;
}

/* Until done(); the feed takes part if `reachable`, makes blocks if `produces`. */
static bool run_until(bool (*done)(void), bool reachable, bool produces) {
    int turns = 0;
    for (uint64_t until = process_ms() + 15000; process_ms() < until; process_sleep(1)) {
        if (produces && turns++ % 2)
            feed_make(&feed);
        if (reachable)
            feed_turn(&feed);
        client_turn(&client);
        if (done())
            return true;
    }
    return false;
}

static void make(int blocks) {
    for (int i = 0; i < blocks; i++)
        feed_make(&feed);
}

static void open_case(uint64_t number) {
    static struct wire_frame command;
    wire_begin(&command, WIRE_CASE_OPEN);
    command.body.case_change = (struct wire_case){1, number};
    client_command(&client, &command);
}

/* How many samples of [from, to) stand under a case. */
static uint64_t under(uint64_t number, uint64_t from, uint64_t to) {
    uint64_t count = 0;
    for (uint64_t tick = from; tick < to; tick++)
        count += ledger.under[LEDGER_TICKS + tick] == number;
    return count;
}

static void check(uint64_t changed, uint64_t welcomed) {
    assert_true(ledger.samples[1] == feed.next_tick);
    assert_int_equal(ledger.doubled + ledger.wrong + ledger.misplaced + ledger.holes, 0);
    uint64_t mixed = under(SECOND, 0, changed) + under(FIRST, changed, feed.next_tick);
    uint64_t late = under(0, welcomed, feed.next_tick);
    printf("of %llu samples made before the case changed %llu stand under the new one, %llu under "
           "none; of %llu made after its Welcome %llu\n",
           (unsigned long long)changed, (unsigned long long)under(SECOND, 0, changed),
           (unsigned long long)under(0, 0, changed),
           (unsigned long long)(feed.next_tick - welcomed), (unsigned long long)late);
    assert_int_equal(mixed, 0);
    assert_int_equal(late, 0);
    assert_true(under(SECOND, welcomed, feed.next_tick) >= BLOCKS * PEER_BLOCK);
}

struct row {
    bool old, breaks, killed;
};

static void cut_off(const struct row *row) {
    start(row->old);
    feed_open(&feed);
    open_case(FIRST);
    assert_true(run_until(in_the_first, true, true));
    make(SHORT);
    assert_true(run_until(all_kept, true, false));
    if (row->breaks) {
        zmq_close(feed.socket);
        feed.socket = NULL;
    }
    make(BLOCKS); /* of the first patient, and nobody hears it */
    open_case(SECOND);
    assert_true(run_until(commands_done, false, false));
    uint64_t changed = feed.next_tick;
    if (row->killed) {
        assert_int_equal(process_stop(&p, SIGKILL), 128 + SIGKILL);
        assert_true(process_start(&p));
    }
    make(SHORT); /* of the second */
    if (row->breaks)
        feed_open(&feed);
    assert_true(run_until(in_the_second, true, true));
    uint64_t welcomed = feed.next_tick;
    make(BLOCKS);
    assert_true(run_until(all_kept, true, false));
    stop();
    check(changed, welcomed);
    assert_true(under(FIRST, 0, changed) >= SHORT * PEER_BLOCK);
    ledger_free(&ledger);
    process_remove(&p);
}

static void cut_off_over_a_change(void **state) {
    static const struct row rows[] = {{false, true, false},
                                      {false, false, false},
                                      {true, true, false},
                                      {true, false, false},
                                      {false, true, true}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cut_off(&rows[i]);
}

/* It had filled its store before it ever came. */
static void a_feed_that_comes_late(void **state) {
    (void)state;
    start(false);
    make(BLOCKS);
    open_case(SECOND);
    assert_true(run_until(commands_done, false, false));
    uint64_t changed = feed.next_tick;
    feed_open(&feed);
    assert_true(run_until(in_the_second, true, true));
    uint64_t welcomed = feed.next_tick;
    make(BLOCKS);
    assert_true(run_until(all_kept, true, false));
    stop();
    check(changed, welcomed);
    ledger_free(&ledger);
    process_remove(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_off_over_a_change),
        cmocka_unit_test(a_feed_that_comes_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
