#include "worklist/migrate.h"
#include <dirent.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 256 * 1024, FILES_MAX = 100 };

struct sql_file {
    int version;
    char name[100];
    char sha256[65];
    char *text;
};

struct sql_files {
    int count;
    struct sql_file file[FILES_MAX];
};

static bool version_of(const char *name, int *version) {
    size_t n = strlen(name);
    if (n < 9 || strcmp(name + n - 4, ".sql") != 0 || strspn(name, "0123456789") != 3 ||
        name[3] != '_')
        return false;
    *version = (int)strtol(name, NULL, 10);
    return true;
}

static bool read_text(const char *path, struct sql_file *file, char *error, size_t size) {
    FILE *in = fopen(path, "re");
    if (!in) {
        snprintf(error, size, "%s: %s", path, strerrordesc_np(errno));
        return false;
    }
    file->text = calloc(1, FILE_MAX);
    size_t n = file->text ? fread(file->text, 1, FILE_MAX, in) : 0;
    fclose(in);
    if (n == 0 || n == FILE_MAX) {
        snprintf(error, size, "%s: empty or too long (want 1..%d bytes)", path, FILE_MAX - 1);
        return false;
    }
    uint8_t hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const unsigned char *)file->text, n);
    sodium_bin2hex(file->sha256, sizeof file->sha256, hash, sizeof hash);
    return true;
}

static int by_version(const void *a, const void *b) {
    return ((const struct sql_file *)a)->version - ((const struct sql_file *)b)->version;
}

static void files_free(struct sql_files *files) {
    for (int i = 0; i < files->count; i++)
        free(files->file[i].text);
    free(files);
}

static bool files_add(struct sql_files *files, const char *folder, const char *name, char *error,
                      size_t size) {
    char path[600];
    int version = 0;
    if (!version_of(name, &version))
        return true;
    if (files->count == FILES_MAX) {
        snprintf(error, size, "%s: more than %d files", folder, FILES_MAX);
        return false;
    }
    struct sql_file *file = &files->file[files->count++];
    *file = (struct sql_file){.version = version};
    snprintf(file->name, sizeof file->name, "%.99s", name);
    snprintf(path, sizeof path, "%s/%.99s", folder, name);
    return read_text(path, file, error, size);
}

static struct sql_files *files_read(const char *folder, char *error, size_t size) {
    DIR *dir = opendir(folder);
    struct sql_files *files = calloc(1, sizeof *files);
    if (!dir || !files) {
        snprintf(error, size, "%s: %s (want the folder worklist/sql)", folder,
                 strerrordesc_np(errno));
        if (dir)
            closedir(dir);
        free(files);
        return NULL;
    }
    bool ok = true;
    for (struct dirent *entry; ok && (entry = readdir(dir));)
        ok = files_add(files, folder, entry->d_name, error, size);
    closedir(dir);
    if (ok && files->count == 0) {
        snprintf(error, size, "%s: no NNN_name.sql here", folder);
        ok = false;
    }
    if (!ok) {
        files_free(files);
        return NULL;
    }
    qsort(files->file, (size_t)files->count, sizeof files->file[0], by_version);
    return files;
}

/* -1: error; 0: not applied; 1: applied with this text; 2: applied with another text. */
static int applied(struct db *db, const struct sql_file *file) {
    PGresult *r = db_query(db, "select sha256 from schema_migration where version = $1",
                           DB(db_int(file->version).text));
    if (!r)
        return -1;
    int state = PQntuples(r) == 0 ? 0 : strcmp(db_text(r, 0, 0), file->sha256) == 0 ? 1 : 2;
    PQclear(r);
    return state;
}

static bool apply(struct db *db, const struct sql_file *file) {
    return db_do(db, "begin") && db_do(db, file->text) &&
           db_run(db, "insert into schema_migration (version, name, sha256) values ($1, $2, $3)",
                  DB(db_int(file->version).text, file->name, file->sha256)) == 1 &&
           db_do(db, "commit");
}

static bool newer_than_files(struct db *db, const struct sql_files *files,
                             struct migrate_report *report) {
    PGresult *r = db_query(db, "select coalesce(max(version), 0) from schema_migration", DB_NONE);
    if (!r) {
        snprintf(report->error, sizeof report->error, "schema: %s", db->error);
        return true;
    }
    report->version = (int)db_number(r, 0, 0);
    PQclear(r);
    int last = files->file[files->count - 1].version;
    if (report->version > last)
        snprintf(
            report->error, sizeof report->error,
            "schema: the database is at version %d, this program knows %d (want a newer program)",
            report->version, last);
    return report->version > last;
}

static bool one_file(struct db *db, const struct sql_file *file, bool change,
                     struct migrate_report *report) {
    int state = applied(db, file);
    if (state == 2)
        snprintf(
            report->error, sizeof report->error,
            "%s: differs from what was applied (want the old text; changes go into a new file)",
            file->name);
    if (state == 0 && !change)
        snprintf(report->error, sizeof report->error,
                 "schema: %s is not applied (want: hemoctl migrate)", file->name);
    if (state == 0 && change && apply(db, file)) {
        report->applied++;
        report->version = file->version;
        return true;
    }
    if (state < 0 || (state == 0 && change)) {
        snprintf(report->error, sizeof report->error, "%s: %s", file->name, db->error);
        db_do(db, "rollback");
    }
    return state == 1;
}

static bool all_files(struct db *db, const struct sql_files *files, bool change,
                      struct migrate_report *report) {
    if (newer_than_files(db, files, report))
        return false;
    for (int i = 0; i < files->count; i++)
        if (!one_file(db, &files->file[i], change, report))
            return false;
    return true;
}

bool migrate_run(struct db *db, const char *folder, struct migrate_report *report) {
    *report = (struct migrate_report){0};
    struct sql_files *files = files_read(folder, report->error, sizeof report->error);
    if (!files)
        return false;
    bool ok = db_do(db, "select pg_advisory_lock(726530)") &&
              db_do(db, "create table if not exists schema_migration (version integer primary key, "
                        "name text not null, "
                        "sha256 text not null, at timestamptz not null default now())");
    if (!ok)
        snprintf(report->error, sizeof report->error, "schema: %s", db->error);
    ok = ok && all_files(db, files, true, report);
    db_do(db, "select pg_advisory_unlock(726530)");
    files_free(files);
    return ok;
}

bool migrate_check(struct db *db, const char *folder, struct migrate_report *report) {
    *report = (struct migrate_report){0};
    struct sql_files *files = files_read(folder, report->error, sizeof report->error);
    if (!files)
        return false;
    PGresult *r = db_query(db, "select to_regclass('schema_migration') is not null", DB_NONE);
    bool there = r && db_bool(r, 0, 0);
    PQclear(r);
    if (!there)
        snprintf(report->error, sizeof report->error,
                 "schema: the database is empty (want: hemoctl migrate)");
    bool ok = there && all_files(db, files, false, report);
    files_free(files);
    return ok;
}
