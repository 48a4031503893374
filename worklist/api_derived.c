/* Derived values of a case, and what people type in for them. */
#include "proto/event.h"
#include "proto/quantity.h"
#include "proto/site.h"
#include "worklist/api.h"
#include "worklist/audit.h"
#include "worklist/derivation.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void api_derived(struct api_call *call) {
    api_ok(call, derivation_json(call->db, call->number));
}

static bool phase_known(const char *phase) {
    for (uint32_t i = 0; i <= PHASE_MAX; i++)
        if (strcmp(phase_text(i), phase) == 0)
            return true;
    return false;
}

/* NULL: fine. */
static const char *typed_wrong(const struct api_call *call, char why[160]) {
    const char *site = json_get_text(call->body, "site");
    const struct quantity_row *q = quantity_from_id(json_get_text(call->body, "quantity"));
    double value = json_number_value(json_object_get(call->body, "value"));
    if (!q)
        return "quantity must be an id of quantities.def";
    if (!phase_known(json_get_text(call->body, "phase")))
        return "phase must be rest, exercise, drug or post";
    if (site && site[0] && site_from_label(site) == SITE_NONE)
        return "site must be a label of sites.def";
    snprintf(why, 160, "%s must be from %g to %g %s", q->words, q->min, q->max, q->unit);
    return value < q->min || value > q->max ? why : NULL;
}

static bool case_open_or_done(struct api_call *call) {
    PGresult *r = db_query(call->db, "select 1 from lab_case where number = $1 and number > 0",
                           DB(db_int(call->number).text));
    bool known = r && PQntuples(r) == 1;
    PQclear(r);
    return known;
}

static bool type_in(struct api_call *call) {
    const json_t *b = call->body;
    const char *site = json_get_text(b, "site"), *quantity = json_get_text(b, "quantity");
    struct db_number value = db_real(json_number_value(json_object_get(b, "value")));
    char object[60], after[120];
    snprintf(object, sizeof object, "case %lld", (long long)call->number);
    snprintf(after, sizeof after, "%.32s %.16s %s, %s", quantity, site ? site : "", value.text,
             json_get_text(b, "phase"));
    return db_run(call->db,
                  "insert into typed_value (case_number, phase, quantity, site, value, by_whom) "
                  "values ($1, $2, $3, $4, $5, $6)",
                  DB(db_int(call->number).text, json_get_text(b, "phase"), quantity,
                     site ? site : "", value.text, call->user.name)) == 1 &&
           audit_append(call->db, &(struct audit_entry){call->user.name, "typed in", object, "",
                                                        after, "page"}) &&
           derivation_update(call->db, call->number, call->user.name, after) >= 0;
}

void api_typed(struct api_call *call) {
    char why[160];
    const char *wrong = typed_wrong(call, why);
    if (wrong)
        api_error(call, &(struct api_problem){400, "BAD_REQUEST", wrong, "Nothing was saved.",
                                              "Correct it."});
    else if (!case_open_or_done(call))
        api_error(call, &(struct api_problem){404, "NOT_FOUND", "There is no such case.",
                                              "Nothing was saved.", "Reload the page."});
    else if (type_in(call)) {
        call->derived_case = call->number;
        api_ok(call, derivation_json(call->db, call->number));
    } else {
        api_database_error(call);
    }
}
