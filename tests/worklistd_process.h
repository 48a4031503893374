/* worklistd_process.h - a real worklistd for a test: in a folder of its own, started, killed by its
 * pid, asked over HTTP and WebSocket by hand. For tests only. */
#pragma once
#include "tests/cluster.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

struct daemon {
    pid_t pid; /* 0: none runs */
    char folder[64], ini[80], log[80];
    int port, metrics_port;
};

/* A port that is free now. */
static inline int daemon_free_port(void) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = bind(fd, (struct sockaddr *)&a, sizeof a) == 0 &&
              getsockname(fd, (struct sockaddr *)&a, &size) == 0;
    close(fd);
    return ok ? ntohs(a.sin_port) : 0;
}

static inline void daemon_write(const char *file, const char *text) {
    FILE *out = fopen(file, "w");
    if (!out || fputs(text, out) < 0 || fclose(out) != 0)
        abort();
}

static inline void daemon_open(struct daemon *d, const struct cluster *c, const char *events,
                               const char *live) {
    char text[2400];
    memset(d, 0, sizeof *d);
    snprintf(d->folder, sizeof d->folder, "/tmp/worklistd.%s",
             "XX"
             "XX"
             "XX");
    if (!mkdtemp(d->folder))
        abort();
    d->port = daemon_free_port();
    d->metrics_port = daemon_free_port();
    snprintf(d->ini, sizeof d->ini, "%s/ini", d->folder);
    snprintf(d->log, sizeof d->log, "%s/log", d->folder);
    snprintf(text, sizeof text,
             "[worklistd]\ndatabase=%s\nowner_database=%s\nlisten=127.0.0.1:%d\nmetrics=127.0.0.1:%"
             "d\nevents=%s\n"
             "live=%s\nstate=%s\nweb=%s/worklist/web\nsql=%s/worklist/sql\n",
             c->app, c->owner, d->port, d->metrics_port, events, live, d->folder, SOURCE_DIR,
             SOURCE_DIR);
    daemon_write(d->ini, text);
}

/* Starts it with an INI file; stderr is appended to the log. */
static inline void daemon_spawn(struct daemon *d, const char *ini) {
    d->pid = fork();
    if (d->pid != 0)
        return;
    int fd = open(d->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(fd, 1);
    dup2(fd, 2);
    execl(BUILD_DIR "/bin/worklistd", "worklistd", "-c", ini, (char *)NULL);
    _exit(127);
}

/* Its exit code; 128 + signal where one ended it, also where it did not end within 20 s. */
static inline int daemon_wait(struct daemon *d) {
    int status = 0;
    for (int i = 0; i < 1000 && waitpid(d->pid, &status, WNOHANG) == 0; i++) {
        cluster_sleep(20);
        if (i == 999) {
            printf("worklistd %d does not end\n", (int)d->pid);
            kill(d->pid, SIGKILL);
            waitpid(d->pid, &status, 0);
        }
    }
    d->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static inline int daemon_end(struct daemon *d, int number) {
    if (d->pid == 0)
        return 0;
    kill(d->pid, number);
    return daemon_wait(d);
}

static inline void daemon_close(struct daemon *d, bool show_log) {
    char line[400];
    daemon_end(d, SIGTERM);
    FILE *in = show_log ? fopen(d->log, "r") : NULL;
    while (in && fgets(line, sizeof line, in))
        printf("  %s", line);
    if (in)
        fclose(in);
    unlink(d->ini);
    unlink(d->log);
    static const char *const state[] = {"audit.secret", "audit.public", "audit.heads"};
    for (size_t i = 0; i < sizeof state / sizeof state[0]; i++) {
        snprintf(line, sizeof line, "%s/%s", d->folder, state[i]);
        unlink(line);
    }
    rmdir(d->folder);
}

static inline int daemon_connect(int port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct timeval patience = {10, 0};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
        return fd;
    close(fd);
    return -1;
}

enum { DAEMON_ANSWER = 200000 };

/* Sends the bytes, reads until the other side closes or `enough` stands in the answer; its length.
 */
static inline size_t daemon_exchange(int fd, const char *bytes, size_t length, char *out,
                                     const char *enough) {
    size_t used = 0;
    if (write(fd, bytes, length) != (ssize_t)length)
        length = 0; /* closed already: its answer says why */
    for (ssize_t n; used < DAEMON_ANSWER - 1; used += (size_t)n) {
        n = read(fd, out + used, DAEMON_ANSWER - 1 - used);
        if (n <= 0)
            break;
        out[used + (size_t)n] = '\0';
        if (enough && strstr(out, enough))
            return used + (size_t)n;
    }
    out[used] = '\0';
    return used;
}

/* The status of one request; the whole answer in out. Headers: lines with their ends, or "". */
static inline int daemon_ask(int port, const char *line, const char *headers, const char *body,
                             char *out) {
    size_t body_length = strlen(body);
    char *request = malloc(body_length + 2000);
    int fd = daemon_connect(port);
    out[0] = '\0';
    if (fd < 0) {
        free(request);
        return -1;
    }
    int n = snprintf(
        request, body_length + 2000,
        "%s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: %zu\r\n%s\r\n%s",
        line, body_length, headers, body);
    daemon_exchange(fd, request, (size_t)n, out, NULL);
    close(fd);
    free(request);
    return strncmp(out, "HTTP/1.", 7) == 0 ? (int)strtol(out + 9, NULL, 10) : -1;
}

/* Waits until GET /api/health contains the text. */
static inline bool daemon_healthy(const struct daemon *d, const char *text) {
    static char out[DAEMON_ANSWER];
    for (int i = 0; i < 200; i++) {
        if (daemon_ask(d->port, "GET /api/health", "", "", out) > 0 && strstr(out, text))
            return true;
        cluster_sleep(50);
    }
    printf("not healthy (%s): %s\n", text, out);
    return false;
}
