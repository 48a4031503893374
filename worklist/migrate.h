/* migrate.h - brings the schema up to date: sql/NNN_name.sql in order, each in one transaction.
 *
 * Table schema_migration remembers version and SHA-256 of each file; a file that changed after it
 * was applied is refused, and so is a database that is newer than the files. Two at once wait for
 * each other (advisory lock). */
#pragma once
#include "worklist/db.h"

struct migrate_report {
    int version;     /* of the database now */
    int applied;     /* files applied by this call */
    char error[800]; /* one line, where it ends with false */
};

/* With the owner's connection. */
bool migrate_run(struct db *db, const char *folder, struct migrate_report *report);

/* With any connection: is the database at the version of the files? */
bool migrate_check(struct db *db, const char *folder, struct migrate_report *report);
