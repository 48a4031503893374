/* The course of a case: running averages that hemod gave, evenly thinned. */
#include "worklist/api.h"
#include "worklist/say.h"
#include "worklist/store.h"
#include <stdlib.h>

/* Of each channel about a thousand readings, always with the newest. */
static const char trend_sql[] =
    "select encode(frame, 'hex') from (select frame, tick, at, "
    "row_number() over (partition by stream, channel order by at desc) - 1 as back, "
    "count(*) over (partition by stream, channel) as all_of_it "
    "from event where case_number = $1 and (stream, epoch) in (select stream, epoch from epoch "
    "where case_number = $1) and kind = 202) r where back % greatest(1, all_of_it / 1000) = 0 "
    "order by at";

static json_t *point(const char *hex, struct wire_frame *frame) {
    if (!store_frame(hex, WIRE_EVENT, frame))
        return NULL;
    char *text = say_event(&frame->body.event, 0, 0);
    json_t *said = text ? json_loads(text, 0, NULL) : NULL;
    json_t *out = json_object(), *values = json_object(), *value;
    size_t i;
    json_array_foreach(json_object_get(said, "values"), i, value)
        json_object_set(values, json_get_text(value, "quantity"), json_object_get(value, "value"));
    static const char *const kept[] = {"stream", "channel", "site", "at", "tick"};
    for (size_t k = 0; k < sizeof kept / sizeof kept[0]; k++)
        json_object_set(out, kept[k], json_object_get(said, kept[k]));
    json_object_set_new(out, "values", values);
    json_decref(said);
    free(text);
    return out;
}

void api_trend(struct api_call *call) {
    PGresult *r = db_query(call->db, trend_sql, DB(db_int(call->number).text));
    struct wire_frame *frame = malloc(sizeof *frame);
    if (!r || !frame) {
        PQclear(r);
        free(frame);
        api_database_error(call);
        return;
    }
    json_t *points = json_array();
    for (int i = 0; i < PQntuples(r); i++) {
        json_t *p = point(db_text(r, i, 0), frame);
        if (p)
            json_array_append_new(points, p);
    }
    PQclear(r);
    free(frame);
    api_ok_json(call, json_pack("{s:o}", "points", points));
}
