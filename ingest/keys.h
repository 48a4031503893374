/* keys.h - CURVE keys from files: one line of 40 Z85 characters, the secret one readable by its
 * owner only. */
#pragma once
#include "proto/error.h"

enum { KEYS_TEXT = 41, KEYS_WHY = 1400 };

struct keys {
    char secret[KEYS_TEXT], public[KEYS_TEXT];
};

/* Reads NAME.secret, checks its mode (no bits for group and others), derives the public key. `why`
 * is one line for a person. HEMO_NOT_FOUND, HEMO_NO_PERMISSION, HEMO_BAD_FORMAT. */
enum hemo_error keys_read(struct keys *keys, const char *path, char why[KEYS_WHY]);
