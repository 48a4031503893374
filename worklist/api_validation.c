/* Validation: the machine beside the people, and the order as shown beside the order as it would
 * be. For validators and administrators: also what a silent lab shows nobody else. */
#include "worklist/agreement.h"
#include "worklist/api.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS = 200, PAIRS_MAX = 2000 };

static json_t *rounded(double x) {
    return json_real(round(x * 100) / 100);
}

static json_t *group_json(const struct agreement *a, const struct agreement_group *g) {
    const struct drift *d = &g->drift;
    double reach = 1.96 * drift_sd(d);
    json_t *out = json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:b}", "room",
                            (json_int_t)g->room, "transducer", (json_int_t)g->transducer, "site",
                            g->site, "quantity", g->quantity, "words", g->words, "unit", g->unit,
                            "n", d->n, "accepted", d->accepted, "adjusted", d->adjusted, "rejected",
                            d->rejected, "enough", d->n >= a->limits.share_n);
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"bias", d->mean},         {"sd", drift_sd(d)}, {"low", d->mean - reach},
                   {"high", d->mean + reach}, {"cusum_up", d->up}, {"cusum_down", d->down},
                   {"share", drift_share(d)}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        json_object_set_new(out, numbers[i].name, rounded(numbers[i].value));
    json_object_set_new(out, "tripped_at",
                        g->tripped_at[0] ? json_string(g->tripped_at) : json_null());
    return out;
}

void api_agreement(struct api_call *call) {
    struct agreement *a = malloc(sizeof *a);
    if (!a)
        abort();
    if (!agreement_load(call->db, api_query(call, "room", 0), a)) {
        free(a);
        api_database_error(call);
        return;
    }
    json_t *groups = json_array();
    for (int i = 0; i < a->count; i++)
        json_array_append_new(groups, group_json(a, &a->group[i]));
    api_ok_json(call, json_pack("{s:{s:f, s:f, s:f, s:i}, s:o}", "limits", "cusum", a->limits.cusum,
                                "tolerance", a->limits.tolerance, "share", a->limits.share,
                                "share_n", a->limits.share_n, "groups", groups));
    free(a);
}

static void answer(struct api_call *call, PGresult *r) {
    api_ok(call, r && PQntuples(r) == 1 ? strdup(PQgetvalue(r, 0, 0)) : NULL);
    PQclear(r);
}

void api_pairs(struct api_call *call) {
    char quantity[API_WORD];
    int64_t limit = api_query(call, "limit", PAIRS);
    limit = limit < 1 ? 1 : limit > PAIRS_MAX ? PAIRS_MAX : limit;
    answer(call,
           db_query(call->db,
                    "select json_build_object('pairs', coalesce(json_agg(json_build_object('id', "
                    "encode(id, 'hex'), 'case', case_number, 'room', room, 'transducer', "
                    "transducer, 'site', site, 'quantity', quantity, 'at', iso(decided_at), "
                    "'machine', machine, 'decided', decided, 'state', state, 'reason', reason, "
                    "'by', decided_by) order by decided_at desc, id), '[]'::json)) from (select * "
                    "from agreement_pair where ($1 = 0 or room = $1) and ($2 = '' or quantity = "
                    "$2) order by decided_at desc, id limit $3) p",
                    DB(db_int(api_query(call, "room", 0)).text,
                       api_query_word(call, "quantity", quantity), db_int(limit).text)));
}

void api_order(struct api_call *call) {
    answer(
        call,
        db_query(
            call->db,
            "select json_build_object('studies', coalesce(json_agg(json_build_object('study', id, "
            "'position', position, 'would_position', would_position, 'tier', (array['routine', "
            "'urgent', 'critical'])[tier + 1], 'would_tier', (array['routine', 'urgent', "
            "'critical'])[would_tier + 1], 'mode', mode) order by would_position), '[]'::json)) "
            "from (select s.id, s.tier, coalesce(f.tier, 0) as would_tier, study_mode(s) as mode, "
            "row_number() over (order by pinned desc, (s.tier = 2) desc, read_by, id) as position, "
            "row_number() over (order by pinned desc, (coalesce(f.tier, 0) = 2) desc, "
            "least(arrived_at + longest_wait_min * interval '1 min', f.limit_at), id) as "
            "would_position from study s left join (select study, max(tier) as tier, min(limit_at) "
            "as limit_at from finding where closed_at is null or holds_until is not null group by "
            "study) f on f.study = s.id where s.status <> 'done' order by would_position limit "
            "500) o",
            DB_NONE));
}
