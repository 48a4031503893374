/* live.h - the traces as they come, for the page: published, never kept, lost where a reader is
 * slow. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { LIVE_TOPIC = 4, LIVE_HIGH_WATER = 256 };

/* Topic: the stream's number, little-endian; then the packed Samples frame as it was accepted.
 * Never blocks. */
void live_publish(void *publisher, uint32_t stream, const uint8_t *bytes, size_t length);
