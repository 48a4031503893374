#include "worklist/ctl.h"
#include "proto/wire.h"
#include "worklist/audit_file.h"
#include "worklist/audit_head.h"
#include "worklist/migrate.h"
#include "worklist/user.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

int ctl_complain(int code, const char *where, const char *what) {
    fprintf(stderr, "hemoctl: %s: %s\n", where, what);
    return code;
}

const char *ctl_option(const struct ctl *ctl, const char *name) {
    for (int i = 0; i + 1 < ctl->argc; i++)
        if (strcmp(ctl->argv[i], name) == 0)
            return ctl->argv[i + 1];
    return NULL;
}

const char *ctl_word(const struct ctl *ctl, int n) {
    for (int i = 0; i < ctl->argc; i++) {
        if (strncmp(ctl->argv[i], "--", 2) == 0)
            i++; /* and its value */
        else if (n-- == 0)
            return ctl->argv[i];
    }
    return NULL;
}

bool ctl_database(struct ctl *ctl) {
    if (!ctl->settings.database[0]) {
        ctl_complain(CTL_USAGE, "database", "not named (want -c worklistd.ini or -d URI)");
        return false;
    }
    db_init(&ctl->db, ctl->settings.database, "hemoctl");
    if (!db_ready(&ctl->db))
        ctl_complain(CTL_PEER, "database", ctl->db.error);
    return !db_lost(&ctl->db);
}

static int write_key(const char *path, mode_t mode, const char *key) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return ctl_complain(errno == EEXIST ? CTL_FAILED : CTL_MISSING, path,
                            strerrordesc_np(errno));
    bool ok = write(fd, key, 40) == 40 && write(fd, "\n", 1) == 1 && fsync(fd) == 0;
    return close(fd) == 0 && ok ? CTL_OK : ctl_complain(CTL_FAILED, path, "cannot write the key");
}

int ctl_keys(struct ctl *ctl) {
    char public_key[41], secret[41], path[700];
    const char *name = ctl_word(ctl, 0), *dir = ctl_option(ctl, "--dir");
    if (!name || !dir)
        return ctl_complain(CTL_USAGE, "keys", "want: hemoctl keys NAME --dir DIR");
    if (strlen(name) > 64 || strchr(name, '/') || name[0] == '.')
        return ctl_complain(CTL_USAGE, name, "not a name for keys (want 1 to 64 characters, no /)");
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return ctl_complain(CTL_MISSING, dir, strerrordesc_np(errno));
    if (zmq_curve_keypair(public_key, secret) != 0)
        return ctl_complain(CTL_FAILED, "keys", "libzmq is built without CURVE");
    snprintf(path, sizeof path, "%.600s/%.64s.secret", dir, name);
    int code = write_key(path, 0600, secret);
    snprintf(path, sizeof path, "%.600s/%.64s.public", dir, name);
    if (code == CTL_OK)
        code = write_key(path, 0644, public_key);
    if (code == CTL_OK)
        printf("%s\n", public_key);
    return code;
}

int ctl_migrate(struct ctl *ctl) {
    struct migrate_report report;
    const char *owner = ctl->settings.owner_database;
    const char *sql = ctl_option(ctl, "--sql");
    if (!owner[0])
        return ctl_complain(CTL_USAGE, "migrate",
                            "no owner (want owner_database= in the INI file or -d URI)");
    db_init(&ctl->db, owner, "hemoctl");
    if (!db_ready(&ctl->db))
        return ctl_complain(CTL_PEER, "database", ctl->db.error);
    if (!migrate_run(&ctl->db, sql ? sql : ctl->settings.sql, &report))
        return ctl_complain(CTL_FAILED, "migrate", report.error);
    printf("schema %d, %d files applied\n", report.version, report.applied);
    return CTL_OK;
}

int ctl_user_add(struct ctl *ctl) {
    char password[USER_PASSWORD];
    const char *name = ctl_word(ctl, 0), *role = ctl_option(ctl, "--role");
    if (!name || !role)
        return ctl_complain(CTL_USAGE, "user add",
                            "want: hemoctl user add NAME --role technologist|reader|validator|"
                            "administrator|service");
    if (!ctl_database(ctl))
        return CTL_PEER;
    switch (user_add(&ctl->db, name, role, password)) {
    case USER_OK:
        break;
    case USER_EXISTS:
        return ctl_complain(CTL_FAILED, name, "exists already (want another name)");
    case USER_WRONG:
        return ctl_complain(
            CTL_USAGE, name,
            "name or role not allowed (want [a-z][a-z0-9._-]{0,31}, and technologist, reader, "
            "validator, administrator or service)");
    default:
        return ctl_complain(CTL_FAILED, "user add", ctl->db.error);
    }
    bool ok = db_do(&ctl->db, "begin") &&
              audit_append(&ctl->db, &(struct audit_entry){"hemoctl", "user added", name, "", role,
                                                           "terminal"}) &&
              db_do(&ctl->db, "commit");
    if (!ok)
        return ctl_complain(CTL_FAILED, "audit", ctl->db.error);
    printf("%s\n", password);
    return CTL_OK;
}

/* Every column of every row, tab between. */
static int print_rows(struct ctl *ctl, const char *sql) {
    if (!ctl_database(ctl))
        return CTL_PEER;
    PGresult *r = db_query(&ctl->db, sql, DB_NONE);
    if (!r)
        return ctl_complain(CTL_FAILED, "database", ctl->db.error);
    for (int i = 0; i < PQntuples(r); i++)
        for (int k = 0; k < PQnfields(r); k++)
            printf("%s%c", PQgetvalue(r, i, k), k + 1 < PQnfields(r) ? '\t' : '\n');
    PQclear(r);
    return CTL_OK;
}

int ctl_user_list(struct ctl *ctl) {
    return print_rows(ctl, "select name, role, iso(created_at) from app_user order by name");
}

int ctl_status(struct ctl *ctl) {
    return print_rows(
        ctl,
        "select 'schema', max(version)::text from schema_migration union all "
        "select 'events', count(*)::text from event union all "
        "select 'measurements suggested', count(*)::text from measurement where state = "
        "'suggested' "
        "union all select 'measurements decided', count(*)::text from measurement where state <> "
        "'suggested' union all select 'studies open', count(*)::text from study where status <> "
        "'done' "
        "union all select 'moves by findings', count(*)::text from study_move where event is not "
        "null "
        "union all select 'quarantined', count(*)::text from quarantine union all "
        "select 'commands waiting', count(*)::text from command where acked_at is null union all "
        "select 'audit rows', count(*)::text from audit union all "
        "select 'position ' || journal, next_sequence::text from journal_position");
}

int ctl_audit_export(struct ctl *ctl) {
    const char *path = ctl_word(ctl, 0);
    if (!path)
        return ctl_complain(CTL_USAGE, "audit export", "want: hemoctl audit export FILE");
    if (!ctl_database(ctl))
        return CTL_PEER;
    bool ok = db_do(&ctl->db, "begin") &&
              audit_append(&ctl->db, &(struct audit_entry){"hemoctl", "export", "audit", "", path,
                                                           "terminal"}) &&
              db_do(&ctl->db, "commit");
    FILE *out = ok ? fopen(path, "wxe") : NULL;
    if (ok && !out)
        return ctl_complain(CTL_MISSING, path, strerrordesc_np(errno));
    int64_t rows = ok ? audit_file_export(&ctl->db, out) : -1;
    if (out && fclose(out) != 0)
        rows = -1;
    if (rows < 0)
        return ctl_complain(CTL_FAILED, "audit export", ctl->db.error);
    printf("%lld rows\n", (long long)rows);
    return CTL_OK;
}

int ctl_audit_verify(struct ctl *ctl) {
    const char *heads = ctl_option(ctl, "--heads"), *key = ctl_option(ctl, "--key");
    const char *file = ctl_word(ctl, 0);
    if (!heads != !key)
        return ctl_complain(CTL_USAGE, "audit verify", "want both: --heads FILE --key FILE");
    if (!file && !ctl_database(ctl))
        return CTL_PEER;
    struct audit_report report = file    ? audit_file_verify(file, heads, key)
                                 : heads ? audit_head_verify(&ctl->db, heads, key)
                                         : audit_verify(&ctl->db, ctl_option(ctl, "--head"));
    if (report.result == AUDIT_UNREADABLE)
        return ctl_complain(CTL_FAILED, "audit", report.why);
    if (report.result == AUDIT_BROKEN) {
        fprintf(stderr, "hemoctl: audit: row %lld: %s\n", (long long)report.broken_at, report.why);
        return CTL_EXPECTATION;
    }
    printf("audit whole: %lld rows, head %lld:%s\n", (long long)report.rows, (long long)report.rows,
           report.root);
    return CTL_OK;
}
