/* crc32c.h - the Castagnoli checksum (RFC 3720, appendix B.4): SSE4.2 where the machine has it, a table elsewhere, same value. Pure. */
#pragma once
#include <stddef.h>
#include <stdint.h>

uint32_t crc32c(uint32_t seed, const void *bytes, size_t length); /* seed 0 to begin */
