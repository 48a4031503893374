/* t_hemod_recover - a journal cut behind any of its records: hemod starts, and every event of the
 * frames that are left stands in it once, under the same id, in a stream of events without a hole.
 */
#include "tests/hemod_ledger.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { CUTS = 40, SEGMENT = 1 << 20, RECORDS_MAX = 20000 };

static struct process p;
static char journal[160], path[200];
static uint8_t whole[SEGMENT], cut[SEGMENT];
static uint32_t ends[RECORDS_MAX]; /* where each record ends */
static uint32_t records;
static uint32_t bounds[64], bounds_count; /* the records at which an epoch ends or begins */
static struct ledger ledger;

static void configure(void) {
    char text[2048];
    snprintf(journal, sizeof journal, "%s/journal", p.folder);
    snprintf(path, sizeof path, "%s/segment-0000000001.journal", journal);
    snprintf(text, sizeof text,
             "[hemod]\njournal = %s\nfeeds = tcp://127.0.0.1:*\nevents = tcp://127.0.0.1:*\n"
             "live = tcp://127.0.0.1:*\nmetrics = 127.0.0.1:*\nsegment_mib = 1\n"
             "[device LAB1]\nrole = feed\nroom = 1\nstream = 1\n"
             "[device LAB2]\nrole = feed\nroom = 2\nstream = 2\n"
             "[device WORKLISTD]\nrole = client\nstream = 1000\n",
             journal);
    process_write(p.config, text, 0600);
}

static void turn(struct peer_feed feeds[2], struct peer_client *client, int turns) {
    for (int i = 0; i < turns; i++, process_sleep(1)) {
        for (int k = 0; k < 2; k++) {
            feed_make(&feeds[k]);
            feed_turn(&feeds[k]);
        }
        client_turn(client);
    }
}

/* A journal with several epochs of two rooms. */
static void make_journal(void) {
    static struct peer_feed feeds[2];
    static struct peer_client client;
    static struct wire_frame command;
    void *context = zmq_ctx_new();
    for (uint32_t k = 0; k < 2; k++) {
        feeds[k] = (struct peer_feed){.context = context,
                                      .address = p.feeds,
                                      .number = k + 1,
                                      .room = k + 1,
                                      .device = k ? "LAB2" : "LAB1"};
        feed_open(&feeds[k]);
    }
    client.context = context;
    client.address = p.events;
    client.device = "WORKLISTD";
    client.stream = 1000;
    client_open(&client);
    for (uint64_t number = 7; number < 11; number++) {
        turn(feeds, &client, 350);
        wire_begin(&command, number == 9 ? WIRE_CASE_CLOSE : WIRE_CASE_OPEN);
        command.body.case_change.target_stream = (uint32_t)(number % 2) + 1;
        command.body.case_change.number = number == 9 ? 7 : number;
        client_command(&client, &command);
    }
    turn(feeds, &client, 350);
    for (int k = 0; k < 2; k++)
        zmq_close(feeds[k].socket);
    zmq_close(client.socket);
    zmq_ctx_term(context);
}

static void read_journal(void) {
    struct record record;
    size_t size;
    int fd = open(path, O_RDONLY);
    assert_int_equal(pread(fd, whole, SEGMENT, 0), SEGMENT);
    close(fd);
    uint32_t at = SEGMENT_HEADER;
    while (record_read(whole + at, SEGMENT - at, 1, &record, &size) == HEMO_OK) {
        at += (uint32_t)size;
        if (record.type == RECORD_COMMAND || record.type == RECORD_EPOCH)
            bounds[bounds_count++] = records;
        ends[records++] = at;
        assert_true(bounds_count < 64);
        assert_true(records < RECORDS_MAX);
    }
}

static int start(void **state) {
    (void)state;
    process_folder(&p, true);
    configure();
    if (!process_start(&p))
        return -1;
    make_journal();
    if (process_stop(&p, SIGTERM) != 0)
        return -1;
    read_journal();
    return 0;
}

static int stop(void **state) {
    (void)state;
    process_remove(&p);
    return 0;
}

static void the_journal_is_what_its_inputs_make(void **state) {
    (void)state;
    assert_true(ledger_read(&ledger, journal));
    assert_int_equal(ledger_differences(&ledger, journal), 0);
    assert_true(ledger.events > 200 && ledger.epochs >= 5);
    assert_int_equal(ledger.measurements_without_case, 0);
    ledger_free(&ledger);
}

static double restart_with(uint32_t keep, uint32_t garbage) {
    memset(cut, 0, sizeof cut);
    memcpy(cut, whole, ends[keep]);
    memcpy(cut + ends[keep], whole + ends[keep], garbage); /* of the next record: a torn write */
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, cut, sizeof cut, 0), SEGMENT);
    close(fd);
    assert_true(process_start(&p));
    double made_again = process_metric(&p, "hemod_recovered_events");
    assert_true(process_metric(&p, "hemod_recovered_records") == keep + 1);
    assert_true((process_metric(&p, "hemod_recovered_cut_bytes") > 0) == (garbage > 0));
    assert_int_equal(process_stop(&p, SIGTERM), 0);
    return made_again;
}

static void check_journal(void) {
    assert_true(ledger_read(&ledger, journal));
    assert_int_equal(ledger_differences(&ledger, journal), 0);
    assert_int_equal(ledger.double_events, 0);
    assert_int_equal(ledger.holes + ledger.misplaced + ledger.doubled + ledger.wrong, 0);
    ledger_free(&ledger);
}

static void cut_where_an_epoch_ends_or_begins(void **state) {
    (void)state;
    assert_true(bounds_count > 8);
    for (uint32_t i = 0; i < bounds_count; i++) {
        restart_with(bounds[i], 0);
        check_journal();
    }
}

static void cut_behind_any_record(void **state) {
    struct {
        uint64_t state;
    } dice = {88172645463325252ull};
    double made_again = 0;
    int with_events = 0;
    (void)state;
    for (int i = 0; i < CUTS; i++) {
        dice.state ^= dice.state << 13;
        dice.state ^= dice.state >> 7;
        dice.state ^= dice.state << 17;
        uint32_t keep = (uint32_t)(dice.state % (records - 1));
        uint32_t garbage = i % 3 == 0 ? 20 : 0;
        double again = restart_with(keep, garbage);
        made_again += again;
        with_events += again > 0;
        check_journal();
    }
    printf("%d cuts in %u records: %d left events to make again, %g in all\n", CUTS, records,
           with_events, made_again);
    assert_true(with_events > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_journal_is_what_its_inputs_make),
        cmocka_unit_test(cut_where_an_epoch_ends_or_begins),
        cmocka_unit_test(cut_behind_any_record),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
