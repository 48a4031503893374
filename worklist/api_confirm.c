#include "worklist/api.h"
#include "worklist/audit.h"
#include "worklist/confirm.h"
#include "worklist/traces.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each suggestion that this person had not seen in this version. */
static bool audit_shown(struct api_call *call) {
    PGresult *r = db_query(
        call->db,
        "select 'measurement ' || encode(id, 'hex'), 'version ' || version || ' digest ' || digest "
        "from measurement where case_number = $1 and state = 'suggested' and not "
        "behind_closing(case_number, to_at, received_at) order by received_at, id",
        DB(db_int(call->number).text));
    bool ok = r != NULL;
    for (int i = 0; ok && i < PQntuples(r); i++)
        ok = audit_once(call->db,
                        &(struct audit_entry){call->user.name, "shown", db_text(r, i, 0), "",
                                              db_text(r, i, 1), "page"},
                        0);
    PQclear(r);
    return ok;
}

/* Whose study the case is; 0: of none, or error. */
static int64_t study_of(struct api_call *call) {
    PGresult *r = db_query(call->db, "select study from lab_case where number = $1",
                           DB(db_int(call->number).text));
    int64_t study = r && PQntuples(r) == 1 ? db_number(r, 0, 0) : 0;
    PQclear(r);
    return study;
}

void api_measurements(struct api_call *call) {
    if (!audit_shown(call) || !api_viewed(call, study_of(call))) {
        api_database_error(call);
        return;
    }
    PGresult *r = db_query(call->db,
                           "select json_build_object('measurements', coalesce(json_agg(body order "
                           "by received_at, id), '[]'::json)) from measurement_view where "
                           "case_number = $1 and id not in (select id from measurement m where "
                           "m.case_number = $1 and behind_closing(case_number, to_at, "
                           "m.received_at))",
                           DB(db_int(call->number).text));
    api_ok(call, r ? strdup(PQgetvalue(r, 0, 0)) : NULL);
    PQclear(r);
}

static int places(const json_t *value) { /* a ratio of 0.78 is not 0.8 */
    return json_get_int(value, "decimals", 1) > 1 ? (int)json_get_int(value, "decimals", 1) : 1;
}

/* "121/71 mmHg": the first values as they are now, so that who lost sees what won. */
static void values_line(const json_t *now, char *out, size_t size) {
    size_t i, used = 0;
    json_t *value;
    out[0] = '\0';
    json_array_foreach(json_object_get(now, "values"), i, value) {
        if (i < 4 && used < size - 1)
            used += (size_t)snprintf(out + used, size - used, "%s%s %.*f", i ? ", " : "",
                                     json_get_text(value, "words"), places(value),
                                     json_number_value(json_object_get(value, "value")));
    }
}

/* "PCW is accepted by kim now (mean 14.0)": with the item as it is now. */
static void conflict(struct api_call *call) {
    char what[400], values[200];
    char *text = confirm_json(call->db, call->id);
    json_t *now = text ? json_loads(text, 0, NULL) : NULL;
    free(text);
    if (!now) {
        api_database_error(call);
        return;
    }
    const char *by = json_get_text(now, "by");
    const char *verifier = json_get_text(now, "verified_by");
    values_line(now, values, sizeof values);
    snprintf(what, sizeof what, "%s is %s%s%s%s%s now (%s); it changed while you looked.",
             json_get_text(now, "site"), json_get_text(now, "state"), by ? " by " : "",
             by ? by : "", verifier ? ", verified by " : "", verifier ? verifier : "", values);
    json_t *body =
        json_pack("{s:{s:s, s:s, s:s, s:s}, s:o}", "error", "code", "CONFLICT", "what", what,
                  "safe", "Nothing was saved.", "do", "Check and decide again.", "now", now);
    call->answer->status = 409;
    call->answer->body = json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(9));
    json_decref(body);
    counters_add(call->api->counters, COUNTER_CONFLICTS, 1);
}

static void answer(struct api_call *call, enum decided result, const char *why) {
    static const struct api_problem not_found = {404, "NOT_FOUND", "There is no such measurement.",
                                                 "Nothing was saved.", "Reload the list."},
                                    not_yours = {403, "NOT_ALLOWED",
                                                 "Another person decided on this value.",
                                                 "Nothing was saved.",
                                                 "Only one's own last decision can be undone."},
                                    same = {403, "NOT_ALLOWED",
                                            "You decided on this value yourself.",
                                            "Nothing was saved.", "Another person must verify it."},
                                    locked = {409, "CONFLICT", "This value is or was verified.",
                                              "Nothing was saved.",
                                              "Only an amendment changes it."};
    switch (result) {
    case DECIDED:
        call->measurement_changed = true;
        counters_add(call->api->counters, COUNTER_DECISIONS, 1);
        api_ok(call, confirm_json(call->db, call->id));
        return;
    case DECIDED_CONFLICT:
        conflict(call);
        return;
    case DECIDED_NOT_FOUND:
        api_error(call, &not_found);
        return;
    case DECIDED_NOT_YOURS:
        api_error(call, &not_yours);
        return;
    case DECIDED_SAME:
        api_error(call, &same);
        return;
    case DECIDED_LOCKED:
        api_error(call, &locked);
        return;
    case DECIDED_BAD_VALUE:
        api_error(call, &(struct api_problem){400, "BAD_REQUEST", why, "Nothing was saved.",
                                              "Correct the value."});
        return;
    case DECIDED_FAILED:
        api_database_error(call);
        return;
    }
}

/* The room may have held the next patient already. */
static bool refuse_behind_closing(struct api_call *call) {
    static const struct api_problem problem = {
        409, "CASE_CLOSED", "This was measured after its case was closed in the list.",
        "Nothing was decided. It stays on record and belongs to nobody.",
        "Measure it again under the case that is open now."};
    bool behind = confirm_behind_closing(call->db, call->id);
    if (behind)
        api_error(call, &problem);
    return behind;
}

static void decide_values(struct api_call *call, enum decision_kind kind, const json_t *values,
                          const char *reason) {
    char why[MEASURE_WHY] = "";
    static const struct api_problem not_saved = {
        503, "NOT_SAVED", "The recording is not being saved.",
        "Nothing was decided, and nothing waits to be.", "Decide again when the banner is gone."};
    if (traces_not_saved(call->api->counters)) {
        api_error(call, &not_saved);
        return;
    }
    if (kind != DECIDE_REJECT && kind != DECIDE_UNDO && refuse_behind_closing(call))
        return;
    const struct decision decision = {.kind = kind,
                                      .id_hex = call->id,
                                      .user = call->user.name,
                                      .place = "page",
                                      .version = json_get_int(call->body, "version", 0),
                                      .digest = json_get_text(call->body, "digest"),
                                      .values = values,
                                      .reason = reason,
                                      .derived = &call->derived_case};
    answer(call, confirm_decide(call->db, &decision, why), why);
}

static void decide(struct api_call *call, enum decision_kind kind) {
    decide_values(call, kind, json_object_get(call->body, "values"),
                  json_get_text(call->body, "reason"));
}

void api_adjust_to(struct api_call *call, const json_t *values, const char *how) {
    decide_values(call, DECIDE_ADJUST, values, how);
}

void api_accept(struct api_call *call) {
    decide(call, DECIDE_ACCEPT);
}
void api_adjust(struct api_call *call) {
    decide(call, DECIDE_ADJUST);
}
void api_undo(struct api_call *call) {
    decide(call, DECIDE_UNDO);
}

void api_verify(struct api_call *call) {
    decide(call, DECIDE_VERIFY);
}
void api_amend(struct api_call *call) {
    decide(call, DECIDE_AMEND);
}

void api_reject(struct api_call *call) {
    static const char *const reasons[] = {"artefact", "damped",      "wrong_site",
                                          "ectopy",   "wrong_phase", "other"};
    const char *reason = json_get_text(call->body, "reason");
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (strcmp(reason, reasons[i]) != 0)
            continue;
        decide(call, DECIDE_REJECT);
        return;
    }
    api_error(call, &(struct api_problem){
                        400, "BAD_REQUEST",
                        "reason must be artefact, damped, wrong_site, ectopy, wrong_phase or other",
                        "Nothing was saved.", "Choose one of them."});
}
