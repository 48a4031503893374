#include "worklist/pool.h"
#include "worklist/audit.h"
#include "worklist/cases.h"
#include "worklist/when.h"
#include "worklist/worklist.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void job_free(struct job *job) {
    for (size_t i = 0; i < sizeof job->texts / sizeof job->texts[0]; i++)
        free(job->texts[i]);
    free(job->answer.body);
    free(job->body);
    free(job);
}

static char *hello_text(void) {
    char now[WHEN_TEXT], *text = NULL;
    when_now(now);
    if (asprintf(&text, "{\"type\":\"hello\",\"server_time\":\"%s\",\"version\":\"%s\"}", now,
                 HEMO_VERSION) < 0)
        return NULL;
    return text;
}

/* A WebSocket's cookie is checked as any request's; then it gets what it would otherwise have to
 * ask for. */
static void run_socket(struct pool *pool, struct db *db, struct job *job) {
    snprintf(job->request.method, sizeof job->request.method, "GET");
    snprintf(job->request.path, sizeof job->request.path, "/api/me");
    api_run(pool->api, db, &job->request, &job->answer);
    if (job->answer.status != 200)
        return;
    job->texts[0] = hello_text();
    job->texts[1] = worklist_message(db, NULL, 0);
    job->texts[2] = cases_rooms_message(db);
}

static void run_session(struct db *db, struct job *job) {
    enum user_result alive = db_answers(db) ? session_alive(db, job->request.token) : USER_FAILED;
    job->answer.status = alive == USER_OK ? 200 : alive == USER_WRONG ? 401 : 503;
}

/* USER_WRONG: no session any more, no such measurement, or its room fell silent meanwhile: nobody
 * is to be shown it. */
static enum user_result shown_to(struct db *db, const char *id, const char *token) {
    struct user user;
    char object[64];
    PGresult *r = db_query(db,
                           "select 'version ' || version || ' digest ' || digest from measurement "
                           "where id = decode($1, 'hex') and case_mode(case_number) <> 'silent'",
                           DB(id));
    snprintf(object, sizeof object, "measurement %.32s", id);
    enum user_result who = r && PQntuples(r) == 1 ? session_whose(db, token, &user) : USER_WRONG;
    if (who == USER_OK &&
        !audit_once(db, &(struct audit_entry){user.name, "shown", object, "", db_text(r, 0, 0),
                                              "socket"},
                    0))
        who = USER_FAILED;
    PQclear(r);
    return who;
}

/* Each person once, however many pages are open. Of the sessions in `body` those stay that are to
 * be shown it. */
static void run_shown(struct db *db, struct job *job) {
    char token[API_TOKEN];
    bool ok = db_answers(db) && db_do(db, "begin");
    for (char *at = job->body; ok && *at; at += strcspn(at, "\n") + 1) {
        size_t length = strcspn(at, "\n");
        snprintf(token, sizeof token, "%.*s", (int)length, at);
        enum user_result who = shown_to(db, job->request.path, token);
        ok = who != USER_FAILED;
        if (who == USER_WRONG)
            memset(at, '-', length);
    }
    ok = ok && db_do(db, "commit");
    job->answer.status = ok ? 200 : 503;
    if (ok)
        return;
    fprintf(stderr, "worklistd: audit of what was shown: %s\n", db->error);
    db_do(db, "rollback");
}

static void run_job(struct pool *pool, struct db *db, struct job *job) {
    if (job->kind == JOB_SOCKET)
        run_socket(pool, db, job);
    else if (job->kind == JOB_SESSION)
        run_session(db, job);
    else if (job->kind == JOB_SHOWN)
        run_shown(db, job);
    else
        api_run(pool->api, db, &job->request, &job->answer);
}

static struct job *next_job(struct pool *pool) {
    pthread_mutex_lock(&pool->lock);
    while (!pool->stopping && !pool->first)
        pthread_cond_wait(&pool->changed, &pool->lock);
    struct job *job = pool->stopping ? NULL : pool->first;
    if (job) {
        pool->first = job->next;
        pool->last = pool->first ? pool->last : NULL;
        pool->waiting--;
    }
    pthread_mutex_unlock(&pool->lock);
    return job;
}

static void finish(struct pool *pool, struct job *job) {
    pthread_mutex_lock(&pool->lock);
    job->next = pool->finished;
    pool->finished = job;
    if (pool->wake)
        pool->wake(pool->wake_context);
    pthread_mutex_unlock(&pool->lock);
}

static void *work(void *context) {
    struct pool *pool = context;
    struct db db;
    db_init(&db, pool->database, "worklistd page");
    for (struct job *job; (job = next_job(pool));) {
        run_job(pool, &db, job);
        finish(pool, job);
    }
    db_close(&db);
    return NULL;
}

bool pool_start(struct pool *pool, struct api *api, const char *database) {
    *pool = (struct pool){.api = api, .database = database};
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->changed, NULL);
    while (pool->started < POOL_THREADS) {
        if (pthread_create(&pool->threads[pool->started], NULL, work, pool) != 0)
            return false;
        pool->started++;
    }
    return true;
}

void pool_on_wake(struct pool *pool, void (*wake)(void *context), void *context) {
    pthread_mutex_lock(&pool->lock);
    pool->wake = wake;
    pool->wake_context = context;
    pthread_mutex_unlock(&pool->lock);
}

static void free_list(struct job *job) {
    for (struct job *next; job; job = next) {
        next = job->next;
        job_free(job);
    }
}

void pool_stop(struct pool *pool) {
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->started; i++)
        pthread_join(pool->threads[i], NULL);
    free_list(pool->first);
    free_list(pool->finished);
}

bool pool_add(struct pool *pool, struct job *job) {
    job->next = NULL;
    job->request.body = job->body ? job->body : "";
    pthread_mutex_lock(&pool->lock);
    bool room = pool->waiting < POOL_QUEUE && !pool->stopping;
    if (room) {
        if (pool->last)
            pool->last->next = job;
        else
            pool->first = job;
        pool->last = job;
        pool->waiting++;
        pthread_cond_signal(&pool->changed);
    }
    pthread_mutex_unlock(&pool->lock);
    return room;
}

struct job *pool_take(struct pool *pool) {
    pthread_mutex_lock(&pool->lock);
    struct job *all = pool->finished;
    pool->finished = NULL;
    pthread_mutex_unlock(&pool->lock);
    return all;
}
