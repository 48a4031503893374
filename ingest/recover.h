/* recover.h - read the journal from its beginning and be again what this process was.
 *
 *     error = recover(&recovery, &lab, folder, why);  // no thread runs yet
 *
 * First pass, over everything: checksums, positions without a hole, the index, the numbers that go
 * on counting. A torn tail of the last segment is cut and counted; a damaged record anywhere else
 * stops the start with HEMO_CORRUPT and a line that says where: nothing is skipped, nothing is
 * repaired silently. Second pass, over the epochs that are open: the same records pass through the
 * same stations as in the workers. Events that come out and stand in the journal already (by id)
 * are done; what is left was lost by the crash between frame and event and is handed to `missing`,
 * in order, to be journalled again under the same ids. Where there is a snapshot of the epoch, the
 * records that it stands for only pass by. */
#pragma once
#include "ingest/lab.h"
#include "ingest/reader.h"

enum { RECOVER_WHY = 400, RECOVER_EPOCHS = 64 };

struct recover_missing {
    struct event *events;
    uint32_t count, capacity;
};

struct recovery {
    /* results */
    bool found; /* there is a journal */
    struct place end;
    bool dirty; /* bytes behind the end must be overwritten */
    uint64_t next_position, next_event, records, cut_bytes, snapshots;
    uint32_t program; /* of this process, for snapshots */
    struct recover_missing missing;
};

/* `why` is one line for a person, the journal's folder by its name in the configuration. */
enum hemo_error recover(struct recovery *r, struct lab *lab, int folder, char why[RECOVER_WHY]);
void recover_close(struct recovery *r);
