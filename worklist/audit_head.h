/* audit_head.h - the audit's head, signed: proof outside of the database of how long it was and
 * what it said.
 *
 * audit_head_sign() appends a line "SIZE ROOT SIGNATURE" to STATE/audit.heads whenever the audit
 * has grown: the Ed25519 signature, hexadecimal, of "hemostream audit head\nSIZE\nROOT\n". The key
 * lies in STATE/audit.secret (0600, made at first use), its public half in STATE/audit.public. */
#pragma once
#include "worklist/audit.h"
#include <sodium.h>

struct audit_signer {
    char state[512];
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    int64_t signed_size;
    bool open;
};

/* Reads or makes the key. False: *why. */
bool audit_signer_open(struct audit_signer *s, const char *state, char *why, size_t size);
/* True: the newest head is signed and on disk. False: *why. */
bool audit_head_sign(struct audit_signer *s, struct db *db, char *why, size_t size);

struct audit_heads {
    size_t count, next; /* next: the first that was not reached yet */
    struct {
        uint64_t size;
        char root[65];
    } *head; /* heap, sizes rising */
};
/* All heads of the file, each with its signature checked. False: report says why. */
bool audit_heads_read(struct audit_heads *heads, const char *heads_file, const char *key_file,
                      struct audit_report *report);

/* The audit against the newest of the signed heads: a cut tail and a signature that is not the
 * key's are found too. */
struct audit_report audit_head_verify(struct db *db, const char *heads_file, const char *key_file);
