/* bedside.h - a simulated patient played through a room, with the truth beside it: what the room
 * measured, and gradients and ratios of the same stretch from the model's own pressures. */
#pragma once
#include "detectors/room.h"
#include "dsp/coronary.h"
#include "dsp/derived.h"
#include "dsp/spectrum.h"
#include "proto/quantity.h"
#include "sim/patient_source.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BEDSIDE_MEASURED = 128, BEDSIDE_BEATS = 2048, BEDSIDE_REFUSED = 32, BEDSIDE_KINDS = 256 };

static uint32_t bedside_cut; /* of the runs that begin from here on */

/* From activation to activation, in the model's pressures at 2000 Hz. */
struct bedside_beat {
    double from_s, to_s;
    double lv_mean, ao_mean, pd_mean; /* mmHg */
    double edp_mmhg;                  /* LV at the activation */
    double av_mean, av_peak, av_p2p, sep_s, pv_p2p;
    double mv_mean, dfp_s;
    double pd_pa, wave_free, lowest, diastole; /* as coronary.h defines them */
};

struct bedside {
    const char *patient;
    uint64_t seed;
    double duration_s;
    uint32_t rate_hz; /* 0: 250 */
    double base_rate_hz;
    const struct derived_value *typed; /* before the first sample, to a quantity of 0; or NULL */
    /* Given before the first sample, to a kind of 0; tick in seconds, text the channel's label. */
    const struct stream_mark *asked;
    int measured_count, beats_count;
    int refused_count, equivocal_count;
    int began[BEDSIDE_KINDS]; /* how often each state of a line did */
    struct event measured[BEDSIDE_MEASURED], refused[BEDSIDE_REFUSED], equivocal[BEDSIDE_REFUSED];
    struct bedside_beat beats[BEDSIDE_BEATS];
    uint32_t ticks_per_sample[STREAM_GROUPS_MAX];
    uint32_t cut; /* samples of a block; 0: as they come */
};

static inline void bedside_hear(void *context, const struct event *event) {
    struct bedside *b = context;
    if (event->kind < BEDSIDE_KINDS && event->state == EVENT_BEGAN)
        b->began[event->kind]++;
    if (event->kind == EVENT_MEASUREMENT && b->measured_count < BEDSIDE_MEASURED)
        b->measured[b->measured_count++] = *event;
    if (event->kind == EVENT_EQUIVOCAL && b->equivocal_count < BEDSIDE_REFUSED)
        b->equivocal[b->equivocal_count++] = *event;
    if (event->kind == EVENT_NOT_GIVEN && b->refused_count < BEDSIDE_REFUSED)
        b->refused[b->refused_count++] = *event;
}

/* A block as it is, or in pieces of `cut` samples. */
static inline void bedside_push(struct bedside *b, struct room *room,
                                const struct sample_block *block) {
    static int16_t piece[SAMPLES_PER_RECORD_MAX * STREAM_CHANNELS_MAX];
    uint32_t cut = b->cut ? b->cut : block->count;
    uint64_t ticks = (uint64_t)(b->ticks_per_sample[block->group]);
    for (uint32_t from = 0; from < block->count; from += cut) {
        uint32_t n = block->count - from < cut ? block->count - from : cut;
        for (uint32_t c = 0; c < block->channels; c++)
            memcpy(piece + c * n, block->samples + c * block->count + from, n * sizeof *piece);
        struct sample_block part = {.first_tick = block->first_tick + from * ticks,
                                    .group = block->group,
                                    .channels = block->channels,
                                    .count = n,
                                    .samples = piece};
        if (room_push(room, &part, bedside_hear, b) != HEMO_OK)
            abort();
    }
}

static inline void bedside_marks(struct bedside *b, struct room *room,
                                 const struct stream_info *info) {
    for (const struct derived_value *t = b->typed; t && t->quantity; t++) {
        struct stream_mark mark = {.kind = MARK_VALUE, .quantity = t->quantity, .value = t->value};
        room_mark(room, &mark, bedside_hear, b);
    }
    for (const struct stream_mark *a = b->asked; a && a->kind; a++) {
        struct stream_mark mark = *a;
        mark.tick = (uint64_t)((double)a->tick * b->base_rate_hz);
        for (uint32_t c = 0; c < info->channels_count; c++)
            if (!strcmp(info->channels[c].label, a->text))
                mark.channel = c;
        if (room_mark(room, &mark, bedside_hear, b) != HEMO_OK)
            abort();
    }
}

static inline void bedside_play(struct bedside *b, const struct patient_row *row) {
    struct failure failure;
    struct source source;
    struct source_item item;
    struct room *room = calloc(1, room_size());
    struct spectrum spectrum;
    struct rules rules = rules_default();
    struct patient_source_config config = {
        .row = row, .seed = b->seed, .duration_s = b->duration_s, .rate_hz = b->rate_hz};
    if (!room || !spectrum_init(&spectrum) ||
        patient_source_open(&source, &config, &failure) != HEMO_OK || room_init(room, &rules))
        abort();
    struct wire_epoch_begin begin = {.stream = 1, .room = 1, .why = WHY_FIRST,
                                     .epoch = UINT64_C(1) << 32, .case_number = 1,
                                     .info = source.info};
    room_spectrum(room, &spectrum);
    room_derives(room);
    if (room_begin(room, &begin) != HEMO_OK)
        abort();
    b->base_rate_hz = stream_base_rate_hz(&source.info);
    for (uint32_t c = 0; c < source.info.channels_count; c++)
        b->ticks_per_sample[source.info.channels[c].group] =
            source.info.channels[c].ticks_per_sample;
    bedside_marks(b, room, &source.info);
    while (source.next(source.state, &item, &failure) == HEMO_OK && item.kind != SOURCE_END) {
        if (item.kind == SOURCE_SAMPLES)
            bedside_push(b, room, &item.body.samples);
        else if (item.kind == SOURCE_MARK)
            room_mark(room, &item.body.mark, bedside_hear, b);
    }
    room_end(room, bedside_hear, b);
    source.close(source.state);
    spectrum_close(&spectrum);
    free(room);
}

/* A run of upstream above downstream: its mean, its greatest, its length; the longest of a beat. */
struct bedside_run { double sum, peak; long steps; };

static inline void bedside_step(struct bedside_run *now, struct bedside_run *best, double mmhg) {
    if (mmhg > 0) {
        now->sum += mmhg;
        now->peak = fmax(now->peak, mmhg);
        now->steps++;
    } else {
        if (now->steps > best->steps)
            *best = *now;
        *now = (struct bedside_run){0, 0, 0};
    }
}

/* The model's own pressures of one beat, from one opening of the aortic valve to the next. */
struct bedside_coronary {
    int count;
    bool open;
    float pa[3 * CIRCULATION_RATE_HZ], pd[3 * CIRCULATION_RATE_HZ];
};

static inline void bedside_indices(struct bedside *b, struct bedside_coronary *c,
                                   const struct circulation *model) {
    bool open = model->opening[VALVE_AORTIC] > 0.5;
    if (open && !c->open) {
        struct coronary_ratios r;
        struct coronary_beat beat = {c->pa, c->pd, c->count, CIRCULATION_RATE_HZ};
        if (b->beats_count > 0 && coronary_read(&beat, &r) == HEMO_OK) {
            struct bedside_beat *last = &b->beats[b->beats_count - 1];
            last->pd_pa = r.whole;
            last->wave_free = r.wave_free;
            last->lowest = r.lowest;
            last->diastole = r.diastole;
        }
        c->count = 0;
    }
    c->open = open;
    if (c->count < 3 * CIRCULATION_RATE_HZ) {
        c->pa[c->count] = (float)model->pressure_mmhg[NODE_AO];
        c->pd[c->count++] = (float)model->pressure_mmhg[NODE_PD];
    }
}

/* The highest of each node since the last call without pressures. */
static inline void bedside_most(double most[NODES], const double *mmhg) {
    for (int i = 0; i < NODES; i++)
        most[i] = mmhg ? fmax(most[i], mmhg[i]) : -1000;
}

static inline void bedside_truth(struct bedside *b, const struct patient_row *row) {
    static struct patient p;
    static struct bedside_coronary coronary;
    coronary.count = 0;
    struct bedside_run av = {0, 0, 0}, av_best = av, filling = av, filled = av;
    struct bedside_beat beat = {.from_s = -1};
    double lv = 0, ao = 0, pd = 0, most[NODES];
    long n = 0;
    bedside_most(most, NULL);
    patient_init(&p, row, b->seed);
    const double *mmhg = p.circulation.pressure_mmhg;
    for (long step = 0; step < (long)(b->duration_s * CIRCULATION_RATE_HZ); step++) {
        patient_step(&p);
        double at_s = (double)step / CIRCULATION_RATE_HZ;
        if (p.circulation.beat_began) {
            beat.to_s = at_s;
            beat.av_mean = av_best.sum / (double)av_best.steps;
            beat.av_peak = av_best.peak;
            beat.av_p2p = most[NODE_LV] - most[NODE_AO];
            beat.pv_p2p = most[NODE_RV] - most[NODE_PA];
            beat.sep_s = (double)av_best.steps / CIRCULATION_RATE_HZ;
            beat.lv_mean = lv / (double)n;
            beat.ao_mean = ao / (double)n;
            beat.pd_mean = pd / (double)n;
            beat.pd_pa = beat.wave_free = beat.lowest = beat.diastole = NAN;
            if (beat.from_s >= 0 && b->beats_count < BEDSIDE_BEATS)
                b->beats[b->beats_count++] = beat;
            beat = (struct bedside_beat){.from_s = at_s, .edp_mmhg = mmhg[NODE_LV]};
            av = av_best = (struct bedside_run){0, 0, 0};
            lv = ao = pd = 0;
            bedside_most(most, NULL);
            n = 0;
        }
        bedside_step(&av, &av_best, mmhg[NODE_LV] - mmhg[NODE_AO]);
        /* From the mitral valve's opening to its closing, which is behind the next activation. */
        double across = mmhg[NODE_LA] - mmhg[NODE_LV];
        bool early = at_s - beat.from_s < 0.15;
        if (!early && (across > 0 || filling.steps > 0)) {
            filling.sum += across;
            filling.steps++;
        }
        if (across > 0 && filling.steps > 0) {
            filling.sum += early ? across : 0;
            filling.steps += early;
            filled = filling;
        }
        if (early && across < 0 && filled.steps > 0 && b->beats_count > 0) {
            struct bedside_beat *last = &b->beats[b->beats_count - 1];
            last->mv_mean = filled.sum / (double)filled.steps;
            last->dfp_s = (double)filled.steps / CIRCULATION_RATE_HZ;
            filling = filled = (struct bedside_run){0, 0, 0};
        }
        bedside_indices(b, &coronary, &p.circulation);
        lv += mmhg[NODE_LV];
        ao += mmhg[NODE_AO];
        pd += mmhg[NODE_PD];
        bedside_most(most, mmhg);
        n++;
    }
}

static inline struct bedside *bedside_new(const struct patient_row *row, uint64_t seed,
                                          double duration_s, uint32_t rate_hz) {
    struct bedside *b = calloc(1, sizeof *b);
    b->cut = bedside_cut;
    b->patient = row->name;
    b->seed = seed;
    b->duration_s = duration_s;
    b->rate_hz = rate_hz;
    return b;
}

static inline struct bedside *bedside_ran(struct bedside *b, const struct patient_row *row) {
    bedside_play(b, row);
    bedside_truth(b, row);
    return b;
}

static inline struct bedside *bedside_asked(const struct patient_row *row,
                                            const struct stream_mark *asked, uint64_t seed,
                                            double duration_s, uint32_t rate_hz) {
    struct bedside *b = bedside_new(row, seed, duration_s, rate_hz);
    b->asked = asked;
    return bedside_ran(b, row);
}

static inline struct bedside *bedside_typed(const struct patient_row *row,
                                            const struct derived_value *typed, uint64_t seed,
                                            double duration_s, uint32_t rate_hz) {
    struct bedside *b = bedside_new(row, seed, duration_s, rate_hz);
    b->typed = typed;
    return bedside_ran(b, row);
}

static inline struct bedside *bedside_of(const struct patient_row *row, uint64_t seed,
                                         double duration_s, uint32_t rate_hz) {
    return bedside_typed(row, NULL, seed, duration_s, rate_hz);
}

/* A patient of patients.def in another lab. */
static inline struct bedside *bedside_run(const char *patient, const struct lab *lab, uint64_t seed,
                                          double duration_s, uint32_t rate_hz) {
    struct patient_row row = *patient_find(patient);
    row.lab = lab;
    return bedside_of(&row, seed, duration_s, rate_hz);
}

/* The n-th measurement that has this quantity at this site; NULL: none. */
static inline const struct event *bedside_find(const struct bedside *b, uint32_t quantity,
                                               uint32_t site, int n) {
    double value;
    for (int i = 0; i < b->measured_count; i++)
        if (b->measured[i].site == site && event_value(&b->measured[i], quantity, &value) && !n--)
            return &b->measured[i];
    return NULL;
}

/* Mean over the truth's beats whose middle lies in the measurement's range, of one field. */
static inline double bedside_mean(const struct bedside *b, const struct event *e, size_t offset) {
    double sum = 0, from_s = (double)e->from_tick / b->base_rate_hz;
    double to_s = (double)e->to_tick / b->base_rate_hz;
    int n = 0;
    for (int i = 0; i < b->beats_count; i++) {
        double middle_s = (b->beats[i].from_s + b->beats[i].to_s) / 2, x;
        memcpy(&x, (const char *)&b->beats[i] + offset, sizeof x);
        if (middle_s < from_s || middle_s > to_s || !isfinite(x))
            continue;
        sum += x;
        n++;
    }
    return n ? sum / n : NAN;
}
