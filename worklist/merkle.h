/* merkle.h - the hash tree of RFC 6962, grown leaf by leaf, and the proof's other half: its root.
 * Pure.
 *
 *     merkle_init(&m);
 *     merkle_push(&m, leaf);       // leaf = merkle_leaf(text): SHA-256 of 0x00 and the text
 *     merkle_root(&m, root);       // what RFC 6962 calls MTH of all leaves so far
 *
 * A plain value: the size and the roots ("peaks") of its full subtrees, largest first. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { MERKLE_HASH = 32, MERKLE_PEAKS_MAX = 63 };

struct merkle {
    uint64_t size;
    size_t count; /* of peaks: the one bits of size */
    uint8_t peaks[MERKLE_PEAKS_MAX][MERKLE_HASH];
};

void merkle_init(struct merkle *m);
void merkle_leaf(const void *bytes, size_t length, uint8_t out[MERKLE_HASH]);
void merkle_push(struct merkle *m, const uint8_t leaf[MERKLE_HASH]);
void merkle_root(const struct merkle *m, uint8_t out[MERKLE_HASH]);
