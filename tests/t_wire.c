/* The validator's table against hemo.proto, and each field of the schema against each fault. */
#include "proto/wire_check.h"
#include "tests/frames.h"
#include <hemo.pb-c.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static struct {
    struct wire_frame frame, parsed;
    int16_t samples[FRAMES_SAMPLES];
    uint8_t bytes[2 * 1024 * 1024], changed[2 * 1024 * 1024];
} work;

static const ProtobufCMessageDescriptor *const descriptors[MESSAGE_COUNT] = {
    [MESSAGE_FRAME] = &hemo__frame__descriptor,
    [MESSAGE_HELLO] = &hemo__hello__descriptor,
    [MESSAGE_WELCOME] = &hemo__welcome__descriptor,
    [MESSAGE_ACK] = &hemo__ack__descriptor,
    [MESSAGE_REFUSE] = &hemo__refuse__descriptor,
    [MESSAGE_ATTACH] = &hemo__attach__descriptor,
    [MESSAGE_STREAM_INFO] = &hemo__stream_info__descriptor,
    [MESSAGE_CHANNEL] = &hemo__channel__descriptor,
    [MESSAGE_SAMPLES] = &hemo__samples__descriptor,
    [MESSAGE_MARK] = &hemo__mark__descriptor,
    [MESSAGE_GAP] = &hemo__gap__descriptor,
    [MESSAGE_CASE] = &hemo__case_open__descriptor,
    [MESSAGE_CAPTURE] = &hemo__capture__descriptor,
    [MESSAGE_RULES] = &hemo__rules__descriptor,
    [MESSAGE_VALUE] = &hemo__value__descriptor,
    [MESSAGE_LEFT_OUT] = &hemo__left_out__descriptor,
    [MESSAGE_EVENT] = &hemo__event__descriptor,
    [MESSAGE_EPOCH_BEGIN] = &hemo__epoch_begin__descriptor,
    [MESSAGE_WINDOW_ASK] = &hemo__window_ask__descriptor,
    [MESSAGE_WINDOW] = &hemo__window__descriptor,
};

static const ProtobufCType types[] = {
    [TYPE_UINT32] = PROTOBUF_C_TYPE_UINT32,   [TYPE_UINT64] = PROTOBUF_C_TYPE_UINT64,
    [TYPE_INT32] = PROTOBUF_C_TYPE_INT32,     [TYPE_SINT32] = PROTOBUF_C_TYPE_SINT32,
    [TYPE_BOOL] = PROTOBUF_C_TYPE_BOOL,       [TYPE_FIXED64] = PROTOBUF_C_TYPE_FIXED64,
    [TYPE_SFIXED64] = PROTOBUF_C_TYPE_SFIXED64, [TYPE_DOUBLE] = PROTOBUF_C_TYPE_DOUBLE,
    [TYPE_BYTES] = PROTOBUF_C_TYPE_BYTES,     [TYPE_MESSAGE] = PROTOBUF_C_TYPE_MESSAGE,
    [TYPE_PACKED] = PROTOBUF_C_TYPE_UINT64,
};

static void hold_to_schema(const struct wire_message *message,
                           const ProtobufCMessageDescriptor *descriptor) {
    assert_int_equal(message->fields_count, descriptor->n_fields);
    for (int i = 0; i < message->fields_count; i++) {
        const struct wire_field *field = &message->fields[i];
        const ProtobufCFieldDescriptor *d =
            protobuf_c_message_descriptor_get_field(descriptor, field->number);
        assert_non_null(d);
        assert_string_equal(d->name, field->name);
        assert_int_equal(d->type, types[field->type]);
        assert_int_equal(d->label == PROTOBUF_C_LABEL_REPEATED, field->repeated > 0);
        if (field->type == TYPE_MESSAGE && field->message != MESSAGE_CASE)
            assert_ptr_equal(d->descriptor, descriptors[field->message]);
        assert_true(field->min <= field->max || field->type == TYPE_MESSAGE);
    }
}

static void the_table_is_the_schema(void **state) {
    (void)state;
    for (int i = 0; i < MESSAGE_COUNT; i++)
        hold_to_schema(&wire_messages[i], descriptors[i]);
    hold_to_schema(&wire_messages[MESSAGE_CASE], &hemo__case_close__descriptor);
    assert_int_equal(wire_messages[MESSAGE_EVENT].fields_count, WIRE_FIELDS_MAX);
}

static int depth_of(int message, int above) {
    int deepest = 1;
    assert_true(above <= WIRE_DEPTH_MAX); /* a cycle would come here again and again */
    for (int i = 0; i < wire_messages[message].fields_count; i++) {
        const struct wire_field *field = &wire_messages[message].fields[i];
        int depth = field->type == TYPE_MESSAGE ? 1 + depth_of(field->message, above + 1) : 1;
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest;
}

static void the_schema_is_not_recursive(void **state) {
    (void)state;
    assert_int_equal(depth_of(MESSAGE_FRAME, 1), WIRE_DEPTH_MAX);
}

/* --- each field, each fault --- */

enum { FAULT_BYTES = 20000 }; /* the longest text, one byte too long, and its head */

enum fault {
    DROP, TWICE, OTHER_TYPE, GROUP, BELOW, ABOVE, NOT_FINITE, INFINITE, LONG_VARINT, HUGE_VARINT,
    CUT, NUL, HIGH_BYTE, SHORTER, LONGER, STRANGER, FAULTS
};

struct writer {
    uint8_t *out;
    size_t used;
};

static void put_varint(struct writer *w, uint64_t value) {
    for (; value >= 0x80; value >>= 7)
        w->out[w->used++] = (uint8_t)(value | 0x80);
    w->out[w->used++] = (uint8_t)value;
}

static void put_fixed(struct writer *w, uint64_t value) {
    for (int i = 0; i < 8; i++)
        w->out[w->used++] = (uint8_t)(value >> 8 * i);
}

static void put_bytes(struct writer *w, const uint8_t *bytes, size_t length) {
    if (length > 0)
        memmove(w->out + w->used, bytes, length);
    w->used += length;
}

static uint64_t read_varint(const uint8_t *bytes, size_t *at) {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
        uint8_t byte = bytes[(*at)++];
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return value;
    }
}

static bool is_varint(enum wire_type type) { return type <= TYPE_BOOL; }
static bool is_fixed(enum wire_type type) { return type >= TYPE_FIXED64 && type <= TYPE_DOUBLE; }

/* A whole number, in the encoding of the field. */
static void put_number(struct writer *w, const struct wire_field *field, int64_t value) {
    double real = (double)value;
    uint64_t bits = (uint64_t)value;
    put_varint(w, (uint64_t)field->number << 3 | (is_varint(field->type) ? 0 : 1));
    if (field->type == TYPE_DOUBLE)
        memcpy(&bits, &real, 8);
    if (field->type == TYPE_SINT32)
        bits = (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
    if (is_varint(field->type))
        put_varint(w, bits);
    else
        put_fixed(w, bits);
}

static void put_text(struct writer *w, const struct wire_field *field, size_t length,
                     uint8_t last) {
    put_varint(w, (uint64_t)field->number << 3 | 2);
    put_varint(w, length);
    for (size_t i = 0; i < length; i++)
        w->out[w->used++] = i + 1 == length ? last : 'A';
}

/* The faults that put something in the place of the field; the error that must follow, or OK where
 * the fault does not apply to the field. */
static enum hemo_error put_number_fault(struct writer *w, const struct wire_field *f,
                                        enum fault fault, enum hemo_error out_of_range) {
    double real = fault == INFINITE ? INFINITY : NAN;
    uint64_t bits;
    bool below = f->min > INT64_MIN && (f->min > 0 || f->type == TYPE_DOUBLE ||
                                        f->type == TYPE_SINT32 || f->type == TYPE_SFIXED64);
    switch (fault) {
    case BELOW:
        if (!below)
            return HEMO_OK;
        put_number(w, f, f->min - 1);
        return out_of_range;
    case ABOVE:
        if (f->max == INT64_MAX)
            put_number(w, f, INT64_MIN); /* 2^63 as an unsigned number */
        else
            put_number(w, f, f->max + 1);
        return out_of_range;
    case NOT_FINITE:
    case INFINITE:
        if (f->type != TYPE_DOUBLE)
            return HEMO_OK;
        memcpy(&bits, &real, 8);
        put_varint(w, (uint64_t)f->number << 3 | 1);
        put_fixed(w, bits);
        return out_of_range;
    case LONG_VARINT:
    case HUGE_VARINT:
        if (!is_varint(f->type))
            return HEMO_OK;
        put_varint(w, (uint64_t)f->number << 3);
        for (int i = 0; i < (fault == LONG_VARINT ? 10 : 9); i++)
            w->out[w->used++] = 0x80;
        w->out[w->used++] = fault == LONG_VARINT ? 0 : 2; /* the 65th bit */
        return HEMO_BAD_ENCODING;
    default: return HEMO_OK;
    }
}

static enum hemo_error put_bytes_fault(struct writer *w, const struct wire_field *f,
                                       enum fault fault, enum hemo_error out_of_range) {
    bool text = f->kind >= CLASS_DEVICE && f->kind <= CLASS_RULES;
    switch (fault) {
    case NUL:
    case HIGH_BYTE:
        if (!text)
            return HEMO_OK;
        put_text(w, f, 4, fault == NUL ? 0 : 0xFF);
        return out_of_range;
    case SHORTER:
        if (f->min == 0 && f->kind != CLASS_ID)
            return HEMO_OK;
        put_text(w, f, f->kind == CLASS_ID ? 15 : (size_t)f->min - 1, 'A');
        return out_of_range;
    case LONGER:
        if (f->max >= WIRE_WINDOW_MAX)
            return HEMO_OK; /* the message's own length comes first */
        put_text(w, f, (size_t)f->max + 1, 'A');
        return out_of_range;
    default: return HEMO_OK;
    }
}

static enum hemo_error put_any_fault(struct writer *w, const struct wire_field *f,
                                     enum fault fault) {
    bool number = is_varint(f->type) || is_fixed(f->type);
    switch (fault) {
    case OTHER_TYPE:
        put_varint(w, (uint64_t)f->number << 3 | (is_varint(f->type) ? 5 : 0));
        put_fixed(w, 0x0101010101010101u);
        return HEMO_BAD_ENCODING;
    case GROUP:
        put_varint(w, (uint64_t)f->number << 3 | 3);
        put_varint(w, (uint64_t)f->number << 3 | 4);
        return HEMO_BAD_ENCODING;
    case CUT:
        put_varint(w, (uint64_t)f->number << 3 | (is_varint(f->type) ? 0 : number ? 1 : 2));
        put_varint(w, is_varint(f->type) ? 0xFFFFFFFFFFu : 100000);
        w->used -= is_varint(f->type) ? 1 : 0;
        return HEMO_BAD_LENGTH;
    case STRANGER:
        put_varint(w, (uint64_t)99 << 3);
        put_varint(w, 1);
        return HEMO_BAD_FIELD;
    default: return HEMO_OK;
    }
}

static enum hemo_error range_error(const struct wire_field *f) {
    if (f->kind == CLASS_NUMBER)
        return HEMO_BAD_NUMBER;
    if (f->kind == CLASS_VERSION)
        return HEMO_BAD_VERSION;
    if (f->kind == CLASS_COUNT || f->kind == CLASS_DATA)
        return HEMO_BAD_COUNT;
    return f->kind <= CLASS_ERROR ? HEMO_BAD_ENUM : HEMO_BAD_ID;
}

static enum hemo_error put_fault(struct writer *w, const struct wire_field *f, enum fault fault) {
    enum hemo_error error = put_any_fault(w, f, fault);
    if (error != HEMO_OK || f->type == TYPE_MESSAGE || f->type == TYPE_PACKED)
        return error;
    if (f->type == TYPE_BYTES)
        return put_bytes_fault(w, f, fault, range_error(f));
    return put_number_fault(w, f, fault, range_error(f));
}

struct target {
    int message;
    const struct wire_field *field;
    enum fault fault;
    enum hemo_error expected; /* set while writing */
    bool found;
};

static size_t field_end(const uint8_t *bytes, size_t at) {
    uint64_t tag = read_varint(bytes, &at);
    if ((tag & 7) == 0)
        read_varint(bytes, &at);
    else if ((tag & 7) == 1)
        at += 8;
    else if ((tag & 7) == 2)
        at += read_varint(bytes, &at);
    return at;
}

static const struct wire_field *field_of(int message, uint64_t number) {
    for (int i = 0; i < wire_messages[message].fields_count; i++)
        if (wire_messages[message].fields[i].number == number)
            return &wire_messages[message].fields[i];
    return NULL;
}

/* A field that is absent, or whose absence means something that is allowed, is not missed. */
static enum hemo_error error_of_drop(const struct wire_field *f) {
    if (f->repeated > 0)
        return HEMO_OK; /* others may be left: a row of bad_frames has none */
    if (f->kind == CLASS_VERSION)
        return HEMO_BAD_VERSION;
    bool needed = f->min > 0 || f->max < 0;
    return needed || f->kind == CLASS_BODY ? HEMO_BAD_FIELD : HEMO_OK;
}

static void copy_with_fault(struct writer *w, const uint8_t *bytes, size_t length, int message,
                            struct target *t) {
    uint8_t *inner = malloc(2 * length + FAULT_BYTES);
    assert_non_null(inner);
    for (size_t at = 0, end; at < length; at = end) {
        size_t content = at;
        const struct wire_field *f = field_of(message, read_varint(bytes, &content) >> 3);
        end = field_end(bytes, at);
        bool hit = message == t->message && f == t->field;
        if (hit && !t->found && t->fault == DROP)
            t->expected = error_of_drop(f);
        else if (hit && !t->found && t->fault == TWICE) {
            put_bytes(w, bytes + at, end - at);
            put_bytes(w, bytes + at, end - at);
            t->expected = f->repeated > 0 && f->type == TYPE_MESSAGE ? HEMO_OK : HEMO_BAD_FIELD;
        } else if (hit && !t->found) {
            t->expected = put_fault(w, f, t->fault);
        } else if (f->type == TYPE_MESSAGE) {
            struct writer part = {inner, 0};
            read_varint(bytes, &content);
            copy_with_fault(&part, bytes + content, end - content, f->message, t);
            put_varint(w, (uint64_t)f->number << 3 | 2);
            put_varint(w, part.used);
            put_bytes(w, inner, part.used);
        } else
            put_bytes(w, bytes + at, end - at);
        t->found = t->found || hit;
        if (hit && t->fault == CUT)
            break; /* nothing stands behind the cut */
    }
    free(inner);
}

/* Every field of a frame of this kind that is not zero is put to the fault. */
static int try_fault(size_t length, int message, const struct wire_field *field, enum fault fault) {
    struct target t = {message, field, fault, HEMO_OK, false};
    struct writer w = {work.changed, 0};
    copy_with_fault(&w, work.bytes, length, MESSAGE_FRAME, &t);
    if (!t.found || t.expected == HEMO_OK)
        return 0;
    if (w.used > WIRE_BYTES_MAX)
        t.expected = HEMO_BAD_LENGTH;
    enum hemo_error error = wire_parse(&work.parsed, work.changed, w.used);
    if (error != t.expected)
        fail_msg("%s.%s, fault %d: %s, want %s", wire_messages[message].name, field->name, fault,
                 hemo_error_name(error), hemo_error_name(t.expected));
    return 1;
}

struct tally {
    int tried[MESSAGE_COUNT][WIRE_FIELDS_MAX];
};

static void try_all_faults(struct tally *tally, size_t length) {
    for (int m = 0; m < MESSAGE_COUNT; m++)
        for (int f = 0; f < wire_messages[m].fields_count; f++)
            for (int fault = 0; fault < FAULTS; fault++)
                tally->tried[m][f] +=
                    try_fault(length, m, &wire_messages[m].fields[f], (enum fault)fault);
}

static size_t packed(uint64_t seed, enum wire_kind kind) {
    struct dice dice = dice_of(seed);
    size_t length;
    frames_random(&dice, kind, &work.frame, work.samples);
    if (wire_pack(&work.frame, work.bytes, sizeof work.bytes, &length) != HEMO_OK)
        fail_msg("seed %lu kind %d", (unsigned long)seed, kind);
    return length;
}

static void each_field_is_held_to_each_fault(void **state) {
    (void)state;
    struct tally tally = {{{0}}};
    for (uint64_t seed = 1; seed <= 20; seed++)
        for (int k = 0; k < FRAMES_KINDS; k++) {
            size_t length = packed(seed, frames_kinds[k]);
            if (length <= 4000 || seed <= 3) /* long ones differ in their data only */
                try_all_faults(&tally, length);
        }
    for (int m = 0; m < MESSAGE_COUNT; m++)
        for (int f = 0; f < wire_messages[m].fields_count; f++)
            if (tally.tried[m][f] == 0)
                fail_msg("%s.%s was never tried", wire_messages[m].name,
                         wire_messages[m].fields[f].name);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_the_schema),
        cmocka_unit_test(the_schema_is_not_recursive),
        cmocka_unit_test(each_field_is_held_to_each_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
