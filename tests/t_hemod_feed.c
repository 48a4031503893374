/* t_hemod_feed - one feed and its receiver under a random network, a random disk, case changes and
 * crashes, from seeds: every sample is in the journal once, in order, under the case that was open
 * when it was taken. */
#include "ingest/feed.h"
#include "tests/brief.h"
#include "tests/frames.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum {
    SEEDS = 2000,
    MADE = 4096, /* blocks that a device makes in one run, at most */
    SILENT = 50, /* turns without an answer, after which a feed says Hello again */
    TURNS = 3000,
    HELD = 4096,
    JOURNAL = 1 << 15,
    PIPE = 256
};

struct pipe {
    struct brief items[PIPE];
    int count;
};

struct world {
    struct dice dice;
    struct link_sender link;
    uint64_t held[HELD]; /* ticks; UINT64_MAX: StreamInfo */
    uint32_t held_count;
    uint64_t next_tick, counter; /* ticks that the device counted; `counter` is added at a break */
    struct pipe up, down;        /* the connection */
    bool connected;
    struct feed feed;
    uint64_t epochs;
    struct brief journal[JOURNAL];
    uint32_t count, durable; /* records in the journal; of them durable */
    uint64_t case_number, cases; /* in force; how many there were */
    uint64_t made_in[MADE];      /* the case in force when block n was made */
    bool old_feed;               /* says its Hello after silence only */
    int silent, crashes, changes, breaks;
    uint64_t of_a_case, kept_for_it; /* samples */
};

static struct world w;
static struct wire_frame frame, reply;

static uint64_t roll(uint64_t sides) {
    return dice_roll(&w.dice) % sides;
}

static void disconnect(void) {
    w.connected = false;
    w.up.count = w.down.count = 0;
}

/* A connection loses nothing silently: where the queue is full, it ends. */
static void send(struct pipe *pipe, struct brief brief) {
    if (w.connected && pipe->count == PIPE)
        disconnect();
    if (w.connected)
        pipe->items[pipe->count++] = brief;
}

static struct brief take(struct pipe *pipe) {
    struct brief brief = pipe->items[0];
    memmove(pipe->items, pipe->items + 1, (size_t)--pipe->count * sizeof *pipe->items);
    return brief;
}

static struct brief brief_of(const struct wire_frame *f) {
    struct brief b = {
        .kind = f->kind, .epoch = f->epoch, .case_number = f->case_number, .sequence = f->sequence};
    if (f->kind == WIRE_WELCOME) {
        b.next = f->body.welcome.next_sequence;
        b.credit = f->body.welcome.credit;
        b.why = f->body.welcome.why;
    } else if (f->kind == WIRE_ACK) {
        b.next = f->body.ack.next_sequence;
        b.credit = f->body.ack.credit;
    } else if (f->kind == WIRE_HELLO) {
        b.first = f->body.hello.first_held;
        b.next = f->body.hello.next_sequence;
    }
    return b;
}

static void say_hello(void) {
    w.silent = 0;
    link_sender_hello(&w.link, &frame, 1, "LAB1", 1);
    send(&w.up, brief_of(&frame));
}

static void connect_again(void) {
    w.connected = true;
    say_hello();
}

static void make_samples(void) {
    if (w.held_count >= HELD - 2)
        return;
    w.held[w.held_count++] = w.next_tick;
    assert_true(w.next_tick / BLOCK < MADE);
    w.made_in[w.next_tick / BLOCK] = w.case_number;
    w.next_tick += BLOCK;
    link_sender_add(&w.link);
}

static void sender_hears(void) {
    w.silent = 0;
    struct brief b = take(&w.down);
    unfold(&b, &frame);
    if (frame.kind == WIRE_ACK) {
        uint64_t done = link_sender_ack(&w.link, &frame);
        w.held_count -= (uint32_t)done;
        memmove(w.held, w.held + done, w.held_count * sizeof *w.held);
        return;
    }
    enum link_welcome what = link_sender_welcome(&w.link, &frame);
    assert_int_not_equal(what, LINK_WELCOME_BAD);
    if (what != LINK_NEW_EPOCH)
        return;
    uint32_t skip = w.held_count && w.held[0] == UINT64_MAX;
    memmove(w.held + 1, w.held + skip, (w.held_count - skip) * sizeof *w.held);
    w.held_count = w.held_count - skip + 1;
    w.held[0] = UINT64_MAX;
    link_sender_renumber(&w.link, w.held_count);
    if (frame.body.welcome.why == WHY_BEFORE_CASE && !w.old_feed)
        say_hello();
}

static void sender_sends(void) {
    uint64_t sequence;
    if (w.up.count >= PIPE || !link_sender_next(&w.link, &sequence))
        return;
    uint64_t tick = w.held[sequence - w.link.first_held];
    send(&w.up, (struct brief){.kind = tick == UINT64_MAX ? WIRE_STREAM_INFO : WIRE_SAMPLES,
                               .epoch = w.link.epoch,
                               .case_number = w.link.case_number,
                               .sequence = sequence,
                               .tick = tick});
}

static uint64_t fresh(void) {
    return (w.epochs + 1) << 32 | 1;
}

static void answer(const struct feed_answer *a) {
    if (a->ack)
        send(&w.down,
             (struct brief){
                 .kind = WIRE_ACK, .epoch = a->ack_epoch, .next = a->ack_next, .credit = CREDIT});
    if (!a->welcome)
        return;
    link_receiver_welcome(&w.feed.link, &reply, 1, a->why);
    send(&w.down, brief_of(&reply));
}

static void reopen(void) {
    struct feed_answer a;
    if (!feed_closed(&w.feed))
        return;
    w.epochs += feed_reopen(&w.feed, w.connected, fresh(), &a);
    answer(&a);
}

static void acknowledge(void) {
    if (!feed_acknowledges(&w.feed))
        return;
    link_receiver_ack(&w.feed.link, &reply, 1);
    send(&w.down, brief_of(&reply));
}

static void receiver_hears(void) {
    struct wire_epoch_begin begin;
    struct feed_answer a;
    enum hemo_error error;
    struct brief b = take(&w.up);
    unfold(&b, &frame);
    if (b.kind == WIRE_HELLO) {
        w.epochs += feed_hello(&w.feed, &frame, fresh(), &a);
        answer(&a);
        if (w.feed.phase != FEED_IDLE)
            acknowledge(); /* as the receiver does: the last one may have been lost */
        return;
    }
    enum feed_verdict verdict = feed_record(&w.feed, &frame, &begin, &error);
    if (verdict == FEED_TAKE) {
        assert_true(w.count + 2 < JOURNAL);
        if (begin.stream)
            w.journal[w.count++] = (struct brief){.kind = WIRE_EPOCH_BEGIN,
                                                  .epoch = begin.epoch,
                                                  .tick = begin.first_tick,
                                                  .case_number = begin.case_number};
        w.journal[w.count++] = b;
    } else if (verdict == FEED_HOLE) {
        link_receiver_welcome(&w.feed.link, &reply, 1, WHY_RESUMED);
        send(&w.down, brief_of(&reply));
    } else if (verdict == FEED_BREAK) {
        w.breaks++;
        reopen();
    }
}

static void disk_syncs(void) {
    const struct brief *last = NULL;
    for (; w.durable < w.count; w.durable++)
        if (wire_is_record(w.journal[w.durable].kind) && w.journal[w.durable].kind <= WIRE_GAP)
            last = &w.journal[w.durable];
    if (!last)
        return;
    feed_durable(&w.feed, last->epoch, last->sequence + 1);
    if (w.feed.phase == FEED_IDLE)
        return;
    acknowledge();
    reopen();
}

/* The command is journalled, and with it all before it: of no matter here whether it is durable
 * yet. */
static void case_changes(void) {
    uint64_t number = roll(3) ? ++w.cases : 0;
    if (number == w.case_number)
        return;
    w.journal[w.count++] =
        (struct brief){.kind = WIRE_CASE_OPEN, .case_number = number, .tick = w.next_tick};
    w.case_number = number;
    w.changes++;
    feed_change_case(&w.feed, number);
    reopen();
}

/* A command that a crash took from the journal was never in force; the client sends it again. */
static uint64_t first_lost_change(void) {
    for (uint32_t i = w.durable; i < w.count; i++)
        if (w.journal[i].kind == WIRE_CASE_OPEN)
            return w.journal[i].tick;
    return w.next_tick;
}

static void crash(void) {
    struct feed_answer a;
    uint64_t lost = first_lost_change();
    disconnect();
    w.crashes++;
    w.count = w.durable; /* the rest is lost with the process */
    w.case_number = 0;
    feed_init(&w.feed, 1, 1, CREDIT);
    for (uint32_t i = 0; i < w.count; i++) {
        struct brief b = w.journal[i];
        if (b.kind != WIRE_CASE_OPEN) {
            unfold(&b, &frame);
            if (b.kind == WIRE_EPOCH_BEGIN)
                frame.body.epoch_begin = (struct wire_epoch_begin){.epoch = b.epoch};
            feed_recovered(&w.feed, &frame);
            continue;
        }
        w.case_number = b.case_number;
        if (w.feed.case_number == b.case_number)
            continue;
        feed_change_case(&w.feed, b.case_number);
        if (feed_closed(&w.feed))
            feed_reopen(&w.feed, false, 0, &a);
    }
    for (; lost < w.next_tick; lost += BLOCK)
        w.made_in[lost / BLOCK] = w.case_number;
}

static void turn(void) {
    switch (roll(40)) {
    case 0:
        disconnect();
        break;
    case 1:
        disk_syncs();
        break;
    case 2:
        if (roll(6) == 0)
            case_changes();
        break;
    case 3:
        if (roll(12) == 0)
            crash();
        break;
    default:
        break;
    }
    if (roll(3) == 0)
        make_samples();
    if (!w.connected && roll(5) == 0)
        connect_again();
    if (w.connected && w.held_count && ++w.silent > SILENT)
        say_hello();
    for (uint64_t n = roll(4); n > 0; n--)
        sender_sends();
    for (uint64_t n = roll(5); n > 0 && w.up.count; n--)
        receiver_hears();
    for (uint64_t n = roll(5); n > 0 && w.down.count; n--)
        sender_hears();
}

static void settle(void) {
    for (int i = 0; i < 20000 && (w.held_count || !w.connected || w.up.count); i++) {
        if (!w.connected)
            connect_again();
        if (w.held_count && ++w.silent > SILENT)
            say_hello();
        sender_sends();
        if (w.up.count)
            receiver_hears();
        if (i % 7 == 0)
            disk_syncs();
        if (w.down.count)
            sender_hears();
    }
    disk_syncs();
}

/* A sample may stand under the case that was in force when it was made, or under none. */
static void check_case(uint64_t seed, const struct brief *b) {
    uint64_t made_in = w.made_in[b->tick / BLOCK];
    if (b->case_number && b->case_number != made_in)
        fprintf(stderr, "seed %llu: tick %llu made in case %llu, kept under case %llu\n",
                (unsigned long long)seed, (unsigned long long)b->tick, (unsigned long long)made_in,
                (unsigned long long)b->case_number);
    assert_true(!b->case_number || b->case_number == made_in);
    w.of_a_case += made_in != 0;
    w.kept_for_it += b->case_number != 0;
}

/* Ticks without a hole or a repetition; within an epoch one case and sequences from 0; the case is
 * the one that the commands before it in the journal say, or none. */
static void check(uint64_t seed) {
    uint64_t tick = 0, epoch = 0, sequence = 0, of_epoch = 0, open_case = 0;
    for (uint32_t i = 0; i < w.count; i++) {
        const struct brief *b = &w.journal[i];
        if (b->kind == WIRE_CASE_OPEN) {
            open_case = b->case_number;
            continue;
        }
        if (b->kind == WIRE_STREAM_INFO) {
            assert_true(b->epoch > epoch);
            epoch = b->epoch;
            sequence = 0;
            of_epoch = b->case_number;
        }
        if (b->epoch != epoch || b->case_number != of_epoch || (of_epoch && of_epoch != open_case))
            fprintf(stderr, "seed %llu record %u: epoch or case\n", (unsigned long long)seed, i);
        assert_true(b->epoch == epoch && b->case_number == of_epoch);
        assert_true(!of_epoch || of_epoch == open_case);
        if (b->kind == WIRE_EPOCH_BEGIN) {
            if (b->tick != tick)
                fprintf(stderr, "seed %llu record %u: begins at %llu, expected %llu\n",
                        (unsigned long long)seed, i, (unsigned long long)b->tick,
                        (unsigned long long)tick);
            assert_int_equal(b->tick, tick);
            continue;
        }
        assert_int_equal(b->sequence, sequence++);
        if (b->kind != WIRE_SAMPLES)
            continue;
        if (b->tick != tick)
            fprintf(stderr, "seed %llu record %u: tick %llu, expected %llu\n",
                    (unsigned long long)seed, i, (unsigned long long)b->tick,
                    (unsigned long long)tick);
        assert_int_equal(b->tick, tick);
        check_case(seed, b);
        tick += BLOCK;
    }
    assert_int_equal(tick, w.next_tick);
}

static void each_sample_once_under_its_case(void **state) {
    int crashes = 0, changes = 0;
    uint64_t of_a_case = 0, kept_for_it = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        w = (struct world){.dice = dice_of(seed), .old_feed = seed % 2};
        link_sender_init(&w.link);
        feed_init(&w.feed, 1, 1, CREDIT);
        for (int i = 0; i < TURNS; i++)
            turn();
        settle();
        assert_int_equal(w.held_count, 0);
        check(seed);
        crashes += w.crashes;
        changes += w.changes;
        of_a_case += w.of_a_case;
        kept_for_it += w.kept_for_it;
    }
    printf("%d seeds, %d crashes, %d case changes; of %llu samples made in a case %llu were kept "
           "under it, the others under none\n",
           SEEDS, crashes, changes, (unsigned long long)of_a_case, (unsigned long long)kept_for_it);
    assert_true(crashes > SEEDS && changes > SEEDS && kept_for_it > of_a_case / 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_sample_once_under_its_case)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
