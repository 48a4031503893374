/* Confirming: what was seen is what is decided, once, by whom it may be, with its audit row;
 * through the interface's own functions and a real database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "tests/api_world.h"

enum { CLIENTS = 64, ITEMS = 20 };

static void each_decision_leaves_its_mark(void **state) {
    (void)state;
    char id[EVENT_ID_TEXT];
    int64_t audit = cluster_count(&t.app, "select count(*) from audit");
    struct seen first = (suggest(id), look(id));
    assert_string_equal(first.state, "suggested");
    assert_int_equal(decided(t.kim, id, "adjust", &first,
                             ",\"values\":{\"systolic\":125.04},\"reason\":\"whip\""),
                     200);
    struct seen second = look(id);
    assert_string_equal(second.state, "adjusted");
    assert_true(second.version == 2 && strcmp(first.digest, second.digest) != 0);
    assert_float_equal(second.systolic, 125, 1e-9);
    assert_int_equal(decided(t.kim, id, "undo", &second, ""), 200);
    struct seen third = look(id);
    assert_float_equal(third.systolic, 121.3, 1e-9);
    assert_int_equal(decided(t.kim, id, "reject", &third, ",\"reason\":\"ectopy\""), 200);
    assert_string_equal(look(id).state, "rejected");
    assert_int_equal(cluster_count(&t.app, "select count(*) from audit"), audit + 4); /* inferred */
    assert_int_equal(audit_verify(&t.app, NULL).result, AUDIT_WHOLE);
    assert_int_equal(
        cluster_count(&t.app,
                      "select count(*) from measurement where machine_values like '%121.3%'"),
        cluster_count(&t.app, "select count(*) from measurement"));
}

static void only_what_was_seen_can_be_decided(void **state) {
    (void)state;
    char id[EVENT_ID_TEXT];
    struct seen seen = (suggest(id), look(id)), wrong = seen;
    wrong.version = 2;
    assert_int_equal(decided(t.kim, id, "accept", &wrong, ""), 409);
    wrong = seen;
    wrong.digest[0] = wrong.digest[0] == 'a' ? 'b' : 'a';
    assert_int_equal(decided(t.kim, id, "accept", &wrong, ""), 409);
    assert_int_equal(decided(t.kim, id, "undo", &seen, ""), 409);
    assert_int_equal(decided(t.kim, id, "accept", &seen, ""), 200);
    assert_int_equal(decided(t.kim, id, "accept", &seen, ""), 409);
    struct seen now = look(id);
    assert_int_equal(decided(t.tom, id, "undo", &now, ""), 403);
    assert_int_equal(decided(t.mia, id, "undo", &now, ""), 403);
    assert_int_equal(decided(t.kim, "00000000000000000000000000000001", "accept", &seen, ""), 404);
    struct api_answer answer = decide(t.tom, id, "reject", &seen, ",\"reason\":\"other\"");
    json_t *body = json_loads(answer.body, 0, NULL);
    assert_string_equal(json_get_text(json_object_get(body, "now"), "by"), "kim");
    const char *what = json_get_text(json_object_get(body, "error"), "what");
    assert_non_null(strstr(what, "accepted by kim now (systolic 121.3, diastolic 71.0"));
    json_decref(body);
    free(answer.body);
}

/* Signed by a second person with the password again; then only an amendment, signed anew. */
static void verified_by_another_person(void **state) {
    (void)state;
    char id[EVENT_ID_TEXT], mia[80], leo[80], sql[200];
    snprintf(mia, sizeof mia, ",\"password\":\"%s\"", t.people[2].password);
    snprintf(leo, sizeof leo, ",\"password\":\"%s\"", t.people[3].password);
    const struct {
        const char *what, *token, *verb, *more;
        int status;
    } cases[] = {
        {"nothing to verify yet", t.mia, "verify", mia, 409},
        {"adjusted", t.kim, "adjust", ",\"values\":{\"mean\":95}", 200},
        {"a technologist signs nothing", t.kim, "verify", mia, 403},
        {"a wrong password", t.mia, "verify", leo, 403},
        {"no password", t.mia, "verify", "", 400},
        {"not verified: nothing to amend", t.mia, "amend",
         ",\"values\":{\"mean\":95},\"reason\":\"x\"", 409},
        {"verified", t.mia, "verify", mia, 200},
        {"twice", t.leo, "verify", leo, 409},
        {"locked for undo", t.kim, "undo", "", 409},
        {"locked for reject", t.tom, "reject", ",\"reason\":\"other\"", 409},
        {"amended without a reason", t.mia, "amend", ",\"values\":{\"mean\":96}", 400},
        {"amended", t.mia, "amend", ",\"values\":{\"mean\":96},\"reason\":\"typing error\"", 200},
        {"not by who amended", t.mia, "verify", mia, 403},
        {"an amended value is not undone", t.kim, "undo", "", 409},
        {"verified by another", t.leo, "verify", leo, 200},
    };
    suggest(id);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seen seen = look(id);
        int status = decided(cases[i].token, id, cases[i].verb, &seen, cases[i].more);
        if (status != cases[i].status)
            fail_msg("%s: %d (want %d)", cases[i].what, status, cases[i].status);
    }
    snprintf(sql, sizeof sql,
             "select count(*) from audit where object = 'measurement %s' and what in "
             "('adjust', 'verify', 'amend', 'verify')",
             id);
    assert_int_equal(cluster_count(&t.app, sql), 4);
    /* even worklistd's own role changes a verified row by an amendment only */
    assert_false(
        db_do(&t.app, "update measurement set reason = 'x' where verified_at is not null"));
    assert_non_null(strstr(t.app.error, "amendment"));
    assert_false(db_do(&t.app,
                       "update measurement set amended_at = now(), verified_by = decided_by "
                       "where verified_at is not null"));
}

static void a_repeat_gets_the_first_answer(void **state) {
    (void)state;
    char id[EVENT_ID_TEXT], other[EVENT_ID_TEXT];
    struct seen seen = (suggest(id), look(id));
    struct api_answer first =
        decide(t.kim, id, "accept", &seen, ",\"request_id\":\"the-same-one\"");
    struct api_answer again =
        decide(t.kim, id, "accept", &seen, ",\"request_id\":\"the-same-one\"");
    assert_int_equal(first.status, 200);
    assert_int_equal(again.status, 200);
    assert_string_equal(first.body, again.body);
    free(first.body);
    free(again.body);
    struct seen another = (suggest(other), look(other));
    assert_int_equal(decided(t.kim, other, "accept", &another, ",\"request_id\":\"the-same-one\""),
                     409);
    assert_string_equal(look(other).state, "suggested");
    assert_int_equal(decided(t.tom, other, "accept", &another, ",\"request_id\":\"the-same-one\""),
                     200);
}

/* What the machine concluded, who was shown it, who looked at a study, who took something away. */
static void looking_is_written_down(void **state) {
    (void)state;
    char id[EVENT_ID_TEXT], call[100], sql[300];
    suggest(id);
    const char *const wanted[][2] = {{"inference", "hemod"}, {"shown", "kim"}, {"shown", "mia"}};
    for (int i = 0; i < 2; i++) { /* twice, and once written */
        assert_int_equal(status_of(t.kim, "GET /api/cases/77/measurements", ""), 200);
        assert_int_equal(status_of(t.mia, "GET /api/cases/77/measurements", ""), 200);
    }
    for (size_t i = 0; i < 3; i++) {
        snprintf(
            sql, sizeof sql,
            "select count(*) from audit where object = 'measurement %s' and what = '%s' and who "
            "= '%s' and after like '%%digest%%' and after not like '%%121%%'",
            id, wanted[i][0], wanted[i][1]);
        if (cluster_count(&t.app, sql) != 1)
            fail_msg("%s", sql);
    }
    snprintf(call, sizeof call, "GET /api/studies/%lld/history", (long long)t.study);
    assert_int_equal(status_of(t.mia, call, ""), 200);
    assert_int_equal(cluster_count(&t.app,
                                   "select count(*) from audit where what = 'view' and object "
                                   "= 'study 2' and who in ('kim', 'mia')"),
                     2);
    assert_int_equal(status_of(t.kim, "POST /api/exported",
                               "{\"what\":\"case sheet, print\",\"object\":\"case "
                               "77\",\"request_id\":\"export-01\"}"),
                     200);
    assert_int_equal(cluster_count(&t.app,
                                   "select count(*) from audit where what = 'export' and who "
                                   "= 'kim' and object = 'case 77'"),
                     1);
}

static void values_out_of_range_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *values;
        int status;
    } cases[] = {
        {"{\"systolic\":331}", 400},
        {"{\"systolic\":-21}", 400},
        {"{\"edp\":10}", 400},
        {"{\"nothing\":1}", 400},
        {"{}", 400},
        {"{\"systolic\":\"9\"}", 400},
        {"{\"systolic\":null}", 400},
        {"[]", 400},
        {"{\"systolic\":330}", 200},
    };
    char id[EVENT_ID_TEXT], more[100];
    struct seen seen = (suggest(id), look(id));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(more, sizeof more, ",\"values\":%s", cases[i].values);
        int status = decided(t.kim, id, "adjust", &seen, more);
        if (status != cases[i].status)
            fail_msg("%s: %d (want %d)", cases[i].values, status, cases[i].status);
    }
}

struct client {
    pthread_t thread;
    char (*ids)[EVENT_ID_TEXT];
    const struct seen *seen;
    int number, wins, refused, told;
};

static void *race(void *context) {
    struct client *c = context;
    struct db db;
    db_init(&db, t.cluster.app, "race");
    for (int i = 0; i < ITEMS; i++) {
        int at = (i + c->number) % ITEMS;
        char path[100], body[300];
        snprintf(path, sizeof path, "POST /api/measurements/%s/accept", c->ids[at]);
        snprintf(body, sizeof body,
                 "{\"version\":1,\"digest\":\"%s\",\"request_id\":\"race-%d-%d-x\"}",
                 c->seen[at].digest, c->number, at);
        struct api_answer answer = ask(&db, c->number % 2 ? t.kim : t.tom, path, body);
        while (answer.status == 503) { /* a busy server: the same request again is the same act */
            free(answer.body);
            answer = ask(&db, c->number % 2 ? t.kim : t.tom, path, body);
        }
        c->wins += answer.status == 200 ? 1 : 0;
        c->refused += answer.status == 409 ? 1 : 0;
        bool who = strstr(answer.body, "accepted by kim now (systolic 121.3") ||
                   strstr(answer.body, "accepted by tom now (systolic 121.3");
        c->told += answer.status == 409 && who && strstr(answer.body, "\"now\":{") ? 1 : 0;
        free(answer.body);
    }
    db_close(&db);
    return NULL;
}

static void clients_have_twenty_winners(void **state) {
    (void)state;
    static char ids[ITEMS][EVENT_ID_TEXT];
    struct seen seen[ITEMS];
    struct client clients[CLIENTS];
    int wins = 0, refused = 0, told = 0;
    int64_t audit = cluster_count(&t.app, "select count(*) from audit where what = 'accept'");
    for (int i = 0; i < ITEMS; i++)
        seen[i] = (suggest(ids[i]), look(ids[i]));
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){.ids = ids, .seen = seen, .number = i};
        assert_int_equal(pthread_create(&clients[i].thread, NULL, race, &clients[i]), 0);
    }
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(clients[i].thread, NULL);
        wins += clients[i].wins;
        refused += clients[i].refused;
        told += clients[i].told;
    }
    printf("%d clients, %d items: %d winners, %d refused\n", CLIENTS, ITEMS, wins, refused);
    assert_int_equal(wins, ITEMS);
    assert_int_equal(refused, CLIENTS * ITEMS - ITEMS);
    assert_int_equal(cluster_count(&t.app, "select count(*) from audit where what = 'accept'"),
                     audit + ITEMS);
    assert_int_equal(told, refused); /* each loser who won, and with what */
    assert_int_equal(audit_verify(&t.app, NULL).result, AUDIT_WHOLE);
}

static void roles_origins_and_types_are_checked(void **state) {
    (void)state;
    char accept[100], id[EVENT_ID_TEXT];
    snprintf(accept, sizeof accept, "POST /api/measurements/%s/accept", suggest(id));
    const struct {
        const char *what, *token, *call, *body;
        int status;
    } cases[] = {
        {"nobody reads", "", "GET /api/studies", "", 401},
        {"a made-up cookie", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "GET /api/studies", "",
         401},
        {"a reader reads", t.mia, "GET /api/studies", "", 200},
        {"a reader accepts nothing", t.mia, accept, "{}", 403},
        {"a technologist acknowledges nothing", t.kim, "POST /api/studies/1/acknowledge", "{}",
         403},
        {"a technologist ends no study", t.kim, "POST /api/studies/1/done", "{}", 403},
        {"a reader opens no case", t.mia, "POST /api/rooms/1/case", "{}", 403},
        {"a reader closes no case", t.mia, "DELETE /api/rooms/1/case", "{}", 403},
        {"a reader adds no study", t.mia, "POST /api/studies", "{}", 403},
        {"missing fields", t.kim, accept, "{}", 400},
        {"a body that is no JSON", t.kim, accept, "{", 400},
        {"an unknown study", t.mia, "POST /api/studies/4711/acknowledge",
         "{\"request_id\":\"12345678\"}", 404},
        {"a number too large", t.kim, "GET /api/cases/99999999999999999/measurements", "", 404},
        {"an id too short", t.kim, "GET /api/measurements/abc/strip", "", 404},
        {"no such call", t.kim, "GET /api/other", "", 404},
        {"no such method", t.kim, "DELETE /api/studies", "", 405},
        {"a room never heard", t.kim, "POST /api/rooms/9/case",
         "{\"study\":1,\"request_id\":\"12345679\"}", 404},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int status = status_of(cases[i].token, cases[i].call, cases[i].body);
        if (status != cases[i].status)
            fail_msg("%s: %d (want %d)", cases[i].what, status, cases[i].status);
    }
}

static void foreign_pages_change_nothing(void **state) {
    (void)state;
    static const struct {
        const char *origin, *type;
        int status;
    } cases[] = {
        {"", "application/json", 200},
        {"http://127.0.0.1:7410", "application/json; charset=utf-8", 200},
        {"http://localhost:7410", "application/json", 200},
        {"http://127.0.0.1:7411", "application/json", 403},
        {"https://127.0.0.1:7410", "application/json", 403},
        {"http://evil.example", "application/json", 403},
        {"null", "application/json", 403},
        {"", "text/plain", 400},
        {"", "application/jsonp", 400},
        {"", "", 400},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char body[100];
        snprintf(body, sizeof body,
                 "{\"pinned\":true,\"why\":\"test\",\"request_id\":\"origin-%zu-x\"}", i);
        struct api_request request = {.method = "POST", .body = body, .length = strlen(body)};
        struct api_answer answer;
        snprintf(request.path, sizeof request.path, "/api/studies/%lld/pin", (long long)t.study);
        snprintf(request.token, sizeof request.token, "%s", t.kim);
        snprintf(request.origin, sizeof request.origin, "%s", cases[i].origin);
        snprintf(request.content_type, sizeof request.content_type, "%s", cases[i].type);
        api_run(&t.api, &t.app, &request, &answer);
        free(answer.body);
        if (answer.status != cases[i].status)
            fail_msg("%s, %s: %d (want %d)", cases[i].origin, cases[i].type, answer.status,
                     cases[i].status);
    }
}

static void passwords_are_tried_five_times_a_minute(void **state) {
    (void)state;
    for (int i = 0; i < 7; i++) {
        int status = status_of("", "POST /api/login", "{\"user\":\"kim\",\"password\":\"wrong\"}");
        assert_int_equal(status, i < 5 ? 401 : 429);
    }
    assert_int_equal(
        status_of("", "POST /api/login", "{\"user\":\"nobody\",\"password\":\"wrong\"}"), 401);
    assert_int_equal(
        status_of("", "POST /api/login", "{\"user\":\"\u00e9\u00e9\",\"password\":\"x\"}"), 401);
    assert_int_equal(cluster_count(&t.app,
                                   "select count(*) from audit where what = 'login refused' "
                                   "and who = '(nobody)'"),
                     7);
}

static void sessions_end(void **state) {
    (void)state;
    char token[USER_TOKEN];
    assert_true(session_begin(&t.app, "mia", token));
    assert_int_equal(status_of(token, "GET /api/me", ""), 200);
    assert_int_equal(status_of(token, "POST /api/logout", "{}"), 200);
    assert_int_equal(status_of(token, "GET /api/me", ""), 401);
    assert_true(session_begin(&t.app, "mia", token));
    assert_true(db_do(
        &t.app, "update session set seen_at = now() - interval '11 min' where user_name = 'mia'"));
    assert_int_equal(status_of(token, "GET /api/me", ""), 401);
    assert_true(session_begin(&t.app, "mia", token));
    assert_true(db_do(&t.app, "update session set created_at = now() - interval '13 h' where "
                              "user_name = 'mia'"));
    assert_int_equal(status_of(token, "GET /api/me", ""), 401);
    assert_true(session_begin(&t.app, "leo", token)); /* bound to user and role */
    assert_true(db_do(&t.app, "update app_user set role = 'validator' where name = 'leo'"));
    assert_int_equal(status_of(token, "GET /api/me", ""), 401);
    assert_true(db_do(&t.app, "update app_user set role = 'reader' where name = 'leo'"));
    assert_int_equal(status_of(token, "GET /api/me", ""), 200);
    assert_true(db_do(&t.app, "update app_user set active = false where name = 'leo'"));
    assert_int_equal(status_of(token, "GET /api/me", ""), 401);
    assert_true(db_do(&t.app, "update app_user set active = true where name = 'leo'"));
    assert_true(session_begin(&t.app, "mia", t.people[2].token));
}

static const char study_tier[] = "select tier from study where accession = 'A1'";

static int on_study(const char *token, const char *verb, const char *fields) {
    static int n;
    char call[80], body[300];
    snprintf(call, sizeof call, "POST /api/studies/%lld/%s", (long long)t.study, verb);
    snprintf(body, sizeof body, "{\"request_id\":\"on-study-%d\"%s}", ++n, fields);
    return status_of(token, call, body);
}

static void fall_to(double mean, uint32_t kind) {
    static struct wire_frame frame;
    said_finding(&t.said, &frame, kind, t.tick += 2000);
    frame.body.event.to_value = mean;
    store(&frame);
}

/* What the moves alone say is what the list says. */
static void replayed(void) {
    assert_int_equal(cluster_count(&t.app,
                                   "select count(*) from study_view v full join replayed_order r "
                                   "on r.study = v.id where v.status is distinct from 'done' and "
                                   "r.position is distinct from v.position"),
                     0);
}

static void a_persons_word_wins_until_released(void **unused) {
    (void)unused;
    static const char *const held = "select count(*) from study where held and manual_by = 'mia' "
                                    "and manual_why = 'at lunch' and tier = 0";
    assert_int_equal(on_study(t.mia, "override", ",\"kind\":\"other\",\"why\":\"x\""), 400);
    assert_int_equal(on_study(t.mia, "override", ",\"kind\":\"tier\",\"why\":\"x\""), 400);
    assert_int_equal(on_study(t.mia, "override", ",\"kind\":\"hold\""), 400);
    assert_int_equal(on_study(t.mia, "override", ",\"kind\":\"hold\",\"why\":\"at lunch\""), 200);
    fall_to(60, EVENT_FALLING_BP);
    assert_int_equal(cluster_count(&t.app, held), 1);
    assert_true(cluster_count(&t.app, "select count(*) from audit where what = 'move' and who = "
                                      "'worklistd' and after like 'place %, finding %'") > 0);
    assert_int_equal(
        on_study(t.mia, "override", ",\"kind\":\"tier\",\"tier\":\"critical\",\"why\":\"sick\""),
        200);
    assert_int_equal(cluster_count(&t.app, study_tier), TIER_CRITICAL);
    replayed();
    assert_int_equal(on_study(t.mia, "override", ",\"kind\":\"release\",\"why\":\"seen\""), 200);
    assert_int_equal(cluster_count(&t.app, study_tier), TIER_URGENT); /* what the finding says */
    replayed();
}

static void what_is_worse_asks_again(void **unused) {
    (void)unused;
    static const char *const again = "select count(*) from study where accession = 'A1' and "
                                     "acknowledged_by is null and reason like 'again: %'";
    static const char *const calm = "select count(*) from study where accession = 'A1' and "
                                    "acknowledged_by = 'mia'";
    static const struct {
        double mean;
        uint32_t kind;
        bool again;
    } cases[] = {{60, EVENT_FALLING_BP, false}, /* as bad as what was seen */
                 {45, EVENT_FALLING_BP, true},
                 {90, EVENT_RISING_WEDGE, true}, /* something else */
                 {20, EVENT_PULSE_LOST, true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(on_study(t.mia, "acknowledge", ""), 200);
        assert_int_equal(cluster_count(&t.app, calm), 1);
        fall_to(cases[i].mean, cases[i].kind);
        if (cluster_count(&t.app, calm) != !cases[i].again)
            fail_msg("case %zu", i);
    }
    assert_int_equal(cluster_count(&t.app, again), 1);
    replayed();
    assert_int_equal(on_study(t.mia, "done", ""), 200);
    replayed();
}

/* The order that SQL lists is the order that rank.c says, after random findings, recoveries and
 * pins. */
static void list_stands_in_rank_order(void **unused) {
    (void)unused;
    static struct wire_frame frame;
    struct worklist w;
    uint64_t raised = 0;
    for (int round = 0; round < 6; round++) {
        if (round % 2 == 0)
            said_finding(&t.said, &frame, EVENT_FALLING_BP, raised = t.tick += 2000);
        else
            said_recovered(&t.said, &frame, raised, t.tick += 2000);
        store(&frame);
        assert_true(db_do(&t.app, "begin") && worklist_begin(&w, &t.app));
        PGresult *r = db_query(
            &t.app, "select id from study_view where status <> 'done' order by position", DB_NONE);
        assert_int_equal(PQntuples(r), (int)w.list->count);
        for (int i = 0; i < PQntuples(r); i++)
            assert_int_equal(worklist_place(&w, db_number(r, i, 0)), i + 1);
        PQclear(r);
        worklist_end(&w);
        assert_true(db_do(&t.app, "rollback"));
        if (round % 2 == 1) { /* a recovered one holds its place; what ran out is settled */
            int64_t moved[4];
            assert_int_equal(worklist_settle(&t.app, moved, 4), 0);
            assert_int_equal(cluster_count(&t.app, study_tier), TIER_URGENT);
            assert_true(db_do(&t.app, "update finding set holds_until = now() where holds_until "
                                      "is not null"));
            assert_int_equal(worklist_settle(&t.app, moved, 4), 1);
        }
        int64_t tier = cluster_count(&t.app, study_tier);
        assert_int_equal(tier, round % 2 == 0 ? TIER_URGENT : TIER_ROUTINE);
    }
    /* replaying study_move gives each open study its key */
    assert_int_equal(
        cluster_count(
            &t.app, "select count(*) from study s join lateral (select * from study_move m where "
                    "m.study = s.id order by id desc limit 1) m on true where m.to_tier <> s.tier "
                    "or m.pinned <> s.pinned or m.read_by <> s.read_by"),
        0);
}

/* What no EpochBegin binds, or binds to another case, is kept apart; the database itself refuses it
 * too. */
static void events_of_another_case_are_quarantined(void **unused) {
    (void)unused;
    static struct wire_frame frame;
    int64_t events = cluster_count(&t.app, "select count(*) from event");
    said_measurement(&t.said, &frame, t.tick += 2000);
    frame.body.event.case_number = CASE + 1;
    store(&frame);
    said_measurement(&t.said, &frame, t.tick += 2000);
    frame.body.event.epoch += 1;
    store(&frame);
    said_measurement(&t.said, &frame, t.tick += 2000);
    frame.body.event.room = 2;
    store(&frame);
    assert_int_equal(cluster_count(&t.app, "select count(*) from event"), events);
    assert_int_equal(cluster_count(&t.app, "select count(*) from quarantine"), 3);
    assert_false(
        db_do(&t.app,
              "insert into event select sha256(id)::bytea, journal, position, kind, stream, epoch, "
              "case_number + 1, room, site, channel, state, tick, at, frame from event limit 1"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_decision_leaves_its_mark),
        cmocka_unit_test(only_what_was_seen_can_be_decided),
        cmocka_unit_test(verified_by_another_person),
        cmocka_unit_test(a_repeat_gets_the_first_answer),
        cmocka_unit_test(looking_is_written_down),
        cmocka_unit_test(values_out_of_range_are_refused),
        cmocka_unit_test(clients_have_twenty_winners),
        cmocka_unit_test(roles_origins_and_types_are_checked),
        cmocka_unit_test(foreign_pages_change_nothing),
        cmocka_unit_test(passwords_are_tried_five_times_a_minute),
        cmocka_unit_test(sessions_end),
        cmocka_unit_test(list_stands_in_rank_order),
        cmocka_unit_test(a_persons_word_wins_until_released),
        cmocka_unit_test(what_is_worse_asks_again),
        cmocka_unit_test(events_of_another_case_are_quarantined),
    };
    int code = world_open();
    if (code != 0)
        return code;
    code = cmocka_run_group_tests(tests, world_set_up, NULL);
    world_close();
    return code;
}
