/* api.h - every call of the interface (API.md) as a function of a request and a database
 * connection. No sockets.
 *
 *     struct api_request request = {.method = "POST", .path = "/api/login", .body = text, .length =
 * n}; struct api_answer answer = {0}; api_run(&api, &db, &request, &answer);      // answer.status,
 * .body (heap), .cookie
 *
 * Any number of threads, each with a connection of its own. Blocks on the database; login also
 * computes for 60 ms. A call that changes something is one transaction, its audit row and its
 * commands included; what others should hear is published after COMMIT. */
#pragma once
#include "worklist/db.h"
#include "worklist/envelope.h"
#include "worklist/epochs.h"
#include "worklist/hub.h"
#include "worklist/json.h"
#include "worklist/counters.h"
#include "worklist/user.h"
#include "worklist/strips.h"
#include "proto/id.h"

enum { API_TOKEN = 128, API_TEXT = 512, API_PATH = 256, API_WORD = 100, RATE_SLOTS = 256 };

/* Tries to log in, per name and per address, within the last minute. */
struct rate_slot {
    char who[96];
    int64_t began_ms;
    int tries;
};

struct api {
    struct hub *hub;
    struct counters *counters;
    struct epochs *epochs;
    struct strips *strips;
    const char *origin; /* the page's own, "http://127.0.0.1:7410"; "localhost" for the host counts
                           as the same */
    struct envelopes envelopes;
    pthread_mutex_t lock;     /* protects rate */
    pthread_mutex_t password; /* held while a password is checked: 64 MiB at a time */
    struct rate_slot rate[RATE_SLOTS];
};

struct api_request {
    char method[8], path[API_PATH], query[API_PATH];
    char token[API_TOKEN]; /* of the cookie */
    char origin[API_TEXT], host[API_TEXT], content_type[API_TEXT], address[64];
    const char *body;
    size_t length;
};

struct api_answer {
    int status;
    char *body;       /* JSON, heap */
    char cookie[200]; /* "" or a Set-Cookie value */
    struct user user; /* who asked, where known */
};

void api_init(struct api *api);
void api_close(struct api *api);
void api_run(struct api *api, struct db *db, const struct api_request *request,
             struct api_answer *answer);

/* Inside: what a handler gets and gives. */
struct api_call {
    struct api *api;
    struct db *db;
    const struct api_request *request;
    struct user user;
    int64_t number;         /* the path's N or ID */
    char id[EVENT_ID_TEXT]; /* the path's event id */
    json_t *body;
    struct api_answer *answer;
    bool list_changed; /* publish the worklist, with moved */
    int64_t moved;
    bool measurement_changed;
    bool rooms_changed; /* publish all rooms */
    int64_t derived_case; /* publish the derived values of that case */
    char *notice;       /* to all pages after COMMIT; heap */
    bool marks_changed; /* of the room `number` */
    bool commands;      /* for hemod, of room `number`: wake the forwarder, tell the pages */
};

struct api_problem {
    int status;
    const char *code, *what, *safe, *act;
};

void api_error(struct api_call *call, const struct api_problem *problem);
void api_database_error(struct api_call *call);
void api_ok(struct api_call *call, char *body); /* takes it over; NULL: database error */
void api_ok_json(struct api_call *call, json_t *body);
/* The number of "name=N" in the request's query; absent where there is none. */
int64_t api_query(const struct api_call *call, const char *name, int64_t absent);
/* The text of a name, "" where absent; percent signs are decoded by the server's parser before. */
const char *api_query_word(const struct api_call *call, const char *name, char out[API_WORD]);
/* false: too many tries within a minute. */
bool api_try(struct api *api, const char *who, int limit);

/* The person looks at the study: an audit row, once a minute. Within the transaction. */
bool api_viewed(struct api_call *call, int64_t study);

typedef void api_handler(struct api_call *call);
extern const struct field api_no_fields[];

/* api_people.c */
api_handler api_login, api_logout, api_me;
/* api_audit.c, api_seen.c, api_trace.c, api_trend.c */
api_handler api_audit, api_seen, api_looked, api_epochs, api_trace, api_envelope, api_trend;
/* api_lab.c */
api_handler api_rooms, api_case_open, api_case_close, api_capture, api_mark, api_strip, api_by_hand;
/* api_room.c: marks outlive a page. The mark is kept within the act's transaction. */
api_handler api_room_now;
bool room_mark_keep(struct api_call *call, const struct stream_mark *mark, const char *kind,
                    const char *value);
char *room_marks_message(struct db *db, int64_t room); /* for the WebSocket; heap */
/* api_list.c */
api_handler api_studies, api_study_add, api_acknowledge, api_override;
api_handler api_pin, api_done, api_history, api_exported;
/* api_admin.c */
api_handler api_users, api_user_add, api_user_change, api_modes, api_mode_set, api_room_add;
api_handler api_rules, api_rules_set, api_settings, api_setting_set;
/* api_link.c */
api_handler api_link, api_merge;
/* api_derived.c */
api_handler api_derived, api_typed;
/* api_validation.c */
api_handler api_agreement, api_pairs, api_order;
/* api_confirm.c */
api_handler api_measurements, api_accept, api_adjust, api_reject, api_undo;
api_handler api_verify, api_amend;
/* Adjusted to these values; how: in words, for the audit. */
void api_adjust_to(struct api_call *call, const json_t *values, const char *how);
