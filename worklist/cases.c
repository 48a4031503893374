#include "worklist/cases.h"
#include "worklist/outbox.h"
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STREAMS_MAX = 16 };

/* The streams of the room, configured or heard; -1 on error. */
static int streams_of(struct db *db, int64_t room, uint32_t out[STREAMS_MAX]) {
    PGresult *r =
        db_query(db, "select stream from room_stream where room = $1 order by stream limit 16",
                 DB(db_int(room).text));
    if (!r)
        return -1;
    int n = PQntuples(r);
    for (int i = 0; i < n; i++)
        out[i] = (uint32_t)db_number(r, i, 0);
    PQclear(r);
    return n;
}

static enum cases_result send_case(struct db *db, int64_t room, enum wire_kind kind,
                                   int64_t number) {
    uint32_t streams[STREAMS_MAX];
    int n = streams_of(db, room, streams);
    struct wire_frame *frame = calloc(1, sizeof *frame);
    bool ok = n > 0 && frame;
    for (int i = 0; ok && i < n; i++) {
        frame->kind = kind;
        frame->body.case_change = (struct wire_case){streams[i], (uint64_t)number};
        ok = outbox_add(db, room, frame);
    }
    free(frame);
    return ok ? CASES_OK : n == 0 ? CASES_NO_ROOM : CASES_FAILED;
}

static enum cases_result check_study(struct db *db, int64_t study) {
    PGresult *r =
        db_query(db,
                 "select s.status, exists (select from lab_case c where c.study = s.id and "
                 "c.closed_at is null) from study s where s.id = $1 for update of s",
                 DB(db_int(study).text));
    if (!r)
        return CASES_FAILED;
    enum cases_result result = PQntuples(r) != 1 || strcmp(db_text(r, 0, 0), "done") == 0
                                   ? CASES_NO_STUDY
                               : db_bool(r, 0, 1) ? CASES_BUSY
                                                  : CASES_OK;
    PQclear(r);
    return result;
}

static enum cases_result insert_case(struct db *db, const char *room, const char *study,
                                     const char *user, int64_t *number) {
    PGresult *r = db_query(
        db,
        "insert into lab_case (number, study, room, opened_by) select (nextval('case_counter') << "
        "32) | $4::bigint, $1, $2, $3 where not exists (select from lab_case where room = $2 and "
        "closed_at is null and number > 0) returning number",
        DB(study, room, user, db_int(randombytes_random()).text));
    if (!r)
        return db_unique_violation(db) ? CASES_BUSY : CASES_FAILED;
    bool made = PQntuples(r) == 1;
    *number = made ? db_number(r, 0, 0) : 0;
    PQclear(r);
    return made ? CASES_OK : CASES_BUSY;
}

enum cases_result cases_open(struct db *db, int64_t room, int64_t study, const char *user,
                             int64_t *number) {
    uint32_t streams[STREAMS_MAX];
    int n = streams_of(db, room, streams);
    if (n <= 0)
        return n == 0 ? CASES_NO_ROOM : CASES_FAILED;
    enum cases_result result = check_study(db, study);
    if (result == CASES_OK)
        result = insert_case(db, db_int(room).text, db_int(study).text, user, number);
    if (result != CASES_OK)
        return result;
    if (db_run(db, "update study set status = 'in_lab' where id = $1", DB(db_int(study).text)) != 1)
        return CASES_FAILED;
    return send_case(db, room, WIRE_CASE_OPEN, *number);
}

enum cases_result cases_close(struct db *db, int64_t room, const char *user) {
    (void)user;
    PGresult *r = db_query(db,
                           "update lab_case set closed_at = now() where room = $1 and closed_at is "
                           "null and number > 0 "
                           "returning number, study",
                           DB(db_int(room).text));
    if (!r)
        return CASES_FAILED;
    int64_t number = PQntuples(r) == 1 ? db_number(r, 0, 0) : 0;
    struct db_number study = db_int(number ? db_number(r, 0, 1) : 0);
    PQclear(r);
    if (number == 0)
        return CASES_NO_CASE;
    if (db_run(db, "update study set status = 'waiting' where id = $1 and status = 'in_lab'",
               DB(study.text)) < 0)
        return CASES_FAILED;
    return send_case(db, room, WIRE_CASE_CLOSE, number);
}

/* The stream of the room that was heard first by its number; 0: none yet, -1: error. */
static int64_t heard_stream(struct db *db, int64_t room) {
    PGresult *r = db_query(
        db, "select stream from room_view where room = $1 and heard order by stream limit 1",
        DB(db_int(room).text));
    int64_t stream = !r ? -1 : PQntuples(r) == 1 ? db_number(r, 0, 0) : 0;
    PQclear(r);
    return stream;
}

enum cases_result cases_tell(struct db *db, int64_t room, struct wire_frame *frame) {
    int64_t stream = heard_stream(db, room);
    if (stream <= 0)
        return stream == 0 ? CASES_NOT_HEARD : CASES_FAILED;
    if (frame->kind == WIRE_CAPTURE)
        frame->body.capture.target_stream = (uint32_t)stream;
    else
        frame->body.mark.target_stream = (uint32_t)stream;
    return outbox_add(db, room, frame) ? CASES_OK : CASES_FAILED;
}

bool cases_room_add(struct db *db, int64_t room, int64_t stream, const char *name) {
    return db_run(db,
                  "insert into room_stream (stream, room, name, configured) values ($1, $2, $3, "
                  "true) on conflict (stream) do update set room = $2, name = $3, configured = "
                  "true",
                  DB(db_int(stream).text, db_int(room).text, name)) == 1;
}

static char *one_text(PGresult *r) {
    char *text = r && PQntuples(r) == 1 ? strdup(PQgetvalue(r, 0, 0)) : NULL;
    PQclear(r);
    return text;
}

char *cases_rooms(struct db *db) {
    return one_text(
        db_query(db,
                 "select json_build_object('rooms', coalesce(json_agg(body order by room, stream), "
                 "'[]'::json)) from room_view",
                 DB_NONE));
}

char *cases_rooms_message(struct db *db) {
    char *rooms = cases_rooms(db), *message = NULL;
    if (rooms && asprintf(&message, "{\"type\":\"rooms\",%s", rooms + 1) < 0)
        message = NULL;
    free(rooms);
    return message;
}

char *cases_room_message(struct db *db, int64_t stream) {
    return one_text(db_query(
        db,
        "select jsonb_build_object('type', 'room') || body::jsonb from room_view where stream = $1",
        DB(db_int(stream).text)));
}

void cases_publish(struct db *db, struct hub *hub, int64_t room) {
    PGresult *r =
        db_query(db,
                 "select jsonb_build_object('type', 'room') || body::jsonb from room_view "
                 "where room = $1 order by stream",
                 DB(db_int(room).text));
    for (int i = 0; r && i < PQntuples(r); i++)
        hub_publish(hub, 0, false, strdup(PQgetvalue(r, i, 0)));
    PQclear(r);
}
