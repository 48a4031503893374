#include "worklist/agreement.h"
#include "worklist/audit.h"
#include "worklist/cases.h"
#include "worklist/mode.h"
#include "worklist/say.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOMS_MAX = 64 };

static bool load_limits(struct db *db, struct drift_limits *l) {
    PGresult *r = db_query(
        db,
        "select max(value) filter (where name = 'drift_cusum'), max(value) filter (where name = "
        "'drift_tolerance_tenths'), max(value) filter (where name = 'drift_share_percent'), "
        "max(value) filter (where name = 'drift_share_n') from lab_setting",
        DB_NONE);
    if (!r)
        return false;
    *l = (struct drift_limits){.cusum = (double)db_number(r, 0, 0),
                               .tolerance = (double)db_number(r, 0, 1) / 10,
                               .share = (double)db_number(r, 0, 2) / 100,
                               .share_n = (int)db_number(r, 0, 3)};
    l->tolerance = l->tolerance > 0 ? l->tolerance : 0.1;
    PQclear(r);
    return true;
}

static const char pairs_sql[] =
    "select * from (select p.room, p.transducer, p.site, p.quantity, p.words, p.unit, p.state, "
    "coalesce(p.decided - p.machine, 0), p.decided_at, p.id, iso(t.at) from agreement_pair p left "
    "join lateral (select max(d.at) as at from drift_trip d where d.room = p.room and d.transducer "
    "= p.transducer and d.site = p.site and d.quantity = p.quantity) t on true where ($1 = 0 or "
    "p.room = $1) and (t.at is null or p.decided_at > t.at) order by p.decided_at desc limit $2) n "
    "order by decided_at, id";

static struct agreement_group *group_of(struct agreement *a, const PGresult *r, int i) {
    int64_t room = db_number(r, i, 0), transducer = db_number(r, i, 1);
    for (int k = 0; k < a->count; k++) {
        struct agreement_group *g = &a->group[k];
        if (g->room == room && g->transducer == transducer &&
            strcmp(g->site, db_text(r, i, 2)) == 0 && strcmp(g->quantity, db_text(r, i, 3)) == 0)
            return g;
    }
    if (a->count == AGREEMENT_GROUPS)
        return NULL;
    struct agreement_group *g = &a->group[a->count++];
    *g = (struct agreement_group){.room = room, .transducer = transducer};
    snprintf(g->site, sizeof g->site, "%s", db_text(r, i, 2));
    snprintf(g->quantity, sizeof g->quantity, "%s", db_text(r, i, 3));
    snprintf(g->words, sizeof g->words, "%s", db_text(r, i, 4));
    snprintf(g->unit, sizeof g->unit, "%s", db_text(r, i, 5));
    snprintf(g->tripped_at, sizeof g->tripped_at, "%s", db_text(r, i, 10) ? db_text(r, i, 10) : "");
    return g;
}

static enum drift_decision decision_of(const char *state) {
    return strcmp(state, "accepted") == 0   ? DRIFT_ACCEPTED
           : strcmp(state, "rejected") == 0 ? DRIFT_REJECTED
                                            : DRIFT_ADJUSTED;
}

bool agreement_load(struct db *db, int64_t room, struct agreement *out) {
    out->count = 0;
    if (!load_limits(db, &out->limits))
        return false;
    PGresult *r = db_query(db, pairs_sql, DB(db_int(room).text, db_int(AGREEMENT_PAIRS).text));
    for (int i = 0; r && i < PQntuples(r); i++) {
        struct agreement_group *g = group_of(out, r, i);
        if (g)
            drift_push(&g->drift, &out->limits, decision_of(db_text(r, i, 6)),
                       strtod(db_text(r, i, 7), NULL));
    }
    bool ok = r != NULL;
    PQclear(r);
    return ok;
}

static void describe(const struct agreement_group *g, char *out, size_t size) {
    snprintf(
        out, size,
        "%s %s, transducer %lld: bias %+.1f, SD %.1f %s, n %d, CUSUM %.1f up %.1f down, %.0f %% "
        "adjusted or rejected",
        g->site, g->words, (long long)g->transducer, g->drift.mean, drift_sd(&g->drift), g->unit,
        g->drift.n, g->drift.up, g->drift.down, 100 * drift_share(&g->drift));
}

/* One mode lower for the room, and for each of its procedures that stands as high. */
static bool fall_back(struct db *db, int64_t room, const char *why) {
    PGresult *r =
        db_query(db,
                 "select '' as procedure, mode_of($1, '') as mode union select procedure, "
                 "mode_of($1, procedure) from mode_view where room in (0, $1) and "
                 "procedure <> '' order by 1",
                 DB(db_int(room).text));
    bool ok = r != NULL;
    for (int i = 0; ok && i < PQntuples(r); i++) {
        const char *below = mode_below(db_text(r, i, 1));
        const struct mode_change change = {.room = room,
                                           .procedure = db_text(r, i, 0),
                                           .mode = below,
                                           .why = why,
                                           .by = "worklistd",
                                           .place = "drift"};
        ok = !below || mode_set(db, &change);
    }
    PQclear(r);
    return ok;
}

static bool trip(struct db *db, const struct agreement_group *g, const char *what) {
    char object[60];
    snprintf(object, sizeof object, "room %lld", (long long)g->room);
    return db_run(db,
                  "insert into drift_trip (room, transducer, site, quantity, what) values ($1, $2, "
                  "$3, $4, $5)",
                  DB(db_int(g->room).text, db_int(g->transducer).text, g->site, g->quantity,
                     what)) == 1 &&
           audit_append(db, &(struct audit_entry){"worklistd", "drift", object, "", what, "drift"});
}

/* All tripped groups of the room in one transaction: it falls back once. */
static int watch_room(struct db *db, struct hub *hub, int64_t room, struct agreement *a) {
    char what[300], first[300] = "";
    if (!agreement_load(db, room, a))
        return -1;
    bool ok = db_do(db, "begin");
    int trips = 0;
    for (int i = 0; ok && i < a->count; i++) {
        if (!drift_tripped(&a->group[i].drift, &a->limits))
            continue;
        describe(&a->group[i], what, sizeof what);
        if (trips++ == 0)
            memcpy(first, what, sizeof first);
        ok = trip(db, &a->group[i], what);
    }
    ok = ok && (trips == 0 || fall_back(db, room, first)) && db_do(db, "commit");
    if (!ok) {
        db_do(db, "rollback");
        return -1;
    }
    if (trips > 0) {
        hub_publish(hub, 0, false, say_notice_text("DRIFT", room, first));
        hub_publish(hub, 0, false, cases_rooms_message(db));
    }
    return trips > 0 ? 1 : 0;
}

int agreement_watch(struct db *db, struct hub *hub, int64_t *since_us) {
    PGresult *r = db_query(db,
                           "select distinct room, max((extract(epoch from decided_at) * "
                           "1000000)::bigint) over () from measurement where decided_at > "
                           "to_timestamp($1::bigint / 1000000.0) order by room limit $2",
                           DB(db_int(*since_us).text, db_int(ROOMS_MAX).text));
    struct agreement *a = r && PQntuples(r) > 0 ? malloc(sizeof *a) : NULL;
    int fell = r ? 0 : -1, n = a ? PQntuples(r) : 0;
    for (int i = 0; i < n && fell >= 0; i++) {
        int one = watch_room(db, hub, db_number(r, i, 0), a);
        fell = one < 0 ? -1 : fell + one;
    }
    if (n > 0 && fell >= 0)
        *since_us = db_number(r, 0, 1);
    PQclear(r);
    free(a);
    return fell;
}
