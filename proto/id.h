/* id.h - one 128-bit id for everything that is said about a signal. Pure.
 *
 * The id is a function of (stream, epoch, tick, kind, ordinal) and of nothing else, never of a
 * sequence number: the same signal gives the same ids at every block size, replayed at every
 * speed, so the database takes each event once.
 *
 * Two halves of 64 bits, written big-endian, begin at "HEMOSTRE" and "AM-EVENT" as numbers and take
 * in the four words stream << 32 | kind, epoch, tick, ordinal by one round each (the finaliser of
 * splitmix64 over state ^ word). A round is a bijection, so ids that differ in one word only differ
 * always; others meet with a chance of n^2 / 2^129 among n. Not secret: anyone may compute it. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct event_id {
    uint8_t bytes[16];
};

enum { EVENT_ID_TEXT = 33 }; /* 32 hexadecimal digits and the end */

struct event_id id_make(uint32_t stream, uint64_t epoch, uint64_t tick, uint32_t kind,
                        uint32_t ordinal);
bool id_equal(struct event_id a, struct event_id b);
bool id_is_zero(struct event_id id);
void id_text(struct event_id id, char out[EVENT_ID_TEXT]);
bool id_from_text(const char *text, struct event_id *out); /* false: not 32 hexadecimal digits */
