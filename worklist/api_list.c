#include "worklist/api.h"
#include "worklist/audit.h"
#include "worklist/worklist.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_ROWS_MAX = 500, VIEW_S = 60 };

static const struct api_problem
    no_study = {404, "NOT_FOUND", "There is no open study with this number.",
                "Nothing was changed.", "Reload the list."},
    known_study = {409, "CONFLICT",
                   "A study with this accession number or StudyInstanceUID is known already.",
                   "Nothing was changed.", "Check the identifiers."};

void api_studies(struct api_call *call) {
    int64_t first = api_query(call, "from", 1), rows = api_query(call, "limit", WORKLIST_PAGE);
    first = first < 1 ? 1 : first;
    rows = rows < 1 ? 1 : rows > LIST_ROWS_MAX ? LIST_ROWS_MAX : rows;
    api_ok(call, worklist_json(call->db, first, rows));
}

bool api_viewed(struct api_call *call, int64_t study) {
    char object[40];
    snprintf(object, sizeof object, "study %lld", (long long)study);
    return study <= 0 ||
           audit_once(call->db,
                      &(struct audit_entry){call->user.name, "view", object, "", "viewed", "page"},
                      VIEW_S);
}

/* A page that wrote a file or printed says so. */
void api_exported(struct api_call *call) {
    const struct audit_entry entry = {call->user.name,
                                      "export",
                                      json_get_text(call->body, "object"),
                                      "",
                                      json_get_text(call->body, "what"),
                                      "page"};
    api_ok(call, audit_append(call->db, &entry) ? strdup("{}") : NULL);
}

void api_history(struct api_call *call) {
    if (!api_viewed(call, call->number)) {
        api_database_error(call);
        return;
    }
    PGresult *r = db_query(
        call->db,
        "select json_build_object('moves', coalesce(json_agg(v.body order by v.id), '[]'::json)) "
        "from move_view v join move_shown using (id) where v.study = $1",
        DB(db_int(call->number).text));
    api_ok(call, r ? strdup(PQgetvalue(r, 0, 0)) : NULL);
    PQclear(r);
}

static bool audit_study(struct api_call *call, const char *what, int64_t study, const char *after) {
    char object[40];
    snprintf(object, sizeof object, "study %lld", (long long)study);
    return audit_append(call->db, &(struct audit_entry){.who = call->user.name,
                                                        .what = what,
                                                        .object = object,
                                                        .before = "",
                                                        .after = after,
                                                        .place = "page"});
}

static void add(struct api_call *call, struct worklist *w) {
    const json_t *b = call->body;
    const struct study_new study = {.patient_id = json_get_text(b, "patient_id"),
                                    .patient_id_issuer = json_get_text(b, "patient_id_issuer"),
                                    .patient_name = json_get_text(b, "patient_name"),
                                    .accession = json_get_text(b, "accession"),
                                    .accession_issuer = json_get_text(b, "accession_issuer"),
                                    .study_uid = json_get_text(b, "study_uid"),
                                    .description = json_get_text(b, "description"),
                                    .procedure = json_get_text(b, "procedure"),
                                    .station = json_get_text(b, "station"),
                                    .scheduled_at = json_get_text(b, "scheduled_at"),
                                    .longest_wait_min = json_get_int(b, "longest_wait_min", 120)};
    int64_t id = worklist_add(w, &study, call->user.name);
    if (id == 0 && db_unique_violation(call->db)) {
        api_error(call, &known_study);
        return;
    }
    if (id == 0 || !audit_study(call, "study added", id, study.accession)) {
        api_database_error(call);
        return;
    }
    call->list_changed = true;
    api_ok_json(call, json_pack("{s:I}", "study", (json_int_t)id));
}

void api_study_add(struct api_call *call) {
    struct worklist w;
    if (worklist_begin(&w, call->db))
        add(call, &w);
    else
        api_database_error(call);
    worklist_end(&w);
}

/* An act on an open study, inside the list's lock. False: database error. */
typedef bool study_act(struct api_call *call, struct worklist *w);

static void on_open_study(struct api_call *call, study_act *act) {
    struct worklist w;
    bool ok = worklist_begin(&w, call->db);
    if (ok && worklist_place(&w, call->number) == 0) {
        api_error(call, &no_study);
    } else if (ok && act(call, &w)) {
        call->list_changed = true;
        api_ok(call, worklist_study_json(call->db, call->number, worklist_place(&w, call->number)));
    } else {
        api_database_error(call);
    }
    worklist_end(&w);
}

static bool acknowledge(struct api_call *call, struct worklist *w) {
    (void)w;
    return db_run(call->db,
                  "update study set acknowledged_by = $2, acknowledged_at = now(), "
                  "acknowledged_tier = tier where id = $1",
                  DB(db_int(call->number).text, call->user.name)) == 1 &&
           audit_study(call, "acknowledge", call->number, "acknowledged");
}

/* The tier of {"kind":"tier","tier":...}; -1: another kind, or no tier of that name. */
static int tier_from(const json_t *body) {
    const char *tier = json_get_text(body, "tier");
    for (int i = 0; tier && strcmp(json_get_text(body, "kind"), "tier") == 0 && i <= TIER_CRITICAL;
         i++)
        if (strcmp(tier, rank_tier_text((enum rank_tier)i)) == 0)
            return i;
    return -1;
}

static bool pin(struct api_call *call, struct worklist *w) {
    bool pinned = json_is_true(json_object_get(call->body, "pinned"));
    char reason[260];
    snprintf(reason, sizeof reason, "%s: %s", pinned ? "pinned" : "unpinned",
             json_get_text(call->body, "why"));
    const struct worklist_move move = {.reason = reason, .by = call->user.name};
    call->moved = call->number;
    return worklist_pin(w, call->number, pinned, &move) &&
           audit_study(call, pinned ? "pin" : "unpin", call->number, reason);
}

static bool override(struct api_call *call, struct worklist *w) {
    const char *why = json_get_text(call->body, "why"), *kind = json_get_text(call->body, "kind");
    const struct worklist_manual manual = {
        .held = strcmp(kind, "hold") == 0, .tier = tier_from(call->body), .why = why};
    char reason[280];
    snprintf(reason, sizeof reason, "%s: %s",
             manual.tier >= 0 ? rank_tier_text((enum rank_tier)manual.tier)
             : manual.held    ? "held"
                              : "released",
             why);
    const struct worklist_move move = {.reason = reason, .by = call->user.name};
    call->moved = call->number;
    return worklist_override(w, call->number, &manual, &move) &&
           audit_study(call, "override", call->number, reason);
}

static bool done(struct api_call *call, struct worklist *w) {
    struct rank_key key;
    const struct worklist_move move = {
        .reason = "read and done", .by = call->user.name, .leaves = true};
    if (!worklist_key(w, call->number, &key))
        return false;
    key.pinned = false;
    return worklist_move(w, &key, &move) &&
           db_run(call->db, "update study set status = 'done' where id = $1",
                  DB(db_int(call->number).text)) == 1 &&
           db_run(call->db,
                  "update finding set closed_at = now() where study = $1 and closed_at is null",
                  DB(db_int(call->number).text)) >= 0 &&
           audit_study(call, "done", call->number, "done");
}

void api_acknowledge(struct api_call *call) {
    on_open_study(call, acknowledge);
}
void api_pin(struct api_call *call) {
    on_open_study(call, pin);
}
void api_done(struct api_call *call) {
    on_open_study(call, done);
}

void api_override(struct api_call *call) {
    static const struct api_problem bad = {
        400, "BAD_REQUEST", "kind must be hold, release, or tier with routine, urgent or critical.",
        "Nothing was changed.", "See worklist/API.md."};
    const char *kind = json_get_text(call->body, "kind");
    bool tier = strcmp(kind, "tier") == 0;
    bool ok = tier ? tier_from(call->body) >= 0
                   : strcmp(kind, "hold") == 0 || strcmp(kind, "release") == 0;
    if (ok)
        on_open_study(call, override);
    else
        api_error(call, &bad);
}
