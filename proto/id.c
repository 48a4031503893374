#include "proto/id.h"
#include <stddef.h>
#include <string.h>

/* One round: a bijection of `state` for each word and of `word` for each state (the finaliser of
 * splitmix64), so two ids that differ in one word only always differ, in both halves. */
static uint64_t mix(uint64_t state, uint64_t word) {
    uint64_t z = (state ^ word) + 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static void put_big_endian(uint8_t *out, uint64_t value) {
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(value >> (56 - 8 * i));
}

struct event_id id_make(uint32_t stream, uint64_t epoch, uint64_t tick, uint32_t kind,
                        uint32_t ordinal) {
    const uint64_t words[] = {(uint64_t)stream << 32 | kind, epoch, tick, ordinal};
    uint64_t high = 0x48454D4F53545245u; /* "HEMOSTRE" */
    uint64_t low = 0x414D2D4556454E54u;  /* "AM-EVENT" */
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        high = mix(high, words[i]);
        low = mix(low, words[i]);
    }
    struct event_id id;
    put_big_endian(id.bytes, high);
    put_big_endian(id.bytes + 8, low);
    return id;
}

bool id_equal(struct event_id a, struct event_id b) {
    return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

bool id_is_zero(struct event_id id) {
    return id_equal(id, (struct event_id){{0}});
}

void id_text(struct event_id id, char out[EVENT_ID_TEXT]) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < sizeof id.bytes; i++) {
        out[2 * i] = digits[id.bytes[i] >> 4];
        out[2 * i + 1] = digits[id.bytes[i] & 15];
    }
    out[EVENT_ID_TEXT - 1] = '\0';
}

static int digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool id_from_text(const char *text, struct event_id *out) {
    struct event_id id;
    if (text == NULL)
        return false;
    for (size_t i = 0; i < sizeof id.bytes; i++) {
        int high = digit(text[2 * i]);
        int low = high < 0 ? -1 : digit(text[2 * i + 1]);
        if (low < 0)
            return false;
        id.bytes[i] = (uint8_t)(high << 4 | low);
    }
    if (text[EVENT_ID_TEXT - 1] != '\0')
        return false;
    *out = id;
    return true;
}
