/* t_hemod_kill - hemod killed again and again in mid-stream: nothing acknowledged is lost, nothing
 * is doubled. */
#include "tests/hemod_ledger.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { KILLS = 12, FEEDS = 2, TICKS_MORE = 2500 };

static struct peer_feed feeds[FEEDS];
static struct peer_client client;
static struct ledger ledger;

static void configure(struct process *p) {
    char text[2048];
    snprintf(text, sizeof text,
             "[hemod]\njournal = %s/journal\nfeeds = %s\nevents = %s\nlive = tcp://127.0.0.1:*\n"
             "metrics = 127.0.0.1:*\nsegment_mib = 1\nworkers = 2\nsnapshot_s = 5\n"
             "[device LAB1]\nrole = feed\nroom = 1\nstream = 1\n"
             "[device LAB2]\nrole = feed\nroom = 2\nstream = 2\n"
             "[device WORKLISTD]\nrole = client\nstream = 1000\n",
             p->folder, p->feeds[0] ? p->feeds : "tcp://127.0.0.1:*",
             p->events[0] ? p->events : "tcp://127.0.0.1:*");
    process_write(p->config, text, 0600);
}

static void open_peers(const struct process *p, void *context) {
    static const char *const devices[FEEDS] = {"LAB1", "LAB2"};
    for (uint32_t i = 0; i < FEEDS; i++) {
        feeds[i] = (struct peer_feed){.context = context,
                                      .address = p->feeds,
                                      .device = devices[i],
                                      .number = i + 1,
                                      .room = i + 1};
        link_sender_init(&feeds[i].link);
        feed_open(&feeds[i]);
    }
    client.context = context;
    client.address = p->events;
    client.device = "WORKLISTD";
    client.stream = 1000;
    link_sender_init(&client.link);
    client_open(&client);
}

static void change_case(uint32_t stream, uint64_t number) {
    static struct wire_frame command;
    static uint64_t open_case[LEDGER_FEEDS];
    if (client.link.next_sequence - client.link.first_held >= 60)
        return;
    wire_begin(&command, number ? WIRE_CASE_OPEN : WIRE_CASE_CLOSE);
    command.body.case_change.target_stream = stream;
    command.body.case_change.number = number ? number : open_case[stream] ? open_case[stream] : 1;
    open_case[stream] = number;
    client_command(&client, &command);
}

static bool all_done(void) {
    bool done = client.welcomed && client.link.first_held == client.link.next_sequence;
    for (int i = 0; i < FEEDS; i++)
        done = done && feeds[i].held_count == 0;
    return done;
}

/* Feeds make their signal, `ms` long at about twenty times real time. */
static void run_for(int ms, bool produce) {
    for (uint64_t until = process_ms() + (uint64_t)ms; process_ms() < until;) {
        for (int i = 0; i < FEEDS; i++) {
            for (int k = 0; produce && k < 2; k++)
                feed_make(&feeds[i]);
            feed_turn(&feeds[i]);
        }
        client_turn(&client);
        if (!produce && all_done())
            break;
        process_sleep(2);
    }
}

static void check_journal(const struct process *p, double made_again) {
    char folder[160];
    snprintf(folder, sizeof folder, "%s/journal", p->folder);
    assert_true(ledger_read(&ledger, folder));
    printf("kills %d, samples %llu + %llu, events %llu, epochs %llu, commands %llu, client %llu\n",
           KILLS, (unsigned long long)ledger.samples[1], (unsigned long long)ledger.samples[2],
           (unsigned long long)ledger.events, (unsigned long long)ledger.epochs,
           (unsigned long long)ledger.commands, (unsigned long long)client.next);
    for (int i = 0; i < FEEDS; i++)
        assert_int_equal(ledger.samples[i + 1], feeds[i].next_tick);
    printf("events made again after a kill: %g\n", made_again);
    assert_int_equal(ledger_differences(&ledger, folder), 0);
    assert_int_equal(ledger.doubled, 0);
    assert_int_equal(ledger.wrong, 0);
    assert_int_equal(ledger.misplaced, 0);
    assert_int_equal(ledger.holes, 0);
    assert_int_equal(ledger.double_events, 0);
    assert_int_equal(ledger.causeless, 0);
    assert_int_equal(ledger.measurements_without_case, 0);
    assert_true(ledger.samples[1] > TICKS_MORE && ledger.events > 100);
    ledger_free(&ledger);
}

static void killed_in_mid_stream(void **state) {
    struct process p;
    void *context = zmq_ctx_new();
    unsigned seed = 20251124;
    double snapshots = 0;  /* rooms that went on from one */
    double made_again = 0; /* events whose frames were durable when hemod died, and they were not */
    (void)state;
    process_folder(&p, true);
    configure(&p);
    assert_true(process_start(&p));
    configure(&p); /* the ports are known now: the next hemod listens there too */
    open_peers(&p, context);
    for (int i = 0; i < KILLS; i++) {
        if (i % 3 == 1)
            change_case((uint32_t)(i / 3 % FEEDS) + 1, (uint64_t)(i % 2 ? 100 + i : 0));
        run_for(60 + (int)(rand_r(&seed) % 700), true);
        if (i % 3 == 2) /* a case change and a kill, close together */
            change_case((uint32_t)(i / 3 % FEEDS) + 1, (uint64_t)(200 + i));
        run_for((int)(rand_r(&seed) % 12), true);
        assert_int_equal(process_stop(&p, SIGKILL), 128 + SIGKILL);
        run_for((int)(rand_r(&seed) % 100), true); /* nobody there */
        assert_true(process_start(&p));
        made_again += process_metric(&p, "hemod_recovered_events");
        snapshots += process_metric(&p, "hemod_recovered_snapshots");
    }
    run_for(400, true);
    run_for(20000, false);
    assert_true(all_done());
    double next_event = process_metric(&p, "hemod_journal_events");
    for (int i = 0; i < 1000 && (double)client.next < next_event; i++)
        run_for(5, true); /* later events may still come: the client must reach what stood there */
    run_for(20000, false);
    if ((double)client.next < next_event)
        printf("client %llu of %g\n", (unsigned long long)client.next, next_event);
    assert_true((double)client.next >= next_event);
    assert_int_equal(process_stop(&p, SIGTERM), 0);

    check_journal(&p, made_again);
    printf("rooms that went on from a snapshot: %g of %d\n", snapshots, KILLS * FEEDS);
    assert_true(snapshots > KILLS / 2);
    for (int i = 0; i < FEEDS; i++)
        zmq_close(feeds[i].socket);
    zmq_close(client.socket);
    zmq_ctx_term(context);
    process_remove(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(killed_in_mid_stream)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
