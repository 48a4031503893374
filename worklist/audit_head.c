#include "worklist/audit_head.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SECRET_TEXT = 2 * crypto_sign_SECRETKEYBYTES + 1,
    PUBLIC_TEXT = 2 * crypto_sign_PUBLICKEYBYTES + 1,
    SIGNATURE_TEXT = 2 * crypto_sign_BYTES + 1,
    SAID_MAX = 160,
    LINE_MAX_BYTES = 300
};

static bool complain(char *why, size_t size, const char *path, const char *what) {
    snprintf(why, size, "%s: %s", path, what);
    return false;
}

static bool read_hex(const char *path, uint8_t *out, size_t length) {
    char text[SECRET_TEXT + 1] = "";
    size_t got = 0;
    FILE *in = fopen(path, "re");
    bool ok = in && fgets(text, sizeof text, in) &&
              sodium_hex2bin(out, length, text, strcspn(text, "\n"), NULL, &got, NULL) == 0 &&
              got == length;
    if (in)
        fclose(in);
    sodium_memzero(text, sizeof text);
    return ok;
}

static bool append_line(const char *path, int flags, mode_t mode, const char *line) {
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, mode);
    if (fd < 0)
        return false;
    size_t n = strlen(line);
    bool ok = write(fd, line, n) == (ssize_t)n && fdatasync(fd) == 0;
    return close(fd) == 0 && ok;
}

static bool make_key(struct audit_signer *s, const char *path) {
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    char text[SECRET_TEXT], public_path[600];
    crypto_sign_keypair(public_key, s->secret);
    sodium_bin2hex(text, sizeof text, s->secret, sizeof s->secret);
    bool ok = append_line(path, O_EXCL, 0600, text);
    sodium_memzero(text, sizeof text);
    sodium_bin2hex(text, sizeof text, public_key, sizeof public_key);
    snprintf(public_path, sizeof public_path, "%s/audit.public", s->state);
    return ok && append_line(public_path, O_TRUNC, 0644, text);
}

bool audit_signer_open(struct audit_signer *s, const char *state, char *why, size_t size) {
    char path[600];
    struct stat file;
    snprintf(s->state, sizeof s->state, "%s", state);
    snprintf(path, sizeof path, "%s/audit.secret", s->state);
    if (stat(path, &file) != 0) {
        s->open = errno == ENOENT && make_key(s, path);
        return s->open ||
               complain(why, size, path, "cannot make the key (want a folder at state=)");
    }
    if ((file.st_mode & 077) != 0)
        return complain(why, size, path, "others may read it (want mode 0600)");
    s->open = read_hex(path, s->secret, sizeof s->secret);
    return s->open || complain(why, size, path, "not a key (want 128 hexadecimal digits)");
}

static size_t said_text(uint64_t rows, const char *root, char out[SAID_MAX]) {
    return (size_t)snprintf(out, SAID_MAX, "hemostream audit head\n%" PRIu64 "\n%s\n", rows, root);
}

bool audit_head_sign(struct audit_signer *s, struct db *db, char *why, size_t size) {
    char root[65], said[SAID_MAX], hex[SIGNATURE_TEXT], line[LINE_MAX_BYTES], path[600];
    uint8_t signature[crypto_sign_BYTES];
    uint64_t rows = 0;
    if (!audit_head(db, &rows, root))
        return complain(why, size, "audit head", db->error);
    if ((int64_t)rows == s->signed_size)
        return true;
    size_t n = said_text(rows, root, said);
    crypto_sign_detached(signature, NULL, (const uint8_t *)said, n, s->secret);
    sodium_bin2hex(hex, sizeof hex, signature, sizeof signature);
    snprintf(line, sizeof line, "%" PRIu64 " %s %s\n", rows, root, hex);
    snprintf(path, sizeof path, "%s/audit.heads", s->state);
    if (!append_line(path, O_APPEND, 0644, line))
        return complain(why, size, path, "cannot append a head (want space and permission)");
    s->signed_size = (int64_t)rows;
    return true;
}

static bool head_true(const char *line, const uint8_t *key, char head[100]) {
    char root[66] = "", hex[SIGNATURE_TEXT + 1] = "", said[SAID_MAX];
    uint8_t signature[crypto_sign_BYTES];
    size_t got = 0;
    char *space = NULL;
    uint64_t rows = strtoull(line, &space, 10);
    if (*space != ' ' || strlen(space) < 66 + SIGNATURE_TEXT - 1 || space[65] != ' ')
        return false;
    snprintf(root, sizeof root, "%.64s", space + 1);
    snprintf(hex, sizeof hex, "%.128s", space + 66);
    size_t n = said_text(rows, root, said);
    snprintf(head, 100, "%" PRIu64 ":%s", rows, root);
    return sodium_hex2bin(signature, sizeof signature, hex, strlen(hex), NULL, &got, NULL) == 0 &&
           crypto_sign_verify_detached(signature, (const uint8_t *)said, n, key) == 0;
}

static bool heads_add(struct audit_heads *heads, const char *head) {
    char *colon = NULL;
    uint64_t size = strtoull(head, &colon, 10);
    if (heads->count > 0 && size <= heads->head[heads->count - 1].size)
        return false; /* the audit only grows */
    if ((heads->count & (heads->count - 1)) == 0) {
        size_t room = heads->count ? 2 * heads->count : 1;
        heads->head = realloc(heads->head, room * sizeof *heads->head);
        if (!heads->head)
            abort();
    }
    heads->head[heads->count].size = size;
    snprintf(heads->head[heads->count++].root, 65, "%.64s", colon + 1);
    return true;
}

bool audit_heads_read(struct audit_heads *heads, const char *heads_file, const char *key_file,
                      struct audit_report *report) {
    uint8_t key[crypto_sign_PUBLICKEYBYTES];
    char line[LINE_MAX_BYTES], head[100] = "";
    FILE *in = fopen(heads_file, "re");
    bool ok = in && read_hex(key_file, key, sizeof key), all_true = true;
    int64_t lines = 0;
    while (ok && all_true && fgets(line, sizeof line, in)) {
        all_true = head_true(line, key, head) && heads_add(heads, head);
        lines++;
    }
    if (in)
        fclose(in);
    if (ok && all_true && lines > 0)
        return true;
    report->result = ok && lines > 0 ? AUDIT_BROKEN : AUDIT_UNREADABLE;
    snprintf(report->why, sizeof report->why, "%s",
             ok && lines > 0 ? "a signed head (counted by line here) is not the key's"
                             : "no signed heads or no key there");
    report->broken_at = lines;
    return false;
}

struct audit_report audit_head_verify(struct db *db, const char *heads_file, const char *key_file) {
    struct audit_report report = {.result = AUDIT_WHOLE, .broken_at = -1};
    struct audit_heads heads = {0};
    char head[100];
    if (audit_heads_read(&heads, heads_file, key_file, &report)) {
        snprintf(head, sizeof head, "%" PRIu64 ":%s", heads.head[heads.count - 1].size,
                 heads.head[heads.count - 1].root);
        report = audit_verify(db, head);
    }
    free(heads.head);
    return report;
}
