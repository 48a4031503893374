#include "sim/patient_source.h"
#include "proto/event.h"
#include "proto/site.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BASE_HZ = 500,
    BLOCK_TICKS = 20,
    STEPS_PER_TICK = CIRCULATION_RATE_HZ / BASE_HZ,
    PRESSURE_TICKS = 2,
    PRESSURES = BLOCK_TICKS / PRESSURE_TICKS,
    GROUP_ECG = 0,
    GROUP_PRESSURE = 1,
    GROUPS = 2,
    FAULTS_MAX = 32,
    QUEUE_MAX = FAULTS_MAX + 8,
    NAME_CHARS = 16
};

static const double counts_per_mmhg = 50, counts_per_mv = 2000, flush_mmhg = 300, rail_mmhg = 355;

const struct fault_row fault_rows[] = {
#define X(id, words, caused, within) {#id, words, EVENT_##caused, within},
#include "sim/faults.def"
#undef X
};
const int fault_rows_count = sizeof fault_rows / sizeof fault_rows[0];

enum fault_kind {
#define X(id, words, caused, within) FAULT_##id,
#include "sim/faults.def"
#undef X
};

struct fault {
    enum fault_kind kind;
    uint64_t from_tick, to_tick;
};

struct patient_source {
    struct patient_source_config config;
    struct patient patient;
    struct fault faults[FAULTS_MAX];
    uint64_t tick, end_tick;
    uint32_t site; /* of the right-heart catheter, as marked */
    bool wedge;
    double slow_mmhg;
    struct source_item queue[QUEUE_MAX];
    int queued, taken;
    int16_t ecg[BLOCK_TICKS], pressures[2 * PRESSURES];
};

/* "flush@60+3" */
static enum hemo_error parse_fault(const char *text, struct fault *out, struct failure *failure) {
    char name[NAME_CHARS];
    size_t length = strcspn(text, "@");
    snprintf(name, sizeof name, "%.*s", (int)(length < NAME_CHARS ? length : 0), text);
    int kind = -1;
    for (int i = 0; i < fault_rows_count; i++)
        if (!strcmp(fault_rows[i].name, name))
            kind = i;
    if (kind < 0)
        return failure_set(failure, HEMO_BAD_CONFIG,
                           "--fault \"%.40s\": unknown fault (see hemosim list)", text);
    const char *at = text + length + (text[length] == '@');
    char *plus, *end = NULL;
    double from_s = strtod(at, &plus);
    double for_s = *plus == '+' ? strtod(plus + 1, &end) : -1;
    bool numbers = isdigit((unsigned char)*at) && end && !*end && end != plus + 1;
    if (!numbers || !(from_s >= 0 && from_s < 1e6) || !(for_s > 0 && for_s < 1e6))
        return failure_set(failure, HEMO_BAD_CONFIG,
                           "--fault \"%.40s\" (want NAME@SECONDS+SECONDS, such as flush@60+3)",
                           text);
    out->kind = (enum fault_kind)kind;
    /* Whole blocks: a block is there or it is not. */
    out->from_tick = (uint64_t)llround(from_s * BASE_HZ / BLOCK_TICKS) * BLOCK_TICKS;
    out->to_tick =
        out->from_tick + (uint64_t)fmax(1, round(for_s * BASE_HZ / BLOCK_TICKS)) * BLOCK_TICKS;
    return HEMO_OK;
}

static bool broken(const struct patient_source *s, enum fault_kind kind) {
    for (int i = 0; i < s->config.faults_count; i++)
        if (s->faults[i].kind == kind && s->tick >= s->faults[i].from_tick &&
            s->tick < s->faults[i].to_tick)
            return true;
    return false;
}

/* What the device measures in the aorta, sample by sample at 250 Hz. slow_mmhg follows the mean
 * within a second while nothing is broken, and is where flat, damped and stopped traces stand. */
static double ao_with_faults(struct patient_source *s, uint64_t tick, double mmhg) {
    double at_s = (double)tick / BASE_HZ, share = PRESSURE_TICKS / (1.0 * BASE_HZ);
    if (broken(s, FAULT_stopcock))
        return s->slow_mmhg += 4 * share;
    if (broken(s, FAULT_flat))
        return s->slow_mmhg;
    s->slow_mmhg += (s->slow_mmhg > 0 ? share : 1) * (mmhg - s->slow_mmhg);
    if (broken(s, FAULT_flush))
        return flush_mmhg;
    if (broken(s, FAULT_rail))
        return rail_mmhg;
    if (broken(s, FAULT_disconnect))
        return -60;
    if (broken(s, FAULT_damped))
        mmhg = s->slow_mmhg + (mmhg - s->slow_mmhg) / 6;
    if (broken(s, FAULT_motion))
        mmhg += 30 * sin(2 * 3.14159265358979 * 12 * at_s);
    if (broken(s, FAULT_below))
        mmhg -= 110;
    return broken(s, FAULT_zero) ? 0 : mmhg;
}

static int16_t counts(double value, double per_unit) {
    return (int16_t)lrint(fmax(-32767, fmin(32767, value * per_unit)));
}

static struct source_item *enqueue(struct patient_source *s, enum source_kind kind,
                                   uint64_t next_tick) {
    struct source_item *item = &s->queue[s->queued++];
    *item = (struct source_item){.kind = kind, .next_tick = next_tick};
    return item;
}

static void enqueue_mark(struct patient_source *s, enum mark_kind kind, uint32_t channel,
                         double value) {
    struct source_item *item = enqueue(s, SOURCE_MARK, s->tick);
    item->body.mark =
        (struct stream_mark){.tick = s->tick, .kind = kind, .channel = channel, .value = value};
    if (kind == MARK_SITE)
        item->body.mark.site = s->site;
}

/* What the device says at the beginning of this block: a new site once the catheter has arrived, a
 * wedge only while it lies still in it. */
static void marks(struct patient_source *s) {
    double at_s = (double)s->tick / BASE_HZ;
    uint32_t tip = patient_rhc_site(s->config.row, at_s);
    uint32_t arrived = patient_rhc_site(s->config.row, fmax(0, at_s - PATIENT_MOVE_S));
    bool wedge = tip == SITE_PCW && arrived == SITE_PCW;
    uint32_t site = arrived == SITE_PCW ? SITE_PA : arrived;
    if (wedge != s->wedge) {
        s->wedge = wedge;
        enqueue_mark(s, MARK_WEDGE, PATIENT_RHC, wedge);
    }
    if (site != s->site) {
        s->site = site;
        enqueue_mark(s, MARK_SITE, PATIENT_RHC, 0);
    }
    for (int i = 0; i < s->config.faults_count; i++) {
        const struct fault *f = &s->faults[i];
        if (f->kind == FAULT_zero && (s->tick == f->from_tick || s->tick == f->to_tick))
            enqueue_mark(s, MARK_ZEROING, PATIENT_AO, s->tick == f->from_tick);
    }
}

static void give_truth(struct patient_source *s) {
    for (int channel = PATIENT_AO; channel <= PATIENT_RHC; channel++)
        if (!s->patient.truth[channel].moved && s->config.on_beat)
            s->config.on_beat(s->config.context, &s->patient.truth[channel]);
}

static void simulate(struct patient_source *s) {
    for (int t = 0; t < BLOCK_TICKS; t++) {
        for (int i = 0; i < STEPS_PER_TICK; i++) {
            patient_step(&s->patient);
            if (s->patient.beat_complete)
                give_truth(s);
        }
        s->ecg[t] = counts(s->patient.value[PATIENT_ECG], counts_per_mv);
        if (t % PRESSURE_TICKS)
            continue;
        int at = t / PRESSURE_TICKS;
        s->pressures[at] =
            counts(ao_with_faults(s, s->tick + (uint64_t)t, s->patient.value[PATIENT_AO]),
                   counts_per_mmhg);
        s->pressures[PRESSURES + at] = counts(s->patient.value[PATIENT_RHC], counts_per_mmhg);
    }
}

static void samples(struct patient_source *s) {
    uint64_t next = s->tick + BLOCK_TICKS;
    for (uint32_t group = 0; group < GROUPS; group++) {
        bool ecg = group == GROUP_ECG;
        if (broken(s, FAULT_gap)) {
            enqueue(s, SOURCE_GAP, next)->body.gap = (struct stream_gap){
                .first_tick = s->tick, .next_tick = next, .group = group, .reason = GAP_DEVICE};
            continue;
        }
        enqueue(s, SOURCE_SAMPLES, next)->body.samples =
            (struct sample_block){.first_tick = s->tick,
                                  .group = group,
                                  .channels = ecg ? 1 : 2,
                                  .count = ecg ? BLOCK_TICKS : PRESSURES,
                                  .samples = ecg ? s->ecg : s->pressures};
    }
}

static enum hemo_error patient_next(void *state, struct source_item *item,
                                    struct failure *failure) {
    (void)failure;
    struct patient_source *s = state;
    if (s->taken == s->queued) {
        s->taken = s->queued = 0;
        if (s->tick >= s->end_tick) {
            enqueue(s, SOURCE_END, s->tick);
        } else {
            marks(s);
            simulate(s);
            samples(s);
            s->tick += BLOCK_TICKS;
        }
    }
    *item = s->queue[s->taken++];
    return HEMO_OK;
}

static void describe(struct stream_info *info, const struct patient_row *row) {
    *info = (struct stream_info){.base_rate_numerator = BASE_HZ,
                                 .base_rate_denominator = 1,
                                 .origin = ORIGIN_SIMULATED,
                                 .channels_count = PATIENT_CHANNELS};
    info->channels[PATIENT_ECG] = (struct stream_channel){.site = SITE_ECG,
                                                          .ticks_per_sample = 1,
                                                          .group = GROUP_ECG,
                                                          .scale = 1 / counts_per_mv,
                                                          .unit = UNIT_MV,
                                                          .label = "II"};
    struct stream_channel pressure = {.site = SITE_AO,
                                      .ticks_per_sample = PRESSURE_TICKS,
                                      .group = GROUP_PRESSURE,
                                      .scale = 1 / counts_per_mmhg,
                                      .unit = UNIT_MMHG,
                                      .transducer = 1,
                                      .label = "AO"};
    info->channels[PATIENT_AO] = pressure;
    pressure.site = SITE_RA; /* where the right-heart catheter begins */
    pressure.transducer = 2;
    snprintf(pressure.label, sizeof pressure.label, "RHC");
    info->channels[PATIENT_RHC] = pressure;
    snprintf(info->name, sizeof info->name, "%s", row->name);
}

enum hemo_error patient_source_open(struct source *source,
                                    const struct patient_source_config *config,
                                    struct failure *failure) {
    struct patient_source *s = calloc(1, sizeof *s);
    if (!s)
        return failure_set(failure, HEMO_NO_ROOM, "no memory for a patient");
    s->config = *config;
    s->site = SITE_RA;
    s->end_tick = (uint64_t)llround(config->duration_s * BASE_HZ / BLOCK_TICKS) * BLOCK_TICKS;
    enum hemo_error error = HEMO_OK;
    if (config->faults_count > FAULTS_MAX || !s->end_tick)
        error = failure_set(failure, HEMO_BAD_CONFIG, "%s",
                            s->end_tick ? "too many faults" : "--duration is too short");
    for (int i = 0; i < config->faults_count && !error; i++)
        error = parse_fault(config->faults[i], &s->faults[i], failure);
    if (error) {
        free(s);
        return error;
    }
    patient_init(&s->patient, config->row, config->seed);
    *source = (struct source){.block_samples = BLOCK_TICKS * 2,
                              .end_tick = s->end_tick,
                              .state = s,
                              .next = patient_next,
                              .close = free};
    describe(&source->info, config->row);
    return HEMO_OK;
}
