/* metrics.c - see metrics.h. */
#include "ingest/metrics.h"
#include "proto/error.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const uint32_t bucket_us[METRICS_BUCKETS] = {
    250, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 500000, 2000000, 60000000};

void histogram_add(struct histogram *h, uint64_t ns) {
    uint64_t us = ns / 1000;
    for (int i = 0; i < METRICS_BUCKETS; i++)
        if (us <= bucket_us[i])
            atomic_fetch_add_explicit(&h->buckets[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&h->count, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&h->sum_us, us, memory_order_relaxed);
}

struct text {
    char *out;
    size_t size, used;
};

__attribute__((format(printf, 2, 3))) static void line(struct text *t, const char *format, ...) {
    va_list list;
    va_start(list, format);
    int length = vsnprintf(t->out + t->used, t->size - t->used, format, list);
    va_end(list);
    if (length < 0 || (size_t)length >= t->size - t->used)
        t->out[t->used] = 0;
    else
        t->used += (size_t)length;
}

static unsigned long long get(const _Atomic uint64_t *counter) {
    return (unsigned long long)atomic_load_explicit(counter, memory_order_relaxed);
}

static void head(struct text *t, const char *name, const char *type, const char *help) {
    line(t, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

struct stream_row {
    const char *name, *type, *help;
    size_t offset;
};

#define ROW(field, type, help)                                                                     \
    { "hemod_" #field, type, help, offsetof(struct stream_metrics, field) }
static const struct stream_row stream_rows[] = {
    ROW(samples_arrived, "counter", "Channel-samples that came in at the socket."),
    ROW(samples_used, "counter", "Channel-samples that the room took."),
    ROW(samples_gap, "counter", "Channel-samples marked as a gap."),
    ROW(samples_missing, "counter", "Of those used: marked missing by the device."),
    ROW(records, "counter", "Records taken into the journal."),
    ROW(events, "counter", "Events given."),
    ROW(epochs, "counter", "Epochs begun."),
    ROW(epoch, "gauge", "The epoch, by number."),
    ROW(case_number, "gauge", "The case in force; 0 is none."),
    ROW(connected, "gauge", "1 while a feed is connected."),
    ROW(not_saved, "gauge", "1 while records wait for the disk for more than a second."),
};
#undef ROW

static void labels(char *out, size_t size, const struct metrics_device *device) {
    snprintf(out, size, "room=\"%u\",stream=\"%u\",device=\"%s\"", device->room, device->stream,
             device->name);
}

static void stream_row(struct text *t, const struct metrics_page *page,
                       const struct stream_row *row) {
    char who[160];
    head(t, row->name, row->type, row->help);
    for (uint32_t i = 0; i < page->devices_count; i++) {
        if (!page->devices[i].room)
            continue;
        labels(who, sizeof who, &page->devices[i]);
        const char *base = (const char *)&page->metrics->streams[i];
        line(t, "%s{%s} %llu\n", row->name, who,
             get((const _Atomic uint64_t *)(const void *)(base + row->offset)));
    }
}

static void refused_of(struct text *t, const struct metrics_page *page, uint32_t slot) {
    const struct stream_metrics *s = &page->metrics->streams[slot];
    char who[160];
    labels(who, sizeof who, &page->devices[slot]);
    for (int e = 0; e < METRICS_ERRORS; e++) {
        unsigned long long samples = get(&s->samples_refused[e]),
                           records = get(&s->records_refused[e]);
        if (!records && !samples)
            continue;
        line(t, "hemod_samples_refused{%s,reason=\"%s\"} %llu\n", who, hemo_error_name(-e),
             samples);
        line(t, "hemod_records_refused{%s,reason=\"%s\"} %llu\n", who, hemo_error_name(-e),
             records);
    }
    line(t, "hemod_samples_refused{%s,reason=\"QUARANTINED\"} %llu\n", who,
         get(&s->samples_refused_room));
}

/* Received: what the room was given, and what never came so far. */
static void received(struct text *t, const struct metrics_page *page) {
    char who[160];
    head(t, "hemod_samples_received", "counter", "Channel-samples: used + refused + gap.");
    for (uint32_t i = 0; i < page->devices_count; i++) {
        const struct stream_metrics *s = &page->metrics->streams[i];
        unsigned long long sum = get(&s->samples_room);
        if (!page->devices[i].room)
            continue;
        for (int e = 0; e < METRICS_ERRORS; e++)
            sum += get(&s->samples_refused[e]);
        labels(who, sizeof who, &page->devices[i]);
        line(t, "hemod_samples_received{%s} %llu\n", who, sum);
    }
}

static void histogram_text(struct text *t, const struct histogram *h, const char *name,
                           const char *who) {
    for (int i = 0; i < METRICS_BUCKETS; i++)
        line(t, "%s_bucket{%s,le=\"%g\"} %llu\n", name, who, bucket_us[i] / 1000.0,
             get(&h->buckets[i]));
    line(t, "%s_bucket{%s,le=\"+Inf\"} %llu\n", name, who, get(&h->count));
    line(t, "%s_sum{%s} %g\n", name, who, (double)get(&h->sum_us) / 1000.0);
    line(t, "%s_count{%s} %llu\n", name, who, get(&h->count));
}

static void latencies(struct text *t, const struct metrics_page *page) {
    char who[160];
    head(t, "hemod_ack_latency_ms", "histogram", "Arrival of a record to its being durable.");
    for (uint32_t i = 0; i < page->devices_count; i++) {
        if (!page->devices[i].room)
            continue;
        labels(who, sizeof who, &page->devices[i]);
        histogram_text(t, &page->metrics->streams[i].ack_ms, "hemod_ack_latency_ms", who);
    }
    head(t, "hemod_event_latency_ms", "histogram",
         "Arrival of a record to its event being durable.");
    for (uint32_t i = 0; i < page->devices_count; i++) {
        if (!page->devices[i].room)
            continue;
        labels(who, sizeof who, &page->devices[i]);
        histogram_text(t, &page->metrics->streams[i].event_ms, "hemod_event_latency_ms", who);
    }
}

static void whole(struct text *t, const struct metrics *m) {
    const struct {
        const char *name, *type, *help;
        const _Atomic uint64_t *counter;
    } rows[] = {
        {"hemod_refused_keys", "counter", "Connections refused: key not known.", &m->refused_keys},
        {"hemod_refused_handshakes", "counter", "Connections that ended in the handshake.",
         &m->refused_handshakes},
        {"hemod_refused_unknown", "counter", "Messages of no known device.", &m->refused_unknown},
        {"hemod_journal_bytes", "counter", "Bytes made durable.", &m->journal_bytes},
        {"hemod_journal_commits", "counter", "Syncs.", &m->journal_commits},
        {"hemod_journal_full", "gauge", "1 while the disk is full and nothing is acknowledged.",
         &m->journal_full},
        {"hemod_journal_events", "gauge", "Next position in the stream of events.",
         &m->journal_events},
        {"hemod_journal_positions", "gauge", "Next position in the journal.",
         &m->journal_positions},
        {"hemod_journal_snapshots", "counter", "Snapshots of rooms written.",
         &m->journal_snapshots},
        {"hemod_recovered_snapshots", "gauge", "Rooms begun from a snapshot at the start.",
         &m->recovered_snapshots},
        {"hemod_recovered_records", "gauge", "Records found at the start.", &m->recovered_records},
        {"hemod_recovered_cut_bytes", "gauge", "Bytes of a torn tail cut at the start.",
         &m->recovered_cut_bytes},
        {"hemod_recovered_events", "gauge", "Events made again at the start.",
         &m->recovered_events},
        {"hemod_clients", "gauge", "Clients attached to the events.", &m->clients},
        {"hemod_commands", "counter", "Commands taken.", &m->commands},
        {"hemod_windows", "counter", "Windows answered.", &m->windows},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        head(t, rows[i].name, rows[i].type, rows[i].help);
        line(t, "%s %llu\n", rows[i].name, get(rows[i].counter));
    }
}

size_t metrics_text(const struct metrics_page *page, char *out, size_t size) {
    struct text t = {out, size, 0};
    whole(&t, page->metrics);
    for (size_t i = 0; i < sizeof stream_rows / sizeof *stream_rows; i++)
        stream_row(&t, page, &stream_rows[i]);
    received(&t, page);
    head(&t, "hemod_samples_refused", "counter", "Channel-samples that were not used, by reason.");
    for (uint32_t i = 0; i < page->devices_count; i++)
        if (page->devices[i].room)
            refused_of(&t, page, i);
    latencies(&t, page);
    head(&t, "hemod_ring_bytes", "gauge", "Bytes in a ring between two threads.");
    for (uint32_t i = 0; i < page->rings_count; i++) {
        const struct metrics_ring *r = &page->rings[i];
        line(&t, "hemod_ring_bytes{ring=\"%s\"} %u\n", r->name, r->depth);
        line(&t, "hemod_ring_bytes_high{ring=\"%s\"} %u\n", r->name, r->high_water);
        line(&t, "hemod_ring_bytes_capacity{ring=\"%s\"} %u\n", r->name, r->capacity);
    }
    return t.used;
}
