/* results.h - the events of a room as files and lines that scripts read. The formats are a
 * contract (sim/README.md).
 *
 *     results_init(&results, &config);
 *     room_push(room, &block, results_event, &results);
 *     results_beats(&results, file); results_summary(&results, &counts, file);
 *     results_free(&results);
 *
 * Beats are kept until the end, since a later event may withdraw them; everything else is written
 * as it comes. */
#pragma once
#include "detectors/room.h"
#include <stddef.h>
#include <stdio.h>

struct results_config {
    struct stream_info info;
    FILE *events; /* CSV, or NULL */
    FILE *lines;  /* JSON or text, or NULL */
    bool json;
};

/* One row of the beats CSV. */
struct results_beat {
    uint64_t tick, emitted_tick;
    uint32_t channel, site;
    float quality;
    float values[8]; /* NAN: none */
    bool withdrawn;
};

struct results {
    struct results_config config;
    double base_rate_hz;
    struct results_beat *beats;
    size_t beats_count, beats_room;
    bool out_of_memory;
    uint64_t withdrawn, measurements, findings, states, digest;
};

void results_init(struct results *results, const struct results_config *config);
/* Another epoch, perhaps with other channels. */
void results_stream(struct results *results, const struct stream_info *info);
void results_event(void *results, const struct event *event); /* a room_event_fn */
void results_beats(const struct results *results, FILE *out);
void results_summary(const struct results *results, const struct room_counts *counts, FILE *out);
uint64_t results_beats_kept(const struct results *results);
void results_free(struct results *results);
