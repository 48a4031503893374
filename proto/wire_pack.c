#include "proto/wire_check.h"
#include "hemo.pb-c.h"
#include <string.h>

struct event_parts {
    Hemo__Event event;
    Hemo__Value values[EVENT_VALUES_MAX];
    Hemo__Value *values_list[EVENT_VALUES_MAX];
    Hemo__LeftOut left_out[EVENT_LEFT_OUT_MAX];
    Hemo__LeftOut *left_out_list[EVENT_LEFT_OUT_MAX];
};

struct stream_parts {
    Hemo__EpochBegin begin;
    Hemo__StreamInfo info;
    Hemo__Channel channels[STREAM_CHANNELS_MAX];
    Hemo__Channel *channels_list[STREAM_CHANNELS_MAX];
};

/* protobuf-c's own structs of one frame, pointing into the caller's plain values. */
struct parts {
    Hemo__Frame frame;
    union {
        Hemo__Hello hello;
        Hemo__Welcome welcome;
        Hemo__Ack ack;
        Hemo__Refuse refuse;
        Hemo__Attach attach;
        struct stream_parts stream;
        Hemo__Samples samples;
        Hemo__Mark mark;
        Hemo__Gap gap;
        Hemo__CaseOpen case_open;
        Hemo__CaseClose case_close;
        Hemo__Capture capture;
        Hemo__Rules rules;
        struct event_parts event;
        Hemo__WindowAsk window_ask;
        Hemo__Window window;
    } body;
};

/* protobuf-c only reads what it packs; its structs have no const. */
static ProtobufCBinaryData data_of(const void *bytes, size_t length) {
    return (ProtobufCBinaryData){length, (uint8_t *)(uintptr_t)bytes};
}

/* A text without its end comes out one byte too long, and the validator refuses it. */
static ProtobufCBinaryData text_of(const char *text, size_t size) {
    return data_of(text, strnlen(text, size));
}

static ProtobufCBinaryData id_of(const struct event_id *id) {
    return data_of(id->bytes, id_is_zero(*id) ? 0 : sizeof id->bytes);
}

static void put_stream_info(struct stream_parts *out, const struct stream_info *in) {
    hemo__stream_info__init(&out->info);
    out->info.base_rate_numerator = in->base_rate_numerator;
    out->info.base_rate_denominator = in->base_rate_denominator;
    out->info.started_at_ns = in->started_at_ns;
    out->info.origin = in->origin;
    out->info.speed_percent = in->speed_percent;
    out->info.n_channels = in->channels_count;
    out->info.channels = out->channels_list;
    out->info.name = text_of(in->name, sizeof in->name);
    for (uint32_t i = 0; i < in->channels_count; i++) {
        const struct stream_channel *from = &in->channels[i];
        Hemo__Channel *to = out->channels_list[i] = &out->channels[i];
        hemo__channel__init(to);
        to->site = from->site;
        to->ticks_per_sample = from->ticks_per_sample;
        to->group = from->group;
        to->scale = from->scale;
        to->offset = from->offset;
        to->unit = from->unit;
        to->label = text_of(from->label, sizeof from->label);
        to->transducer = from->transducer;
    }
}

static void put_epoch_begin(struct stream_parts *out, const struct wire_epoch_begin *in) {
    hemo__epoch_begin__init(&out->begin);
    out->begin.stream = in->stream;
    out->begin.epoch = in->epoch;
    out->begin.case_number = in->case_number;
    out->begin.room = in->room;
    out->begin.why = in->why;
    out->begin.first_tick = in->first_tick;
    out->begin.info = &out->info;
    put_stream_info(out, &in->info);
}

static void put_event_lists(struct event_parts *out, const struct event *in) {
    out->event.n_values = in->values_count;
    out->event.values = out->values_list;
    for (uint32_t i = 0; i < in->values_count; i++) {
        hemo__value__init(out->values_list[i] = &out->values[i]);
        out->values[i].quantity = in->values[i].quantity;
        out->values[i].value = in->values[i].value;
        out->values[i].spread = in->values[i].spread;
    }
    out->event.n_beats = in->beats_count;
    out->event.beats = (uint64_t *)(uintptr_t)in->beats;
    out->event.n_left_out = in->left_out_count;
    out->event.left_out = out->left_out_list;
    for (uint32_t i = 0; i < in->left_out_count; i++) {
        hemo__left_out__init(out->left_out_list[i] = &out->left_out[i]);
        out->left_out[i].tick = in->left_out[i].tick;
        out->left_out[i].reason = in->left_out[i].reason;
    }
}

static void put_event(struct event_parts *out, const struct event *in) {
    Hemo__Event *event = &out->event;
    hemo__event__init(event);
    event->id = id_of(&in->id);
    event->kind = in->kind;
    event->stream = in->stream;
    event->epoch = in->epoch;
    event->case_number = in->case_number;
    event->tick = in->tick;
    event->emitted_tick = in->emitted_tick;
    event->ordinal = in->ordinal;
    event->site = in->site;
    event->channel = in->channel;
    event->phase = in->phase;
    event->state = in->state;
    event->from_tick = in->from_tick;
    event->to_tick = in->to_tick;
    event->from_value = in->from_value;
    event->to_value = in->to_value;
    event->quality = in->quality;
    event->method = in->method;
    event->rule_version = in->rule_version;
    event->clears_value = in->clears_value;
    event->clears_s = in->clears_s;
    event->refers_to = id_of(&in->refers_to);
    event->at_ns = in->at_ns;
    event->room = in->room;
    put_event_lists(out, in);
}

static void put_samples(Hemo__Samples *out, const struct sample_block *in) {
    hemo__samples__init(out);
    out->first_tick = in->first_tick;
    out->group = in->group;
    out->channels = in->channels;
    out->count = in->count;
    out->data = data_of(in->samples, (size_t)2 * in->channels * in->count);
}

static void put_mark(Hemo__Mark *out, const struct stream_mark *in) {
    hemo__mark__init(out);
    out->tick = in->tick;
    out->kind = in->kind;
    out->channel = in->channel;
    out->site = in->site;
    out->phase = in->phase;
    out->quantity = in->quantity;
    out->value = in->value;
    out->text = text_of(in->text, sizeof in->text);
    out->target_stream = in->target_stream;
}

static void put_gap(Hemo__Gap *out, const struct stream_gap *in) {
    hemo__gap__init(out);
    out->first_tick = in->first_tick;
    out->next_tick = in->next_tick;
    out->group = in->group;
    out->reason = in->reason;
}

static void put_capture(Hemo__Capture *out, const struct wire_capture *in) {
    hemo__capture__init(out);
    out->target_stream = in->target_stream;
    out->channel = in->channel;
    out->site = in->site;
    out->phase = in->phase;
    out->back_ms = in->back_ms;
}

static void put_window_ask(Hemo__WindowAsk *out, const struct wire_window_ask *in) {
    hemo__window_ask__init(out);
    out->request = in->request;
    out->target_stream = in->target_stream;
    out->target_epoch = in->target_epoch;
    out->from_tick = in->from_tick;
    out->to_tick = in->to_tick;
    out->channel = in->channel;
}

static void put_window(Hemo__Window *out, const struct wire_window *in) {
    hemo__window__init(out);
    out->request = in->request;
    out->channel = in->channel;
    out->first_tick = in->first_tick;
    out->ticks_per_sample = in->ticks_per_sample;
    out->count = in->count;
    out->data = data_of(in->samples, (size_t)2 * in->count);
    out->last = in->last;
    out->scale = in->scale;
    out->offset = in->offset;
}

static void put_hello(Hemo__Hello *out, const struct wire_hello *in) {
    hemo__hello__init(out);
    out->device = text_of(in->device, sizeof in->device);
    out->room = in->room;
    out->first_held = in->first_held;
    out->next_sequence = in->next_sequence;
}

static void put_welcome(Hemo__Welcome *out, const struct wire_welcome *in) {
    hemo__welcome__init(out);
    out->next_sequence = in->next_sequence;
    out->credit = in->credit;
    out->why = in->why;
}

static void put_ack(Hemo__Ack *out, const struct wire_ack *in) {
    hemo__ack__init(out);
    out->next_sequence = in->next_sequence;
    out->credit = in->credit;
}

static void put_refuse(Hemo__Refuse *out, const struct wire_refuse *in) {
    hemo__refuse__init(out);
    out->sequence = in->sequence;
    out->error = in->error;
    out->text = text_of(in->text, sizeof in->text);
}

static void put_case(struct parts *out, const struct wire_frame *in) {
    const struct wire_case *change = &in->body.case_change;
    if (in->kind == WIRE_CASE_OPEN) {
        hemo__case_open__init(out->frame.case_open = &out->body.case_open);
        out->body.case_open.target_stream = change->target_stream;
        out->body.case_open.number = change->number;
        return;
    }
    hemo__case_close__init(out->frame.case_close = &out->body.case_close);
    out->body.case_close.target_stream = change->target_stream;
    out->body.case_close.number = change->number;
}

/* Sets the frame's pointer, which is one of the union's, to the body and fills it. */
#define PUT(name, function) \
    function((out->frame.name = &out->body.name), &in->body.name)

static void put_record(struct parts *out, const struct wire_frame *in) {
    switch (in->kind) {
    case WIRE_STREAM_INFO:
        put_stream_info(&out->body.stream, &in->body.stream_info);
        out->frame.stream_info = &out->body.stream.info;
        break;
    case WIRE_SAMPLES: PUT(samples, put_samples); break;
    case WIRE_MARK: PUT(mark, put_mark); break;
    case WIRE_GAP: PUT(gap, put_gap); break;
    case WIRE_CASE_OPEN:
    case WIRE_CASE_CLOSE: put_case(out, in); break;
    case WIRE_CAPTURE: PUT(capture, put_capture); break;
    case WIRE_RULES:
        hemo__rules__init(out->frame.rules = &out->body.rules);
        out->body.rules.text = data_of(in->body.rules.text, in->body.rules.length);
        break;
    case WIRE_EVENT:
        put_event(&out->body.event, &in->body.event);
        out->frame.event = &out->body.event.event;
        break;
    case WIRE_EPOCH_BEGIN:
        put_epoch_begin(&out->body.stream, &in->body.epoch_begin);
        out->frame.epoch_begin = &out->body.stream.begin;
        break;
    default: break; /* wire_meaning() knew the kind */
    }
}

static void put_body(struct parts *out, const struct wire_frame *in) {
    switch (in->kind) {
    case WIRE_HELLO: PUT(hello, put_hello); break;
    case WIRE_WELCOME: PUT(welcome, put_welcome); break;
    case WIRE_ACK: PUT(ack, put_ack); break;
    case WIRE_REFUSE: PUT(refuse, put_refuse); break;
    case WIRE_ATTACH:
        hemo__attach__init(out->frame.attach = &out->body.attach);
        out->body.attach.device =
            text_of(in->body.attach.device, sizeof in->body.attach.device);
        break;
    case WIRE_WINDOW_ASK: PUT(window_ask, put_window_ask); break;
    case WIRE_WINDOW: PUT(window, put_window); break;
    default: put_record(out, in); break;
    }
}

enum hemo_error wire_pack(const struct wire_frame *frame, uint8_t *out, size_t size,
                          size_t *length) {
    struct parts parts;
    *length = 0;
    enum hemo_error error = wire_meaning(frame);
    if (error != HEMO_OK)
        return error;
    hemo__frame__init(&parts.frame);
    parts.frame.version = WIRE_VERSION;
    parts.frame.stream = frame->stream;
    parts.frame.epoch = frame->epoch;
    parts.frame.sequence = frame->sequence;
    parts.frame.case_number = frame->case_number;
    parts.frame.body_case = (Hemo__Frame__BodyCase)frame->kind;
    put_body(&parts, frame);
    size_t needed = hemo__frame__get_packed_size(&parts.frame);
    if (needed > size || needed > WIRE_BYTES_MAX)
        return HEMO_NO_ROOM;
    hemo__frame__pack(&parts.frame, out);
    error = wire_check(out, needed);
    if (error == HEMO_OK)
        *length = needed;
    return error;
}
