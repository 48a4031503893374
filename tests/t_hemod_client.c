/* t_hemod_client - what a client of a real hemod gets: events by position, cases by command,
 * windows, live traces. */
#include "tests/hemod_ledger.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct process p;
static void *context;
static struct peer_feed feed;
static struct peer_client client;
static struct wire_frame command;

/* What the client heard. */
static struct {
    uint64_t windows, window_samples, window_wrong, window_next, measurements, readings, of_case;
    bool last;
    struct event_id ids[16384];
    uint64_t ids_count;
} heard;

static void on_frame(struct peer_client *c, const struct wire_frame *frame) {
    (void)c;
    if (frame->kind == WIRE_WINDOW) {
        const struct wire_window *w = &frame->body.window;
        heard.windows++;
        heard.last = w->last;
        for (uint32_t i = 0; i < w->count; i++) {
            heard.window_next = w->first_tick + i + 1;
            heard.window_wrong += w->samples[i] != peer_sample(1, w->first_tick + i);
        }
        heard.window_samples += w->count;
    }
    if (frame->kind != WIRE_EVENT)
        return;
    heard.measurements += frame->body.event.kind == EVENT_MEASUREMENT;
    heard.readings += frame->body.event.kind == EVENT_READING;
    heard.of_case += frame->body.event.case_number == 42;
    if (heard.ids_count < 16384)
        heard.ids[heard.ids_count++] = frame->body.event.id;
}

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

static int start(void **state) {
    (void)state;
    process_folder(&p, true);
    configure();
    if (!process_start(&p))
        return -1;
    configure();
    context = zmq_ctx_new();
    feed = (struct peer_feed){
        .context = context, .address = p.feeds, .device = "LAB1", .number = 1, .room = 1};
    link_sender_init(&feed.link);
    client.context = context;
    client.address = p.events;
    client.device = "WORKLISTD";
    client.stream = 1000;
    client.on_frame = on_frame;
    feed_open(&feed);
    client_open(&client);
    return 0;
}

static int stop(void **state) {
    (void)state;
    zmq_close(feed.socket);
    zmq_close(client.socket);
    zmq_ctx_term(context);
    process_remove(&p);
    return 0;
}

/* Until done() or the time is up; the feed makes `blocks` of 80 ms in each turn. */
static bool run_until(bool (*done)(void), int blocks, int ms) {
    for (uint64_t until = process_ms() + (uint64_t)ms; process_ms() < until; process_sleep(1)) {
        for (int i = 0; i < blocks; i++)
            feed_make(&feed);
        feed_turn(&feed);
        client_turn(&client);
        if (done())
            return true;
    }
    return false;
}

static bool has_readings(void) {
    return heard.readings > 20;
}
static bool feed_empty(void) {
    return feed.held_count == 0;
}
static bool commands_done(void) {
    return client.link.first_held == client.link.next_sequence;
}
static bool in_case(void) {
    return client.last_case == 42 && heard.of_case > 50;
}
static bool out_of_case(void) {
    return client.last_case == 0;
}
static bool measured(void) {
    return heard.measurements > 0;
}
static bool window_done(void) {
    return heard.last;
}
static bool refused(void) {
    return client.last_refuse != 0;
}

static bool caught_up(void) {
    return feed_empty() && (double)client.next >= process_metric(&p, "hemod_journal_events");
}

static void capture(void) {
    wire_begin(&command, WIRE_CAPTURE);
    command.body.capture = (struct wire_capture){1, 0, 0, PHASE_REST, 10000};
    client_command(&client, &command);
}

static void events_come_without_a_case(void **state) {
    (void)state;
    assert_true(run_until(has_readings, 2, 10000));
    assert_int_equal(client.epoch_begins, 1);
    assert_int_equal(client.last_case, 0);
    for (uint64_t until = feed.next_tick + 3000; feed.next_tick < until;)
        run_until(feed_empty, 2, 20);
    capture(); /* the same gives a measurement within a case, below */
    assert_true(run_until(commands_done, 1, 5000));
    assert_true(run_until(caught_up, 0, 5000));
    assert_int_equal(heard.measurements, 0);
}

static void a_case_opens_by_command(void **state) {
    uint64_t epoch = client.last_epoch, before = feed.next_tick;
    (void)state;
    wire_begin(&command, WIRE_CASE_OPEN);
    command.body.case_change = (struct wire_case){1, 42};
    client_command(&client, &command);
    assert_true(run_until(commands_done, 1, 5000));
    assert_true(run_until(in_case, 2, 10000));
    assert_true(client.last_epoch != epoch);
    assert_int_equal(feed.epochs, 3); /* one at the start, one before the case, the case's */
    assert_int_equal(feed.link.case_number, 42);
    assert_true(feed.next_tick > before);
}

static void a_capture_gives_a_measurement(void **state) {
    (void)state;
    assert_true(run_until(commands_done, 2, 5000));
    for (uint64_t until = feed.next_tick + 3000; feed.next_tick < until;)
        run_until(feed_empty, 2, 20);
    capture();
    assert_true(run_until(measured, 1, 10000));
}

static void commands_of_no_effect_are_refused(void **state) {
    (void)state;
    client.last_refuse = 0;
    command.body.capture.target_stream = 77; /* there is no such stream */
    client_command(&client, &command);
    assert_true(run_until(refused, 1, 5000));
    assert_int_equal(client.last_refuse, HEMO_WRONG_STREAM);
    assert_true(run_until(commands_done, 1, 5000)); /* its number is used up: the stream goes on */
    client.last_refuse = 0;
    wire_begin(&command, WIRE_RULES);
    command.body.rules.text = "[rules]\nversion = none\n";
    command.body.rules.length = (uint32_t)strlen(command.body.rules.text);
    client_command(&client, &command);
    assert_true(run_until(refused, 1, 5000));
    assert_true(run_until(commands_done, 1, 5000));
    client.last_refuse = 0;
    wire_begin(&command, WIRE_MARK); /* the target may stand in the frame's stream, too */
    command.body.mark = (struct stream_mark){.kind = MARK_NOTE, .text = "seen", .target_stream = 1};
    client_command(&client, &command);
    assert_true(run_until(commands_done, 1, 5000));
    assert_int_equal(client.last_refuse, 0);
}

static void ask(uint64_t epoch, uint64_t from, uint64_t to) {
    heard.windows = heard.window_samples = heard.window_wrong = heard.window_next = 0;
    heard.last = false;
    wire_begin(&command, WIRE_WINDOW_ASK);
    command.body.window_ask = (struct wire_window_ask){
        .request = 5, .target_stream = 1, .target_epoch = epoch, .from_tick = from, .to_tick = to};
    peer_send(client.socket, &command, client.buffer);
}

static void windows_give_the_signal(void **state) {
    (void)state;
    run_until(feed_empty, 0, 5000);
    uint64_t end = feed.next_tick, epoch = client.last_epoch;
    assert_true(end > 4000);
    ask(epoch, end - 1503, end - 3); /* not at a block's edge */
    assert_true(run_until(window_done, 0, 5000));
    assert_int_equal(heard.window_samples, 1500);
    assert_int_equal(heard.window_wrong, 0);
    assert_int_equal(heard.window_next, end - 3);
    ask(epoch, end - 100, end + 5000); /* beyond what there is */
    assert_true(run_until(window_done, 0, 5000));
    assert_int_equal(heard.window_samples, 100);
    ask(epoch + 1, 0, 1000); /* an epoch that never was */
    assert_true(run_until(window_done, 0, 5000));
    assert_int_equal(heard.window_samples, 0);
}

static void live_traces_are_published(void **state) {
    void *sub = zmq_socket(context, ZMQ_SUB);
    uint8_t topic[4] = {1, 0, 0, 0}, part[4096];
    static struct wire_frame frame;
    int zero = 0, frames = 0;
    (void)state;
    zmq_setsockopt(sub, ZMQ_LINGER, &zero, sizeof zero);
    zmq_setsockopt(sub, ZMQ_SUBSCRIBE, topic, sizeof topic);
    assert_int_equal(zmq_connect(sub, p.live), 0);
    for (int i = 0; i < 1000 && frames < 20; i++) {
        run_until(feed_empty, 1, 5);
        while (zmq_recv(sub, part, sizeof part, ZMQ_DONTWAIT) == 4) {
            assert_memory_equal(part, topic, 4);
            int length = zmq_recv(sub, part, sizeof part, ZMQ_DONTWAIT);
            assert_true(length > 0);
            assert_int_equal(wire_parse(&frame, part, (size_t)length), HEMO_OK);
            assert_int_equal(frame.case_number, 42);
            frames++;
        }
    }
    assert_true(frames >= 20);
    zmq_close(sub);
}

/* A second client of the same name begins at 0 after a restart: the same events under the same
 * positions. */
static void old_events_come_again_after_a_restart(void **state) {
    (void)state;
    assert_true(run_until(caught_up, 0, 10000));
    uint64_t count = heard.ids_count, next = client.next;
    static struct event_id before[16384];
    memcpy(before, heard.ids, sizeof before);
    assert_int_equal(process_stop(&p, SIGKILL), 128 + SIGKILL);
    assert_true(process_start(&p));
    heard.ids_count = 0;
    client.next = 0;
    link_sender_init(&client.link); /* a worklistd that lost its memory */
    client_open(&client);
    assert_true(run_until(caught_up, 0, 10000));
    assert_true(client.next >= next && heard.ids_count >= count);
    assert_memory_equal(heard.ids, before, count * sizeof *before);
}

static void a_case_closes(void **state) {
    (void)state;
    wire_begin(&command, WIRE_CASE_CLOSE);
    command.body.case_change = (struct wire_case){1, 41}; /* not the case that is open */
    client_command(&client, &command);
    assert_true(run_until(commands_done, 1, 5000));
    assert_int_equal(client.last_case, 42);
    command.body.case_change.number = 42;
    client_command(&client, &command);
    assert_true(run_until(out_of_case, 1, 5000));
    assert_int_equal(client.out_of_case, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_come_without_a_case),
        cmocka_unit_test(a_case_opens_by_command),
        cmocka_unit_test(a_capture_gives_a_measurement),
        cmocka_unit_test(commands_of_no_effect_are_refused),
        cmocka_unit_test(windows_give_the_signal),
        cmocka_unit_test(live_traces_are_published),
        cmocka_unit_test(old_events_come_again_after_a_restart),
        cmocka_unit_test(a_case_closes),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
