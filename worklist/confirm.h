/* confirm.h - a person decides on a suggested value: compare-and-set on exactly what that person
 * saw.
 *
 * Runs inside the caller's transaction; the audit row is part of it. The machine's values stay for
 * ever. */
#pragma once
#include "worklist/db.h"
#include "worklist/measure.h"

enum decision_kind {
    DECIDE_ACCEPT,
    DECIDE_ADJUST,
    DECIDE_REJECT,
    DECIDE_UNDO,
    DECIDE_VERIFY, /* by another person than who accepted or adjusted */
    DECIDE_AMEND   /* the only change after verification; it must be verified again */
};

struct decision {
    enum decision_kind kind;
    const char *id_hex, *user, *place;
    int64_t version;
    const char *digest;
    const json_t *values; /* DECIDE_ADJUST, DECIDE_AMEND */
    const char *reason;   /* DECIDE_REJECT, DECIDE_AMEND; may be NULL for others */
    int64_t *derived;     /* NULL, or set to the case in which derived values changed */
};

enum decided {
    DECIDED,           /* commit, then answer with confirm_json() */
    DECIDED_CONFLICT,  /* it changed meanwhile, or is not in a state for this: roll back */
    DECIDED_BAD_VALUE, /* why says which */
    DECIDED_NOT_YOURS, /* undo of another's decision */
    DECIDED_SAME,      /* the verifier is who decided */
    DECIDED_LOCKED,    /* verified: only an amendment */
    DECIDED_NOT_FOUND,
    DECIDED_FAILED /* db->error */
};
enum decided confirm_decide(struct db *db, const struct decision *decision, char why[MEASURE_WHY]);

/* The measurement as it is, as JSON text. Heap; NULL: not there or error. */
char *confirm_json(struct db *db, const char *id_hex);
/* Measured, and come, behind the closing of its case: perhaps of the next patient, whose case waits
 * on its way to hemod. It is not given out and not accepted (sql/015_case_change.sql). */
bool confirm_behind_closing(struct db *db, const char *id_hex);
