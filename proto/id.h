/* id.h - one 128-bit id for everything that is said about a signal. Pure.
 *
 * The id is a function of (stream, epoch, tick, kind, ordinal) and of nothing else: the same signal gives the same ids at
 * every block size, replayed at every speed, so the database takes each event once. Layout, big-endian:
 *   bytes 0-3 stream ^ high half of mixed epoch · ... see id_make(): a fixed, documented mix; never a sequence number. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct event_id {
    uint8_t bytes[16];
};

enum { EVENT_ID_TEXT = 33 }; /* 32 hexadecimal digits and the end */

struct event_id id_make(uint32_t stream, uint64_t epoch, uint64_t tick, uint32_t kind, uint32_t ordinal);
bool id_equal(struct event_id a, struct event_id b);
bool id_is_zero(struct event_id id);
void id_text(struct event_id id, char out[EVENT_ID_TEXT]);
bool id_from_text(const char *text, struct event_id *out); /* false: not 32 hexadecimal digits */
