/* Administration: people, rooms, modes, rules of the detectors, settings. Each change is an audited
 * act of an administrator, and the database lets nobody else. */
#include "worklist/api.h"
#include "worklist/audit.h"
#include "worklist/cases.h"
#include "worklist/mode.h"
#include "worklist/outbox.h"
#include "worklist/say.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void bad(struct api_call *call, const char *what, const char *act) {
    api_error(call, &(struct api_problem){400, "BAD_REQUEST", what, "Nothing was changed.", act});
}

static bool audit(struct api_call *call, const char *what, const char *object, const char *after) {
    return audit_append(call->db, &(struct audit_entry){.who = call->user.name,
                                                        .what = what,
                                                        .object = object,
                                                        .before = "",
                                                        .after = after,
                                                        .place = "page"});
}

/* One text of one row; NULL on error. */
static char *one(struct api_call *call, const char *sql) {
    PGresult *r = db_query(call->db, sql, DB_NONE);
    char *text = r && PQntuples(r) == 1 ? strdup(PQgetvalue(r, 0, 0)) : NULL;
    PQclear(r);
    return text;
}

void api_users(struct api_call *call) {
    api_ok(call, one(call, "select json_build_object('users', coalesce(json_agg(json_build_object("
                           "'user', name, 'role', role, 'active', active, 'created_at', "
                           "iso(created_at)) order by name), '[]'::json)) from app_user"));
}

static void answer_user(struct api_call *call, const char *name, const char *password) {
    PGresult *r = db_query(call->db, "select role, active from app_user where name = $1", DB(name));
    if (r && PQntuples(r) == 1) {
        json_t *body = json_pack("{s:s, s:s, s:b}", "user", name, "role", db_text(r, 0, 0),
                                 "active", db_bool(r, 0, 1));
        if (password[0])
            json_object_set_new(body, "password", json_string(password));
        api_ok_json(call, body);
    } else {
        api_database_error(call);
    }
    PQclear(r);
}

void api_user_add(struct api_call *call) {
    char password[USER_PASSWORD], object[80];
    const char *name = json_get_text(call->body, "user"), *role = json_get_text(call->body, "role");
    snprintf(object, sizeof object, "user %.40s", name);
    switch (user_add(call->db, name, role, password)) {
    case USER_OK:
        if (audit(call, "user added", object, role))
            answer_user(call, name, password);
        else
            api_database_error(call);
        return;
    case USER_WRONG:
        bad(call, "The name or the role is not allowed.",
            "Want [a-z][a-z0-9._-]{0,31}; technologist, reader, validator, administrator or "
            "service.");
        return;
    case USER_EXISTS:
        api_error(call, &(struct api_problem){409, "CONFLICT", "This name is taken.",
                                              "Nothing was changed.", "Choose another name."});
        return;
    case USER_FAILED:
        api_database_error(call);
        return;
    }
}

/* What the body names is changed; the person's sessions end, so that nobody goes on with old
 * rights. */
static bool change_user(struct api_call *call, const char *name, char password[USER_PASSWORD]) {
    const json_t *b = call->body, *active = json_object_get(b, "active");
    const char *role = json_get_text(b, "role");
    char object[80], after[120];
    if (db_run(call->db,
               "update app_user set role = coalesce($2, role), active = coalesce($3::bool, active) "
               "where name = $1",
               DB(name, role,
                  !active                ? NULL
                  : json_is_true(active) ? "t"
                                         : "f")) != 1)
        return false;
    bool renewed = json_is_true(json_object_get(b, "new_password"));
    if (renewed && user_password(call->db, name, password) != USER_OK)
        return false;
    snprintf(object, sizeof object, "user %.40s", name);
    snprintf(after, sizeof after, "%s%s%s%s", role ? role : "", role && active ? ", " : "",
             !active                ? ""
             : json_is_true(active) ? "active"
                                    : "not active",
             renewed ? " new password" : "");
    return db_run(call->db, "delete from session where user_name = $1", DB(name)) >= 0 &&
           audit(call, "user changed", object, after);
}

void api_user_change(struct api_call *call) {
    char password[USER_PASSWORD] = "";
    const char *name = json_get_text(call->body, "user"), *role = json_get_text(call->body, "role");
    if (role && role_of(role) == 0) {
        bad(call, "There is no such role.",
            "Want technologist, reader, validator, administrator or service.");
        return;
    }
    PGresult *r = db_query(call->db, "select 1 from app_user where name = $1", DB(name));
    bool known = r && PQntuples(r) == 1;
    PQclear(r);
    if (r && !known)
        api_error(call, &(struct api_problem){404, "NOT_FOUND", "There is no such user.",
                                              "Nothing was changed.", "Reload the list."});
    else if (known && change_user(call, name, password))
        answer_user(call, name, password);
    else
        api_database_error(call);
}

void api_modes(struct api_call *call) {
    api_ok(call, mode_json(call->db));
}

void api_mode_set(struct api_call *call) {
    char text[300];
    const json_t *b = call->body;
    const struct mode_change change = {.room = json_get_int(b, "room", 0),
                                       .procedure = json_get_text(b, "procedure"),
                                       .mode = json_get_text(b, "mode"),
                                       .why = json_get_text(b, "why"),
                                       .by = call->user.name,
                                       .place = "page"};
    if (!mode_known(change.mode)) {
        bad(call, "There is no such mode.", "Want silent, assistive or integrated.");
        return;
    }
    if (!mode_set(call->db, &change)) {
        api_database_error(call);
        return;
    }
    snprintf(text, sizeof text, "%s is %s now: %.200s", change.room ? "the room" : "the lab",
             change.mode, change.why);
    call->notice = say_notice_text("MODE", change.room, text);
    call->rooms_changed = call->list_changed = true;
    api_ok(call, mode_json(call->db));
}

void api_room_add(struct api_call *call) {
    char object[40], after[80];
    int64_t room = json_get_int(call->body, "room", 0),
            stream = json_get_int(call->body, "stream", 0);
    snprintf(object, sizeof object, "room %lld", (long long)room);
    snprintf(after, sizeof after, "stream %lld", (long long)stream);
    if (!cases_room_add(call->db, room, stream, json_get_text(call->body, "name")) ||
        !audit(call, "room added", object, after)) {
        api_database_error(call);
        return;
    }
    call->rooms_changed = true;
    api_ok(call, cases_rooms(call->db));
}

void api_rules(struct api_call *call) {
    api_ok(call, one(call, "select json_build_object('rules', coalesce(json_agg(body order by "
                           "version desc), '[]'::json)) from rules_view"));
}

/* The file goes to hemod as a command: it parses it, applies it at a definite sample, or refuses.
 */
static bool send_rules(struct api_call *call, const char *text) {
    struct wire_frame *frame = calloc(1, sizeof *frame);
    if (!frame)
        abort();
    frame->kind = WIRE_RULES;
    frame->body.rules = (struct wire_rules){(uint32_t)strlen(text), text};
    bool ok = outbox_add(call->db, 0, frame);
    free(frame);
    return ok;
}

void api_rules_set(struct api_call *call) {
    const char *text = json_get_text(call->body, "text"), *why = json_get_text(call->body, "why");
    struct db_number version = db_int(json_get_int(call->body, "version", 0));
    char object[60];
    snprintf(object, sizeof object, "rules version %s", version.text);
    bool ok = send_rules(call, text) &&
              db_run(call->db,
                     "insert into rules (version, text, why, by_whom, command) select $1, $2, $3, "
                     "$4, max(id) from command where what = 'rules'",
                     DB(version.text, text, why, call->user.name)) == 1 &&
              audit(call, "rules", object, why);
    if (ok) {
        call->commands = true;
        api_ok(call, strdup("{\"pending\":true}"));
    } else if (db_unique_violation(call->db)) {
        api_error(call, &(struct api_problem){409, "CONFLICT", "This version is known already.",
                                              "Nothing was changed.", "Give it a higher number."});
    } else {
        api_database_error(call);
    }
}

static char *settings_json(struct api_call *call) {
    return one(call,
               "select json_build_object('settings', json_agg(json_build_object('name', name, "
               "'value', value, 'words', words) order by name)) from lab_setting");
}

void api_settings(struct api_call *call) {
    api_ok(call, settings_json(call));
}

void api_setting_set(struct api_call *call) {
    const char *name = json_get_text(call->body, "name"), *why = json_get_text(call->body, "why");
    struct db_number value = db_int(json_get_int(call->body, "value", 0));
    char object[80], after[260];
    long rows =
        db_run(call->db, "update lab_setting set value = $2 where name = $1", DB(name, value.text));
    snprintf(object, sizeof object, "setting %.40s", name);
    snprintf(after, sizeof after, "%s: %.200s", value.text, why);
    if (rows == 0)
        api_error(call, &(struct api_problem){404, "NOT_FOUND", "There is no such setting.",
                                              "Nothing was changed.", "Reload the list."});
    else if (rows == 1 && audit(call, "setting", object, after))
        api_ok(call, settings_json(call));
    else
        api_database_error(call);
}
