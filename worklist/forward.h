/* forward.h - hemod's events into the database, commands from the database to hemod: one thread,
 * one connection each.
 *
 * Nothing is acknowledged before COMMIT. The database away: nothing is taken, hemod keeps
 * everything; hemod away: commands wait in the outbox. Either comes back and it goes on where the
 * committed position says. */
#pragma once
#include "proto/link.h"
#include "worklist/audit_head.h"
#include "worklist/counters.h"
#include "worklist/curve.h"
#include "worklist/outbox.h"
#include "worklist/store.h"
#include "worklist/strips.h"

struct forward {
    const struct settings *settings;
    const struct curve *curve;
    struct hub *hub;
    struct epochs *epochs;
    struct counters *counters;
    struct strips *strips;
    void *zmq; /* context */
    /* the rest is the thread's own */
    void *socket, *monitor;
    struct db db;
    struct audit_signer signer;
    bool prepared;  /* schema checked, epochs loaded, since the database came */
    bool connected; /* the handshake is done: frames sent now are not lost */
    bool attached;  /* hemod's Hello was answered on this connection */
    bool refused_said;
    int64_t asked_ms, checked_ms, complained_ms, settled_ms;
    int64_t agreed_us; /* decisions up to there were looked at for drift */
    struct link_receiver receiver;
    struct link_sender sender;
    struct outbox_link link;
    uint32_t stream; /* our own, from the Welcome */
    struct wire_frame *frame, *out;
    struct store_batch *batch;
    pthread_t thread;
    bool started;
    atomic_bool stopping;
};

bool forward_start(struct forward *f);
void forward_stop(struct forward *f);

/* forward_link.c: the frames */
void forward_attach(struct forward *f); /* ask hemod where it is; again while it does not answer */
void forward_message(struct forward *f, const uint8_t *bytes, size_t length);
bool forward_commit(
    struct forward *f); /* the batch, its ack, its messages; false: the database is away */
void forward_commands(struct forward *f); /* number, send, and the windows asked for */
void forward_detached(struct forward *f);
/* One line on stderr, the same kind of complaint at most every 5 s. */
void forward_complain(struct forward *f, const char *where, const char *what);
