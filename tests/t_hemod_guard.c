/* t_hemod_guard - whom and what a real hemod refuses: strangers, other rooms' devices, bombs; each
 * counted and said in one line, while an honest feed goes on undisturbed. With CURVE. */
#include "tests/hemod_ledger.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { LAB1, LAB2, CLIENT, STRANGER, PAIRS };

struct pair {
    char public[41], secret[41];
};

static struct process p;
static struct pair server, pairs[PAIRS];
static void *context;
static struct peer_feed honest;
static struct wire_frame frame;
static uint8_t buffer[WIRE_BYTES_MAX];

static struct peer_keys keys_of(int pair) {
    return (struct peer_keys){server.public, pairs[pair].public, pairs[pair].secret};
}

static void configure(void) {
    char text[4096], key[160];
    snprintf(key, sizeof key, "%s/hemod.secret", p.folder);
    snprintf(text, sizeof text, "%s\n", server.secret);
    process_write(key, text, 0600);
    snprintf(
        text, sizeof text,
        "[hemod]\njournal = %s/journal\nfeeds = tcp://127.0.0.1:*\nevents = tcp://127.0.0.1:*\n"
        "live = tcp://127.0.0.1:*\nmetrics = 127.0.0.1:*\nsegment_mib = 1\nkey = %s\n"
        "[device LAB1]\nrole = feed\nroom = 1\nstream = 1\nkey = %s\n"
        "[device LAB2]\nrole = feed\nroom = 2\nstream = 2\nkey = %s\n"
        "[device WORKLISTD]\nrole = client\nstream = 1000\nkey = %s\n",
        p.folder, key, pairs[LAB1].public, pairs[LAB2].public, pairs[CLIENT].public);
    process_write(p.config, text, 0600);
}

static int start(void **state) {
    (void)state;
    process_folder(&p, false);
    zmq_curve_keypair(server.public, server.secret);
    for (int i = 0; i < PAIRS; i++)
        zmq_curve_keypair(pairs[i].public, pairs[i].secret);
    configure();
    if (!process_start(&p))
        return -1;
    context = zmq_ctx_new();
    honest = (struct peer_feed){.context = context,
                                .address = p.feeds,
                                .device = "LAB1",
                                .keys = keys_of(LAB1),
                                .number = 1,
                                .room = 1};
    link_sender_init(&honest.link);
    feed_open(&honest);
    return 0;
}

/* The honest feed runs on for a while. */
static void honest_for(int ms) {
    for (uint64_t until = process_ms() + (uint64_t)ms; process_ms() < until; process_sleep(3)) {
        feed_make(&honest);
        feed_turn(&honest);
    }
}

static bool heard(void *socket, enum wire_kind kind, int ms) {
    for (uint64_t until = process_ms() + (uint64_t)ms; process_ms() < until; process_sleep(2)) {
        feed_make(&honest);
        feed_turn(&honest);
        while (peer_receive(socket, &frame, buffer))
            if (frame.kind == kind)
                return true;
    }
    return false;
}

static void say_hello(void *socket, const char *device, uint32_t stream, uint32_t room) {
    struct link_sender link;
    link_sender_init(&link);
    link_sender_hello(&link, &frame, stream, device, room);
    peer_send(socket, &frame, buffer);
}

static void wrong_key_is_refused(void **state) {
    struct peer_keys keys = keys_of(STRANGER);
    (void)state;
    void *socket = peer_connect(context, p.feeds, &keys);
    say_hello(socket, "LAB2", 2, 2);
    assert_false(heard(socket, WIRE_WELCOME, 400));
    assert_true(process_metric(&p, "hemod_refused_keys") >= 1);
    assert_true(process_log_has(&p, "key not known"));
    zmq_close(socket);
}

static void no_key_is_refused(void **state) {
    struct peer_keys none = {0};
    (void)state;
    void *feed = peer_connect(context, p.feeds, &none);
    void *client = peer_connect(context, p.events, &none);
    say_hello(feed, "LAB2", 2, 2);
    assert_false(heard(feed, WIRE_WELCOME, 400));
    assert_false(heard(client, WIRE_HELLO, 10));
    assert_true(process_metric(&p, "hemod_refused_handshakes") >= 1);
    assert_true(process_log_has(&p, "failed its handshake"));
    zmq_close(feed);
    zmq_close(client);
}

static void another_rooms_key_is_refused(void **state) {
    struct peer_keys keys = keys_of(LAB2);
    double before = process_metric(&p, "hemod_records{room=\"1\",stream=\"1\",device=\"LAB1\"}");
    (void)state;
    void *socket = peer_connect(context, p.feeds, &keys);
    say_hello(socket, "LAB1", 1, 1); /* room 1 with the key of room 2 */
    assert_true(heard(socket, WIRE_REFUSE, 2000));
    assert_int_equal(frame.body.refuse.error, HEMO_WRONG_STREAM);
    honest_for(1100);                /* past the brake of one line a second */
    say_hello(socket, "LAB2", 2, 1); /* its own name, another's room */
    assert_true(heard(socket, WIRE_REFUSE, 2000));
    /* A record of room 1, right in every number, over the connection of room 2. */
    honest_for(1100);
    peer_info(&frame);
    frame.stream = 1;
    frame.epoch = honest.link.epoch;
    frame.case_number = honest.link.case_number;
    frame.sequence = honest.link.next_sequence;
    peer_send(socket, &frame, buffer);
    assert_true(heard(socket, WIRE_REFUSE, 2000));
    assert_int_equal(frame.body.refuse.error, HEMO_WRONG_STREAM);
    assert_true(process_metric(&p, "hemod_records_refused{room=\"2\",stream=\"2\",device=\"LAB2\","
                                   "reason=\"WRONG_STREAM\"}") >= 3);
    assert_true(process_log_has(&p, "LAB2: refused"));
    honest_for(200);
    double after = process_metric(&p, "hemod_records{room=\"1\",stream=\"1\",device=\"LAB1\"}");
    assert_true(after > before + 20); /* the honest one never stood still */
    zmq_close(socket);
}

static void a_bomb_is_refused(void **state) {
    static uint8_t bomb[1 << 20];
    struct peer_keys keys = keys_of(LAB2);
    (void)state;
    void *socket = peer_connect(context, p.feeds, &keys);
    memset(bomb, 0x0a, sizeof bomb);
    honest_for(1100);
    zmq_send(socket, bomb, sizeof bomb, 0);
    assert_true(heard(socket, WIRE_REFUSE, 3000));
    assert_int_equal(frame.body.refuse.error, HEMO_BAD_LENGTH);
    for (int i = 0; i < 200; i++) { /* and noise of all lengths */
        memset(bomb, i * 37, (size_t)i * 40 + 1);
        zmq_send(socket, bomb, (size_t)i * 40 + 1, 0);
    }
    honest_for(500);
    assert_true(process_metric(&p, "hemod_records_refused{room=\"2\",stream=\"2\",device=\"LAB2\","
                                   "reason=\"BAD_LENGTH\"}") >= 1);
    assert_true(process_log_has(&p, "message longer than 64 KiB"));
    zmq_close(socket);
}

static void roles_do_not_mix(void **state) {
    struct peer_keys client_keys = keys_of(CLIENT), feed_keys = keys_of(LAB2);
    (void)state;
    honest_for(1100);
    void *client = peer_connect(context, p.feeds, &client_keys); /* a client at the feeds */
    say_hello(client, "WORKLISTD", 1000, 1);
    assert_true(heard(client, WIRE_REFUSE, 2000));
    void *feed = peer_connect(context, p.events, &feed_keys); /* a feed at the events */
    wire_begin(&frame, WIRE_ATTACH);
    snprintf(frame.body.attach.device, sizeof frame.body.attach.device, "LAB2");
    peer_send(feed, &frame, buffer);
    assert_true(heard(feed, WIRE_REFUSE, 2000));
    assert_int_equal(frame.body.refuse.error, HEMO_NOT_ALLOWED);
    zmq_close(client);
    zmq_close(feed);
}

static void a_wrong_case_is_refused(void **state) {
    struct peer_keys keys = keys_of(LAB2);
    struct peer_feed feed = {.context = context,
                             .address = p.feeds,
                             .device = "LAB2",
                             .keys = keys,
                             .number = 2,
                             .room = 2};
    (void)state;
    link_sender_init(&feed.link);
    feed_open(&feed);
    for (int i = 0; i < 200; i++, process_sleep(2)) {
        feed_make(&feed);
        feed_turn(&feed);
    }
    assert_true(feed.acked_tick > 0);
    feed.link.case_number = 77; /* it thinks that a case is open */
    for (int i = 0; i < 200; i++, process_sleep(2)) {
        feed_make(&feed);
        feed_turn(&feed);
    }
    assert_true(process_metric(&p, "hemod_records_refused{room=\"2\",stream=\"2\",device=\"LAB2\","
                                   "reason=\"WRONG_CASE\"}") >= 1);
    zmq_close(feed.socket);
}

/* The right key, the right number, the right epoch, but no Hello, while the honest feed still
 * sends: taken, it would displace the honest record of that number (start()'s ledger would see
 * the strange samples). */
static void a_twin_without_a_hello_is_refused(void **state) {
    struct peer_keys keys = keys_of(LAB1);
    int16_t strange[PEER_BLOCK] = {0};
    (void)state;
    void *twin = peer_connect(context, p.feeds, &keys);
    process_sleep(200);
    honest_for(100);
    for (int i = 0; i < 20; i++) {
        wire_begin(&frame, WIRE_SAMPLES);
        frame.stream = 1;
        frame.epoch = honest.link.epoch;
        frame.case_number = honest.link.case_number;
        frame.sequence = honest.link.next_sequence;
        frame.body.samples = (struct sample_block){honest.next_tick, 0, 1, PEER_BLOCK, strange};
        peer_send(twin, &frame, buffer);
        process_sleep(5);
        honest_for(10);
    }
    assert_true(heard(twin, WIRE_REFUSE, 1000));
    assert_true(process_metric(&p, "hemod_records_refused{room=\"1\",stream=\"1\",device=\"LAB1\","
                                   "reason=\"IN_USE\"}") >= 1);
    zmq_close(twin);
}

static struct peer_feed second_room;

static void second_room_for(int ms) {
    for (uint64_t until = process_ms() + (uint64_t)ms; process_ms() < until; process_sleep(3)) {
        feed_make(&second_room);
        feed_turn(&second_room);
    }
}

static void begin_second_room(void) {
    second_room = (struct peer_feed){.context = context,
                                     .address = p.feeds,
                                     .device = "LAB2",
                                     .keys = keys_of(LAB2),
                                     .number = 2,
                                     .room = 2,
                                     .next_tick = 100000};
    link_sender_init(&second_room.link);
    feed_open(&second_room);
    for (int i = 0; i < 20 && !second_room.acked_tick; i++)
        second_room_for(200);
    assert_true(second_room.acked_tick > 0);
}

/* Sent by room 2's own connection, right in every number but those of the body. */
static void send_as_second(void) {
    frame.stream = 2;
    frame.case_number = second_room.link.case_number;
    peer_send(second_room.socket, &frame, buffer);
}

static double refused_of_second(const char *reason) {
    char line[160];
    snprintf(line, sizeof line,
             "hemod_records_refused{room=\"2\",stream=\"2\",device=\"LAB2\",reason=\"%s\"}",
             reason);
    double count = process_metric(&p, line);
    return count < 0 ? 0 : count;
}

/* A Gap over all time, and a block at its end: refused with the reason, and the feed goes on. */
static void endless_ticks_are_refused(void **state) {
    static const int16_t strange[PEER_BLOCK];
    (void)state;
    begin_second_room();
    double before = refused_of_second("BAD_NUMBER");
    for (int i = 0; i < 2; i++) {
        honest_for(1100); /* past the brake of one answer a second */
        for (int k = 0; k < 100 && second_room.held_count; k++, process_sleep(5))
            feed_turn(&second_room);
        assert_int_equal(second_room.held_count, 0);
        wire_begin(&frame, i ? WIRE_SAMPLES : WIRE_GAP);
        if (i)
            frame.body.samples =
                (struct sample_block){(UINT64_C(1) << 62) - 20, 0, 1, PEER_BLOCK, strange};
        else
            frame.body.gap = (struct stream_gap){0, UINT64_C(1) << 62, 0, GAP_DEVICE};
        frame.epoch = second_room.link.epoch;
        frame.sequence = second_room.link.next_sequence;
        send_as_second();
        assert_true(heard(second_room.socket, WIRE_REFUSE, 2000));
        assert_int_equal(frame.body.refuse.error, HEMO_BAD_NUMBER);
        assert_int_equal(frame.body.refuse.sequence, second_room.link.next_sequence);
        assert_true(frame.epoch == second_room.link.epoch);
    }
    assert_true(refused_of_second("BAD_NUMBER") == before + 2);
    uint64_t tick = second_room.acked_tick;
    for (int i = 0; i < 20 && second_room.acked_tick <= tick; i++)
        second_room_for(200);
    assert_true(second_room.acked_tick > tick);
}

static void an_old_epoch_is_refused_by_name(void **state) {
    (void)state;
    honest_for(1100);
    double before = refused_of_second("OLD_EPOCH");
    peer_info(&frame);
    frame.epoch = second_room.link.epoch - 1;
    frame.sequence = 7;
    send_as_second();
    assert_true(heard(second_room.socket, WIRE_REFUSE, 2000));
    assert_int_equal(frame.body.refuse.error, HEMO_OLD_EPOCH);
    assert_int_equal(frame.body.refuse.sequence, 7);
    assert_true(frame.epoch == second_room.link.epoch - 1);
    assert_non_null(strstr(frame.body.refuse.text, "wants record"));
    assert_true(refused_of_second("OLD_EPOCH") == before + 1);
}

/* Two processes with one key: the first keeps the stream while it lives; then the other has it. */
static void a_second_hello_does_not_take_the_stream(void **state) {
    struct peer_keys keys = keys_of(LAB2);
    (void)state;
    second_room_for(1100);
    uint64_t epochs = second_room.epochs;
    void *twin = peer_connect(context, p.feeds, &keys);
    for (int i = 0; i < 20; i++) {
        say_hello(twin, "LAB2", 2, 2);
        second_room_for(60);
    }
    assert_true(heard(twin, WIRE_REFUSE, 1000));
    assert_int_equal(frame.body.refuse.error, HEMO_IN_USE);
    assert_true(refused_of_second("IN_USE") >= 20);
    assert_true(second_room.epochs == epochs && second_room.refuses == 0);
    zmq_close(second_room.socket); /* it ends: the other one need not wait for the silence */
    honest_for(100);
    say_hello(twin, "LAB2", 2, 2);
    assert_true(heard(twin, WIRE_WELCOME, 1000));
    zmq_close(twin);
}

/* Received = used + refused + gap for each room, and what the socket counted. */
static void accounts_are_even(void **state) {
    (void)state;
    for (int i = 0; i < 400 && honest.held_count; i++, process_sleep(5))
        feed_turn(&honest);
    assert_int_equal(honest.held_count, 0);
    process_sleep(100);
    double received = 0, used = 0, gap = 0, arrived = 0, refused = 0;
    received =
        process_metric(&p, "hemod_samples_received{room=\"1\",stream=\"1\",device=\"LAB1\"}");
    used = process_metric(&p, "hemod_samples_used{room=\"1\",stream=\"1\",device=\"LAB1\"}");
    gap = process_metric(&p, "hemod_samples_gap{room=\"1\",stream=\"1\",device=\"LAB1\"}");
    arrived = process_metric(&p, "hemod_samples_arrived{room=\"1\",stream=\"1\",device=\"LAB1\"}");
    refused = process_metric(
        &p,
        "hemod_samples_refused{room=\"1\",stream=\"1\",device=\"LAB1\",reason=\"BAD_SEQUENCE\"}");
    refused = refused < 0 ? 0 : refused;
    double twin = process_metric(
        &p, "hemod_samples_refused{room=\"1\",stream=\"1\",device=\"LAB1\",reason=\"IN_USE\"}");
    refused += twin < 0 ? 0 : twin;
    assert_true(received == used + gap + refused);
    assert_true(arrived == received - gap);
    assert_true(used == (double)honest.next_tick);
}

static int stop(void **state) {
    (void)state;
    zmq_close(honest.socket);
    zmq_ctx_term(context);
    int code = process_stop(&p, SIGTERM);
    char folder[160];
    static struct ledger ledger;
    snprintf(folder, sizeof folder, "%s/journal", p.folder);
    bool good = ledger_read(&ledger, folder) && ledger.samples[1] == honest.next_tick &&
                ledger.doubled + ledger.wrong + ledger.misplaced + ledger.holes == 0;
    ledger_free(&ledger);
    process_remove(&p);
    return code == 0 && good ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_key_is_refused),
        cmocka_unit_test(no_key_is_refused),
        cmocka_unit_test(another_rooms_key_is_refused),
        cmocka_unit_test(a_bomb_is_refused),
        cmocka_unit_test(roles_do_not_mix),
        cmocka_unit_test(a_wrong_case_is_refused),
        cmocka_unit_test(a_twin_without_a_hello_is_refused),
        cmocka_unit_test(endless_ticks_are_refused),
        cmocka_unit_test(an_old_epoch_is_refused_by_name),
        cmocka_unit_test(a_second_hello_does_not_take_the_stream),
        cmocka_unit_test(accounts_are_even),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
