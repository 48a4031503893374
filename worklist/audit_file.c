#include "worklist/audit_file.h"
#include "worklist/audit_head.h"
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum {
    CANONICAL_MAX = 32768,
    HASH_TEXT = 2 * MERKLE_HASH,
    PEAKS_MAX = MERKLE_PEAKS_MAX * HASH_TEXT,
    LINE_BYTES = CANONICAL_MAX + HASH_TEXT + PEAKS_MAX + 8,
    PAGE = 5000
};
static const char first_line[] = "hemostream audit 1\n";

bool audit_file_begin(FILE *out) {
    return fputs(first_line, out) >= 0;
}

/* Lower case, two digits a step, without the constant time that libsodium spends on secrets. */
static void hex(const uint8_t *bytes, size_t length, char *out) {
#define ROW(d)                                                                                     \
    d "0" d "1" d "2" d "3" d "4" d "5" d "6" d "7" d "8" d "9" d "a" d "b" d "c" d "d" d "e" d "f"
    static const char pairs[] = ROW("0") ROW("1") ROW("2") ROW("3") ROW("4") ROW("5") ROW("6")
        ROW("7") ROW("8") ROW("9") ROW("a") ROW("b") ROW("c") ROW("d") ROW("e") ROW("f");
#undef ROW
    for (size_t i = 0; i < length; i++)
        memcpy(out + 2 * i, pairs + 2 * (size_t)bytes[i], 2);
}

bool audit_file_row(FILE *out, struct merkle *tree, const char *const fields[AUDIT_FIELDS]) {
    char text[CANONICAL_MAX], leaf_text[HASH_TEXT], peaks[PEAKS_MAX];
    uint8_t leaf[MERKLE_HASH];
    size_t length = audit_canonical(fields, text, sizeof text);
    if (length == 0)
        return false;
    merkle_leaf(text, length, leaf);
    merkle_push(tree, leaf);
    hex(leaf, sizeof leaf, leaf_text);
    hex(&tree->peaks[0][0], tree->count * MERKLE_HASH, peaks);
    return fwrite(text, 1, length, out) == length &&
           fprintf(out, " %.*s %.*s\n", HASH_TEXT, leaf_text, (int)(tree->count * HASH_TEXT),
                   peaks) > 0;
}

/* What stands in the database is written as it stands: a damaged row stays damaged in the file. */
static bool export_row(FILE *out, const PGresult *r, int row) {
    const char *fields[AUDIT_FIELDS];
    char text[CANONICAL_MAX];
    for (int i = 0; i < AUDIT_FIELDS; i++)
        fields[i] = db_text(r, row, i);
    size_t length = audit_canonical(fields, text, sizeof text);
    return length > 0 && fwrite(text, 1, length, out) == length &&
           fprintf(out, " %s %s\n", db_text(r, row, 8), db_text(r, row, 9)) > 0;
}

int64_t audit_file_export(struct db *db, FILE *out) {
    int64_t next = 0, rows = 0;
    bool ok = audit_file_begin(out);
    for (int got = PAGE; ok && got == PAGE;) {
        PGresult *r = db_query(db,
                               "select n, at, who, what, object, before, after, place, "
                               "encode(leaf, 'hex'), encode(peaks, 'hex') from audit where n >= $1 "
                               "order by n limit $2",
                               DB(db_int(next).text, db_int(PAGE).text));
        got = r ? PQntuples(r) : 0;
        ok = r != NULL;
        for (int i = 0; ok && i < got; i++, rows++)
            ok = export_row(out, r, i);
        next = got > 0 && r ? db_number(r, got - 1, 0) + 1 : next;
        PQclear(r);
    }
    if (ok && fflush(out) == 0)
        return rows;
    if (!db->error[0])
        snprintf(db->error, sizeof db->error, "cannot write the file");
    return -1;
}

/* The end of the netstrings; NULL: not eight of them. The first one's number in *n. */
static const char *canonical_end(const char *at, const char *end, uint64_t *n) {
    for (int i = 0; i < AUDIT_FIELDS; i++) {
        size_t length = 0;
        const char *digits = at;
        while (at < end && *at >= '0' && *at <= '9' && at - digits < 6)
            length = 10 * length + (size_t)(*at++ - '0');
        if (at == digits || at == end || *at != ':' || (size_t)(end - at) < length + 2 ||
            at[1 + length] != ',')
            return NULL;
        if (i == 0)
            *n = strtoull(at + 1, NULL, 10);
        at += length + 2;
    }
    return at;
}

/* NULL: the row is the next of the tree, which has it then. */
static const char *row_wrong(struct merkle *tree, const char *line, size_t length) {
    char leaf_text[HASH_TEXT], peaks[PEAKS_MAX];
    uint8_t leaf[MERKLE_HASH];
    uint64_t n = 0;
    const char *end = line + length, *at = canonical_end(line, end, &n);
    if (!at || end - at < HASH_TEXT + 2 || at[0] != ' ' || at[HASH_TEXT + 1] != ' ')
        return "it is not a row";
    if (n != tree->size)
        return n > tree->size ? "it is missing, or a later one stands in its place"
                              : "an earlier one stands in its place";
    merkle_leaf(line, (size_t)(at - line), leaf);
    hex(leaf, sizeof leaf, leaf_text);
    if (memcmp(leaf_text, at + 1, HASH_TEXT) != 0)
        return "its text was changed after it was written";
    merkle_push(tree, leaf);
    size_t size = tree->count * HASH_TEXT;
    hex(&tree->peaks[0][0], tree->count * MERKLE_HASH, peaks);
    const char *noted = at + HASH_TEXT + 2;
    if ((size_t)(end - noted) != size || memcmp(peaks, noted, size) != 0)
        return "its tree does not follow from the rows before it";
    return NULL;
}

static void broken(struct audit_report *report, uint64_t row, const char *why) {
    report->result = AUDIT_BROKEN;
    report->broken_at = (int64_t)row;
    snprintf(report->why, sizeof report->why, "%s", why);
}

/* False: a head that was signed at this size is not this tree's. */
static bool heads_agree(struct audit_heads *heads, const struct merkle *tree,
                        struct audit_report *report) {
    uint8_t root[MERKLE_HASH];
    char text[HASH_TEXT + 1] = "";
    while (heads->next < heads->count && heads->head[heads->next].size == tree->size) {
        merkle_root(tree, root);
        hex(root, sizeof root, text);
        if (strcmp(text, heads->head[heads->next].root) != 0) {
            uint64_t good = heads->next > 0 ? heads->head[heads->next - 1].size : 0;
            broken(report, good, "it or one of those up to the next signed head was rewritten");
            return false;
        }
        heads->next++;
    }
    return true;
}

static void verify_rows(FILE *in, char *line, struct audit_heads *heads,
                        struct audit_report *report) {
    struct merkle tree;
    const char *wrong = NULL;
    merkle_init(&tree);
    if (!fgets(line, LINE_BYTES, in) || strcmp(line, first_line) != 0) {
        report->result = AUDIT_UNREADABLE;
        snprintf(report->why, sizeof report->why, "not an audit file of this version");
        return;
    }
    while (heads_agree(heads, &tree, report) && fgets(line, LINE_BYTES, in)) {
        size_t length = strlen(line);
        bool whole = length > 0 && line[length - 1] == '\n';
        wrong = whole ? row_wrong(&tree, line, length - 1) : "its line is cut";
        if (wrong) {
            broken(report, tree.size - (strstr(wrong, "tree") ? 1 : 0), wrong);
            return;
        }
    }
    report->rows = (int64_t)tree.size;
    uint8_t root[MERKLE_HASH];
    merkle_root(&tree, root);
    hex(root, sizeof root, report->root);
    if (report->result == AUDIT_WHOLE && heads->next < heads->count)
        broken(report, tree.size,
               "it and what stood behind it are cut off: a longer audit was signed");
}

struct audit_report audit_file_verify(const char *file, const char *heads_file,
                                      const char *key_file) {
    struct audit_report report = {.result = AUDIT_WHOLE, .broken_at = -1};
    struct audit_heads heads = {0};
    FILE *in = fopen(file, "re");
    if (!in || (heads_file && !audit_heads_read(&heads, heads_file, key_file, &report))) {
        if (!in) {
            report.result = AUDIT_UNREADABLE;
            snprintf(report.why, sizeof report.why, "%.100s: cannot be read", file);
        }
    } else {
        char *line = malloc(LINE_BYTES);
        if (!line)
            abort();
        verify_rows(in, line, &heads, &report);
        free(line);
    }
    if (in)
        fclose(in);
    free(heads.head);
    return report;
}
