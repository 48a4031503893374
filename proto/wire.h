/* wire.h - bytes to a checked frame and back. Pure: no I/O, no heap; the caller owns every byte.
 *
 *     static struct wire_frame frame;      // about 76 KiB, with its arena: static or long-lived
 *     enum hemo_error error = wire_parse(&frame, bytes, length);
 *     if (error) count(error); else use(frame.kind, &frame.body...);
 *
 *     wire_begin(&frame, WIRE_ACK);        // all zero but the kind
 *     frame.body.ack.next_sequence = 7;
 *     error = wire_pack(&frame, out, sizeof out, &length);
 *
 * wire_parse() walks the bytes with its own validator first (length <= 64 KiB, depth, known fields
 * only, right wire types, each singular field at most once, exactly one body, counts within limits,
 * declared counts equal to real ones, enumerations in range, ids as checked bytes, numbers finite),
 * then lets protobuf-c unpack into the bounded arena, then converts to plain values. No NUL or
 * control byte can hide in an id; nothing unknown passes. A frame that it accepts, wire_pack()
 * writes again with the same meaning, and what wire_pack() wrote, byte for byte. */
#pragma once
#include "proto/error.h"
#include "proto/event.h"
#include "proto/stream.h"
#include <stddef.h>
#include <stdint.h>

/* The arena holds the longest message and protobuf-c's structs beside it. */
enum { WIRE_VERSION = 1, WIRE_BYTES_MAX = 65536, WIRE_ARENA = 72 * 1024 };
enum { WIRE_DEVICE_MAX = 64, WIRE_TEXT_MAX = 200, WIRE_RULES_MAX = 16384, WIRE_WINDOW_MAX = 30000 };

/* The body's field number in hemo.proto. */
enum wire_kind {
    WIRE_HELLO = 10, WIRE_WELCOME = 11, WIRE_ACK = 12, WIRE_REFUSE = 13, WIRE_ATTACH = 14,
    WIRE_STREAM_INFO = 20, WIRE_SAMPLES = 21, WIRE_MARK = 22, WIRE_GAP = 23,
    WIRE_CASE_OPEN = 30, WIRE_CASE_CLOSE = 31, WIRE_CAPTURE = 32, WIRE_RULES = 33,
    WIRE_EVENT = 40, WIRE_EPOCH_BEGIN = 41,
    WIRE_WINDOW_ASK = 50, WIRE_WINDOW = 51
};

enum welcome_why {
    WHY_RESUMED = 1, WHY_FIRST, WHY_NO_CONTINUITY, WHY_CASE_CHANGED, WHY_COUNTER_BROKEN,
    WHY_BEFORE_CASE, /* takes what was made before the feed knew of the case: under no case */
    WHY_MAX = 6
};

struct wire_hello {
    char device[WIRE_DEVICE_MAX + 1];
    uint32_t room; /* 1..999; 0: a client without a room */
    uint64_t first_held, next_sequence;
};
struct wire_welcome {
    uint64_t next_sequence;
    uint32_t credit, why;
};
struct wire_ack {
    uint64_t next_sequence;
    uint32_t credit;
};
struct wire_refuse {
    uint64_t sequence;
    int32_t error;
    char text[WIRE_TEXT_MAX + 1];
};
struct wire_attach {
    char device[WIRE_DEVICE_MAX + 1];
};
struct wire_case {
    uint32_t target_stream;
    uint64_t number;
};
struct wire_capture {
    uint32_t target_stream, channel, site, phase, back_ms;
};
struct wire_rules {
    uint32_t length;
    const char *text; /* in the arena, not ended by NUL */
};
struct wire_epoch_begin {
    uint32_t stream, room, why;
    uint64_t epoch, case_number, first_tick;
    struct stream_info info;
};
struct wire_window_ask {
    uint32_t request, target_stream, channel;
    uint64_t target_epoch, from_tick, to_tick; /* from_tick < to_tick */
};
struct wire_window {
    uint32_t request, channel, ticks_per_sample;
    uint32_t count; /* at most WIRE_WINDOW_MAX; 0: no signal is held there */
    uint64_t first_tick;
    bool last;
    double scale;
    int32_t offset;
    const int16_t *samples; /* in the arena, host order, aligned */
};

struct wire_frame {
    uint32_t stream;
    uint64_t epoch, sequence, case_number; /* sequence is 0 where the kind is no record */
    enum wire_kind kind;
    union {
        struct wire_hello hello;
        struct wire_welcome welcome;
        struct wire_ack ack;
        struct wire_refuse refuse;
        struct wire_attach attach;
        struct stream_info stream_info;
        struct sample_block samples; /* .samples points into the arena, host order, aligned */
        struct stream_mark mark;
        struct stream_gap gap;
        struct wire_case case_change; /* WIRE_CASE_OPEN, WIRE_CASE_CLOSE */
        struct wire_capture capture;
        struct wire_rules rules;
        struct event event;
        struct wire_epoch_begin epoch_begin;
        struct wire_window_ask window_ask;
        struct wire_window window;
    } body;
    size_t arena_used;
    _Alignas(16) uint8_t arena[WIRE_ARENA];
};

/* HEMO_OK, or the first thing that is wrong; then *frame must not be read. */
enum hemo_error wire_parse(struct wire_frame *frame, const uint8_t *bytes, size_t length);

/* Everything zero but the kind; the arena is left alone: clearing it costs more than parsing. */
void wire_begin(struct wire_frame *frame, enum wire_kind kind);

/* Writes the frame (arena unused); *length is set. HEMO_NO_ROOM when it does not fit `size` or
 * 64 KiB, and the error that wire_parse() would give for a frame that it would not accept: nothing
 * invalid can be sent. Records, Welcome and Ack need an epoch; only records have a sequence. */
enum hemo_error wire_pack(const struct wire_frame *frame, uint8_t *out, size_t size,
                          size_t *length);

/* True for kinds 20-49: numbered records. */
bool wire_is_record(enum wire_kind kind);
/* True for 1..64 characters of [A-Z0-9.-]. */
bool wire_device_ok(const char *device);
