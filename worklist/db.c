#include "worklist/db.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void one_line(const char *text, char *out, size_t size) {
    size_t n = 0;
    for (; *text != '\0' && n + 1 < size; text++)
        out[n++] = (*text == '\n' || *text == '\t') ? ' ' : *text;
    while (n > 0 && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
}

void db_init(struct db *db, const char *uri, const char *role) {
    *db = (struct db){0};
    assert(strlen(uri) < sizeof db->uri && strlen(role) < sizeof db->role);
    snprintf(db->uri, sizeof db->uri, "%s", uri);
    snprintf(db->role, sizeof db->role, "%s", role);
}

/* libpq would write warnings to stderr by itself; what matters comes back as an error. */
static void ignore_notice(void *context, const char *message) {
    (void)context;
    (void)message;
}

/* What may not differ by the server's settings: times, durability, patience with locks. */
static bool prepare_session(struct db *db) {
    return db_do(
        db, "set timezone = 'UTC'; set client_min_messages = warning; set synchronous_commit = on; "
            "set lock_timeout = '5s'; set statement_timeout = '20s'; "
            "set idle_in_transaction_session_timeout = '30s'");
}

bool db_ready(struct db *db) {
    if (db->conn && PQstatus(db->conn) == CONNECTION_OK)
        return true;
    db_close(db);
    const char *keys[] = {"dbname", "fallback_application_name", "connect_timeout",
                          "client_encoding", NULL};
    const char *values[] = {db->uri, db->role, "3", "UTF8", NULL};
    db->conn = PQconnectdbParams(keys, values, 1);
    PQsetNoticeProcessor(db->conn, ignore_notice, NULL);
    if (db->conn && PQstatus(db->conn) == CONNECTION_OK && prepare_session(db))
        return true;
    if (db->conn)
        one_line(PQerrorMessage(db->conn), db->error, sizeof db->error);
    db_close(db);
    return false;
}

bool db_answers(struct db *db) {
    if (!db_ready(db))
        return false;
    if (db_do(db, "select 1"))
        return true;
    db_close(db); /* the server's last words came, its end of the connection not yet */
    return db_ready(db);
}

void db_close(struct db *db) {
    if (db->memory)
        db->forget(db->memory);
    db->memory = NULL;
    PQfinish(db->conn);
    db->conn = NULL;
}

bool db_lost(const struct db *db) {
    return !db->conn || PQstatus(db->conn) != CONNECTION_OK;
}

bool db_unique_violation(const struct db *db) {
    return strcmp(db->sqlstate, "23505") == 0;
}

void db_keep_error(struct db *db, const PGresult *result) {
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *text = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    snprintf(db->sqlstate, sizeof db->sqlstate, "%s", state ? state : "08006");
    if (!text)
        text = db->conn ? PQerrorMessage(db->conn) : "not connected";
    one_line(text, db->error, sizeof db->error);
}

PGresult *db_query(struct db *db, const char *sql, const char *const *params, int count) {
    db->sqlstate[0] = '\0';
    if (!db->conn) {
        snprintf(db->error, sizeof db->error, "not connected");
        return NULL;
    }
    PGresult *r = PQexecParams(db->conn, sql, count, NULL, params, NULL, NULL, 0);
    ExecStatusType status = PQresultStatus(r);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
        return r;
    db_keep_error(db, r);
    PQclear(r);
    return NULL;
}

long db_run(struct db *db, const char *sql, const char *const *params, int count) {
    PGresult *r = db_query(db, sql, params, count);
    if (!r)
        return -1;
    long rows = strtol(PQcmdTuples(r), NULL, 10);
    PQclear(r);
    return rows;
}

/* Scripts of several statements: the sent text is one implicit or one written-out transaction. */
bool db_do(struct db *db, const char *sql) {
    if (!db->conn || PQsendQuery(db->conn, sql) != 1) {
        db_keep_error(db, NULL);
        return false;
    }
    bool ok = true;
    for (PGresult *r; (r = PQgetResult(db->conn)); PQclear(r)) {
        ExecStatusType status = PQresultStatus(r);
        if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || !ok)
            continue;
        ok = false;
        db_keep_error(db, r);
    }
    return ok;
}

const char *db_text(const PGresult *r, int row, int column) {
    return PQgetisnull(r, row, column) ? NULL : PQgetvalue(r, row, column);
}

int64_t db_number(const PGresult *r, int row, int column) {
    return strtoll(PQgetvalue(r, row, column), NULL, 10);
}

bool db_bool(const PGresult *r, int row, int column) {
    return PQgetvalue(r, row, column)[0] == 't';
}

struct db_number db_int(int64_t n) {
    struct db_number out;
    snprintf(out.text, sizeof out.text, "%lld", (long long)n);
    return out;
}

struct db_number db_real(double x) {
    struct db_number out;
    snprintf(out.text, sizeof out.text, "%.9g", x);
    return out;
}
