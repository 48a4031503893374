/* metrics.h - the counters of hemod, and their text for Prometheus.
 *
 * Each counter has one writing thread; anybody may read. Received = used + refused + gap for each
 * stream: received is what was refused at the socket and what the room was given (room_counts(): a
 * declared or found gap counts as received and gap). Beside it stands what the socket counted by
 * itself: samples_arrived. Without gaps and with nothing on the way, arrived equals received.
 * Counted since the start of this process. */
#pragma once
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { METRICS_SLOTS = 128, METRICS_ERRORS = 32, METRICS_BUCKETS = 12 };

struct histogram { /* of milliseconds */
    _Atomic uint64_t buckets[METRICS_BUCKETS], count, sum_us;
};

struct stream_metrics {
    /* receiver */
    _Atomic uint64_t samples_arrived, records, records_refused[METRICS_ERRORS];
    _Atomic uint64_t samples_refused[METRICS_ERRORS]; /* at the socket, by error */
    _Atomic uint64_t epoch, case_number, epochs, connected, not_saved;
    /* worker */
    _Atomic uint64_t samples_room, samples_used, samples_gap, samples_missing;
    _Atomic uint64_t samples_refused_room, events;
    /* writer */
    struct histogram ack_ms, event_ms;
};

struct metrics {
    struct stream_metrics streams[METRICS_SLOTS];
    _Atomic uint64_t refused_handshakes, refused_keys; /* monitor, zap */
    _Atomic uint64_t refused_unknown;                  /* messages of nobody that we know */
    _Atomic uint64_t journal_bytes, journal_commits, journal_full, journal_events,
        journal_positions;
    _Atomic uint64_t journal_snapshots, recovered_snapshots;
    _Atomic uint64_t recovered_records, recovered_cut_bytes, recovered_events;
    _Atomic uint64_t clients, commands, windows;
};

void histogram_add(struct histogram *h, uint64_t ns);

/* What a ring shows of itself. */
struct metrics_ring {
    const char *name;
    uint32_t depth, high_water, capacity;
};
struct metrics_device {
    uint32_t room, stream;
    const char *name;
};
struct metrics_page {
    const struct metrics *metrics;
    const struct metrics_device *devices; /* by slot; room 0: not a feed, left out */
    uint32_t devices_count;
    const struct metrics_ring *rings;
    uint32_t rings_count;
};
/* Prometheus text format 0.0.4. Returns the length; what does not fit is left out, whole lines. */
size_t metrics_text(const struct metrics_page *page, char *out, size_t size);
