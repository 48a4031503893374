/* socket.h - hemod's server sockets: made, bound, guarded by CURVE, with one way to send a frame to
 * a peer.
 *
 * A socket belongs to the thread that uses it. With CURVE each message carries the device's name,
 * which zap.c gave to the connection's key: trust that, never the routing id, which the peer
 * chooses. */
#pragma once
#include "ingest/config.h"
#include "proto/wire.h"
#include <zmq.h>

/* A little over the largest legal message, so that one that is too long is refused with its
 * sender's name in the log instead of a silent cut; beyond that libzmq closes the connection. */
enum { SOCKET_MESSAGE_MAX = (1 << 20) + 65536, SOCKET_PEER_MAX = 255, SOCKET_WHY = 400 };

struct socket_config {
    void *context; /* of libzmq */
    int type;      /* ZMQ_ROUTER or ZMQ_PUB */
    const char *address;
    const char *secret; /* Z85; NULL: without CURVE, loopback only */
    int high_water;     /* messages each way and peer */
};

struct socket_peer {
    uint8_t length; /* 0: nobody */
    uint8_t id[SOCKET_PEER_MAX];
};

/* `endpoint` is the address with the real port. */
enum hemo_error socket_open(void **out, const struct socket_config *config,
                            char endpoint[CONFIG_ADDRESS_MAX], char why[SOCKET_WHY]);
/* Watches handshakes: the PAIR socket to read with socket_handshake_failed(). */
enum hemo_error socket_monitor(void *context, void *socket, const char *name, void **out);
/* True: one more connection failed in its handshake. */
bool socket_handshake_failed(void *monitor);

bool socket_peer_equal(const struct socket_peer *a, const struct socket_peer *b);
/* HEMO_OK; HEMO_PEER_LOST: gone; HEMO_NO_ROOM: its queue is full, try again later. Never blocks. */
enum hemo_error socket_send(void *router, const struct socket_peer *peer, const uint8_t *bytes,
                            size_t length);
/* Packs into `buffer` of WIRE_BYTES_MAX first. */
enum hemo_error socket_send_frame(void *router, const struct socket_peer *peer,
                                  const struct wire_frame *frame, uint8_t *buffer);

struct socket_message {
    struct socket_peer peer;
    zmq_msg_t body;
    const char *user; /* the device's name by its key; NULL without CURVE; lives as long as body */
};
/* The next message of a ROUTER: HEMO_OK, then socket_message_close(); HEMO_NOT_FOUND: none waits;
 * HEMO_BAD_FORMAT: not of two parts; it was read and dropped. */
enum hemo_error socket_receive(void *router, struct socket_message *message);
void socket_message_close(struct socket_message *message);
