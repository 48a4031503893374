/* The link: rows for each rule, then both ends against lost connections, crashes, case changes. */
#include "proto/link.h"
#include "tests/frames.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static struct wire_frame frame;

/* --- the sender's rules --- */

static struct link_sender sender_with(uint64_t epoch, uint64_t first, uint64_t next) {
    return (struct link_sender){.epoch = epoch, .case_number = 7, .first_held = first,
                                .next_sequence = next, .sent_next = first};
}

static const struct {
    const char *what;
    uint64_t epoch, case_number, next; /* the sender holds 5..9 of epoch 3, case 7 */
    enum welcome_why why;
    enum link_welcome result;
} welcomes[] = {
    {"at the first held", 3, 7, 5, WHY_RESUMED, LINK_RESUMED},
    {"in the middle", 3, 7, 8, WHY_RESUMED, LINK_RESUMED},
    {"all is there", 3, 7, 10, WHY_RESUMED, LINK_RESUMED},
    {"asks for what was let go", 3, 7, 4, WHY_RESUMED, LINK_WELCOME_BAD},
    {"claims what was never sent", 3, 7, 11, WHY_RESUMED, LINK_WELCOME_BAD},
    {"same epoch, other case", 3, 8, 5, WHY_RESUMED, LINK_WELCOME_BAD},
    {"a new epoch", 4, 8, 0, WHY_CASE_CHANGED, LINK_NEW_EPOCH},
    {"a new epoch of the same case", 4, 7, 0, WHY_NO_CONTINUITY, LINK_NEW_EPOCH},
    {"a new epoch that does not begin at 0", 4, 8, 1, WHY_FIRST, LINK_WELCOME_BAD},
    {"a new epoch that says resumed", 4, 8, 0, WHY_RESUMED, LINK_WELCOME_BAD},
    {"no epoch", 0, 7, 5, WHY_RESUMED, LINK_WELCOME_BAD},
};

static void each_welcome_means_what_it_says(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof welcomes / sizeof welcomes[0]; i++) {
        struct link_sender s = sender_with(3, 5, 10), before = s;
        wire_begin(&frame, WIRE_WELCOME);
        frame.epoch = welcomes[i].epoch;
        frame.case_number = welcomes[i].case_number;
        frame.body.welcome = (struct wire_welcome){welcomes[i].next, 4, welcomes[i].why};
        enum link_welcome result = link_sender_welcome(&s, &frame);
        if (result != welcomes[i].result)
            fail_msg("%s: %d, want %d", welcomes[i].what, result, welcomes[i].result);
        if (result == LINK_WELCOME_BAD) {
            assert_memory_equal(&s, &before, sizeof s);
            continue;
        }
        assert_true(s.welcomed);
        assert_int_equal(s.sent_next, welcomes[i].next);
        assert_int_equal(s.epoch, welcomes[i].epoch);
        assert_int_equal(s.case_number, welcomes[i].case_number);
        assert_int_equal(s.first_held, result == LINK_RESUMED ? 5 : 0);
    }
}

static void credit_bounds_what_is_in_flight(void **state) {
    (void)state;
    struct link_sender s;
    uint64_t sequence;
    link_sender_init(&s);
    for (uint64_t i = 0; i < 6; i++)
        assert_int_equal(link_sender_add(&s), i);
    assert_false(link_sender_next(&s, &sequence)); /* not welcomed */
    wire_begin(&frame, WIRE_WELCOME);
    frame.epoch = 1;
    frame.body.welcome = (struct wire_welcome){0, 2, WHY_FIRST};
    assert_int_equal(link_sender_welcome(&s, &frame), LINK_NEW_EPOCH);
    link_sender_renumber(&s, 6);
    for (uint64_t i = 0; i < 2; i++) {
        assert_true(link_sender_next(&s, &sequence));
        assert_int_equal(sequence, i);
    }
    assert_false(link_sender_next(&s, &sequence));
    wire_begin(&frame, WIRE_ACK);
    frame.epoch = 1;
    frame.body.ack = (struct wire_ack){1, 2};
    assert_int_equal(link_sender_ack(&s, &frame), 1);
    assert_true(link_sender_next(&s, &sequence));
    assert_int_equal(sequence, 2);
    assert_false(link_sender_next(&s, &sequence));
    frame.body.ack = (struct wire_ack){3, UINT32_MAX};
    assert_int_equal(link_sender_ack(&s, &frame), 2);
    for (uint64_t i = 3; i < 6; i++)
        assert_true(link_sender_next(&s, &sequence));
    assert_false(link_sender_next(&s, &sequence)); /* no more records */
}

static const struct {
    const char *what;
    uint64_t epoch, next, durable;
} acks[] = { /* the sender holds 5..9 of epoch 3 and has sent 5..7 */
    {"nothing new", 3, 5, 0},       {"two", 3, 7, 2},      {"all that was sent", 3, 8, 3},
    {"never sent", 3, 9, 0},        {"an old one", 3, 4, 0}, {"of another epoch", 2, 7, 0},
    {"of no epoch", 0, 7, 0},
};

static void each_ack_lets_go_what_is_durable(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof acks / sizeof acks[0]; i++) {
        struct link_sender s = sender_with(3, 5, 10);
        s.sent_next = 6; /* asked again */
        s.sent_most = 8;
        wire_begin(&frame, WIRE_ACK);
        frame.epoch = acks[i].epoch;
        frame.body.ack = (struct wire_ack){acks[i].next, 100};
        if (link_sender_ack(&s, &frame) != acks[i].durable)
            fail_msg("%s", acks[i].what);
        assert_int_equal(s.first_held, 5 + acks[i].durable);
    }
}

static void hello_says_what_is_held(void **state) {
    (void)state;
    struct link_sender s = sender_with(3, 5, 10);
    s.welcomed = true;
    link_sender_hello(&s, &frame, 2, "LAB1-HEMO", 4);
    assert_false(s.welcomed);
    assert_int_equal(frame.stream, 2);
    assert_int_equal(frame.epoch, 3);
    assert_int_equal(frame.case_number, 7);
    assert_string_equal(frame.body.hello.device, "LAB1-HEMO");
    assert_int_equal(frame.body.hello.room, 4);
    assert_int_equal(frame.body.hello.first_held, 5);
    assert_int_equal(frame.body.hello.next_sequence, 10);
}

/* --- the receiver's rules --- */

static const struct {
    const char *what;
    uint64_t epoch, case_number, first, next;
    bool resumes;
} hellos[] = { /* the receiver expects 8 of epoch 3, case 7 */
    {"holds it", 3, 7, 5, 10, true},
    {"holds just it", 3, 7, 8, 9, true},
    {"has nothing more", 3, 7, 8, 8, true},
    {"has let it go", 3, 7, 9, 10, false},
    {"has not come so far", 3, 7, 5, 7, false},
    {"of an old epoch", 2, 7, 5, 10, false},
    {"of no epoch", 0, 7, 5, 10, false},
    {"of another case", 3, 6, 5, 10, false},
};

static void each_hello_resumes_or_not(void **state) {
    (void)state;
    struct link_receiver r;
    link_receiver_init(&r, 3, 7, 8, 100);
    for (size_t i = 0; i < sizeof hellos / sizeof hellos[0]; i++) {
        wire_begin(&frame, WIRE_HELLO);
        frame.epoch = hellos[i].epoch;
        frame.case_number = hellos[i].case_number;
        frame.body.hello.first_held = hellos[i].first;
        frame.body.hello.next_sequence = hellos[i].next;
        if (link_receiver_resumes(&r, &frame) != hellos[i].resumes)
            fail_msg("%s", hellos[i].what);
    }
}

static const struct {
    const char *what;
    enum wire_kind kind;
    uint64_t epoch, case_number, sequence;
    enum hemo_error error;
} records[] = { /* the receiver expects 8 of epoch 3, case 7 */
    {"the next", WIRE_SAMPLES, 3, 7, 8, HEMO_OK},
    {"a duplicate", WIRE_SAMPLES, 3, 7, 7, HEMO_BAD_SEQUENCE},
    {"a hole", WIRE_GAP, 3, 7, 9, HEMO_BAD_SEQUENCE},
    {"of an old epoch", WIRE_MARK, 2, 7, 8, HEMO_OLD_EPOCH},
    {"of another case", WIRE_MARK, 3, 6, 8, HEMO_WRONG_CASE},
    {"no record", WIRE_ACK, 3, 7, 8, HEMO_BAD_FIELD},
};

static void each_record_is_taken_or_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        struct link_receiver r;
        link_receiver_init(&r, 3, 7, 8, 100);
        wire_begin(&frame, records[i].kind);
        frame.epoch = records[i].epoch;
        frame.case_number = records[i].case_number;
        frame.sequence = records[i].sequence;
        if (link_receiver_record(&r, &frame) != records[i].error)
            fail_msg("%s", records[i].what);
        assert_int_equal(r.next_sequence, records[i].error == HEMO_OK ? 9 : 8);
        assert_int_equal(r.durable_next, 8);
    }
}

static void credit_counts_from_what_is_durable(void **state) {
    (void)state;
    struct link_receiver r;
    link_receiver_init(&r, 3, 7, 8, 10);
    r.next_sequence = 12; /* four taken, none synced */
    link_receiver_welcome(&r, &frame, 2, WHY_RESUMED);
    assert_int_equal(frame.body.welcome.next_sequence, 12);
    assert_int_equal(frame.body.welcome.credit, 6);
    link_receiver_durable(&r, 11);
    link_receiver_durable(&r, 9); /* never back */
    link_receiver_ack(&r, &frame, 2);
    assert_int_equal(frame.epoch, 3);
    assert_int_equal(frame.body.ack.next_sequence, 11);
    assert_int_equal(frame.body.ack.credit, 10);
}

/* --- both ends, one seed --- */

enum { QUEUE = 64, STORE = 600, CREDIT = 12, STEPS = 1500, INFO = 0 };
enum bug {
    NO_BUG, ACK_BEFORE_SYNC, NO_LAST_ACK, KEEP_NUMBERS, NO_SEQUENCE_CHECK, SPEAK_FIRST, BUGS
};

struct message {
    enum wire_kind kind;
    uint64_t epoch, case_number, sequence, next, held;
    uint32_t credit, why;
    uint64_t tag;
};

struct queue {
    struct message messages[QUEUE];
    int first, count;
};

struct world {
    struct dice dice;
    enum bug bug;
    struct link_sender sender;
    uint64_t store[STORE]; /* tags of what the sender holds; INFO: a StreamInfo */
    uint64_t held, made;
    struct link_receiver receiver;
    uint64_t counter;
    uint64_t durable_tag, taken_tag; /* the highest; each must be one more than the last */
    bool connected, greeted, asked, draining, doubled, lost, overrun;
    struct queue to_receiver, to_sender;
};

static void send(struct queue *q, struct message m) {
    if (q->count < QUEUE)
        q->messages[(q->first + q->count++) % QUEUE] = m;
}

static bool take(struct queue *q, struct message *m) {
    if (q->count == 0)
        return false;
    *m = q->messages[q->first];
    q->first = (q->first + 1) % QUEUE;
    q->count--;
    return true;
}

static struct message from_frame(const struct wire_frame *f) {
    struct message m = {.kind = f->kind, .epoch = f->epoch, .case_number = f->case_number};
    if (f->kind == WIRE_HELLO) {
        m.held = f->body.hello.first_held;
        m.next = f->body.hello.next_sequence;
    } else if (f->kind == WIRE_WELCOME) {
        m.next = f->body.welcome.next_sequence;
        m.credit = f->body.welcome.credit;
        m.why = f->body.welcome.why;
    } else {
        m.next = f->body.ack.next_sequence;
        m.credit = f->body.ack.credit;
    }
    return m;
}

static void to_frame(struct message m, struct wire_frame *f) {
    wire_begin(f, m.kind);
    f->epoch = m.epoch;
    f->case_number = m.case_number;
    f->sequence = m.sequence;
    if (m.kind == WIRE_HELLO) {
        f->body.hello.first_held = m.held;
        f->body.hello.next_sequence = m.next;
    } else if (m.kind == WIRE_WELCOME)
        f->body.welcome = (struct wire_welcome){m.next, m.credit, m.why};
    else if (m.kind == WIRE_ACK)
        f->body.ack = (struct wire_ack){m.next, m.credit};
}

static void forget(struct world *w, uint64_t count) {
    for (uint64_t i = 0; i < count; i++)
        w->lost = w->lost || w->store[i] > w->durable_tag; /* let go, yet not on disk */
    memmove(w->store, w->store + count, (w->held - count) * sizeof w->store[0]);
    w->held -= count;
}

/* A StreamInfo first, then all that is held, numbered from 0. */
static void renumber(struct world *w) {
    uint64_t kept = 1;
    uint64_t renewed[STORE] = {INFO};
    for (uint64_t i = 0; i < w->held; i++)
        if (w->store[i] != INFO)
            renewed[kept++] = w->store[i];
    memcpy(w->store, renewed, sizeof renewed);
    w->held = kept;
    if (w->bug != KEEP_NUMBERS)
        link_sender_renumber(&w->sender, kept);
}

static void sender_hears(struct world *w, struct message m) {
    to_frame(m, &frame);
    if (m.kind == WIRE_ACK)
        forget(w, link_sender_ack(&w->sender, &frame));
    if (m.kind != WIRE_WELCOME)
        return;
    enum link_welcome what = link_sender_welcome(&w->sender, &frame);
    w->lost = w->lost || what == LINK_WELCOME_BAD; /* never between two that keep the rules */
    if (what == LINK_NEW_EPOCH)
        renumber(w);
}

static void receiver_syncs(struct world *w) {
    link_receiver_durable(&w->receiver, w->receiver.next_sequence);
    w->durable_tag = w->taken_tag;
}

static void receiver_acks(struct world *w) {
    if (!w->greeted && w->bug != SPEAK_FIRST)
        return;
    link_receiver_ack(&w->receiver, &frame, 1);
    if (w->bug == ACK_BEFORE_SYNC)
        frame.body.ack.next_sequence = w->receiver.next_sequence;
    send(&w->to_sender, from_frame(&frame));
}

static void new_epoch(struct world *w, uint64_t case_number) {
    receiver_syncs(w);
    link_receiver_begin(&w->receiver, ++w->counter, case_number);
}

static void receiver_welcomes(struct world *w, enum welcome_why why) {
    link_receiver_welcome(&w->receiver, &frame, 1, why);
    send(&w->to_sender, from_frame(&frame));
}

static void receiver_greets(struct world *w, const struct wire_frame *hello) {
    static struct wire_frame last;
    bool resumes = link_receiver_resumes(&w->receiver, hello);
    w->asked = false;
    w->greeted = true;
    if (link_receiver_last_ack(&w->receiver, hello, &last, 1) && w->bug != NO_LAST_ACK)
        send(&w->to_sender, from_frame(&last));
    if (!resumes && w->receiver.next_sequence > 0)
        new_epoch(w, w->receiver.case_number);
    receiver_welcomes(w, resumes ? WHY_RESUMED : WHY_NO_CONTINUITY);
}

static void receiver_hears(struct world *w, struct message m) {
    to_frame(m, &frame);
    if (m.kind == WIRE_HELLO) {
        receiver_greets(w, &frame);
        return;
    }
    enum hemo_error error = link_receiver_record(&w->receiver, &frame);
    bool taken = error == HEMO_OK || (w->bug == NO_SEQUENCE_CHECK && error == HEMO_BAD_SEQUENCE);
    bool hole = error == HEMO_BAD_SEQUENCE && m.sequence > w->receiver.next_sequence;
    if (hole && (!w->asked || dice_roll(&w->dice) % 16 == 0)) { /* again after a while */
        receiver_welcomes(w, WHY_RESUMED);
        w->asked = true;
    }
    w->asked = w->asked && error != HEMO_OK;
    uint64_t in_memory = w->receiver.next_sequence - w->receiver.durable_next;
    w->overrun = w->overrun || in_memory > CREDIT;
    if (taken && m.tag != INFO) {
        w->doubled = w->doubled || m.tag != w->taken_tag + 1;
        w->taken_tag = m.tag > w->taken_tag ? m.tag : w->taken_tag;
    }
}

static void connect(struct world *w) {
    w->connected = true;
    link_sender_hello(&w->sender, &frame, 1, "LAB1", 1);
    send(&w->to_receiver, from_frame(&frame));
}

static void disconnect(struct world *w) {
    w->connected = w->greeted = w->asked = false;
    w->to_receiver.count = w->to_sender.count = 0;
}

static void sender_adds(struct world *w) {
    if (w->held + 1 >= STORE)
        return;
    w->store[w->held++] = ++w->made;
    link_sender_add(&w->sender);
}

static void sender_sends(struct world *w) {
    uint64_t sequence;
    if (w->to_receiver.count == QUEUE || !link_sender_next(&w->sender, &sequence))
        return;
    uint64_t tag = w->store[sequence - w->sender.first_held];
    struct message m = {.kind = tag == INFO ? WIRE_STREAM_INFO : WIRE_SAMPLES,
                          .epoch = w->sender.epoch, .case_number = w->sender.case_number,
                          .sequence = sequence, .tag = tag};
    uint64_t luck = w->draining ? 2 : dice_roll(&w->dice) % 50; /* 0 loses, 1 doubles */
    if (luck != 0)
        send(&w->to_receiver, m);
    if (luck == 1)
        send(&w->to_receiver, m);
}

/* All that was taken is made durable and acknowledged before the new epoch is told. */
static void case_changes(struct world *w) {
    receiver_syncs(w);
    if (w->bug != NO_LAST_ACK)
        receiver_acks(w);
    new_epoch(w, w->receiver.case_number + 1);
    if (w->greeted || (w->connected && w->bug == SPEAK_FIRST))
        receiver_welcomes(w, WHY_CASE_CHANGED);
}

/* kill -9: what was not synced is gone, what was is known again. */
static void receiver_crashes(struct world *w) {
    disconnect(w);
    w->taken_tag = w->durable_tag;
    w->receiver.next_sequence = w->receiver.durable_next;
}

static void step(struct world *w, unsigned what) {
    struct message m;
    if (what < 30)
        sender_adds(w);
    else if (what < 60 && w->connected)
        sender_sends(w);
    else if (what < 80 && take(&w->to_receiver, &m))
        receiver_hears(w, m);
    else if (what < 90 && take(&w->to_sender, &m))
        sender_hears(w, m);
    else if (what < 92)
        receiver_syncs(w);
    else if (what < 94)
        receiver_acks(w);
    else if (what == 94)
        disconnect(w);
    else if (what == 95)
        receiver_crashes(w);
    else if (what == 96 && dice_roll(&w->dice) % 4 == 0)
        case_changes(w);
    else if (!w->connected)
        connect(w);
}

static bool violated(const struct world *w) { return w->doubled || w->lost || w->overrun; }

/* Nothing fails any more: all must arrive. */
static bool drains(struct world *w) {
    struct message m;
    w->draining = true;
    disconnect(w);
    connect(w);
    for (int i = 0; i < 20000 && w->held > 0 && !violated(w); i++) {
        sender_sends(w);
        if (take(&w->to_receiver, &m))
            receiver_hears(w, m);
        receiver_syncs(w);
        if (w->to_sender.count < QUEUE / 2)
            receiver_acks(w);
        if (take(&w->to_sender, &m))
            sender_hears(w, m);
    }
    return w->held == 0 && w->durable_tag == w->made;
}

/* True: nothing lost, nothing twice, nothing beyond the credit, all there at the end. */
static bool run(uint64_t seed, enum bug bug) {
    static struct world w;
    w = (struct world){.dice = dice_of(seed), .bug = bug};
    link_sender_init(&w.sender);
    link_receiver_init(&w.receiver, ++w.counter, 0, 0, CREDIT);
    for (int i = 0; i < STEPS && !violated(&w); i++) {
        step(&w, (unsigned)(dice_roll(&w.dice) % 100));
        if (bug == KEEP_NUMBERS && w.held != w.sender.next_sequence - w.sender.first_held)
            return false; /* the store and the numbers have come apart: no use to go on */
    }
    return !violated(&w) && drains(&w);
}

static void nothing_is_lost_or_doubled(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 3000; seed++)
        if (!run(seed, NO_BUG))
            fail_msg("seed %lu", (unsigned long)seed);
}

/* The proof that the test above can fail. */
static void planted_bugs_are_caught(void **state) {
    (void)state;
    for (int bug = NO_BUG + 1; bug < BUGS; bug++) {
        uint64_t seed = 1;
        while (seed <= 300 && run(seed, (enum bug)bug))
            seed++;
        if (seed > 300)
            fail_msg("bug %d was not caught by 300 seeds", bug);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_welcome_means_what_it_says),
        cmocka_unit_test(credit_bounds_what_is_in_flight),
        cmocka_unit_test(each_ack_lets_go_what_is_durable),
        cmocka_unit_test(hello_says_what_is_held),
        cmocka_unit_test(each_hello_resumes_or_not),
        cmocka_unit_test(each_record_is_taken_or_refused),
        cmocka_unit_test(credit_counts_from_what_is_durable),
        cmocka_unit_test(nothing_is_lost_or_doubled),
        cmocka_unit_test(planted_bugs_are_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
