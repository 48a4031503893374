#include "worklist/store.h"
#include "proto/site.h"
#include "worklist/audit.h"
#include "worklist/measure.h"
#include "worklist/pipeline.h"
#include "worklist/worklist.h"
#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT(n) "to_timestamp(" n "::bigint / 1e9)"

static char *hex_of(const void *bytes, size_t length) {
    char *hex = malloc(2 * length + 1);
    if (!hex)
        abort();
    return sodium_bin2hex(hex, 2 * length + 1, bytes, length);
}

static void add_epoch(struct pipeline *p, const struct store_item *item, uint64_t position) {
    const struct wire_epoch_begin *b = &item->body.begin;
    struct db_number number = db_int((int64_t)b->case_number), room = db_int(b->room);
    char *frame = hex_of(item->bytes, item->length), *channels = epochs_channels_json(&b->info);
    pipeline_add(
        p,
        "insert into lab_case (number, room, closed_at) values ($1, $2, now()) on conflict do "
        "nothing",
        DB(number.text, room.text)); /* a case that hemod knows and this database does not */
    pipeline_add(p,
                 "insert into epoch (stream, epoch, case_number, room, position, why, began_at, "
                 "base_rate_hz, origin, "
                 "speed_percent, name, channels, frame) values ($1, $2, $3, $4, $5, $6, " AT(
                     "$7") ", $8, $9, $10, "
                           "$11, $12, decode($13, 'hex')) on conflict do nothing",
                 DB(db_int(b->stream).text, db_int((int64_t)b->epoch).text, number.text, room.text,
                    db_int((int64_t)position).text, db_int(b->why).text,
                    db_int(stream_tick_at_ns(&b->info, b->first_tick)).text,
                    db_real(stream_base_rate_hz(&b->info)).text, epochs_origin(b->info.origin),
                    db_int(b->info.speed_percent).text, b->info.name, channels, frame));
    if (b->room > 0)
        pipeline_add(p,
                     "insert into room_stream (stream, room, name) values ($1, $2, $3) on conflict "
                     "(stream) do update set room = $2 where room_stream.room <> $2",
                     DB(db_int(b->stream).text, room.text, b->info.name));
    free(frame);
    free(channels);
}

static void add_quarantined(struct pipeline *p, const struct store_batch *batch,
                            const struct store_item *item) {
    char *frame = hex_of(item->bytes, item->length);
    pipeline_add(p,
                 "insert into quarantine (journal, position, error, frame) values ($1, $2, $3, "
                 "decode($4, 'hex')) "
                 "on conflict do nothing",
                 DB(db_int((int64_t)batch->journal).text, db_int((int64_t)item->sequence).text,
                    "no EpochBegin binds this stream, epoch and case", frame));
    free(frame);
}

static void add_event(struct pipeline *p, const struct store_batch *batch,
                      const struct store_item *item, const char *id) {
    const struct event *e = &item->body.event;
    char *frame = hex_of(item->bytes, item->length);
    pipeline_add(p,
                 "insert into event (id, journal, position, kind, stream, epoch, case_number, "
                 "room, site, channel, "
                 "state, tick, at, frame) values (decode($1, 'hex'), $2, $3, $4, $5, $6, $7, $8, "
                 "$9, $10, $11, $12, " AT("$13") ", decode($14, 'hex')) on conflict do nothing",
                 DB(id, db_int((int64_t)batch->journal).text, db_int((int64_t)item->sequence).text,
                    db_int(e->kind).text, db_int(e->stream).text, db_int((int64_t)e->epoch).text,
                    db_int((int64_t)e->case_number).text, db_int(e->room).text,
                    db_int(e->site).text, db_int(e->channel).text, db_int(e->state).text,
                    db_int((int64_t)e->tick).text, db_int(e->at_ns).text, frame));
    free(frame);
}

static void add_measurement(struct pipeline *p, const struct store_item *item, const char *id) {
    const struct event *e = &item->body.event;
    const struct site_row *site = site_row(e->site);
    char digest[MEASURE_DIGEST];
    json_t *values = measure_values(e), *beats = measure_beats(e), *left_out = measure_left_out(e);
    char *values_text = measure_text(values), *beats_text = measure_text(beats);
    char *left_text = measure_text(left_out);
    measure_digest(id, 1, values, digest);
    uint32_t transducer = e->channel < item->epoch.info.channels_count
                              ? item->epoch.info.channels[e->channel].transducer
                              : 0;
    pipeline_add(p,
                 "insert into measurement (id, stream, epoch, case_number, room, site, channel, "
                 "phase, from_tick, "
                 "to_tick, from_at, to_at, at, quality, method, rule_version, beats, left_out, "
                 "machine_values, "
                 "current_values, digest, transducer) values (decode($1, 'hex'), $2, $3, $4, $5, "
                 "$6, $7, $8, "
                 "$9, $10, " AT("$11") ", " AT("$12") ", " AT(
                     "$13") ", round($14::numeric, 3), $15, $16, $17, $18, $19, $19, $20, $21) "
                            "on conflict do nothing",
                 DB(id, db_int(e->stream).text, db_int((int64_t)e->epoch).text,
                    db_int((int64_t)e->case_number).text, db_int(e->room).text,
                    site ? site->label : "?", db_int(e->channel).text, phase_text(e->phase),
                    db_int((int64_t)e->from_tick).text, db_int((int64_t)e->to_tick).text,
                    db_int(stream_tick_at_ns(&item->epoch.info, e->from_tick)).text,
                    db_int(stream_tick_at_ns(&item->epoch.info, e->to_tick)).text,
                    db_int(e->at_ns).text, db_real(e->quality).text, method_text(e->method),
                    db_int(e->rule_version).text, beats_text, left_text, values_text, digest,
                    db_int(transducer).text));
    json_decref(values);
    json_decref(beats);
    json_decref(left_out);
    free(values_text);
    free(beats_text);
    free(left_text);
}

static void add_item(struct pipeline *p, const struct store_batch *batch,
                     const struct store_item *item) {
    char id[EVENT_ID_TEXT];
    const struct event *e = &item->body.event;
    if (item->kind == WIRE_EPOCH_BEGIN) {
        add_epoch(p, item, item->sequence);
        return;
    }
    if (item->quarantined) {
        add_quarantined(p, batch, item);
        return;
    }
    if (e->kind == EVENT_SYSTOLE)
        return;
    id_text(e->id, id);
    add_event(p, batch, item, id);
    if (e->kind == EVENT_MEASUREMENT && e->case_number != 0 && e->state != EVENT_RETRACTED)
        add_measurement(p, item, id);
}

bool store_frame(const char *hex, enum wire_kind kind, struct wire_frame *frame) {
    uint8_t bytes[8192];
    size_t length = 0;
    return sodium_hex2bin(bytes, sizeof bytes, hex, strlen(hex), NULL, &length, NULL) == 0 &&
           wire_parse(frame, bytes, length) == HEMO_OK && frame->kind == kind;
}

static void load_epoch(struct epochs *epochs, const char *hex, struct wire_frame *frame) {
    if (store_frame(hex, WIRE_EPOCH_BEGIN, frame))
        epochs_put(epochs, &frame->body.epoch_begin);
}

bool store_epoch(struct db *db, struct epochs *epochs, uint32_t stream, uint64_t epoch,
                 struct wire_epoch_begin *out) {
    if (epochs_find(epochs, stream, epoch, out))
        return true;
    PGresult *r =
        db_query(db, "select encode(frame, 'hex') from epoch where stream = $1 and epoch = $2",
                 DB(db_int(stream).text, db_int((int64_t)epoch).text));
    struct wire_frame *frame = malloc(sizeof *frame);
    if (r && frame && PQntuples(r) == 1)
        load_epoch(epochs, db_text(r, 0, 0), frame);
    free(frame);
    PQclear(r);
    return epochs_find(epochs, stream, epoch, out);
}

static void bind_items(struct db *db, struct epochs *epochs, struct store_batch *batch) {
    batch->quarantined = 0;
    for (size_t i = 0; i < batch->count; i++) {
        struct store_item *item = &batch->item[i];
        const struct event *e = &item->body.event;
        if (item->kind == WIRE_EPOCH_BEGIN) {
            epochs_put(epochs, &item->body.begin); /* committed or not, hemod says the same again */
            continue;
        }
        bool found = store_epoch(db, epochs, e->stream, e->epoch, &item->epoch);
        item->quarantined =
            !found || item->epoch.case_number != e->case_number || item->epoch.room != e->room;
        batch->quarantined += item->quarantined ? 1 : 0;
    }
}

static bool note_move(struct store_batch *batch, int result, int64_t study) {
    batch->list_changed = batch->list_changed || result > 0;
    if (result == WORKLIST_MOVED && batch->moves < STORE_MOVES)
        batch->moved[batch->moves++] = study;
    return result >= 0;
}

static bool move_study(struct worklist *w, struct store_batch *batch, struct store_item *item) {
    const struct event *e = &item->body.event;
    char id[EVENT_ID_TEXT], refers[EVENT_ID_TEXT], reason[320];
    id_text(e->id, id);
    id_text(e->refers_to, refers);
    measure_reason(e, stream_base_rate_hz(&item->epoch.info), reason, sizeof reason);
    const struct worklist_finding finding = {.event_hex = id,
                                             .refers_hex = refers,
                                             .kind = e->kind,
                                             .case_number = (int64_t)e->case_number,
                                             .at_ns = e->at_ns,
                                             .from_value = e->from_value,
                                             .to_value = e->to_value,
                                             .withdrawn = e->state == EVENT_RETRACTED,
                                             .reason = reason};
    int result = 0;
    if (e->state == EVENT_RAISED)
        result = worklist_raise(w, &finding, &item->study);
    else if (e->state == EVENT_RECOVERED || e->state == EVENT_RETRACTED)
        result = worklist_recover(w, &finding, &item->study);
    return note_move(batch, result, item->study);
}

static bool is_finding(const struct store_item *item) {
    return item->kind == WIRE_EVENT && !item->quarantined && item->body.event.kind / 100 == 3;
}

static bool move_studies(struct db *db, struct store_batch *batch) {
    bool any = false, ok = true;
    struct worklist w;
    for (size_t i = 0; i < batch->count && !any; i++)
        any = is_finding(&batch->item[i]);
    if (!any)
        return true;
    ok = worklist_begin(&w, db);
    for (size_t i = 0; i < batch->count && ok; i++)
        if (is_finding(&batch->item[i]))
            ok = move_study(&w, batch, &batch->item[i]);
    worklist_end(&w);
    return ok;
}

/* What the machine concluded is an act too: which rules, which values by their digest, never the
 * values themselves. */
static bool audit_inference(struct db *db, const struct store_item *item) {
    const struct event *e = &item->body.event;
    bool measured = e->kind == EVENT_MEASUREMENT && e->case_number != 0;
    char id[EVENT_ID_TEXT], object[64], after[200], digest[MEASURE_DIGEST] = "";
    if (item->kind != WIRE_EVENT || item->quarantined || (!measured && !is_finding(item)))
        return true;
    id_text(e->id, id);
    snprintf(object, sizeof object, "%s %s", measured ? "measurement" : "finding", id);
    if (measured) {
        json_t *values = measure_values(e);
        measure_digest(id, 1, values, digest);
        json_decref(values);
    }
    snprintf(after, sizeof after, "%s, rules %u, quality %.2f%s%s", event_state_text(e->state),
             e->rule_version, e->quality, measured ? ", digest " : "", digest);
    return audit_once(db, &(struct audit_entry){"hemod", "inference", object, "", after, "feed"},
                      0);
}

static bool audit_inferences(struct db *db, const struct store_batch *batch) {
    bool ok = true;
    for (size_t i = 0; i < batch->count && ok; i++)
        ok = audit_inference(db, &batch->item[i]);
    return ok;
}

/* Only from where this process read: if another one moved it, nothing of the batch may count. */
static bool advance(struct db *db, const struct store_batch *batch) {
    long rows = db_run(
        db,
        "insert into journal_position (journal, next_sequence) values ($1, $3) on conflict "
        "(journal) do "
        "update set next_sequence = $3, used_at = now() where journal_position.next_sequence = $2",
        DB(db_int((int64_t)batch->journal).text, db_int((int64_t)batch->next_before).text,
           db_int((int64_t)batch->next_after).text));
    if (rows == 0)
        snprintf(db->error, sizeof db->error, "another worklistd moved the position");
    return rows == 1;
}

bool store_commit(struct db *db, struct epochs *epochs, struct store_batch *batch) {
    struct pipeline p;
    assert(batch->count > 0 && batch->count <= STORE_BATCH);
    batch->moves = 0;
    batch->list_changed = false;
    bind_items(db, epochs, batch);
    if (!db_do(db, "begin"))
        return false;
    pipeline_begin(&p, db);
    for (size_t i = 0; i < batch->count; i++)
        add_item(&p, batch, &batch->item[i]);
    bool ok = pipeline_end(&p) && move_studies(db, batch) && audit_inferences(db, batch) &&
              advance(db, batch) && db_do(db, "commit");
    if (!ok) {
        char error[sizeof db->error];
        memcpy(error, db->error, sizeof error);
        db_do(db, "rollback");
        memcpy(db->error, error, sizeof error); /* the first reason, not the rollback's */
    }
    return ok;
}

void store_clear(struct store_batch *batch) {
    for (size_t i = 0; i < batch->count; i++)
        free(batch->item[i].bytes);
    batch->count = 0;
}

bool store_position(struct db *db, uint64_t journal, uint64_t *next, bool *known) {
    PGresult *r = db_query(db, "select next_sequence from journal_position where journal = $1",
                           DB(db_int((int64_t)journal).text));
    if (!r)
        return false;
    *known = PQntuples(r) == 1;
    *next = *known ? (uint64_t)db_number(r, 0, 0) : 0;
    PQclear(r);
    return true;
}

bool store_skip(struct db *db, uint64_t journal, uint64_t next) {
    return db_run(db,
                  "update journal_position set next_sequence = $2 where journal = $1 and "
                  "next_sequence < $2",
                  DB(db_int((int64_t)journal).text, db_int((int64_t)next).text)) == 1;
}

bool store_load_epochs(struct db *db, struct epochs *epochs) {
    PGresult *r = db_query(db,
                           "select encode(frame, 'hex') from (select frame, received_at from epoch "
                           "order by received_at "
                           "desc limit 64) e order by received_at",
                           DB_NONE);
    struct wire_frame *frame = malloc(sizeof *frame);
    for (int i = 0; r && frame && i < PQntuples(r); i++)
        load_epoch(epochs, db_text(r, i, 0), frame);
    bool ok = r && frame;
    free(frame);
    PQclear(r);
    return ok;
}
