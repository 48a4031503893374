/* audit_file.h - the audit as a file that anyone can check without the database.
 *
 * A first line "hemostream audit 1", then a line per row: the text of audit_canonical(), a space,
 * the leaf, a space and the peaks in hexadecimal. The file can be checked from its front with
 * nothing kept but the peaks; the signed heads (audit_head.h) say what it must have been when. */
#pragma once
#include "worklist/audit.h"

/* Writes all rows of the database; how many, -1 on error (db->error). */
int64_t audit_file_export(struct db *db, FILE *out);

/* One row at the end of the tree. False: longer than a row may be, or the file is full. */
bool audit_file_begin(FILE *out);
bool audit_file_row(FILE *out, struct merkle *tree, const char *const fields[AUDIT_FIELDS]);

/* heads and key: NULL, or the files of audit_head.h: every head that was ever signed is checked, so
 * that rows rewritten as a whole are found between two of them, and a cut tail. broken_at: the row,
 * counted from 0, that is the first not to be what was written. */
struct audit_report audit_file_verify(const char *file, const char *heads, const char *key);
