/* metrics_server.c - see metrics_server.h. */
#include "ingest/metrics_server.h"
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { POLL_MS = 200, REQUEST_MS = 100, REQUEST_MAX = 4096 };

static bool write_all(int fd, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t put = send(fd, bytes, size, MSG_NOSIGNAL);
        if (put <= 0)
            return false;
        bytes += put;
        size -= (size_t)put;
    }
    return true;
}

/* The request's first line is all that matters; each piece must come within
 * REQUEST_MS, so that idle connections cannot keep the page from others. */
static void answer(struct metrics_server *s, int fd) {
    char request[REQUEST_MAX + 1], head[160];
    size_t used = 0;
    struct timeval patience = {.tv_sec = REQUEST_MS / 1000, .tv_usec = REQUEST_MS % 1000 * 1000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    request[0] = 0;
    while (used < REQUEST_MAX && !strstr(request, "\r\n\r\n")) {
        ssize_t got = recv(fd, request + used, REQUEST_MAX - used, 0);
        if (got <= 0)
            return;
        used += (size_t)got;
        request[used] = 0;
    }
    bool known = strncmp(request, "GET /metrics ", 13) == 0 || strncmp(request, "GET / ", 6) == 0;
    size_t length = known ? s->fill(s->context, s->page, METRICS_PAGE_MAX) : 0;
    snprintf(head, sizeof head,
             "HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: %zu\r\n"
             "Connection: close\r\n\r\n",
             known ? "200 OK" : "404 Not Found", length);
    if (write_all(fd, head, strlen(head)))
        write_all(fd, s->page, length);
}

static void *run(void *context) {
    struct metrics_server *s = context;
    while (!atomic_load(&s->stop)) {
        struct pollfd item = {.fd = s->listener, .events = POLLIN};
        if (poll(&item, 1, POLL_MS) <= 0)
            continue;
        int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        answer(s, fd);
        close(fd);
    }
    return NULL;
}

static bool parse_address(const char *address, struct sockaddr_in *out) {
    const char *colon = strrchr(address, ':');
    char *end;
    if (!colon || strncmp(address, "127.0.0.1:", 10) != 0)
        return false;
    unsigned long port = strcmp(colon + 1, "*") == 0 ? 0 : strtoul(colon + 1, &end, 10);
    if (strcmp(colon + 1, "*") != 0 && (end == colon + 1 || *end || port > 65535))
        return false;
    *out = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    out->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return true;
}

static enum hemo_error listen_on(struct metrics_server *s, struct sockaddr_in *address) {
    socklen_t size = sizeof *address;
    int yes = 1;
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->listener < 0)
        return HEMO_IO;
    setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(s->listener, (struct sockaddr *)address, size) != 0 || listen(s->listener, 8) != 0) {
        enum hemo_error error = errno == EADDRINUSE ? HEMO_IN_USE : HEMO_IO;
        close(s->listener);
        return error;
    }
    getsockname(s->listener, (struct sockaddr *)address, &size);
    snprintf(s->endpoint, sizeof s->endpoint, "127.0.0.1:%u", ntohs(address->sin_port));
    return HEMO_OK;
}

enum hemo_error metrics_server_start(struct metrics_server *s, const char *address,
                                     metrics_fill_fn *fill, void *context) {
    struct sockaddr_in parsed;
    *s = (struct metrics_server){.listener = -1, .fill = fill, .context = context};
    if (!parse_address(address, &parsed))
        return HEMO_BAD_CONFIG;
    s->page = malloc(METRICS_PAGE_MAX);
    if (!s->page)
        return HEMO_NO_ROOM;
    enum hemo_error error = listen_on(s, &parsed);
    if (error == HEMO_OK && pthread_create(&s->thread, NULL, run, s) == 0)
        return HEMO_OK;
    free(s->page);
    if (error == HEMO_OK)
        close(s->listener);
    return error == HEMO_OK ? HEMO_IO : error;
}

void metrics_server_stop(struct metrics_server *s) {
    atomic_store(&s->stop, 1);
    pthread_join(s->thread, NULL);
    close(s->listener);
    free(s->page);
}
