/* The feed's side of the link: the store of sim/sender.h alone, against a receiver in the same
 * process, and then over sockets against a small hemod that can vanish, forget, change the case and
 * refuse. */
#include "proto/link.h"
#include "proto/site.h"
#include "sim/sender.h"
#include "sim/transmit.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

enum { TICKS_PER_SAMPLE = 4, COUNT = 5, RECORDS = 128 };

static struct wire_frame frame, answer;

static struct stream_info two_groups(void) {
    struct stream_info info = {.base_rate_numerator = 500,
                               .base_rate_denominator = 1,
                               .started_at_ns = 1,
                               .origin = ORIGIN_REPLAY,
                               .speed_percent = 100,
                               .channels_count = 2};
    info.channels[0] = (struct stream_channel){.site = SITE_PA,
                                               .ticks_per_sample = 4,
                                               .group = 0,
                                               .scale = 0.02,
                                               .unit = UNIT_MMHG,
                                               .label = "PAP"};
    info.channels[1] = (struct stream_channel){.site = SITE_ECG,
                                               .ticks_per_sample = 1,
                                               .group = 1,
                                               .scale = 0.001,
                                               .unit = UNIT_MV,
                                               .label = "II"};
    return info;
}

static void begin(struct sender *s) {
    struct failure failure;
    struct sender_config config = {.info = two_groups(),
                                   .device = "LAB1-HEMO",
                                   .room = 1,
                                   .records = RECORDS,
                                   .block_samples = 64};
    assert_int_equal(sender_init(s, &config, &failure), HEMO_OK);
}

/* Block number n of a group: its samples are its number, so that what arrives can be told. */
static void push(struct sender *s, uint32_t group, uint64_t n) {
    int16_t samples[COUNT * TICKS_PER_SAMPLE];
    uint32_t count = group ? COUNT * TICKS_PER_SAMPLE : COUNT;
    for (uint32_t i = 0; i < count; i++)
        samples[i] = (int16_t)n;
    sender_samples(s, &(struct sample_block){.first_tick = n * COUNT * TICKS_PER_SAMPLE,
                                             .group = group,
                                             .channels = 1,
                                             .count = count,
                                             .samples = samples});
}

static void connect_with(struct sender *s, const struct link_receiver *r, enum welcome_why why) {
    struct failure failure;
    sender_hello(s, &frame);
    assert_string_equal(frame.body.hello.device, "LAB1-HEMO");
    link_receiver_welcome(r, &answer, 7, why);
    assert_int_equal(sender_heard(s, &answer, &failure), SENDER_WELCOMED);
}

/* Everything that the credit allows, through the wire's own bytes. */
static int deliver(struct sender *s, struct link_receiver *r) {
    static uint8_t bytes[WIRE_BYTES_MAX];
    int taken = 0;
    while (sender_next(s, &frame)) {
        size_t length;
        assert_int_equal(wire_pack(&frame, bytes, sizeof bytes, &length), HEMO_OK);
        assert_int_equal(wire_parse(&answer, bytes, length), HEMO_OK);
        assert_int_equal(answer.stream, 7);
        assert_int_equal(link_receiver_record(r, &answer), HEMO_OK);
        taken++;
    }
    return taken;
}

static void acknowledge(struct sender *s, struct link_receiver *r, uint64_t next) {
    struct failure failure;
    link_receiver_durable(r, next);
    link_receiver_ack(r, &answer, 7);
    assert_int_equal(sender_heard(s, &answer, &failure), SENDER_GO_ON);
}

static void test_credit_and_ack(void **state) {
    (void)state;
    struct sender s;
    struct link_receiver r;
    begin(&s);
    link_receiver_init(&r, 1, 0, 0, 10);
    for (uint64_t n = 0; n < 20; n++)
        push(&s, 0, n);
    assert_false(sender_next(&s, &frame)); /* not welcomed: nothing may be sent */
    connect_with(&s, &r, WHY_FIRST);
    assert_int_equal(sender_held(&s), 21); /* with the StreamInfo */
    assert_int_equal(deliver(&s, &r), 10);
    assert_int_equal(deliver(&s, &r), 0); /* the credit is used up */
    acknowledge(&s, &r, 4);
    assert_int_equal(sender_held(&s), 17);
    assert_int_equal(deliver(&s, &r), 4);
    acknowledge(&s, &r, 14);
    assert_int_equal(deliver(&s, &r), 7);
    acknowledge(&s, &r, 21);
    assert_int_equal(sender_held(&s), 0);
    assert_int_equal(s.gaps, 0);
    sender_free(&s);
}

static void test_resume_sends_again_what_was_not_durable(void **state) {
    (void)state;
    struct sender s;
    struct link_receiver r;
    begin(&s);
    link_receiver_init(&r, 1, 0, 0, 100);
    connect_with(&s, &r, WHY_FIRST);
    for (uint64_t n = 0; n < 9; n++)
        push(&s, 0, n);
    assert_int_equal(deliver(&s, &r), 10);
    acknowledge(&s, &r, 6);
    /* The peer dies and comes back with what was durable. */
    link_receiver_init(&r, 1, 0, 6, 100);
    sender_hello(&s, &frame);
    assert_true(link_receiver_resumes(&r, &frame));
    connect_with(&s, &r, WHY_RESUMED);
    assert_true(sender_next(&s, &frame));
    assert_int_equal(frame.sequence, 6);
    assert_int_equal(frame.body.samples.first_tick, 5 * COUNT * TICKS_PER_SAMPLE);
    assert_int_equal(frame.body.samples.samples[0], 5);
    assert_int_equal(link_receiver_record(&r, &frame), HEMO_OK);
    assert_int_equal(deliver(&s, &r), 3);
    acknowledge(&s, &r, 10);
    assert_int_equal(sender_held(&s), 0);
    sender_free(&s);
}

static void test_new_epoch_keeps_ticks_and_says_where_the_catheter_is(void **state) {
    (void)state;
    struct sender s;
    struct link_receiver r;
    begin(&s);
    link_receiver_init(&r, 1, 0, 0, 100);
    connect_with(&s, &r, WHY_FIRST);
    push(&s, 0, 0);
    assert_true(sender_mark(
        &s, &(struct stream_mark){.tick = 20, .kind = MARK_SITE, .channel = 0, .site = SITE_PCW}));
    push(&s, 0, 1);
    push(&s, 0, 2);
    assert_int_equal(deliver(&s, &r), 5);
    acknowledge(&s, &r, 3); /* StreamInfo, block 0 and the mark are durable */
    link_receiver_init(&r, 2, 99, 0, 100);
    connect_with(&s, &r, WHY_CASE_CHANGED);
    assert_int_equal(s.epochs, 2);
    assert_true(sender_next(&s, &frame));
    assert_int_equal(frame.kind, WIRE_STREAM_INFO);
    assert_int_equal(frame.epoch, 2);
    assert_int_equal(frame.case_number, 99);
    assert_int_equal(frame.sequence, 0);
    assert_int_equal(frame.body.stream_info.channels[0].site, SITE_PCW);
    assert_true(sender_next(&s, &frame));
    assert_int_equal(frame.sequence, 1);
    assert_int_equal(frame.body.samples.first_tick, 1 * COUNT * TICKS_PER_SAMPLE);
    sender_free(&s);
}

static void test_full_store_declares_one_gap_per_group(void **state) {
    (void)state;
    struct sender s;
    struct link_receiver r;
    uint64_t held = 0, lost = 0;
    begin(&s);
    link_receiver_init(&r, 1, 0, 0, 1000);
    for (uint64_t n = 0; n < 100; n++) { /* two groups: the store is full half way */
        bool room = sender_has_room(&s);
        push(&s, 0, n);
        held += room;
        lost += !room;
        push(&s, 1, n);
    }
    assert_true(lost > 0 && s.lost_samples > 0);
    assert_int_equal(s.gaps, 0); /* declared where it lies: behind what is held */
    connect_with(&s, &r, WHY_FIRST);
    deliver(&s, &r);
    acknowledge(&s, &r, r.next_sequence);
    assert_int_equal(sender_held(&s), 0);
    push(&s, 0, 100);
    push(&s, 1, 100);
    assert_int_equal(s.gaps, 2);
    assert_true(sender_next(&s, &frame));
    assert_int_equal(frame.kind, WIRE_GAP);
    assert_int_equal(frame.body.gap.group, 0);
    assert_int_equal(frame.body.gap.reason, GAP_NOT_HELD);
    assert_int_equal(frame.body.gap.first_tick, held * COUNT * TICKS_PER_SAMPLE);
    assert_int_equal(frame.body.gap.next_tick, 100 * COUNT * TICKS_PER_SAMPLE);
    assert_true(sender_next(&s, &frame));
    assert_int_equal(frame.kind, WIRE_SAMPLES);
    assert_int_equal(frame.body.samples.first_tick, 100 * COUNT * TICKS_PER_SAMPLE);
    sender_free(&s);
}

static void test_loss_at_the_end_is_declared(void **state) {
    (void)state;
    struct sender s;
    begin(&s);
    for (uint64_t n = 0; n < RECORDS; n++)
        push(&s, 0, n);
    assert_true(s.lost_samples > 0);
    assert_true(sender_declare(&s));
    assert_int_equal(s.gaps, 1);
    assert_true(sender_declare(&s)); /* once */
    assert_int_equal(s.gaps, 1);
    sender_free(&s);
}

static void test_marks_never_get_lost(void **state) {
    (void)state;
    struct sender s;
    struct stream_mark mark = {.tick = 1, .kind = MARK_WEDGE, .value = 1};
    begin(&s);
    for (uint64_t n = 0; n < RECORDS; n++)
        push(&s, 0, n);
    for (int i = 0; i < SENDER_RESERVE; i++)
        assert_true(sender_mark(&s, &mark));
    assert_false(sender_mark(&s, &mark)); /* the caller keeps it and waits */
    sender_free(&s);
}

static void test_refusals(void **state) {
    (void)state;
    static const struct {
        int error;
        enum sender_heard want;
    } cases[] = {{HEMO_OLD_EPOCH, SENDER_GO_ON},
                 {HEMO_BAD_SEQUENCE, SENDER_HELLO_AGAIN},
                 {HEMO_NO_STREAM_INFO, SENDER_HELLO_AGAIN},
                 {HEMO_WRONG_STREAM, SENDER_TURNED_AWAY},
                 {HEMO_NOT_ALLOWED, SENDER_TURNED_AWAY}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sender s;
        struct failure failure;
        begin(&s);
        wire_begin(&answer, WIRE_REFUSE);
        answer.body.refuse.error = cases[i].error;
        snprintf(answer.body.refuse.text, sizeof answer.body.refuse.text, "room 3 is another's");
        assert_int_equal(sender_heard(&s, &answer, &failure), cases[i].want);
        if (cases[i].want == SENDER_TURNED_AWAY) {
            assert_int_equal(failure_exit(failure.error), 5);
            assert_non_null(strstr(failure.text, "room 3 is another's"));
        }
        sender_free(&s);
    }
}

static void test_foreign_welcome_is_not_believed(void **state) {
    (void)state;
    struct sender s;
    struct link_receiver r;
    struct failure failure;
    begin(&s);
    link_receiver_init(&r, 1, 0, 0, 100);
    connect_with(&s, &r, WHY_FIRST);
    push(&s, 0, 0);
    link_receiver_init(&r, 1, 0, 50, 100); /* the same epoch, beyond all that was ever sent */
    link_receiver_welcome(&r, &answer, 7, WHY_RESUMED);
    assert_int_equal(sender_heard(&s, &answer, &failure), SENDER_HELLO_AGAIN);
    sender_free(&s);
}

/* --- over sockets: a hemod in a thread, with the real link_receiver --- */

enum peer_deed {
    PEER_GOOD,
    PEER_VANISHES,
    PEER_FORGETS,
    PEER_CHANGES_CASE,
    PEER_REFUSES,
    PEER_SILENT
};

struct peer {
    enum peer_deed deed;
    char address[64];
    atomic_int stop;
    int did;
    struct link_receiver link;
    uint64_t samples, infos, hellos, next_tick, jumps, overlaps;
    void *context, *socket;
};

static void peer_bind(struct peer *p) {
    size_t size = sizeof p->address;
    int zero = 0;
    p->socket = zmq_socket(p->context, ZMQ_ROUTER);
    zmq_setsockopt(p->socket, ZMQ_LINGER, &zero, sizeof zero);
    assert_int_equal(zmq_bind(p->socket, p->address[0] ? p->address : "tcp://127.0.0.1:*"), 0);
    zmq_getsockopt(p->socket, ZMQ_LAST_ENDPOINT, p->address, &size);
}

static void peer_say(struct peer *p, zmq_msg_t *to, const struct wire_frame *what) {
    uint8_t bytes[4096];
    size_t length;
    if (wire_pack(what, bytes, sizeof bytes, &length))
        return;
    zmq_send(p->socket, zmq_msg_data(to), zmq_msg_size(to), ZMQ_SNDMORE);
    zmq_send(p->socket, bytes, length, 0);
}

static void peer_hello(struct peer *p, const struct wire_frame *hello, struct wire_frame *out) {
    p->hellos++;
    if (p->deed == PEER_REFUSES) {
        wire_begin(out, WIRE_REFUSE);
        out->body.refuse.error = HEMO_WRONG_STREAM;
        snprintf(out->body.refuse.text, sizeof out->body.refuse.text, "not your room");
        return;
    }
    if (p->hellos > 1 && p->deed == PEER_FORGETS)
        link_receiver_init(&p->link, 2, 0, 0, 500);
    bool resumes = link_receiver_resumes(&p->link, hello);
    link_receiver_welcome(&p->link, out, 3, resumes ? WHY_RESUMED : WHY_FIRST);
}

static void peer_record(struct peer *p, const struct wire_frame *record) {
    if (link_receiver_record(&p->link, record))
        return;
    p->infos += record->kind == WIRE_STREAM_INFO;
    if (record->kind != WIRE_SAMPLES || record->body.samples.group)
        return;
    p->jumps += record->body.samples.first_tick > p->next_tick;
    p->overlaps += record->body.samples.first_tick < p->next_tick;
    p->next_tick = record->body.samples.first_tick + 4 * record->body.samples.count;
    p->samples += record->body.samples.count;
}

/* Half way, once, the peer does what it is here for. True: its socket is a new one now. */
static bool peer_deed(struct peer *p, zmq_msg_t *to, struct wire_frame *out) {
    if (p->did || p->samples < 250)
        return false;
    p->did = 1;
    if (p->deed == PEER_CHANGES_CASE) {
        link_receiver_init(&p->link, 2, 44, 0, 500);
        link_receiver_welcome(&p->link, out, 3, WHY_CASE_CHANGED);
        peer_say(p, to, out);
    }
    if (p->deed != PEER_VANISHES && p->deed != PEER_FORGETS)
        return false;
    zmq_close(p->socket);
    usleep(300000);
    peer_bind(p);
    return true;
}

static void peer_message(struct peer *p, zmq_msg_t *to, zmq_msg_t *body) {
    static struct wire_frame in, out;
    if (wire_parse(&in, zmq_msg_data(body), zmq_msg_size(body)))
        return;
    if (in.kind == WIRE_HELLO) {
        peer_hello(p, &in, &out);
        peer_say(p, to, &out);
        return;
    }
    peer_record(p, &in);
    /* hemod makes the end of an epoch durable before it announces the next one: so does this. */
    link_receiver_durable(&p->link, p->link.next_sequence);
    link_receiver_ack(&p->link, &out, 3);
    peer_say(p, to, &out);
    peer_deed(p, to, &out);
}

static void *peer_run(void *context) {
    struct peer *p = context;
    while (!p->stop) {
        zmq_pollitem_t item = {.socket = p->socket, .events = ZMQ_POLLIN};
        zmq_msg_t to, body;
        if (zmq_poll(&item, 1, 20) <= 0 || p->deed == PEER_SILENT)
            continue;
        zmq_msg_init(&to);
        zmq_msg_init(&body);
        zmq_msg_recv(&to, p->socket, 0);
        zmq_msg_recv(&body, p->socket, 0);
        peer_message(p, &to, &body);
        zmq_msg_close(&to);
        zmq_msg_close(&body);
    }
    return NULL;
}

/* A source of 4 s: a ramp in group 0, nothing else. */
struct ramp {
    uint64_t n;
    int16_t samples[COUNT];
};

static enum hemo_error ramp_next(void *state, struct source_item *item, struct failure *failure) {
    (void)failure;
    struct ramp *r = state;
    if (r->n == 100) {
        item->kind = SOURCE_END;
        item->next_tick = 100 * COUNT * TICKS_PER_SAMPLE;
        return HEMO_OK;
    }
    for (int i = 0; i < COUNT; i++)
        r->samples[i] = (int16_t)(r->n * COUNT + (uint64_t)i);
    item->kind = SOURCE_SAMPLES;
    item->body.samples = (struct sample_block){.first_tick = r->n * COUNT * TICKS_PER_SAMPLE,
                                               .channels = 1,
                                               .count = COUNT,
                                               .samples = r->samples};
    item->next_tick = ++r->n * COUNT * TICKS_PER_SAMPLE;
    return HEMO_OK;
}

static void ramp_close(void *state) {
    (void)state;
}

static int transmit_to(struct peer *p, double speed, const volatile sig_atomic_t *stop,
                       struct failure *failure) {
    struct ramp ramp = {0};
    struct source source = {.info = two_groups(),
                            .block_samples = 64,
                            .end_tick = 100 * COUNT * TICKS_PER_SAMPLE,
                            .state = &ramp,
                            .next = ramp_next,
                            .close = ramp_close};
    struct options options = {.command = COMMAND_REPLAY,
                              .send = p->address,
                              .room = 1,
                              .speed = speed,
                              .insecure = true,
                              .quiet = true};
    return failure_exit(transmit_run(&options, &source, stop, failure));
}

static struct peer *peer_start(enum peer_deed deed, pthread_t *thread) {
    struct peer *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->deed = deed;
    p->context = zmq_ctx_new();
    link_receiver_init(&p->link, 1, 0, 0, 500);
    peer_bind(p);
    assert_int_equal(pthread_create(thread, NULL, peer_run, p), 0);
    return p;
}

static void peer_stop(struct peer *p, pthread_t thread) {
    p->stop = 1;
    pthread_join(thread, NULL);
}

static void peer_end(struct peer *p) {
    zmq_close(p->socket);
    zmq_ctx_term(p->context);
    free(p);
}

static void test_over_sockets(void **state) {
    (void)state;
    static const struct {
        enum peer_deed deed;
        double speed;
        uint64_t infos;
        int exit;
    } cases[] = {{PEER_GOOD, 0, 1, 0},     {PEER_GOOD, 20, 1, 0},         {PEER_VANISHES, 20, 1, 0},
                 {PEER_FORGETS, 20, 2, 0}, {PEER_CHANGES_CASE, 20, 2, 0}, {PEER_REFUSES, 0, 0, 5}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pthread_t thread;
        struct failure failure = {0};
        volatile sig_atomic_t stop = 0;
        struct peer *p = peer_start(cases[i].deed, &thread);
        int code = transmit_to(p, cases[i].speed, &stop, &failure);
        peer_stop(p, thread);
        if (code != cases[i].exit)
            print_error("case %zu: %s\n", i, failure.text);
        assert_int_equal(code, cases[i].exit);
        assert_int_equal(p->did, cases[i].exit == 0); /* the deed was done */
        assert_int_equal(p->infos, cases[i].infos);
        assert_int_equal(p->jumps, 0);
        /* A peer that forgot may have gone before its last Ack arrived: that record comes again, as
         * it must. With all others, each sample comes once. */
        assert_true(p->overlaps <= (cases[i].deed == PEER_FORGETS));
        if (p->overlaps)
            assert_true(p->samples > 500);
        else
            assert_int_equal(p->samples, cases[i].exit ? 0 : 500);
        peer_end(p);
    }
}

static void test_silent_peer_is_left_after_10_s(void **state) {
    (void)state;
    pthread_t thread;
    struct failure failure = {0};
    volatile sig_atomic_t stop = 0;
    struct peer *p = peer_start(PEER_SILENT, &thread);
    assert_int_equal(transmit_to(p, 0, &stop, &failure), 5);
    assert_non_null(strstr(failure.text, "no answer in 10 s"));
    peer_stop(p, thread);
    peer_end(p);
}

static void test_interrupt(void **state) {
    (void)state;
    pthread_t thread;
    struct failure failure = {0};
    volatile sig_atomic_t stop = 1;
    struct peer *p = peer_start(PEER_SILENT, &thread);
    assert_int_equal(transmit_to(p, 1, &stop, &failure), 130);
    peer_stop(p, thread);
    peer_end(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_credit_and_ack),
        cmocka_unit_test(test_resume_sends_again_what_was_not_durable),
        cmocka_unit_test(test_new_epoch_keeps_ticks_and_says_where_the_catheter_is),
        cmocka_unit_test(test_full_store_declares_one_gap_per_group),
        cmocka_unit_test(test_loss_at_the_end_is_declared),
        cmocka_unit_test(test_marks_never_get_lost),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_foreign_welcome_is_not_believed),
        cmocka_unit_test(test_over_sockets),
        cmocka_unit_test(test_silent_peer_is_left_after_10_s),
        cmocka_unit_test(test_interrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
