#include "worklist/mode.h"
#include "worklist/audit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const modes[] = {"silent", "assistive", "integrated"};
enum { MODES = sizeof modes / sizeof modes[0] };

static bool silent(PGresult *r) {
    bool shown = r && PQntuples(r) == 1 && strcmp(PQgetvalue(r, 0, 0), "silent") != 0;
    PQclear(r);
    return !shown;
}

bool mode_silent_room(struct db *db, int64_t room, int64_t case_number) {
    return silent(db_query(db,
                           "select mode_of($1, coalesce((select s.procedure from lab_case c join "
                           "study s on s.id = c.study where c.number = $2 and c.number > 0), ''))",
                           DB(db_int(room).text, db_int(case_number).text)));
}

bool mode_silent_case(struct db *db, int64_t case_number) {
    return silent(db_query(db, "select case_mode($1)", DB(db_int(case_number).text)));
}

bool mode_silent_measurement(struct db *db, const char *id_hex) {
    return silent(
        db_query(db, "select case_mode(case_number) from measurement where id = decode($1, 'hex')",
                 DB(id_hex)));
}

static int index_of(const char *mode) {
    for (int i = 0; i < MODES; i++)
        if (strcmp(mode, modes[i]) == 0)
            return i;
    return -1;
}

bool mode_known(const char *mode) {
    return index_of(mode) >= 0;
}

const char *mode_below(const char *mode) {
    int i = index_of(mode);
    return i > 0 ? modes[i - 1] : NULL;
}

bool mode_set(struct db *db, const struct mode_change *c) {
    char object[120], before[32] = "", after[300];
    PGresult *r = db_query(db, "select mode_of($1, $2)", DB(db_int(c->room).text, c->procedure));
    if (!r)
        return false;
    snprintf(before, sizeof before, "%s", PQgetvalue(r, 0, 0));
    PQclear(r);
    snprintf(object, sizeof object, "mode of room %lld %s", (long long)c->room, c->procedure);
    snprintf(after, sizeof after, "%s: %s", c->mode, c->why);
    return db_run(db,
                  "insert into lab_mode (room, procedure, mode, why, by_whom) values ($1, $2, $3, "
                  "$4, $5)",
                  DB(db_int(c->room).text, c->procedure, c->mode, c->why, c->by)) == 1 &&
           audit_append(db, &(struct audit_entry){.who = c->by,
                                                  .what = "mode",
                                                  .object = object,
                                                  .before = before,
                                                  .after = after,
                                                  .place = c->place});
}

char *mode_json(struct db *db) {
    PGresult *r = db_query(db,
                           "select json_build_object('modes', json_agg(body order by room, "
                           "procedure)) from mode_view",
                           DB_NONE);
    char *text = r ? strdup(PQgetvalue(r, 0, 0)) : NULL;
    PQclear(r);
    return text;
}
