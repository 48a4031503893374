#include "worklist/user.h"
#include <sodium.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    unsigned bit;
} roles[] = {{"technologist", ROLE_TECHNOLOGIST},
             {"reader", ROLE_READER},
             {"validator", ROLE_VALIDATOR},
             {"administrator", ROLE_ADMINISTRATOR},
             {"service", ROLE_SERVICE}};

/* No letters or digits that look alike. 16 of 32: 80 bits. */
static void random_password(char out[USER_PASSWORD]) {
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";
    size_t n = 0;
    for (int i = 0; i < 16; i++) {
        if (i > 0 && i % 4 == 0)
            out[n++] = '-';
        out[n++] = letters[randombytes_uniform(sizeof letters - 1)];
    }
    out[n] = '\0';
}

static bool name_ok(const char *name) {
    size_t n = strlen(name);
    return n >= 1 && n < USER_NAME && name[0] >= 'a' && name[0] <= 'z' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == n;
}

unsigned role_of(const char *name) {
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (strcmp(name, roles[i].name) == 0)
            return roles[i].bit;
    return 0;
}

const char *role_names(unsigned mask, char out[ROLE_NAMES]) {
    size_t n = 0;
    out[0] = '\0';
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (mask & roles[i].bit)
            n += (size_t)snprintf(out + n, ROLE_NAMES - n, "%s%s", n ? " or " : "", roles[i].name);
    return out;
}

static bool new_password(struct db *db, char password[USER_PASSWORD],
                         char hash[crypto_pwhash_STRBYTES]) {
    random_password(password);
    if (crypto_pwhash_str(hash, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                          crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0)
        return true;
    snprintf(db->error, sizeof db->error, "no memory for the password's hash");
    return false;
}

enum user_result user_password(struct db *db, const char *name, char password[USER_PASSWORD]) {
    char hash[crypto_pwhash_STRBYTES];
    if (!new_password(db, password, hash))
        return USER_FAILED;
    long rows =
        db_run(db, "update app_user set password_hash = $2 where name = $1", DB(name, hash));
    return rows < 0 ? USER_FAILED : rows == 0 ? USER_WRONG : USER_OK;
}

enum user_result user_add(struct db *db, const char *name, const char *role,
                          char password[USER_PASSWORD]) {
    char hash[crypto_pwhash_STRBYTES];
    if (!name_ok(name) || role_of(role) == 0)
        return USER_WRONG;
    if (!new_password(db, password, hash))
        return USER_FAILED;
    long rows = db_run(db,
                       "insert into app_user (name, role, password_hash) values ($1, $2, $3) on "
                       "conflict do nothing",
                       DB(name, role, hash));
    return rows < 0 ? USER_FAILED : rows == 0 ? USER_EXISTS : USER_OK;
}

enum user_result user_check(struct db *db, const char *name, const char *password,
                            struct user *out) {
    /* Unknown names cost the same time: this is the hash of a password that nobody knows. */
    char hash[crypto_pwhash_STRBYTES] = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$"
                                        "Wwq4k3p2VuzW1HhQ0A1MmVVFWAa2Vs2kBHnJ5ssmVAM";
    PGresult *r = db_query(
        db, "select name, role, password_hash from app_user where name = $1 and active", DB(name));
    if (!r)
        return USER_FAILED;
    bool known = PQntuples(r) == 1;
    if (known) {
        snprintf(out->name, sizeof out->name, "%s", db_text(r, 0, 0));
        snprintf(out->role, sizeof out->role, "%s", db_text(r, 0, 1));
        snprintf(hash, sizeof hash, "%s", db_text(r, 0, 2));
    }
    PQclear(r);
    bool fits = crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
    return known && fits ? USER_OK : USER_WRONG;
}

static void token_hash(const char *token, char hex[2 * crypto_hash_sha256_BYTES + 1]) {
    uint8_t hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const uint8_t *)token, strlen(token));
    sodium_bin2hex(hex, 2 * sizeof hash + 1, hash, sizeof hash);
}

bool session_begin(struct db *db, const char *user, char token[USER_TOKEN]) {
    uint8_t random[32];
    char hex[2 * crypto_hash_sha256_BYTES + 1];
    randombytes_buf(random, sizeof random);
    sodium_bin2base64(token, USER_TOKEN, random, sizeof random,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    token_hash(token, hex);
    db_run(db, "delete from session where created_at < now() - interval '1 day'", DB_NONE);
    return db_run(db,
                  "insert into session (token_hash, user_name, role) select decode($1, 'hex'), "
                  "name, role from app_user where name = $2 and active",
                  DB(hex, user)) == 1;
}

enum user_result session_find(struct db *db, const char *token, struct user *out) {
    char hex[2 * crypto_hash_sha256_BYTES + 1];
    token_hash(token, hex);
    /* seen_at moves every 10 s at most: reading should not cost a write each time. */
    PGresult *r =
        db_query(db,
                 "select u.name, u.role, s.seen_at < now() - interval '10 s' from session s "
                 "join app_user u on u.name = s.user_name and u.role = s.role and u.active where "
                 "s.token_hash = decode($1, 'hex') "
                 "and s.seen_at > now() - $2::int * interval '1 min' "
                 "and s.created_at > now() - $3::int * interval '1 hour'",
                 DB(hex, db_int(SESSION_IDLE_MIN).text, db_int(SESSION_HOURS).text));
    if (!r)
        return USER_FAILED;
    bool found = PQntuples(r) == 1;
    if (found) {
        snprintf(out->name, sizeof out->name, "%s", db_text(r, 0, 0));
        snprintf(out->role, sizeof out->role, "%s", db_text(r, 0, 1));
        if (db_bool(r, 0, 2))
            db_run(db, "update session set seen_at = now() where token_hash = decode($1, 'hex')",
                   DB(hex));
    }
    PQclear(r);
    return found ? USER_OK : USER_WRONG;
}

enum user_result session_whose(struct db *db, const char *token, struct user *out) {
    char hex[2 * crypto_hash_sha256_BYTES + 1];
    token_hash(token, hex);
    PGresult *r = db_query(
        db, "select user_name, role from session where token_hash = decode($1, 'hex')", DB(hex));
    if (!r)
        return USER_FAILED;
    bool found = PQntuples(r) == 1;
    if (found) {
        snprintf(out->name, sizeof out->name, "%s", db_text(r, 0, 0));
        snprintf(out->role, sizeof out->role, "%s", db_text(r, 0, 1));
    }
    PQclear(r);
    return found ? USER_OK : USER_WRONG;
}

enum user_result session_alive(struct db *db, const char *token) {
    char hex[2 * crypto_hash_sha256_BYTES + 1];
    token_hash(token, hex);
    PGresult *r = db_query(db,
                           "select 1 from session s join app_user u on u.name = s.user_name "
                           "and u.role = s.role and u.active where token_hash = decode($1, 'hex') "
                           "and seen_at > now() - $2::int * interval '1 min' and "
                           "s.created_at > now() - $3::int * interval '1 hour'",
                           DB(hex, db_int(SESSION_IDLE_MIN).text, db_int(SESSION_HOURS).text));
    enum user_result result = !r ? USER_FAILED : PQntuples(r) == 1 ? USER_OK : USER_WRONG;
    PQclear(r);
    return result;
}

bool session_end(struct db *db, const char *token) {
    char hex[2 * crypto_hash_sha256_BYTES + 1];
    token_hash(token, hex);
    return db_run(db, "delete from session where token_hash = decode($1, 'hex')", DB(hex)) >= 0;
}
