/* pipeline.h - many statements in one round trip, within a transaction that the caller has begun.
 *
 *     pipeline_begin(&p, db);
 *     pipeline_add(&p, "insert ...", DB(...));     // up to PIPELINE_MAX of them
 *     if (!pipeline_end(&p)) roll back;            // db->error: the first that failed */
#pragma once
#include "worklist/db.h"

enum { PIPELINE_MAX = 1024 }; /* answers of that many small statements fit the socket's buffers */

struct pipeline {
    struct db *db;
    int sent;
    bool ok;
};

void pipeline_begin(struct pipeline *p, struct db *db);
void pipeline_add(struct pipeline *p, const char *sql, const char *const *params, int count);
bool pipeline_end(struct pipeline *p);
