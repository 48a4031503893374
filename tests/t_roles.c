/* Who may do what, twice: each call of the interface for each role, and each kind of statement for
 * each login role of the database. Not one that should be refused may succeed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "tests/api_world.h"

enum {
    T = ROLE_TECHNOLOGIST,
    R = ROLE_READER,
    V = ROLE_VALIDATOR,
    A = ROLE_ADMINISTRATOR,
    S = ROLE_SERVICE,
    APP = 32, /* worklistd itself */
    ALL = 63,
    ROLES = 6
};

static const char *const logins[ROLES] = {"hemo_technologist",  "hemo_reader",  "hemo_validator",
                                          "hemo_administrator", "hemo_service", "hemo_app"};

/* Each as the person "kim"; may: who changes or reads at least one row. */
static const struct {
    const char *sql;
    unsigned may;
} statements[] = {
    {"select n from audit limit 1", ALL},
    {"select id from measurement limit 1", ALL},
    {"select name, role from app_user limit 1", ALL},
    {"select password_hash from app_user limit 1", APP},
    {"select token_hash from session limit 1", APP},
    {"update session set user_name = 'ada'", APP},
    {"update audit set who = 'x'", 0},
    {"delete from audit", 0},
    {"truncate audit", 0},
    {"alter table audit disable trigger all", 0},
    {"drop table audit", 0},
    {"insert into audit values (999999, '', 'kim', '', '', '', '', '', sha256(''), sha256(''))",
     ALL},
    {"insert into audit values (999999, '', 'tom', '', '', '', '', '', sha256(''), sha256(''))",
     APP},
    {"update measurement set state = 'accepted', decided_by = 'kim', decided_at = now() where "
     "state = "
     "'suggested'",
     T | APP},
    {"update measurement set state = 'accepted', decided_by = 'tom', decided_at = now() where "
     "state = "
     "'suggested'",
     APP},
    {"update measurement set verified_by = 'kim', verified_at = now() where decided_by = 'tom'",
     R | APP},
    {"update measurement set verified_by = 'mia', verified_at = now() where decided_by = 'tom'",
     APP},
    {"update measurement set verified_by = 'tom', verified_at = now() where decided_by = 'tom'", 0},
    {"update measurement set current_values = '[]', amended_at = now(), decided_by = 'kim' where "
     "decided_by = 'tom'",
     T | R | APP},
    {"update measurement set machine_values = '[]'", 0},
    {"update measurement set case_number = case_number", 0},
    {"delete from measurement", 0},
    {"insert into event select sha256('x')::bytea, journal, position, kind, stream, epoch, "
     "case_number, "
     "room, site, channel, state, tick, at, frame from event limit 1",
     0}, /* its id has 16 bytes */
    {"delete from event", 0},
    {"update event set tick = 0", 0},
    {"insert into epoch select stream, epoch + 1, case_number, room, position, why, began_at, "
     "received_at, base_rate_hz, origin, speed_percent, name, channels, frame from epoch limit 1",
     APP},
    {"delete from epoch", 0},
    {"insert into study_move (study, from_tier, to_tier, pinned, read_by, reason, by_whom, "
     "version) "
     "values (1, 0, 0, false, now(), '', 'kim', 1)",
     T | R | S | APP},
    {"insert into study_move (study, from_tier, to_tier, pinned, read_by, reason, by_whom, "
     "version) "
     "values (1, 0, 0, false, now(), '', 'finding', 1)",
     APP},
    {"delete from study_move", 0},
    {"update study_move set reason = ''", 0},
    {"insert into lab_case (number, study, room) values (4711, 2, 9)", T | APP},
    {"update lab_case set study = 1", APP},
    {"insert into command (frame) values ('x')", T | A | APP},
    {"delete from command", 0},
    {"update study set acknowledged_by = 'mia' where id = 1", R | APP},
    {"update study set pinned = true where id = 1", T | R | S | APP},
    {"update study set patient_name = 'X' where id = 1", APP},
    {"delete from study", 0},
    {"insert into app_user (name, role, password_hash) values ('new', 'reader', '')", A | APP},
    {"update app_user set role = 'administrator' where name = 'kim'", A | APP},
    {"delete from app_user", 0},
    {"update lab_setting set value = 0", A},
    {"insert into request values ('kim', 'aaaaaaaa', '', now(), 200, '')", ALL},
    {"insert into request values ('tom', 'aaaaaaaa', '', now(), 200, '')", APP},
    {"insert into user_seen values ('kim', 'worklist', now())", T | R | V | A | APP},
    {"insert into user_seen values ('tom', 'worklist', now())", APP},
    {"insert into room_mark values (1, 9, 1, 1, 'flush', 'on', 'kim')", T | APP},
    {"update schema_migration set sha256 = ''", 0},
    {"create table mine (x int)", 0},
    {"set role hemo_owner", 0},
    {"set role hemo_super", 0},
};
enum { STATEMENTS = sizeof statements / sizeof statements[0] };

/* The connection of another login role of the cluster: its name stands twice in the address. */
static void login_as(struct db *db, const char *login) {
    char uri[512] = "";
    const char *at = t.cluster.app;
    for (const char *app; (app = strstr(at, "hemo_app")); at = app + strlen("hemo_app")) {
        size_t n = strlen(uri);
        snprintf(uri + n, sizeof uri - n, "%.*s%s", (int)(app - at), at, login);
    }
    size_t n = strlen(uri);
    snprintf(uri + n, sizeof uri - n, "%s", at);
    db_init(db, uri, "test");
    if (!db_ready(db))
        fail_msg("%s: %s", login, db->error);
}

static bool succeeds(struct db *db, const char *sql) {
    assert_true(db_do(db, "begin; set local hemo.person = 'kim'"));
    PGresult *r = db_query(db, sql, DB_NONE);
    bool rows = r && (PQntuples(r) > 0 || strtol(PQcmdTuples(r), NULL, 10) > 0 ||
                      PQcmdTuples(r)[0] == '\0');
    PQclear(r);
    assert_true(db_do(db, "rollback"));
    return rows;
}

static void the_database_refuses_by_role(void **state) {
    (void)state;
    char id[EVENT_ID_TEXT];
    struct seen seen = (suggest(id), look(id));
    assert_int_equal(decided(t.tom, id, "accept", &seen, ""), 200);
    suggest(id);
    int wrong = 0, unexpected = 0, refused = 0;
    for (int role = 0; role < ROLES; role++) {
        struct db db;
        login_as(&db, logins[role]);
        for (int i = 0; i < STATEMENTS; i++) {
            bool may = statements[i].may >> role & 1, did = succeeds(&db, statements[i].sql);
            if (may != did)
                printf("%s %s: %s (%s)\n", logins[role], did ? "could" : "could not",
                       statements[i].sql, db.error);
            wrong += may != did ? 1 : 0;
            unexpected += did && !may ? 1 : 0;
            refused += may ? 0 : 1;
        }
        db_close(&db);
    }
    printf("%d statements x %d login roles: %d to be refused, %d unexpected successes\n",
           STATEMENTS, ROLES, refused, unexpected);
    assert_int_equal(wrong, 0);
}

/* The role that a request runs under cannot be left by its own statements for one with more. */
static void a_request_has_its_role_only(void **state) {
    (void)state;
    assert_true(db_do(&t.app, "begin; set local role hemo_technologist"));
    assert_false(db_do(&t.app, "insert into app_user (name, role, password_hash) values ('x', "
                               "'reader', '')"));
    assert_true(db_do(&t.app, "rollback"));
    PGresult *r = db_query(&t.app,
                           "select count(*) from pg_roles where pg_has_role('hemo_app', oid, "
                           "'usage') and rolname like 'hemo%' and rolname <> 'hemo_app'",
                           DB_NONE);
    assert_int_equal(db_number(r, 0, 0), 0); /* nothing of theirs without becoming them */
    PQclear(r);
}

static void path_of(const struct api_route *route, char *out, size_t size) {
    size_t n = (size_t)snprintf(out, size, "%s ", route->method);
    for (const char *p = route->path; *p && n < size - 34; p++)
        n += (size_t)snprintf(out + n, size - n,
                              *p == '#'   ? "9999"
                              : *p == '@' ? "00000000000000000000000000000001"
                                          : "%c",
                              *p);
}

/* Every call for every role, and for nobody: 403 (401) where it may not, anything else where it
 * may. */
static void the_interface_refuses_by_role(void **state) {
    (void)state;
    static const char *const names[] = {"kim", "mia", "eva", "ada", "sys"};
    int unexpected = 0, wrong = 0, calls = 0;
    char call[200], token[USER_TOKEN];
    for (int i = 0; i < api_routes_count; i++) {
        const struct api_route *route = &api_routes[i];
        path_of(route, call, sizeof call);
        for (int role = 0; route->who != 0 && role < 6; role++, calls++) {
            token[0] = '\0';
            if (role < 5)
                assert_true(session_begin(&t.app, names[role], token));
            bool may = role < 5 && route->who >> role & 1;
            int status = status_of(token, call, "{}");
            bool refused = status == (role < 5 ? 403 : 401);
            unexpected += !may && !refused ? 1 : 0;
            if (may != !refused && ++wrong)
                printf("%s as %s: %d\n", call, role < 5 ? names[role] : "nobody", status);
        }
    }
    printf("%d calls of %d routes: %d unexpected successes\n", calls, api_routes_count, unexpected);
    assert_int_equal(wrong, 0);
}

/* No user is there until somebody makes one, and each password is its own. */
static void there_is_no_default_password(void **state) {
    (void)state;
    for (int i = 0; i < PEOPLE && t.people[i].name; i++)
        for (int k = 0; k < i; k++)
            assert_string_not_equal(t.people[i].password, t.people[k].password);
    assert_int_equal(cluster_count(&t.app, "select count(*) from app_user"), 7);
    static const char *const usual[] = {"admin", "hemo", "password", "", "ada", "demo"};
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        struct user user;
        assert_int_equal(user_check(&t.app, "ada", usual[i], &user), USER_WRONG);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_database_refuses_by_role),
        cmocka_unit_test(a_request_has_its_role_only),
        cmocka_unit_test(the_interface_refuses_by_role),
        cmocka_unit_test(there_is_no_default_password),
    };
    int code = world_open();
    if (code != 0)
        return code;
    code = cmocka_run_group_tests(tests, world_set_up, NULL);
    world_close();
    return code;
}
