#include "sim/journal_stream.h"
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
    struct record record;
    enum hemo_error error = segments_next(&s->segments, &record, failure);
    if (error)
        return error;
    s->type = (enum record_type)record.type;
    error = wire_parse(&s->frame, record.payload, record.length);
    return error ? failure_set(failure, HEMO_CORRUPT, "journal: record %llu: %s",
                               (unsigned long long)record.position, hemo_error_text(error))
                 : HEMO_OK;
}

enum hemo_error journal_stream_next(struct journal_stream *stream, struct failure *failure) {
    enum hemo_error error;
    do
        error = next_record(stream, failure);
    while (!error && about(&stream->frame) && about(&stream->frame) != stream->stream);
    return error;
}

/* Every stream that began an epoch. */
static enum hemo_error survey(struct journal_stream *s, uint32_t number, char words[WORDS],
                              struct failure *failure) {
    uint8_t seen[STREAMS_MAX / 8] = {0};
    size_t used = 0;
    int count = 0;
    enum hemo_error error;
    while (!(error = next_record(s, failure))) {
        const struct wire_epoch_begin *begin = &s->frame.body.epoch_begin;
        if (s->frame.kind != WIRE_EPOCH_BEGIN || begin->stream >= STREAMS_MAX ||
            (seen[begin->stream / 8] >> begin->stream % 8 & 1))
            continue;
        seen[begin->stream / 8] |= (uint8_t)(1 << begin->stream % 8);
        if (used < WORDS - 24)
            used += (size_t)snprintf(words + used, WORDS - used, "%s%u (room %u)",
                                     count ? ", " : "", begin->stream, begin->room);
        if (!count++ || begin->stream == number) {
            s->stream = begin->stream;
            s->room = begin->room;
        }
    }
    if (error != HEMO_NOT_FOUND)
        return error;
    if (!count)
        return failure_set(failure, HEMO_NOT_FOUND, "journal: no stream in it");
    if (number && s->stream != number)
        return failure_set(failure, HEMO_NOT_FOUND, "journal: no stream %u (it has %s)", number,
                           words);
    if (!number && count > 1)
        return failure_set(failure, HEMO_BAD_CONFIG, "journal: streams %s (want --stream N)",
                           words);
    return HEMO_OK;
}

enum hemo_error journal_stream_open(struct journal_stream *stream, const char *path,
                                    uint32_t number, struct failure *failure) {
    char words[WORDS] = "";
    stream->stream = stream->room = 0;
    enum hemo_error error = segments_open(&stream->segments, path, failure);
    if (!error)
        error = survey(stream, number, words, failure);
    segments_rewind(&stream->segments);
    return error;
}

void journal_stream_close(struct journal_stream *stream) {
    segments_close(&stream->segments);
}
