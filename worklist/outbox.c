#include "worklist/outbox.h"
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *what_of(const struct wire_frame *frame) {
    switch (frame->kind) {
    case WIRE_CASE_OPEN:
        return "case opened";
    case WIRE_CASE_CLOSE:
        return "case closed";
    case WIRE_CAPTURE:
        return "capture";
    case WIRE_MARK:
        return "mark";
    default:
        return "rules";
    }
}

bool outbox_add(struct db *db, int64_t room, struct wire_frame *frame) {
    uint8_t bytes[OUTBOX_BYTES];
    char hex[2 * sizeof bytes + 1];
    size_t length = 0;
    if (frame->epoch == 0)
        frame->epoch =
            1; /* the real one is set when it is sent; a record without one cannot be packed */
    enum hemo_error error = wire_pack(frame, bytes, sizeof bytes, &length);
    if (error != HEMO_OK) {
        snprintf(db->error, sizeof db->error, "command: %s", hemo_error_text(error));
        return false;
    }
    sodium_bin2hex(hex, sizeof hex, bytes, length);
    return db_run(db, "insert into command (frame, room, what) values (decode($1, 'hex'), $2, $3)",
                  DB(hex, db_int(room).text, what_of(frame))) == 1;
}

bool outbox_link_load(struct db *db, struct outbox_link *link) {
    PGresult *r = db_query(db, "select epoch, next_sequence from command_link", DB_NONE);
    if (!r)
        return false;
    *link = (struct outbox_link){(uint64_t)db_number(r, 0, 0), (uint64_t)db_number(r, 0, 1)};
    PQclear(r);
    return true;
}

static bool link_save(struct db *db, const struct outbox_link *link) {
    return db_run(db, "update command_link set epoch = $1, next_sequence = $2",
                  DB(db_int((int64_t)link->epoch).text,
                     db_int((int64_t)link->next_sequence).text)) == 1;
}

/* One statement: a number whose place was not saved would be given again, and hemod would take the
 * second command for the first. */
bool outbox_number(struct db *db, struct outbox_link *link) {
    PGresult *r = db_query(
        db,
        "with waiting as (select id, row_number() over (order by id) - 1 as n from command "
        "where acked_at is null and sequence is null), "
        "numbered as (update command c set epoch = $1, sequence = $2 + w.n from waiting w "
        "where c.id = w.id returning c.id) "
        "update command_link set epoch = $1, next_sequence = $2 + (select count(*) from numbered) "
        "where exists (select from numbered) returning next_sequence",
        DB(db_int((int64_t)link->epoch).text, db_int((int64_t)link->next_sequence).text));
    if (!r)
        return false;
    if (PQntuples(r) == 1)
        link->next_sequence = (uint64_t)db_number(r, 0, 0);
    PQclear(r);
    return true;
}

bool outbox_renumber(struct db *db, uint64_t epoch, struct outbox_link *link) {
    *link = (struct outbox_link){epoch, 0};
    return db_do(db, "begin") &&
           db_run(db, "update command set epoch = null, sequence = null where acked_at is null",
                  DB_NONE) >= 0 &&
           link_save(db, link) && outbox_number(db, link) && db_do(db, "commit");
}

int outbox_acked(struct db *db, uint64_t epoch, uint64_t next_sequence,
                 int64_t rooms[OUTBOX_ROOMS]) {
    PGresult *r = db_query(db,
                           "with done as (update command set acked_at = now() where acked_at is "
                           "null and epoch = $1 and sequence < $2 returning room) "
                           "select distinct room from done where room is not null limit $3",
                           DB(db_int((int64_t)epoch).text, db_int((int64_t)next_sequence).text,
                              db_int(OUTBOX_ROOMS).text));
    if (!r)
        return -1;
    int n = PQntuples(r);
    for (int i = 0; i < n; i++)
        rooms[i] = db_number(r, i, 0);
    PQclear(r);
    return n;
}

int64_t outbox_refused(struct db *db, uint64_t epoch, uint64_t sequence, const char *why,
                       char what[32]) {
    PGresult *r = db_query(db,
                           "update command set refused = $3 where epoch = $1 and sequence = $2 and "
                           "refused is null returning coalesce(room, 0), what",
                           DB(db_int((int64_t)epoch).text, db_int((int64_t)sequence).text, why));
    int64_t room = r && PQntuples(r) == 1 ? db_number(r, 0, 0) : -1;
    if (room >= 0)
        snprintf(what, 32, "%s", db_text(r, 0, 1));
    PQclear(r);
    return room;
}

int outbox_waiting(struct db *db, const struct outbox_link *link, uint64_t from,
                   struct outbox_command *out, int max) {
    PGresult *r = db_query(
        db,
        "select sequence, encode(frame, 'hex') from command where acked_at is null and epoch = $1 "
        "and sequence >= $2 order by sequence limit $3",
        DB(db_int((int64_t)link->epoch).text, db_int((int64_t)from).text, db_int(max).text));
    if (!r)
        return -1;
    int n = PQntuples(r);
    for (int i = 0; i < n; i++) {
        const char *hex = db_text(r, i, 1);
        out[i].sequence = (uint64_t)db_number(r, i, 0);
        sodium_hex2bin(out[i].bytes, sizeof out[i].bytes, hex, strlen(hex), NULL, &out[i].length,
                       NULL);
    }
    PQclear(r);
    return n;
}

bool outbox_first(struct db *db, const struct outbox_link *link, uint64_t *first) {
    PGresult *r =
        db_query(db, "select min(sequence) from command where acked_at is null and epoch = $1",
                 DB(db_int((int64_t)link->epoch).text));
    if (!r)
        return false;
    *first = db_text(r, 0, 0) ? (uint64_t)db_number(r, 0, 0) : link->next_sequence;
    PQclear(r);
    return true;
}
