#include "sim/patient_source.h"
#include "proto/event.h"
#include "proto/site.h"
#include "sim/nearest.h"
#include "sim/options.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCKS_PER_S = 25,
    BLOCK_SAMPLES_MAX = CIRCULATION_RATE_HZ / BLOCKS_PER_S,
    GROUP_ECG = 0,
    GROUP_PRESSURE = 1,
    GROUPS = 2,
    QUEUE_MAX = FAULTS_MAX + 4 * PATIENT_CHANNELS
};

static const double counts_per_mmhg = 50, counts_per_mv = 2000;

struct patient_source {
    struct patient_source_config config;
    struct patient_row row; /* config.row, where something else happens to the patient */
    struct patient patient;
    struct fault_list faults;
    uint64_t tick, end_tick;
    uint32_t base_hz, rate_hz;                   /* of the ECG and the ticks; of the pressures */
    uint32_t lines;                              /* pressures that the lab has */
    enum patient_channel line[PATIENT_CHANNELS]; /* which they are, in order */
    uint32_t site[PATIENT_CHANNELS];             /* as marked */
    bool wedge, moving[PATIENT_CHANNELS], zeroing[PATIENT_CHANNELS];
    struct truth truth;
    struct cycle_watch watch;
    struct source_item queue[QUEUE_MAX];
    int queued, taken;
    int16_t ecg[BLOCK_SAMPLES_MAX], pressures[PATIENT_CHANNELS * BLOCK_SAMPLES_MAX];
};

static double at_s(const struct patient_source *s) {
    return (double)s->tick / s->base_hz;
}

static const struct fault *broken(const struct patient_source *s, enum fault_kind kind,
                                  int channel) {
    return fault_find(&s->faults, kind, channel, at_s(s));
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

/* Of the line with that number; the ECG is channel 0 of the stream. */
static struct stream_mark *enqueue_mark(struct patient_source *s, enum mark_kind kind,
                                        uint32_t line, double value) {
    struct source_item *item = enqueue(s, SOURCE_MARK, s->tick);
    item->body.mark =
        (struct stream_mark){.tick = s->tick, .kind = kind, .channel = line + 1, .value = value};
    return &item->body.mark;
}

/* A slow move is one that a person makes by hand: the device is told when it begins and ends. */
static void mark_move(struct patient_source *s, uint32_t line, const struct lab_tip *tip) {
    enum patient_channel channel = s->line[line];
    uint32_t site = lab_called(channel, tip->site);
    bool moving = tip->share < 1;
    bool pulled = (tip->from == SITE_LV && tip->site == SITE_AO) ||
                  (tip->from == SITE_PD && tip->site == SITE_PAO);
    if (moving && !s->moving[line] && pulled)
        enqueue_mark(s, MARK_PULLBACK, line, 1);
    s->moving[line] = moving;
    if (moving)
        return;
    if (site == SITE_PA && broken(s, FAULT_label, (int)channel))
        site = SITE_RV;
    bool wedge = channel == PATIENT_RHC && tip->site == SITE_PCW;
    if (channel == PATIENT_RHC && wedge != s->wedge)
        enqueue_mark(s, MARK_WEDGE, line, s->wedge = wedge);
    if (site != s->site[line])
        enqueue_mark(s, MARK_SITE, line, 0)->site = s->site[line] = site;
}

static bool now(const struct patient_source *s, double then_s) {
    return at_s(s) >= then_s && at_s(s) < then_s + 1.0 / BLOCKS_PER_S;
}

static void mark_lab(struct patient_source *s) {
    const struct lab *lab = s->config.row->lab;
    for (uint32_t l = 0; l < s->lines; l++) {
        for (int i = 0; i < LAB_SAYINGS_MAX && lab->sayings[i].text; i++)
            if (lab->sayings[i].channel == s->line[l] && now(s, lab->sayings[i].at_s))
                snprintf(enqueue_mark(s, MARK_NOTE, l, 0)->text, sizeof(struct stream_mark){0}.text,
                         "%s", lab->sayings[i].text);
        if (s->line[l] == PATIENT_PD && now(s, lab->equalise_to_s))
            enqueue_mark(s, MARK_EQUALISE, l, 1);
    }
}

static void mark_drug(struct patient_source *s) {
    const struct patient_row *row = s->config.row;
    const struct scenario *drug = row->scenario;
    if (!drug->drug || !s->lines)
        return;
    bool begins = now(s, row->onset_s),
         ends = drug->drug_s > 0 && now(s, row->onset_s + drug->drug_s);
    if (!begins && !ends)
        return;
    snprintf(enqueue_mark(s, MARK_DRUG, 0, begins)->text, sizeof(struct stream_mark){0}.text,
             "%s%s", drug->drug, begins ? "" : " stopped");
    enqueue_mark(s, MARK_PHASE, 0, 0)->phase = begins ? PHASE_DRUG : PHASE_POST;
}

/* What the device says at the beginning of this block: a new site once the catheter has arrived, a
 * wedge only while it lies still in it. */
static void marks(struct patient_source *s) {
    for (uint32_t l = 0; l < s->lines; l++) {
        struct lab_tip tip;
        bool open = broken(s, FAULT_zero, (int)s->line[l]);
        lab_tip_at(s->config.row->lab, s->line[l], s->config.row->wedge_every_s, at_s(s), &tip);
        mark_move(s, l, &tip);
        if (open != s->zeroing[l])
            enqueue_mark(s, MARK_ZEROING, l, open);
        s->zeroing[l] = open;
    }
    mark_lab(s);
    mark_drug(s);
}

static void give_truth(struct patient_source *s) {
    for (uint32_t l = 0; l < s->lines; l++)
        if (s->truth.beats[s->line[l]].whole)
            s->config.on_beat(s->config.context, &s->truth.beats[s->line[l]]);
}

/* When the last step was made. */
static double step_s(const struct patient_source *s) {
    return (double)(s->patient.step - 1) / CIRCULATION_RATE_HZ;
}

static void step(struct patient_source *s) {
    patient_step(&s->patient);
    if (s->config.on_beat && truth_step(&s->truth, &s->patient))
        give_truth(s);
    if (s->config.on_cycle && cycle_step(&s->watch, &s->patient.circulation, step_s(s)))
        s->config.on_cycle(s->config.context, &s->watch.cycle);
}

/* Cables that changed places: each line shows the other's. */
static enum patient_channel cable(const struct patient_source *s, enum patient_channel channel) {
    bool swapped = broken(s, FAULT_swap, PATIENT_AO);
    if (swapped && channel == PATIENT_AO)
        return PATIENT_RHC;
    return swapped && channel == PATIENT_RHC ? PATIENT_AO : channel;
}

static void simulate(struct patient_source *s) {
    uint32_t steps_per_tick = CIRCULATION_RATE_HZ / s->base_hz, count = s->rate_hz / BLOCKS_PER_S;
    uint32_t ticks_per_sample = s->base_hz / s->rate_hz;
    for (uint32_t t = 0; t < s->base_hz / BLOCKS_PER_S; t++) {
        for (uint32_t i = 0; i < steps_per_tick; i++)
            step(s);
        s->ecg[t] = counts(s->patient.value[PATIENT_ECG], counts_per_mv);
        if (t % ticks_per_sample)
            continue;
        for (uint32_t l = 0; l < s->lines; l++)
            s->pressures[l * count + t / ticks_per_sample] =
                counts(s->patient.value[cable(s, s->line[l])], counts_per_mmhg);
    }
}

static void samples(struct patient_source *s) {
    uint64_t next = s->tick + s->base_hz / BLOCKS_PER_S;
    for (uint32_t group = 0; group < GROUPS; group++) {
        bool ecg = group == GROUP_ECG;
        if (broken(s, FAULT_gap, PATIENT_ECG)) {
            enqueue(s, SOURCE_GAP, next)->body.gap = (struct stream_gap){
                .first_tick = s->tick, .next_tick = next, .group = group, .reason = GAP_DEVICE};
            continue;
        }
        enqueue(s, SOURCE_SAMPLES, next)->body.samples =
            (struct sample_block){.first_tick = s->tick,
                                  .group = group,
                                  .channels = ecg ? 1 : s->lines,
                                  .count = (ecg ? s->base_hz : s->rate_hz) / BLOCKS_PER_S,
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
            s->tick += s->base_hz / BLOCKS_PER_S;
        }
    }
    *item = s->queue[s->taken++];
    return HEMO_OK;
}

static void describe(struct patient_source *s, struct stream_info *info) {
    *info = (struct stream_info){.base_rate_numerator = s->base_hz,
                                 .base_rate_denominator = 1,
                                 .origin = ORIGIN_SIMULATED,
                                 .channels_count = s->lines + 1};
    info->channels[0] = (struct stream_channel){.site = SITE_ECG,
                                                .ticks_per_sample = 1,
                                                .group = GROUP_ECG,
                                                .scale = 1 / counts_per_mv,
                                                .unit = UNIT_MV,
                                                .label = "II"};
    for (uint32_t l = 0; l < s->lines; l++) {
        struct stream_channel *channel = &info->channels[l + 1];
        *channel = (struct stream_channel){.site = s->site[l],
                                           .ticks_per_sample = s->base_hz / s->rate_hz,
                                           .group = GROUP_PRESSURE,
                                           .scale = 1 / counts_per_mmhg,
                                           .unit = UNIT_MMHG,
                                           .transducer = l + 1};
        snprintf(channel->label, sizeof channel->label, "%s", patient_channel_labels[s->line[l]]);
    }
    snprintf(info->name, sizeof info->name, "%s", s->config.row->name);
}

/* Rates of which the model's own 2000 Hz is a multiple; the ECG at twice that of the pressures up
 * to 500 Hz, where that is one too. */
static bool choose_rates(struct patient_source *s) {
    uint32_t rate_hz = s->config.rate_hz ? s->config.rate_hz : PATIENT_SOURCE_RATE_HZ;
    uint32_t twice = 2 * rate_hz;
    s->rate_hz = rate_hz;
    s->base_hz = twice <= 500 && CIRCULATION_RATE_HZ % twice == 0 ? twice : rate_hz;
    return rate_hz >= 125 && rate_hz <= CIRCULATION_RATE_HZ && CIRCULATION_RATE_HZ % rate_hz == 0 &&
           rate_hz % BLOCKS_PER_S == 0;
}

static bool begin(struct patient_source *s) {
    const struct lab *lab = s->config.row->lab;
    for (enum patient_channel c = PATIENT_AO; c < PATIENT_CHANNELS; c++)
        if (lab_has(lab, c)) {
            s->site[s->lines] = lab_called(c, lab->ways[c][0].site);
            s->line[s->lines++] = c;
        }
    if (!(s->config.vary > 0))
        patient_init(&s->patient, s->config.row, s->config.seed);
    else if (!patient_init_varied(&s->patient, s->config.row, s->config.seed, s->config.vary))
        return false;
    s->patient.faults = &s->faults;
    truth_init(&s->truth, &s->patient);
    return true;
}

static const char *scenario_name(const void *table, int index) {
    (void)table;
    return index < SCENARIOS ? scenarios[index].name : NULL;
}

/* "NAME@WHEN": the row as it is, but for what happens to it and when. */
static enum hemo_error choose_scenario(struct patient_source *s, const char *text,
                                       struct failure *failure) {
    static const double usual_s = 120;
    char name[NEAREST_WORD_MAX + 1] = "";
    size_t length = strcspn(text, "@");
    if (length <= NEAREST_WORD_MAX)
        memcpy(name, text, length);
    s->row = *s->config.row;
    s->row.scenario = scenario_find(name);
    s->row.onset_s = usual_s;
    s->row.ao_mean_after = s->row.pcw_mean_after = NAN;
    s->config.row = &s->row;
    if (!s->row.scenario) {
        const char *near = *name ? nearest_word(name, scenario_name, NULL) : NULL;
        return failure_set(failure, HEMO_BAD_CONFIG, "unknown scenario \"%.40s\" (%s%s%s)", text,
                           near ? "did you mean " : "see hemosim list", near ? near : "",
                           near ? "?" : "");
    }
    if (text[length] && !options_time(text + length + 1, &s->row.onset_s))
        return failure_set(failure, HEMO_BAD_CONFIG,
                           "--scenario \"%.40s\" (want NAME@SECONDS: vf@90 or vf@1:30)", text);
    if (s->row.onset_s >= s->config.duration_s)
        return failure_set(failure, HEMO_BAD_CONFIG,
                           "--scenario \"%.40s\": the record ends at %g s (want --duration)", text,
                           s->config.duration_s);
    return HEMO_OK;
}

static enum hemo_error check(struct patient_source *s, struct failure *failure) {
    if (!choose_rates(s))
        return failure_set(failure, HEMO_BAD_CONFIG,
                           "--rate %u (want 125, 200, 250, 400, 500, 1000 or 2000)",
                           s->config.rate_hz);
    s->end_tick =
        (uint64_t)llround(s->config.duration_s * BLOCKS_PER_S) * (s->base_hz / BLOCKS_PER_S);
    if (!s->end_tick)
        return failure_set(failure, HEMO_BAD_CONFIG, "--duration is too short");
    enum hemo_error error =
        fault_list_parse(s->config.faults, s->config.faults_count, &s->faults, failure);
    for (int i = 0; i < s->faults.count && !error; i++) {
        const struct fault *f = &s->faults.faults[i];
        if (f->channel > PATIENT_ECG &&
            !lab_has(s->config.row->lab, (enum patient_channel)f->channel))
            error = failure_set(failure, HEMO_BAD_CONFIG,
                                "--fault \"%.40s\": patient %s has no line %s",
                                s->config.faults[i], s->config.row->name,
                                patient_channel_labels[f->channel]);
    }
    return error;
}

enum hemo_error patient_source_open(struct source *source,
                                    const struct patient_source_config *config,
                                    struct failure *failure) {
    struct patient_source *s = calloc(1, sizeof *s);
    if (!s)
        return failure_set(failure, HEMO_NO_ROOM, "no memory for a patient");
    s->config = *config;
    enum hemo_error error =
        config->scenario ? choose_scenario(s, config->scenario, failure) : HEMO_OK;
    if (!error)
        error = check(s, failure);
    if (!error && !begin(s))
        error = failure_set(failure, HEMO_BAD_CONFIG,
                            "%s, seed %llu: no plausible patient within %.0f %% (want less --vary)",
                            config->row->name, (unsigned long long)config->seed,
                            100 * config->vary);
    if (error) {
        free(s);
        return error;
    }
    uint32_t pressures = s->lines * s->rate_hz / BLOCKS_PER_S, ecg = s->base_hz / BLOCKS_PER_S;
    *source = (struct source){.block_samples = pressures > ecg ? pressures : ecg,
                              .end_tick = s->end_tick,
                              .state = s,
                              .next = patient_next,
                              .close = free};
    describe(s, &source->info);
    return HEMO_OK;
}

const struct patient *patient_source_patient(const struct source *source) {
    const struct patient_source *s = source->state;
    return &s->patient;
}

const struct fault_list *patient_source_faults(const struct source *source) {
    const struct patient_source *s = source->state;
    return &s->faults;
}

static const char *row_name(const void *table, int index) {
    (void)table;
    return index < patient_rows_count ? patient_rows[index].name : NULL;
}

enum hemo_error patient_source_row(const char *name, const struct patient_row **row,
                                   struct failure *failure) {
    *row = patient_find(name);
    if (*row)
        return HEMO_OK;
    const char *near = nearest_word(name, row_name, NULL);
    return failure_set(failure, HEMO_BAD_CONFIG, "unknown patient \"%.40s\" (%s%s%s)", name,
                       near ? "did you mean " : "see hemosim list", near ? near : "",
                       near ? "?" : "");
}
