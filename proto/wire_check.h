/* wire_check.h - the validator in front of protobuf-c, for wire_parse() and wire_pack() only.
 *
 * wire_check() walks the protobuf bytes by the table of wire_fields.c: one row for each field of
 * hemo.proto, so that a new field is a new row. wire_meaning() holds the plain values to what lies
 * between fields: declared counts, order of ticks, what a kind of mark needs. Pure. */
#pragma once
#include "proto/wire.h"

enum wire_type {
    TYPE_UINT32, TYPE_UINT64, TYPE_INT32, TYPE_SINT32, TYPE_BOOL,
    TYPE_FIXED64, TYPE_SFIXED64, TYPE_DOUBLE, TYPE_BYTES, TYPE_MESSAGE,
    TYPE_PACKED /* repeated uint64 */
};

/* What a value is, and so which error a wrong one gives. */
enum wire_class {
    CLASS_NUMBER,  /* min..max, else BAD_NUMBER */
    CLASS_VERSION, /* min..max, else BAD_VERSION */
    CLASS_COUNT,   /* min..max, else BAD_COUNT */
    CLASS_ENUM,    /* min..max, else BAD_ENUM */
    CLASS_SITE,    /* these five: a number of the table of that name, or 0 where min is 0 */
    CLASS_QUANTITY,
    CLASS_EVENT,  /* events.def 1xx..4xx */
    CLASS_REASON, /* events.def 5xx */
    CLASS_ERROR,  /* errors.def, not OK */
    CLASS_DATA,   /* bytes, min..max of them, else BAD_COUNT */
    CLASS_ID,     /* 16 bytes, or none where min is 0, else BAD_ID; so the next four */
    CLASS_DEVICE, /* [A-Z0-9.-] */
    CLASS_ASCII,  /* [ -~] */
    CLASS_TEXT,   /* UTF-8 without control and direction characters */
    CLASS_RULES,  /* the same and tab, line feed, carriage return */
    CLASS_PART,   /* a message; min 1: must be there */
    CLASS_BODY    /* a message, exactly one of its kind in the parent */
};

struct wire_field {
    const char *name;
    uint8_t number; /* in hemo.proto */
    enum wire_type type;
    enum wire_class kind;
    int64_t min, max; /* of the value, or of the length of bytes */
    uint8_t repeated; /* how often at most; 0: not repeated */
    uint8_t message;  /* TYPE_MESSAGE: which */
};

struct wire_message {
    const char *name;
    const struct wire_field *fields;
    int fields_count;
};

enum wire_message_index {
    MESSAGE_FRAME, MESSAGE_HELLO, MESSAGE_WELCOME, MESSAGE_ACK, MESSAGE_REFUSE, MESSAGE_ATTACH,
    MESSAGE_STREAM_INFO, MESSAGE_CHANNEL, MESSAGE_SAMPLES, MESSAGE_MARK, MESSAGE_GAP,
    MESSAGE_CASE, /* CaseOpen and CaseClose */
    MESSAGE_CAPTURE, MESSAGE_RULES, MESSAGE_VALUE, MESSAGE_LEFT_OUT, MESSAGE_EVENT,
    MESSAGE_EPOCH_BEGIN, MESSAGE_WINDOW_ASK, MESSAGE_WINDOW, MESSAGE_COUNT
};

enum { WIRE_FIELDS_MAX = 27, WIRE_DEPTH_MAX = 4 };

extern const struct wire_message wire_messages[MESSAGE_COUNT];

/* The bytes: HEMO_OK, or the first thing that is wrong. */
enum hemo_error wire_check(const uint8_t *bytes, size_t length);

/* The frame of these bytes, which wire_check() has passed, if it is one of samples; false: not. */
bool wire_samples(struct wire_frame *frame, const uint8_t *bytes, size_t length,
                  enum hemo_error *error);

/* The values: the same. Safe on any content of *frame whose sample and text pointers are valid. */
enum hemo_error wire_meaning(const struct wire_frame *frame);
