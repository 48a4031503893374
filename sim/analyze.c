#include "sim/analyze.h"
#include "sim/analyze_journal.h"
#include "sim/offline.h"
#include "sim/output.h"
#include "sim/record_source.h"
#include "sim/results.h"
#include "sim/rule_change.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct analysis {
    const struct options *options;
    struct source source;
    struct offline offline, standing; /* standing: only with --rules */
    struct rule_change *change;
    struct results results;
    struct output beats, events;
};

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The same samples through the standing rules, to say what the changed ones would have done. */
static enum hemo_error open_standing(struct analysis *a, const struct offline_config *changed,
                                     struct failure *failure) {
    struct offline_config standing = *changed;
    struct rules now, then;
    standing.rules = a->options->standing;
    enum hemo_error error = offline_rules(&now, changed->rules, failure);
    if (!error)
        error = offline_rules(&then, standing.rules, failure);
    if (!error)
        error = offline_open(&a->standing, &a->source, &standing, failure);
    if (error)
        return error;
    if (!(a->change = calloc(1, sizeof *a->change)))
        return failure_set(failure, HEMO_NO_ROOM, "no memory to compare rules");
    a->change->base_rate_hz = stream_base_rate_hz(&a->source.info);
    a->change->first_tick = a->source.first_tick;
    a->change->changed.version = now.version;
    a->change->standing.version = then.version;
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
    struct offline_config run = {.name = o->record, .rules = o->rules, .room = o->room};
    if ((error = offline_open(&a->offline, &a->source, &run, failure)))
        return error;
    if (o->rules && (error = open_standing(a, &run, failure)))
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

static void hear(void *context, const struct event *event) {
    struct analysis *a = context;
    results_event(&a->results, event);
    if (a->change)
        rule_change_hear(&a->change->changed, event);
}

static void hear_standing(void *context, const struct event *event) {
    struct analysis *a = context;
    rule_change_hear(&a->change->standing, event);
}

static enum hemo_error run(struct analysis *a, const volatile sig_atomic_t *stop,
                           struct failure *failure) {
    struct source_item item;
    for (int i = 0; i < a->options->sets_count; i++) {
        enum hemo_error error =
            offline_type(&a->offline, a->options->sets[i], hear, a, failure);
        if (error)
            return error;
    }
    do {
        enum hemo_error error = a->source.next(a->source.state, &item, failure);
        if (!error)
            error = offline_use(&a->offline, &item, hear, a, failure);
        if (!error && a->change)
            error = offline_use(&a->standing, &item, hear_standing, a, failure);
        if (error)
            return error;
        if (a->results.out_of_memory)
            return failure_set(failure, HEMO_NO_ROOM, "no memory for the beats");
        if (*stop)
            return failure_set(failure, HEMO_INTERRUPTED, "interrupted at %.1f s; nothing written",
                               (double)item.next_tick / a->results.base_rate_hz);
    } while (item.kind != SOURCE_END);
    return HEMO_OK;
}

static enum hemo_error finish(struct analysis *a, double took_s, struct failure *failure) {
    const struct options *o = a->options;
    struct room_counts counts = room_counts(a->offline.room);
    enum hemo_error error = HEMO_OK;
    if (a->beats.file) {
        results_beats(&a->results, a->beats.file);
        error = output_commit(&a->beats, failure);
    }
    if (!error && a->events.file)
        error = output_commit(&a->events, failure);
    if (error)
        return error;
    if (a->change)
        rule_change_write(a->change, stdout, o->json);
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
    if (options->journal)
        return analyze_journal_run(options, stop, failure);
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
    offline_close(&a.offline);
    offline_close(&a.standing);
    free(a.change);
    if (a.source.close)
        a.source.close(a.source.state);
    return error;
}
