/* peek.c - see peek.h. A walk over protobuf's fields: key = number << 3 | type; type 0 a varint, 1
 * eight bytes, 2 a length and bytes, 5 four bytes. */
#include "ingest/peek.h"
#include <string.h>

struct walk {
    const uint8_t *at, *end;
};

struct field {
    uint32_t number;
    uint64_t value;    /* types 0, 1, 5 */
    struct walk bytes; /* type 2 */
};

static bool varint(struct walk *w, uint64_t *value) {
    *value = 0;
    for (uint32_t shift = 0; shift < 64 && w->at < w->end; shift += 7) {
        uint8_t byte = *w->at++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return true;
    }
    return false;
}

static bool fixed(struct walk *w, size_t size, uint64_t *value) {
    if ((size_t)(w->end - w->at) < size)
        return false;
    *value = 0;
    for (size_t i = 0; i < size; i++)
        *value |= (uint64_t)w->at[i] << (8 * i);
    w->at += size;
    return true;
}

static bool next_field(struct walk *w, struct field *field) {
    uint64_t key, length;
    if (!varint(w, &key))
        return false;
    field->number = (uint32_t)(key >> 3);
    switch (key & 7) {
    case 0:
        return varint(w, &field->value);
    case 1:
        return fixed(w, 8, &field->value);
    case 5:
        return fixed(w, 4, &field->value);
    case 2:
        if (!varint(w, &length) || length > (uint64_t)(w->end - w->at))
            return false;
        field->bytes = (struct walk){w->at, w->at + length};
        w->at += length;
        return true;
    default:
        return false;
    }
}

/* Samples: 1 first_tick, 2 group, 4 count. Gap, Mark: 1 the tick, 3 the gap's group. */
static void in_record(struct peek *out, const struct field *f) {
    bool samples = out->kind == WIRE_SAMPLES;
    if (f->number == 1)
        out->tick = f->value;
    if (f->number == (samples ? 2u : 3u))
        out->group = (uint32_t)f->value;
    if (f->number == 4 && samples)
        out->count = (uint32_t)f->value;
}

static void in_event(struct peek *out, const struct field *f) {
    if (f->number == 1 && f->bytes.end - f->bytes.at == sizeof out->id.bytes)
        memcpy(out->id.bytes, f->bytes.at, sizeof out->id.bytes);
    if (f->number == 2)
        out->event_kind = (uint32_t)f->value;
    if (f->number == 3)
        out->about_stream = (uint32_t)f->value;
    if (f->number == 4)
        out->about_epoch = f->value;
    if (f->number == 6)
        out->tick = f->value;
}

static void in_epoch_begin(struct peek *out, const struct field *f) {
    if (f->number == 1)
        out->about_stream = (uint32_t)f->value;
    if (f->number == 2)
        out->about_epoch = f->value;
    if (f->number == 6)
        out->tick = f->value;
}

static bool peek_body(struct peek *out, struct walk body) {
    struct field f = {0};
    while (body.at < body.end) {
        if (!next_field(&body, &f))
            return false;
        if (out->kind == WIRE_SAMPLES || out->kind == WIRE_GAP || out->kind == WIRE_MARK)
            in_record(out, &f);
        else if (out->kind == WIRE_EVENT)
            in_event(out, &f);
        else if (out->kind == WIRE_EPOCH_BEGIN)
            in_epoch_begin(out, &f);
    }
    return true;
}

bool peek_frame(const uint8_t *bytes, size_t length, struct peek *out) {
    struct walk frame = {bytes, bytes + length}, body = {bytes, bytes};
    struct field f = {0};
    *out = (struct peek){0};
    while (frame.at < frame.end) {
        if (!next_field(&frame, &f))
            return false;
        if (f.number == 2)
            out->stream = (uint32_t)f.value;
        else if (f.number == 3)
            out->epoch = f.value;
        else if (f.number == 4)
            out->sequence = f.value;
        else if (f.number == 5)
            out->case_number = f.value;
        else if (f.number >= 10) {
            out->kind = f.number;
            body = f.bytes;
        }
    }
    return out->kind != 0 && peek_body(out, body);
}
