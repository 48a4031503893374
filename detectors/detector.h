/* detector.h - one clinical question, answered event by event. Pure.
 *
 *     class->init(state, &(struct detector_config){.base_rate_hz = 125, .channel = 0});
 *     struct detector_input in = {&event, now_tick, &rules};
 *     if (class->push(state, &in, &finding)) use(&finding);
 *
 * A detector hears the events of the lines at its sites (detectors.def) in order of emitted_tick,
 * the marks of those lines, and twice a second the clock alone (event == NULL). It sets kind,
 * state, tick, site, channel, from and to of what it finds; report.c adds id, stream, epoch, case,
 * phase and rule version. Its state is a plain value without pointers that fits
 * DETECTOR_STATE_BYTES (asserted in its file); it has no other memory. Each file ends with the
 * table that publishes it. */
#pragma once
#include "detectors/rules.h"
#include "proto/event.h"
#include <string.h>

enum { DETECTOR_STATE_BYTES = 1280, DETECTOR_TOGETHER = 0x7fffffff };

/* Rows of detectors.def. */
enum {
    DETECTOR_ROWS = 0
#define X(name, scope, sites) +1
#include "detectors/detectors.def"
#undef X
};

struct detector_config {
    double base_rate_hz; /* ticks per second */
    uint64_t first_tick; /* of the epoch */
    uint32_t channel;    /* DETECTOR_TOGETHER for one that hears several */
};

struct detector_input {
    const struct event *event; /* NULL: only the clock */
    uint64_t now_tick;
    const struct rules *rules; /* while a finding runs: those that raised it */
};

struct detector_class {
    const char *name, *what;
    bool on_beats; /* its findings stand on beats, and are withdrawn (RETRACTED) with them */
    size_t state_bytes;
    void (*init)(void *state, const struct detector_config *config);
    bool (*push)(void *state, const struct detector_input *in, struct event *out);
    void (*reset)(void *state); /* forgets the stream, keeps the config: as after init */
};

enum detector_scope { DETECTOR_EACH_LINE, DETECTOR_ALL_LINES };

struct detector_row {
    const char *name;
    enum detector_scope scope;
    uint32_t sites; /* bit 1 << site */
    const struct detector_class *detector;
};

/* The beats or readings that a finding was raised on: a stretch of one line. */
struct evidence {
    uint64_t from_tick, to_tick, lost_ticks;
};

static inline struct evidence evidence_of(uint64_t from_tick, uint64_t to_tick) {
    return (struct evidence){from_tick, to_tick, 0};
}

/* A level of whole beats, its newest counting for `share` of it; 0: none seen yet. */
static inline void detector_follow(double *level_mmhg, double share, const struct event *beat,
                                   uint32_t quantity) {
    double mmhg;
    if (beat->left_out_count == 0 && event_value(beat, quantity, &mmhg))
        *level_mmhg += (*level_mmhg > 0 ? share : 1) * (mmhg - *level_mmhg);
}

/* Half of it or more was withdrawn: medians do not carry the finding any more. */
static inline bool evidence_withdrawn(struct evidence *e, const struct event *event) {
    if (event->kind != EVENT_WITHDRAWN)
        return false;
    uint64_t from = event->from_tick > e->from_tick ? event->from_tick : e->from_tick;
    uint64_t to = event->to_tick < e->to_tick ? event->to_tick : e->to_tick;
    e->lost_ticks += to >= from ? to - from + 1 : 0;
    return 2 * e->lost_ticks > e->to_tick - e->from_tick;
}

/* What would clear a finding that is raised or goes on (event_clears()). */
static inline void detector_clears(struct event *out, double value, double for_s) {
    if (out->state != EVENT_RAISED && out->state != EVENT_ONGOING)
        return;
    out->clears_value = value;
    out->clears_s = for_s;
}

/* What every reset does: zero behind the config, which is a state's first member. */
static inline void detector_forget(void *state, size_t state_bytes) {
    memset((unsigned char *)state + sizeof(struct detector_config), 0,
           state_bytes - sizeof(struct detector_config));
}

extern const struct detector_row detector_rows[];
extern const int detector_rows_count;
