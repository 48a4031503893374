/* hemod.c - see hemod.h. */
#include "ingest/hemod.h"
#include "ingest/cage.h"
#include "ingest/live.h"
#include "ingest/storage.h"
#include "ingest/wiring.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TASK_RING = 16 << 20, EVENT_RING = 8 << 20, ACK_RING = 1 << 16, COMMAND_RING = 1 << 20 };
enum { HIGH_WATER = 256, CLIENT_HIGH_WATER = 4096 };
enum { STAGE_NONE, STAGE_LAB, STAGE_STORAGE, STAGE_RINGS, STAGE_SOCKETS, STAGE_RUNNING };

static enum hemo_error read_rules(struct hemod *h, char *why) {
    struct rules rules;
    int line = 0;
    if (!h->config.rules[0])
        return HEMO_OK;
    int fd = open(h->config.rules, O_RDONLY | O_CLOEXEC);
    h->rules_text = calloc(1, WIRE_RULES_MAX + 1);
    ssize_t got = fd >= 0 && h->rules_text ? read(fd, h->rules_text, WIRE_RULES_MAX + 1) : -1;
    int number = errno;
    if (fd >= 0)
        close(fd);
    if (got < 0) {
        snprintf(why, HEMOD_WHY, "%s: %s (want a rule file)", h->config.rules,
                 strerrordesc_np(number));
        return number == EACCES ? HEMO_NO_PERMISSION : HEMO_NOT_FOUND;
    }
    h->rules_length = (size_t)got;
    if (got <= WIRE_RULES_MAX && rules_parse(h->rules_text, (size_t)got, &rules, &line) == HEMO_OK)
        return HEMO_OK;
    snprintf(why, HEMOD_WHY, "%s:%d: not a rule that hemod knows (want detectors/README.md)",
             h->config.rules, line);
    return HEMO_BAD_CONFIG;
}

enum hemo_error hemod_configure(struct hemod *h, const struct hemod_options *options,
                                char why[HEMOD_WHY]) {
    h->folder = h->lock = -1;
    h->insecure = options->insecure;
    enum hemo_error error = config_read(&h->config, options->config_path, why);
    if (error == HEMO_OK)
        error = config_check(&h->config, options->config_path, options->insecure, why);
    if (error == HEMO_OK && !options->insecure)
        error = keys_read(&h->keys, h->config.key, why);
    if (error == HEMO_OK)
        error = read_rules(h, why);
    for (uint32_t i = 0; i < h->config.devices_count; i++)
        h->devices[i] = (struct metrics_device){
            h->config.devices[i].room, h->config.devices[i].stream, h->config.devices[i].name};
    return error;
}

static uint32_t power_of_two(uint32_t at_least) {
    uint32_t size = 1;
    while (size < at_least)
        size *= 2;
    return size;
}

static enum hemo_error open_rings(struct hemod *h) {
    enum hemo_error error = ring_init(&h->input, power_of_two(h->config.spool_mib << 20));
    if (error == HEMO_OK)
        error = ring_init(&h->acks, ACK_RING);
    if (error == HEMO_OK)
        error = ring_init(&h->commands, COMMAND_RING);
    for (uint32_t i = 0; i < h->config.workers && error == HEMO_OK; i++) {
        error = ring_init(&h->tasks[i], TASK_RING);
        if (error == HEMO_OK)
            error = ring_init(&h->events[i], EVENT_RING);
        if (error == HEMO_OK)
            error = snapshot_box_init(&h->boxes[i]);
        if (error == HEMO_OK)
            error = wake_init(&h->workers[i].wake);
        h->worker_wakes[i] = &h->workers[i].wake;
    }
    if (error == HEMO_OK)
        error = wake_init(&h->receiver.wake);
    if (error == HEMO_OK)
        error = wake_init(&h->writer.wake);
    if (error == HEMO_OK)
        error = wake_init(&h->server.wake);
    return error;
}

static void close_rings(struct hemod *h) {
    ring_close(&h->input);
    ring_close(&h->acks);
    ring_close(&h->commands);
    for (uint32_t i = 0; i < h->config.workers; i++) {
        ring_close(&h->tasks[i]);
        ring_close(&h->events[i]);
        snapshot_box_close(&h->boxes[i]);
        wake_close(&h->workers[i].wake);
    }
    wake_close(&h->receiver.wake);
    wake_close(&h->writer.wake);
    wake_close(&h->server.wake);
}

static size_t fill_metrics(void *context, char *out, size_t size) {
    struct hemod *h = context;
    struct metrics_ring rings[HEMOD_RINGS];
    char names[2 * CONFIG_WORKERS_MAX][24];
    const struct ring *first[] = {&h->input, &h->acks, &h->commands};
    const char *const first_names[] = {"journal", "acks", "commands"};
    uint32_t count = 0;
    for (; count < 3; count++)
        rings[count].name = first_names[count];
    for (uint32_t i = 0; i < h->config.workers; i++) {
        snprintf(names[2 * i], sizeof names[0], "worker-%u", i);
        snprintf(names[2 * i + 1], sizeof names[0], "events-%u", i);
        rings[count++].name = names[2 * i];
        rings[count++].name = names[2 * i + 1];
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct ring *ring = i < 3         ? first[i]
                                  : (i - 3) % 2 ? &h->events[(i - 3) / 2]
                                                : &h->tasks[(i - 3) / 2];
        rings[i].depth = ring_depth(ring);
        rings[i].high_water = atomic_load_explicit(&ring->high_water, memory_order_relaxed);
        rings[i].capacity = ring->capacity;
    }
    struct metrics_page page = {&h->metrics, h->devices, h->config.devices_count, rings, count};
    return metrics_text(&page, out, size);
}

static enum hemo_error open_sockets(struct hemod *h, char *why) {
    struct socket_config config = {h->context, ZMQ_ROUTER, h->config.feeds,
                                   h->insecure ? NULL : h->keys.secret, HIGH_WATER};
    enum hemo_error error = socket_open(&h->feeds, &config, h->feeds_at, why);
    config.address = h->config.events;
    config.high_water = CLIENT_HIGH_WATER;
    if (error == HEMO_OK)
        error = socket_open(&h->clients, &config, h->events_at, why);
    config.type = ZMQ_PUB;
    config.address = h->config.live;
    config.high_water = LIVE_HIGH_WATER;
    if (error == HEMO_OK)
        error = socket_open(&h->live, &config, h->live_at, why);
    if (error != HEMO_OK || h->insecure)
        return error;
    snprintf(why, HEMOD_WHY, "no monitor for handshakes");
    error = socket_monitor(h->context, h->feeds, "feeds", &h->feeds_monitor);
    if (error == HEMO_OK)
        error = socket_monitor(h->context, h->clients, "events", &h->clients_monitor);
    return error;
}

static void close_sockets(struct hemod *h) {
    void *sockets[] = {h->feeds_monitor, h->clients_monitor, h->feeds, h->clients, h->live};
    for (size_t i = 0; i < sizeof sockets / sizeof *sockets; i++)
        if (sockets[i])
            zmq_close(sockets[i]);
    if (h->zap.socket)
        zap_stop(&h->zap);
    zmq_ctx_term(h->context);
}

static enum hemo_error start_threads(struct hemod *h) {
    int bad = pthread_create(&h->writer_thread, NULL, writer_run, &h->writer);
    for (uint32_t i = 0; i < h->config.workers && !bad; i++)
        bad = pthread_create(&h->worker_threads[i], NULL, worker_run, &h->workers[i]);
    if (!bad)
        bad = pthread_create(&h->server_thread, NULL, events_server_run, &h->server);
    if (!bad)
        bad = pthread_create(&h->receiver_thread, NULL, receiver_run, &h->receiver);
    assert(!bad); /* out of threads at the start: nothing sensible is left to do */
    return HEMO_OK;
}

enum hemo_error hemod_open(struct hemod *h, char why[HEMOD_WHY]) {
    enum hemo_error error = lab_init(&h->lab, &h->config);
    h->stage = STAGE_LAB;
    snprintf(why, HEMOD_WHY, "out of memory (want less spool_mib or fewer devices)");
    if (error != HEMO_OK)
        return error;
    h->stage = STAGE_STORAGE;
    if ((error = storage_open(h, why)) != HEMO_OK)
        return error;
    h->stage = STAGE_RINGS;
    snprintf(why, HEMOD_WHY, "out of memory (want less spool_mib or fewer devices)");
    if ((error = open_rings(h)) != HEMO_OK)
        return error;
    wire_writer(h);
    if ((error = storage_complete(h, why)) != HEMO_OK)
        return error;
    bool files = false; /* all that hemod reads is read; no other thread runs yet */
    if (cage(h->folder, &files) != HEMO_OK || !files)
        log_line("this kernel does not lock hemod in: %s (want Landlock and seccomp)",
                 files ? "any system call may be made" : "it may read what its user may");
    h->context = zmq_ctx_new();
    if (!h->context)
        return HEMO_NO_ROOM;
    h->stage = STAGE_SOCKETS;
    if (!h->insecure)
        error = zap_start(&h->zap, h->context, &h->config, &h->metrics);
    if (error == HEMO_OK)
        error = open_sockets(h, why);
    if (error != HEMO_OK)
        return error;
    error = metrics_server_start(&h->metrics_server, h->config.metrics, fill_metrics, h);
    if (error != HEMO_OK) {
        snprintf(why, HEMOD_WHY, "%s: %s (want a free port on 127.0.0.1 for metrics)",
                 h->config.metrics, hemo_error_text(error));
        return error;
    }
    if ((error = wire_rest(h)) == HEMO_OK)
        error = start_threads(h);
    h->stage = STAGE_RUNNING;
    return error;
}

static void stop_one(pthread_t thread, _Atomic int *stop, struct wake *wake) {
    atomic_store(stop, 1);
    wake_signal(wake);
    pthread_join(thread, NULL);
}

/* Inputs first, then what works on them, then what makes it durable: nothing taken is left behind.
 */
static void stop_threads(struct hemod *h) {
    stop_one(h->receiver_thread, &h->receiver.stop, &h->receiver.wake);
    for (uint32_t i = 0; i < h->config.workers; i++)
        stop_one(h->worker_threads[i], &h->workers[i].stop, &h->workers[i].wake);
    stop_one(h->writer_thread, &h->writer.stop, &h->writer.wake);
    receiver_finish(&h->receiver);
    stop_one(h->server_thread, &h->server.stop, &h->server.wake);
    metrics_server_stop(&h->metrics_server);
    events_server_close(&h->server);
}

void hemod_close(struct hemod *h) {
    if (h->stage == STAGE_RUNNING)
        stop_threads(h);
    if (h->stage >= STAGE_SOCKETS)
        close_sockets(h);
    if (h->stage >= STAGE_RINGS)
        close_rings(h);
    if (h->stage >= STAGE_STORAGE)
        storage_close(h);
    if (h->stage >= STAGE_LAB)
        lab_close(&h->lab);
    free(h->rules_text);
}
