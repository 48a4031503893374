/* cases.h - simulated cases of the detectors' bench: which patient, how it differs, what happens,
 * what is broken. For tests.
 *
 *     struct bench_case c = case_plan(i, first_seed);     // the i-th of a run: the same everywhere
 *     case_simulate(&c, path);                            // through a room into a log
 *
 * Twelve cases in turn: four patients to whom nothing happens, four such with an artefact every
 * minute, one that bleeds, one that is given too much volume, one whose heart is perforated, one
 * whose pump fails. No two cases share a patient: blood volume, resistance, rate, breathing, the
 * catheters and how fast it happens are drawn. */
#pragma once
#include "detectors/room.h"
#include "dsp/spectrum.h"
#include "proto/quantity.h"
#include "sim/fault.h"
#include "sim/patient_source.h"
#include "tests/bench/case_log.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CASE_FAULTS = 24, CASE_FAULT_CHARS = 48, CASE_KINDS = 12, CASE_STEADY = 8 };
static const double case_quiet_s = 1500, case_event_s = 700, case_onset_s = 300;

enum case_class { CASE_QUIET, CASE_ARTEFACTS, CASE_EVENT };

struct bench_case {
    struct patient_row row; /* as it was drawn */
    struct scenario scenario;
    uint64_t seed;
    enum case_class class;
    double length_s;
    int faults_count;
    char faults[CASE_FAULTS][CASE_FAULT_CHARS];
};

static inline double case_draw(uint64_t *state, double least, double most) {
    return least + (most - least) * circulation_uniform(state);
}

static inline void case_set(struct patient_row *row, size_t offset, double value) {
    for (int i = 0; i < PATIENT_SETTINGS_MAX; i++) {
        struct patient_setting *s = &row->settings[i];
        if (s->value_set && s->offset != offset)
            continue;
        *s = (struct patient_setting){offset, value, true};
        return;
    }
    fprintf(stderr, "b_detectors: %s has no room for another setting\n", row->name);
    abort();
}

#define CASE_SCALE(row, state, field, least, most)                                                 \
    case_set(row, offsetof(struct circulation_parameters, field),                                  \
             patient_parameters(row).field *case_draw(state, least, most))

/* Another patient of the same kind. */
static inline void case_vary(struct patient_row *row, uint64_t *state) {
    CASE_SCALE(row, state, volume_ml, 0.94, 1.06);
    CASE_SCALE(row, state, r_systemic, 0.85, 1.15);
    CASE_SCALE(row, state, rate_per_min, 0.85, 1.15);
    CASE_SCALE(row, state, breath_per_min, 0.7, 1.5);
    CASE_SCALE(row, state, pleural_mmhg, 0.5, 2);
}

/* The line that breaks, or the artery that this lab has in place of the aorta; -1: none. */
static inline int case_line(const struct lab *lab, int channel) {
    static const enum patient_channel arteries[] = {PATIENT_AO, PATIENT_FA, PATIENT_PAO};
    if (lab_has(lab, (enum patient_channel)channel))
        return channel;
    for (int i = 0; channel == PATIENT_AO && i < 3; i++)
        if (lab_has(lab, arteries[i]))
            return (int)arteries[i];
    return -1;
}

/* An artefact a minute, of each row of faults.def in turn, 4 to 20 s long. A drift or a shift that
 * no trace can show is not one of them: FAULT_UNSEEN. */
static inline void case_break(struct bench_case *c, uint64_t *state) {
    int kind = (int)case_draw(state, 0, FAULT_KINDS);
    int most = (int)fmin(CASE_FAULTS, floor((c->length_s - 60) / 60));
    for (int i = 0; i < most; i++, kind++) {
        const struct fault_row *row = &fault_rows[kind % FAULT_KINDS];
        double from_s = 40 + 60 * i + case_draw(state, 0, 15), for_s = case_draw(state, 4, 20);
        if (row->channel == FAULT_ON_WIRE || row->promise == FAULT_UNSEEN)
            continue;
        int channel = case_line(c->row.lab, row->channel);
        if (channel >= 0)
            snprintf(c->faults[c->faults_count++], CASE_FAULT_CHARS, "%s@%.0f+%.0f%s%s", row->name,
                     from_s, for_s, channel == row->channel ? "" : ":channel=",
                     channel == row->channel ? "" : patient_channel_labels[channel]);
    }
}

/* The n-th of those to whom nothing happens. */
static inline const struct patient_row *case_steady(int n) {
    int steady = 0;
    for (int i = 0; i < patient_rows_count; i++)
        steady += patient_rows[i].scenario == &scenarios[SCENARIO_nothing] ? 1 : 0;
    n %= steady;
    for (int i = 0; i < patient_rows_count; i++)
        if (patient_rows[i].scenario == &scenarios[SCENARIO_nothing] && n-- == 0)
            return &patient_rows[i];
    return NULL;
}

/* The same, faster or slower; as much blood in all. */
static inline void case_hasten(struct scenario *scenario, double factor) {
    for (int i = 0; i < SCENARIO_CHANGES_MAX; i++) {
        struct scenario_change *change = &scenario->changes[i];
        change->after_s /= factor;
        change->over_s /= factor;
        if (change->offset == offsetof(struct circulation_parameters, inflow_ml_s))
            change->value *= factor;
    }
}

static const char *const case_events[CASE_KINDS - CASE_STEADY] = {"bleeding", "failing",
                                                                  "perforation", "pump_failure"};

static inline void case_happen(struct bench_case *c, int kind, int round, uint64_t *state) {
    c->class = CASE_EVENT;
    c->length_s = case_event_s;
    c->row = *patient_find(case_events[kind]);
    c->scenario = *c->row.scenario;
    case_hasten(&c->scenario, case_draw(state, 0.6, 2));
    c->row.onset_s = case_onset_s;
    c->row.wedge_every_s = 75;
    case_vary(&c->row, state);
    if (round % 2 == 1)
        case_break(c, state);
}

static inline struct bench_case case_plan(int index, uint64_t first_seed) {
    int kind = index % CASE_KINDS, round = index / CASE_KINDS;
    struct bench_case c = {.seed = first_seed + (uint64_t)index,
                           .class = kind < 4 ? CASE_QUIET : CASE_ARTEFACTS,
                           .length_s = case_quiet_s};
    uint64_t state = c.seed * 0x9e3779b97f4a7c15u + 1;
    if (kind >= CASE_STEADY) {
        case_happen(&c, kind - CASE_STEADY, round, &state);
        return c;
    }
    c.row = *case_steady(4 * round + kind % 4);
    c.scenario = *c.row.scenario;
    c.row.lab = &lab_rows[(round + kind) % LABS];
    case_vary(&c.row, &state);
    if (c.class == CASE_ARTEFACTS)
        case_break(&c, &state);
    return c;
}

struct case_run {
    struct case_log log;
    double at_s, raw_sum_mmhg;
    uint32_t raw_n;
};

static inline void case_hear(void *context, const struct event *event) {
    struct case_run *run = context;
    struct case_entry entry = {.kind = ENTRY_EVENT, .event = *event};
    if (event->kind == EVENT_SYSTOLE || event->kind == EVENT_BREATH)
        return; /* no detector listens to them */
    case_log_put(&run->log, &entry);
}

static inline void case_truth(void *context, const struct patient_beat *beat) {
    struct case_run *run = context;
    bool artery = beat->channel == PATIENT_AO || beat->channel == PATIENT_FA ||
                  beat->channel == PATIENT_PAO;
    if (!beat->whole || !(artery || beat->site == SITE_PCW))
        return;
    struct case_entry entry = {.kind = ENTRY_TRUTH,
                               .site = artery ? SITE_AO : SITE_PCW,
                               .at_s = beat->at_s,
                               .systolic_mmhg = beat->systolic_mmhg,
                               .mean_mmhg = beat->mean_mmhg};
    case_log_put(&run->log, &entry);
}

/* The channel of the arterial line, and where it lies in its group. */
static inline bool case_artery(const struct stream_info *info, uint32_t *index, uint32_t *nth) {
    for (uint32_t c = 0; c < info->channels_count; c++) {
        uint32_t site = info->channels[c].site;
        if (site != SITE_AO && site != SITE_ART && site != SITE_PAO)
            continue;
        *index = c;
        *nth = 0;
        for (uint32_t k = 0; k < c; k++)
            *nth += info->channels[k].group == info->channels[c].group ? 1 : 0;
        return true;
    }
    return false;
}

/* The arterial line, second by second, whatever it carries. */
static inline void case_raw(struct case_run *run, const struct source *source,
                            const struct sample_block *block) {
    uint32_t index, nth;
    if (!case_artery(&source->info, &index, &nth))
        return;
    const struct stream_channel *artery = &source->info.channels[index];
    if (block->group != artery->group)
        return;
    const int16_t *raw = block->samples + nth * block->count;
    for (uint32_t i = 0; i < block->count; i++) {
        run->raw_sum_mmhg += (raw[i] - artery->offset) * artery->scale;
        if (++run->raw_n < PATIENT_SOURCE_RATE_HZ)
            continue;
        struct case_entry entry = {.kind = ENTRY_RAW,
                                   .at_s = run->at_s,
                                   .mean_mmhg = run->raw_sum_mmhg / run->raw_n};
        case_log_put(&run->log, &entry);
        run->raw_sum_mmhg = run->raw_n = 0;
    }
}

static inline void case_feed(struct room *room, struct source *source, struct case_run *run) {
    struct source_item item;
    struct failure failure;
    double rate_hz = stream_base_rate_hz(&source->info);
    enum hemo_error error = HEMO_OK;
    while (!error && !(error = source->next(source->state, &item, &failure)) &&
           item.kind != SOURCE_END) {
        run->at_s = (double)item.next_tick / rate_hz;
        if (item.kind == SOURCE_SAMPLES) {
            error = room_push(room, &item.body.samples, case_hear, run);
            case_raw(run, source, &item.body.samples);
        } else if (item.kind == SOURCE_GAP) {
            error = room_gap(room, &item.body.gap, case_hear, run);
        } else if (item.kind == SOURCE_MARK) {
            error = room_mark(room, &item.body.mark, case_hear, run);
        }
    }
    if (error)
        abort();
    room_end(room, case_hear, run);
}

static inline void case_begin(struct room *room, const struct source *source) {
    static struct spectrum spectrum;
    struct rules rules = rules_default();
    struct wire_epoch_begin begin = {
        .stream = 1, .room = 1, .epoch = 1, .case_number = 1, .info = source->info};
    if (!room || (!spectrum.plan && !spectrum_init(&spectrum)) || room_init(room, &rules))
        abort();
    room_spectrum(room, &spectrum);
    if (room_begin(room, &begin))
        abort();
}

static inline void case_simulate(const struct bench_case *c, const char *path) {
    static struct room *room;
    const char *faults[CASE_FAULTS];
    struct source source;
    struct failure failure = {0};
    struct case_run run = {0};
    for (int i = 0; i < c->faults_count; i++)
        faults[i] = c->faults[i];
    struct patient_row row = c->row;
    row.scenario = &c->scenario;
    struct patient_source_config config = {.row = &row,
                                           .seed = c->seed,
                                           .duration_s = c->length_s,
                                           .faults = faults,
                                           .faults_count = c->faults_count,
                                           .on_beat = case_truth,
                                           .context = &run};
    if (patient_source_open(&source, &config, &failure)) {
        fprintf(stderr, "b_detectors: %s\n", failure.text);
        exit(1);
    }
    struct case_head head = {.seed = c->seed,
                             .class = (uint32_t)c->class,
                             .base_rate_hz = stream_base_rate_hz(&source.info),
                             .onset_s = c->row.onset_s,
                             .length_s = c->length_s};
    snprintf(head.patient, sizeof head.patient, "%s", c->row.name);
    case_log_open(&run.log, path, &head);
    room = room ? room : malloc(room_size());
    case_begin(room, &source);
    case_feed(room, &source, &run);
    source.close(source.state);
    case_log_close(&run.log, path);
}
