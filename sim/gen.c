#include "sim/gen.h"
#include "sim/patient_source.h"
#include "sim/record_writer.h"
#include "sim/truth_files.h"
#include <math.h>

enum extra { EXTRA_TRUTH, EXTRA_HEART, EXTRA_JSON };
static const char *const suffixes[] = {".truth.csv", ".heart.csv", ".truth.json", NULL};

struct gen {
    const struct options *options;
    struct source source;
    struct truth_log truth;
    struct record_writer record;
};

static enum hemo_error open_all(struct gen *g, struct failure *failure) {
    const struct options *o = g->options;
    struct patient_source_config config = {.seed = o->seed,
                                           .duration_s = o->duration_s,
                                           .rate_hz = o->rate_hz,
                                           .vary = o->vary,
                                           .scenario = o->scenario,
                                           .faults = o->faults,
                                           .faults_count = o->faults_count,
                                           .on_beat = truth_log_beat,
                                           .on_cycle = truth_log_cycle,
                                           .context = &g->truth};
    enum hemo_error error = patient_source_row(o->patient, &config.row, failure);
    if (!error)
        error = fault_list_check(o->faults, o->faults_count, FAULTS_LINE, failure);
    if (!error)
        error = record_writer_open(&g->record, o->out, o->force, suffixes, failure);
    if (!error)
        error = patient_source_open(&g->source, &config, failure);
    if (!error)
        error = record_writer_begin(&g->record, &g->source.info, g->source.first_tick, UINT64_MAX,
                                    failure);
    return error;
}

static void write_truth(struct gen *g) {
    const struct patient *patient = patient_source_patient(&g->source);
    double rate_hz = stream_base_rate_hz(&g->source.info);
    struct truth_record record = {.log = &g->truth,
                                  .row = patient->row,
                                  .before = &patient->run.base,
                                  .after = &patient->circulation.parameters,
                                  .faults = patient_source_faults(&g->source),
                                  .seed = g->options->seed,
                                  .duration_s = (double)g->source.end_tick / rate_hz,
                                  .rate_hz = (uint32_t)(rate_hz / g->record.frame_ticks)};
    truth_write_beats(g->record.extras[EXTRA_TRUTH].file, &g->truth);
    truth_write_heart(g->record.extras[EXTRA_HEART].file, &g->truth);
    truth_write_json(g->record.extras[EXTRA_JSON].file, &record);
}

static enum hemo_error run(struct gen *g, const volatile sig_atomic_t *stop,
                           struct failure *failure) {
    struct source_item item;
    char comments[512];
    do {
        enum hemo_error error = g->source.next(g->source.state, &item, failure);
        if (error)
            return error;
        record_writer_take(&g->record, &item);
        if (*stop)
            return failure_set(failure, HEMO_INTERRUPTED, "interrupted; nothing written");
        if (record_writer_failed(&g->record))
            break;
    } while (item.kind != SOURCE_END);
    if (g->truth.out_of_memory)
        return failure_set(failure, HEMO_NO_ROOM, "no memory for the truth");
    write_truth(g);
    snprintf(comments, sizeof comments,
             "# simulated: patient %s, seed %llu\n"
             "# truth in %.64s.truth.csv, .heart.csv and .truth.json; marks in %.64s.marks.csv\n",
             g->source.info.name, (unsigned long long)g->options->seed, g->record.name,
             g->record.name);
    return record_writer_commit(&g->record, comments, failure);
}

enum hemo_error gen_run(const struct options *options, const volatile sig_atomic_t *stop,
                        struct failure *failure) {
    struct gen g = {.options = options};
    enum hemo_error error = open_all(&g, failure);
    if (!error)
        error = run(&g, stop, failure);
    if (!error && !options->quiet)
        fprintf(stderr, "wrote %s: %.1f s, %u ch, %llu frames\n", g.record.base,
                record_writer_seconds(&g.record), g.source.info.channels_count,
                (unsigned long long)g.record.frames);
    record_writer_close(&g.record);
    truth_log_free(&g.truth);
    if (g.source.close)
        g.source.close(g.source.state);
    return error;
}
