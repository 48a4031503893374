/* link.h - who holds what, up to where is it durable: one protocol for feeds, events and commands.
 * Pure, no clock.
 *
 * Sender:   link_sender_init -> Hello -> (Welcome) -> records while credit lasts -> (Ack) ->
 *           forget what is acknowledged.
 * Receiver: link_receiver_resumes() decides how a Hello is answered: the numbers fit exactly, or a
 *           new epoch begins. link_receiver_record() takes records in order;
 *           link_receiver_durable() turns "synced up to here" into an Ack.
 *
 * No sample may come into two epochs, so before a new epoch is told, the sender must let go what
 * the receiver has taken in the old one. On a connection that lives (a case change): the receiver
 * makes durable what it has taken, sends the Ack, then the Welcome; messages keep their order. To a
 * sender that was away meanwhile: its Hello names the old epoch, and link_receiver_last_ack() gives
 * the Ack that goes before the Welcome. Until that Hello a receiver says nothing on a new
 * connection.
 *
 * The records themselves stay with the caller; this is only the arithmetic, so that tests can drive
 * it from one seed. */
#pragma once
#include "proto/error.h"
#include "proto/wire.h"

struct link_sender {
    uint64_t epoch; /* 0 until welcomed */
    uint64_t case_number;
    uint64_t first_held;    /* lowest sequence not acknowledged */
    uint64_t next_sequence; /* the next record's number */
    uint64_t sent_next;     /* the next to send: goes back when the receiver asks again */
    uint64_t sent_most;     /* one past the highest ever sent in this epoch: no Ack can pass it */
    uint64_t limit;         /* one past the highest that the credit allows */
    uint32_t credit;        /* as last given */
    bool welcomed;          /* on this connection */
};

void link_sender_init(struct link_sender *s);
/* A record was added to the caller's store: its number. */
uint64_t link_sender_add(struct link_sender *s);
/* The next record to put on the wire: true and its number, while credit and records last. */
bool link_sender_next(struct link_sender *s, uint64_t *sequence);
/* The connection is new: fill the Hello and wait for the Welcome. */
void link_sender_hello(struct link_sender *s, struct wire_frame *out, uint32_t stream,
                       const char *device, uint32_t room);

/* What a Welcome means for the caller's store. It may come unasked: after a hole (resumed: send
 * again from its next_sequence) and at a case change (new epoch). */
enum link_welcome { LINK_RESUMED, LINK_NEW_EPOCH, LINK_WELCOME_BAD };
/* LINK_RESUMED: send from sent_next. LINK_NEW_EPOCH: put a StreamInfo (or nothing, for events and
 * commands) first and renumber all that is held from 0 with link_sender_renumber().
 * LINK_WELCOME_BAD: does not fit; drop the connection. */
enum link_welcome link_sender_welcome(struct link_sender *s, const struct wire_frame *welcome);
/* held_records: how many are in the store now, the StreamInfo put in front included. */
void link_sender_renumber(struct link_sender *s, uint64_t held_records);
/* Returns how many records at the front of the store are durable now and may be forgotten (0 for an
 * old or foreign Ack, which changes nothing). */
uint64_t link_sender_ack(struct link_sender *s, const struct wire_frame *ack);

struct link_receiver {
    uint64_t epoch;
    uint64_t case_number;
    uint64_t next_sequence; /* expected */
    uint64_t durable_next;  /* every record below is durable */
    uint32_t credit;        /* records beyond durable_next; the caller sets it by its memory */
    /* The last epoch that ended with records taken; ended_epoch 0: none. */
    uint64_t ended_epoch, ended_case, ended_next;
};

void link_receiver_init(struct link_receiver *r, uint64_t epoch, uint64_t case_number,
                        uint64_t next_sequence, uint32_t credit);
/* A new epoch, from 0. What was taken in the old one must be durable; if it was anything, the old
 * epoch is remembered for link_receiver_last_ack(). After a restart the journal knows the same:
 * link_receiver_init() with the ended epoch, then link_receiver_begin(). */
void link_receiver_begin(struct link_receiver *r, uint64_t epoch, uint64_t case_number);
/* True: the Hello names the epoch that ended, so *out (its last Ack) goes before the Welcome. */
bool link_receiver_last_ack(const struct link_receiver *r, const struct wire_frame *hello,
                            struct wire_frame *out, uint32_t stream);
/* True: the sender can go on at r->next_sequence in r->epoch. False: the caller makes a new epoch
 * with link_receiver_begin(), or welcomes it to this one while it is empty. */
bool link_receiver_resumes(const struct link_receiver *r, const struct wire_frame *hello);
void link_receiver_welcome(const struct link_receiver *r, struct wire_frame *out, uint32_t stream,
                           enum welcome_why why);
/* HEMO_OK: take it (next_sequence moved). HEMO_BAD_SEQUENCE with sequence < next: a duplicate, drop
 * it and ack again; above: a hole, ask again with one Welcome (not with one for each record behind
 * the hole). HEMO_OLD_EPOCH, HEMO_WRONG_CASE: refuse. HEMO_BAD_FIELD: no record at all. */
enum hemo_error link_receiver_record(struct link_receiver *r, const struct wire_frame *record);
/* All records below `next` are durable. */
void link_receiver_durable(struct link_receiver *r, uint64_t next);
void link_receiver_ack(const struct link_receiver *r, struct wire_frame *out, uint32_t stream);
