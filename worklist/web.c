#include "worklist/web.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

uint8_t *web_scratch(struct web *web, size_t length) {
    if (web->scratch_size < length) {
        free(web->scratch);
        web->scratch_size = length + 16384;
        web->scratch = malloc(LWS_PRE + web->scratch_size);
        if (!web->scratch)
            abort();
    }
    return web->scratch + LWS_PRE;
}

static void on_finished(struct web *web) {
    struct job *job = pool_take(web->pool);
    for (struct job *next; job; job = next) {
        next = job->next;
        struct web_client *client = job->owner;
        if (job->kind == JOB_SHOWN) {
            web_socket_shown(web, job);
        } else if (!client) {
            job_free(job);
        } else if (job->kind == JOB_SOCKET) {
            web_socket_known(web, client, job);
        } else if (job->kind == JOB_SESSION) {
            web_socket_session(client, job);
        } else {
            client->answered = true;
            lws_callback_on_writable(client->wsi);
        }
    }
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t length) {
    struct web *web = lws_context_user(lws_get_context(wsi));
    struct web_client *client = user;
    switch (reason) {
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        on_finished(web);
        web_socket_deliver(web);
        return 0;
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return web_socket_filter(web, wsi);
    case LWS_CALLBACK_ESTABLISHED:
        client->wsi = wsi;
        return web_socket(web, client, reason, in, length);
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_SERVER_WRITEABLE:
    case LWS_CALLBACK_TIMER:
    case LWS_CALLBACK_CLOSED:
        return web_socket(web, client, reason, in, length);
    case LWS_CALLBACK_HTTP:
        client->wsi = wsi;
        return web_http(web, client, reason, in, length);
    case LWS_CALLBACK_HTTP_BODY:
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
    case LWS_CALLBACK_HTTP_WRITEABLE:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
    case LWS_CALLBACK_CLOSED_HTTP:
        return client ? web_http(web, client, reason, in, length) : 0;
    default:
        return lws_callback_http_dummy(wsi, reason, user, in, length);
    }
}

static void set_headers(struct web *web) {
    static const char *const rows[][2] = {
        {"content-security-policy:",
         "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
         "frame-ancestors 'none'"},
        {"x-content-type-options:", "nosniff"},
        {"referrer-policy:", "no-referrer"},
        {"cross-origin-opener-policy:", "same-origin"},
        {"strict-transport-security:", "max-age=31536000"}, /* by TLS only */
    };
    enum { ROWS = sizeof rows / sizeof rows[0] };
    _Static_assert(ROWS == sizeof web->headers / sizeof web->headers[0], "one each");
    const size_t count = web->settings->certificate[0] ? ROWS : ROWS - 1;
    for (size_t i = 0; i < count; i++)
        web->headers[i] = (struct lws_protocol_vhost_options){
            i + 1 < count ? &web->headers[i + 1] : NULL, NULL, rows[i][0], rows[i][1]};
}

static void set_mounts(struct web *web) {
    web->mime = (struct lws_protocol_vhost_options){NULL, NULL, ".mjs", "text/javascript"};
    web->mounts[0] = (struct lws_http_mount){.mount_next = &web->mounts[1],
                                             .mountpoint = "/api",
                                             .mountpoint_len = 4,
                                             .protocol = "hemo",
                                             .origin = "http://localhost",
                                             .origin_protocol = LWSMPRO_CALLBACK};
    web->mounts[1] = (struct lws_http_mount){.mountpoint = "/",
                                             .mountpoint_len = 1,
                                             .origin = web->settings->web,
                                             .def = "index.html",
                                             .extra_mimetypes = &web->mime,
                                             .origin_protocol = LWSMPRO_FILE};
}

/* libwebsockets only logs that it could not bind; this says it in one line. */
static bool can_bind(const char *host, int port, char *why, size_t size) {
    struct sockaddr_in a4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in6 a6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    bool is4 = inet_pton(AF_INET, host, &a4.sin_addr) == 1;
    if (!is4 && inet_pton(AF_INET6, host, &a6.sin6_addr) != 1) {
        snprintf(why, size, "%s: not an address (want such as 127.0.0.1)", host);
        return false;
    }
    int fd = socket(is4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const struct sockaddr *a = is4 ? (const struct sockaddr *)&a4 : (const struct sockaddr *)&a6;
    bool ok = bind(fd, a, is4 ? sizeof a4 : sizeof a6) == 0 && listen(fd, 1) == 0;
    if (!ok)
        snprintf(why, size, "%s:%d: %s (want a free port: listen= or metrics= in worklistd.ini)",
                 host, port, strerrordesc_np(errno));
    close(fd);
    return ok;
}

static struct lws_vhost *add_vhost(struct web *web, bool metrics) {
    struct lws_context_creation_info info = {
        .port = metrics ? web->metrics_port : web->port,
        .iface = metrics ? web->metrics_host : web->host,
        .vhost_name = metrics ? "metrics" : "page",
        .protocols = metrics ? web->metrics_protocols : web->protocols,
        .mounts = metrics ? NULL : web->mounts,
        .headers = web->headers,
        .options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND | LWS_SERVER_OPTION_DISABLE_IPV6,
        .keepalive_timeout = 60,
    };
    if (!metrics && web->settings->certificate[0]) {
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info.ssl_cert_filepath = web->settings->certificate;
        info.ssl_private_key_filepath = web->settings->certificate_key;
        info.ssl_options_set = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1;
    }
    if (strchr(info.iface, ':'))
        info.options &= ~(uint64_t)LWS_SERVER_OPTION_DISABLE_IPV6;
    return lws_create_vhost(web->context, &info);
}

/* libwebsockets would go on without TLS where a file is not to be read. */
static bool can_certify(const struct settings *s, char *why, size_t size) {
    struct stat key;
    const char *files[] = {s->certificate, s->certificate_key};
    for (int i = 0; s->certificate[0] && i < 2; i++)
        if (access(files[i], R_OK) != 0) {
            snprintf(why, size, "%s: %s (want a readable PEM file)", files[i],
                     strerrordesc_np(errno));
            return false;
        }
    bool open_key = s->certificate[0] && stat(s->certificate_key, &key) == 0 && key.st_mode & 077;
    if (open_key)
        snprintf(why, size, "%s: others may read this secret key (want mode 0600: chmod 600 it)",
                 s->certificate_key);
    return !open_key;
}

static void on_log(int level, const char *line) {
    (void)level;
    fprintf(stderr, "worklistd: web: %s", line);
}

bool web_open(struct web *web, char *why, size_t size) {
    const struct settings *s = web->settings;
    if (!settings_address(s->listen, web->host, sizeof web->host, &web->port) ||
        !settings_address(s->metrics, web->metrics_host, sizeof web->metrics_host,
                          &web->metrics_port) ||
        !can_certify(s, why, size) || !can_bind(web->host, web->port, why, size) ||
        !can_bind(web->metrics_host, web->metrics_port, why, size))
        return false;
    set_headers(web);
    set_mounts(web);
    web->protocols[0] = (struct lws_protocols){.name = "hemo",
                                               .callback = on_event,
                                               .per_session_data_size = sizeof(struct web_client),
                                               .rx_buffer_size = WEB_RECEIVE_MAX};
    web->metrics_protocols[0] = (struct lws_protocols){.name = "metrics", .callback = web_metrics};
    lws_set_log_level(LLL_ERR | LLL_WARN, on_log);
    struct lws_context_creation_info info = {.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                                                        LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
                                             .fd_limit_per_thread = 1024,
                                             .timeout_secs = 15,
                                             .server_string = "worklistd",
                                             .user = web};
    web->context = lws_create_context(&info);
    if (!web->context || !add_vhost(web, false) || !add_vhost(web, true)) {
        snprintf(why, size, "%s: cannot serve the page there", s->listen);
        return false;
    }
    return true;
}

static void wake(void *context) {
    lws_cancel_service(context);
}

static void *serve(void *context) {
    struct web *web = context;
    while (!atomic_load(&web->stopping) && lws_service(web->context, 0) >= 0)
        continue;
    return NULL;
}

bool web_start(struct web *web) {
    hub_on_wake(web->hub, wake, web->context);
    pool_on_wake(web->pool, wake, web->context);
    web->started = pthread_create(&web->thread, NULL, serve, web) == 0;
    return web->started;
}

void web_stop(struct web *web) {
    atomic_store(&web->stopping, true);
    if (web->started) {
        lws_cancel_service(web->context);
        pthread_join(web->thread, NULL);
    }
    hub_on_wake(web->hub, NULL, NULL);
    pool_on_wake(web->pool, NULL, NULL);
    if (web->context)
        lws_context_destroy(web->context);
    free(web->scratch);
}
