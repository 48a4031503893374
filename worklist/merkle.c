#include "worklist/merkle.h"
#include <assert.h>
#include <sodium.h>
#include <string.h>

void merkle_init(struct merkle *m) {
    *m = (struct merkle){0};
}

/* The first byte tells a leaf from a node, so that neither can be passed off as the other (RFC
 * 6962, 2.1). */
static void hash(uint8_t kind, const void *bytes, size_t length, uint8_t out[MERKLE_HASH]) {
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, &kind, 1);
    crypto_hash_sha256_update(&state, bytes, length);
    crypto_hash_sha256_final(&state, out);
}

static void join(const uint8_t left[MERKLE_HASH], const uint8_t right[MERKLE_HASH],
                 uint8_t out[MERKLE_HASH]) {
    uint8_t both[2 * MERKLE_HASH];
    memcpy(both, left, MERKLE_HASH);
    memcpy(both + MERKLE_HASH, right, MERKLE_HASH);
    hash(1, both, sizeof both, out);
}

void merkle_leaf(const void *bytes, size_t length, uint8_t out[MERKLE_HASH]) {
    hash(0, bytes, length, out);
}

void merkle_push(struct merkle *m, const uint8_t leaf[MERKLE_HASH]) {
    assert(m->count < MERKLE_PEAKS_MAX);
    memcpy(m->peaks[m->count++], leaf, MERKLE_HASH);
    for (uint64_t size = m->size; size & 1;
         size >>= 1) { /* each one bit carries: two equal trees become one */
        join(m->peaks[m->count - 2], m->peaks[m->count - 1], m->peaks[m->count - 2]);
        m->count--;
    }
    m->size++;
}

void merkle_root(const struct merkle *m, uint8_t out[MERKLE_HASH]) {
    if (m->count == 0) {
        crypto_hash_sha256(out, NULL, 0);
        return;
    }
    memcpy(out, m->peaks[m->count - 1], MERKLE_HASH);
    for (size_t i = m->count - 1; i-- > 0;)
        join(m->peaks[i], out, out);
}
