#include "worklist/worklist.h"
#include "worklist/audit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FINDINGS_MAX = 64, MOVES_MAX = 5000 };

/* The order as the log of moves had it at move `last`: each transaction brings it up to date from
 * the log, and takes back what it did itself, so that it never holds what was not committed. */
struct order {
    struct rank_list list;
    int64_t last;
};

struct undo {
    struct rank_key key; /* as it was; .study names whose */
    bool was_there;
};

static void order_forget(void *memory) {
    struct order *order = memory;
    rank_list_free(&order->list);
    free(order);
}

static struct rank_key key_of(const PGresult *r, int row) {
    return (struct rank_key){db_number(r, row, 0), db_bool(r, row, 1),
                             (enum rank_tier)db_number(r, row, 2), db_number(r, row, 3)};
}

static struct order *load_order(struct db *db) {
    PGresult *r =
        db_query(db,
                 "select s.id, pinned, tier, (extract(epoch from read_by) * 1000)::bigint, m.last "
                 "from (select coalesce(max(id), 0) as last from study_move) m left join study s "
                 "on status <> 'done' order by pinned desc, (tier = 2) desc, read_by, s.id",
                 DB_NONE);
    struct order *order = r ? calloc(1, sizeof *order) : NULL;
    for (int i = 0; order && i < PQntuples(r); i++) {
        struct rank_key key = key_of(r, i);
        order->last = db_number(r, i, 4);
        if (!PQgetisnull(r, i, 0))
            rank_list_put(&order->list, &key);
    }
    PQclear(r);
    return order;
}

/* Moves that others committed since; false: error, or so many that reading anew is cheaper. */
static bool catch_up(struct db *db, struct order *order) {
    PGresult *r = db_query(db,
                           "select study, pinned, to_tier, (extract(epoch from read_by) * "
                           "1000)::bigint, to_position is null, id from study_move where id > $1 "
                           "order by id limit $2",
                           DB(db_int(order->last).text, db_int(MOVES_MAX).text));
    int n = r ? PQntuples(r) : MOVES_MAX;
    for (int i = 0; n < MOVES_MAX && i < n; i++) {
        struct rank_key key = key_of(r, i);
        if (db_bool(r, i, 4))
            rank_list_remove(&order->list, key.study);
        else
            rank_list_put(&order->list, &key);
        order->last = db_number(r, i, 5);
    }
    PQclear(r);
    return n < MOVES_MAX;
}

static struct order *order_of(struct db *db) {
    if (db->memory && !catch_up(db, db->memory)) {
        db->forget(db->memory);
        db->memory = NULL;
    }
    if (!db->memory) {
        db->memory = load_order(db);
        db->forget = order_forget;
    }
    return db->memory;
}

bool worklist_begin(struct worklist *w, struct db *db) {
    *w = (struct worklist){.db = db};
    PGresult *r = db_query(db, "select version from worklist_version for update", DB_NONE);
    if (!r)
        return false;
    w->version = db_number(r, 0, 0);
    PQclear(r);
    struct order *order = order_of(db);
    w->list = order ? &order->list : NULL;
    return order != NULL;
}

void worklist_end(struct worklist *w) {
    while (w->list && w->undo_count > 0) {
        const struct undo *u = &w->undo[--w->undo_count];
        if (u->was_there)
            rank_list_put(w->list, &u->key);
        else
            rank_list_remove(w->list, u->key.study);
    }
    free(w->undo);
    *w = (struct worklist){0};
}

size_t worklist_place(const struct worklist *w, int64_t study) {
    const struct rank_key *key = rank_list_find(w->list, study);
    return key ? rank_list_place(w->list, key) : 0;
}

static void change_list(struct worklist *w, const struct rank_key *after, bool leaves) {
    const struct rank_key *before = rank_list_find(w->list, after->study);
    w->undo = realloc(w->undo, (w->undo_count + 1) * sizeof *w->undo);
    if (!w->undo)
        abort(); /* out of memory: fail stop, the transaction is rolled back */
    w->undo[w->undo_count++] =
        (struct undo){before ? *before : (struct rank_key){.study = after->study}, before != NULL};
    if (leaves)
        rank_list_remove(w->list, after->study);
    else
        rank_list_put(w->list, after);
}

struct places {
    size_t from, to;
    enum rank_tier tier_from;
};

static bool write_move(struct worklist *w, const struct rank_key *key,
                       const struct worklist_move *move, struct places places) {
    struct db_number id = db_int(key->study), from = db_int((int64_t)places.from),
                     to = db_int((int64_t)places.to);
    struct db_number tier = db_int(key->tier), ms = db_int(key->read_by_ms);
    bool ok =
        db_run(
            w->db,
            "update study set tier = $2, read_by = to_timestamp($3::bigint / 1000.0), pinned = $4, "
            "reason = $5, changed_at = now(), from_position = nullif($6::int, 0) where id = $1",
            DB(id.text, tier.text, ms.text, key->pinned ? "t" : "f",
               move->shown ? move->shown : move->reason, from.text)) == 1;
    return ok && db_run(w->db,
                        "insert into study_move (study, from_position, to_position, from_tier, "
                        "to_tier, pinned, read_by, "
                        "reason, event, by_whom, version) values ($1, nullif($2::int, 0), "
                        "nullif($3::int, 0), $4, $5, $6, "
                        "to_timestamp($7::bigint / 1000.0), $8, decode($9, 'hex'), $10, $11)",
                        DB(id.text, from.text, to.text, db_int(places.tier_from).text, tier.text,
                           key->pinned ? "t" : "f", ms.text, move->reason, move->event_hex,
                           move->by, db_int(w->version).text)) == 1;
}

/* Moves that no person made; those of people have the row of their act. */
static bool audit_move(struct worklist *w, const struct rank_key *key,
                       const struct worklist_move *move, struct places places) {
    bool automatic = strcmp(move->by, "finding") == 0 || strcmp(move->by, "worklistd") == 0;
    char object[40], before[60], after[100];
    snprintf(object, sizeof object, "study %lld", (long long)key->study);
    snprintf(before, sizeof before, "place %zu, %s", places.from, rank_tier_text(places.tier_from));
    snprintf(after, sizeof after, "place %zu, %s%s%.32s", places.to, rank_tier_text(key->tier),
             move->event_hex ? ", finding " : "", move->event_hex ? move->event_hex : "");
    return !automatic || audit_append(w->db, &(struct audit_entry){"worklistd", "move", object,
                                                                   before, after, move->by});
}

bool worklist_move(struct worklist *w, const struct rank_key *after,
                   const struct worklist_move *move) {
    const struct rank_key *before = rank_list_find(w->list, after->study);
    struct places places = {.from = before ? rank_list_place(w->list, before) : 0,
                            .tier_from = before ? before->tier : TIER_ROUTINE};
    change_list(w, after, move->leaves);
    places.to = move->leaves ? 0 : rank_list_place(w->list, after);
    w->version++;
    return write_move(w, after, move, places) && audit_move(w, after, move, places) &&
           db_run(w->db, "update worklist_version set version = $1, open_studies = $2",
                  DB(db_int(w->version).text, db_int((int64_t)w->list->count).text)) == 1;
}

/* Findings that count: of mode integrated; all but the silent ones for what would be. */
static size_t load_findings(struct worklist *w, int64_t study, bool would,
                            struct rank_finding out[FINDINGS_MAX]) {
    PGresult *r =
        db_query(w->db,
                 "select tier, (extract(epoch from raised_at) * 1000)::bigint from finding "
                 "where study = $1 and (closed_at is null or holds_until is not null) and "
                 "(mode = 'integrated' or ($2::bool and mode = 'assistive')) "
                 "order by tier desc, raised_at limit 64",
                 DB(db_int(study).text, would ? "t" : "f"));
    size_t n = r ? (size_t)PQntuples(r) : 0;
    for (size_t i = 0; i < n; i++)
        out[i] =
            (struct rank_finding){(enum rank_tier)db_number(r, (int)i, 0), db_number(r, (int)i, 1)};
    PQclear(r);
    return n;
}

static bool manual_tier(struct rank_key *key, const PGresult *r, int64_t latest_ms) {
    if (PQgetisnull(r, 0, 2))
        return false;
    key->tier = (enum rank_tier)db_number(r, 0, 2);
    int64_t wanted_ms =
        key->tier == TIER_ROUTINE ? latest_ms : db_number(r, 0, 3) + rank_limit_ms(key->tier);
    key->read_by_ms = wanted_ms < latest_ms ? wanted_ms : latest_ms;
    return true;
}

bool worklist_key(struct worklist *w, int64_t study, struct rank_key *key) {
    struct rank_finding open[FINDINGS_MAX];
    PGresult *r = db_query(
        w->db,
        "select pinned, (extract(epoch from arrived_at + longest_wait_min * interval '1 minute') "
        "* 1000)::bigint, manual_tier, (extract(epoch from manual_at) * 1000)::bigint, held, tier, "
        "(extract(epoch from read_by) * 1000)::bigint from study where id = $1",
        DB(db_int(study).text));
    if (!r || PQntuples(r) != 1) {
        PQclear(r);
        return false;
    }
    *key = (struct rank_key){.study = study, .pinned = db_bool(r, 0, 0)};
    int64_t latest_ms = db_number(r, 0, 1);
    bool held = db_bool(r, 0, 4), manual = manual_tier(key, r, latest_ms);
    if (held && !manual) { /* stands as it stands */
        key->tier = (enum rank_tier)db_number(r, 0, 5);
        key->read_by_ms = db_number(r, 0, 6);
    }
    PQclear(r);
    if (!held && !manual)
        rank_apply(key, latest_ms, open, load_findings(w, study, false, open));
    return true;
}

int64_t worklist_add(struct worklist *w, const struct study_new *study, const char *by) {
    PGresult *r =
        db_query(w->db,
                 "insert into study (patient_id, patient_id_issuer, patient_name, "
                 "accession, accession_issuer, study_uid, "
                 "description, longest_wait_min, procedure, station, scheduled_at, "
                 "arrived_at, read_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
                 "$11, "
                 "date_trunc('milliseconds', now()), date_trunc('milliseconds', now()) + "
                 "$8::int * interval '1 minute') "
                 "returning id",
                 DB(study->patient_id, study->patient_id_issuer, study->patient_name,
                    study->accession, study->accession_issuer, study->study_uid, study->description,
                    db_int(study->longest_wait_min).text, study->procedure ? study->procedure : "",
                    study->station ? study->station : "", study->scheduled_at));
    if (!r)
        return 0;
    int64_t id = db_number(r, 0, 0);
    PQclear(r);
    struct rank_key key;
    const struct worklist_move move = {.reason = "arrival order", .by = by};
    return worklist_key(w, id, &key) && worklist_move(w, &key, &move) ? id : 0;
}

/* 0 also for what happened and came behind the closing of the case: perhaps the next patient's. */
static int64_t study_of_case(struct db *db, const struct worklist_finding *f, char mode[16]) {
    PGresult *r = db_query(db,
                           "select study, case_mode(number) from lab_case where number = $1 and "
                           "number > 0 and not behind_closing(number, to_timestamp($2::bigint / "
                           "1e9), clock_timestamp())",
                           DB(db_int(f->case_number).text, db_int(f->at_ns).text));
    int64_t study = r && PQntuples(r) == 1 ? db_number(r, 0, 0) : r ? 0 : -1;
    if (study > 0)
        snprintf(mode, 16, "%s", db_text(r, 0, 1));
    PQclear(r);
    return study;
}

static int move_by_findings(struct worklist *w, int64_t study, const struct worklist_move *move) {
    struct rank_key key;
    return worklist_key(w, study, &key) && worklist_move(w, &key, move) ? 1 : -1;
}

/* Why a study stands where it stands: the worst of its open findings, else what ended. */
static bool reason_shown(struct db *db, int64_t study, const char *ended, char *out, size_t size) {
    PGresult *r = db_query(db,
                           "select reason from finding where study = $1 and closed_at is null "
                           "and mode = 'integrated' order by tier desc, raised_at limit 1",
                           DB(db_int(study).text));
    if (!r)
        return false;
    if (PQntuples(r) == 1)
        snprintf(out, size, "%s", db_text(r, 0, 0));
    else
        snprintf(out, size, "arrival order; %s", ended);
    PQclear(r);
    return true;
}

/* 1: nobody has acknowledged this, or something as bad of this kind; 0: covered; -1: error. */
static int asks_again(struct db *db, int64_t study, const struct worklist_finding *f,
                      bool *acknowledged) {
    PGresult *r = db_query(
        db,
        "select s.acknowledged_at is not null or s.status = 'done', s.status = 'done' or "
        "s.acknowledged_at is null or $2::int > s.acknowledged_tier or not exists (select from "
        "finding f where f.study = s.id and f.kind = $3 and f.raised_at <= s.acknowledged_at and "
        "f.id <> decode($6, 'hex') and ($4::float8 - f.to_value) * sign($4::float8 - $5::float8) "
        "<= 0) from study s where s.id = $1",
        DB(db_int(study).text, db_int(rank_tier_of(f->kind)).text, db_int(f->kind).text,
           db_real(f->to_value).text, db_real(f->from_value).text, f->event_hex));
    int again = r && PQntuples(r) == 1 ? db_bool(r, 0, 1) : -1;
    *acknowledged = again >= 0 && db_bool(r, 0, 0);
    PQclear(r);
    return again;
}

/* What the findings of an assistive room would do, were they allowed to. A person's word stays. */
static int say_would(struct worklist *w, int64_t study) {
    struct rank_finding open[FINDINGS_MAX];
    const struct rank_key *now = rank_list_find(w->list, study);
    if (!now)
        return 0;
    struct rank_key key = *now;
    PGresult *r = db_query(
        w->db,
        "select (extract(epoch from arrived_at + longest_wait_min * interval '1 minute') * "
        "1000)::bigint, (select reason from finding f where f.study = s.id and f.mode = "
        "'assistive' "
        "and (closed_at is null or holds_until is not null) order by f.tier desc, raised_at limit "
        "1) from study s where id = $1 and not held and manual_tier is null",
        DB(db_int(study).text));
    if (!r)
        return -1;
    const char *reason = PQntuples(r) == 1 ? db_text(r, 0, 1) : NULL;
    if (reason)
        rank_apply(&key, db_number(r, 0, 0), open, load_findings(w, study, true, open));
    long rows =
        db_run(w->db,
               "update study set would_tier = $2, would_read_by = "
               "to_timestamp($3::bigint / 1000.0), would_position = $4, would_reason = $5 "
               "where id = $1",
               DB(db_int(study).text, reason ? db_int(key.tier).text : NULL,
                  reason ? db_int(key.read_by_ms).text : NULL,
                  reason ? db_int((int64_t)rank_list_place(w->list, &key)).text : NULL, reason));
    PQclear(r);
    return rows == 1 ? WORKLIST_WOULD : -1;
}

static long insert_finding(struct db *db, int64_t study, const struct worklist_finding *f,
                           const char *reason, const char *mode) {
    enum rank_tier tier = rank_tier_of(f->kind);
    return db_run(db,
                  "insert into finding (id, study, kind, tier, limit_at, reason, to_value, mode) "
                  "values (decode($1, 'hex'), $2, $3, $4, now() + $5::bigint * interval '1 "
                  "millisecond', $6, $7, $8) on conflict do nothing",
                  DB(f->event_hex, db_int(study).text, db_int(f->kind).text, db_int(tier).text,
                     db_int(rank_limit_ms(tier)).text, reason, db_real(f->to_value).text, mode));
}

/* A study that was done comes back, and an acknowledgment does not cover what is worse. */
static bool ask_again(struct db *db, int64_t study) {
    return db_run(db,
                  "update study set acknowledged_by = null, acknowledged_at = null, "
                  "acknowledged_tier = null, status = case when status = 'done' then 'waiting' "
                  "else status end where id = $1",
                  DB(db_int(study).text)) == 1;
}

static int raise_integrated(struct worklist *w, int64_t study, const struct worklist_finding *f) {
    char shown[400], reason[400];
    bool acknowledged = false;
    int again = asks_again(w->db, study, f, &acknowledged);
    if (again < 0)
        return -1;
    snprintf(reason, sizeof reason, "%s%s", again && acknowledged ? "again: " : "", f->reason);
    long rows = insert_finding(w->db, study, f, reason, "integrated");
    if (rows <= 0)
        return (int)rows;
    if ((again && !ask_again(w->db, study)) ||
        !reason_shown(w->db, study, reason, shown, sizeof shown))
        return -1;
    const struct worklist_move move = {
        .reason = reason, .by = "finding", .shown = shown, .event_hex = f->event_hex};
    return move_by_findings(w, study, &move);
}

int worklist_raise(struct worklist *w, const struct worklist_finding *finding, int64_t *study) {
    char mode[16] = "";
    bool moves = rank_tier_of(finding->kind) != TIER_ROUTINE;
    *study = moves ? study_of_case(w->db, finding, mode) : 0;
    if (*study <= 0)
        return (int)*study;
    if (strcmp(mode, "integrated") == 0)
        return raise_integrated(w, *study, finding);
    long rows = insert_finding(w->db, *study, finding, finding->reason, mode);
    return rows <= 0 || strcmp(mode, "silent") == 0 ? (int)(rows > 0 ? 0 : rows)
                                                    : say_would(w, *study);
}

int worklist_recover(struct worklist *w, const struct worklist_finding *finding, int64_t *study) {
    char reason[400];
    *study = 0;
    PGresult *r = db_query(
        w->db,
        "update finding set closed_at = now(), holds_until = case when $3::bool and l.value > 0 "
        "then now() + l.value * interval '1 s' end from lab_setting l where l.name = "
        "'recovered_hold_s' and closed_at is null and kind = $2 and id = decode($1, 'hex') "
        "returning study, mode",
        DB(finding->refers_hex, db_int(finding->kind).text, finding->withdrawn ? "f" : "t"));
    if (!r)
        return -1;
    char mode[16] = "";
    if (PQntuples(r) == 1) {
        *study = db_number(r, 0, 0);
        snprintf(mode, sizeof mode, "%s", db_text(r, 0, 1));
    }
    PQclear(r);
    if (*study == 0 || strcmp(mode, "silent") == 0)
        return 0;
    if (strcmp(mode, "assistive") == 0)
        return say_would(w, *study);
    if (!rank_list_find(w->list, *study))
        return 0; /* done meanwhile: nothing to slide back */
    if (!reason_shown(w->db, *study, finding->reason, reason, sizeof reason))
        return -1;
    const struct worklist_move move = {
        .reason = reason, .by = "finding", .event_hex = finding->event_hex};
    return move_by_findings(w, *study, &move);
}

/* Its findings count by the mode that holds now; what recovered long enough ago counts no more. */
static bool settle_one(struct worklist *w, int64_t study) {
    char shown[400];
    struct rank_key key;
    const struct rank_key *now = rank_list_find(w->list, study);
    struct db_number id = db_int(study);
    long ended = db_run(w->db,
                        "update finding set holds_until = null where study = $1 and holds_until <= "
                        "now()",
                        DB(id.text));
    long changed = db_run(w->db,
                          "update finding f set mode = study_mode(s) from study s where s.id = $1 "
                          "and f.study = s.id and (f.closed_at is null or f.holds_until is not "
                          "null) and f.mode <> study_mode(s)",
                          DB(id.text));
    if (ended < 0 || changed < 0 || !now)
        return ended >= 0 && changed >= 0;
    const char *why = changed > 0 ? "the mode changed" : "recovered and stayed so";
    const struct worklist_move move = {.reason = why, .by = "worklistd", .shown = shown};
    return reason_shown(w->db, study, changed > 0 ? why : "recovered", shown, sizeof shown) &&
           worklist_key(w, study, &key) && worklist_move(w, &key, &move) &&
           say_would(w, study) >= 0;
}

static const char unsettled_sql[] =
    "select study from finding where holds_until <= now() union select f.study from finding f join "
    "study s on s.id = f.study where (f.closed_at is null or f.holds_until is not null) and f.mode "
    "<> study_mode(s) limit $1";

int worklist_settle(struct db *db, int64_t *moved, int max) {
    struct worklist w;
    PGresult *r = db_query(db, unsettled_sql, DB(db_int(max).text));
    int n = r ? PQntuples(r) : -1;
    bool ok = n > 0 && db_do(db, "begin");
    if (ok) {
        ok = worklist_begin(&w, db);
        for (int i = 0; ok && i < n; i++)
            ok = settle_one(&w, moved[i] = db_number(r, i, 0));
        worklist_end(&w);
        ok = ok && db_do(db, "commit");
        if (!ok)
            db_do(db, "rollback");
    }
    PQclear(r);
    return n <= 0 ? n : ok ? n : -1;
}

bool worklist_override(struct worklist *w, int64_t study, const struct worklist_manual *manual,
                       const struct worklist_move *move) {
    const char *tier = manual->tier < 0 ? NULL : manual->tier == 2 ? "2" : manual->tier ? "1" : "0";
    bool any = manual->held || tier;
    struct rank_key key;
    return db_run(w->db,
                  "update study set held = $2, manual_tier = $3, manual_by = $4, manual_why = $5, "
                  "manual_at = case when $4::text is not null then "
                  "date_trunc('milliseconds', now()) end where id = $1",
                  DB(db_int(study).text, manual->held ? "t" : "f", tier, any ? move->by : NULL,
                     any ? manual->why : NULL)) == 1 &&
           worklist_key(w, study, &key) && worklist_move(w, &key, move);
}

bool worklist_pin(struct worklist *w, int64_t study, bool pinned,
                  const struct worklist_move *move) {
    struct rank_key key;
    if (!worklist_key(w, study, &key))
        return false;
    key.pinned = pinned;
    return worklist_move(w, &key, move);
}

static char *one_text(PGresult *r) {
    char *text = r && PQntuples(r) == 1 ? strdup(PQgetvalue(r, 0, 0)) : NULL;
    PQclear(r);
    return text;
}

static const char page_sql[] =
    "select json_build_object('version', version, 'total', open_studies, 'from', $1::bigint, "
    "'studies', (select coalesce(json_agg(body order by place), '[]'::json) from list_page($1, "
    "$2))) from worklist_version";

char *worklist_json(struct db *db, int64_t first, int64_t rows) {
    return one_text(db_query(db, page_sql, DB(db_int(first).text, db_int(rows).text)));
}

char *worklist_study_json(struct db *db, int64_t study, size_t place) {
    return one_text(
        db_query(db, "select study_body(s, nullif($2::bigint, 0)) from study s where id = $1",
                 DB(db_int(study).text, db_int((int64_t)place).text)));
}

char *worklist_message(struct db *db, const int64_t *moved, size_t count) {
    char ids[1024] = "", *message = NULL;
    size_t used = 0;
    for (size_t i = 0; i < count && used < sizeof ids - 32; i++)
        used += (size_t)snprintf(ids + used, sizeof ids - used, "%s%lld", i ? "," : "",
                                 (long long)moved[i]);
    char *page = worklist_json(db, 1, WORKLIST_PAGE);
    if (page && asprintf(&message, "{\"type\":\"worklist\",\"moved\":[%s],%s", ids, page + 1) < 0)
        message = NULL;
    free(page);
    return message;
}
