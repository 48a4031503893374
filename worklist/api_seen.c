/* "Since you looked": what changed on the list since this person last left it. Kept here, so that
 * it is true on every machine. */
#include "worklist/api.h"
#include <stdlib.h>
#include <string.h>

static const char seen_sql[] =
    "with last as (select max(at) as at from user_seen where name = $1 and screen = 'worklist') "
    "select json_build_object('at', iso(last.at), "
    "'moved', (select coalesce(json_agg(distinct study), '[]'::json) from study_move m where "
    "m.at > last.at and m.from_position <> m.to_position), "
    "'new', (select coalesce(json_agg(id order by id), '[]'::json) from study where arrived_at > "
    "last.at), "
    "'confirmed', (select count(*) from measurement where decided_at > last.at and state in "
    "('accepted', 'adjusted'))) from last";

void api_seen(struct api_call *call) {
    PGresult *r = db_query(call->db, seen_sql, DB(call->user.name));
    api_ok(call, r && PQntuples(r) == 1 ? strdup(PQgetvalue(r, 0, 0)) : NULL);
    PQclear(r);
}

void api_looked(struct api_call *call) {
    bool ok = db_run(call->db,
                     "insert into user_seen (name, screen, at) values ($1, 'worklist', now()) on "
                     "conflict (name, screen) do update set at = excluded.at",
                     DB(call->user.name)) == 1;
    api_ok(call, ok ? strdup("{}") : NULL);
}
