#include "worklist/curve.h"
#include <stdio.h>
#include <string.h>
#include <zmq.h>

enum {
    HIGH_WATER = 4096,
    RECONNECT_MS = 100,
    RECONNECT_MAX_MS = 2000,
    BEAT_MS = 1000,
    BEAT_LOST_MS = 5000
};

enum hemo_error curve_read(struct curve *curve, const struct settings *settings, char *why,
                           size_t size) {
    *curve = (struct curve){.on = settings->key[0] != '\0'};
    if (!curve->on)
        return HEMO_OK;
    enum hemo_error error = settings_key(settings->key, true, curve->secret);
    const char *file = settings->key;
    if (error == HEMO_OK) {
        file = settings->server_key;
        error = settings_key(file, false, curve->server);
    }
    if (error == HEMO_OK && zmq_curve_public(curve->public, curve->secret) != 0)
        error = HEMO_BAD_FORMAT;
    if (error != HEMO_OK)
        snprintf(why, size, "%s: %s (want a key of `hemoctl keys`, the secret one of mode 0600)",
                 file, hemo_error_text(error));
    return error;
}

static void set(void *socket, int option, int value) {
    zmq_setsockopt(socket, option, &value, sizeof value);
}

void *curve_socket(void *zmq, int type, const struct curve *curve) {
    void *socket = zmq_socket(zmq, type);
    if (!socket)
        return NULL;
    set(socket, ZMQ_LINGER, 0);
    set(socket, ZMQ_RCVHWM, HIGH_WATER);
    set(socket, ZMQ_SNDHWM, HIGH_WATER);
    set(socket, ZMQ_RECONNECT_IVL, RECONNECT_MS);
    set(socket, ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS);
    set(socket, ZMQ_HEARTBEAT_IVL, BEAT_MS);
    set(socket, ZMQ_HEARTBEAT_TIMEOUT, BEAT_LOST_MS);
    if (curve->on) {
        zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, curve->secret, 41);
        zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, curve->public, 41);
        zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, curve->server, 41);
    }
    if (type == ZMQ_SUB)
        zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);
    return socket; /* the caller connects it, after its monitor listens */
}
