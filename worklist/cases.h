/* cases.h - rooms and cases: which study a room works for, and what people tell hemod about it.
 *
 * All calls run inside the caller's transaction; the commands for hemod are part of it (outbox.h).
 */
#pragma once
#include "proto/wire.h"
#include "worklist/db.h"
#include "worklist/hub.h"

enum cases_result {
    CASES_OK,
    CASES_NO_ROOM,   /* no such room: nobody configured it and hemod never announced it */
    CASES_NOT_HEARD, /* its feed has not connected yet: there is nothing to mark or capture */
    CASES_NO_STUDY,
    CASES_BUSY, /* the room, or the study, has an open case */
    CASES_NO_CASE,
    CASES_FAILED /* db->error */
};

/* Issues a case number and sends CaseOpen to each stream of the room. The feed need not have
 * connected: hemod keeps the case and its first epoch begins with it. Until hemod has the command,
 * the room's "pending" says so. */
enum cases_result cases_open(struct db *db, int64_t room, int64_t study, const char *user,
                             int64_t *number);
enum cases_result cases_close(struct db *db, int64_t room, const char *user);
/* Capture or Mark: the frame's target is set here, the first stream of the room. */
enum cases_result cases_tell(struct db *db, int64_t room, struct wire_frame *frame);

/* A stream belongs to that room, before it was ever heard. */
bool cases_room_add(struct db *db, int64_t room, int64_t stream, const char *name);

/* {"rooms":[Room]}; heap, NULL on error. */
char *cases_rooms(struct db *db);
char *cases_rooms_message(struct db *db); /* with "type":"rooms" */
/* {"type":"room", ...Room} of one stream; heap, NULL on error or unknown. */
char *cases_room_message(struct db *db, int64_t stream);
/* A "room" message for each stream of the room to every page. */
void cases_publish(struct db *db, struct hub *hub, int64_t room);
