/* The audit: the tree of RFC 6962 by published roots, and rows that nobody can change unseen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "tests/cluster.h"
#include "worklist/audit_file.h"
#include "worklist/audit_head.h"

static struct {
    struct cluster cluster;
    struct db app, owner;
} t;

/* The leaves and roots by which the implementations of Certificate Transparency check each other.
 */
static void tree_has_the_published_roots(void **state) {
    (void)state;
    static const struct {
        const char *leaf, *root;
    } rows[] = {
        {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
        {"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
        {"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
        {"2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
        {"3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
        {"40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
        {"5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
        {"606162636465666768696a6b6c6d6e6f",
         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
    };
    struct merkle m;
    uint8_t bytes[32], leaf[MERKLE_HASH], root[MERKLE_HASH];
    char hex[65];
    merkle_init(&m);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t length = 0;
        sodium_hex2bin(bytes, sizeof bytes, rows[i].leaf, strlen(rows[i].leaf), NULL, &length,
                       NULL);
        merkle_leaf(bytes, length, leaf);
        merkle_push(&m, leaf);
        merkle_root(&m, root);
        assert_string_equal(sodium_bin2hex(hex, sizeof hex, root, sizeof root), rows[i].root);
    }
}

static void fields_cannot_run_into_each_other(void **state) {
    (void)state;
    char a[200], b[200];
    const char *const one[] = {"1", "t", "ab", "c", "", "", "", "x"};
    const char *const two[] = {"1", "t", "a", "bc", "", "", "", "x"};
    size_t n = audit_canonical(one, a, sizeof a), m = audit_canonical(two, b, sizeof b);
    assert_true(n > 0 && m > 0 && strcmp(a, b) != 0);
    assert_int_equal(audit_canonical(one, a, 10), 0);
}

static void append(const char *who, const char *what) {
    const struct audit_entry entry = {who, what, "study 1", "before", "after", "test"};
    assert_true(db_do(&t.app, "begin"));
    assert_true(audit_append(&t.app, &entry));
    assert_true(db_do(&t.app, "commit"));
}

static void rows_make_a_whole_audit(void **state) {
    (void)state;
    for (int i = 0; i < 37; i++)
        append("kim", i % 2 ? "accept" : "reject");
    struct audit_report report = audit_verify(&t.app, NULL);
    assert_int_equal(report.result, AUDIT_WHOLE);
    assert_int_equal(report.rows, 37);
}

static void noted_head_is_found_again(void **state) {
    (void)state;
    char head[100], wrong[100];
    struct audit_report report = audit_verify(&t.app, NULL);
    snprintf(head, sizeof head, "%lld:%s", (long long)report.rows, report.root);
    append("kim", "undo");
    assert_int_equal(audit_verify(&t.app, head).result, AUDIT_WHOLE);
    snprintf(wrong, sizeof wrong, "%lld:%s", (long long)report.rows + 1, report.root);
    assert_int_equal(audit_verify(&t.app, wrong).result, AUDIT_BROKEN);
    snprintf(wrong, sizeof wrong, "999:%s", report.root);
    assert_int_equal(audit_verify(&t.app, wrong).result, AUDIT_BROKEN);
}

static void worklistd_can_only_append(void **state) {
    (void)state;
    static const char *const tries[] = {"update audit set who = 'x'",
                                        "delete from audit",
                                        "truncate audit",
                                        "alter table audit disable trigger all",
                                        "update measurement set machine_values = '[]'",
                                        "delete from study_move",
                                        "update event set case_number = 1"};
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++)
        if (db_do(&t.app, tries[i]))
            fail_msg("hemo_app could: %s", tries[i]);
    assert_false(
        db_do(&t.owner, "update audit set who = 'x'")); /* even the owner, unless it tries hard */
}

/* The owner takes the trigger away and changes history: verification names the row. */
static void every_change_is_found(void **state) {
    (void)state;
    static const struct {
        const char *change, *back;
        int64_t at;
    } cases[] = {
        {"update audit set who = 'eve' where n = 11", "update audit set who = 'kim' where n = 11",
         11},
        {"update audit set after = 'other' where n = 3",
         "update audit set after = 'after' where n = 3", 3},
        {"update audit set n = 100 where n = 37", "update audit set n = 37 where n = 100", 100},
        {"update audit set peaks = leaf where n = 20", NULL, 20},
    };
    assert_true(db_do(&t.owner, "alter table audit disable trigger user"));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(db_do(&t.owner, cases[i].change));
        struct audit_report report = audit_verify(&t.app, NULL);
        if (report.result != AUDIT_BROKEN || report.broken_at != cases[i].at)
            fail_msg("%s: result %d at %lld", cases[i].change, (int)report.result,
                     (long long)report.broken_at);
        assert_true(!cases[i].back || db_do(&t.owner, cases[i].back));
        assert_true(!cases[i].back || audit_verify(&t.app, NULL).result == AUDIT_WHOLE);
    }
}

/* What the rows alone cannot show: a cut tail; and a head that another key signed. */
static void signed_heads_catch_a_cut_tail(void **state) {
    (void)state;
    struct audit_signer signer = {0};
    char why[700] = "", heads[200], key[200], text[400];
    assert_true(audit_signer_open(&signer, t.cluster.folder, why, sizeof why));
    snprintf(heads, sizeof heads, "%s/audit.heads", t.cluster.folder);
    snprintf(key, sizeof key, "%s/audit.public", t.cluster.folder);
    /* the rows as the test before left them do not fit: a tree of their own */
    assert_true(db_do(&t.owner, "alter table audit disable trigger all; delete from audit"));
    for (int i = 0; i < 5; i++) {
        append("kim", "accept");
        assert_true(audit_head_sign(&signer, &t.app, why, sizeof why));
        assert_true(audit_head_sign(&signer, &t.app, why, sizeof why)); /* no second line */
    }
    assert_int_equal(audit_head_verify(&t.app, heads, key).result, AUDIT_WHOLE);
    assert_true(db_do(&t.owner, "delete from audit where n = 4"));
    assert_int_equal(audit_verify(&t.app, NULL).result, AUDIT_WHOLE); /* nothing to be seen */
    struct audit_report report = audit_head_verify(&t.app, heads, key);
    assert_int_equal(report.result, AUDIT_BROKEN);
    assert_int_equal(report.broken_at, 5);
    append("eve", "accept"); /* another row in its place */
    assert_int_equal(audit_head_verify(&t.app, heads, key).result, AUDIT_BROKEN);
    FILE *file = fopen(heads, "r+");
    int lines = 0;
    while (fgets(text, sizeof text, file))
        lines++;
    assert_int_equal(lines, 5);
    rewind(file);
    fputs("9", file); /* a head of another size, its signature kept */
    fclose(file);
    report = audit_head_verify(&t.app, heads, key);
    assert_true(report.result == AUDIT_BROKEN && report.broken_at == 1);
    unlink(heads);
    assert_int_equal(audit_head_verify(&t.app, heads, key).result, AUDIT_UNREADABLE);
    unlink(key);
    snprintf(key, sizeof key, "%s/audit.secret", t.cluster.folder);
    unlink(key);
}

enum { LINES = 60, LINE = 3000 };

/* An export: lines as they were written. */
struct export {
    char line[LINES + 2][LINE];
    int count;
};

static void write_export(const char *path, const struct export *e) {
    FILE *out = fopen(path, "w");
    for (int i = 0; i < e->count; i++)
        fputs(e->line[i], out);
    fclose(out);
}

static void read_export(const char *path, struct export *e) {
    FILE *in = fopen(path, "r");
    e->count = 0;
    while (e->count < LINES + 2 && fgets(e->line[e->count], LINE, in))
        e->count++;
    fclose(in);
}

static char export_path[100], heads_path[100], key_path[100];

static int64_t first_bad(const struct export *e, bool signed_heads) {
    write_export(export_path, e);
    struct audit_report report = audit_file_verify(export_path, signed_heads ? heads_path : NULL,
                                                   signed_heads ? key_path : NULL);
    return report.result == AUDIT_WHOLE ? -1 : report.broken_at;
}

/* Rows of this database with the heads that were signed on the way. */
static void make_export(struct export *e) {
    struct audit_signer signer = {0};
    char why[700] = "", path[200];
    snprintf(export_path, sizeof export_path, "%s/export", t.cluster.folder);
    snprintf(heads_path, sizeof heads_path, "%s/audit.heads", t.cluster.folder);
    snprintf(key_path, sizeof key_path, "%s/audit.public", t.cluster.folder);
    unlink(heads_path);
    unlink(key_path);
    assert_true(audit_signer_open(&signer, t.cluster.folder, why, sizeof why));
    assert_true(db_do(&t.owner, "alter table audit disable trigger all; delete from audit"));
    for (int i = 0; i < LINES; i++) {
        append("kim", i % 3 ? "accept" : "line \"one\", 2:x,");
        if (i % 7 == 6 || i == LINES - 1)
            assert_true(audit_head_sign(&signer, &t.app, why, sizeof why));
    }
    FILE *out = fopen(export_path, "w");
    assert_int_equal(audit_file_export(&t.app, out), LINES);
    fclose(out);
    read_export(export_path, e);
    assert_int_equal(e->count, LINES + 1);
    snprintf(path, sizeof path, "%s/audit.secret", t.cluster.folder);
    unlink(path);
}

/* Row n stands in line n + 1. Each byte of a row changed, each row removed, doubled, swapped with
 * its neighbour, and each length of a cut tail: the first bad row is named, without a database. */
static void an_export_is_checked_offline(void **state) {
    (void)state;
    static struct export whole, e;
    make_export(&whole);
    assert_int_equal(first_bad(&whole, false), -1);
    assert_int_equal(first_bad(&whole, true), -1);
    int tries = 0;
    for (int row = 0; row < LINES; row += 13)
        for (size_t at = 0; at < strlen(whole.line[row + 1]) - 1; at++, tries++) {
            e = whole;
            e.line[row + 1][at] = e.line[row + 1][at] == '5' ? '6' : '5';
            if (first_bad(&e, false) != row)
                fail_msg("row %d, byte %zu: %lld", row, at, (long long)first_bad(&e, false));
        }
    for (int row = 0; row < LINES; row++, tries += 4) {
        e = whole;
        memmove(e.line[row + 1], e.line[row + 2], sizeof e.line[0] * (size_t)(LINES - row));
        e.count--;
        assert_int_equal(first_bad(&e, true), row == LINES - 1 ? LINES - 1 : row);
        e = whole; /* the row once more */
        memmove(e.line[row + 2], e.line[row + 1], sizeof e.line[0] * (size_t)(LINES - row));
        e.count++;
        assert_int_equal(first_bad(&e, false), row + 1);
        if (row + 1 < LINES) {
            e = whole;
            memcpy(e.line[row + 1], whole.line[row + 2], LINE);
            memcpy(e.line[row + 2], whole.line[row + 1], LINE);
            assert_int_equal(first_bad(&e, false), row);
        }
        e = whole;
        e.count = row + 1; /* cut before this row: only the signed heads know */
        assert_int_equal(first_bad(&e, false), -1);
        assert_int_equal(first_bad(&e, true), row);
    }
    printf("%d changes tried, each found at its row\n", tries);
    unlink(export_path);
}

/* Everything from a row on written anew, leaf and tree right: only the signed heads know, and they
 * say between which two. */
static void a_rewritten_history_is_found(void **state) {
    (void)state;
    static struct export e;
    struct merkle tree;
    char n[24];
    make_export(&e);
    merkle_init(&tree);
    FILE *out = fopen(export_path, "w");
    assert_true(audit_file_begin(out));
    for (int i = 0; i < LINES; i++) {
        snprintf(n, sizeof n, "%d", i);
        const char *const fields[] = {
            n, "2026-03-02T10:41:58.120Z", "eve", "accept", "study 1", "before", "after", "test"};
        assert_true(audit_file_row(out, &tree, fields));
    }
    fclose(out);
    assert_int_equal(audit_file_verify(export_path, NULL, NULL).result, AUDIT_WHOLE);
    struct audit_report report = audit_file_verify(export_path, heads_path, key_path);
    assert_true(report.result == AUDIT_BROKEN && report.broken_at == 0);
    assert_int_equal(audit_file_verify("/nowhere", NULL, NULL).result, AUDIT_UNREADABLE);
    assert_int_equal(audit_file_verify(key_path, NULL, NULL).result, AUDIT_UNREADABLE);
    unlink(export_path);
    unlink(heads_path);
    unlink(key_path);
}

/* A file that changed after it was applied is refused; a second run applies nothing. */
static void changed_migration_is_refused(void **state) {
    (void)state;
    struct migrate_report report;
    assert_true(migrate_run(&t.owner, SOURCE_DIR "/worklist/sql", &report));
    assert_int_equal(report.applied, 0);
    assert_true(migrate_check(&t.app, SOURCE_DIR "/worklist/sql", &report));
    assert_true(db_do(&t.owner, "update schema_migration set sha256 = 'x' where version = 2"));
    assert_false(migrate_run(&t.owner, SOURCE_DIR "/worklist/sql", &report));
    assert_non_null(strstr(report.error, "differs"));
    assert_true(db_do(
        &t.owner, "insert into schema_migration (version, name, sha256) values (99, 'x', 'x')"));
    assert_false(migrate_check(&t.app, SOURCE_DIR "/worklist/sql", &report));
    assert_non_null(strstr(report.error, "newer"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tree_has_the_published_roots),
        cmocka_unit_test(fields_cannot_run_into_each_other),
        cmocka_unit_test(rows_make_a_whole_audit),
        cmocka_unit_test(noted_head_is_found_again),
        cmocka_unit_test(worklistd_can_only_append),
        cmocka_unit_test(every_change_is_found),
        cmocka_unit_test(signed_heads_catch_a_cut_tail),
        cmocka_unit_test(an_export_is_checked_offline),
        cmocka_unit_test(a_rewritten_history_is_found),
        cmocka_unit_test(changed_migration_is_refused),
    };
    int code = cluster_open(&t.cluster);
    if (code != 0)
        return code;
    db_init(&t.app, t.cluster.app, "test");
    db_init(&t.owner, t.cluster.owner, "test");
    code = db_ready(&t.app) && db_ready(&t.owner) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    db_close(&t.app);
    db_close(&t.owner);
    cluster_close(&t.cluster);
    return code;
}
