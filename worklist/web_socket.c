#include "worklist/web.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { FIFO_LOSSY = WEB_FIFO / 2, SEND_BUFFER = 64 * 1024 };

/* A WebSocket is made by our own page only: any other page's script sends its own Origin. */
int web_socket_filter(struct web *web, struct lws *wsi) {
    char path[16], other[API_TEXT + 8];
    struct api_request request = {0};
    const char *origin = web->pool->api->origin;
    web_request_from(wsi, &request);
    int scheme = (int)(strstr(origin, "//") + 2 - origin);
    snprintf(other, sizeof other, "%.*slocalhost%s", scheme, origin, strrchr(origin, ':'));
    bool own = strcmp(request.origin, origin) == 0 || strcmp(request.origin, other) == 0;
    bool path_ok =
        lws_hdr_copy(wsi, path, sizeof path, WSI_TOKEN_GET_URI) > 0 && strcmp(path, "/ws") == 0;
    return own && path_ok && request.token[0] ? 0 : -1;
}

static void text_release(struct hub_text *text) {
    if (--text->users == 0)
        hub_text_free(text);
}

static int established(struct web *web, struct web_client *client) {
    struct web_socket *s = calloc(1, sizeof *s);
    struct job *job = calloc(1, sizeof *job);
    int size = SEND_BUFFER; /* the kernel would otherwise hide seconds of old traces */
    if (!s || !job)
        abort();
    setsockopt(lws_get_socket_fd(client->wsi), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    s->client = client;
    s->next = web->sockets;
    web->sockets = s;
    client->socket = s;
    client->job = job;
    job->kind = JOB_SOCKET;
    job->owner = client;
    web_request_from(client->wsi, &job->request);
    snprintf(s->token, sizeof s->token, "%s", job->request.token);
    counters_add(web->counters, COUNTER_CLIENTS, 1);
    lws_set_timer_usecs(client->wsi, WEB_SESSION_S * LWS_USEC_PER_SEC);
    if (pool_add(web->pool, job))
        return 0;
    client->job = NULL;
    job_free(job);
    return -1;
}

static int closed(struct web *web, struct web_client *client) {
    struct web_socket *s = client->socket;
    if (!s)
        return 0;
    for (struct web_socket **at = &web->sockets; *at; at = &(*at)->next) {
        if (*at != s)
            continue;
        *at = s->next;
        break;
    }
    if (client->job)
        client->job->owner = NULL;
    for (; s->fifo_count > 0; s->fifo_count--)
        text_release(s->fifo[s->fifo_first++ % WEB_FIFO]);
    free(s);
    client->socket = NULL;
    counters_add(web->counters, COUNTER_CLIENTS, (uint64_t)-1);
    return 0;
}

static void close_with(struct web_socket *s, int code) {
    s->close_code = code;
    lws_callback_on_writable(s->client->wsi);
}

static void push(struct web *web, struct web_socket *s, struct hub_text *text) {
    if (s->close_code != 0 || (text->lossy && s->fifo_count >= FIFO_LOSSY))
        return;
    if (s->fifo_count == WEB_FIFO) {
        counters_add(web->counters, COUNTER_CLIENTS_DROPPED, 1);
        close_with(s, LWS_CLOSE_STATUS_POLICY_VIOLATION);
        return;
    }
    text->users++;
    s->fifo[(s->fifo_first + s->fifo_count++) % WEB_FIFO] = text;
    lws_callback_on_writable(s->client->wsi);
}

static bool subscribed(const struct web_socket *s, uint32_t room) {
    for (size_t i = 0; i < s->rooms_count; i++)
        if (s->rooms[i] == room)
            return true;
    return false;
}

void web_socket_known(struct web *web, struct web_client *client, struct job *job) {
    struct web_socket *s = client->socket;
    client->job = NULL;
    s->known = job->answer.status == 200;
    for (size_t i = 0; s->known && i < sizeof job->texts / sizeof job->texts[0]; i++) {
        if (!job->texts[i])
            continue;
        struct hub_text *text = calloc(1, sizeof *text);
        if (!text)
            abort();
        *text =
            (struct hub_text){.users = 1, .text = job->texts[i], .length = strlen(job->texts[i])};
        job->texts[i] = NULL;
        push(web, s, text);
        text_release(text);
    }
    if (!s->known) /* 1008: log in; 1013: try later, the database is away */
        close_with(s, job->answer.status == 503 ? 1013 : LWS_CLOSE_STATUS_POLICY_VIOLATION);
    job_free(job);
}

/* The pool asks the database; without room for the question it is asked next time. */
static int ask_session(struct web *web, struct web_client *client) {
    struct web_socket *s = client->socket;
    lws_set_timer_usecs(client->wsi, WEB_SESSION_S * LWS_USEC_PER_SEC);
    struct job *job = client->job || !s->known ? NULL : calloc(1, sizeof *job);
    if (!job)
        return 0;
    job->kind = JOB_SESSION;
    job->owner = client;
    snprintf(job->request.token, sizeof job->request.token, "%s", s->token);
    client->job = job;
    if (!pool_add(web->pool, job)) {
        client->job = NULL;
        job_free(job);
    }
    return 0;
}

void web_socket_session(struct web_client *client, struct job *job) {
    client->job = NULL;
    if (job->answer.status == 401)
        close_with(client->socket, LWS_CLOSE_STATUS_POLICY_VIOLATION);
    job_free(job);
}

/* Nobody is shown what is not written down: whoever should have been asks anew, and the answer to
 * that is written down too. */
static void not_shown(struct web *web, const char *tokens) {
    counters_add(web->counters, COUNTER_SHOWN_REFUSED, 1);
    for (struct web_socket *s = web->sockets; s; s = s->next)
        if (s->known && strstr(tokens, s->token))
            close_with(s, 1013);
}

/* A suggestion: the pool writes down who is to be shown it, then web_socket_shown() shows it. */
static void show(struct web *web, struct hub_text *text) {
    struct job *job = calloc(1, sizeof *job);
    size_t sockets = 1, n = 0;
    for (struct web_socket *s = web->sockets; s; s = s->next)
        sockets++;
    if (!job || !(job->body = malloc(sockets * (API_TOKEN + 1))))
        abort();
    for (struct web_socket *s = web->sockets; s; s = s->next)
        if (s->known)
            n += (size_t)snprintf(job->body + n, API_TOKEN + 1, "%s\n", s->token);
    job->body[n] = '\0';
    job->kind = JOB_SHOWN;
    snprintf(job->request.path, sizeof job->request.path, "%s", text->shown);
    job->texts[0] = text->text;
    text->text = NULL;
    if (n > 0 && pool_add(web->pool, job))
        return;
    if (n > 0)
        not_shown(web, job->body);
    job_free(job);
}

void web_socket_shown(struct web *web, struct job *job) {
    struct hub_text *text = calloc(1, sizeof *text);
    if (!text)
        abort();
    *text = (struct hub_text){.users = 1, .text = job->texts[0], .length = strlen(job->texts[0])};
    job->texts[0] = NULL;
    if (job->answer.status != 200)
        not_shown(web, job->body);
    for (struct web_socket *s = web->sockets; s && job->answer.status == 200; s = s->next)
        if (s->known && strstr(job->body, s->token))
            push(web, s, text);
    text_release(text);
    job_free(job);
}

void web_socket_deliver(struct web *web) {
    struct hub_text *text = hub_take(web->hub);
    for (struct hub_text *next; text; text = next) {
        next = text->next;
        text->users = 1;
        if (text->shown[0])
            show(web, text);
        for (struct web_socket *s = text->text ? web->sockets : NULL; s; s = s->next)
            if (s->known && (text->room == 0 || subscribed(s, text->room)))
                push(web, s, text);
        text_release(text);
    }
    for (struct web_socket *s = web->sockets; s; s = s->next) /* live blocks may have come */
        if (s->known && s->rooms_count > 0)
            lws_callback_on_writable(s->client->wsi);
}

static void subscribe(struct web *web, struct web_socket *s, const json_t *rooms) {
    size_t i;
    json_t *room;
    s->rooms_count = 0;
    json_array_foreach(rooms, i, room) {
        json_int_t n = json_integer_value(room);
        if (s->rooms_count < WEB_ROOMS && n > 0 && n <= 999)
            s->rooms[s->rooms_count++] = (uint32_t)n;
    }
    memset(s->begun, 0, sizeof s->begun);
    (void)web;
}

static void drawn(struct web *web, struct web_socket *s, const json_t *body) {
    json_int_t room = json_integer_value(json_object_get(body, "room"));
    json_int_t tick = json_integer_value(json_object_get(body, "tick"));
    json_int_t stream = json_integer_value(json_object_get(body, "stream"));
    size_t rings = hub_rings(web->hub);
    for (size_t i = 0; i < rings && tick >= 0; i++) {
        struct hub_ring_state ring = hub_ring_state(web->hub, i);
        if (ring.room != room || (stream != 0 && ring.stream != stream) || !s->begun[i])
            continue;
        s->drawn_tick[i] = (uint64_t)tick;
        double behind =
            s->cursor[i].sent_tick > s->drawn_tick[i]
                ? (double)(s->cursor[i].sent_tick - s->drawn_tick[i]) * 1000 / ring.base_rate_hz
                : 0;
        counters_set(web->counters, COUNTER_LAG_MS, (uint64_t)behind);
    }
    lws_callback_on_writable(s->client->wsi);
}

static int receive(struct web *web, struct web_client *client, const char *in, size_t length) {
    struct web_socket *s = client->socket;
    if (lws_frame_is_binary(client->wsi) || s->received_count + length > WEB_RECEIVE_MAX) {
        close_with(s, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE);
        return 0;
    }
    memcpy(s->received + s->received_count, in, length);
    s->received_count += length;
    if (!lws_is_final_fragment(client->wsi) || lws_remaining_packet_payload(client->wsi) > 0)
        return 0;
    json_t *body = json_loadb(s->received, s->received_count, JSON_REJECT_DUPLICATES, NULL);
    const char *type = json_is_object(body) ? json_get_text(body, "type") : NULL;
    s->received_count = 0;
    if (type && strcmp(type, "subscribe") == 0)
        subscribe(web, s, json_object_get(body, "rooms"));
    else if (type && strcmp(type, "drawn") == 0)
        drawn(web, s, body);
    else
        close_with(s, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE);
    json_decref(body);
    return 0;
}

/* Bytes of the next live block for this client, round robin over the streams of its rooms; 0: none
 * may go. */
static size_t next_block(struct web *web, struct web_socket *s, uint8_t *out) {
    size_t rings = hub_rings(web->hub);
    for (size_t k = 1; k <= rings; k++) {
        size_t i = (s->last_ring + k) % rings;
        struct hub_ring_state ring = hub_ring_state(web->hub, i);
        if (!subscribed(s, ring.room))
            continue;
        if (!s->begun[i]) {
            s->begun[i] = true;
            s->cursor[i] = (struct hub_cursor){.next = ring.next};
            s->drawn_tick[i] = UINT64_MAX; /* nothing owed before its first block */
        }
        if (s->drawn_tick[i] != UINT64_MAX &&
            hub_live_beyond(web->hub, i, &s->cursor[i], s->drawn_tick[i]) >=
                (uint64_t)WEB_BEYOND * ring.groups)
            continue;
        if (ring.next - s->cursor[i].next >
            (uint64_t)WEB_BEYOND * ring.groups) { /* the newest wins */
            counters_add(web->counters, COUNTER_LIVE_SKIPPED, ring.next - 1 - s->cursor[i].next);
            s->cursor[i].next = ring.next - 1;
        }
        uint64_t skipped = 0;
        bool first = !s->cursor[i].sent;
        size_t length = hub_live_next(web->hub, i, &s->cursor[i], out, &skipped);
        counters_add(web->counters, COUNTER_LIVE_SKIPPED, skipped);
        if (length == 0)
            continue;
        if (first)
            s->drawn_tick[i] = s->cursor[i].sent_tick;
        s->last_ring = i;
        return length;
    }
    return 0;
}

static int write_next(struct web *web, struct web_client *client) {
    struct web_socket *s = client->socket;
    if (s->close_code != 0) {
        lws_close_reason(client->wsi, (enum lws_close_status)s->close_code, NULL, 0);
        return -1;
    }
    if (!s->known)
        return 0;
    int written = 0;
    if (s->fifo_count > 0) {
        struct hub_text *text = s->fifo[s->fifo_first];
        uint8_t *out = web_scratch(web, text->length);
        memcpy(out, text->text, text->length);
        written = lws_write(client->wsi, out, text->length, LWS_WRITE_TEXT);
        s->fifo_first = (s->fifo_first + 1) % WEB_FIFO;
        s->fifo_count--;
        text_release(text);
    } else {
        uint8_t *out = web_scratch(web, HUB_BLOCK_MAX);
        size_t length = next_block(web, s, out);
        if (length == 0)
            return 0; /* all rings are drained, or the page has not drawn yet */
        written = lws_write(client->wsi, out, length, LWS_WRITE_BINARY);
        counters_add(web->counters, COUNTER_LIVE_SENT, 1);
    }
    lws_callback_on_writable(client->wsi);
    return written < 0 ? -1 : 0;
}

int web_socket(struct web *web, struct web_client *client, enum lws_callback_reasons reason,
               void *in, size_t length) {
    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
        return established(web, client);
    case LWS_CALLBACK_RECEIVE:
        return client->socket ? receive(web, client, in, length) : -1;
    case LWS_CALLBACK_TIMER:
        return client->socket ? ask_session(web, client) : -1;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return client->socket ? write_next(web, client) : -1;
    default:
        return closed(web, client);
    }
}
