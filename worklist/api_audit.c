/* The audit, a page at a time: from the beginning for who checks it, newest first for who asks what
 * happened. */
#include "worklist/api.h"
#include <stdlib.h>
#include <string.h>

enum { ROWS = 100, ROWS_MAX = 500 };

/* One text compares all: who, what and object exactly, text anywhere; "" lets all pass. $7: only
 * what somebody did, not what was shown, opened or computed. */
#define MATCHES                                                                                    \
    " and ($3 = '' or who = $3) and ($4 = '' or what = $4) and ($5 = '' or object = $5) and "      \
    "($6 = '' or position(lower($6) in lower(concat_ws(' ', who, what, object, before, after, "    \
    "place))) > 0) and ($7 = '' or what not in ('shown', 'view', 'inference')) "

static const char oldest_sql[] =
    "select json_build_object('total', (select coalesce(max(n) + 1, 0) from audit), 'rows', "
    "coalesce(json_agg(v.body order by v.n), '[]'::json)) from (select n from audit where n > "
    "$1" MATCHES "order by n limit $2) a join audit_view v using (n)";
static const char newest_sql[] =
    "select json_build_object('total', (select coalesce(max(n) + 1, 0) from audit), 'rows', "
    "coalesce(json_agg(v.body order by v.n desc), '[]'::json)) from (select n from audit where n "
    "< $1" MATCHES "order by n desc limit $2) a join audit_view v using (n)";

void api_audit(struct api_call *call) {
    char who[API_WORD], what[API_WORD], object[API_WORD], text[API_WORD];
    const char *acts = api_query(call, "acts", 0) ? "1" : "";
    int64_t newest = api_query(call, "newest", 0);
    int64_t from = newest ? api_query(call, "before", INT64_MAX) : api_query(call, "after", -1);
    int64_t limit = api_query(call, "limit", ROWS);
    limit = limit < 1 ? 1 : limit > ROWS_MAX ? ROWS_MAX : limit;
    PGresult *r =
        db_query(call->db, newest ? newest_sql : oldest_sql,
                 DB(db_int(from).text, db_int(limit).text, api_query_word(call, "who", who),
                    api_query_word(call, "what", what), api_query_word(call, "object", object),
                    api_query_word(call, "text", text), acts));
    api_ok(call, r ? strdup(PQgetvalue(r, 0, 0)) : NULL);
    PQclear(r);
}
