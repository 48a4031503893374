#include "proto/wire_check.h"
#include "proto/quantity.h"
#include "proto/wire_text.h"
#include <assert.h>
#include <math.h>
#include <string.h>

/* A bad message's error, by the class of the field. */
static enum hemo_error outside(enum wire_class kind) {
    switch (kind) {
    case CLASS_NUMBER: return HEMO_BAD_NUMBER;
    case CLASS_VERSION: return HEMO_BAD_VERSION;
    case CLASS_COUNT:
    case CLASS_DATA: return HEMO_BAD_COUNT;
    case CLASS_ENUM:
    case CLASS_SITE:
    case CLASS_QUANTITY:
    case CLASS_EVENT:
    case CLASS_REASON:
    case CLASS_ERROR: return HEMO_BAD_ENUM;
    case CLASS_ID:
    case CLASS_DEVICE:
    case CLASS_ASCII:
    case CLASS_TEXT:
    case CLASS_RULES: return HEMO_BAD_ID;
    case CLASS_PART:
    case CLASS_BODY: break;
    }
    return HEMO_BAD_FIELD;
}

struct cursor {
    const uint8_t *at, *end;
};

static enum hemo_error take_varint(struct cursor *c, int bytes_max, uint64_t *out) {
    uint64_t value = 0;
    for (int i = 0; i < bytes_max; i++) {
        if (c->at == c->end)
            return HEMO_BAD_LENGTH;
        uint8_t byte = *c->at++;
        if (i == 9 && byte > 1) /* the 64th bit is the last */
            return HEMO_BAD_ENCODING;
        value |= (uint64_t)(byte & 0x7F) << (7 * i);
        if (byte < 0x80) {
            *out = value;
            return HEMO_OK;
        }
    }
    return HEMO_BAD_ENCODING;
}

/* Tags and lengths are 32 bits: five bytes, as protobuf-c reads them. */
static enum hemo_error take_32(struct cursor *c, uint32_t *out) {
    uint64_t value;
    enum hemo_error error = take_varint(c, 5, &value);
    if (error != HEMO_OK)
        return error;
    if (value > UINT32_MAX)
        return HEMO_BAD_ENCODING;
    *out = (uint32_t)value;
    return HEMO_OK;
}

static enum hemo_error take_bytes(struct cursor *c, struct cursor *out) {
    uint32_t length;
    enum hemo_error error = take_32(c, &length);
    if (error != HEMO_OK)
        return error;
    if (length > (size_t)(c->end - c->at))
        return HEMO_BAD_LENGTH;
    *out = (struct cursor){c->at, c->at + length};
    c->at += length;
    return HEMO_OK;
}

static enum hemo_error take_fixed64(struct cursor *c, uint64_t *out) {
    if (c->end - c->at < 8)
        return HEMO_BAD_LENGTH;
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--)
        value = value << 8 | c->at[i];
    c->at += 8;
    *out = value;
    return HEMO_OK;
}

static bool in_table(enum wire_class kind, int64_t value) {
    switch (kind) {
    case CLASS_SITE: return site_row((uint32_t)value) != NULL;
    case CLASS_QUANTITY: return quantity_row((uint32_t)value) != NULL;
    case CLASS_EVENT:
    case CLASS_REASON: return event_row((uint32_t)value) != NULL;
    case CLASS_ERROR: return hemo_error_known((int)value);
    default: return true;
    }
}

static enum hemo_error check_integer(const struct wire_field *field, int64_t value) {
    if (value < field->min || value > field->max)
        return outside(field->kind);
    if (value == 0 && field->min == 0) /* "none", where none is allowed */
        return HEMO_OK;
    return in_table(field->kind, value) ? HEMO_OK : outside(field->kind);
}

static enum hemo_error check_unsigned(const struct wire_field *field, uint64_t value) {
    if (value > INT64_MAX)
        return outside(field->kind);
    return check_integer(field, (int64_t)value);
}

static enum hemo_error check_varint(const struct wire_field *field, struct cursor *c) {
    uint64_t value;
    enum hemo_error error = take_varint(c, 10, &value);
    if (error != HEMO_OK)
        return error;
    if (field->type == TYPE_INT32) /* negative ones are 64 bits long on the wire */
        return check_integer(field, (int64_t)value);
    if (field->type != TYPE_SINT32)
        return check_unsigned(field, value);
    if (value > UINT32_MAX)
        return outside(field->kind);
    int64_t half = (int64_t)(value >> 1);
    return check_integer(field, (value & 1) != 0 ? -half - 1 : half);
}

static enum hemo_error check_double(const struct wire_field *field, uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    if (!isfinite(value) || value < (double)field->min || value > (double)field->max)
        return outside(field->kind);
    return HEMO_OK;
}

static enum hemo_error check_64(const struct wire_field *field, struct cursor *c) {
    uint64_t bits;
    enum hemo_error error = take_fixed64(c, &bits);
    if (error != HEMO_OK)
        return error;
    if (field->type == TYPE_DOUBLE)
        return check_double(field, bits);
    return check_unsigned(field, bits); /* of sfixed64 the negative ones are large here: refused */
}

static bool bytes_ok(enum wire_class kind, const uint8_t *bytes, size_t length) {
    switch (kind) {
    case CLASS_ID: return length == 0 || length == sizeof(struct event_id);
    case CLASS_DEVICE: return wire_text_device(bytes, length);
    case CLASS_ASCII: return wire_text_ascii(bytes, length);
    case CLASS_TEXT: return wire_text_line(bytes, length);
    case CLASS_RULES: return wire_text_lines(bytes, length);
    default: return true;
    }
}

static enum hemo_error check_bytes(const struct wire_field *field, struct cursor part) {
    size_t length = (size_t)(part.end - part.at);
    if (length < (size_t)field->min || length > (size_t)field->max)
        return outside(field->kind);
    return bytes_ok(field->kind, part.at, length) ? HEMO_OK : outside(field->kind);
}

static enum hemo_error check_packed(const struct wire_field *field, struct cursor part) {
    for (int count = 0; part.at < part.end; count++) {
        if (count == field->repeated)
            return HEMO_BAD_COUNT;
        enum hemo_error error = check_varint(field, &part);
        if (error != HEMO_OK)
            return error;
    }
    return HEMO_OK;
}

static enum hemo_error check_message(uint8_t index, struct cursor c, int depth);

static enum hemo_error check_part(const struct wire_field *field, struct cursor *c, int depth) {
    struct cursor part;
    enum hemo_error error = take_bytes(c, &part);
    if (error != HEMO_OK)
        return error;
    if (field->type == TYPE_MESSAGE)
        return check_message(field->message, part, depth + 1);
    if (field->type == TYPE_PACKED)
        return check_packed(field, part);
    return check_bytes(field, part);
}

enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_PART = 2, WIRE_32 = 5 };

static uint32_t wire_type_of(enum wire_type type) {
    switch (type) {
    case TYPE_UINT32:
    case TYPE_UINT64:
    case TYPE_INT32:
    case TYPE_SINT32:
    case TYPE_BOOL: return WIRE_VARINT;
    case TYPE_FIXED64:
    case TYPE_SFIXED64:
    case TYPE_DOUBLE: return WIRE_64;
    case TYPE_BYTES:
    case TYPE_MESSAGE:
    case TYPE_PACKED: break;
    }
    return WIRE_PART;
}

/* Fields come in order of their numbers from most writers: look behind the last one first. */
static int find_field(const struct wire_message *message, uint32_t number, int start) {
    for (int i = 0; i < message->fields_count; i++) {
        int at = start + i;
        if (at >= message->fields_count)
            at -= message->fields_count;
        if (message->fields[at].number == number)
            return at;
    }
    return -1;
}

struct seen {
    uint8_t counts[WIRE_FIELDS_MAX];
    int bodies;
};

static enum hemo_error count_field(const struct wire_field *field, struct seen *seen, int at) {
    bool once = field->repeated == 0 || field->type == TYPE_PACKED;
    if (once && seen->counts[at] > 0)
        return HEMO_BAD_FIELD;
    if (!once && seen->counts[at] == field->repeated)
        return HEMO_BAD_COUNT;
    seen->counts[at]++;
    if (field->kind == CLASS_BODY && ++seen->bodies > 1)
        return HEMO_BAD_FIELD;
    return HEMO_OK;
}

/* A field that is absent is zero or empty: an error where that is not allowed. */
static enum hemo_error check_absent(const struct wire_message *message, const struct seen *seen) {
    bool bodies = false;
    for (int i = 0; i < message->fields_count; i++) {
        const struct wire_field *field = &message->fields[i];
        bodies = bodies || field->kind == CLASS_BODY;
        if (seen->counts[i] > 0 || (field->min <= 0 && field->max >= 0))
            continue;
        return field->kind == CLASS_VERSION ? HEMO_BAD_VERSION : HEMO_BAD_FIELD;
    }
    return bodies && seen->bodies == 0 ? HEMO_BAD_FIELD : HEMO_OK;
}

static enum hemo_error check_field(const struct wire_message *message, struct cursor *c,
                                   struct seen *seen, int *at, int depth) {
    uint32_t tag;
    enum hemo_error error = take_32(c, &tag);
    if (error != HEMO_OK)
        return error;
    uint32_t type = tag & 7;
    if (type != WIRE_VARINT && type != WIRE_64 && type != WIRE_PART && type != WIRE_32)
        return HEMO_BAD_ENCODING; /* groups, and what protobuf has no meaning for */
    *at = find_field(message, tag >> 3, *at);
    if (*at < 0)
        return HEMO_BAD_FIELD;
    const struct wire_field *field = &message->fields[*at];
    if (type != wire_type_of(field->type))
        return HEMO_BAD_ENCODING;
    if ((error = count_field(field, seen, *at)) != HEMO_OK)
        return error;
    if (type == WIRE_VARINT)
        return check_varint(field, c);
    if (type == WIRE_64)
        return check_64(field, c);
    return check_part(field, c, depth);
}

/* Recursion ends with the schema, which has no recursive message: at most WIRE_DEPTH_MAX deep. */
static enum hemo_error check_message(uint8_t index, struct cursor c, int depth) {
    const struct wire_message *message = &wire_messages[index];
    struct seen seen = {{0}, 0};
    int at = 0;
    assert(index < MESSAGE_COUNT && depth <= WIRE_DEPTH_MAX);
    assert(message->fields_count <= WIRE_FIELDS_MAX);
    while (c.at < c.end) {
        enum hemo_error error = check_field(message, &c, &seen, &at, depth);
        if (error != HEMO_OK)
            return error;
    }
    return check_absent(message, &seen);
}

enum hemo_error wire_check(const uint8_t *bytes, size_t length) {
    if (length > WIRE_BYTES_MAX)
        return HEMO_BAD_LENGTH;
    return check_message(MESSAGE_FRAME, (struct cursor){bytes, bytes + length}, 1);
}
