/* hemosim: recordings and simulated patients, as a feed or through the detectors. See hemosim
 * --help. */
#include "detectors/rules.h"
#include "sim/analyze.h"
#include "sim/exam.h"
#include "sim/gallery.h"
#include "sim/gen.h"
#include "sim/info.h"
#include "sim/journal_source.h"
#include "sim/options.h"
#include "sim/patient_source.h"
#include "sim/plot.h"
#include "sim/queue.h"
#include "sim/record.h"
#include "sim/record_source.h"
#include "sim/transmit.h"
#include <signal.h>
#include <stdio.h>

static struct { volatile sig_atomic_t stop; } hemosim;

static void on_signal(int number) {
    (void)number;
    hemosim.stop = 1;
}

static void catch_signals(void) {
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    /* A closed pipe and a file-size limit are errors of the write: one line, and an exit code. */
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    sigaction(SIGXFSZ, &action, NULL);
}

static enum hemo_error replay_journal(const struct options *o, struct failure *failure) {
    struct journal_choice choice = {
        .path = o->journal, .stream = o->stream, .case_number = o->case_number};
    struct source source;
    enum hemo_error error = fault_list_check(o->faults, o->faults_count, FAULTS_WIRE, failure);
    if (!error)
        error = journal_source_open(&source, &choice, failure);
    if (!error && *journal_source_note(&source) && !o->quiet)
        fprintf(stderr, "hemosim: note: %s\n", journal_source_note(&source));
    return error ? error : transmit_run(o, &source, &hemosim.stop, failure);
}

/* Blocks of 40 ms: small enough for a live trace, large enough that a record's head costs little.
 */
static enum hemo_error replay(const struct options *o, struct failure *failure) {
    struct record_source_config config = {.path = o->record,
                                          .block_s = 0.04,
                                          .from_s = o->from_s,
                                          .to_s = o->to_s,
                                          .signals = o->signals,
                                          .maps = o->maps,
                                          .maps_count = o->maps_count,
                                          .marks = o->marks,
                                          .ignore_checksums = o->ignore_checksums};
    struct source source;
    enum hemo_error error = fault_list_check(o->faults, o->faults_count, FAULTS_WIRE, failure);
    if (!error)
        error = record_source_open(&source, &config, failure);
    if (!error && *record_source_note(&source) && !o->quiet)
        fprintf(stderr, "hemosim: note: %s\n", record_source_note(&source));
    return error ? error : transmit_run(o, &source, &hemosim.stop, failure);
}

static enum hemo_error play(const struct options *o, struct failure *failure) {
    struct patient_source_config config = {.seed = o->seed,
                                           .duration_s = o->duration_s,
                                           .rate_hz = o->rate_hz,
                                           .vary = o->vary,
                                           .scenario = o->scenario,
                                           .faults = o->faults,
                                           .faults_count = o->faults_count};
    struct source source;
    enum hemo_error error = patient_source_row(o->patient, &config.row, failure);
    if (!error)
        error = patient_source_open(&source, &config, failure);
    return error ? error : transmit_run(o, &source, &hemosim.stop, failure);
}

static enum hemo_error run(const struct options *options, struct failure *failure) {
    switch (options->command) {
    case COMMAND_ANALYZE:
        return analyze_run(options, &hemosim.stop, failure);
    case COMMAND_REPLAY:
        return options->journal ? replay_journal(options, failure) : replay(options, failure);
    case COMMAND_PLAY:
        return play(options, failure);
    case COMMAND_GEN:
        return gen_run(options, &hemosim.stop, failure);
    case COMMAND_RECORD:
        return record_run(options, &hemosim.stop, failure);
    case COMMAND_EXAM:
        return exam_run(options, &hemosim.stop, failure);
    case COMMAND_GALLERY:
        return gallery_run(options, &hemosim.stop, failure);
    case COMMAND_QUEUE:
        return queue_run(options, failure);
    case COMMAND_PLOT:
        return plot_run(options, &hemosim.stop, failure);
    case COMMAND_LIST:
        info_list(options);
        return HEMO_OK;
    case COMMAND_INFO:
        return info_run(options, failure);
    default:
        return failure_set(failure, HEMO_BAD_CONFIG, "no command (see --help)");
    }
}

int main(int argc, char **argv) {
    struct options options;
    struct failure failure;
    enum hemo_error error = options_parse(&options, argc, argv, &failure);
    if (!error && options.version) {
        printf("hemosim %s, rules %u\n", HEMO_VERSION, rules_default().version);
        return 0;
    }
    if (!error && options.help) {
        fputs(options_help(options.command), stdout);
        return 0;
    }
    catch_signals();
    if (!error)
        error = run(&options, &failure);
    if (error)
        fprintf(stderr, "hemosim: %s\n", failure.text);
    return failure_exit(error);
}
