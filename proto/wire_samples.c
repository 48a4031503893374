/* Samples without protobuf-c. They are nearly all that travels, and wire_check() has already walked
 * every byte: known fields, each at most once, of the right type, in range. So reading them is a
 * second walk, where unpacking into the arena costs three times as much. t_wire_property.c holds
 * this against protobuf-c's own reading, for every order of the fields and every turned bit. */
#include "proto/wire_check.h"
#include <assert.h>
#include <string.h>

enum { PART = 2 /* protobuf's wire type of bytes and messages; all others of a Samples frame are
                   varints */ };

struct field {
    uint64_t number, value; /* of bytes: how many */
    const uint8_t *bytes;   /* NULL: a varint */
};

static uint64_t varint(const uint8_t **at) {
    uint64_t value = *(*at)++;
    if (value < 0x80)
        return value;
    value &= 0x7F;
    for (int shift = 7;; shift += 7) {
        uint8_t byte = *(*at)++;
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return value;
    }
}

static struct field next(const uint8_t **at) {
    uint64_t key = varint(at);
    struct field f = {key >> 3, varint(at), NULL};
    if ((key & 7) == PART) {
        f.bytes = *at;
        *at += f.value;
    }
    return f;
}

static enum hemo_error read_samples(struct wire_frame *frame, struct field body) {
    struct sample_block *out = &frame->body.samples;
    const uint8_t *at = body.bytes, *end = at + body.value;
    struct field data = {0};
    *out = (struct sample_block){0};
    while (at < end) {
        struct field f = next(&at);
        switch (f.number) {
        case 1: out->first_tick = f.value; break;
        case 2: out->group = (uint32_t)f.value; break;
        case 3: out->channels = (uint32_t)f.value; break;
        case 4: out->count = (uint32_t)f.value; break;
        case 5: data = f; break;
        default: assert(false); /* a field that wire_fields.c has and this file has not */
        }
    }
    if (data.value != (uint64_t)2 * out->channels * out->count)
        return HEMO_BAD_COUNT;
    if (data.value > sizeof frame->arena)
        return HEMO_NO_ROOM;
    if (data.value > 0) {
        memcpy(frame->arena, data.bytes, data.value); /* on the wire they are not aligned */
        out->samples = (const int16_t *)(const void *)frame->arena;
    }
    frame->arena_used = data.value;
    return HEMO_OK;
}

bool wire_samples(struct wire_frame *frame, const uint8_t *bytes, size_t length,
                  enum hemo_error *error) {
    const uint8_t *at = bytes, *end = bytes + length;
    struct field body = {0};
    memset(frame, 0, offsetof(struct wire_frame, body));
    while (at < end) {
        struct field f = next(&at);
        switch (f.number) {
        case 1: break; /* the version: the table has looked at it */
        case 2: frame->stream = (uint32_t)f.value; break;
        case 3: frame->epoch = f.value; break;
        case 4: frame->sequence = f.value; break;
        case 5: frame->case_number = f.value; break;
        case WIRE_SAMPLES: body = f; break;
        default: return false; /* another body: protobuf-c's */
        }
    }
    frame->kind = WIRE_SAMPLES;
    *error = read_samples(frame, body);
    return true;
}
