/* wiring.c - see wiring.h. */
#include "ingest/wiring.h"

void wire_writer(struct hemod *h) {
    struct writer *w = &h->writer;
    w->journal = &h->journal;
    w->input = &h->input;
    w->acks = &h->acks;
    w->events = h->events;
    w->workers = (int)h->config.workers;
    w->receiver = &h->receiver.wake;
    w->server = &h->server.wake;
    w->metrics = &h->metrics;
    w->boxes = h->config.snapshot_s ? h->boxes : NULL;
    w->program = h->recovery.program;
    order_init(&w->order, h->recovery.next_event, h->recovery.next_position);
    writer_init(w);
}

static void wire_receiver(struct hemod *h) {
    struct receiver *r = &h->receiver;
    r->lab = &h->lab;
    r->metrics = &h->metrics;
    r->insecure = h->insecure;
    r->socket = h->feeds;
    r->live = h->live;
    r->monitor = h->feeds_monitor;
    r->input = &h->input;
    r->acks = &h->acks;
    r->commands = &h->commands;
    r->tasks = h->tasks;
    r->worker_wakes = h->worker_wakes;
    r->workers = h->config.workers;
    r->writer = &h->writer.wake;
}

static enum hemo_error wire_server(struct hemod *h) {
    struct events_server *s = &h->server;
    s->lab = &h->lab;
    s->metrics = &h->metrics;
    s->insecure = h->insecure;
    s->socket = h->clients;
    s->monitor = h->clients_monitor;
    s->commands = &h->commands;
    s->receiver = &h->receiver.wake;
    s->durable = &h->writer.durable;
    s->durable_events = &h->writer.durable_events;
    s->folder = h->folder;
    s->end = h->recovery.end;
    return events_server_init(s);
}

static void wire_workers(struct hemod *h) {
    for (uint32_t i = 0; i < h->config.workers; i++) {
        struct worker *w = &h->workers[i];
        w->stations = h->lab.stations;
        w->slots = h->config.devices_count;
        w->number = i;
        w->workers = h->config.workers;
        w->tasks = &h->tasks[i];
        w->events = &h->events[i];
        w->writer = &h->writer.wake;
        w->metrics = &h->metrics;
        w->box = h->config.snapshot_s ? &h->boxes[i] : NULL;
        w->snapshot_s = h->config.snapshot_s;
        worker_init(w);
    }
}

enum hemo_error wire_rest(struct hemod *h) {
    wire_receiver(h);
    wire_workers(h);
    return wire_server(h);
}
