/* feed.h - one feed as its receiver sees it: which epoch, which case, which record comes next.
 * Pure.
 *
 *     feed_init(&feed, stream, room, credit);
 *     feed_hello(&feed, &frame, fresh, &answer)       // a connection begins: what to answer
 *     feed_record(&feed, &frame, &begin)              // FEED_TAKE: journal it; *begin first, where
 * set feed_durable(&feed, epoch, next)                // the writer synced if (feed_closed(&feed))
 * feed_reopen(&feed, fresh, &answer)
 *
 * An epoch ends by a case change, a broken counter or a Hello that proves no continuity. Then
 * nothing more is taken until all that was taken is durable and acknowledged; only then the new
 * epoch is announced. So the feed's store holds exactly what was never taken when it renumbers, and
 * each record is kept exactly once. Fresh epoch numbers come from the caller.
 *
 * No sample comes under a case that began after it was made, however long a partition held it back:
 * what a feed holds when it hears of a new epoch may be older than the case. So every epoch of a
 * case is preceded by one without a case (WHY_BEFORE_CASE). A Hello that names it was said after
 * the case began, and says how many records were held then: those are taken under no case, and only
 * what the feed numbered later comes into the epoch of the case. Until that Hello nothing is
 * acknowledged, so that a feed which does not say it at once says it after its 2 s of silence. What
 * is left: the first block behind the Hello may have begun before it, by less than a block.
 *
 * Ticks are a hostile feed's too: none may lie more than 50 years behind the counter's zero, no Gap
 * may be longer than a day (HEMO_BAD_NUMBER), and samples that jump further than a day break the
 * counter. */
#pragma once
#include "proto/link.h"

enum feed_phase {
    FEED_IDLE,   /* no epoch is open: the next Hello gets a new one */
    FEED_OPEN,   /* records are taken */
    FEED_CLOSING /* the epoch ended; what was taken is not durable yet */
};

struct feed {
    uint32_t stream, room, credit; /* settings */
    enum feed_phase phase;
    struct link_receiver link;              /* of the open or closing epoch */
    uint64_t previous_epoch, previous_next; /* the epoch before: where it ended */
    uint64_t case_number;  /* in force; the open epoch may still be the one before it */
    uint64_t held_next;    /* before a case: its first Hello's next_sequence; 0: not heard yet */
    uint64_t vetted_epoch; /* in which the feed said that what it holds is of the case; 0: none */
    enum welcome_why why;  /* how the open epoch came to be, or the next one will */
    bool have_info, begun; /* StreamInfo seen; EpochBegin made */
    bool waiting;          /* a Hello waits for the closing to end */
    struct stream_info info;
    uint64_t tick; /* one past the last tick taken */
    uint64_t next_tick[STREAM_GROUPS_MAX];
    uint32_t groups_seen;   /* bits */
    bool continues;         /* the next epoch goes on where the last one ended: */
    uint64_t continue_tick; /* the lowest tick that a group of it has not sent */
};

/* What to send, in this order: the last Ack of the epoch before, then the Welcome. */
struct feed_answer {
    bool ack, welcome;
    enum welcome_why why;
    uint64_t ack_epoch, ack_next;
};

enum feed_verdict {
    FEED_TAKE,      /* in sequence: it is the journal's now */
    FEED_DUPLICATE, /* taken before: acknowledge again */
    FEED_HOLE,      /* ask again with a Welcome */
    FEED_REFUSE,    /* *error says why; nothing changed */
    FEED_BREAK      /* the counter broke: not taken; the epoch is closing */
};

void feed_init(struct feed *f, uint32_t stream, uint32_t room, uint32_t credit);
/* True: `fresh` was used as the number of a new epoch. */
bool feed_hello(struct feed *f, const struct wire_frame *hello, uint64_t fresh,
                struct feed_answer *answer);
/* On FEED_TAKE, begin->stream != 0 says that the record is the first with a tick: an EpochBegin
 * stands before it in the journal. */
enum feed_verdict feed_record(struct feed *f, const struct wire_frame *record,
                              struct wire_epoch_begin *begin, enum hemo_error *error);
void feed_durable(struct feed *f, uint64_t epoch, uint64_t next);
/* False: the open epoch is the one before a case, and the Hello that it waits for has not come. */
bool feed_acknowledges(const struct feed *f);
/* True when the closing epoch is durable to its end. */
bool feed_closed(const struct feed *f);
/* After feed_closed(): true when a peer shall be told, in `fresh`. */
bool feed_reopen(struct feed *f, bool connected, uint64_t fresh, struct feed_answer *answer);
/* The case that a CaseOpen or CaseClose leads to, from the one there is. */
uint64_t feed_case_after(uint64_t case_number, const struct wire_frame *command);
/* The stream's case is another one now: the epoch ends. */
void feed_change_case(struct feed *f, uint64_t case_number);
/* What recovery found: the state behind one more journalled record. */
void feed_recovered(struct feed *f, const struct wire_frame *record);
