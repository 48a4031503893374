/* agreement.h - drift.h over the database: groups of room, transducer, site and quantity. */
#pragma once
#include "worklist/db.h"
#include "worklist/drift.h"
#include "worklist/hub.h"

enum { AGREEMENT_GROUPS = 512, AGREEMENT_PAIRS = 20000 };

struct agreement_group {
    int64_t room, transducer;
    char site[16], quantity[32], words[64], unit[16], tripped_at[32];
    struct drift drift;
};

struct agreement {
    struct drift_limits limits;
    int count;
    struct agreement_group group[AGREEMENT_GROUPS];
};

/* Of one room, or all (0), since each group's last trip; the newest AGREEMENT_PAIRS. */
bool agreement_load(struct db *db, int64_t room, struct agreement *out);

/* Looks at rooms in which something was decided after `since` (microseconds since 1970, moved on);
 * past a limit the room falls back by one mode, audited, with a notice to the pages. How many fell
 * back; -1 on error. */
int agreement_watch(struct db *db, struct hub *hub, int64_t *since_us);
