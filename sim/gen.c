#include "sim/gen.h"
#include "proto/site.h"
#include "sim/marks.h"
#include "sim/output.h"
#include "sim/patient_source.h"
#include "sim/truth_files.h"
#include "sim/wfdb_header.h"
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

enum { PATH_CHARS = OUTPUT_PATH_MAX, BLOCK_MAX = 128 };

enum part { PART_DAT, PART_TRUTH, PART_HEART, PART_JSON, PART_MARKS, PART_HEA, PARTS };
static const char *const suffixes[PARTS] = {".dat",        ".truth.csv", ".heart.csv",
                                            ".truth.json", ".marks.csv", ".hea"};

/* A signal as it passes: what its line in the header says at the end. */
struct signal_sums {
    int64_t sum;
    int16_t first;
    bool begun;
};

struct gen {
    const struct options *options;
    char base[PATH_CHARS + 1]; /* path without suffix */
    const char *name;          /* its last part */
    struct source source;
    struct truth_log truth;
    struct output parts[PARTS];
    int committed;
    uint64_t frames;
    struct signal_sums sums[STREAM_CHANNELS_MAX];
    /* The block that is being put together out of its groups. */
    int16_t block[STREAM_CHANNELS_MAX][BLOCK_MAX];
    uint32_t channels_filled, block_frames;
};

static void part_path(const struct gen *g, enum part part, char out[PATH_CHARS + 16]) {
    snprintf(out, PATH_CHARS + 16, "%s%s", g->base, suffixes[part]);
}

static enum hemo_error check_name(struct gen *g, struct failure *failure) {
    const char *path = g->options->out;
    size_t length = strlen(path);
    if (length > 4 && !strcmp(path + length - 4, ".hea"))
        length -= 4;
    if (length > PATH_CHARS - 32)
        return failure_set(failure, HEMO_BAD_CONFIG, "-o: name too long");
    memcpy(g->base, path, length);
    const char *slash = strrchr(g->base, '/');
    g->name = slash ? slash + 1 : g->base;
    if (!wfdb_name_ok(g->name))
        return failure_set(failure, HEMO_BAD_CONFIG,
                           "-o \"%.100s\" (want a record name of letters, digits, '_', '-', '.')",
                           path);
    for (enum part part = 0; part < PARTS && !g->options->force; part++) {
        char file[PATH_CHARS + 16];
        part_path(g, part, file);
        if (!access(file, F_OK))
            return failure_set(failure, HEMO_BAD_CONFIG,
                               "%.200s exists (want another name, or --force)", file);
    }
    return HEMO_OK;
}

/* Where a channel's label is another site than it begins at, or none, the first mark says so. */
static void mark_beginning(struct gen *g) {
    const struct stream_info *info = &g->source.info;
    for (uint32_t c = 0; c < info->channels_count; c++) {
        struct stream_mark begin = {
            .kind = MARK_SITE, .channel = c, .site = info->channels[c].site};
        if (info->channels[c].unit == UNIT_MMHG &&
            site_from_label(info->channels[c].label) != begin.site)
            marks_write(g->parts[PART_MARKS].file, &begin, info);
    }
}

static enum hemo_error open_all(struct gen *g, struct failure *failure) {
    const struct options *o = g->options;
    struct patient_source_config config = {.seed = o->seed,
                                           .duration_s = o->duration_s,
                                           .rate_hz = o->rate_hz,
                                           .vary = o->vary,
                                           .faults = o->faults,
                                           .faults_count = o->faults_count,
                                           .on_beat = truth_log_beat,
                                           .on_cycle = truth_log_cycle,
                                           .context = &g->truth};
    enum hemo_error error = patient_source_row(o->patient, &config.row, failure);
    if (!error)
        error = fault_list_check(o->faults, o->faults_count, FAULTS_LINE, failure);
    if (!error)
        error = check_name(g, failure);
    if (!error)
        error = patient_source_open(&g->source, &config, failure);
    for (enum part part = 0; part < PARTS && !error; part++) {
        char path[PATH_CHARS + 16];
        part_path(g, part, path);
        error = output_open(&g->parts[part], path, failure);
    }
    if (error)
        return error;
    fputs("time_s,kind,channel,value,text\n", g->parts[PART_MARKS].file);
    mark_beginning(g);
    return HEMO_OK;
}

/* A frame is a sample of each pressure, and those of the ECG in that time. */
static uint32_t frame_ticks(const struct gen *g) {
    const struct stream_info *info = &g->source.info;
    return info->channels[info->channels_count - 1].ticks_per_sample;
}

static uint32_t per_frame(const struct gen *g, uint32_t channel) {
    return frame_ticks(g) / g->source.info.channels[channel].ticks_per_sample;
}

static void sum_up(struct signal_sums *s, int16_t sample) {
    if (!s->begun)
        s->first = sample;
    s->begun = true;
    s->sum += sample;
}

/* All groups have come: their frames, interleaved. */
static void write_block(struct gen *g) {
    FILE *out = g->parts[PART_DAT].file;
    for (uint32_t f = 0; f < g->block_frames; f++)
        for (uint32_t c = 0; c < g->source.info.channels_count; c++)
            for (uint32_t i = 0; i < per_frame(g, c); i++) {
                int16_t sample = g->block[c][f * per_frame(g, c) + i];
                sum_up(&g->sums[c], sample);
                fputc(sample & 0xff, out);
                fputc(sample >> 8 & 0xff, out);
            }
    g->frames += g->block_frames;
    g->channels_filled = 0;
}

/* One group's samples, or (NULL) nothing where they should have been. */
static void take_group(struct gen *g, uint32_t group, uint32_t ticks, const int16_t *samples) {
    g->block_frames = ticks / frame_ticks(g);
    assert(ticks <= BLOCK_MAX);
    for (uint32_t c = 0; c < g->source.info.channels_count; c++) {
        const struct stream_channel *channel = &g->source.info.channels[c];
        uint32_t count = ticks / channel->ticks_per_sample;
        if (channel->group != group)
            continue;
        for (uint32_t i = 0; i < count; i++)
            g->block[c][i] = samples ? samples[i] : SAMPLE_MISSING;
        samples = samples ? samples + count : NULL;
        g->channels_filled++;
    }
    if (g->channels_filled == g->source.info.channels_count)
        write_block(g);
}

static void take(struct gen *g, const struct source_item *item) {
    const struct sample_block *block = &item->body.samples;
    const struct stream_gap *gap = &item->body.gap;
    if (item->kind == SOURCE_SAMPLES)
        take_group(g, block->group, (uint32_t)(item->next_tick - block->first_tick),
                   block->samples);
    else if (item->kind == SOURCE_GAP)
        take_group(g, gap->group, (uint32_t)(gap->next_tick - gap->first_tick), NULL);
    else if (item->kind == SOURCE_MARK)
        marks_write(g->parts[PART_MARKS].file, &item->body.mark, &g->source.info);
}

static void write_header(struct gen *g) {
    static const char *const units[] = {"", "mmHg", "mV", "L/min", "NU"};
    const struct stream_info *info = &g->source.info;
    FILE *out = g->parts[PART_HEA].file;
    fprintf(out, "%s %u %g %llu\n", g->name, info->channels_count,
            stream_base_rate_hz(info) / frame_ticks(g), (unsigned long long)g->frames);
    for (uint32_t c = 0; c < info->channels_count; c++) {
        const struct stream_channel *channel = &info->channels[c];
        char samples[16] = "";
        if (per_frame(g, c) > 1)
            snprintf(samples, sizeof samples, "x%u", per_frame(g, c));
        fprintf(out, "%s.dat 16%s %.10g(%d)/%s 16 0 %d %d 0 %s\n", g->name, samples,
                1 / channel->scale, channel->offset, units[channel->unit], g->sums[c].first,
                (int16_t)(uint16_t)(g->sums[c].sum & 0xffff), channel->label);
    }
    fprintf(out, "# simulated: patient %s, seed %llu\n", info->name,
            (unsigned long long)g->options->seed);
    fprintf(out, "# truth in %s.truth.csv, .heart.csv and .truth.json; marks in %s.marks.csv\n",
            g->name, g->name);
}

static void write_truth(struct gen *g) {
    const struct patient *patient = patient_source_patient(&g->source);
    struct truth_record record = {.log = &g->truth,
                                  .row = patient->row,
                                  .before = &patient->run.base,
                                  .after = &patient->circulation.parameters,
                                  .faults = patient_source_faults(&g->source),
                                  .seed = g->options->seed,
                                  .duration_s = (double)g->source.end_tick /
                                                stream_base_rate_hz(&g->source.info),
                                  .rate_hz = (uint32_t)(stream_base_rate_hz(&g->source.info) /
                                                        frame_ticks(g))};
    truth_write_beats(g->parts[PART_TRUTH].file, &g->truth);
    truth_write_heart(g->parts[PART_HEART].file, &g->truth);
    truth_write_json(g->parts[PART_JSON].file, &record);
}

static enum hemo_error run(struct gen *g, const volatile sig_atomic_t *stop,
                           struct failure *failure) {
    struct source_item item;
    do {
        enum hemo_error error = g->source.next(g->source.state, &item, failure);
        if (error)
            return error;
        take(g, &item);
        if (*stop)
            return failure_set(failure, HEMO_INTERRUPTED, "interrupted; nothing written");
        if (ferror(g->parts[PART_DAT].file))
            break; /* a full disk: output_commit() says so */
    } while (item.kind != SOURCE_END);
    if (g->truth.out_of_memory)
        return failure_set(failure, HEMO_NO_ROOM, "no memory for the truth");
    write_header(g);
    write_truth(g);
    for (enum part part = 0; part < PARTS; part++) {
        enum hemo_error error = output_commit(&g->parts[part], failure);
        if (error)
            return error;
        g->committed++;
    }
    return HEMO_OK;
}

/* Parts that made it to their place before a later one failed. */
static void undo(struct gen *g) {
    while (g->committed > 0) {
        char path[PATH_CHARS + 16];
        part_path(g, (enum part)-- g->committed, path);
        unlink(path);
    }
}

enum hemo_error gen_run(const struct options *options, const volatile sig_atomic_t *stop,
                        struct failure *failure) {
    struct gen g = {.options = options};
    enum hemo_error error = open_all(&g, failure);
    if (!error)
        error = run(&g, stop, failure);
    if (error)
        undo(&g);
    for (enum part part = 0; part < PARTS; part++)
        output_abort(&g.parts[part]);
    if (!error && !options->quiet)
        fprintf(stderr, "wrote %s: %.1f s, %u ch, %llu frames\n", g.base,
                (double)g.frames * frame_ticks(&g) / stream_base_rate_hz(&g.source.info),
                g.source.info.channels_count, (unsigned long long)g.frames);
    truth_log_free(&g.truth);
    if (g.source.close)
        g.source.close(g.source.state);
    return error;
}
