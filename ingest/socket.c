/* socket.c - see socket.h. */
#include "ingest/socket.h"
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { LINGER_MS = 200, HANDSHAKE_MS = 2000, HEARTBEAT_MS = 1000, HEARTBEAT_TIMEOUT_MS = 5000 };

static int set_int(void *socket, int option, int value) {
    return zmq_setsockopt(socket, option, &value, sizeof value);
}

static int set_options(void *socket, const struct socket_config *config) {
    int64_t largest = SOCKET_MESSAGE_MAX;
    int bad = set_int(socket, ZMQ_LINGER, LINGER_MS) |
              set_int(socket, ZMQ_IPV6, strchr(config->address, '[') != NULL) |
              set_int(socket, ZMQ_RCVHWM, config->high_water) |
              set_int(socket, ZMQ_SNDHWM, config->high_water) |
              set_int(socket, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS) |
              set_int(socket, ZMQ_HEARTBEAT_IVL, HEARTBEAT_MS) |
              set_int(socket, ZMQ_HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT_MS) |
              zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &largest, sizeof largest);
    if (config->type == ZMQ_ROUTER)
        bad |= set_int(socket, ZMQ_ROUTER_MANDATORY, 1) | set_int(socket, ZMQ_ROUTER_HANDOVER, 1);
    if (config->secret)
        bad |= set_int(socket, ZMQ_CURVE_SERVER, 1) |
               zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, config->secret, 41) |
               zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, "hemod", 5);
    return bad;
}

enum hemo_error socket_open(void **out, const struct socket_config *config,
                            char endpoint[CONFIG_ADDRESS_MAX], char why[SOCKET_WHY]) {
    size_t size = CONFIG_ADDRESS_MAX;
    assert(config->secret || config_is_loopback(config->address));
    *out = zmq_socket(config->context, config->type);
    const char *problem = "no socket";
    enum hemo_error error = HEMO_IO;
    if (*out && set_options(*out, config) != 0)
        problem = zmq_strerror(errno);
    else if (*out && zmq_bind(*out, config->address) != 0) {
        bool in_use = errno == EADDRINUSE;
        error = in_use ? HEMO_IN_USE : HEMO_IO;
        problem = in_use ? "already in use (want a free port, or the other process ended)"
                         : zmq_strerror(errno);
    } else if (*out && zmq_getsockopt(*out, ZMQ_LAST_ENDPOINT, endpoint, &size) == 0) {
        return HEMO_OK;
    }
    snprintf(why, SOCKET_WHY, "%s: %s", config->address, problem);
    if (*out)
        zmq_close(*out);
    *out = NULL;
    return error;
}

enum hemo_error socket_monitor(void *context, void *socket, const char *name, void **out) {
    const int events = ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                       ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
    char address[64];
    snprintf(address, sizeof address, "inproc://monitor-%s", name);
    if (zmq_socket_monitor(socket, address, events) != 0)
        return HEMO_IO;
    *out = zmq_socket(context, ZMQ_PAIR);
    if (!*out || set_int(*out, ZMQ_LINGER, 0) != 0)
        return HEMO_IO;
    return zmq_connect(*out, address) == 0 ? HEMO_OK : HEMO_IO;
}

bool socket_handshake_failed(void *monitor) {
    char part[256];
    size_t size;
    int value = 1;
    int got = zmq_recv(monitor, part, sizeof part, ZMQ_DONTWAIT);
    if (got < 0)
        return false;
    while (value) { /* the second part is the address: the log needs none */
        size = sizeof value;
        if (zmq_getsockopt(monitor, ZMQ_RCVMORE, &value, &size) != 0 || !value)
            break;
        if (zmq_recv(monitor, part, sizeof part, ZMQ_DONTWAIT) < 0)
            break;
    }
    return true;
}

bool socket_peer_equal(const struct socket_peer *a, const struct socket_peer *b) {
    return a->length == b->length && memcmp(a->id, b->id, a->length) == 0;
}

static enum hemo_error send_error(void) {
    if (errno == EHOSTUNREACH)
        return HEMO_PEER_LOST;
    return errno == EAGAIN ? HEMO_NO_ROOM : HEMO_IO;
}

enum hemo_error socket_send(void *router, const struct socket_peer *peer, const uint8_t *bytes,
                            size_t length) {
    if (!peer->length)
        return HEMO_PEER_LOST;
    if (zmq_send(router, peer->id, peer->length, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
        return send_error();
    return zmq_send(router, bytes, length, ZMQ_DONTWAIT) < 0 ? send_error() : HEMO_OK;
}

enum hemo_error socket_send_frame(void *router, const struct socket_peer *peer,
                                  const struct wire_frame *frame, uint8_t *buffer) {
    size_t length;
    enum hemo_error error = wire_pack(frame, buffer, WIRE_BYTES_MAX, &length);
    assert(error == HEMO_OK); /* our own words */
    return error == HEMO_OK ? socket_send(router, peer, buffer, length) : error;
}

static enum hemo_error receive_body(void *router, struct socket_message *message) {
    if (zmq_msg_recv(&message->body, router, ZMQ_DONTWAIT) < 0)
        return HEMO_BAD_FORMAT;
    if (!zmq_msg_more(&message->body))
        return HEMO_OK;
    while (zmq_msg_more(&message->body))
        if (zmq_msg_recv(&message->body, router, ZMQ_DONTWAIT) < 0)
            break;
    return HEMO_BAD_FORMAT;
}

enum hemo_error socket_receive(void *router, struct socket_message *message) {
    int length = zmq_recv(router, message->peer.id, sizeof message->peer.id, ZMQ_DONTWAIT);
    int more = 0;
    size_t size = sizeof more;
    if (length < 0)
        return HEMO_NOT_FOUND;
    message->peer.length = (uint8_t)(length < SOCKET_PEER_MAX ? length : SOCKET_PEER_MAX);
    zmq_getsockopt(router, ZMQ_RCVMORE, &more, &size);
    if (!more)
        return HEMO_BAD_FORMAT;
    zmq_msg_init(&message->body);
    enum hemo_error error = receive_body(router, message);
    if (error != HEMO_OK)
        zmq_msg_close(&message->body);
    else
        message->user = zmq_msg_gets(&message->body, "User-Id");
    return error;
}

void socket_message_close(struct socket_message *message) {
    zmq_msg_close(&message->body);
}
