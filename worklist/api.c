#include "worklist/api.h"
#include "worklist/api_route.h"
#include "worklist/cases.h"
#include "worklist/confirm.h"
#include "worklist/derivation.h"
#include "worklist/mode.h"
#include "worklist/when.h"
#include "worklist/worklist.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct api_problem
    bad_origin = {403, "NOT_ALLOWED", "The request did not come from this page.",
                  "Nothing was changed.", "Open the page at its own address."},
    bad_type = {400, "BAD_REQUEST", "The body must be JSON.", "Nothing was changed.",
                "Send Content-Type: application/json."},
    not_found = {404, "NOT_FOUND", "There is no such call.", "Nothing was changed.",
                 "See worklist/API.md."},
    bad_method = {405, "BAD_REQUEST", "This path has no such method.", "Nothing was changed.",
                  "See worklist/API.md."},
    not_logged_in = {401, "NOT_LOGGED_IN", "You are not logged in, or were idle for 10 minutes.",
                     "Nothing was changed.", "Log in."},
    reused_id = {409, "CONFLICT", "This request_id was used for something else.",
                 "Nothing was changed.", "Send a new request_id."};

void api_init(struct api *api) {
    pthread_mutex_init(&api->lock, NULL);
    pthread_mutex_init(&api->password, NULL);
    envelopes_init(&api->envelopes);
}

void api_close(struct api *api) {
    envelopes_close(&api->envelopes);
}

void api_error(struct api_call *call, const struct api_problem *p) {
    json_t *error = json_pack("{s:{s:s, s:s, s:s, s:s}}", "error", "code", p->code, "what", p->what,
                              "safe", p->safe, "do", p->act);
    free(call->answer->body);
    call->answer->status = p->status;
    call->answer->body = json_dumps(error, JSON_COMPACT);
    json_decref(error);
}

void api_database_error(struct api_call *call) {
    api_error(call, &(struct api_problem){
                        503, "DATABASE", "The database does not answer.",
                        "Nothing was changed; nothing that could be confirmed is shown.",
                        "Wait: it is tried again by itself. Then repeat."});
    fprintf(stderr, "worklistd: %s %s: database: %s\n", call->request->method, call->request->path,
            call->db->error);
}

void api_ok(struct api_call *call, char *body) {
    if (!body) {
        api_database_error(call);
        return;
    }
    call->answer->status = 200;
    call->answer->body = body;
}

void api_ok_json(struct api_call *call, json_t *body) {
    api_ok(call, json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(9)));
    json_decref(body);
}

int64_t api_query(const struct api_call *call, const char *name, int64_t absent) {
    size_t n = strlen(name);
    for (const char *at = call->request->query; at && *at; at = strchr(at, '&')) {
        at += *at == '&' ? 1 : 0;
        if (strncmp(at, name, n) == 0 && at[n] == '=')
            return strtoll(at + n + 1, NULL, 10);
    }
    return absent;
}

const char *api_query_word(const struct api_call *call, const char *name, char out[API_WORD]) {
    size_t n = strlen(name), length = 0;
    for (const char *at = call->request->query; at && *at; at = strchr(at, '&')) {
        at += *at == '&' ? 1 : 0;
        if (strncmp(at, name, n) != 0 || at[n] != '=')
            continue;
        at += n + 1;
        length = strcspn(at, "&");
        length = length < API_WORD ? length : API_WORD - 1;
        memcpy(out, at, length);
        break;
    }
    out[length] = '\0';
    return out;
}

bool api_try(struct api *api, const char *who, int limit) {
    int64_t now_ms = when_steady_ms();
    pthread_mutex_lock(&api->lock);
    struct rate_slot *slot = &api->rate[0];
    for (size_t i = 0; i < RATE_SLOTS; i++) {
        struct rate_slot *s = &api->rate[i];
        if (strcmp(s->who, who) == 0) {
            slot = s;
            break;
        }
        if (s->began_ms < slot->began_ms) /* the oldest gives way */
            slot = s;
    }
    if (strcmp(slot->who, who) != 0 || now_ms - slot->began_ms >= 60000) {
        *slot = (struct rate_slot){.began_ms = now_ms};
        snprintf(slot->who, sizeof slot->who, "%s", who);
    }
    bool ok = ++slot->tries <= limit;
    pthread_mutex_unlock(&api->lock);
    return ok;
}

/* A page of another origin cannot set these; a program that is no browser sends no Origin. */
static bool origin_ok(const struct api *api, const struct api_request *request) {
    char own[API_TEXT + 8];
    if (request->origin[0] == '\0' || strcmp(request->origin, api->origin) == 0)
        return true;
    const char *colon = strrchr(api->origin, ':');
    int scheme = (int)(strstr(api->origin, "//") + 2 - api->origin);
    snprintf(own, sizeof own, "%.*slocalhost%s", scheme, api->origin, colon);
    return strcmp(request->origin, own) == 0;
}

static bool type_ok(const struct api_request *request) {
    static const char json[] = "application/json";
    size_t n = sizeof json - 1;
    const char *type = request->content_type;
    return strncasecmp(type, json, n) == 0 && (type[n] == '\0' || type[n] == ';' || type[n] == ' ');
}

static bool role_ok(struct api_call *call, unsigned who) {
    char what[200], names[ROLE_NAMES];
    if (who & role_of(call->user.role))
        return true;
    snprintf(what, sizeof what, "This needs the role %s. You are: %s.", role_names(who, names),
             call->user.role);
    api_error(call, &(struct api_problem){403, "NOT_ALLOWED", what, "Nothing was changed.",
                                          "Ask a colleague with that role."});
    return false;
}

static bool allowed(struct api_call *call, const struct api_route *route) {
    if (route->who == 0)
        return true;
    enum user_result found = call->request->token[0]
                                 ? session_find(call->db, call->request->token, &call->user)
                                 : USER_WRONG;
    if (found == USER_FAILED)
        api_database_error(call);
    if (found == USER_WRONG)
        api_error(call, &not_logged_in);
    call->answer->user = call->user;
    return found == USER_OK && role_ok(call, route->who);
}

/* 1: answered before, 0: new, -1: error. The lock makes a repeat wait for the first. */
static int answered_before(struct api_call *call, const char *id, const char *what) {
    char key[120];
    snprintf(key, sizeof key, "%s %s", call->user.name, id);
    if (db_run(call->db, "select pg_advisory_xact_lock(hashtextextended($1, 0))", DB(key)) < 0)
        return -1;
    PGresult *r = db_query(
        call->db, "select what = $3, status, body from request where user_name = $1 and id = $2",
        DB(call->user.name, id, what));
    if (!r)
        return -1;
    int known = PQntuples(r) == 1;
    if (known && db_bool(r, 0, 0)) {
        call->answer->status = (int)db_number(r, 0, 1);
        call->answer->body = strdup(db_text(r, 0, 2));
    } else if (known) {
        api_error(call, &reused_id);
    }
    PQclear(r);
    return known;
}

static bool remember(struct api_call *call, const char *id, const char *what) {
    return db_run(call->db,
                  "insert into request (user_name, id, what, status, body) values ($1, $2, $3, $4, "
                  "$5)",
                  DB(call->user.name, id, what, db_int(call->answer->status).text,
                     call->answer->body)) == 1;
}

static void publish(struct api_call *call) {
    hub_publish(call->api->hub, 0, false, call->notice);
    call->notice = NULL; /* the hub's now */
    if (call->derived_case > 0) {
        char *derived = derivation_json(call->db, call->derived_case), *message = NULL;
        if (derived && asprintf(&message, "{\"type\":\"derived\",%s", derived + 1) > 0)
            hub_publish(call->api->hub, 0, false, message);
        free(derived);
    }
    if (call->rooms_changed)
        hub_publish(call->api->hub, 0, false, cases_rooms_message(call->db));
    if (call->list_changed)
        hub_publish(call->api->hub, 0, false,
                    worklist_message(call->db, &call->moved, call->moved > 0 ? 1 : 0));
    if (call->measurement_changed) {
        char *message = NULL;
        if (asprintf(&message, "{\"type\":\"measurement\",%s", call->answer->body + 1) > 0)
            hub_publish(call->api->hub, 0, false, message);
    }
    if (call->marks_changed)
        hub_publish(call->api->hub, 0, false, room_marks_message(call->db, call->number));
    if (call->commands) {
        cases_publish(call->db, call->api->hub, call->number);
        strips_wake(call->api->strips);
    }
}

/* From here to the end of the transaction the database sees the person's role, not worklistd's. */
static bool begin_as(struct api_call *call) {
    char sql[200];
    snprintf(sql, sizeof sql, "begin; set local role hemo_%s; set local hemo.person = '%s'",
             call->user.role, call->user.name); /* both of the database, [a-z0-9._-] */
    return db_do(call->db, sql);
}

/* One transaction: act, audit, commands and the answer to repeat. */
static void run_as(struct api_call *call, const struct api_route *route) {
    char what[API_PATH + 16];
    const char *id = json_get_text(call->body, "request_id");
    snprintf(what, sizeof what, "%s %s", route->method, call->request->path);
    if (!begin_as(call)) {
        api_database_error(call);
        db_do(call->db, "rollback");
        return;
    }
    int before = id ? answered_before(call, id, what) : 0;
    if (before == 0)
        route->handler(call);
    bool keep = before == 0 && call->answer->status / 100 == 2;
    if (before < 0 || (keep && id && !remember(call, id, what)) ||
        (keep && !db_do(call->db, "commit"))) {
        api_database_error(call);
        keep = false;
    }
    if (keep)
        publish(call);
    else
        db_do(call->db, "rollback");
}

enum { SIGNS_A_MINUTE = 30 };

/* True: of a silent room, and answered as if the machine had made nothing. */
static bool kept_silent(struct api_call *call, const struct api_route *route) {
    static const struct api_problem none = {404, "NOT_FOUND", "There is no such measurement.",
                                            "Nothing was changed.", "Reload the list."};
    if (!route->silent || !(call->id[0] ? mode_silent_measurement(call->db, call->id)
                                        : mode_silent_case(call->db, call->number)))
        return false;
    if (route->silent[0])
        api_ok(call, strdup(route->silent));
    else
        api_error(call, &none);
    return true;
}

/* A signature asks for the password again. */
static bool password_again(struct api_call *call) {
    static const struct api_problem wrong = {403, "NOT_ALLOWED", "The password is wrong.",
                                             "Nothing was saved.", "Try again."},
                                    too_many = {429, "RATE_LIMITED",
                                                "More than 30 signatures within a minute.",
                                                "Nothing was saved.", "Wait a minute."};
    struct user user;
    char who[64];
    snprintf(who, sizeof who, "sign %s", call->user.name);
    if (!api_try(call->api, who, SIGNS_A_MINUTE)) {
        api_error(call, &too_many);
        return false;
    }
    pthread_mutex_lock(&call->api->password);
    enum user_result result =
        user_check(call->db, call->user.name, json_get_text(call->body, "password"), &user);
    pthread_mutex_unlock(&call->api->password);
    if (result == USER_FAILED)
        api_database_error(call);
    else if (result != USER_OK)
        api_error(call, &wrong);
    return result == USER_OK;
}

static void run(struct api_call *call) {
    bool path_known = false;
    char why[JSON_WHY] = "";
    const struct api_route *route = api_route_find(call, &path_known);
    if (!route) {
        api_error(call, path_known ? &bad_method : &not_found);
        return;
    }
    bool changes = route->kind != API_READS;
    if (changes && !origin_ok(call->api, call->request)) {
        api_error(call, &bad_origin);
        return;
    }
    if (changes && !type_ok(call->request)) {
        api_error(call, &bad_type);
        return;
    }
    if (!db_answers(call->db)) {
        api_database_error(call);
        return;
    }
    if (!allowed(call, route))
        return;
    call->body =
        json_body(call->request->body, changes ? call->request->length : 0, route->fields, why);
    if (!call->body)
        api_error(call, &(struct api_problem){400, "BAD_REQUEST", why, "Nothing was changed.",
                                              "See worklist/API.md."});
    else if (route->who == 0 || route->kind == API_SESSION)
        route->handler(call);
    else if (!kept_silent(call, route) && (route->kind != API_SIGNS || password_again(call)))
        run_as(call, route);
}

void api_run(struct api *api, struct db *db, const struct api_request *request,
             struct api_answer *answer) {
    struct api_call call = {.api = api, .db = db, .request = request, .answer = answer};
    *answer = (struct api_answer){0};
    run(&call);
    free(call.notice);
    json_decref(call.body);
    counters_add(api->counters, COUNTER_REQUESTS, 1);
    if (answer->status / 100 == 4)
        counters_add(api->counters, COUNTER_REQUESTS_REFUSED, 1);
    if (answer->status / 100 == 5)
        counters_add(api->counters, COUNTER_REQUESTS_FAILED, 1);
}
