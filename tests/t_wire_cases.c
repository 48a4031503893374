/* Hostile frames by name, what cannot be packed, and which text may pass. */
#include "proto/wire_text.h"
#include "tests/frames.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static struct {
    struct wire_frame frame, parsed;
    int16_t samples[FRAMES_SAMPLES];
    uint8_t bytes[2 * 1024 * 1024];
} work;

static int digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

/* "08 01" to bytes; returns how many. */
static size_t from_hex(const char *text, uint8_t *out) {
    size_t length = 0;
    for (; *text != '\0'; text++)
        if (*text != ' ') {
            out[length++] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
            text++;
        }
    return length;
}

/* Written by hand from proto/README.md. 08 01 is the version, 18 05 epoch 5. */
static const struct {
    const char *what, *hex;
    enum hemo_error error;
} cases[] = {
    {"Hello of LAB1", "0801 5206 0a04 4c414231", HEMO_OK},
    {"Hello, fields in another order", "5206 0a04 4c414231 0801", HEMO_OK},
    {"Hello, room as a varint longer than needed", "0801 5209 0a04 4c414231 10 8100", HEMO_OK},
    {"nothing", "", HEMO_BAD_VERSION},
    {"no version", "5206 0a04 4c414231", HEMO_BAD_VERSION},
    {"version 2", "0802 5206 0a04 4c414231", HEMO_BAD_VERSION},
    {"no body", "0801", HEMO_BAD_FIELD},
    {"two bodies", "0801 5206 0a04 4c414231 7206 0a04 4c414231", HEMO_BAD_FIELD},
    {"the same body twice", "0801 5206 0a04 4c414231 5206 0a04 4c414231", HEMO_BAD_FIELD},
    {"version twice", "0801 0801 5206 0a04 4c414231", HEMO_BAD_FIELD},
    {"field 6 of Frame", "0801 3001 5206 0a04 4c414231", HEMO_BAD_FIELD},
    {"field 0", "0801 0001 5206 0a04 4c414231", HEMO_BAD_FIELD},
    {"field 19000, reserved by protobuf", "0801 c0a30901 5206 0a04 4c414231", HEMO_BAD_FIELD},
    {"a group", "0801 0b0c 5206 0a04 4c414231", HEMO_BAD_ENCODING},
    {"wire type 7", "0801 17 5206 0a04 4c414231", HEMO_BAD_ENCODING},
    {"a tag of six bytes", "888080808000 01 5206 0a04 4c414231", HEMO_BAD_ENCODING},
    {"a tag beyond 32 bits", "8880808010 01 5206 0a04 4c414231", HEMO_BAD_ENCODING},
    {"a length beyond 32 bits", "0801 52 8680808010 0a04 4c414231", HEMO_BAD_ENCODING},
    {"a length beyond the end", "0801 5207 0a04 4c414231", HEMO_BAD_LENGTH},
    {"an inner length beyond its message", "0801 5206 0a05 4c414231", HEMO_BAD_LENGTH},
    {"stream of 2^32", "0801 10 8080808010 5206 0a04 4c414231", HEMO_BAD_NUMBER},
    {"epoch of 2^53", "0801 18 8080808080808010 5206 0a04 4c414231", HEMO_BAD_NUMBER},
    {"NUL in an id: ABC, then XYZ", "0801 5209 0a07 41424300 58595a", HEMO_BAD_ID},
    {"small letters in an id", "0801 5206 0a04 6c616231", HEMO_BAD_ID},
    {"an empty id", "0801 5202 0a00", HEMO_BAD_ID},
    {"no id", "0801 5200", HEMO_BAD_FIELD},
    {"a slash in an id", "0801 5206 0a04 2e2e2f41", HEMO_BAD_ID},
    {"Hello that holds less than nothing", "0801 520a 0a04 4c414231 1803 2002", HEMO_BAD_NUMBER},
    {"a sequence in a Hello", "0801 2001 5206 0a04 4c414231", HEMO_BAD_FIELD},
    {"Ack", "0801 1805 6204 0807 1009", HEMO_OK},
    {"Ack without an epoch", "0801 6204 0807 1009", HEMO_BAD_NUMBER},
    {"Welcome without a reason", "0801 1805 5a02 1009", HEMO_BAD_FIELD},
    {"Welcome for reason 7", "0801 1805 5a04 1009 1807", HEMO_BAD_ENUM},
    {"Samples, 1 channel, 2 samples", "0801 1805 aa010a 1801 2002 2a04 01000200", HEMO_OK},
    {"Samples with a byte too few", "0801 1805 aa0109 1801 2002 2a03 010002", HEMO_BAD_COUNT},
    {"Samples with a sample too many", "0801 1805 aa010c 1801 2002 2a06 010002000300",
     HEMO_BAD_COUNT},
    {"Samples of no channel", "0801 1805 aa010a 1800 2002 2a04 01000200", HEMO_BAD_COUNT},
    {"Samples without data", "0801 1805 aa0104 1801 2002", HEMO_BAD_FIELD},
    {"Samples without an epoch", "0801 aa010a 1801 2002 2a04 01000200", HEMO_BAD_NUMBER},
    {"Samples of 2^31 per channel", "0801 1805 aa010e 1801 20 8080808008 2a04 01000200",
     HEMO_BAD_COUNT},
    {"Mark of kind 0", "0801 1805 b20102 0801", HEMO_BAD_FIELD},
    {"Mark of kind 999", "0801 1805 b20103 10e707", HEMO_BAD_ENUM},
    {"Mark of a site, without it", "0801 1805 b20102 1001", HEMO_BAD_FIELD},
    {"Mark of site 14, which is none", "0801 1805 b20104 1001 200e", HEMO_BAD_ENUM},
    {"Mark of a value, quantity 127", "0801 1805 b20104 1006 307f", HEMO_BAD_ENUM},
    {"Mark, value NaN", "0801 1805 b2010b 1002 39 000000000000f87f", HEMO_BAD_NUMBER},
    {"Mark, zeroing neither begins nor ends", "0801 1805 b2010b 1002 39 000000000000e03f",
     HEMO_BAD_NUMBER},
    {"Mark, empty note", "0801 1805 b20102 1008", HEMO_BAD_FIELD},
    {"Mark, note in Latin-1", "0801 1805 b20105 1008 4201 e4", HEMO_BAD_ID},
    {"Mark, note with an escape", "0801 1805 b20105 1008 4201 1b", HEMO_BAD_ID},
    {"Mark, note in UTF-8", "0801 1805 b20106 1008 4202 c3a4", HEMO_OK},
    {"Gap that ends before it begins", "0801 1805 ba0106 0805 1005 2001", HEMO_BAD_NUMBER},
    {"Gap without a reason", "0801 1805 ba0104 0805 1006", HEMO_BAD_FIELD},
    {"CaseOpen of case 0", "0801 1805 f20102 0801", HEMO_BAD_FIELD},
    {"Capture 61 s back", "0801 1805 820206 0801 28c8dc03", HEMO_BAD_NUMBER},
    {"Refuse with the error that is none", "0801 6a02 1000", HEMO_BAD_ENUM},
    {"Refuse with error -3", "0801 6a0b 10 fdffffffffffffffff01", HEMO_OK},
    {"Refuse with error -3 as 32 bits", "0801 6a06 10 fdffffff0f", HEMO_BAD_ENUM},
    {"StreamInfo without channels", "0801 1805 a20107 08fa01 1001 2001", HEMO_BAD_FIELD},
    {"StreamInfo, rate of 0", "0801 1805 a20106 0800 1001 2001", HEMO_BAD_NUMBER},
    {"StreamInfo of an empty channel", "0801 1805 a20109 08fa01 1001 2001 3200", HEMO_BAD_FIELD},
    {"Window that holds nothing", "0801 9a0302 3801", HEMO_OK},
    {"Window, last = 2", "0801 9a0302 3802", HEMO_BAD_NUMBER},
    {"WindowAsk backwards", "0801 920308 1001 1801 2005 2805", HEMO_BAD_NUMBER},
};

static void each_case_gives_its_error(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t length = from_hex(cases[i].hex, work.bytes);
        enum hemo_error error = wire_parse(&work.parsed, work.bytes, length);
        if (error != cases[i].error)
            fail_msg("%s: %s, want %s", cases[i].what, hemo_error_name(error),
                     hemo_error_name(cases[i].error));
    }
}

/* --- bombs: `unit` again and again behind a good version --- */

static const struct {
    const char *what, *before, *unit;
    size_t bytes;
    enum hemo_error error;
} bombs[] = {
    {"1 MiB of unknown fields", "0801", "f80601", 1048576, HEMO_BAD_LENGTH},
    {"64 KiB of unknown fields", "0801", "f80601", 65000, HEMO_BAD_FIELD},
    {"1 MiB of empty sub-messages", "0801", "5200", 1048576, HEMO_BAD_LENGTH},
    {"64 KiB of empty sub-messages", "0801", "7200", 65000, HEMO_BAD_FIELD},
    {"64 KiB of one body", "0801", "5206 0a04 4c414231", 65000, HEMO_BAD_FIELD},
    {"10,000 groups, one in another", "0801", "5b", 34000, HEMO_BAD_ENCODING},
    {"64 KiB of continued varint", "0801", "80", 65000, HEMO_BAD_ENCODING},
    {"64 KiB of 0xFF", "", "ff", 65000, HEMO_BAD_ENCODING},
    {"64 KiB of zeros", "", "00", 65000, HEMO_BAD_FIELD},
};

static void bombs_are_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bombs / sizeof bombs[0]; i++) {
        uint8_t unit[64];
        size_t unit_length = from_hex(bombs[i].unit, unit);
        size_t length = from_hex(bombs[i].before, work.bytes);
        for (; length < bombs[i].bytes; length += unit_length)
            memcpy(work.bytes + length, unit, unit_length);
        enum hemo_error error = wire_parse(&work.parsed, work.bytes, length);
        if (error != bombs[i].error)
            fail_msg("%s: %s, want %s", bombs[i].what, hemo_error_name(error),
                     hemo_error_name(bombs[i].error));
    }
}

/* `count` copies of one field of an Event or StreamInfo in a frame that is good but for them. */
static enum hemo_error parse_copies(const char *head, const char *body, const char *unit,
                                    int count) {
    static uint8_t inner[WIRE_BYTES_MAX];
    size_t used = from_hex(body, inner), length = from_hex(head, work.bytes);
    for (int i = 0; i < count; i++)
        used += from_hex(unit, inner + used);
    assert_true(used < 1 << 14);
    work.bytes[length++] = (uint8_t)(used | 0x80); /* a varint of two bytes, needed or not */
    work.bytes[length++] = (uint8_t)(used >> 7);
    memcpy(work.bytes + length, inner, used);
    return wire_parse(&work.parsed, work.bytes, length + used);
}

static void lists_end_at_their_limits(void **state) {
    (void)state;
    const char *event = "0801 1805 c202", *id = "0a10 000102030405060708090a0b0c0d0e0f 10c901";
    const char *stream = "0801 1805 a201", *rate = "08fa01 1001 2001";
    const char *channel = "320f 0808 1001 21 000000000000f03f 3001";
    assert_int_equal(parse_copies(event, id, "aa0102 0803", 16), HEMO_OK);
    assert_int_equal(parse_copies(event, id, "aa0102 0803", 17), HEMO_BAD_COUNT);
    assert_int_equal(parse_copies(event, id, "ba0103 10f503", 32), HEMO_OK);
    assert_int_equal(parse_copies(event, id, "ba0103 10f503", 33), HEMO_BAD_COUNT);
    assert_int_equal(parse_copies(event, id, "b20102 0102", 1), HEMO_OK);
    assert_int_equal(parse_copies(event, id, "b20102 0102", 2), HEMO_BAD_FIELD);
    assert_int_equal(parse_copies(event, id, "b001 01", 1), HEMO_BAD_ENCODING); /* not packed */
    assert_int_equal(parse_copies(stream, rate, channel, 16), HEMO_OK);
    assert_int_equal(parse_copies(stream, rate, channel, 17), HEMO_BAD_COUNT);
}

static void beats_end_at_their_limit(void **state) {
    (void)state;
    char unit[2 * 40 + 8];
    const char *event = "0801 1805 c202", *id = "0a10 000102030405060708090a0b0c0d0e0f 10c901";
    for (int beats = 31; beats <= 33; beats++) {
        int used = snprintf(unit, sizeof unit, "b201%02x", (unsigned)beats);
        for (int i = 0; i < beats; i++)
            used += snprintf(unit + used, sizeof unit - (size_t)used, "%02x", (unsigned)i);
        assert_int_equal(parse_copies(event, id, unit, 1), beats <= 32 ? HEMO_OK : HEMO_BAD_COUNT);
    }
}

static void the_longest_frames_fit_the_arena(void **state) {
    (void)state;
    size_t length;
    wire_begin(&work.frame, WIRE_SAMPLES);
    work.frame.epoch = 1;
    work.frame.body.samples = (struct sample_block){0, 0, 16, 2047, work.samples};
    assert_int_equal(wire_pack(&work.frame, work.bytes, WIRE_BYTES_MAX, &length), HEMO_OK);
    assert_true(length > 65500);
    assert_int_equal(wire_parse(&work.parsed, work.bytes, length), HEMO_OK);
    work.frame.body.samples.count = 2048;
    assert_int_equal(wire_pack(&work.frame, work.bytes, sizeof work.bytes, &length), HEMO_NO_ROOM);
    assert_int_equal(length, 0);
    wire_begin(&work.frame, WIRE_WINDOW);
    work.frame.body.window = (struct wire_window){
        .count = WIRE_WINDOW_MAX, .ticks_per_sample = 1, .scale = 1, .samples = work.samples};
    assert_int_equal(wire_pack(&work.frame, work.bytes, WIRE_BYTES_MAX, &length), HEMO_OK);
    assert_int_equal(wire_parse(&work.parsed, work.bytes, length), HEMO_OK);
}

/* --- what cannot be sent --- */

static void spoil_device(struct wire_frame *f) { f->body.hello.device[0] = 'a'; }
static void spoil_device_end(struct wire_frame *f) {
    memset(f->body.hello.device, 'A', sizeof f->body.hello.device);
}
static void spoil_held(struct wire_frame *f) { f->body.hello.first_held = INT64_MAX; }
static void spoil_room(struct wire_frame *f) { f->body.hello.room = 1000; }
static void spoil_kind(struct wire_frame *f) { f->kind = (enum wire_kind)42; }
static void spoil_sequence(struct wire_frame *f) { f->sequence = 3; }
static void spoil_epoch(struct wire_frame *f) { f->epoch = 0; }
static void spoil_big_epoch(struct wire_frame *f) { f->epoch = (uint64_t)1 << 53; }
static void spoil_text_end(struct wire_frame *f) {
    memset(f->body.refuse.text, 'A', sizeof f->body.refuse.text);
}
static void spoil_error(struct wire_frame *f) { f->body.refuse.error = 5; }
static void spoil_count(struct wire_frame *f) { f->body.samples.count = 2049; }
static void spoil_channels(struct wire_frame *f) { f->body.samples.channels = 17; }
static void spoil_samples(struct wire_frame *f) { f->body.samples.samples = NULL; }
static void spoil_values(struct wire_frame *f) { f->body.event.values_count = 17; }
static void spoil_beats(struct wire_frame *f) { f->body.event.beats_count = UINT32_MAX; }
static void spoil_left_out(struct wire_frame *f) { f->body.event.left_out_count = 33; }
static void spoil_id(struct wire_frame *f) { f->body.event.id = (struct event_id){{0}}; }
static void spoil_quality(struct wire_frame *f) { f->body.event.quality = NAN; }
static void spoil_emitted(struct wire_frame *f) {
    f->body.event.tick = 2;
    f->body.event.emitted_tick = 1;
}
static void spoil_event_kind(struct wire_frame *f) { f->body.event.kind = 501; }
static void spoil_list(struct wire_frame *f) { f->body.stream_info.channels_count = 17; }
static void spoil_label(struct wire_frame *f) { f->body.stream_info.channels[0].label[0] = '\n'; }
static void spoil_scale(struct wire_frame *f) { f->body.stream_info.channels[0].scale = 0; }
static void spoil_rate(struct wire_frame *f) { f->body.stream_info.base_rate_denominator = 0; }
static void spoil_rules(struct wire_frame *f) { f->body.rules.length = WIRE_RULES_MAX + 1; }
static void spoil_window(struct wire_frame *f) {
    f->body.window = (struct wire_window){.count = WIRE_WINDOW_MAX + 1, .samples = work.samples};
}

static const struct {
    enum wire_kind kind;
    void (*spoil)(struct wire_frame *frame);
    enum hemo_error error;
} spoilt[] = {
    {WIRE_HELLO, spoil_device, HEMO_BAD_ID},        {WIRE_HELLO, spoil_device_end, HEMO_BAD_ID},
    {WIRE_HELLO, spoil_held, HEMO_BAD_NUMBER},      {WIRE_HELLO, spoil_room, HEMO_BAD_NUMBER},
    {WIRE_HELLO, spoil_kind, HEMO_BAD_FIELD},       {WIRE_HELLO, spoil_sequence, HEMO_BAD_FIELD},
    {WIRE_WELCOME, spoil_epoch, HEMO_BAD_NUMBER},   {WIRE_GAP, spoil_epoch, HEMO_BAD_NUMBER},
    {WIRE_ACK, spoil_big_epoch, HEMO_BAD_NUMBER},   {WIRE_REFUSE, spoil_text_end, HEMO_BAD_ID},
    {WIRE_REFUSE, spoil_error, HEMO_BAD_ENUM},      {WIRE_SAMPLES, spoil_count, HEMO_BAD_COUNT},
    {WIRE_SAMPLES, spoil_channels, HEMO_BAD_COUNT}, {WIRE_SAMPLES, spoil_samples, HEMO_BAD_COUNT},
    {WIRE_EVENT, spoil_values, HEMO_BAD_COUNT},     {WIRE_EVENT, spoil_beats, HEMO_BAD_COUNT},
    {WIRE_EVENT, spoil_left_out, HEMO_BAD_COUNT},   {WIRE_EVENT, spoil_id, HEMO_BAD_ID},
    {WIRE_EVENT, spoil_quality, HEMO_BAD_NUMBER},   {WIRE_EVENT, spoil_emitted, HEMO_BAD_NUMBER},
    {WIRE_EVENT, spoil_event_kind, HEMO_BAD_ENUM},  {WIRE_STREAM_INFO, spoil_list, HEMO_BAD_COUNT},
    {WIRE_STREAM_INFO, spoil_label, HEMO_BAD_ID},   {WIRE_RULES, spoil_rules, HEMO_BAD_COUNT},
    {WIRE_STREAM_INFO, spoil_scale, HEMO_BAD_NUMBER},
    {WIRE_STREAM_INFO, spoil_rate, HEMO_BAD_NUMBER},
    {WIRE_WINDOW, spoil_window, HEMO_BAD_COUNT},
};

static void nothing_invalid_can_be_sent(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof spoilt / sizeof spoilt[0]; i++) {
        struct dice dice = dice_of(i + 1);
        size_t length = 99;
        frames_random(&dice, spoilt[i].kind, &work.frame, work.samples);
        spoilt[i].spoil(&work.frame);
        enum hemo_error error = wire_pack(&work.frame, work.bytes, sizeof work.bytes, &length);
        if (error != spoilt[i].error || length != 0)
            fail_msg("row %zu: %s, want %s", i, hemo_error_name(error),
                     hemo_error_name(spoilt[i].error));
    }
}

static void a_short_buffer_is_not_overrun(void **state) {
    (void)state;
    struct dice dice = dice_of(3);
    size_t needed, length;
    frames_random(&dice, WIRE_EVENT, &work.frame, work.samples);
    assert_int_equal(wire_pack(&work.frame, work.bytes, sizeof work.bytes, &needed), HEMO_OK);
    memset(work.bytes, 0xA5, needed);
    assert_int_equal(wire_pack(&work.frame, work.bytes, needed - 1, &length), HEMO_NO_ROOM);
    for (size_t i = 0; i < needed; i++)
        assert_int_equal(work.bytes[i], 0xA5);
}

/* --- text --- */

static const struct {
    const char *what, *hex;
    bool line, lines;
} texts[] = {
    {"nothing", "", true, true},
    {"letters", "4c616220 31", true, true},
    {"umlaut", "c3a4", true, true},
    {"three bytes", "e282ac", true, true},
    {"four bytes", "f09f9280", true, true},
    {"the last code point", "f48fbfbf", true, true},
    {"NUL", "4100", false, false},
    {"line feed", "410a42", false, true},
    {"tab and return", "09 0d0a", false, true},
    {"escape", "1b5b", false, false},
    {"delete", "7f", false, false},
    {"C1 control", "c285", false, false},
    {"line separator", "e280a8", false, false},
    {"right-to-left override", "e280ae", false, false},
    {"isolate", "e281a6", false, false},
    {"byte order mark", "efbbbf", false, false},
    {"continuation alone", "80", false, false},
    {"cut sequence", "e282", false, false},
    {"overlong slash", "c0af", false, false},
    {"overlong NUL", "c080", false, false},
    {"overlong three", "e08080", false, false},
    {"overlong four", "f0808080", false, false},
    {"surrogate", "eda080", false, false},
    {"beyond Unicode", "f4908080", false, false},
    {"five bytes", "f888808080", false, false},
    {"second byte no continuation", "c341", false, false},
};

static void text_is_held_to_its_class(void **state) {
    (void)state;
    uint8_t bytes[64];
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        size_t length = from_hex(texts[i].hex, bytes);
        if (wire_text_line(bytes, length) != texts[i].line ||
            wire_text_lines(bytes, length) != texts[i].lines)
            fail_msg("%s", texts[i].what);
    }
    for (int c = 0; c < 256; c++) {
        bytes[0] = (uint8_t)c;
        bool device = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
        assert_int_equal(wire_text_device(bytes, 1), device);
        assert_int_equal(wire_text_ascii(bytes, 1), c >= 32 && c <= 126);
        assert_int_equal(wire_text_line(bytes, 1), c >= 32 && c <= 126);
    }
}

static void a_device_has_1_to_64_characters(void **state) {
    (void)state;
    char device[80] = "";
    for (int length = 0; length <= 70; length++) {
        assert_int_equal(wire_device_ok(device), length >= 1 && length <= 64);
        device[length] = '-';
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_case_gives_its_error),
        cmocka_unit_test(bombs_are_refused),
        cmocka_unit_test(lists_end_at_their_limits),
        cmocka_unit_test(beats_end_at_their_limit),
        cmocka_unit_test(the_longest_frames_fit_the_arena),
        cmocka_unit_test(nothing_invalid_can_be_sent),
        cmocka_unit_test(a_short_buffer_is_not_overrun),
        cmocka_unit_test(text_is_held_to_its_class),
        cmocka_unit_test(a_device_has_1_to_64_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
