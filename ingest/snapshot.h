/* snapshot.h - the state of a station as a file: a restart need not play a long epoch again.
 *
 * The worker copies a station into a box (snapshot_take) and sends an empty event behind the events
 * that it gave so far; when the writer comes to that, all of them are in the journal, and durable
 * with its next commit: then it writes the file (snapshot_write). A box holds one station; while it
 * is full no other is taken.
 *
 * A snapshot is a help, never a truth: it is written without a sync, and is used only if its
 * checksum is right, it is of this journal, of the epoch that is played again, and of this very
 * program (a checksum of its file: another build may reckon otherwise). Else the journal is played
 * from the epoch's beginning, as it would be without. What it stands for is named by the stream's
 * own numbers: every record of the epoch below next_sequence, and the first `commands` commands
 * since its beginning. */
#pragma once
#include "ingest/station.h"
#include <stdatomic.h>

enum { SNAPSHOT_NAME = 32 };

struct snapshot_box {
    _Atomic int full;
    struct station station; /* its room is the copy below */
    struct room *room;
};

enum hemo_error snapshot_box_init(struct snapshot_box *box);
void snapshot_box_close(struct snapshot_box *box);
/* Worker: true when the box was empty and holds the station now. */
bool snapshot_take(struct snapshot_box *box, const struct station *station);
/* Writer: puts it into the folder and empties the box. A failure costs the snapshot only. */
bool snapshot_write(struct snapshot_box *box, int folder, uint64_t journal, uint32_t program);

/* Recovery: the station as it stands in the file, its room's memory and plan kept. False: none that
 * may be used; the station is as it was. */
struct snapshot_want {
    uint64_t journal, epoch;
    uint32_t program, stream;
};
/* Only *next_sequence and *commands, checked; the state is left alone. */
bool snapshot_look(int folder, const struct snapshot_want *want, uint64_t *next_sequence,
                   uint32_t *commands);
bool snapshot_load(int folder, const struct snapshot_want *want, struct station *station,
                   const struct spectrum *spectrum);
/* Of the file that this process runs; 0: unknown, no snapshots. */
uint32_t snapshot_program(void);
