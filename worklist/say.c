#include "worklist/say.h"
#include "proto/site.h"
#include "worklist/cases.h"
#include "worklist/confirm.h"
#include "worklist/measure.h"
#include "worklist/mode.h"
#include "worklist/when.h"
#include "worklist/worklist.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *head(const char *type, const struct event *e) {
    char at[WHEN_TEXT];
    const struct site_row *site = site_row(e->site);
    when_text(e->at_ns, at);
    return json_pack("{s:s, s:I, s:i, s:i, s:s, s:s, s:I}", "type", type, "stream",
                     (json_int_t)e->stream, "room", (int)e->room, "channel", (int)e->channel,
                     "site", site ? site->label : "", "at", at, "tick", (json_int_t)e->tick);
}

static json_t *say_values(const struct event *e, const char *type) {
    json_t *out = head(type, e);
    json_object_set_new(out, "values", measure_values(e));
    json_object_set_new(out, "quality", json_real(round(e->quality * 100) / 100));
    return out;
}

static json_t *say_state(const struct event *e) {
    const struct event_row *row = event_row(e->kind);
    json_t *out = head("state", e);
    json_object_set_new(out, "state", json_string(row->name));
    json_object_set_new(out, "began", json_boolean(e->state == EVENT_BEGAN));
    json_object_set_new(out, "withholds", json_boolean(event_withholds(e->kind)));
    json_object_set_new(out, "text", json_string(row->text));
    return out;
}

static json_t *say_finding(const struct event *e, double base_rate_hz, int64_t study) {
    char text[320];
    json_t *out = head("finding", e);
    measure_reason(e, base_rate_hz, text, sizeof text);
    json_object_set_new(out, "study", study > 0 ? json_integer(study) : json_null());
    json_object_set_new(out, "kind", json_string(event_row(e->kind)->name));
    json_object_set_new(out, "state", json_string(event_state_text(e->state)));
    json_object_set_new(out, "text", json_string(text));
    return out;
}

static json_t *say_notice(const struct event *e, double base_rate_hz) {
    char text[320];
    json_t *out = head("notice", e);
    event_text(e, base_rate_hz, text, sizeof text);
    json_object_set_new(out, "code", json_string(event_row(e->kind)->name));
    json_object_set_new(out, "text", json_string(text));
    return out;
}

char *say_notice_text(const char *code, int64_t room, const char *text) {
    char at[WHEN_TEXT];
    when_now(at);
    json_t *out = json_pack("{s:s, s:s, s:s, s:I, s:n, s:s}", "type", "notice", "code", code,
                            "text", text, "room", (json_int_t)room, "channel", "at", at);
    char *line = json_dumps(out, JSON_COMPACT);
    json_decref(out);
    return line;
}

char *say_event(const struct event *e, double base_rate_hz, int64_t study) {
    json_t *out = NULL;
    if (!event_row(e->kind))
        return NULL;
    if (e->kind == EVENT_BEAT || e->kind == EVENT_READING)
        out = say_values(e, e->kind == EVENT_BEAT ? "beat" : "reading");
    else if (e->kind / 100 == 1)
        out = say_state(e);
    else if (e->kind / 100 == 3)
        out = say_finding(e, base_rate_hz, study);
    else if (e->kind == EVENT_WITHDRAWN || e->kind == EVENT_QUARANTINED ||
             e->kind == EVENT_NOT_SAVED || e->kind == EVENT_SAVED_AGAIN ||
             e->kind == EVENT_CLOCK_DRIFT || e->kind == EVENT_CLOCK_JUMP)
        out = say_notice(e, base_rate_hz);
    char *text = out ? json_dumps(out, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    json_decref(out);
    return text;
}

/* A later beat or reading of the same channel stands in the batch: this one would never be seen. */
static bool overtaken(const struct store_batch *batch, size_t at) {
    const struct event *e = &batch->item[at].body.event;
    for (size_t i = at + 1; i < batch->count; i++) {
        const struct event *later = &batch->item[i].body.event;
        if (batch->item[i].kind == WIRE_EVENT && later->kind == e->kind &&
            later->stream == e->stream && later->channel == e->channel)
            return true;
    }
    return false;
}

static void say_measurement(struct hub *hub, struct db *db, const struct event *e) {
    char id[EVENT_ID_TEXT], *message = NULL;
    id_text(e->id, id);
    char *body = confirm_behind_closing(db, id) ? NULL : confirm_json(db, id);
    if (body && asprintf(&message, "{\"type\":\"measurement\",%s", body + 1) > 0)
        hub_publish_shown(hub, message, id);
    free(body);
}

/* Which case was asked about last: a batch is mostly of few. */
struct audience {
    int64_t room, case_number;
    bool known, silent;
};

static bool is_silent(struct audience *a, struct db *db, const struct event *e) {
    if (a->known && a->room == e->room && a->case_number == (int64_t)e->case_number)
        return a->silent;
    *a = (struct audience){e->room, (int64_t)e->case_number, true,
                           mode_silent_room(db, e->room, (int64_t)e->case_number)};
    return a->silent;
}

static void say_item(struct hub *hub, struct db *db, const struct store_batch *batch, size_t i,
                     struct audience *audience) {
    const struct store_item *item = &batch->item[i];
    const struct event *e = &item->body.event;
    if (item->kind == WIRE_EPOCH_BEGIN) {
        hub_publish(hub, 0, false, cases_room_message(db, item->body.begin.stream));
        return;
    }
    bool lossy = e->kind == EVENT_BEAT || e->kind == EVENT_READING;
    if (item->quarantined || (lossy && overtaken(batch, i)) || is_silent(audience, db, e))
        return;
    if (e->kind == EVENT_MEASUREMENT)
        say_measurement(hub, db, e);
    else
        hub_publish(hub, e->kind / 100 == 3 ? 0 : e->room, lossy,
                    say_event(e, stream_base_rate_hz(&item->epoch.info), item->study));
}

void say_batch(struct hub *hub, struct db *db, const struct store_batch *batch) {
    struct audience audience = {0};
    for (size_t i = 0; i < batch->count; i++)
        say_item(hub, db, batch, i, &audience);
    if (batch->moves > 0 || batch->list_changed)
        hub_publish(hub, 0, false, worklist_message(db, batch->moved, batch->moves));
}
