/* Whose case it is: by StudyInstanceUID, else by accession number with its issuer, else by
 * scheduled station and time, and then only when a person says yes. Never by name: no call takes
 * one for that. */
#include "worklist/api.h"
#include "worklist/audit.h"
#include "worklist/worklist.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW_MIN = 240 };

static const struct api_problem
    no_study = {404, "NOT_FOUND", "No open study has these identifiers.", "Nothing was changed.",
                "Check them; a name is no identifier."},
    no_case = {404, "NOT_FOUND", "There is no such case.", "Nothing was changed.",
               "Reload the page."},
    no_identifier = {400, "BAD_REQUEST",
                     "study_uid, accession with accession_issuer, or station is needed.",
                     "Nothing was changed.", "See worklist/API.md."},
    no_patient = {404, "NOT_FOUND", "No study belongs to that patient.", "Nothing was changed.",
                  "Check the identifiers."};

/* Ids of open studies that fit; the strongest identifier that was given decides alone. */
static PGresult *candidates(struct api_call *call, const char **how) {
    const json_t *b = call->body;
    const char *uid = json_get_text(b, "study_uid"), *accession = json_get_text(b, "accession");
    const char *issuer = json_get_text(b, "accession_issuer"),
               *station = json_get_text(b, "station");
    *how = uid ? "study_uid" : accession && issuer ? "accession" : station ? "schedule" : NULL;
    if (uid)
        return db_query(call->db, "select id from study where study_uid = $1 and status <> 'done'",
                        DB(uid));
    if (accession && issuer)
        return db_query(call->db,
                        "select id from study where accession = $1 and accession_issuer = $2 and "
                        "status <> 'done'",
                        DB(accession, issuer));
    if (station)
        return db_query(
            call->db,
            "select s.id from study s join lab_case c on c.number = $2 where s.station = $1 and "
            "s.status <> 'done' and s.scheduled_at between c.opened_at - $3::int * interval '1 "
            "min' "
            "and c.opened_at + $3::int * interval '1 min' order by abs(extract(epoch from "
            "s.scheduled_at - c.opened_at)), s.id limit 20",
            DB(station, db_int(call->number).text, db_int(WINDOW_MIN).text));
    api_error(call, &no_identifier);
    return NULL;
}

/* Station and time are no proof: the person sees who it could be and names one. */
static void ask_which(struct api_call *call, const PGresult *r) {
    json_t *ids = json_array();
    for (int i = 0; i < PQntuples(r); i++)
        json_array_append_new(ids, json_integer(db_number(r, i, 0)));
    json_t *body =
        json_pack("{s:{s:s, s:s, s:s, s:s}, s:o}", "error", "code", "CONFLICT", "what",
                  "These studies were scheduled for this station at about this time.", "safe",
                  "Nothing was changed.", "do",
                  "Look at them and send the right one as confirmed_study.", "candidates", ids);
    call->answer->status = 409;
    call->answer->body = json_dumps(body, JSON_COMPACT);
    json_decref(body);
}

/* The study that it is; 0: answered already. */
static int64_t choose(struct api_call *call, const PGresult *r, const char *how) {
    int64_t confirmed = json_get_int(call->body, "confirmed_study", 0);
    if (PQntuples(r) == 0) {
        api_error(call, &no_study);
        return 0;
    }
    if (strcmp(how, "schedule") != 0)
        return db_number(r, 0, 0);
    for (int i = 0; i < PQntuples(r); i++)
        if (db_number(r, i, 0) == confirmed)
            return confirmed;
    ask_which(call, r);
    return 0;
}

/* The order follows its findings: the old study back, the new one up. */
static bool move_one(struct worklist *w, int64_t study, const char *by) {
    struct rank_key key;
    const struct worklist_move move = {.reason = "the case belongs to another study", .by = by};
    return study <= 0 || !rank_list_find(w->list, study) ||
           (worklist_key(w, study, &key) && worklist_move(w, &key, &move));
}

static bool relink(struct api_call *call, int64_t study, const char *how) {
    struct worklist w;
    char object[60], before[40], after[320];
    const char *why = json_get_text(call->body, "why");
    bool ok = worklist_begin(&w, call->db);
    PGresult *r = ok ? db_query(call->db, "select link_case($1, $2, $3, $4)",
                                DB(db_int(call->number).text, db_int(study).text, how, why))
                     : NULL;
    int64_t old = r ? db_number(r, 0, 0) : 0;
    ok = r && (old == study || move_one(&w, old, call->user.name)) &&
         move_one(&w, study, call->user.name);
    PQclear(r);
    worklist_end(&w);
    snprintf(object, sizeof object, "case %lld", (long long)call->number);
    snprintf(before, sizeof before, "study %lld", (long long)old);
    snprintf(after, sizeof after, "study %lld by %s: %.200s", (long long)study, how, why);
    return ok && audit_append(call->db, &(struct audit_entry){call->user.name, "link", object,
                                                              before, after, "page"});
}

void api_link(struct api_call *call) {
    const char *how = NULL;
    PGresult *c = db_query(call->db, "select 1 from lab_case where number = $1 and number > 0",
                           DB(db_int(call->number).text));
    bool known = c && PQntuples(c) == 1;
    PQclear(c);
    if (!known) {
        api_error(call, &no_case);
        return;
    }
    PGresult *r = candidates(call, &how);
    if (!r) {
        if (how)
            api_database_error(call);
        return;
    }
    int64_t study = choose(call, r, how);
    PQclear(r);
    if (study == 0)
        return;
    if (!relink(call, study, how)) {
        api_database_error(call);
        return;
    }
    call->list_changed = call->rooms_changed = true;
    api_ok_json(call, json_pack("{s:I, s:I, s:s}", "case", (json_int_t)call->number, "study",
                                (json_int_t)study, "how", how));
}

void api_merge(struct api_call *call) {
    const json_t *b = call->body;
    char object[160], after[400];
    PGresult *r = db_query(call->db, "select merge_patient($1, $2, $3, $4, $5, $6)",
                           DB(json_get_text(b, "patient_id"), json_get_text(b, "patient_id_issuer"),
                              json_get_text(b, "into_id"), json_get_text(b, "into_issuer"),
                              json_get_text(b, "into_name"), json_get_text(b, "why")));
    int64_t moved = r ? db_number(r, 0, 0) : 0;
    bool ok = r != NULL;
    PQclear(r);
    if (ok && moved == 0) {
        api_error(call, &no_patient);
        return;
    }
    snprintf(object, sizeof object, "patient %.64s %.64s", json_get_text(b, "patient_id"),
             json_get_text(b, "patient_id_issuer"));
    snprintf(after, sizeof after, "%.64s %.64s, %lld studies: %.200s", json_get_text(b, "into_id"),
             json_get_text(b, "into_issuer"), (long long)moved, json_get_text(b, "why"));
    if (!ok || !audit_append(call->db, &(struct audit_entry){call->user.name, "merge", object, "",
                                                             after, "page"})) {
        api_database_error(call);
        return;
    }
    call->list_changed = true;
    api_ok_json(call, json_pack("{s:I}", "studies", (json_int_t)moved));
}
