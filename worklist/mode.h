/* mode.h - silent, assistive, integrated: what of the machine's work may leave worklistd.
 *
 * A mode holds for a room (0: all) and a procedure ("": all); the most exact one counts. The
 * database resolves it (mode_of, case_mode, study_mode of sql/009_modes.sql), so that every exit
 * asks the same rule. The exits: answers (api_route.c's column `silent`), WebSocket texts (say.c),
 * the order and its reasons (worklist.c), a room's states (api_room.c). Raw traces are not the
 * machine's work. */
#pragma once
#include "worklist/db.h"

/* Nothing that the machine made may be shown. Where the database does not answer: true. */
bool mode_silent_room(struct db *db, int64_t room, int64_t case_number);
bool mode_silent_case(struct db *db, int64_t case_number);
bool mode_silent_measurement(struct db *db, const char *id_hex);

struct mode_change {
    int64_t room;
    const char *procedure, *mode, *why, *by, *place;
};
bool mode_known(const char *mode);
/* Within the caller's transaction, with its audit row. The list follows within a second
 * (worklist_settle). */
bool mode_set(struct db *db, const struct mode_change *change);
/* "integrated" -> "assistive" -> "silent" -> NULL */
const char *mode_below(const char *mode);
/* {"modes":[...]}: the newest of each key. Heap, NULL on error. */
char *mode_json(struct db *db);
