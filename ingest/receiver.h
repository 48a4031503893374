/* receiver.h - the thread of the feeds: takes all that waits, checks it, numbers it, hands it on.
 *
 * It is the one place that decides the order of inputs: frames as they come, commands as the events
 * server hands them over, EpochBegins as feeds cause them. Each input goes to the journal's ring
 * first, then to its room's worker. When a ring is full it stops to read the socket; the feeds'
 * credit does the rest, nothing is dropped. Acks go out when the writer says "durable". Refusals
 * are counted by reason and said in one line, with a brake. A disk that does not keep up (saving.h)
 * is said on the live socket, by an event for each stream that waits for it: it is the one thing
 * that the journal cannot say. What a feed's sample clock does against this machine's (pace.h)
 * becomes an input, a Mark of hemod's own: rooms have no clock, and a replay says the same. */
#pragma once
#include "ingest/items.h"
#include "ingest/lab.h"
#include "ingest/log.h"
#include "ingest/pace.h"
#include "ingest/ring.h"
#include "ingest/saving.h"
#include "ingest/socket.h"
#include "ingest/wake.h"

struct receiver_peer {
    struct socket_peer peer;
    bool ack_due, welcome_due;
    enum welcome_why why;          /* for welcome_due */
    uint64_t asked_next, asked_ns; /* the hole that was asked about last */
    uint64_t heard_ns, probed_ns;  /* the last Hello or record of it; it was asked if it lives */
    uint64_t opened_ns;            /* when it was last welcomed to a new epoch */
    struct log_brake brake;
    struct saving saving;
    struct pace pace;
    uint64_t late_tick; /* where it began not to be saved */
};

struct receiver {
    /* set before the start */
    struct lab *lab;
    struct metrics *metrics;
    bool insecure;
    void *socket, *live, *monitor;
    struct ring *input, *acks, *commands;
    struct ring *tasks;         /* one per worker */
    struct wake **worker_wakes; /* the same */
    uint32_t workers;
    struct wake *writer;
    /* shared */
    struct wake wake;
    _Atomic int stop;
    /* the thread's own */
    uint64_t inputs;
    uint64_t watch_ns; /* when disk and clocks were last looked at */
    bool tasks_touched[CONFIG_WORKERS_MAX], input_touched;
    struct log_brake stranger, handshake;
    struct receiver_peer peers[CONFIG_DEVICES_MAX];
    struct wire_frame frame, reply;
    uint8_t buffer[WIRE_BYTES_MAX];
};

/* One turn without a sleep: all that waits. True: there is more. For tests too. */
bool receiver_step(struct receiver *r);
/* The thread; returns when stop is set, with everything that it took handed on. */
void *receiver_run(void *receiver);
/* After the writer ended too: the last acks go out. */
void receiver_finish(struct receiver *r);
