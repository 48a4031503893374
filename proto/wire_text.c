#include "proto/wire_text.h"

bool wire_text_device(const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        uint8_t c = bytes[i];
        bool ok = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
        if (!ok)
            return false;
    }
    return true;
}

bool wire_text_ascii(const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (bytes[i] < ' ' || bytes[i] > '~')
            return false;
    return true;
}

/* How many bytes the sequence that begins with `first` has, and the smallest code point that needs
 * so many; 0 for a byte that begins none. */
static size_t sequence_bytes(uint8_t first, uint32_t *smallest) {
    *smallest = 0;
    if (first < 0x80)
        return 1;
    *smallest = first < 0xE0 ? 0x80 : first < 0xF0 ? 0x800 : 0x10000;
    if (first >= 0xC2 && first <= 0xDF)
        return 2;
    if (first >= 0xE0 && first <= 0xEF)
        return 3;
    return first >= 0xF0 && first <= 0xF4 ? 4 : 0;
}

/* The code point at bytes[0]; 0 bytes: not UTF-8. */
static size_t code_point(const uint8_t *bytes, size_t length, uint32_t *out) {
    uint32_t smallest;
    size_t n = sequence_bytes(bytes[0], &smallest);
    if (n == 0 || n > length)
        return 0;
    uint32_t c = n == 1 ? bytes[0] : bytes[0] & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (bytes[i] & 0x3F);
    }
    bool surrogate = c >= 0xD800 && c <= 0xDFFF;
    *out = c;
    return c < smallest || c > 0x10FFFF || surrogate ? 0 : n;
}

/* Controls (C0, DEL, C1), line and paragraph separators, marks and overrides of direction. */
static bool hides(uint32_t c) {
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x061C || c == 0x200E || c == 0x200F ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

static bool text_ok(const uint8_t *bytes, size_t length, bool lines) {
    for (size_t i = 0; i < length;) {
        uint32_t c;
        size_t n = code_point(bytes + i, length - i, &c);
        if (n == 0)
            return false;
        bool ends_line = c == '\t' || c == '\n' || c == '\r';
        if (hides(c) && !(lines && ends_line))
            return false;
        i += n;
    }
    return true;
}

bool wire_text_line(const uint8_t *bytes, size_t length) { return text_ok(bytes, length, false); }

bool wire_text_lines(const uint8_t *bytes, size_t length) { return text_ok(bytes, length, true); }
