#include "sim/record.h"
#include "sim/journal_source.h"
#include "sim/record_writer.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

static struct journal_choice choice_of(const struct options *o) {
    return (struct journal_choice){.path = o->journal,
                                   .stream = o->stream,
                                   .room = o->room,
                                   .case_number = o->case_number};
}

/* --- as a WFDB record ------------------------------------------------------------------------- */

/* Whole frames from the source's first tick on, so that every channel keeps its grid. */
static uint64_t tick_at(const struct source *source, double at_s) {
    double rate_hz = stream_base_rate_hz(&source->info);
    uint64_t step = 1;
    for (uint32_t c = 0; c < source->info.channels_count; c++)
        if (source->info.channels[c].ticks_per_sample > step)
            step = source->info.channels[c].ticks_per_sample;
    return source->first_tick + (uint64_t)llround(at_s * rate_hz) / step * step;
}

static enum hemo_error begin(struct record_writer *w, const struct source *source,
                             const struct options *o, struct failure *failure) {
    uint64_t from = tick_at(source, o->from_s);
    uint64_t to = isnan(o->to_s) ? source->end_tick : tick_at(source, o->to_s);
    if (from >= source->end_tick)
        return failure_set(failure, HEMO_BAD_CONFIG, "--from %g: it lasts %.1f s", o->from_s,
                           (double)(source->end_tick - source->first_tick) /
                               stream_base_rate_hz(&source->info));
    return record_writer_begin(w, &source->info, from, to, failure);
}

static enum hemo_error copy(struct record_writer *w, struct source *source,
                            const volatile sig_atomic_t *stop, struct failure *failure) {
    struct source_item item;
    do {
        enum hemo_error error = source->next(source->state, &item, failure);
        if (error)
            return error;
        record_writer_take(w, &item);
        if (*stop)
            return failure_set(failure, HEMO_INTERRUPTED, "interrupted; nothing written");
    } while (item.kind != SOURCE_END && !record_writer_failed(w));
    return HEMO_OK;
}

static enum hemo_error commit(struct record_writer *w, const struct options *o,
                              const struct source *source, struct failure *failure) {
    char comments[256], of_case[48] = "";
    if (o->case_number)
        snprintf(of_case, sizeof of_case, ", case %" PRIu64, o->case_number);
    snprintf(comments, sizeof comments, "# from a journal: device %s%s; marks in %.64s.marks.csv\n",
             *source->info.name ? source->info.name : "unknown", of_case, w->name);
    return record_writer_commit(w, comments, failure);
}

static enum hemo_error as_record(const struct options *o, const volatile sig_atomic_t *stop,
                                 struct failure *failure) {
    static const char *const none[] = {NULL};
    struct journal_choice choice = choice_of(o);
    struct record_writer w = {.window = NULL};
    struct source source;
    enum hemo_error error = journal_source_open(&source, &choice, failure);
    if (error)
        return error;
    if (*journal_source_note(&source) && !o->quiet)
        fprintf(stderr, "hemosim: note: %s\n", journal_source_note(&source));
    error = record_writer_open(&w, o->out, o->force, none, failure);
    if (!error)
        error = begin(&w, &source, o, failure);
    if (!error)
        error = copy(&w, &source, stop, failure);
    if (!error)
        error = commit(&w, o, &source, failure);
    if (!error && !o->quiet)
        fprintf(stderr, "wrote %s: %.1f s, %u ch, %" PRIu64 " frames, %zu marks\n", w.base,
                record_writer_seconds(&w), source.info.channels_count, w.frames, w.marks_count);
    if (!error && w.late && !o->quiet)
        fprintf(stderr, "hemosim: note: %" PRIu64 " samples came too late for it\n", w.late);
    record_writer_close(&w);
    source.close(source.state);
    return error;
}

/* --- as a journal ----------------------------------------------------------------------------- */

enum { SEGMENT = 1 };

struct cut {
    struct journal_stream stream;
    struct output output;
    uint64_t records, events, samples;
    uint8_t bytes[RECORD_HEADER + RECORD_PAYLOAD_MAX + RECORD_ALIGN];
};

static void write_record(struct cut *c) {
    const struct wire_frame *f = &c->stream.frame;
    struct record record = c->stream.record;
    struct segment_header header = {
        .number = SEGMENT, .journal = c->stream.segments.header.journal};
    uint8_t head[SEGMENT_HEADER];
    if (!c->records) {
        segment_header_write(&header, head);
        fwrite(head, 1, sizeof head, c->output.file);
    }
    record.segment = SEGMENT;
    record.position = c->records++;
    size_t size = record_write(&record, c->bytes, sizeof c->bytes);
    fwrite(c->bytes, 1, size, c->output.file);
    c->events += f->kind == WIRE_EVENT;
    if (f->kind == WIRE_SAMPLES)
        c->samples += (uint64_t)f->body.samples.channels * f->body.samples.count;
}

static enum hemo_error cut_run(struct cut *c, const volatile sig_atomic_t *stop,
                               struct failure *failure) {
    enum hemo_error error;
    while (!(error = journal_stream_next(&c->stream, failure)) && !ferror(c->output.file)) {
        write_record(c);
        if (*stop)
            return failure_set(failure, HEMO_INTERRUPTED, "interrupted; nothing written");
    }
    if (error && error != HEMO_NOT_FOUND)
        return error;
    return output_commit(&c->output, failure);
}

static enum hemo_error as_journal(const struct options *o, const volatile sig_atomic_t *stop,
                                  struct failure *failure) {
    static struct cut c; /* too large for a stack */
    struct journal_choice choice = choice_of(o);
    if (o->from_s > 0 || !isnan(o->to_s))
        return failure_set(failure, HEMO_BAD_CONFIG,
                           "a journal is cut by --case only (what hemod says depends on all that"
                           " came before; --from and --to want -o RECORD)");
    if (!o->force && !access(o->out, F_OK))
        return failure_set(failure, HEMO_BAD_CONFIG,
                           "%.200s exists (want another name, or --force)", o->out);
    enum hemo_error error = journal_stream_open(&c.stream, &choice, failure);
    if (!error)
        error = output_open(&c.output, o->out, failure);
    if (!error)
        error = cut_run(&c, stop, failure);
    if (!error && !o->quiet)
        fprintf(stderr, "wrote %s: %" PRIu64 " records, %" PRIu64 " samples, %" PRIu64 " events\n",
                o->out, c.records, c.samples, c.events);
    output_abort(&c.output);
    journal_stream_close(&c.stream);
    return error;
}

enum hemo_error record_run(const struct options *options, const volatile sig_atomic_t *stop,
                           struct failure *failure) {
    static const char suffix[] = ".journal";
    size_t length = strlen(options->out);
    bool journal = length >= sizeof suffix && !strcmp(options->out + length - 8, suffix);
    return journal ? as_journal(options, stop, failure) : as_record(options, stop, failure);
}
