/* metrics_server.h - one page of text over HTTP on a loopback port, for Prometheus. One request at
 * a time. */
#pragma once
#include "ingest/config.h"
#include "ingest/metrics.h"
#include <pthread.h>

enum { METRICS_PAGE_MAX = 1 << 20 };

/* Writes the page; called on the server's thread. */
typedef size_t metrics_fill_fn(void *context, char *out, size_t size);

struct metrics_server {
    int listener;
    metrics_fill_fn *fill;
    void *context;
    char *page;
    _Atomic int stop;
    pthread_t thread;
    char endpoint[CONFIG_ADDRESS_MAX]; /* with the real port */
};

/* address: HOST:PORT on loopback, port * or 0 for any. HEMO_IN_USE: the port is taken. */
enum hemo_error metrics_server_start(struct metrics_server *s, const char *address,
                                     metrics_fill_fn *fill, void *context);
void metrics_server_stop(struct metrics_server *s);
