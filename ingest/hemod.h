/* hemod.h - the parts of the stream processor, opened in order, run as threads, closed in reverse.
 *
 *     if ((error = hemod_open(&hemod, &options, why)) != HEMO_OK) say(why);   // recovered,
 * listening hemod_wait(&hemod);                                              // until SIGTERM or
 * SIGINT hemod_close(&hemod);                                             // drained, synced
 *
 * One struct hemod per process, on the heap. */
#pragma once
#include "ingest/events_server.h"
#include "ingest/keys.h"
#include "ingest/metrics_server.h"
#include "ingest/receiver.h"
#include "ingest/recover.h"
#include "ingest/worker.h"
#include "ingest/writer.h"
#include "ingest/zap.h"

enum { HEMOD_WHY = 1800, HEMOD_RINGS = 2 * CONFIG_WORKERS_MAX + 3 };

struct hemod_options {
    const char *config_path;
    bool insecure;
};

struct hemod {
    struct config config;
    struct keys keys;
    bool insecure;
    int folder, lock;
    char *rules_text; /* of the file; NULL: none */
    size_t rules_length;
    struct metrics metrics;
    struct lab lab;
    struct recovery recovery;
    struct journal journal;
    struct ring input, acks, commands, tasks[CONFIG_WORKERS_MAX], events[CONFIG_WORKERS_MAX];
    void *context, *feeds, *live, *clients, *feeds_monitor, *clients_monitor;
    char feeds_at[CONFIG_ADDRESS_MAX], events_at[CONFIG_ADDRESS_MAX], live_at[CONFIG_ADDRESS_MAX];
    struct zap zap;
    struct receiver receiver;
    struct writer writer;
    struct snapshot_box boxes[CONFIG_WORKERS_MAX];
    struct events_server server;
    struct worker workers[CONFIG_WORKERS_MAX];
    struct wake *worker_wakes[CONFIG_WORKERS_MAX];
    struct metrics_server metrics_server;
    struct metrics_device devices[CONFIG_DEVICES_MAX];
    pthread_t receiver_thread, writer_thread, server_thread, worker_threads[CONFIG_WORKERS_MAX];
    int stage; /* how far hemod_open() came; hemod_close() goes back from there */
};

/* Configuration, keys and rules only: what --check looks at. */
enum hemo_error hemod_configure(struct hemod *h, const struct hemod_options *options,
                                char why[HEMOD_WHY]);
/* Locks, recovers, binds, starts. On an error nothing runs; hemod_close() all the same. */
enum hemo_error hemod_open(struct hemod *h, char why[HEMOD_WHY]);
void hemod_close(struct hemod *h);
