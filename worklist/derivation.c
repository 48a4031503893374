#include "worklist/derivation.h"
#include "dsp/derived.h"
#include "proto/quantity.h"
#include "proto/site.h"
#include "worklist/audit.h"
#include "worklist/json.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCE = 64, PHASES_MAX = 8, PHASE = 16 };
enum trust { TRUST_SUGGESTED, TRUST_CONFIRMED, TRUST_TYPED, TRUST_DERIVED };

struct known {
    struct derived_value value[DERIVED_VALUES_MAX];
    enum trust trust[DERIVED_VALUES_MAX];
    bool waits[DERIVED_VALUES_MAX];          /* a suggested value lies behind it */
    char source[DERIVED_VALUES_MAX][SOURCE]; /* "measurement 0a1b.. version 2", "typed 7" */
    int row[DERIVED_VALUES_MAX];             /* of derived_rows; -1: an input */
    int count;
};

static int find(const struct known *k, uint32_t quantity, uint32_t site) {
    for (int i = 0; i < k->count; i++)
        if (k->value[i].quantity == quantity && k->value[i].site == site)
            return i;
    return -1;
}

/* The newest of the greatest trust counts: callers come oldest first. */
static void know(struct known *k, struct derived_value value, enum trust trust,
                 const char *source) {
    int i = find(k, value.quantity, value.site);
    if (i >= 0 && k->trust[i] > trust)
        return;
    if (i < 0 && k->count == DERIVED_VALUES_MAX)
        return;
    i = i < 0 ? k->count++ : i;
    k->value[i] = value;
    k->trust[i] = trust;
    k->waits[i] = trust == TRUST_SUGGESTED;
    k->row[i] = -1;
    snprintf(k->source[i], SOURCE, "%s", source);
}

struct input {
    const char *quantity, *site, *source;
    double value;
    enum trust trust;
};

/* Of its site, and of the patient where a formula does not ask for the site. */
static void know_both(struct known *k, const struct input *in) {
    const struct quantity_row *row = quantity_from_id(in->quantity);
    uint32_t at = in->site[0] ? site_from_label(in->site) : SITE_NONE;
    if (!row)
        return;
    know(k, (struct derived_value){row->quantity, at, in->value}, in->trust, in->source);
    if (at != SITE_NONE)
        know(k, (struct derived_value){row->quantity, SITE_NONE, in->value}, in->trust, in->source);
}

static void know_measurement(struct known *k, const PGresult *r, int i) {
    char source[SOURCE];
    size_t n;
    json_t *value, *values = json_loads(db_text(r, i, 1), 0, NULL);
    bool suggested = strcmp(db_text(r, i, 4), "suggested") == 0;
    snprintf(source, sizeof source, "measurement %.32s version %s", db_text(r, i, 2),
             db_text(r, i, 3));
    json_array_foreach(values, n, value) {
        const struct input in = {json_get_text(value, "quantity"), db_text(r, i, 0), source,
                                 json_number_value(json_object_get(value, "value")),
                                 suggested ? TRUST_SUGGESTED : TRUST_CONFIRMED};
        know_both(k, &in);
    }
    json_decref(values);
}

static void know_typed(struct known *k, const PGresult *r, int i) {
    const struct input in = {db_text(r, i, 0), db_text(r, i, 1), db_text(r, i, 3),
                             strtod(db_text(r, i, 2), NULL), TRUST_TYPED};
    know_both(k, &in);
}

static bool load_known(struct db *db, int64_t case_number, const char *phase, struct known *k) {
    static const char measured[] =
        "select site, current_values, encode(id, 'hex'), version, state from measurement where "
        "case_number = $1 and phase = $2 and state in ('suggested', 'accepted', 'adjusted') order "
        "by "
        "to_at, id";
    static const char typed[] =
        "select quantity, site, value, 'typed ' || id from typed_value where case_number = $1 and "
        "(phase = $2 or quantity in ('height', 'weight', 'age', 'male', 'hb')) order by id";
    struct db_number number = db_int(case_number);
    k->count = 0;
    PGresult *r = db_query(db, measured, DB(number.text, phase));
    for (int i = 0; r && i < PQntuples(r); i++)
        know_measurement(k, r, i);
    PGresult *t = r ? db_query(db, typed, DB(number.text, phase)) : NULL;
    for (int i = 0; t && i < PQntuples(t); i++)
        know_typed(k, t, i);
    bool ok = t != NULL;
    PQclear(r);
    PQclear(t);
    return ok;
}

/* Does a suggested value, or one that waits itself, stand behind the row? */
static bool row_waits(const struct known *k, const struct derived_row *row) {
    for (int i = 0; i < DERIVED_INPUTS_MAX && row->inputs[i].quantity; i++) {
        int at = find(k, row->inputs[i].quantity, row->inputs[i].site);
        if (at >= 0 && k->waits[at])
            return true;
    }
    return false;
}

/* As derived_all(), keeping which row gave what. Rows that need no suggested value go first, so
 * that a suggestion never stands in the way of what is known. */
static void derive(struct known *k) {
    for (int pass = 0; pass < 2; pass++) {
        for (int r = 0; r < derived_rows_count && k->count < DERIVED_VALUES_MAX; r++) {
            const struct derived_row *row = &derived_rows[r];
            struct derived_value new = {row->output, SITE_NONE, 0};
            bool waits = row_waits(k, row);
            if (find(k, row->output, SITE_NONE) >= 0 || (pass == 0 && waits) ||
                derived_row(row, k->value, k->count, &new.value) != HEMO_OK)
                continue;
            int i = k->count++;
            k->value[i] = new;
            k->trust[i] = TRUST_DERIVED;
            k->waits[i] = waits;
            k->row[i] = r;
            snprintf(k->source[i], SOURCE, "%s", row->method);
        }
    }
}

static json_t *inputs_json(const struct known *k, int i, bool only_waiting) {
    json_t *out = json_array();
    const struct derived_row *row = &derived_rows[k->row[i]];
    for (int n = 0; n < DERIVED_INPUTS_MAX && row->inputs[n].quantity; n++) {
        int at = find(k, row->inputs[n].quantity, row->inputs[n].site);
        const struct quantity_row *quantity = quantity_row(row->inputs[n].quantity);
        const struct site_row *site = site_row(row->inputs[n].site);
        const char *label = site && row->inputs[n].site != SITE_NONE ? site->label : "";
        if (at < 0 || (only_waiting && !k->waits[at]))
            continue;
        json_t *input = json_pack("{s:s, s:s, s:s}", "quantity", quantity->id, "site", label,
                                  "from", k->source[at]);
        if (!only_waiting)
            json_object_set_new(input, "value", json_real(k->value[at].value));
        json_array_append_new(out, input);
    }
    return out;
}

struct derivation {
    struct db *db;
    struct db_number number;
    const char *phase, *who, *because;
    int changed;
};

static bool audit_change(struct derivation *d, const char *quantity, const char *before,
                         const char *after) {
    char object[100], text[200];
    snprintf(object, sizeof object, "derived %s %s %s", d->number.text, d->phase, quantity);
    snprintf(text, sizeof text, "%s because of %s", after, d->because);
    d->changed++;
    return audit_append(
        d->db, &(struct audit_entry){d->who, "derived", object, before, text, "derivation"});
}

/* Written and audited only where the number or what it stands on differs. */
static bool keep(struct derivation *d, const struct known *k, int i) {
    const struct quantity_row *row = quantity_row(k->value[i].quantity);
    struct db_number value = db_real(k->value[i].value);
    json_t *inputs = inputs_json(k, i, false);
    char *text = json_dumps(inputs, JSON_COMPACT | JSON_REAL_PRECISION(9));
    json_decref(inputs);
    PGresult *r = db_query(
        d->db,
        "with old as (select value, inputs from derived_value where case_number = $1 and phase = "
        "$2 "
        "and quantity = $3), new as (insert into derived_value as v (case_number, phase, quantity, "
        "value, method, inputs, by_whom) values ($1, $2, $3, $4, $5, $6, $7) on conflict "
        "(case_number, phase, quantity) do update set value = excluded.value, method = "
        "excluded.method, inputs = excluded.inputs, version = v.version + 1, by_whom = "
        "excluded.by_whom, at = now() where v.value is distinct from excluded.value or v.inputs <> "
        "excluded.inputs returning 1) select (select count(*) from new), (select value from old)",
        DB(d->number.text, d->phase, row->id, value.text, k->source[i], text, d->who));
    bool ok = r != NULL;
    if (ok && db_number(r, 0, 0) > 0) {
        char after[80];
        snprintf(after, sizeof after, "%.*f %s", row->decimals, k->value[i].value, row->unit);
        ok = audit_change(d, row->id, db_text(r, 0, 1) ? db_text(r, 0, 1) : "", after);
    }
    PQclear(r);
    free(text);
    return ok;
}

/* What was known and is no more: an input was undone or rejected. */
static bool forget_others(struct derivation *d, const struct known *k) {
    PGresult *r = db_query(d->db,
                           "select quantity, value from derived_value where case_number = $1 and "
                           "phase = $2 and value is not null",
                           DB(d->number.text, d->phase));
    bool ok = r != NULL;
    for (int i = 0; ok && i < PQntuples(r); i++) {
        const struct quantity_row *row = quantity_from_id(db_text(r, i, 0));
        int at = row ? find(k, row->quantity, SITE_NONE) : -1;
        if (at >= 0 && k->row[at] >= 0 && !k->waits[at])
            continue;
        ok = db_run(d->db,
                    "update derived_value set value = null, inputs = '[]', version = version + 1, "
                    "by_whom = $4, at = now() where case_number = $1 and phase = $2 and quantity = "
                    "$3",
                    DB(d->number.text, d->phase, db_text(r, i, 0), d->who)) == 1 &&
             audit_change(d, db_text(r, i, 0), db_text(r, i, 1), "no longer known");
    }
    PQclear(r);
    return ok;
}

static bool update_phase(struct derivation *d, int64_t case_number, struct known *k) {
    if (!load_known(d->db, case_number, d->phase, k))
        return false;
    derive(k);
    bool ok = forget_others(d, k);
    for (int i = 0; ok && i < k->count; i++)
        if (k->row[i] >= 0 && !k->waits[i])
            ok = keep(d, k, i);
    return ok;
}

static int phases_of(struct db *db, int64_t case_number, char out[PHASES_MAX][PHASE]) {
    PGresult *r =
        db_query(db,
                 "select phase from measurement where case_number = $1 union select phase "
                 "from typed_value where case_number = $1 order by 1 limit 8",
                 DB(db_int(case_number).text));
    int n = r ? PQntuples(r) : -1;
    for (int i = 0; i < n; i++)
        snprintf(out[i], PHASE, "%s", db_text(r, i, 0));
    PQclear(r);
    return n;
}

int derivation_update(struct db *db, int64_t case_number, const char *who, const char *because) {
    char phases[PHASES_MAX][PHASE];
    struct known *k = malloc(sizeof *k);
    struct derivation d = {db, db_int(case_number), NULL, who, because, 0};
    int n = phases_of(db, case_number, phases);
    bool ok = k && n >= 0;
    for (int i = 0; ok && i < n; i++) {
        d.phase = phases[i];
        ok = update_phase(&d, case_number, k);
    }
    free(k);
    return ok ? d.changed : -1;
}

static bool add_waiting(struct db *db, int64_t case_number, const char *phase, json_t *waiting,
                        struct known *k) {
    if (!load_known(db, case_number, phase, k))
        return false;
    derive(k);
    for (int i = 0; i < k->count; i++) {
        const struct quantity_row *row = quantity_row(k->value[i].quantity);
        if (k->row[i] >= 0 && k->waits[i])
            json_array_append_new(waiting, json_pack("{s:s, s:s, s:s, s:o}", "phase", phase,
                                                     "quantity", row->id, "words", row->words,
                                                     "for", inputs_json(k, i, true)));
    }
    return true;
}

static json_t *waiting_json(struct db *db, int64_t case_number) {
    char phases[PHASES_MAX][PHASE];
    struct known *k = malloc(sizeof *k);
    json_t *waiting = json_array();
    int n = phases_of(db, case_number, phases);
    bool ok = k && n >= 0;
    for (int i = 0; ok && i < n; i++)
        ok = add_waiting(db, case_number, phases[i], waiting, k);
    free(k);
    if (!ok) {
        json_decref(waiting);
        return NULL;
    }
    return waiting;
}

/* Words, unit and decimals are the table's. */
static void add_words(json_t *rows) {
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row) {
        const struct quantity_row *q = quantity_from_id(json_get_text(row, "quantity"));
        json_object_set_new(row, "words", json_string(q ? q->words : ""));
        json_object_set_new(row, "unit",
                            json_string(!q                               ? ""
                                        : strcmp(q->unit, "mm[Hg]") == 0 ? "mmHg"
                                                                         : q->unit));
        json_object_set_new(row, "decimals", json_integer(q ? q->decimals : 0));
    }
}

char *derivation_json(struct db *db, int64_t case_number) {
    PGresult *r = db_query(
        db,
        "select json_build_object('case', $1::bigint, 'derived', coalesce((select "
        "json_agg(json_build_object('phase', phase, 'quantity', quantity, 'value', value, "
        "'method', "
        "method, 'inputs', inputs::json, 'version', version, 'by', by_whom, 'at', iso(at)) order "
        "by "
        "phase, quantity) from derived_value where case_number = $1), '[]'::json), 'typed', "
        "coalesce((select json_agg(json_build_object('phase', phase, 'quantity', quantity, 'site', "
        "site, 'value', value, 'by', by_whom, 'at', iso(at)) order by id) from (select distinct on "
        "(phase, quantity, site) * from typed_value where case_number = $1 order by phase, "
        "quantity, site, id desc) v), '[]'::json))",
        DB(db_int(case_number).text));
    json_t *body = r && PQntuples(r) == 1 ? json_loads(db_text(r, 0, 0), 0, NULL) : NULL;
    json_t *waiting = body ? waiting_json(db, case_number) : NULL;
    char *text = NULL;
    if (waiting) {
        add_words(json_object_get(body, "derived"));
        add_words(json_object_get(body, "typed"));
        json_object_set_new(body, "waiting", waiting);
        text = json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(9));
    }
    json_decref(body);
    PQclear(r);
    return text;
}
