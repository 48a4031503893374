/* user.h - people, their passwords (Argon2id) and their sessions (only hashes of tokens are
 * stored).
 *
 * user_check() takes some 60 ms and 64 MiB: worker threads only. */
#pragma once
#include "worklist/db.h"

enum { USER_NAME = 33, USER_ROLE = 16, USER_PASSWORD = 24, USER_TOKEN = 44 };
enum { SESSION_IDLE_MIN = 10, SESSION_HOURS = 12 };

struct user {
    char name[USER_NAME], role[USER_ROLE];
};

/* What people may do is said by role; the reader is the cardiologist. A set of roles is a mask. */
enum {
    ROLE_TECHNOLOGIST = 1,
    ROLE_READER = 2,
    ROLE_VALIDATOR = 4,
    ROLE_ADMINISTRATOR = 8,
    ROLE_SERVICE = 16,
    ROLE_ANY = 31,
    ROLE_NAMES = 80
};
unsigned role_of(const char *name); /* 0: no role of that name */
/* "technologist or reader" */
const char *role_names(unsigned mask, char out[ROLE_NAMES]);

enum user_result { USER_OK, USER_WRONG, USER_EXISTS, USER_FAILED };

/* Makes a user with a random password, which is shown once. USER_WRONG: name or role are not
 * allowed. */
enum user_result user_add(struct db *db, const char *name, const char *role,
                          char password[USER_PASSWORD]);
enum user_result user_check(struct db *db, const char *name, const char *password,
                            struct user *out);

/* Another random password, shown once. USER_WRONG: no such user. */
enum user_result user_password(struct db *db, const char *name, char password[USER_PASSWORD]);

/* A new session's token, 256 random bits as base64url. */
bool session_begin(struct db *db, const char *user, char token[USER_TOKEN]);
/* USER_OK and whose it is; USER_WRONG: unknown, idle too long or too old. */
enum user_result session_find(struct db *db, const char *token, struct user *out);
/* Whose session it is or was until now, without counting as use. */
enum user_result session_whose(struct db *db, const char *token, struct user *out);
/* The same question without counting as use. */
enum user_result session_alive(struct db *db, const char *token);
bool session_end(struct db *db, const char *token);
