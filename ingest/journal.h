/* journal.h - the durable file: records are appended to a buffer, a commit makes them durable.
 *
 *     error = journal_append(&journal, &record);      // HEMO_NO_ROOM: commit, then again
 *     error = journal_commit(&journal);               // one write, one fdatasync: all of it is
 * durable while (idle && journal_prepare(&journal, &error)) ; // makes the next segment ahead, in
 * steps
 *
 * Segments of config.segment_bytes, filled with zeros and synced before they are used, so that a
 * commit never changes a file's length. The next one is made under another name and renamed when
 * its header is durable. HEMO_DISK_FULL: nothing is lost, the same call may be tried again when
 * there is space. HEMO_IO: the state of the file is unknown; every later call fails too (a failed
 * fdatasync is never repeated: the kernel may have thrown the pages away); the caller must stop the
 * process. One thread. Heap at open only. */
#pragma once
#include "ingest/disk.h"
#include "ingest/place.h"
#include "proto/record.h"

enum { JOURNAL_BUFFER = 1 << 20, JOURNAL_STEP = 1 << 20 };

struct journal_config {
    struct disk disk;
    int folder;             /* open descriptor of the journal's folder; stays the caller's */
    uint32_t segment_bytes; /* at least SEGMENT_HEADER + the largest record; a multiple of 8 */
    uint64_t id;            /* the journal's id, below 2^53, never 0 */
};

struct journal {
    struct journal_config config;
    int fd, next_fd;      /* -1: none */
    uint32_t segment;     /* being written */
    uint32_t offset;      /* durable up to here */
    uint32_t used;        /* bytes waiting in the buffer */
    uint32_t next_filled; /* of the next segment */
    bool next_ready;
    uint64_t next_position; /* of the record after the last appended */
    enum hemo_error broken;
    int last_errno; /* of the last failure, for the message */
    uint64_t commits, bytes;
    uint8_t *buffer;
};

/* A new journal: makes segment 1. */
enum hemo_error journal_create(struct journal *j, const struct journal_config *config);
/* Goes on at `end`; bytes behind it are overwritten with zeros when `dirty`. What stands before it
 * is synced: it was read, which does not mean that it is on the disk. */
enum hemo_error journal_resume(struct journal *j, const struct journal_config *config,
                               struct place end, uint64_t next_position, bool dirty);
void journal_close(struct journal *j); /* does not commit */

/* Fills record->segment. record->position must be the next one. */
enum hemo_error journal_append(struct journal *j, struct record *record);
enum hemo_error journal_commit(struct journal *j);
/* One step of making the next segment; true while there is more to do. */
bool journal_prepare(struct journal *j, enum hemo_error *error);
struct place journal_durable(const struct journal *j);
