/* frames.h - random valid frames of every kind, from one seed. For tests only.
 *
 *     struct dice dice = dice_of(seed);
 *     frames_random(&dice, kind, &frame, samples);    // samples: FRAMES_SAMPLES of int16_t */
#pragma once
#include "proto/quantity.h"
#include "proto/wire.h"
#include <string.h>

enum { FRAMES_SAMPLES = 32768, FRAMES_KINDS = 17 };

static const enum wire_kind frames_kinds[FRAMES_KINDS] = {
    WIRE_HELLO,      WIRE_WELCOME,   WIRE_ACK,        WIRE_REFUSE,  WIRE_ATTACH, WIRE_STREAM_INFO,
    WIRE_SAMPLES,    WIRE_MARK,      WIRE_GAP,        WIRE_CASE_OPEN, WIRE_CASE_CLOSE,
    WIRE_CAPTURE,    WIRE_RULES,     WIRE_EVENT,      WIRE_EPOCH_BEGIN, WIRE_WINDOW_ASK,
    WIRE_WINDOW};

struct dice {
    uint64_t state;
};

static inline struct dice dice_of(uint64_t seed) {
    return (struct dice){seed * 0x9E3779B97F4A7C15u + 0x1234567u};
}

static inline uint64_t dice_roll(struct dice *d) { /* xorshift64* */
    d->state ^= d->state >> 12;
    d->state ^= d->state << 25;
    d->state ^= d->state >> 27;
    return d->state * 0x2545F4914F6CDD1Du;
}

/* Both ends included; often one of the ends or a short number, where mistakes live. */
static inline uint64_t dice_from(struct dice *d, uint64_t least, uint64_t most) {
    uint64_t span = most - least;
    switch (dice_roll(d) % 8) {
    case 0: return least;
    case 1: return most;
    case 2: return span > 200 ? least + dice_roll(d) % 200 : least;
    default: return span == UINT64_MAX ? dice_roll(d) : least + dice_roll(d) % (span + 1);
    }
}

static inline uint32_t dice_32(struct dice *d, uint32_t least, uint32_t most) {
    return (uint32_t)dice_from(d, least, most);
}

static inline double dice_real(struct dice *d, double least, double most) {
    double share = (double)(dice_roll(d) >> 11) / 9007199254740992.0;
    return dice_roll(d) % 8 == 0 ? least : least + share * (most - least);
}

static inline void dice_text(struct dice *d, char *out, uint32_t least, uint32_t most) {
    uint32_t length = dice_32(d, least, most);
    for (uint32_t i = 0; i < length; i++)
        out[i] = (char)(' ' + dice_roll(d) % 95);
    out[length] = '\0';
}

static inline void dice_device(struct dice *d, char *out) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    uint32_t length = dice_32(d, 1, WIRE_DEVICE_MAX);
    for (uint32_t i = 0; i < length; i++)
        out[i] = letters[dice_roll(d) % (sizeof letters - 1)];
    out[length] = '\0';
}

static inline uint64_t dice_tick(struct dice *d) { return dice_from(d, 0, (uint64_t)1 << 62); }
static inline uint64_t dice_epoch(struct dice *d) {
    return dice_from(d, 1, ((uint64_t)1 << 53) - 1);
}
static inline uint32_t dice_site(struct dice *d) {
    return (uint32_t)site_rows[dice_roll(d) % (unsigned)site_rows_count].site;
}
static inline uint32_t dice_quantity(struct dice *d) {
    return (uint32_t)quantity_rows[dice_roll(d) % (unsigned)quantity_rows_count].quantity;
}

/* A row of events.def from the hundreds given. */
static inline uint32_t dice_event(struct dice *d, uint32_t from, uint32_t to) {
    for (;;) {
        uint32_t kind = (uint32_t)event_rows[dice_roll(d) % (unsigned)event_rows_count].kind;
        if (kind >= from && kind <= to)
            return kind;
    }
}

static inline void frames_stream(struct dice *d, struct stream_info *info) {
    info->base_rate_denominator = dice_32(d, 1, 1000);
    info->base_rate_numerator = info->base_rate_denominator * dice_32(d, 240, 4000);
    info->started_at_ns = (int64_t)dice_from(d, 0, INT64_MAX);
    info->origin = dice_32(d, 1, ORIGIN_MAX);
    info->speed_percent = dice_32(d, 0, 2000);
    info->channels_count = dice_32(d, 1, STREAM_CHANNELS_MAX);
    dice_text(d, info->name, 0, STREAM_NAME_MAX);
    for (uint32_t i = 0; i < info->channels_count; i++) {
        struct stream_channel *c = &info->channels[i];
        c->site = dice_site(d);
        c->group = dice_32(d, 0, STREAM_GROUPS_MAX - 1);
        c->ticks_per_sample = 1 + c->group;
        c->scale = dice_real(d, 0.001, 2);
        c->offset = (int32_t)dice_32(d, 0, 70000) - 35000;
        c->unit = dice_32(d, 1, UNIT_MAX);
        c->transducer = dice_32(d, 0, UINT32_MAX);
        dice_text(d, c->label, 0, STREAM_LABEL_MAX);
    }
}

static inline void frames_event(struct dice *d, struct event *e) {
    *e = (struct event){.stream = dice_32(d, 0, INT32_MAX), .room = dice_32(d, 0, 999)};
    e->kind = dice_event(d, 100, 499);
    e->epoch = dice_epoch(d);
    e->case_number = dice_from(d, 0, INT64_MAX);
    e->tick = dice_tick(d);
    e->emitted_tick = dice_from(d, e->tick, (uint64_t)1 << 62);
    e->ordinal = dice_32(d, 0, UINT32_MAX);
    e->id = id_make(e->stream, e->epoch, e->tick, e->kind, e->ordinal);
    e->site = dice_roll(d) % 4 == 0 ? 0 : dice_site(d);
    e->channel = dice_32(d, 0, STREAM_CHANNELS_MAX - 1);
    e->phase = dice_32(d, 0, PHASE_MAX);
    e->state = dice_32(d, 0, EVENT_STATE_MAX);
    e->from_tick = dice_tick(d);
    e->to_tick = dice_tick(d);
    e->from_value = dice_real(d, -100, 300);
    e->to_value = dice_real(d, -100, 300);
    e->quality = dice_real(d, 0, 1);
    e->method = dice_32(d, 0, METHOD_MAX);
    e->rule_version = dice_32(d, 0, UINT32_MAX);
    e->clears_value = dice_real(d, -100, 300);
    e->clears_s = dice_real(d, 0, 300);
    e->at_ns = (int64_t)dice_from(d, 0, INT64_MAX);
    if (dice_roll(d) % 2 == 0)
        e->refers_to = id_make(1, 2, dice_roll(d), 3, 4);
    uint32_t values = dice_32(d, 0, EVENT_VALUES_MAX);
    for (uint32_t i = 0; i < values; i++)
        event_add_value(e, dice_quantity(d), dice_real(d, -40, 300), dice_real(d, 0, 9));
    e->beats_count = dice_32(d, 0, EVENT_BEATS_MAX);
    for (uint32_t i = 0; i < e->beats_count; i++)
        e->beats[i] = dice_tick(d);
    e->left_out_count = dice_32(d, 0, EVENT_LEFT_OUT_MAX);
    for (uint32_t i = 0; i < e->left_out_count; i++)
        e->left_out[i] = (struct event_left_out){dice_tick(d), dice_event(d, 500, 599)};
}

static inline void frames_samples(struct dice *d, int16_t *samples, size_t count) {
    for (size_t i = 0; i < count; i++)
        samples[i] = (int16_t)dice_roll(d);
}

static inline void frames_mark(struct dice *d, struct stream_mark *mark) {
    mark->tick = dice_tick(d);
    mark->kind = dice_32(d, 1, MARK_KIND_MAX);
    mark->channel = dice_32(d, 0, STREAM_CHANNELS_MAX - 1);
    mark->target_stream = dice_32(d, 0, INT32_MAX);
    mark->site = mark->kind == MARK_SITE ? dice_site(d) : 0;
    mark->phase = dice_32(d, 0, PHASE_MAX);
    mark->quantity = mark->kind == MARK_VALUE ? dice_quantity(d) : 0;
    mark->value = mark->kind == MARK_VALUE ? dice_real(d, -40, 300) : (double)(dice_roll(d) % 2);
    if (mark->kind >= MARK_PACE)
        mark->value = dice_real(d, 0.1, 10);
    if (mark->kind == MARK_CAPTURE)
        mark->value = dice_real(d, 0.1, 60) * (dice_roll(d) % 2 ? 1 : -1);
    dice_text(d, mark->text, mark->kind == MARK_DRUG || mark->kind == MARK_NOTE ? 1 : 0, 64);
}

static inline void frames_data(struct dice *d, struct wire_frame *f, int16_t *samples) {
    if (f->kind == WIRE_WINDOW) {
        f->body.window = (struct wire_window){
            .request = dice_32(d, 0, UINT32_MAX), .channel = dice_32(d, 0, 15),
            .ticks_per_sample = dice_32(d, 1, 65535), .count = dice_32(d, 0, WIRE_WINDOW_MAX),
            .first_tick = dice_tick(d), .last = dice_roll(d) % 2 == 0,
            .scale = dice_real(d, 0.001, 2), .offset = -5, .samples = samples};
        frames_samples(d, samples, f->body.window.count);
        return;
    }
    uint32_t channels = dice_32(d, 1, STREAM_CHANNELS_MAX);
    uint32_t most = 32700 / channels;
    most = most < SAMPLES_PER_RECORD_MAX ? most : SAMPLES_PER_RECORD_MAX;
    f->body.samples = (struct sample_block){dice_tick(d), dice_32(d, 0, 15), channels,
                                            dice_32(d, 1, most), samples};
    frames_samples(d, samples, (size_t)channels * f->body.samples.count);
}

static inline void frames_link(struct dice *d, struct wire_frame *f) {
    uint64_t next = dice_from(d, 0, INT64_MAX);
    switch (f->kind) {
    case WIRE_HELLO:
        dice_device(d, f->body.hello.device);
        f->body.hello.room = dice_32(d, 0, 999);
        f->body.hello.next_sequence = next;
        f->body.hello.first_held = dice_from(d, 0, next);
        break;
    case WIRE_WELCOME:
        f->body.welcome = (struct wire_welcome){next, dice_32(d, 0, UINT32_MAX),
                                                dice_32(d, 1, WHY_MAX)};
        break;
    case WIRE_ACK: f->body.ack = (struct wire_ack){next, dice_32(d, 0, UINT32_MAX)}; break;
    case WIRE_REFUSE:
        f->body.refuse.sequence = next;
        f->body.refuse.error = -(int32_t)dice_32(d, 1, 30);
        dice_text(d, f->body.refuse.text, 0, WIRE_TEXT_MAX);
        break;
    default: dice_device(d, f->body.attach.device); break;
    }
}

static inline void frames_question(struct dice *d, struct wire_frame *f, char *text) {
    uint32_t stream = dice_32(d, 1, INT32_MAX);
    switch (f->kind) {
    case WIRE_CASE_OPEN:
    case WIRE_CASE_CLOSE:
        f->body.case_change = (struct wire_case){stream, dice_from(d, 1, INT64_MAX)};
        break;
    case WIRE_CAPTURE:
        f->body.capture = (struct wire_capture){stream, dice_32(d, 0, 15), dice_site(d),
                                                dice_32(d, 0, PHASE_MAX), dice_32(d, 1000, 60000)};
        break;
    case WIRE_RULES:
        dice_text(d, text, 1, WIRE_RULES_MAX);
        f->body.rules = (struct wire_rules){(uint32_t)strlen(text), text};
        break;
    default:
        f->body.window_ask = (struct wire_window_ask){.request = dice_32(d, 0, UINT32_MAX),
                                                      .target_stream = stream,
                                                      .target_epoch = dice_epoch(d)};
        f->body.window_ask.to_tick = dice_from(d, 1, (uint64_t)1 << 62);
        f->body.window_ask.from_tick = dice_from(d, 0, f->body.window_ask.to_tick - 1);
        f->body.window_ask.channel = dice_32(d, 0, 15);
        break;
    }
}

static inline void frames_random(struct dice *d, enum wire_kind kind, struct wire_frame *f,
                                 int16_t *samples) {
    wire_begin(f, kind);
    f->stream = dice_32(d, 0, INT32_MAX);
    f->epoch = dice_epoch(d);
    f->sequence = wire_is_record(kind) ? dice_from(d, 0, INT64_MAX) : 0;
    f->case_number = dice_from(d, 0, INT64_MAX);
    switch (kind) {
    case WIRE_STREAM_INFO: frames_stream(d, &f->body.stream_info); break;
    case WIRE_SAMPLES:
    case WIRE_WINDOW: frames_data(d, f, samples); break;
    case WIRE_MARK: frames_mark(d, &f->body.mark); break;
    case WIRE_GAP:
        f->body.gap.next_tick = dice_from(d, 1, (uint64_t)1 << 62);
        f->body.gap.first_tick = dice_from(d, 0, f->body.gap.next_tick - 1);
        f->body.gap.group = dice_32(d, 0, 15);
        f->body.gap.reason = dice_32(d, 1, GAP_REASON_MAX);
        break;
    case WIRE_EVENT: frames_event(d, &f->body.event); break;
    case WIRE_EPOCH_BEGIN:
        f->body.epoch_begin.stream = f->stream;
        f->body.epoch_begin.room = dice_32(d, 0, 999);
        f->body.epoch_begin.why = dice_32(d, 1, WHY_MAX);
        f->body.epoch_begin.epoch = dice_epoch(d);
        f->body.epoch_begin.case_number = dice_from(d, 0, INT64_MAX);
        f->body.epoch_begin.first_tick = dice_tick(d);
        frames_stream(d, &f->body.epoch_begin.info);
        break;
    default:
        if (kind < 20)
            frames_link(d, f);
        else
            frames_question(d, f, (char *)samples);
        break;
    }
}
