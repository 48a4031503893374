/* The audit: the tree of RFC 6962 by published roots, and rows that nobody can change unseen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "tests/cluster.h"
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
