/* audit.h - what people did, row by row; it only grows, and anyone can check that offline.
 *
 * A row is written in the transaction of the act. Row n is leaf n of a Merkle tree (merkle.h) and
 * carries the peaks of the tree that ends with it, so the root of every size can be recomputed from
 * the rows alone; a root noted elsewhere
 * ("1042:9f2c...") proves that nothing before it was changed, dropped or added. */
#pragma once
#include "worklist/db.h"
#include "worklist/merkle.h"
#include <stdio.h>

struct audit_entry {
    const char *who;    /* a user's name, or "worklistd" */
    const char *what;   /* "accept", "login", ... */
    const char *object; /* "measurement 0a1b..", "study 4" */
    const char *before, *after;
    const char *place; /* where from: "page", "hemoctl", "feed" */
};

/* Within a transaction. False: db->error says why, and the transaction must be rolled back. */
bool audit_append(struct db *db, const struct audit_entry *entry);

/* The same, unless that who did just that to just this object within so many seconds (0: ever). */
bool audit_once(struct db *db, const struct audit_entry *entry, int seconds);

/* How many rows, and the root of their tree, from the last row. */
bool audit_head(struct db *db, uint64_t *rows, char root[65]);

/* The text whose hash is the leaf: each field with its length before it, so that no two rows share
 * a text. Returns bytes written, 0 when it does not fit. fields: n, at, who, what, object, before,
 * after, place. */
enum { AUDIT_FIELDS = 8 };
size_t audit_canonical(const char *const fields[AUDIT_FIELDS], char *out, size_t size);

enum audit_result { AUDIT_WHOLE, AUDIT_BROKEN, AUDIT_UNREADABLE };
struct audit_report {
    enum audit_result result;
    int64_t rows;
    int64_t broken_at; /* the first row that does not fit */
    char root[65];     /* of all rows */
    char why[160];
};
/* Recomputes everything. head: NULL, or "SIZE:ROOT" that must have been a root on the way. */
struct audit_report audit_verify(struct db *db, const char *head);
