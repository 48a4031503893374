/* journal_stream.h - one stream of a journal: its frames, its case's commands, and what hemod said.
 *
 *     error = journal_stream_open(&stream, "var/journal", 0, &failure);   // 0: the only one
 *     while ((error = journal_stream_next(&stream, &failure)) == HEMO_OK) use(&stream.frame);
 *
 * stream.type tells the records apart; Rules come through whatever the stream. */
#pragma once
#include "proto/wire.h"
#include "sim/segments.h"

struct journal_stream {
    struct segments segments;
    uint32_t stream, room;
    enum record_type type; /* of the record at hand */
    struct wire_frame frame;
};

/* HEMO_NOT_FOUND: no such stream; HEMO_BAD_CONFIG: several, and none was chosen. */
enum hemo_error journal_stream_open(struct journal_stream *stream, const char *path,
                                    uint32_t number, struct failure *failure);
/* HEMO_NOT_FOUND: the end, *failure is not set. */
enum hemo_error journal_stream_next(struct journal_stream *stream, struct failure *failure);
void journal_stream_close(struct journal_stream *stream);
