/* What a page that was opened just now must know of a room: marks that last, states that last. */
#include "worklist/api.h"
#include "worklist/mode.h"
#include "worklist/say.h"
#include "worklist/store.h"
#include <stdlib.h>
#include <string.h>

static char *marks_text(struct db *db, int64_t room) {
    PGresult *r = db_query(db,
                           "select coalesce(json_agg(body order by channel, kind), '[]'::json) "
                           "from room_mark_view where room = $1",
                           DB(db_int(room).text));
    char *text = r && PQntuples(r) == 1 ? strdup(PQgetvalue(r, 0, 0)) : NULL;
    PQclear(r);
    return text;
}

bool room_mark_keep(struct api_call *call, const struct stream_mark *mark, const char *kind,
                    const char *value) {
    long rows = db_run(
        call->db,
        "insert into room_mark (stream, epoch, room, channel, kind, value, by_whom) "
        "select stream, (body->>'epoch')::bigint, room, $2, $3, $4, $5 from room_view "
        "where room = $1 and (body->>'epoch')::bigint > 0 order by stream limit 1 "
        "on conflict (stream, epoch, channel, kind) do update set value = excluded.value, "
        "by_whom = excluded.by_whom, at = excluded.at",
        DB(db_int(call->number).text, db_int(mark->channel).text, kind, value, call->user.name));
    call->marks_changed = rows == 1;
    return rows == 1;
}

char *room_marks_message(struct db *db, int64_t room) {
    char *text = marks_text(db, room), *message = NULL;
    if (text && asprintf(&message, "{\"type\":\"marks\",\"room\":%lld,\"marks\":%s}",
                         (long long)room, text) < 0)
        message = NULL;
    free(text);
    return message;
}

/* A stored event as the WebSocket says it; NULL: not one that is said. */
static json_t *said(const char *hex, struct wire_frame *frame) {
    if (!store_frame(hex, WIRE_EVENT, frame))
        return NULL;
    char *text = say_event(&frame->body.event, 0, 0);
    json_t *out = text ? json_loads(text, 0, NULL) : NULL;
    free(text);
    return out;
}

/* States of the newest epoch that began and have not ended. */
static json_t *states_json(struct db *db, int64_t room) {
    PGresult *r = db_query(
        db,
        "select encode(frame, 'hex') from (select distinct on (v.channel, v.kind) v.frame, v.state "
        "from room_view r join event v on v.stream = r.stream and v.epoch = "
        "(r.body->>'epoch')::bigint and v.kind between 100 and 199 where r.room = $1 "
        "order by v.channel, v.kind, v.tick desc, v.position desc) s where state = 1",
        DB(db_int(room).text));
    struct wire_frame *frame = malloc(sizeof *frame);
    if (!r || !frame) {
        PQclear(r);
        free(frame);
        return NULL;
    }
    json_t *states = json_array();
    for (int i = 0; i < PQntuples(r); i++) {
        json_t *state = said(db_text(r, i, 0), frame);
        if (state)
            json_array_append_new(states, state);
    }
    PQclear(r);
    free(frame);
    return states;
}

/* Of the room's newest epoch; 0: none. */
static int64_t case_of(struct api_call *call) {
    PGresult *r = db_query(
        call->db,
        "select (body->>'case')::bigint from room_view where room = $1 order by stream limit 1",
        DB(db_int(call->number).text));
    int64_t number = r && PQntuples(r) == 1 ? db_number(r, 0, 0) : 0;
    PQclear(r);
    return number;
}

void api_room_now(struct api_call *call) {
    char *text = marks_text(call->db, call->number);
    json_t *marks = text ? json_loads(text, 0, NULL) : NULL;
    json_t *states = !marks ? NULL
                     : mode_silent_room(call->db, call->number, case_of(call))
                         ? json_array()
                         : states_json(call->db, call->number);
    free(text);
    if (states) {
        api_ok_json(call, json_pack("{s:o, s:o}", "marks", marks, "states", states));
        return;
    }
    json_decref(marks);
    api_database_error(call);
}
