/* b_audit [ROWS] - how fast an export of the audit is verified, without a database: rows of the
 * size that decisions have, written to a file, then `hemoctl audit verify FILE`'s own function.
 * Exit 6 below 200,000 rows a second. */
#include "worklist/audit_file.h"
#include "worklist/when.h"
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
    char path[] = "/tmp/hemo-audit-bench." "XX" "XX" "XX", n[24];
    long rows = argc > 1 ? strtol(argv[1], NULL, 10) : 500000;
    int fd = mkstemp(path);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    struct merkle tree;
    if (sodium_init() < 0 || !out)
        return 1;
    merkle_init(&tree);
    bool ok = audit_file_begin(out);
    for (long i = 0; ok && i < rows; i++) {
        snprintf(n, sizeof n, "%ld", i);
        const char *const fields[] = {
            n,
            "2026-03-02T10:41:58.120Z",
            "kim",
            "accept",
            "measurement 0123456789abcdef0123456789abcdef",
            "[{\"quantity\":\"systolic\",\"value\":121.3},{\"quantity\":\"mean\",\"value\":92.0}]",
            "accepted "
            "[{\"quantity\":\"systolic\",\"value\":121.3},{\"quantity\":\"mean\",\"value\":92.0}]",
            "page"};
        ok = audit_file_row(out, &tree, fields);
    }
    ok = fclose(out) == 0 && ok;
    int64_t began_us = when_steady_us();
    struct audit_report report = audit_file_verify(path, NULL, NULL);
    double seconds = (double)(when_steady_us() - began_us) / 1e6;
    unlink(path);
    if (!ok || report.result != AUDIT_WHOLE || report.rows != rows) {
        printf("failed: %s\n", report.why);
        return 1;
    }
    printf("%ld rows in %.2f s: %.0f rows/s\n", rows, seconds, (double)rows / seconds);
    return (double)rows / seconds < 200000 ? 6 : 0;
}
