/* worklist.h - the list of studies in the database: rank.h's order, and every move with its reason.
 *
 * All calls run inside the caller's transaction. worklist_begin() locks the list until the end of
 * the transaction, so positions before and after a move are those of one moment. A move is a row in
 * study_move that says where the study stood, where it stands, and why; replaying the rows gives
 * the order. */
#pragma once
#include "worklist/db.h"
#include "worklist/rank.h"

enum { WORKLIST_PAGE = 100 };

struct undo;
struct worklist {
    struct db *db;
    struct rank_list *list; /* the open studies with the moves so far; kept per connection */
    int64_t version;        /* of the list after the moves so far */
    struct undo *undo; /* worklist_end() takes the moves back: the log brings them if committed */
    size_t undo_count;
};

bool worklist_begin(struct worklist *w, struct db *db);
void worklist_end(struct worklist *w);
/* 1-based place of an open study; 0: not in the list. */
size_t worklist_place(const struct worklist *w, int64_t study);

struct worklist_move {
    const char *reason, *by; /* of the move */
    const char *shown;       /* why the study stands where it stands then; NULL: the same */
    const char *event_hex;   /* NULL: none */
    bool leaves;             /* the open list */
};
/* The study gets this key: position before and after are worked out, row and study written. */
bool worklist_move(struct worklist *w, const struct rank_key *after,
                   const struct worklist_move *move);

/* The study's key from its arrival, wait and open findings, as it should be now. False: no such
 * study, or error. */
bool worklist_key(struct worklist *w, int64_t study, struct rank_key *key);

struct study_new {
    const char *patient_id, *patient_id_issuer, *patient_name;
    const char *accession, *accession_issuer, *study_uid, *description;
    const char *procedure; /* NULL: none; modes may differ by it */
    int64_t longest_wait_min;
    const char *station, *scheduled_at; /* NULL: not scheduled; the time in UTC as ISO 8601 */
};
/* The new study's number; 0 on error (db_unique_violation(): accession or UID is known). */
int64_t worklist_add(struct worklist *w, const struct study_new *study, const char *by);

struct worklist_finding {
    const char *event_hex,
        *refers_hex; /* refers_hex: NULL or the finding that this one continues */
    uint32_t kind;
    int64_t case_number, at_ns;
    double from_value, to_value;
    bool withdrawn;     /* not recovered: it never was true, nothing holds the place */
    const char *reason; /* one line */
};
enum { WORKLIST_MOVED = 1, WORKLIST_WOULD = 2 };
/* A finding on the study of the case: it moved; it would (assistive: the study says so); 0 nothing
 * changed (no study, known already, silent), -1 error. *study: whose. */
int worklist_raise(struct worklist *w, const struct worklist_finding *finding, int64_t *study);
/* The finding has recovered or was withdrawn. A withdrawn one lets the study slide back to where
 * its other findings put it at once, a recovered one only after lab_setting's recovered_hold_s: a
 * trend at its threshold does not make the list jump. */
int worklist_recover(struct worklist *w, const struct worklist_finding *finding, int64_t *study);
/* Slides back what has stayed recovered for long enough, and brings studies in line with a mode
 * that changed, in a transaction of its own: how many studies, -1 on error. */
int worklist_settle(struct db *db, int64_t *moved, int max);

/* A person's word wins until released: held stays where it stands, a tier (0 to 2; -1: none) goes
 * before what findings say. Neither: released. move->by is who. */
struct worklist_manual {
    bool held;
    int tier;
    const char *why;
};
bool worklist_override(struct worklist *w, int64_t study, const struct worklist_manual *manual,
                       const struct worklist_move *move);
bool worklist_pin(struct worklist *w, int64_t study, bool pinned, const struct worklist_move *move);

/* {"version", "total", "from", "studies"}: rows of the open list from a place (1-based) on. The
 * WebSocket's message has the first WORKLIST_PAGE and which ones moved. Heap, NULL on error. */
char *worklist_json(struct db *db, int64_t first, int64_t rows);
char *worklist_study_json(struct db *db, int64_t study, size_t place); /* place 0: not open */
char *worklist_message(struct db *db, const int64_t *moved, size_t count);
