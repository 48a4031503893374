/* zap.h - who may connect: the allow-list of public keys, as libzmq asks for it (ZeroMQ RFC 27).
 *
 * Start it before any CURVE socket is bound: without it libzmq would let every key in. A thread of
 * its own answers; the name of the device whose key it is becomes the connection's User-Id. */
#pragma once
#include "ingest/config.h"
#include "ingest/metrics.h"
#include <pthread.h>

struct zap {
    const struct config *config;
    struct metrics *metrics;
    void *socket;
    _Atomic int stop;
    pthread_t thread;
    uint8_t keys[CONFIG_DEVICES_MAX][32];
};

enum hemo_error zap_start(struct zap *zap, void *context, const struct config *config,
                          struct metrics *metrics);
void zap_stop(struct zap *zap);
