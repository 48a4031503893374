#include "sim/analyze_journal.h"
#include "detectors/station.h"
#include "sim/journal_stream.h"
#include "sim/offline.h"
#include "sim/output.h"
#include "sim/results.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Digests of events in order: of those that hemod said, or of those that come out now. */
struct said {
    uint64_t *digests;
    size_t count, room;
};

struct journal_run {
    const struct options *options;
    struct journal_stream stream;
    struct station station;
    struct spectrum spectrum;
    struct rules rules;
    uint64_t case_number, epochs;
    struct said then, now;
    struct results results;
    struct output beats, events;
    struct wire_frame packed; /* to compare events by their bytes on the wire */
    uint8_t bytes[WIRE_BYTES_MAX];
    bool out_of_memory;
};

static void keep(struct journal_run *r, struct said *said, const struct event *event) {
    size_t length = 0;
    uint64_t digest = 0xcbf29ce484222325u;
    wire_begin(&r->packed, WIRE_EVENT);
    r->packed.body.event = *event;
    if (wire_pack(&r->packed, r->bytes, sizeof r->bytes, &length))
        length = 0;
    for (size_t i = 0; i < length; i++)
        digest = (digest ^ r->bytes[i]) * 0x100000001b3u;
    if (said->count == said->room) {
        size_t room = said->room ? 2 * said->room : 4096;
        uint64_t *grown = realloc(said->digests, room * sizeof *grown);
        r->out_of_memory |= !grown;
        if (!grown)
            return;
        said->digests = grown;
        said->room = room;
    }
    said->digests[said->count++] = digest;
}

static void hear(void *context, const struct event *event) {
    struct journal_run *r = context;
    keep(r, &r->now, event);
    results_event(&r->results, event);
}

static void take_rules(struct journal_run *r) {
    const struct wire_rules *text = &r->stream.frame.body.rules;
    struct rules rules;
    int line;
    /* --rules asks what other rules would have said: those of the journal do not count then. */
    if (!r->options->rules && !rules_parse(text->text, text->length, &rules, &line))
        station_rules(&r->station, &rules);
}

static void take_case(struct journal_run *r, struct station_sink *sink) {
    const struct wire_frame *f = &r->stream.frame;
    uint64_t number = f->body.case_change.number;
    if (f->kind == WIRE_CASE_CLOSE)
        number = number == r->case_number ? 0 : r->case_number;
    if (number != r->case_number)
        station_end(&r->station, sink);
    r->case_number = number;
}

static void take_command(struct journal_run *r, struct station_sink *sink) {
    const struct wire_frame *f = &r->stream.frame;
    if (f->kind == WIRE_RULES)
        take_rules(r);
    else if (f->kind == WIRE_CASE_OPEN || f->kind == WIRE_CASE_CLOSE)
        take_case(r, sink);
    else if (f->kind == WIRE_MARK || f->kind == WIRE_CAPTURE)
        station_command(&r->station, f, sink);
}

static void take(struct journal_run *r) {
    struct station_sink sink = {hear, r};
    const struct wire_frame *f = &r->stream.frame;
    switch (r->stream.type) {
    case RECORD_FRAME:
        station_frame(&r->station, f, &sink);
        break;
    case RECORD_COMMAND:
        take_command(r, &sink);
        break;
    case RECORD_EVENT:
        keep(r, &r->then, &f->body.event);
        break;
    case RECORD_EPOCH:
        r->epochs++;
        r->case_number = f->body.epoch_begin.case_number;
        results_stream(&r->results, &f->body.epoch_begin.info);
        station_begin(&r->station, &f->body.epoch_begin, &sink);
        break;
    }
}

static enum hemo_error open_all(struct journal_run *r, struct failure *failure) {
    const struct options *o = r->options;
    struct journal_choice choice = {
        .path = o->journal, .stream = o->stream, .case_number = o->case_number};
    enum hemo_error error = journal_stream_open(&r->stream, &choice, failure);
    if (!error)
        error = offline_rules(&r->rules, o->rules, failure);
    if (error)
        return error;
    struct room *room = calloc(1, room_size());
    station_over(&r->station, room, r->stream.stream, r->stream.room);
    if (!room || !spectrum_init(&r->spectrum) || room_init(room, &r->rules))
        return failure_set(failure, HEMO_NO_ROOM, "no memory for a room");
    room_spectrum(room, &r->spectrum);
    if (o->beats && (error = output_open(&r->beats, o->beats, failure)))
        return error;
    if (o->events && (error = output_open(&r->events, o->events, failure)))
        return error;
    struct stream_info none = {.base_rate_numerator = 1, .base_rate_denominator = 1};
    results_init(&r->results, &(struct results_config){.info = none,
                                                       .events = r->events.file,
                                                       .lines = stdout,
                                                       .json = o->json});
    return HEMO_OK;
}

static enum hemo_error run(struct journal_run *r, const volatile sig_atomic_t *stop,
                           struct failure *failure) {
    enum hemo_error error;
    while (!(error = journal_stream_next(&r->stream, failure))) {
        take(r);
        if (r->out_of_memory || r->results.out_of_memory)
            return failure_set(failure, HEMO_NO_ROOM, "no memory for the events");
        if (*stop)
            return failure_set(failure, HEMO_INTERRUPTED, "interrupted; nothing written");
    }
    return error == HEMO_NOT_FOUND ? HEMO_OK : error;
}

/* Of what hemod said, how much came out again, at its place. */
static size_t same(const struct journal_run *r) {
    size_t n = 0;
    for (size_t i = 0; i < r->then.count && i < r->now.count; i++)
        n += r->then.digests[i] == r->now.digests[i];
    return n;
}

static void say(const struct journal_run *r) {
    struct room_counts counts = station_counts(&r->station);
    size_t kept = same(r);
    if (r->options->json) {
        printf("{\"type\":\"journal\",\"stream\":%u,\"room\":%u,\"epochs\":%" PRIu64
               ",\"said\":%zu,\"now\":%zu,\"same\":%zu,\"cut_bytes\":%" PRIu64 "}\n",
               r->stream.stream, r->stream.room, r->epochs, r->then.count, r->now.count, kept,
               r->stream.segments.cut_bytes);
        results_summary(&r->results, &counts, stdout);
    }
    if (r->options->quiet)
        return;
    fprintf(stderr,
            "journal: stream %u, room %u, %" PRIu64 " epochs, %" PRIu64 " samples, %zu events%s",
            r->stream.stream, r->stream.room, r->epochs, counts.received, r->now.count,
            kept == r->then.count && kept == r->now.count ? ", all as hemod said them\n" : "");
    if (kept != r->then.count || kept != r->now.count)
        fprintf(stderr, "; hemod said %zu, %zu of them the same\n", r->then.count, kept);
}

static enum hemo_error finish(struct journal_run *r, struct failure *failure) {
    enum hemo_error error = HEMO_OK;
    if (r->beats.file) {
        results_beats(&r->results, r->beats.file);
        error = output_commit(&r->beats, failure);
    }
    if (!error && r->events.file)
        error = output_commit(&r->events, failure);
    if (error)
        return error;
    say(r);
    if (fflush(stdout) || ferror(stdout))
        return failure_set(failure, HEMO_DISK_FULL, "stdout: results cannot be written");
    return HEMO_OK;
}

enum hemo_error analyze_journal_run(const struct options *options,
                                    const volatile sig_atomic_t *stop, struct failure *failure) {
    struct journal_run *r = calloc(1, sizeof *r);
    if (!r)
        return failure_set(failure, HEMO_NO_ROOM, "no memory for a journal");
    r->options = options;
    enum hemo_error error = open_all(r, failure);
    if (!error)
        error = run(r, stop, failure);
    if (!error)
        error = finish(r, failure);
    output_abort(&r->beats);
    output_abort(&r->events);
    results_free(&r->results);
    journal_stream_close(&r->stream);
    if (r->spectrum.plan)
        spectrum_close(&r->spectrum);
    free(r->station.room);
    free(r->then.digests);
    free(r->now.digests);
    free(r);
    return error;
}
