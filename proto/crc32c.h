/* crc32c.h - the Castagnoli checksum (RFC 3720, appendix B.4). Pure.
 *
 *     crc = crc32c(crc32c(0, head, sizeof head), rest, length); // in pieces: the same as in one
 * Uses SSE4.2 where the machine has it (asked at run time), a table elsewhere: the same value. */
#pragma once
#include <stddef.h>
#include <stdint.h>

uint32_t crc32c(uint32_t seed, const void *bytes, size_t length); /* seed 0 to begin */

/* The table alone, so that a test can hold the two against each other. */
uint32_t crc32c_by_table(uint32_t seed, const void *bytes, size_t length);
