/* events_server.h - the thread of the clients: events by position, commands, windows.
 *
 * It only ever reads the journal below what the writer made durable, so nothing that it tells can
 * vanish. One reader follows everything (it keeps the index and sees commands become durable), one
 * reader per client walks through the events from the client's position, as far as its credit goes;
 * old and new events take the same way. Commands are numbered like a feed's records, checked,
 * handed to the receiver, and acknowledged when durable. */
#pragma once
#include "ingest/items.h"
#include "ingest/lab.h"
#include "ingest/log.h"
#include "ingest/ring.h"
#include "ingest/socket.h"
#include "ingest/wake.h"
#include "ingest/windows.h"

enum { EVENTS_RECORDS = 4096, EVENTS_SENDS = 512 };

struct client {
    bool used; /* the slot is a client's */
    struct socket_peer peer;
    bool welcomed, ack_due;
    uint64_t next, acked; /* event to send; committed by the client */
    uint32_t credit;
    uint64_t asked_next, asked_ns;
    struct reader reader;
    struct log_brake brake;
};

struct events_server {
    /* set before the start */
    struct lab *lab;
    struct metrics *metrics;
    bool insecure;
    void *socket, *monitor;
    struct ring *commands;
    struct wake *receiver;
    _Atomic uint64_t *durable, *durable_events; /* the writer's */
    int folder;
    struct place end; /* where recovery stopped: the follower goes on there */
    /* shared */
    struct wake wake;
    _Atomic int stop;
    /* the thread's own */
    struct client clients[CONFIG_DEVICES_MAX];
    struct reader follower;
    struct windows windows;
    bool window_waits; /* windows.out could not be sent yet */
    struct log_brake stranger, handshake;
    struct wire_frame frame, reply;
    uint8_t buffer[WIRE_BYTES_MAX];
};

enum hemo_error events_server_init(struct events_server *s);
void events_server_close(struct events_server *s);
/* One turn without a sleep; true: there is more to do. For tests too. */
bool events_server_step(struct events_server *s);
void *events_server_run(void *server);
