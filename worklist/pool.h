/* pool.h - threads that answer requests, each with a database connection of its own, behind a
 * bounded queue.
 *
 * pool_add() is for the web thread and never blocks: false means the queue is full. Finished jobs
 * are taken back by pool_take() after the hub's wake. */
#pragma once
#include "worklist/api.h"

enum { POOL_THREADS = 4, POOL_QUEUE = 128 };

enum job_kind {
    JOB_REQUEST,
    JOB_SOCKET, /* who is it, and the snapshot for a new WebSocket */
    JOB_SHOWN,  /* who is to be shown the suggestion `path`: the sessions in `body`, one a line */
    JOB_SESSION /* is its session still there? Not an act: it does not keep an idle one alive */
};

struct job {
    struct job *next;
    enum job_kind kind;
    void *owner; /* web thread only; NULL: the client has gone */
    struct api_request request;
    struct api_answer answer;
    char *texts[3]; /* JOB_SOCKET: the first messages, heap */
    char *body;     /* heap */
};

struct pool {
    struct api *api;
    const char *database;
    pthread_mutex_t lock; /* protects all below */
    pthread_cond_t changed;
    bool stopping;
    size_t waiting;
    struct job *first, *last; /* to do */
    struct job *finished;
    void (*wake)(void *context);
    void *wake_context;
    pthread_t threads[POOL_THREADS];
    size_t started;
};

bool pool_start(struct pool *pool, struct api *api, const char *database);
void pool_on_wake(struct pool *pool, void (*wake)(void *context), void *context);
void pool_stop(struct pool *pool); /* waits for running jobs */
bool pool_add(struct pool *pool, struct job *job);
struct job *pool_take(struct pool *pool);
void job_free(struct job *job);
