#include "worklist/pipeline.h"
#include <assert.h>

void pipeline_begin(struct pipeline *p, struct db *db) {
    *p = (struct pipeline){.db = db, .ok = PQenterPipelineMode(db->conn) == 1};
}

void pipeline_add(struct pipeline *p, const char *sql, const char *const *params, int count) {
    assert(p->sent < PIPELINE_MAX);
    if (!p->ok)
        return;
    p->ok = PQsendQueryParams(p->db->conn, sql, count, NULL, params, NULL, NULL, 0) == 1;
    if (p->ok)
        p->sent++;
    else
        db_keep_error(p->db, NULL);
}

static bool take_result(struct pipeline *p) {
    PGresult *r = PQgetResult(p->db->conn);
    ExecStatusType status = PQresultStatus(r);
    bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!ok && status != PGRES_PIPELINE_ABORTED)
        db_keep_error(p->db, r);
    PQclear(r);
    PQclear(PQgetResult(p->db->conn)); /* the NULL between two statements */
    return ok;
}

bool pipeline_end(struct pipeline *p) {
    PGconn *conn = p->db->conn;
    bool ok = p->ok;
    if (PQpipelineSync(conn) != 1) {
        db_keep_error(p->db, NULL);
        return false;
    }
    for (int i = 0; i < p->sent && PQstatus(conn) == CONNECTION_OK; i++)
        ok = take_result(p) && ok;
    PGresult *sync = PQgetResult(conn);
    ok = PQresultStatus(sync) == PGRES_PIPELINE_SYNC && ok;
    PQclear(sync);
    return PQexitPipelineMode(conn) == 1 && ok;
}
