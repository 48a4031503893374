#include "sim/journal_stream.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { STREAMS_MAX = 65536, WORDS = 160 };

/* The stream that a record is about; 0: all. */
static uint32_t about(const struct wire_frame *f) {
    switch (f->kind) {
    case WIRE_EVENT:
        return f->body.event.stream;
    case WIRE_EPOCH_BEGIN:
        return f->body.epoch_begin.stream;
    case WIRE_CASE_OPEN:
    case WIRE_CASE_CLOSE:
        return f->body.case_change.target_stream;
    case WIRE_CAPTURE:
        return f->body.capture.target_stream;
    case WIRE_MARK:
        return f->body.mark.target_stream ? f->body.mark.target_stream : f->stream;
    case WIRE_RULES:
        return 0;
    default:
        return f->stream;
    }
}

static enum hemo_error next_record(struct journal_stream *s, struct failure *failure) {
    enum hemo_error error = segments_next(&s->segments, &s->record, failure);
    if (error)
        return error;
    s->type = (enum record_type)s->record.type;
    error = wire_parse(&s->frame, s->record.payload, s->record.length);
    return error ? failure_set(failure, HEMO_CORRUPT, "journal: record %llu: %s",
                               (unsigned long long)s->record.position, hemo_error_text(error))
                 : HEMO_OK;
}

static bool wanted(struct journal_stream *s) {
    const struct wire_frame *f = &s->frame;
    uint32_t stream = about(f);
    if (f->kind == WIRE_RULES)
        return true;
    if (stream && stream != s->stream)
        return false;
    if (f->kind == WIRE_EPOCH_BEGIN)
        s->inside = f->body.epoch_begin.case_number == s->case_number;
    if (f->kind == WIRE_EVENT)
        return !s->case_number || f->body.event.case_number == s->case_number;
    /* A device repeats its case in each record; a client's command stands where it counts. */
    if (s->type == RECORD_FRAME)
        return !s->case_number || f->case_number == s->case_number;
    return !s->case_number || s->inside;
}

enum hemo_error journal_stream_next(struct journal_stream *stream, struct failure *failure) {
    enum hemo_error error;
    do
        error = next_record(stream, failure);
    while (!error && !wanted(stream));
    return error;
}

/* What a journal has: each stream that began an epoch, each case of the chosen one. */
struct survey {
    uint8_t seen[STREAMS_MAX / 8];
    char streams[WORDS], cases[WORDS];
    uint64_t last_case;
    int matching;   /* streams that are as was chosen */
    bool case_found;
};

__attribute__((format(printf, 2, 3))) static void say(char words[WORDS], const char *format, ...) {
    size_t used = strlen(words);
    va_list arguments;
    va_start(arguments, format);
    if (used < WORDS - 24) /* what does not fit whole is left out */
        vsnprintf(words + used, WORDS - used, format, arguments);
    va_end(arguments);
}

static void see_epoch(struct survey *y, struct journal_stream *s,
                      const struct journal_choice *choice) {
    const struct wire_epoch_begin *begin = &s->frame.body.epoch_begin;
    bool chosen = (!choice->stream || begin->stream == choice->stream) &&
                  (!choice->room || begin->room == choice->room);
    if (chosen && begin->case_number && begin->case_number != y->last_case) {
        y->last_case = begin->case_number;
        say(y->cases, "%s%llu", *y->cases ? ", " : "", (unsigned long long)begin->case_number);
    }
    y->case_found |= chosen && begin->case_number == choice->case_number;
    if (begin->stream >= STREAMS_MAX || (y->seen[begin->stream / 8] >> begin->stream % 8 & 1))
        return;
    y->seen[begin->stream / 8] |= (uint8_t)(1 << begin->stream % 8);
    say(y->streams, "%s%u (room %u)", *y->streams ? ", " : "", begin->stream, begin->room);
    if (!chosen)
        return;
    y->matching++;
    s->stream = begin->stream;
    s->room = begin->room;
}

static enum hemo_error judge(const struct survey *y, const struct journal_choice *choice,
                             struct failure *failure) {
    if (!*y->streams)
        return failure_set(failure, HEMO_NOT_FOUND, "journal: no stream in it");
    if (!y->matching && choice->stream)
        return failure_set(failure, HEMO_NOT_FOUND, "journal: no stream %u%s (it has %s)",
                           choice->stream, choice->room ? " in that room" : "", y->streams);
    if (!y->matching)
        return failure_set(failure, HEMO_NOT_FOUND, "journal: no room %u (it has %s)",
                           choice->room, y->streams);
    if (y->matching > 1)
        return failure_set(failure, HEMO_BAD_CONFIG, "journal: streams %s (want --stream N)",
                           y->streams);
    if (choice->case_number && !y->case_found)
        return failure_set(failure, HEMO_NOT_FOUND, "journal: no case %llu (it has %s)",
                           (unsigned long long)choice->case_number,
                           *y->cases ? y->cases : "none");
    return HEMO_OK;
}

enum hemo_error journal_stream_open(struct journal_stream *stream,
                                    const struct journal_choice *choice, struct failure *failure) {
    struct survey survey = {.matching = 0};
    stream->stream = stream->room = 0;
    stream->case_number = choice->case_number;
    enum hemo_error error = segments_open(&stream->segments, choice->path, failure);
    if (error)
        return error;
    while (!(error = next_record(stream, failure)))
        if (stream->frame.kind == WIRE_EPOCH_BEGIN)
            see_epoch(&survey, stream, choice);
    journal_stream_rewind(stream);
    return error == HEMO_NOT_FOUND ? judge(&survey, choice, failure) : error;
}

void journal_stream_rewind(struct journal_stream *stream) {
    segments_rewind(&stream->segments);
    stream->inside = false;
}

void journal_stream_close(struct journal_stream *stream) {
    segments_close(&stream->segments);
}
