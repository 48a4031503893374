/* web.h - the edge towards browsers: HTTP, WebSocket, files and the metrics port, by libwebsockets
 * in one thread.
 *
 * web_open() binds; web_start() serves in a thread of its own until web_stop(). The thread never
 * touches the database: requests go to the pool. Only lws_cancel_service() is ever called from
 * other threads (through hub and pool). */
#pragma once
#include "worklist/pool.h"
#include "worklist/settings.h"
#include <libwebsockets.h>

enum { WEB_FIFO = 64, WEB_ROOMS = 32, WEB_BEYOND = 50, WEB_RECEIVE_MAX = 4096, WEB_SESSION_S = 2 };

struct web_client { /* one connection, in libwebsockets' per-session memory */
    struct lws *wsi;
    struct job *job; /* running, or (answered) waiting to be written */
    bool answered;
    size_t filled;
    struct web_socket *socket; /* WebSockets only, heap */
};

struct web_socket { /* a WebSocket's part */
    struct web_socket *next;
    struct web_client *client;
    bool known; /* its cookie was checked; it is again every WEB_SESSION_S */
    char token[API_TOKEN];
    int close_code;
    uint32_t rooms[WEB_ROOMS];
    size_t rooms_count;
    struct hub_text *fifo[WEB_FIFO];
    size_t fifo_first, fifo_count;
    struct hub_cursor cursor[HUB_STREAMS_MAX];
    bool begun[HUB_STREAMS_MAX];
    uint64_t drawn_tick[HUB_STREAMS_MAX];
    size_t last_ring;
    char received[WEB_RECEIVE_MAX];
    size_t received_count;
};

struct web {
    const struct settings *settings;
    struct pool *pool;
    struct hub *hub;
    struct counters *counters;
    char host[64], metrics_host[64];
    int port, metrics_port;
    struct lws_context *context;
    struct web_socket *sockets;
    uint8_t *scratch;
    size_t scratch_size;
    pthread_t thread;
    bool started;
    atomic_bool stopping;
    struct lws_http_mount mounts[2];
    struct lws_protocol_vhost_options headers[5], mime;
    struct lws_protocols protocols[3], metrics_protocols[2];
};

/* False: one line in *why. */
bool web_open(struct web *web, char *why, size_t size);
bool web_start(struct web *web);
void web_stop(struct web *web);

/* web_http.c */
int web_http(struct web *web, struct web_client *client, enum lws_callback_reasons reason, void *in,
             size_t length);
int web_metrics(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                size_t length);
void web_request_from(struct lws *wsi, struct api_request *request);
bool web_healthy(struct web *web, bool *database, bool *hemod);

/* web_socket.c */
int web_socket(struct web *web, struct web_client *client, enum lws_callback_reasons reason,
               void *in, size_t length);
int web_socket_filter(struct web *web, struct lws *wsi);
void web_socket_known(struct web *web, struct web_client *client, struct job *job);
void web_socket_session(struct web_client *client, struct job *job);
void web_socket_shown(struct web *web, struct job *job);
void web_socket_deliver(struct web *web);

/* LWS_PRE bytes of room before, at least `length` behind. */
uint8_t *web_scratch(struct web *web, size_t length);
