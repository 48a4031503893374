#include "worklist/api.h"
#include "worklist/audit.h"
#include "worklist/when.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct api_problem wrong_password = {401, "NOT_LOGGED_IN",
                                                  "Name or password is wrong.",
                                                  "Nothing was changed.", "Try again."},
                                too_many = {
                                    429, "RATE_LIMITED", "More than 5 tries within a minute.",
                                    "Nothing was changed.", "Wait a minute, then try again."};

static bool audit_login(struct api_call *call, const char *user, const char *what) {
    bool in = strcmp(what, "login") == 0; /* else nobody knows who it was */
    bool name = strlen(user) < USER_NAME &&
                strspn(user, "abcdefghijklmnopqrstuvwxyz0123456789._-") == strlen(user);
    char object[80];
    snprintf(object, sizeof object, "user %s", name ? user : "(not a name)");
    return db_do(call->db, "begin") &&
           audit_append(call->db, &(struct audit_entry){.who = in ? user : "(nobody)",
                                                        .what = what,
                                                        .object = object,
                                                        .before = "",
                                                        .after = call->request->address,
                                                        .place = "page"}) &&
           db_do(call->db, "commit");
}

/* By TLS, the cookie never travels without it. */
static const char *secure(const struct api_call *call) {
    return strncmp(call->api->origin, "https:", 6) == 0 ? "; Secure" : "";
}

static void begin_session(struct api_call *call, const struct user *user) {
    char token[USER_TOKEN];
    if (!audit_login(call, user->name, "login") || !session_begin(call->db, user->name, token)) {
        api_database_error(call);
        db_do(call->db, "rollback");
        return;
    }
    snprintf(call->answer->cookie, sizeof call->answer->cookie,
             "hemo_session=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%d%s", token,
             SESSION_HOURS * 3600, secure(call));
    api_ok_json(call, json_pack("{s:s, s:s}", "user", user->name, "role", user->role));
}

void api_login(struct api_call *call) {
    struct user user;
    const char *name = json_get_text(call->body, "user");
    if (!api_try(call->api, name, 5) || !api_try(call->api, call->request->address, 60)) {
        counters_add(call->api->counters, COUNTER_LOGINS_REFUSED, 1);
        api_error(call, &too_many);
        return;
    }
    pthread_mutex_lock(&call->api->password);
    enum user_result result =
        user_check(call->db, name, json_get_text(call->body, "password"), &user);
    pthread_mutex_unlock(&call->api->password);
    if (result == USER_OK) {
        begin_session(call, &user);
    } else if (result == USER_WRONG) {
        counters_add(call->api->counters, COUNTER_LOGINS_REFUSED, 1);
        if (audit_login(call, name, "login refused"))
            api_error(call, &wrong_password);
        else {
            api_database_error(call);
            db_do(call->db, "rollback");
        }
    } else {
        api_database_error(call);
    }
}

void api_logout(struct api_call *call) {
    if (!session_end(call->db, call->request->token)) {
        api_database_error(call);
        return;
    }
    snprintf(call->answer->cookie, sizeof call->answer->cookie,
             "hemo_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0%s", secure(call));
    api_ok(call, strdup("{}"));
}

void api_me(struct api_call *call) {
    char now[WHEN_TEXT];
    when_now(now);
    PGresult *r = db_query(call->db, "select mode_of(0, '')", DB_NONE);
    if (!r) {
        api_database_error(call);
        return;
    }
    api_ok_json(call, json_pack("{s:s, s:s, s:s, s:s, s:s}", "user", call->user.name, "role",
                                call->user.role, "mode", PQgetvalue(r, 0, 0), "version",
                                HEMO_VERSION, "server_time", now));
    PQclear(r);
}
