/* api_world.h - the interface's functions over a private database, with people of each role, three
 * studies and a case that hemod has begun: no sockets, no daemon. For tests only.
 *
 *     int code = world_open();                // 77: no PostgreSQL here
 *     code = cmocka_run_group_tests(tests, world_set_up, NULL);
 *     world_close(); */
#pragma once
#include "tests/cluster.h"
#include "tests/openapi.h"
#include "tests/said.h"
#include "worklist/api.h"
#include "worklist/api_route.h"
#include "worklist/audit.h"
#include "worklist/confirm.h"
#include "worklist/mode.h"
#include "worklist/store.h"
#include "worklist/worklist.h"
#include <pthread.h>

enum { CASE = 77, PEOPLE = 8 };

struct person {
    const char *name, *role;
    char token[USER_TOKEN], password[USER_PASSWORD];
};

static struct {
    struct cluster cluster;
    struct db app;
    struct epochs epochs;
    struct hub hub;
    struct counters counters;
    struct strips strips;
    struct api api;
    struct said said;
    struct person people[PEOPLE];
    const char *kim, *tom, *mia, *leo, *eva, *ada, *sys; /* their tokens */
    int64_t study;
    uint64_t tick;
} t;

static inline void store(struct wire_frame *frame) {
    static struct store_batch batch;
    uint8_t bytes[8192];
    size_t length = 0;
    memset(&batch, 0, sizeof batch);
    assert_int_equal(wire_pack(frame, bytes, sizeof bytes, &length), HEMO_OK);
    struct store_item *item = &batch.item[0];
    batch.count = 1;
    batch.journal = t.said.journal;
    batch.next_before = frame->sequence;
    batch.next_after = frame->sequence + 1;
    item->kind = frame->kind;
    item->sequence = frame->sequence;
    item->length = length;
    item->bytes = malloc(length);
    memcpy(item->bytes, bytes, length);
    if (frame->kind == WIRE_EVENT)
        item->body.event = frame->body.event;
    else
        item->body.begin = frame->body.epoch_begin;
    if (!store_commit(&t.app, &t.epochs, &batch))
        fail_msg("%s", t.app.error);
    store_clear(&batch);
}

/* A new suggested measurement: its id. */
static inline const char *suggest(char id[EVENT_ID_TEXT]) {
    static struct wire_frame frame;
    said_measurement(&t.said, &frame, t.tick += 2000);
    id_text(frame.body.event.id, id);
    store(&frame);
    return id;
}

/* "GET /api/x?query" */
static inline struct api_answer ask(struct db *db, const char *token, const char *line,
                                    const char *body) {
    struct api_request request = {
        .content_type = "application/json", .body = body, .length = strlen(body)};
    struct api_answer answer;
    const char *path = strchr(line, ' ') + 1;
    size_t length = strcspn(path, "?");
    snprintf(request.method, sizeof request.method, "%.*s", (int)(path - line - 1), line);
    snprintf(request.path, sizeof request.path, "%.*s", (int)length, path);
    snprintf(request.query, sizeof request.query, "%s", path[length] ? path + length + 1 : "");
    snprintf(request.token, sizeof request.token, "%s", token);
    api_run(&t.api, db, &request, &answer);
    openapi_answer(&request, &answer);
    return answer;
}

static inline int status_of(const char *token, const char *method_and_path, const char *body) {
    struct api_answer answer = ask(&t.app, token, method_and_path, body);
    free(answer.body);
    return answer.status;
}

struct seen {
    int64_t version;
    char digest[MEASURE_DIGEST];
    char state[16];
    double systolic;
};

static inline struct seen look(const char *id) {
    struct seen seen = {0};
    char *text = confirm_json(&t.app, id);
    assert_non_null(text);
    json_t *m = json_loads(text, 0, NULL);
    seen.version = json_get_int(m, "version", 0);
    snprintf(seen.digest, sizeof seen.digest, "%s", json_get_text(m, "digest"));
    snprintf(seen.state, sizeof seen.state, "%s", json_get_text(m, "state"));
    seen.systolic = json_number_value(
        json_object_get(json_array_get(json_object_get(m, "values"), 0), "value"));
    json_decref(m);
    free(text);
    return seen;
}

/* POST with version and digest as seen, a fresh or given request_id, and more fields. */
static inline struct api_answer decide(const char *token, const char *id, const char *verb,
                                       const struct seen *seen, const char *more) {
    char path[100], body[400];
    static int n;
    snprintf(path, sizeof path, "POST /api/measurements/%s/%s", id, verb);
    bool has_id = strstr(more, "request_id") != NULL;
    if (has_id)
        snprintf(body, sizeof body, "{\"version\":%lld,\"digest\":\"%s\"%s}",
                 (long long)seen->version, seen->digest, more);
    else
        snprintf(body, sizeof body,
                 "{\"version\":%lld,\"digest\":\"%s\",\"request_id\":\"request-%d\"%s}",
                 (long long)seen->version, seen->digest, ++n, more);
    return ask(&t.app, token, path, body);
}

static inline int decided(const char *token, const char *id, const char *verb,
                          const struct seen *seen, const char *more) {
    struct api_answer answer = decide(token, id, verb, seen, more);
    free(answer.body);
    return answer.status;
}

static inline bool add_people(void) {
    static const struct person people[] = {
        {"kim", "technologist", "", ""}, {"tom", "technologist", "", ""},
        {"mia", "reader", "", ""},       {"leo", "reader", "", ""},
        {"eva", "validator", "", ""},    {"ada", "administrator", "", ""},
        {"sys", "service", "", ""},
    };
    const char **tokens[] = {&t.kim, &t.tom, &t.mia, &t.leo, &t.eva, &t.ada, &t.sys};
    for (size_t i = 0; i < sizeof people / sizeof people[0]; i++) {
        struct person *p = &t.people[i];
        *p = people[i];
        if (user_add(&t.app, p->name, p->role, p->password) != USER_OK ||
            !session_begin(&t.app, p->name, p->token))
            return false;
        *tokens[i] = p->token;
    }
    return true;
}

static inline bool add_study(const char *accession, const char *uid, int64_t *id) {
    const struct study_new study = {"P1",   "",   "DEMO^P1", accession, "",  uid,
                                    "test", NULL, 120,       NULL,      NULL};
    struct worklist w;
    bool ok = db_do(&t.app, "begin") && worklist_begin(&w, &t.app) &&
              (*id = worklist_add(&w, &study, "test")) > 0;
    worklist_end(&w);
    return ok && db_do(&t.app, "commit");
}

/* The mode of the lab, as an administrator would set it. */
static inline void set_mode(const char *mode) {
    const struct mode_change change = {0, "", mode, "test", "test", "test"};
    assert_true(db_do(&t.app, "begin") && mode_set(&t.app, &change) && db_do(&t.app, "commit"));
}

static inline int world_set_up(void **state) {
    (void)state;
    static struct wire_frame frame;
    char sql[200];
    int64_t other = 0;
    db_init(&t.app, t.cluster.app, "test");
    epochs_init(&t.epochs);
    hub_init(&t.hub);
    strips_init(&t.strips);
    t.api = (struct api){.hub = &t.hub,
                         .counters = &t.counters,
                         .epochs = &t.epochs,
                         .strips = &t.strips,
                         .origin = "http://127.0.0.1:7410"};
    api_init(&t.api);
    t.said = (struct said){.stream = 1, .room = 1, .journal = 5, .epoch = 9, .case_number = CASE};
    if (!db_ready(&t.app) || !add_people() || !add_study("A0", "1.0", &other) ||
        !add_study("A1", "1.1", &t.study) || !add_study("A2", "1.2", &other))
        return -1;
    snprintf(sql, sizeof sql, "insert into lab_case (number, study, room) values (%d, %lld, 1)",
             CASE, (long long)t.study);
    if (!db_do(&t.app, sql))
        return -1;
    said_begin(&t.said, &frame);
    store(&frame);
    set_mode("integrated");
    return 0;
}

static inline int world_open(void) {
    return cluster_open(&t.cluster);
}

static inline void world_close(void) {
    db_close(&t.app);
    hub_close(&t.hub);
    strips_close(&t.strips);
    cluster_close(&t.cluster);
}
