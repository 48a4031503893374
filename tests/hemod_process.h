/* hemod_process.h - a real hemod for a test: started in a folder of its own, killed by its pid,
 * read back. */
#pragma once
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct process {
    pid_t pid; /* 0: none runs */
    char folder[128], config[160], log[160];
    char feeds[128], events[128], live[128], metrics[128]; /* of the ready line */
    bool insecure;
};

static inline uint64_t process_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

static inline void process_sleep(int ms) {
    nanosleep(&(struct timespec){ms / 1000, (long)(ms % 1000) * 1000000}, NULL);
}

static inline void process_folder(struct process *p, bool insecure) {
    memset(p, 0, sizeof *p);
    snprintf(p->folder, sizeof p->folder,
             "/tmp/hemod-test-XX"
             "XX"
             "XX");
    char *made = mkdtemp(p->folder);
    assert(made);
    (void)made;
    snprintf(p->config, sizeof p->config, "%s/hemod.ini", p->folder);
    snprintf(p->log, sizeof p->log, "%s/log", p->folder);
    p->insecure = insecure;
}

static inline void process_write(const char *path, const char *text, mode_t mode) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    assert(fd >= 0);
    ssize_t put = write(fd, text, strlen(text));
    assert(put == (ssize_t)strlen(text));
    (void)put;
    close(fd);
}

static inline size_t process_read(const char *path, char *out, size_t size) {
    int fd = open(path, O_RDONLY);
    size_t used = 0;
    ssize_t got;
    while (fd >= 0 && used < size - 1 && (got = read(fd, out + used, size - 1 - used)) > 0)
        used += (size_t)got;
    if (fd >= 0)
        close(fd);
    out[used] = 0;
    return used;
}

static inline void process_spawn(struct process *p, const char *option, bool as_nobody) {
    const char *insecure = p->insecure ? "--insecure-loopback" : NULL;
    const char *argv[6] = {BUILD_DIR "/bin/hemod", "-c", p->config, insecure, option, NULL};
    if (!insecure)
        argv[3] = option;
    unlink(p->log);
    p->pid = fork();
    assert(p->pid >= 0);
    if (p->pid > 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nothing running */
    int log = open(p->log, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    dup2(log, STDERR_FILENO);
    if (as_nobody && (setgid(65534) != 0 || setuid(65534) != 0))
        _exit(126);
    execv(argv[0], (char *const *)argv);
    _exit(127);
}

static inline bool process_word(const char *text, const char *before, char *out, size_t size) {
    const char *at = strstr(text, before);
    if (!at)
        return false;
    at += strlen(before);
    size_t length = strcspn(at, " \n");
    snprintf(out, size, "%.*s", (int)length, at);
    return true;
}

/* Starts hemod and waits for its ready line. */
static inline bool process_start(struct process *p) {
    char text[8192];
    process_spawn(p, NULL, false);
    for (uint64_t until = process_ms() + 20000; process_ms() < until; process_sleep(5)) {
        process_read(p->log, text, sizeof text);
        if (strstr(text, "hemod: ready: ") && strchr(strstr(text, "hemod: ready: "), '\n'))
            return process_word(text, "ready: feeds ", p->feeds, sizeof p->feeds) &&
                   process_word(text, " events ", p->events, sizeof p->events) &&
                   process_word(text, " live ", p->live, sizeof p->live) &&
                   process_word(text, " metrics ", p->metrics, sizeof p->metrics);
        if (waitpid(p->pid, NULL, WNOHANG) == p->pid)
            break;
    }
    fprintf(stderr, "hemod did not start: %s", text);
    p->pid = 0;
    return false;
}

/* Waits for its end: the exit code, 128 + signal, or -1 where it did not end in time (then it is
 * killed). */
static inline int process_wait(struct process *p, int ms) {
    int status = 0;
    for (uint64_t until = process_ms() + (uint64_t)ms; process_ms() < until; process_sleep(2)) {
        if (waitpid(p->pid, &status, WNOHANG) != p->pid)
            continue;
        p->pid = 0;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    kill(p->pid, SIGKILL);
    waitpid(p->pid, &status, 0);
    p->pid = 0;
    return -1;
}

static inline int process_stop(struct process *p, int signal_number) {
    kill(p->pid, signal_number);
    return process_wait(p, 20000);
}

/* The value of one line of the metrics page, -1 where there is none. `line` is the text up to the
 * space. */
static inline double process_metric(const struct process *p, const char *line) {
    static char page[1 << 20];
    struct sockaddr_in to = {.sin_family = AF_INET};
    to.sin_port = htons((uint16_t)strtoul(strchr(p->metrics, ':') + 1, NULL, 10));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    static const char ask[] = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
    size_t used = 0;
    ssize_t got = -1;
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0 && write(fd, ask, sizeof ask - 1) > 0)
        while (used < sizeof page - 1 && (got = read(fd, page + used, sizeof page - 1 - used)) > 0)
            used += (size_t)got;
    close(fd);
    page[used] = 0;
    for (char *at = strstr(page, line); at; at = strstr(at + 1, line))
        if (at[-1] == '\n' && at[strlen(line)] == ' ')
            return strtod(at + strlen(line) + 1, NULL);
    return -1;
}

static inline bool process_log_has(const struct process *p, const char *words) {
    char text[65536];
    process_read(p->log, text, sizeof text);
    return strstr(text, words) != NULL;
}

/* The log must be one line, with these words. */
static inline bool process_one_line(const struct process *p, const char *words) {
    char text[65536];
    size_t length = process_read(p->log, text, sizeof text);
    bool one = length > 0 && strchr(text, '\n') == text + length - 1;
    if (!one || !strstr(text, words))
        fprintf(stderr, "log is not one line with \"%s\": %s\n", words, text);
    return one && strstr(text, words) != NULL;
}

static inline void process_remove(struct process *p) {
    char command[160];
    if (p->pid > 0)
        process_stop(p, SIGKILL);
    snprintf(command, sizeof command, "%s", p->folder);
    const char *argv[] = {"/bin/rm", "-rf", command, NULL};
    pid_t pid = fork();
    if (pid == 0) {
        execv(argv[0], (char *const *)argv);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
}
