#include "worklist/confirm.h"
#include "worklist/audit.h"
#include "worklist/derivation.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *what, *state;
} kinds[] = {
    [DECIDE_ACCEPT] = {"accept", "accepted"}, [DECIDE_ADJUST] = {"adjust", "adjusted"},
    [DECIDE_REJECT] = {"reject", "rejected"}, [DECIDE_UNDO] = {"undo", "suggested"},
    [DECIDE_VERIFY] = {"verify", NULL}, /* as it was */
    [DECIDE_AMEND] = {"amend", "adjusted"},
};

struct item {
    char state[16], by[40], digest[MEASURE_DIGEST];
    int64_t version, case_number;
    bool verified, amended;
    json_t *machine, *values;
};

static enum decided load(struct db *db, const char *id_hex, struct item *item) {
    PGresult *r = db_query(
        db,
        "select state, coalesce(decided_by, ''), version, digest, machine_values, current_values, "
        "verified_at is not null, amended_at is not null, case_number from measurement where id = "
        "decode($1, 'hex')",
        DB(id_hex));
    if (!r)
        return DECIDED_FAILED;
    enum decided found = DECIDED_NOT_FOUND;
    if (PQntuples(r) == 1) {
        snprintf(item->state, sizeof item->state, "%s", db_text(r, 0, 0));
        snprintf(item->by, sizeof item->by, "%s", db_text(r, 0, 1));
        item->version = db_number(r, 0, 2);
        snprintf(item->digest, sizeof item->digest, "%s", db_text(r, 0, 3));
        item->machine = json_loads(db_text(r, 0, 4), 0, NULL);
        item->values = json_loads(db_text(r, 0, 5), 0, NULL);
        item->verified = db_bool(r, 0, 6);
        item->amended = db_bool(r, 0, 7);
        item->case_number = db_number(r, 0, 8);
        found = item->machine && item->values ? DECIDED : DECIDED_FAILED;
        if (found == DECIDED_FAILED)
            snprintf(db->error, sizeof db->error, "measurement %s: values are not JSON", id_hex);
    }
    PQclear(r);
    return found;
}

static enum decided judge_verify(const struct item *item, const struct decision *d) {
    bool decided = strcmp(item->state, "accepted") == 0 || strcmp(item->state, "adjusted") == 0;
    if (!decided || item->verified)
        return DECIDED_CONFLICT;
    return strcmp(item->by, d->user) == 0 ? DECIDED_SAME : DECIDED;
}

static enum decided judge(const struct item *item, const struct decision *d) {
    bool suggested = strcmp(item->state, "suggested") == 0;
    if (item->version != d->version || strcmp(item->digest, d->digest) != 0)
        return DECIDED_CONFLICT;
    if (d->kind == DECIDE_VERIFY)
        return judge_verify(item, d);
    if (d->kind == DECIDE_AMEND)
        return item->verified ? DECIDED : DECIDED_CONFLICT;
    if (item->verified || item->amended)
        return DECIDED_LOCKED;
    if (d->kind == DECIDE_UNDO && !suggested)
        return strcmp(item->by, d->user) == 0 ? DECIDED : DECIDED_NOT_YOURS;
    return d->kind != DECIDE_UNDO && suggested ? DECIDED : DECIDED_CONFLICT;
}

static json_t *values_after(const struct item *item, const struct decision *d,
                            char why[MEASURE_WHY]) {
    json_t *values = json_deep_copy(d->kind == DECIDE_UNDO ? item->machine : item->values);
    bool typed = d->kind == DECIDE_ADJUST || d->kind == DECIDE_AMEND;
    if (values && typed && !measure_adjust(values, d->values, why)) {
        json_decref(values);
        return NULL;
    }
    return values;
}

/* The whole point: the row changes only while it still is what the person saw. */
static long write_decision(struct db *db, const struct decision *d, const char *text,
                           const char *digest) {
    bool undo = d->kind == DECIDE_UNDO;
    return db_run(
        db,
        "update measurement set state = $4, current_values = $5, digest = $6, version = version + "
        "1, decided_by = $7, decided_at = case when $7::text is null then null else now() end, "
        "reason = $8, verified_by = null, verified_at = null, amended_at = case when $9::bool then "
        "now() else amended_at end where id = decode($1, 'hex') and version = $2 and digest = $3",
        DB(d->id_hex, db_int(d->version).text, d->digest, kinds[d->kind].state, text, digest,
           undo ? NULL : d->user, undo ? NULL : d->reason, d->kind == DECIDE_AMEND ? "t" : "f"));
}

static enum decided write(struct db *db, const struct decision *d, const char *text,
                          const char *digest) {
    long rows = d->kind != DECIDE_VERIFY
                    ? write_decision(db, d, text, digest)
                    : db_run(db,
                             "update measurement set verified_by = $5, verified_at = now(), digest "
                             "= $4, version = version + 1 where id = decode($1, 'hex') and version "
                             "= $2 and digest = $3",
                             DB(d->id_hex, db_int(d->version).text, d->digest, digest, d->user));
    if (rows < 0)
        return DECIDED_FAILED;
    return rows == 1 ? DECIDED : DECIDED_CONFLICT;
}

static enum decided record(struct db *db, const struct decision *d, const struct item *item,
                           const char *after) {
    char object[64];
    char *before = measure_text(item->values);
    char *full = NULL;
    if (!before ||
        asprintf(&full, "%s %s%s%s", kinds[d->kind].state ? kinds[d->kind].state : item->state,
                 after, d->reason ? " reason: " : "", d->reason ? d->reason : "") < 0) {
        free(before);
        snprintf(db->error, sizeof db->error, "out of memory");
        return DECIDED_FAILED;
    }
    snprintf(object, sizeof object, "measurement %s", d->id_hex);
    bool ok = audit_append(db, &(struct audit_entry){.who = d->user,
                                                     .what = kinds[d->kind].what,
                                                     .object = object,
                                                     .before = before,
                                                     .after = full,
                                                     .place = d->place});
    free(before);
    free(full);
    return ok ? DECIDED : DECIDED_FAILED;
}

/* What is computed from it. */
static enum decided follow(struct db *db, const struct decision *d, const struct item *item) {
    char because[80];
    snprintf(because, sizeof because, "measurement %.32s: %s", d->id_hex, kinds[d->kind].what);
    int changed = derivation_update(db, item->case_number, d->user, because);
    if (d->derived)
        *d->derived = changed > 0 ? item->case_number : 0;
    return changed >= 0 ? DECIDED : DECIDED_FAILED;
}

static enum decided decide(struct db *db, const struct decision *d, struct item *item,
                           char why[MEASURE_WHY]) {
    char digest[MEASURE_DIGEST];
    enum decided result = load(db, d->id_hex, item);
    if (result == DECIDED)
        result = judge(item, d);
    if (result != DECIDED)
        return result;
    json_t *values = values_after(item, d, why);
    if (!values)
        return DECIDED_BAD_VALUE;
    measure_digest(d->id_hex, d->version + 1, values, digest);
    char *text = measure_text(values);
    json_decref(values);
    result = text ? write(db, d, text, digest) : DECIDED_FAILED;
    if (result == DECIDED)
        result = record(db, d, item, text);
    if (result == DECIDED && d->kind != DECIDE_VERIFY)
        result = follow(db, d, item);
    free(text);
    return result;
}

enum decided confirm_decide(struct db *db, const struct decision *decision, char why[MEASURE_WHY]) {
    struct item item = {0};
    enum decided result = decide(db, decision, &item, why);
    json_decref(item.machine);
    json_decref(item.values);
    return result;
}

char *confirm_json(struct db *db, const char *id_hex) {
    PGresult *r =
        db_query(db, "select body from measurement_view where id = decode($1, 'hex')", DB(id_hex));
    char *text = r && PQntuples(r) == 1 ? strdup(PQgetvalue(r, 0, 0)) : NULL;
    PQclear(r);
    return text;
}

bool confirm_behind_closing(struct db *db, const char *id_hex) {
    PGresult *r = db_query(db,
                           "select behind_closing(case_number, to_at, received_at) from "
                           "measurement where id = decode($1, 'hex')",
                           DB(id_hex));
    bool behind = r && PQntuples(r) == 1 && db_bool(r, 0, 0);
    PQclear(r);
    return behind;
}
