/* sender.h - the feed's side of the link: a bounded store of what is not acknowledged yet. No I/O,
 * no clock.
 *
 *     sender_init(&sender, &config, &failure);
 *     sender_samples(&sender, &block);               // kept, or counted as lost and declared as a
 * Gap later sender_hello(&sender, &frame);                 // on each new connection switch
 * (sender_heard(&sender, &frame, &failure)) ... while (sender_next(&sender, &frame)) put it on the
 * wire;
 *
 * Nothing is forgotten before it is acknowledged, nothing is sent beyond the credit, and what the
 * store cannot hold is declared as a Gap in its place: never dropped in silence. A new epoch
 * renumbers all that is held behind a StreamInfo; the StreamInfo then carries the sites as they are
 * at the first record held, for the catheter may have moved. Memory is taken by sender_init() and
 * given back by sender_free(). */
#pragma once
#include "proto/link.h"
#include "sim/failure.h"

struct sender_config {
    struct stream_info info;
    const char *device;
    uint32_t room;
    uint32_t records;       /* that the store holds, at least 64 */
    uint32_t block_samples; /* channels x count of the largest block */
};

enum { SENDER_RESERVE = 32 }; /* slots that samples leave to marks and gaps */

struct sender_slot {
    enum wire_kind kind;
    union {
        struct sample_block samples; /* .samples is set when it is sent */
        struct stream_mark mark;
        struct stream_gap gap;
    } body;
};

struct sender {
    struct sender_config config;
    struct link_sender link;
    uint32_t stream;           /* learnt from the Welcome */
    bool info_held;            /* the StreamInfo is the first record held */
    struct sender_slot *slots; /* a ring */
    int16_t *samples;          /* block_samples for each slot */
    uint32_t first, count;
    struct stream_gap lost[STREAM_GROUPS_MAX]; /* next_tick 0: none */
    uint64_t gaps, lost_samples, epochs;
};

enum sender_heard {
    SENDER_GO_ON,
    SENDER_WELCOMED,    /* on this connection: records may flow */
    SENDER_SAY_HELLO,   /* a case waits: say what is held, on this connection */
    SENDER_HELLO_AGAIN, /* what came does not fit: begin a new connection */
    SENDER_TURNED_AWAY  /* the peer will never take this feed: *failure says why */
};

enum hemo_error sender_init(struct sender *sender, const struct sender_config *config,
                            struct failure *failure);
void sender_free(struct sender *sender);

/* True: another block, mark or gap finds a place. */
bool sender_has_room(const struct sender *sender);

/* Samples that find no place become part of a Gap. */
void sender_samples(struct sender *sender, const struct sample_block *block);
/* False: no place, keep it and offer it again (a mark must not get lost). */
bool sender_mark(struct sender *sender, const struct stream_mark *mark);
bool sender_gap(struct sender *sender, const struct stream_gap *gap);
/* At the end: declares what is still undeclared. False: no place yet. */
bool sender_declare(struct sender *sender);

void sender_hello(struct sender *sender, struct wire_frame *out);
enum sender_heard sender_heard(struct sender *sender, const struct wire_frame *frame,
                               struct failure *failure);
/* The next record to put on the wire, complete; its samples belong to the sender until the next
 * call. */
bool sender_next(struct sender *sender, struct wire_frame *out);

/* Records that are not acknowledged. */
uint64_t sender_held(const struct sender *sender);
