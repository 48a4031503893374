/* The table of all fields that may come over the wire; t_wire.c holds it against hemo.proto. */
#include "proto/wire_check.h"
#include "proto/quantity.h"

/* Ticks stay below 2^62, so that their differences and sums fit an int64_t. */
#define TICK_MAX ((int64_t)1 << 62)
#define EPOCH_MAX (((int64_t)1 << 53) - 1)
#define VALUE_MAX 1000000000

enum { STREAM_MAX = INT32_MAX, ROOM_MAX = 999, CHANNEL_LAST = STREAM_CHANNELS_MAX - 1 };

#define NUMBER(name, number, type, min, max) \
    {name, number, TYPE_##type, CLASS_NUMBER, min, max, 0, 0}
#define CHOICE(name, number, class, min, max) \
    {name, number, TYPE_UINT32, CLASS_##class, min, max, 0, 0}
#define BYTES(name, number, class, min, max) \
    {name, number, TYPE_BYTES, CLASS_##class, min, max, 0, 0}
#define MANY(name, number, message, min, max) \
    {name, number, TYPE_MESSAGE, CLASS_PART, min, 0, max, message}
#define BODY(name, number, message) {name, number, TYPE_MESSAGE, CLASS_BODY, 0, 0, 0, message}

static const struct wire_field frame[] = {
    CHOICE("version", 1, VERSION, WIRE_VERSION, WIRE_VERSION),
    NUMBER("stream", 2, UINT32, 0, STREAM_MAX),
    NUMBER("epoch", 3, UINT64, 0, EPOCH_MAX),
    NUMBER("sequence", 4, UINT64, 0, INT64_MAX),
    NUMBER("case_number", 5, UINT64, 0, INT64_MAX),
    BODY("hello", WIRE_HELLO, MESSAGE_HELLO),
    BODY("welcome", WIRE_WELCOME, MESSAGE_WELCOME),
    BODY("ack", WIRE_ACK, MESSAGE_ACK),
    BODY("refuse", WIRE_REFUSE, MESSAGE_REFUSE),
    BODY("attach", WIRE_ATTACH, MESSAGE_ATTACH),
    BODY("stream_info", WIRE_STREAM_INFO, MESSAGE_STREAM_INFO),
    BODY("samples", WIRE_SAMPLES, MESSAGE_SAMPLES),
    BODY("mark", WIRE_MARK, MESSAGE_MARK),
    BODY("gap", WIRE_GAP, MESSAGE_GAP),
    BODY("case_open", WIRE_CASE_OPEN, MESSAGE_CASE),
    BODY("case_close", WIRE_CASE_CLOSE, MESSAGE_CASE),
    BODY("capture", WIRE_CAPTURE, MESSAGE_CAPTURE),
    BODY("rules", WIRE_RULES, MESSAGE_RULES),
    BODY("event", WIRE_EVENT, MESSAGE_EVENT),
    BODY("epoch_begin", WIRE_EPOCH_BEGIN, MESSAGE_EPOCH_BEGIN),
    BODY("window_ask", WIRE_WINDOW_ASK, MESSAGE_WINDOW_ASK),
    BODY("window", WIRE_WINDOW, MESSAGE_WINDOW),
};

static const struct wire_field hello[] = {
    BYTES("device", 1, DEVICE, 1, WIRE_DEVICE_MAX),
    NUMBER("room", 2, UINT32, 0, ROOM_MAX),
    NUMBER("first_held", 3, UINT64, 0, INT64_MAX),
    NUMBER("next_sequence", 4, UINT64, 0, INT64_MAX),
};

static const struct wire_field welcome[] = {
    NUMBER("next_sequence", 1, UINT64, 0, INT64_MAX),
    NUMBER("credit", 2, UINT32, 0, UINT32_MAX),
    CHOICE("why", 3, ENUM, 1, WHY_MAX),
};

static const struct wire_field ack[] = {
    NUMBER("next_sequence", 1, UINT64, 0, INT64_MAX),
    NUMBER("credit", 2, UINT32, 0, UINT32_MAX),
};

static const struct wire_field refuse[] = {
    NUMBER("sequence", 1, UINT64, 0, INT64_MAX),
    {"error", 2, TYPE_INT32, CLASS_ERROR, INT32_MIN, -1, 0, 0},
    BYTES("text", 3, TEXT, 0, WIRE_TEXT_MAX),
};

static const struct wire_field attach[] = {
    BYTES("device", 1, DEVICE, 1, WIRE_DEVICE_MAX),
};

static const struct wire_field stream_info[] = {
    NUMBER("base_rate_numerator", 1, UINT32, 1, UINT32_MAX),
    NUMBER("base_rate_denominator", 2, UINT32, 1, UINT32_MAX),
    NUMBER("started_at_ns", 3, SFIXED64, 0, INT64_MAX),
    CHOICE("origin", 4, ENUM, 1, ORIGIN_MAX),
    NUMBER("speed_percent", 5, UINT32, 0, UINT32_MAX),
    MANY("channels", 6, MESSAGE_CHANNEL, 1, STREAM_CHANNELS_MAX),
    BYTES("name", 7, ASCII, 0, STREAM_NAME_MAX),
};

static const struct wire_field channel[] = {
    CHOICE("site", 1, SITE, 1, SITE_NUMBER_MAX),
    NUMBER("ticks_per_sample", 2, UINT32, 1, 65535),
    NUMBER("group", 3, UINT32, 0, STREAM_GROUPS_MAX - 1),
    NUMBER("scale", 4, DOUBLE, -VALUE_MAX, VALUE_MAX),
    NUMBER("offset", 5, SINT32, -VALUE_MAX, VALUE_MAX),
    CHOICE("unit", 6, ENUM, 1, UNIT_MAX),
    BYTES("label", 7, ASCII, 0, STREAM_LABEL_MAX),
    NUMBER("transducer", 8, UINT32, 0, UINT32_MAX),
};

static const struct wire_field samples[] = {
    NUMBER("first_tick", 1, UINT64, 0, TICK_MAX),
    NUMBER("group", 2, UINT32, 0, STREAM_GROUPS_MAX - 1),
    CHOICE("channels", 3, COUNT, 1, STREAM_CHANNELS_MAX),
    CHOICE("count", 4, COUNT, 1, SAMPLES_PER_RECORD_MAX),
    BYTES("data", 5, DATA, 2, WIRE_BYTES_MAX),
};

static const struct wire_field mark[] = {
    NUMBER("tick", 1, UINT64, 0, TICK_MAX),
    CHOICE("kind", 2, ENUM, 1, MARK_KIND_MAX),
    NUMBER("channel", 3, UINT32, 0, CHANNEL_LAST),
    CHOICE("site", 4, SITE, 0, SITE_NUMBER_MAX),
    CHOICE("phase", 5, ENUM, 0, PHASE_MAX),
    CHOICE("quantity", 6, QUANTITY, 0, QUANTITY_NUMBER_MAX),
    NUMBER("value", 7, DOUBLE, -VALUE_MAX, VALUE_MAX),
    BYTES("text", 8, TEXT, 0, 64),
    NUMBER("target_stream", 9, UINT32, 0, STREAM_MAX),
};

static const struct wire_field gap[] = {
    NUMBER("first_tick", 1, UINT64, 0, TICK_MAX),
    NUMBER("next_tick", 2, UINT64, 1, TICK_MAX),
    NUMBER("group", 3, UINT32, 0, STREAM_GROUPS_MAX - 1),
    CHOICE("reason", 4, ENUM, 1, GAP_REASON_MAX),
};

static const struct wire_field case_change[] = {
    NUMBER("target_stream", 1, UINT32, 1, STREAM_MAX),
    NUMBER("number", 2, UINT64, 1, INT64_MAX),
};

static const struct wire_field capture[] = {
    NUMBER("target_stream", 1, UINT32, 1, STREAM_MAX),
    NUMBER("channel", 2, UINT32, 0, CHANNEL_LAST),
    CHOICE("site", 3, SITE, 0, SITE_NUMBER_MAX),
    CHOICE("phase", 4, ENUM, 0, PHASE_MAX),
    NUMBER("back_ms", 5, UINT32, 1000, 60000),
};

static const struct wire_field rules[] = {
    BYTES("text", 1, RULES, 1, WIRE_RULES_MAX),
};

static const struct wire_field value[] = {
    CHOICE("quantity", 1, QUANTITY, 1, QUANTITY_NUMBER_MAX),
    NUMBER("value", 2, DOUBLE, -VALUE_MAX, VALUE_MAX),
    NUMBER("spread", 3, DOUBLE, 0, VALUE_MAX),
};

static const struct wire_field left_out[] = {
    NUMBER("tick", 1, UINT64, 0, TICK_MAX),
    CHOICE("reason", 2, REASON, 500, 599),
};

static const struct wire_field event[] = {
    BYTES("id", 1, ID, 16, 16),
    CHOICE("kind", 2, EVENT, 100, 499),
    NUMBER("stream", 3, UINT32, 0, STREAM_MAX),
    NUMBER("epoch", 4, FIXED64, 0, EPOCH_MAX),
    NUMBER("case_number", 5, FIXED64, 0, INT64_MAX),
    NUMBER("tick", 6, UINT64, 0, TICK_MAX),
    NUMBER("emitted_tick", 7, UINT64, 0, TICK_MAX),
    NUMBER("ordinal", 8, UINT32, 0, UINT32_MAX),
    CHOICE("site", 9, SITE, 0, SITE_NUMBER_MAX),
    NUMBER("channel", 10, UINT32, 0, CHANNEL_LAST),
    CHOICE("phase", 11, ENUM, 0, PHASE_MAX),
    CHOICE("state", 12, ENUM, 0, EVENT_STATE_MAX),
    NUMBER("from_tick", 13, UINT64, 0, TICK_MAX),
    NUMBER("to_tick", 14, UINT64, 0, TICK_MAX),
    NUMBER("from_value", 15, DOUBLE, -VALUE_MAX, VALUE_MAX),
    NUMBER("to_value", 16, DOUBLE, -VALUE_MAX, VALUE_MAX),
    NUMBER("quality", 17, DOUBLE, 0, 1),
    CHOICE("method", 18, ENUM, 0, METHOD_MAX),
    NUMBER("rule_version", 19, UINT32, 0, UINT32_MAX),
    BYTES("refers_to", 20, ID, 0, 16),
    MANY("values", 21, MESSAGE_VALUE, 0, EVENT_VALUES_MAX),
    {"beats", 22, TYPE_PACKED, CLASS_NUMBER, 0, TICK_MAX, EVENT_BEATS_MAX, 0},
    MANY("left_out", 23, MESSAGE_LEFT_OUT, 0, EVENT_LEFT_OUT_MAX),
    NUMBER("at_ns", 24, SFIXED64, 0, INT64_MAX),
    NUMBER("room", 25, UINT32, 0, ROOM_MAX),
    NUMBER("clears_value", 26, DOUBLE, -VALUE_MAX, VALUE_MAX),
    NUMBER("clears_s", 27, DOUBLE, 0, VALUE_MAX),
};

static const struct wire_field epoch_begin[] = {
    NUMBER("stream", 1, UINT32, 0, STREAM_MAX),
    NUMBER("epoch", 2, FIXED64, 1, EPOCH_MAX),
    NUMBER("case_number", 3, FIXED64, 0, INT64_MAX),
    NUMBER("room", 4, UINT32, 0, ROOM_MAX),
    CHOICE("why", 5, ENUM, 1, WHY_MAX),
    NUMBER("first_tick", 6, UINT64, 0, TICK_MAX),
    {"info", 7, TYPE_MESSAGE, CLASS_PART, 1, 0, 0, MESSAGE_STREAM_INFO},
};

static const struct wire_field window_ask[] = {
    NUMBER("request", 1, UINT32, 0, UINT32_MAX),
    NUMBER("target_stream", 2, UINT32, 1, STREAM_MAX),
    NUMBER("target_epoch", 3, UINT64, 1, EPOCH_MAX),
    NUMBER("from_tick", 4, UINT64, 0, TICK_MAX),
    NUMBER("to_tick", 5, UINT64, 1, TICK_MAX),
    NUMBER("channel", 6, UINT32, 0, CHANNEL_LAST),
};

static const struct wire_field window[] = {
    NUMBER("request", 1, UINT32, 0, UINT32_MAX),
    NUMBER("channel", 2, UINT32, 0, CHANNEL_LAST),
    NUMBER("first_tick", 3, UINT64, 0, TICK_MAX),
    NUMBER("ticks_per_sample", 4, UINT32, 0, 65535),
    CHOICE("count", 5, COUNT, 0, WIRE_WINDOW_MAX),
    BYTES("data", 6, DATA, 0, 2 * WIRE_WINDOW_MAX),
    NUMBER("last", 7, BOOL, 0, 1),
    NUMBER("scale", 8, DOUBLE, -VALUE_MAX, VALUE_MAX),
    NUMBER("offset", 9, SINT32, -VALUE_MAX, VALUE_MAX),
};

#define MESSAGE(name) {#name, (name), sizeof(name) / sizeof((name)[0])}

const struct wire_message wire_messages[MESSAGE_COUNT] = {
    [MESSAGE_FRAME] = MESSAGE(frame),
    [MESSAGE_HELLO] = MESSAGE(hello),
    [MESSAGE_WELCOME] = MESSAGE(welcome),
    [MESSAGE_ACK] = MESSAGE(ack),
    [MESSAGE_REFUSE] = MESSAGE(refuse),
    [MESSAGE_ATTACH] = MESSAGE(attach),
    [MESSAGE_STREAM_INFO] = MESSAGE(stream_info),
    [MESSAGE_CHANNEL] = MESSAGE(channel),
    [MESSAGE_SAMPLES] = MESSAGE(samples),
    [MESSAGE_MARK] = MESSAGE(mark),
    [MESSAGE_GAP] = MESSAGE(gap),
    [MESSAGE_CASE] = MESSAGE(case_change),
    [MESSAGE_CAPTURE] = MESSAGE(capture),
    [MESSAGE_RULES] = MESSAGE(rules),
    [MESSAGE_VALUE] = MESSAGE(value),
    [MESSAGE_LEFT_OUT] = MESSAGE(left_out),
    [MESSAGE_EVENT] = MESSAGE(event),
    [MESSAGE_EPOCH_BEGIN] = MESSAGE(epoch_begin),
    [MESSAGE_WINDOW_ASK] = MESSAGE(window_ask),
    [MESSAGE_WINDOW] = MESSAGE(window),
};
