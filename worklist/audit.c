#include "worklist/audit.h"
#include "worklist/when.h"
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { CANONICAL_MAX = 32768, PEAKS_TEXT = MERKLE_PEAKS_MAX * MERKLE_HASH * 2 + 1 };

size_t audit_canonical(const char *const fields[AUDIT_FIELDS], char *out, size_t size) {
    size_t used = 0;
    for (int i = 0; i < AUDIT_FIELDS; i++) {
        int n = snprintf(out + used, size - used, "%zu:%s,", strlen(fields[i]), fields[i]);
        if (n < 0 || (size_t)n >= size - used)
            return 0;
        used += (size_t)n;
    }
    return used;
}

static void peaks_text(const struct merkle *m, char out[PEAKS_TEXT]) {
    sodium_bin2hex(out, PEAKS_TEXT, &m->peaks[0][0], m->count * MERKLE_HASH);
}

static bool peaks_read(struct merkle *m, uint64_t size, const char *hex) {
    size_t bytes = 0;
    merkle_init(m);
    m->size = size;
    if (sodium_hex2bin(&m->peaks[0][0], sizeof m->peaks, hex, strlen(hex), NULL, &bytes, NULL) != 0)
        return false;
    m->count = bytes / MERKLE_HASH;
    return bytes % MERKLE_HASH == 0 && (int)m->count == __builtin_popcountll(size);
}

static bool read_tree(struct db *db, struct merkle *m) {
    PGresult *r =
        db_query(db, "select n, encode(peaks, 'hex') from audit order by n desc limit 1", DB_NONE);
    if (!r)
        return false;
    bool ok = true;
    merkle_init(m);
    if (PQntuples(r) == 1)
        ok = peaks_read(m, (uint64_t)db_number(r, 0, 0) + 1, db_text(r, 0, 1));
    PQclear(r);
    if (!ok)
        snprintf(db->error, sizeof db->error,
                 "the audit's last row is damaged: run hemoctl audit verify");
    return ok;
}

/* The tree as it stands; the lock keeps it so until the transaction ends. */
static bool load_tree(struct db *db, struct merkle *m) {
    return db_run(db, "select pg_advisory_xact_lock(726531)", DB_NONE) >= 0 && read_tree(db, m);
}

bool audit_head(struct db *db, uint64_t *rows, char root[65]) {
    struct merkle tree;
    uint8_t hash[MERKLE_HASH];
    if (!read_tree(db, &tree))
        return false;
    merkle_root(&tree, hash);
    sodium_bin2hex(root, 65, hash, sizeof hash);
    *rows = tree.size;
    return true;
}

bool audit_append(struct db *db, const struct audit_entry *entry) {
    struct merkle tree;
    uint8_t leaf[MERKLE_HASH];
    char canonical[CANONICAL_MAX], at[WHEN_TEXT], leaf_hex[2 * MERKLE_HASH + 1], peaks[PEAKS_TEXT];
    if (!load_tree(db, &tree))
        return false;
    struct db_number n = db_int((int64_t)tree.size);
    when_now(at);
    const char *const fields[] = {
        n.text,        at,           entry->who,  entry->what, entry->object,
        entry->before, entry->after, entry->place};
    size_t length = audit_canonical(fields, canonical, sizeof canonical);
    if (length == 0) {
        snprintf(db->error, sizeof db->error, "audit row longer than %d bytes", CANONICAL_MAX);
        return false;
    }
    merkle_leaf(canonical, length, leaf);
    merkle_push(&tree, leaf);
    sodium_bin2hex(leaf_hex, sizeof leaf_hex, leaf, sizeof leaf);
    peaks_text(&tree, peaks);
    return db_run(db,
                  "insert into audit (n, at, who, what, object, before, after, place, leaf, peaks) "
                  "values "
                  "($1, $2, $3, $4, $5, $6, $7, $8, decode($9, 'hex'), decode($10, 'hex'))",
                  DB(n.text, at, entry->who, entry->what, entry->object, entry->before,
                     entry->after, entry->place, leaf_hex, peaks)) == 1;
}

bool audit_once(struct db *db, const struct audit_entry *entry, int seconds) {
    PGresult *r = db_query(
        db,
        "select exists (select from audit where object = $1 and what = $2 and who = $3 and "
        "after = $4 and ($5 = 0 or at > iso(now() - $5::int * interval '1 s')))",
        DB(entry->object, entry->what, entry->who, entry->after, db_int(seconds).text));
    if (!r)
        return false;
    bool known = db_bool(r, 0, 0);
    PQclear(r);
    return known || audit_append(db, entry);
}

static bool row_fits(const PGresult *r, int row, struct merkle *tree, struct audit_report *report) {
    const char *fields[AUDIT_FIELDS];
    char canonical[CANONICAL_MAX], leaf_hex[2 * MERKLE_HASH + 1], peaks[PEAKS_TEXT];
    uint8_t leaf[MERKLE_HASH];
    for (int i = 0; i < AUDIT_FIELDS; i++)
        fields[i] = db_text(r, row, i);
    size_t length = audit_canonical(fields, canonical, sizeof canonical);
    const char *why = NULL;
    if ((uint64_t)db_number(r, row, 0) != tree->size)
        why = "a row is missing before this one";
    merkle_leaf(canonical, length, leaf);
    sodium_bin2hex(leaf_hex, sizeof leaf_hex, leaf, sizeof leaf);
    if (!why && strcmp(leaf_hex, db_text(r, row, 8)) != 0)
        why = "its text was changed after it was written";
    merkle_push(tree, leaf);
    peaks_text(tree, peaks);
    if (!why && strcmp(peaks, db_text(r, row, 9)) != 0)
        why = "its tree does not follow from the rows before it";
    if (!why)
        return true;
    report->result = AUDIT_BROKEN;
    report->broken_at = db_number(r, row, 0);
    snprintf(report->why, sizeof report->why, "%s", why);
    return false;
}

struct head {
    uint64_t size;
    const char *root;
    bool seen;
};

static void head_check(struct head *head, const struct merkle *tree, char root_hex[65]) {
    uint8_t root[MERKLE_HASH];
    if (!head->root || head->size != tree->size)
        return;
    merkle_root(tree, root);
    sodium_bin2hex(root_hex, 65, root, sizeof root);
    head->seen = strcmp(root_hex, head->root) == 0;
}

static bool verify_page(struct db *db, struct merkle *tree, struct head *head,
                        struct audit_report *report) {
    PGresult *r =
        db_query(db,
                 "select n, at, who, what, object, before, after, place, encode(leaf, 'hex'), "
                 "encode(peaks, 'hex') from audit where n >= $1 order by n limit 1000",
                 DB(db_int((int64_t)tree->size).text));
    if (!r) {
        report->result = AUDIT_UNREADABLE;
        snprintf(report->why, sizeof report->why, "%.150s", db->error);
        return false;
    }
    int rows = PQntuples(r);
    bool ok = true;
    for (int i = 0; i < rows && ok; i++) {
        ok = row_fits(r, i, tree, report);
        head_check(head, tree, report->root);
    }
    PQclear(r);
    return ok && rows > 0;
}

struct audit_report audit_verify(struct db *db, const char *head_text) {
    struct audit_report report = {.result = AUDIT_WHOLE, .broken_at = -1};
    struct merkle tree;
    struct head head = {0};
    if (head_text) {
        char *colon = NULL;
        head.size = strtoull(head_text, &colon, 10);
        head.root = *colon == ':' ? colon + 1 : "";
    }
    merkle_init(&tree);
    head_check(&head, &tree, report.root);
    while (verify_page(db, &tree, &head, &report))
        continue;
    uint8_t root[MERKLE_HASH];
    merkle_root(&tree, root);
    sodium_bin2hex(report.root, sizeof report.root, root, sizeof root);
    report.rows = (int64_t)tree.size;
    if (report.result == AUDIT_WHOLE && head.root && !head.seen) {
        report.result = AUDIT_BROKEN;
        report.broken_at = (int64_t)head.size;
        snprintf(report.why, sizeof report.why,
                 "the root noted at %" PRIu64 " rows is not this audit's", head.size);
    }
    return report;
}
