#include "proto/wire_check.h"
#include "proto/wire_text.h"
#include "hemo.pb-c.h"
#include <assert.h>
#include <string.h>

/* Samples are int16 little-endian on the wire and in host order in the arena: here they are one. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "written for little-endian machines");

enum { ARENA_ALIGN = 16 };

static void *arena_take(void *context, size_t size) {
    struct wire_frame *frame = context;
    size_t padded = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    if (padded < size || padded > sizeof frame->arena - frame->arena_used)
        return NULL; /* protobuf-c gives up cleanly, and the frame is refused */
    void *taken = frame->arena + frame->arena_used;
    frame->arena_used += padded;
    return taken;
}

static void arena_keep(void *context, void *taken) {
    (void)context; /* all is free again with the next frame */
    (void)taken;
}

/* The table has held the length to the field's limit, so that the text fits. */
static void copy_text(char *out, size_t size, ProtobufCBinaryData text) {
    assert(text.len < size);
    if (text.len > 0)
        memcpy(out, text.data, text.len);
    out[text.len] = '\0';
}

static void copy_id(struct event_id *out, ProtobufCBinaryData id) {
    assert(id.len == 0 || id.len == sizeof out->bytes);
    if (id.len > 0)
        memcpy(out->bytes, id.data, sizeof out->bytes);
}

static void from_hello(struct wire_hello *out, const Hemo__Hello *in) {
    copy_text(out->device, sizeof out->device, in->device);
    out->room = in->room;
    out->first_held = in->first_held;
    out->next_sequence = in->next_sequence;
}

static void from_refuse(struct wire_refuse *out, const Hemo__Refuse *in) {
    out->sequence = in->sequence;
    out->error = in->error;
    copy_text(out->text, sizeof out->text, in->text);
}

static void from_channel(struct stream_channel *out, const Hemo__Channel *in) {
    *out = (struct stream_channel){
        .site = in->site, .ticks_per_sample = in->ticks_per_sample, .group = in->group,
        .scale = in->scale, .offset = in->offset, .unit = in->unit, .transducer = in->transducer};
    copy_text(out->label, sizeof out->label, in->label);
}

static void from_stream_info(struct stream_info *out, const Hemo__StreamInfo *in) {
    assert(in->n_channels <= STREAM_CHANNELS_MAX);
    out->base_rate_numerator = in->base_rate_numerator;
    out->base_rate_denominator = in->base_rate_denominator;
    out->started_at_ns = in->started_at_ns;
    out->origin = in->origin;
    out->speed_percent = in->speed_percent;
    out->channels_count = (uint32_t)in->n_channels;
    for (size_t i = 0; i < in->n_channels; i++)
        from_channel(&out->channels[i], in->channels[i]);
    copy_text(out->name, sizeof out->name, in->name);
}

static void from_mark(struct stream_mark *out, const Hemo__Mark *in) {
    out->tick = in->tick;
    out->kind = in->kind;
    out->channel = in->channel;
    out->site = in->site;
    out->phase = in->phase;
    out->quantity = in->quantity;
    out->value = in->value;
    copy_text(out->text, sizeof out->text, in->text);
    out->target_stream = in->target_stream;
}

static void from_event_lists(struct event *out, const Hemo__Event *in) {
    assert(in->n_values <= EVENT_VALUES_MAX && in->n_beats <= EVENT_BEATS_MAX &&
           in->n_left_out <= EVENT_LEFT_OUT_MAX);
    out->values_count = (uint32_t)in->n_values;
    for (size_t i = 0; i < in->n_values; i++)
        out->values[i] = (struct event_value){in->values[i]->quantity, in->values[i]->value,
                                              in->values[i]->spread};
    out->beats_count = (uint32_t)in->n_beats;
    for (size_t i = 0; i < in->n_beats; i++)
        out->beats[i] = in->beats[i];
    out->left_out_count = (uint32_t)in->n_left_out;
    for (size_t i = 0; i < in->n_left_out; i++)
        out->left_out[i] = (struct event_left_out){in->left_out[i]->tick, in->left_out[i]->reason};
}

static void from_event(struct event *out, const Hemo__Event *in) {
    copy_id(&out->id, in->id);
    out->kind = in->kind;
    out->stream = in->stream;
    out->room = in->room;
    out->epoch = in->epoch;
    out->case_number = in->case_number;
    out->tick = in->tick;
    out->emitted_tick = in->emitted_tick;
    out->ordinal = in->ordinal;
    out->site = in->site;
    out->channel = in->channel;
    out->phase = in->phase;
    out->state = in->state;
    out->from_tick = in->from_tick;
    out->to_tick = in->to_tick;
    out->from_value = in->from_value;
    out->to_value = in->to_value;
    out->quality = in->quality;
    out->method = in->method;
    out->rule_version = in->rule_version;
    out->clears_value = in->clears_value;
    out->clears_s = in->clears_s;
    out->at_ns = in->at_ns;
    copy_id(&out->refers_to, in->refers_to);
    from_event_lists(out, in);
}

static void from_epoch_begin(struct wire_epoch_begin *out, const Hemo__EpochBegin *in) {
    out->stream = in->stream;
    out->room = in->room;
    out->why = in->why;
    out->epoch = in->epoch;
    out->case_number = in->case_number;
    out->first_tick = in->first_tick;
    from_stream_info(&out->info, in->info);
}

static enum hemo_error from_window(struct wire_window *out, const Hemo__Window *in) {
    if (in->data.len != (size_t)2 * in->count)
        return HEMO_BAD_COUNT;
    *out = (struct wire_window){
        .request = in->request, .channel = in->channel, .ticks_per_sample = in->ticks_per_sample,
        .count = in->count, .first_tick = in->first_tick, .last = in->last != 0,
        .scale = in->scale, .offset = in->offset,
        .samples = (const int16_t *)(const void *)in->data.data};
    return HEMO_OK;
}

static enum hemo_error from_record(struct wire_frame *out, const Hemo__Frame *in) {
    switch (out->kind) {
    case WIRE_STREAM_INFO: from_stream_info(&out->body.stream_info, in->stream_info); break;
    case WIRE_MARK: from_mark(&out->body.mark, in->mark); break;
    case WIRE_GAP:
        out->body.gap = (struct stream_gap){in->gap->first_tick, in->gap->next_tick,
                                            in->gap->group, in->gap->reason};
        break;
    case WIRE_CASE_OPEN:
        out->body.case_change =
            (struct wire_case){in->case_open->target_stream, in->case_open->number};
        break;
    case WIRE_CASE_CLOSE:
        out->body.case_change =
            (struct wire_case){in->case_close->target_stream, in->case_close->number};
        break;
    case WIRE_CAPTURE:
        out->body.capture =
            (struct wire_capture){in->capture->target_stream, in->capture->channel,
                                  in->capture->site, in->capture->phase, in->capture->back_ms};
        break;
    case WIRE_RULES:
        out->body.rules = (struct wire_rules){(uint32_t)in->rules->text.len,
                                              (const char *)in->rules->text.data};
        break;
    case WIRE_EVENT: from_event(&out->body.event, in->event); break;
    case WIRE_EPOCH_BEGIN: from_epoch_begin(&out->body.epoch_begin, in->epoch_begin); break;
    default: return HEMO_BAD_FIELD;
    }
    return HEMO_OK;
}

static enum hemo_error from_body(struct wire_frame *out, const Hemo__Frame *in) {
    switch (out->kind) {
    case WIRE_HELLO: from_hello(&out->body.hello, in->hello); break;
    case WIRE_WELCOME:
        out->body.welcome = (struct wire_welcome){in->welcome->next_sequence, in->welcome->credit,
                                                  in->welcome->why};
        break;
    case WIRE_ACK:
        out->body.ack = (struct wire_ack){in->ack->next_sequence, in->ack->credit};
        break;
    case WIRE_REFUSE: from_refuse(&out->body.refuse, in->refuse); break;
    case WIRE_ATTACH:
        copy_text(out->body.attach.device, sizeof out->body.attach.device, in->attach->device);
        break;
    case WIRE_WINDOW_ASK:
        out->body.window_ask = (struct wire_window_ask){
            in->window_ask->request,      in->window_ask->target_stream,
            in->window_ask->channel,      in->window_ask->target_epoch,
            in->window_ask->from_tick,    in->window_ask->to_tick};
        break;
    case WIRE_WINDOW: return from_window(&out->body.window, in->window);
    default: return from_record(out, in);
    }
    return HEMO_OK;
}

enum hemo_error wire_parse(struct wire_frame *frame, const uint8_t *bytes, size_t length) {
    enum hemo_error error = wire_check(bytes, length);
    if (error != HEMO_OK)
        return error;
    if (wire_samples(frame, bytes, length, &error))
        return error != HEMO_OK ? error : wire_meaning(frame);
    wire_begin(frame, 0);
    ProtobufCAllocator allocator = {arena_take, arena_keep, frame};
    const Hemo__Frame *in = hemo__frame__unpack(&allocator, length, bytes);
    if (in == NULL)
        return HEMO_NO_ROOM; /* the table passed it, so only the arena can have said no */
    frame->stream = in->stream;
    frame->epoch = in->epoch;
    frame->sequence = in->sequence;
    frame->case_number = in->case_number;
    frame->kind = (enum wire_kind)in->body_case;
    error = from_body(frame, in);
    return error != HEMO_OK ? error : wire_meaning(frame);
}

void wire_begin(struct wire_frame *frame, enum wire_kind kind) {
    memset(frame, 0, offsetof(struct wire_frame, arena)); /* the arena may stay as it is */
    frame->kind = kind;
}

bool wire_is_record(enum wire_kind kind) { return kind >= 20 && kind <= 49; }

bool wire_device_ok(const char *device) {
    size_t length = strnlen(device, WIRE_DEVICE_MAX + 1);
    return length >= 1 && length <= WIRE_DEVICE_MAX &&
           wire_text_device((const uint8_t *)device, length);
}
