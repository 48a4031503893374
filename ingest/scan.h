/* scan.h - the first pass of recovery: every byte of the journal checked, and where to begin the
 * second. */
#pragma once
#include "ingest/recover.h"

/* An epoch from which the second pass may begin. */
struct scan_epoch {
    uint64_t epoch;
    struct place at;    /* its StreamInfo, or its EpochBegin */
    struct place rules; /* the Rules in force there; segment 0: the defaults */
    uint64_t case_number; /* in force there, by the commands before it */
};

struct scan_stream {
    uint64_t case_number; /* in force, by the commands so far */
    uint64_t info_epoch, info_case;
    struct place info_at;
    /* EpochBegins behind the last one that is known to be processed: an EPOCH_BEGAN event of an
     * epoch says that all events of the epochs before it stand in the journal. The first of these
     * is where the replay begins. */
    struct scan_epoch epochs[RECOVER_EPOCHS];
    uint32_t epochs_count;
};

struct scan {
    struct reader reader;
    uint32_t first_segment, last_segment;
    struct place rules; /* of the last Rules seen */
    uint64_t first_position;
    bool event_seen;
    struct scan_stream streams[CONFIG_DEVICES_MAX];
};

/* HEMO_OK with r->found false: no journal yet. Fills r, lab->index, lab->commands, lab->epochs. */
enum hemo_error scan_journal(struct scan *s, struct recovery *r, struct lab *lab, char *why);
/* Where the second pass begins for the slot; false: nothing to replay. */
bool scan_start(const struct scan *s, uint32_t slot, struct scan_epoch *start);
