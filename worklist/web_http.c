#include "worklist/web.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_MAX = 2048, METRICS_MAX = 16384 };

static void copy_header(struct lws *wsi, enum lws_token_indexes which, char *out, int size) {
    if (lws_hdr_copy(wsi, out, size, which) < 0)
        out[0] = '\0'; /* longer than it may be counts as absent */
}

/* "a=b; hemo_session=TOKEN; c=d" */
static void take_token(const char *cookies, char token[API_TOKEN]) {
    static const char name[] = "hemo_session=";
    token[0] = '\0';
    for (const char *at = cookies; at && *at; at = strchr(at, ';')) {
        at += strspn(at, "; ");
        if (strncmp(at, name, sizeof name - 1) != 0)
            continue;
        at += sizeof name - 1;
        size_t n = strcspn(at, "; ");
        if (n < API_TOKEN) {
            memcpy(token, at, n);
            token[n] = '\0';
        }
        return;
    }
}

/* libwebsockets keeps each "name=value" by itself, decoded, and would join them without the "&". */
static void copy_query(struct lws *wsi, char *out, size_t size) {
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; used + 2 < size; i++) {
        size_t at = used > 0 ? used + 1 : 0;
        int n = lws_hdr_copy_fragment(wsi, out + at, (int)(size - at), WSI_TOKEN_HTTP_URI_ARGS, i);
        if (n <= 0)
            break;
        if (used > 0)
            out[used] = '&';
        used = at + (size_t)n;
    }
    out[used] = '\0';
}

void web_request_from(struct lws *wsi, struct api_request *request) {
    char cookies[1024];
    copy_header(wsi, WSI_TOKEN_HTTP_COOKIE, cookies, sizeof cookies);
    take_token(cookies, request->token);
    copy_header(wsi, WSI_TOKEN_ORIGIN, request->origin, sizeof request->origin);
    copy_header(wsi, WSI_TOKEN_HOST, request->host, sizeof request->host);
    copy_header(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE, request->content_type,
                sizeof request->content_type);
    copy_query(wsi, request->query, sizeof request->query);
    lws_get_peer_simple(wsi, request->address, sizeof request->address);
}

/* Headers and body in one go; libwebsockets keeps what the socket does not take. */
static int send_json(struct web *web, struct lws *wsi, int status, const char *body,
                     const char *cookie) {
    size_t length = strlen(body);
    uint8_t *start = web_scratch(web, HEADER_MAX + length), *at = start, *end = start + HEADER_MAX;
    static const char no_store[] = "no-store";
    if (lws_add_http_common_headers(wsi, (unsigned)status, "application/json; charset=utf-8",
                                    length, &at, end) ||
        lws_add_http_header_by_name(wsi, (const uint8_t *)"cache-control:",
                                    (const uint8_t *)no_store, sizeof no_store - 1, &at, end))
        return -1;
    if (cookie[0] &&
        lws_add_http_header_by_name(wsi, (const uint8_t *)"set-cookie:", (const uint8_t *)cookie,
                                    (int)strlen(cookie), &at, end))
        return -1;
    if (lws_finalize_write_http_header(wsi, start, &at, end))
        return -1;
    memcpy(start, body, length);
    if (lws_write(wsi, start, length, LWS_WRITE_HTTP_FINAL) < 0)
        return -1;
    return lws_http_transaction_completed(wsi) ? -1 : 0;
}

static int send_error(struct web *web, struct lws *wsi, const struct api_problem *p) {
    char body[400];
    snprintf(body, sizeof body,
             "{\"error\":{\"code\":\"%s\",\"what\":\"%s\",\"safe\":\"%s\",\"do\":\"%s\"}}", p->code,
             p->what, p->safe, p->act);
    return send_json(web, wsi, p->status, body, "");
}

bool web_healthy(struct web *web, bool *database, bool *hemod) {
    *database = counters_get(web->counters, COUNTER_DATABASE_UP) == 1;
    *hemod = counters_get(web->counters, COUNTER_HEMOD_UP) == 1;
    return *database && *hemod;
}

static int send_health(struct web *web, struct lws *wsi) {
    bool database, hemod, ok = web_healthy(web, &database, &hemod);
    char body[100];
    snprintf(body, sizeof body, "{\"ok\":%s,\"database\":%s,\"hemod\":%s}", ok ? "true" : "false",
             database ? "true" : "false", hemod ? "true" : "false");
    return send_json(web, wsi, ok ? 200 : 503, body, "");
}

static const char *verb_text(int method) {
    switch (method) {
    case LWSHUMETH_GET:
        return "GET";
    case LWSHUMETH_POST:
        return "POST";
    case LWSHUMETH_PUT:
        return "PUT";
    case LWSHUMETH_PATCH:
        return "PATCH";
    case LWSHUMETH_DELETE:
        return "DELETE";
    default:
        return "OTHER";
    }
}

static int submit(struct web *web, struct web_client *client) {
    static const struct api_problem busy = {429, "RATE_LIMITED",
                                            "Too many requests wait for an answer.",
                                            "Nothing was changed.", "Try again in a moment."};
    struct job *job = client->job;
    job->owner = client;
    lws_set_timeout(client->wsi, PENDING_TIMEOUT_HTTP_CONTENT, 60);
    if (pool_add(web->pool, job))
        return 0;
    client->job = NULL;
    job_free(job);
    return send_error(web, client->wsi, &busy);
}

static void drop_job(struct web_client *client) {
    if (client->job && client->answered)
        job_free(client->job);
    else if (client->job)
        client->job->owner = NULL; /* the pool has it, or will bring it back: then it is freed */
    client->job = NULL;
    client->answered = false;
}

static int begin(struct web *web, struct web_client *client) {
    static const struct api_problem too_large = {413, "TOO_LARGE",
                                                 "The body is longer than 64 KiB.",
                                                 "Nothing was changed.", "Send less."},
                                    no_length = {411, "BAD_REQUEST",
                                                 "The body's length is missing.",
                                                 "Nothing was changed.", "Send Content-Length."};
    char *path = NULL, text[32];
    int path_length = 0, method = lws_http_get_uri_and_method(client->wsi, &path, &path_length);
    drop_job(client);
    client->filled = 0;
    if (method == LWSHUMETH_GET && path_length == 11 && strncmp(path, "/api/health", 11) == 0)
        return send_health(web, client->wsi);
    bool has_length =
        lws_hdr_copy(client->wsi, text, sizeof text, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0;
    unsigned long long length = has_length ? strtoull(text, NULL, 10) : 0;
    if (length > JSON_BODY_MAX)
        return send_error(web, client->wsi, &too_large);
    if (!has_length && method == LWSHUMETH_POST)
        return send_error(web, client->wsi, &no_length);
    struct job *job = calloc(1, sizeof *job);
    if (!job || !(job->body = malloc(length + 1)))
        abort();
    client->job = job;
    job->request.length = length;
    snprintf(job->request.method, sizeof job->request.method, "%s", verb_text(method));
    snprintf(job->request.path, sizeof job->request.path, "%.*s", path_length, path ? path : "");
    web_request_from(client->wsi, &job->request);
    return length == 0 ? submit(web, client) : 0;
}

static int take_body(struct web_client *client, const void *in, size_t length) {
    struct job *job = client->job;
    if (!job || job->owner || client->filled + length > job->request.length)
        return -1;
    memcpy(job->body + client->filled, in, length);
    client->filled += length;
    return 0;
}

static int write_answer(struct web *web, struct web_client *client) {
    struct job *job = client->job;
    if (!job || !client->answered)
        return 0;
    client->job = NULL;
    client->answered = false;
    int result = send_json(web, client->wsi, job->answer.status,
                           job->answer.body ? job->answer.body : "{}", job->answer.cookie);
    job_free(job);
    return result;
}

int web_http(struct web *web, struct web_client *client, enum lws_callback_reasons reason, void *in,
             size_t length) {
    switch (reason) {
    case LWS_CALLBACK_HTTP:
        return begin(web, client);
    case LWS_CALLBACK_HTTP_BODY:
        return take_body(client, in, length);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return client->job && !client->job->owner && client->filled == client->job->request.length
                   ? submit(web, client)
                   : 0;
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return write_answer(web, client);
    default:
        if (client->job && !client->job->owner && !client->answered)
            job_free(client->job); /* its body never came */
        else
            drop_job(client);
        client->job = NULL;
        return 0;
    }
}

int web_metrics(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                size_t length) {
    if (reason != LWS_CALLBACK_HTTP)
        return lws_callback_http_dummy(wsi, reason, user, in, length);
    struct web *web = lws_context_user(lws_get_context(wsi));
    uint8_t *start = web_scratch(web, HEADER_MAX + METRICS_MAX), *at = start,
            *end = start + HEADER_MAX;
    char *text = malloc(METRICS_MAX);
    if (!text)
        return -1;
    size_t n = counters_text(web->counters, text, METRICS_MAX);
    bool failed = lws_add_http_common_headers(wsi, 200, "text/plain; version=0.0.4", n, &at, end) ||
                  lws_finalize_write_http_header(wsi, start, &at, end);
    memcpy(start, text, n);
    free(text);
    if (failed || lws_write(wsi, start, n, LWS_WRITE_HTTP_FINAL) < 0)
        return -1;
    return lws_http_transaction_completed(wsi) ? -1 : 0;
}
