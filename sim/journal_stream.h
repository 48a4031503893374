/* journal_stream.h - one stream of a journal, or one case of it: its frames, its case's commands,
 * and what hemod said.
 *
 *     struct journal_choice choice = {.path = "var/journal", .case_number = 41};
 *     error = journal_stream_open(&stream, &choice, &failure);
 *     while ((error = journal_stream_next(&stream, &failure)) == HEMO_OK) use(&stream.frame);
 *
 * stream.type tells the records apart; Rules come through whatever the stream and the case. Of a
 * case come the epochs that hemod gave it, with all that stands in them: nothing that was made
 * before it or after it. */
#pragma once
#include "proto/wire.h"
#include "sim/segments.h"

/* All zero but the path: the only stream, with all its cases. */
struct journal_choice {
    const char *path;
    uint32_t stream, room;
    uint64_t case_number;
};

struct journal_stream {
    struct segments segments;
    uint32_t stream, room;
    uint64_t case_number;
    bool inside; /* the epoch at hand is of the case */
    enum record_type type; /* of the record at hand */
    struct record record;  /* as it stands in the journal: until the next call */
    struct wire_frame frame;
};

/* HEMO_NOT_FOUND: no such stream or case; HEMO_BAD_CONFIG: several streams, and none was chosen. */
enum hemo_error journal_stream_open(struct journal_stream *stream,
                                    const struct journal_choice *choice, struct failure *failure);
/* HEMO_NOT_FOUND: the end, *failure is not set. */
enum hemo_error journal_stream_next(struct journal_stream *stream, struct failure *failure);
void journal_stream_rewind(struct journal_stream *stream);
void journal_stream_close(struct journal_stream *stream);
