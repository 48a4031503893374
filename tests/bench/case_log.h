/* case_log.h - what the detectors of a room hear in one case, and the truth beside it, as a file: a
 * case is simulated once and scored as often as one likes. For the bench, on one machine.
 *
 *     case_log_open(&log, path, &head);  case_log_put(&log, &entry);  case_log_close(&log, path);
 *     case_log_read(&log, path, &head);  while (case_log_get(&log, &entry)) ...
 *
 * Entries come in order of time: an event of the room, the truth of one beat, or one second of the
 * arterial line as a monitor without any judgement would average it. */
#pragma once
#include "proto/event.h"
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum case_entry_kind { ENTRY_EVENT = 1, ENTRY_TRUTH, ENTRY_RAW };

struct case_entry {
    enum case_entry_kind kind;
    uint32_t site;                           /* of a truth */
    double at_s, systolic_mmhg, mean_mmhg;   /* of a truth, a raw second */
    struct event event;
};

struct case_head {
    char patient[32];
    uint64_t seed;
    uint32_t class; /* enum case_class */
    double base_rate_hz, onset_s, length_s;
};

struct case_log {
    FILE *file;
    char part[1100];
};

static inline void case_log_must(bool ok, const char *path) {
    if (ok)
        return;
    fprintf(stderr, "b_detectors: %s: cannot be read or written\n", path);
    exit(1);
}

static inline void case_log_open(struct case_log *log, const char *path,
                                 const struct case_head *head) {
    snprintf(log->part, sizeof log->part, "%s.part", path);
    log->file = fopen(log->part, "wbe");
    case_log_must(log->file && fwrite(head, sizeof *head, 1, log->file) == 1, log->part);
}

/* Of an event only what is filled. */
static inline void case_log_put(struct case_log *log, const struct case_entry *e) {
    const struct event *v = &e->event;
    bool ok = fwrite(e, offsetof(struct case_entry, event), 1, log->file) == 1;
    if (ok && e->kind == ENTRY_EVENT)
        ok = fwrite(v, offsetof(struct event, values), 1, log->file) == 1 &&
             fwrite(v->values, sizeof v->values[0], v->values_count, log->file) ==
                 v->values_count &&
             fwrite(v->beats, sizeof v->beats[0], v->beats_count, log->file) == v->beats_count &&
             fwrite(v->left_out, sizeof v->left_out[0], v->left_out_count, log->file) ==
                 v->left_out_count;
    case_log_must(ok, log->part);
}

/* Whole or not at all: a run that was stopped goes on where it was. */
static inline void case_log_close(struct case_log *log, const char *path) {
    case_log_must(fclose(log->file) == 0 && rename(log->part, path) == 0, path);
}

static inline void case_log_read(struct case_log *log, const char *path, struct case_head *head) {
    snprintf(log->part, sizeof log->part, "%s", path);
    log->file = fopen(path, "rbe");
    case_log_must(log->file && fread(head, sizeof *head, 1, log->file) == 1, path);
}

static inline bool case_log_get(struct case_log *log, struct case_entry *e) {
    struct event *v = &e->event;
    memset(e, 0, sizeof *e);
    if (fread(e, offsetof(struct case_entry, event), 1, log->file) != 1)
        return false;
    if (e->kind != ENTRY_EVENT)
        return true;
    bool ok = fread(v, offsetof(struct event, values), 1, log->file) == 1 &&
              v->values_count <= EVENT_VALUES_MAX && v->beats_count <= EVENT_BEATS_MAX &&
              v->left_out_count <= EVENT_LEFT_OUT_MAX;
    ok = ok && fread(v->values, sizeof v->values[0], v->values_count, log->file) == v->values_count;
    ok = ok && fread(v->beats, sizeof v->beats[0], v->beats_count, log->file) == v->beats_count;
    ok = ok && fread(v->left_out, sizeof v->left_out[0], v->left_out_count, log->file) ==
                   v->left_out_count;
    case_log_must(ok, log->part);
    return true;
}
