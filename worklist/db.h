/* db.h - one connection to PostgreSQL: queries with text parameters, errors as one line.
 *
 *     PGresult *r = db_query(&db, "select name from app_user where role = $1", DB("reader"));
 *     if (!r) return fail(db.error);                  // db.error is one line, db_lost(&db) tells a
 * lost connection for (int i = 0; i < PQntuples(r); i++) use(db_text(r, i, 0)); PQclear(r);
 *
 * One thread at a time per connection. Calls block; a lost connection is made anew by db_ready().
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <libpq-fe.h>

struct db {
    char uri[512];
    char role[16]; /* shown to PostgreSQL as application_name */
    char error[256];
    char sqlstate[6];
    PGconn *conn;
    /* What a module remembers of what this connection read; gone with the connection. */
    void *memory;
    void (*forget)(void *memory);
};

struct db_number {
    char text[24];
};

/* The parameters of a query: strings, NULL for null; numbers as db_int(n).text. */
#define DB(...)                                                                                    \
    ((const char *const[]){__VA_ARGS__}),                                                          \
        (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))
#define DB_NONE NULL, 0

void db_init(struct db *db, const char *uri, const char *role);
/* Connects if need be; false: not reachable now, the reason in db->error. */
bool db_ready(struct db *db);
/* The same, but asks: a connection whose server was restarted meanwhile is made anew. */
bool db_answers(struct db *db);
void db_close(struct db *db);
bool db_lost(const struct db *db); /* the connection is gone (or was never there) */
bool db_unique_violation(const struct db *db);

/* Rows or a command's result; NULL on error. */
PGresult *db_query(struct db *db, const char *sql, const char *const *params, int count);
/* As db_query, for commands: rows affected (0 for none), -1 on error. */
long db_run(struct db *db, const char *sql, const char *const *params, int count);
bool db_do(struct db *db, const char *sql); /* several statements without parameters */
/* Keeps the error of an asynchronous result; used by pipelines. */
void db_keep_error(struct db *db, const PGresult *result);

const char *db_text(const PGresult *r, int row, int column); /* NULL for null */
int64_t db_number(const PGresult *r, int row, int column);   /* 0 for null */
bool db_bool(const PGresult *r, int row, int column);
struct db_number db_int(int64_t n);
struct db_number db_real(double x); /* 9 digits */
