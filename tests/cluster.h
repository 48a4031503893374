/* cluster.h - a private database for one test program, made by worklist/cluster and gone at its
 * end. For tests only.
 *
 *     struct cluster cluster;
 *     int code = cluster_open(&cluster);      // 77: no PostgreSQL here, said why
 *     ... cluster.app, cluster.owner: URIs ...
 *     cluster_close(&cluster); */
#pragma once
#include "worklist/migrate.h"
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct cluster {
    char folder[64], data[80];
    char app[512], owner[512];
};

static inline void cluster_sleep(int ms) {
    nanosleep(&(struct timespec){ms / 1000, (long)(ms % 1000) * 1000000}, NULL);
}

/* Runs worklist/cluster COMMAND; its stdout into the file. */
static inline int cluster_run(const struct cluster *c, const char *command, const char *output) {
    pid_t pid = fork();
    if (pid == 0) {
        int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(fd, 1);
        bool start = strcmp(command, "start") == 0;
        execl(SOURCE_DIR "/worklist/cluster", "cluster", command, c->data,
              start ? "--no-fsync" : (char *)NULL, (char *)NULL);
        _exit(127);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static inline void cluster_line(const char *line, const char *name, char *out, size_t size) {
    size_t n = strlen(name);
    if (strncmp(line, name, n) != 0 || line[n] != '=')
        return;
    snprintf(out, size, "%.500s", line + n + 1);
    out[strcspn(out, "\n")] = '\0';
}

static inline int cluster_start(struct cluster *c) {
    char output[100], line[600];
    snprintf(output, sizeof output, "%s/uris", c->folder);
    int code = cluster_run(c, "start", output);
    FILE *in = fopen(output, "r");
    while (in && fgets(line, sizeof line, in)) {
        cluster_line(line, "database", c->app, sizeof c->app);
        cluster_line(line, "owner_database", c->owner, sizeof c->owner);
    }
    if (in)
        fclose(in);
    return code;
}

static inline void cluster_close(struct cluster *c) {
    char output[100];
    cluster_run(c, "remove", "/dev/null");
    snprintf(output, sizeof output, "%s/uris", c->folder);
    unlink(output);
    rmdir(c->folder);
}

static inline int cluster_open(struct cluster *c) {
    struct migrate_report report;
    struct db owner;
    snprintf(c->folder, sizeof c->folder, "/tmp/hemodb.%s",
             "XX"
             "XX"
             "XX");
    if (sodium_init() < 0 || !mkdtemp(c->folder) || chmod(c->folder, 0711) != 0)
        return 1;
    snprintf(c->data, sizeof c->data, "%s/pg", c->folder);
    int code = cluster_start(c);
    if (code == 3) {
        printf("skipped: no PostgreSQL server here\n");
        rmdir(c->data);
        cluster_close(c);
        return 77;
    }
    db_init(&owner, c->owner, "test");
    bool ok =
        code == 0 && db_ready(&owner) && migrate_run(&owner, SOURCE_DIR "/worklist/sql", &report);
    if (!ok)
        printf("no database: %s %s\n", owner.error, report.error);
    db_close(&owner);
    if (!ok)
        cluster_close(c);
    return ok ? 0 : 1;
}

/* One number of a query; -1 on error. */
static inline int64_t cluster_count(struct db *db, const char *sql) {
    PGresult *r = db_query(db, sql, DB_NONE);
    int64_t n = r && PQntuples(r) == 1 ? db_number(r, 0, 0) : -1;
    if (!r)
        printf("%s: %s\n", sql, db->error);
    PQclear(r);
    return n;
}
