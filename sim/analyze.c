#include "sim/analyze.h"
#include "detectors/room.h"
#include "dsp/spectrum.h"
#include "sim/output.h"
#include "sim/record_source.h"
#include "sim/results.h"
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RULES_BYTES_MAX = WIRE_RULES_MAX };

/* An offline run is one case: without one, a room suggests no values. */
static const uint64_t offline_case = 1, offline_epoch = UINT64_C(1) << 32;

struct analysis {
    const struct options *options;
    struct source source;
    struct room *room;
    struct spectrum spectrum;
    struct results results;
    struct output beats, events;
};

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static enum hemo_error load_rules(struct rules *rules, const char *path, struct failure *failure) {
    *rules = rules_default();
    if (!path)
        return HEMO_OK;
    FILE *in = fopen(path, "re");
    if (!in)
        return failure_set(failure, failure_from_errno(errno), "%s: %s (want a rules file)", path,
                           errno == ENOENT ? "no such file" : "cannot be read");
    char text[RULES_BYTES_MAX + 1];
    size_t length = fread(text, 1, sizeof text, in);
    bool failed = ferror(in);
    fclose(in);
    if (failed || length > RULES_BYTES_MAX)
        return failure_set(failure, failed ? HEMO_NOT_FOUND : HEMO_BAD_LENGTH,
                           "%s: %s (want a rules file of at most %d bytes)", path,
                           failed ? "cannot be read" : "too long", RULES_BYTES_MAX);
    int line = 0;
    enum hemo_error error = rules_parse(text, length, rules, &line);
    if (error)
        return failure_set(failure, HEMO_BAD_FORMAT, "%s:%d: %s (see detectors/README.md)", path,
                           line, hemo_error_text(error));
    return HEMO_OK;
}

static enum hemo_error begin_room(struct analysis *a, struct failure *failure) {
    struct rules rules;
    enum hemo_error error = load_rules(&rules, a->options->rules, failure);
    if (error)
        return error;
    a->room = calloc(1, room_size());
    if (!a->room || !spectrum_init(&a->spectrum))
        return failure_set(failure, HEMO_NO_ROOM, "no memory for a room");
    struct wire_epoch_begin begin = {.stream = 1,
                                     .room = a->options->room,
                                     .why = WHY_FIRST,
                                     .epoch = offline_epoch,
                                     .case_number = offline_case,
                                     .first_tick = a->source.first_tick,
                                     .info = a->source.info};
    error = room_init(a->room, &rules);
    room_spectrum(a->room, &a->spectrum);
    if (!error)
        error = room_begin(a->room, &begin);
    if (error)
        return failure_set(failure, HEMO_BAD_FORMAT, "%s: %s", a->options->record,
                           hemo_error_text(error));
    return HEMO_OK;
}

static enum hemo_error open_all(struct analysis *a, struct failure *failure) {
    const struct options *o = a->options;
    struct record_source_config config = {.path = o->record,
                                          .from_s = o->from_s,
                                          .to_s = o->to_s,
                                          .signals = o->signals,
                                          .maps = o->maps,
                                          .maps_count = o->maps_count,
                                          .marks = o->marks,
                                          .ignore_checksums = o->ignore_checksums};
    enum hemo_error error = record_source_open(&a->source, &config, failure);
    if (error)
        return error;
    if (*record_source_note(&a->source) && !o->quiet)
        fprintf(stderr, "hemosim: note: %s\n", record_source_note(&a->source));
    if ((error = begin_room(a, failure)))
        return error;
    if (o->beats && (error = output_open(&a->beats, o->beats, failure)))
        return error;
    if (o->events && (error = output_open(&a->events, o->events, failure)))
        return error;
    results_init(&a->results, &(struct results_config){.info = a->source.info,
                                                       .events = a->events.file,
                                                       .lines = stdout,
                                                       .json = o->json});
    return HEMO_OK;
}

/* What the room refuses although the source made it is our bug or a mark that does not fit: say
 * so, never go on silently. */
static enum hemo_error use(struct analysis *a, const struct source_item *item,
                           struct failure *failure) {
    enum hemo_error error = HEMO_OK;
    if (item->kind == SOURCE_SAMPLES)
        error = room_push(a->room, &item->body.samples, results_event, &a->results);
    else if (item->kind == SOURCE_MARK)
        error = room_mark(a->room, &item->body.mark, results_event, &a->results);
    else if (item->kind == SOURCE_GAP)
        error = room_gap(a->room, &item->body.gap, results_event, &a->results);
    if (error)
        return failure_set(failure, error, "%s: at %.3f s: %s", a->options->record,
                           (double)item->next_tick / a->results.base_rate_hz,
                           hemo_error_text(error));
    if (a->results.out_of_memory)
        return failure_set(failure, HEMO_NO_ROOM, "no memory for the beats");
    return HEMO_OK;
}

static enum hemo_error run(struct analysis *a, const volatile sig_atomic_t *stop,
                           struct failure *failure) {
    struct source_item item;
    do {
        enum hemo_error error = a->source.next(a->source.state, &item, failure);
        if (!error && item.kind != SOURCE_END)
            error = use(a, &item, failure);
        if (error)
            return error;
        if (*stop)
            return failure_set(failure, HEMO_INTERRUPTED, "interrupted at %.1f s; nothing written",
                               (double)item.next_tick / a->results.base_rate_hz);
    } while (item.kind != SOURCE_END);
    room_end(a->room, results_event, &a->results);
    return HEMO_OK;
}

static enum hemo_error finish(struct analysis *a, double took_s, struct failure *failure) {
    const struct options *o = a->options;
    struct room_counts counts = room_counts(a->room);
    enum hemo_error error = HEMO_OK;
    if (a->beats.file) {
        results_beats(&a->results, a->beats.file);
        error = output_commit(&a->beats, failure);
    }
    if (!error && a->events.file)
        error = output_commit(&a->events, failure);
    if (error)
        return error;
    if (o->json)
        results_summary(&a->results, &counts, stdout);
    if (fflush(stdout) || ferror(stdout))
        return failure_set(failure, HEMO_DISK_FULL, "stdout: results cannot be written");
    double length_s = (double)(a->source.end_tick - a->source.first_tick) / a->results.base_rate_hz;
    if (!o->quiet)
        fprintf(stderr,
                "analyzed %.1f s, %u ch, %" PRIu64 " samples, %" PRIu64 " beats, %" PRIu64
                " findings in %.3f s: %.2f Msamples/s, digest %016" PRIx64 "\n",
                length_s, a->source.info.channels_count, counts.received,
                results_beats_kept(&a->results), a->results.findings, took_s,
                1e-6 * (double)counts.received / took_s, a->results.digest);
    return HEMO_OK;
}

enum hemo_error analyze_run(const struct options *options, const volatile sig_atomic_t *stop,
                            struct failure *failure) {
    struct analysis a = {.options = options};
    double began_s = now_s();
    enum hemo_error error = open_all(&a, failure);
    if (!error)
        error = run(&a, stop, failure);
    if (!error)
        error = finish(&a, fmax(1e-6, now_s() - began_s), failure);
    output_abort(&a.beats);
    output_abort(&a.events);
    results_free(&a.results);
    if (a.spectrum.plan)
        spectrum_close(&a.spectrum);
    free(a.room);
    if (a.source.close)
        a.source.close(a.source.state);
    return error;
}
