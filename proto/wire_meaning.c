#include "proto/wire_check.h"
#include <math.h>
#include <string.h>

static enum hemo_error meaning_hello(const struct wire_hello *hello) {
    if (!wire_device_ok(hello->device))
        return HEMO_BAD_ID;
    return hello->first_held <= hello->next_sequence ? HEMO_OK : HEMO_BAD_NUMBER;
}

static enum hemo_error meaning_samples(const struct sample_block *block) {
    if (block->channels < 1 || block->channels > STREAM_CHANNELS_MAX || block->count < 1 ||
        block->count > SAMPLES_PER_RECORD_MAX || block->samples == NULL)
        return HEMO_BAD_COUNT;
    return HEMO_OK;
}

/* What a kind of mark cannot do without. */
static enum hemo_error meaning_mark(const struct stream_mark *mark) {
    bool text = mark->kind == MARK_DRUG || mark->kind == MARK_NOTE;
    bool begins_or_ends =
        mark->kind == MARK_ZEROING || mark->kind == MARK_FLUSH || mark->kind == MARK_WEDGE ||
        mark->kind == MARK_EQUALISE || mark->kind == MARK_PULLBACK;
    if (mark->kind == MARK_SITE && mark->site == SITE_NONE)
        return HEMO_BAD_FIELD;
    if (mark->kind == MARK_VALUE && mark->quantity == 0)
        return HEMO_BAD_FIELD;
    if (mark->kind == MARK_CAPTURE && !(mark->value != 0 && fabs(mark->value) <= 60))
        return HEMO_BAD_NUMBER;
    if (text && mark->text[0] == '\0')
        return HEMO_BAD_FIELD;
    bool of_clocks = mark->kind == MARK_PACE || mark->kind == MARK_LEAP;
    if (of_clocks && !(mark->value > 0))
        return HEMO_BAD_NUMBER;
    if (begins_or_ends && mark->value != 0 && mark->value != 1)
        return HEMO_BAD_NUMBER;
    return HEMO_OK;
}

static enum hemo_error meaning_event(const struct event *event) {
    if (id_is_zero(event->id))
        return HEMO_BAD_ID;
    if (event->values_count > EVENT_VALUES_MAX || event->beats_count > EVENT_BEATS_MAX ||
        event->left_out_count > EVENT_LEFT_OUT_MAX)
        return HEMO_BAD_COUNT;
    return event->tick <= event->emitted_tick ? HEMO_OK : HEMO_BAD_NUMBER;
}

static enum hemo_error meaning_window(const struct wire_window *window) {
    if (window->count == 0) /* nothing there: the answer to a question about no stored signal */
        return HEMO_OK;
    if (window->count > WIRE_WINDOW_MAX || window->samples == NULL)
        return HEMO_BAD_COUNT;
    return window->ticks_per_sample > 0 && window->scale != 0 ? HEMO_OK : HEMO_BAD_NUMBER;
}

static enum hemo_error meaning_body(const struct wire_frame *frame) {
    switch (frame->kind) {
    case WIRE_HELLO: return meaning_hello(&frame->body.hello);
    case WIRE_ATTACH: return wire_device_ok(frame->body.attach.device) ? HEMO_OK : HEMO_BAD_ID;
    case WIRE_STREAM_INFO: return stream_check(&frame->body.stream_info);
    case WIRE_SAMPLES: return meaning_samples(&frame->body.samples);
    case WIRE_MARK: return meaning_mark(&frame->body.mark);
    case WIRE_GAP:
        return frame->body.gap.first_tick < frame->body.gap.next_tick ? HEMO_OK : HEMO_BAD_NUMBER;
    case WIRE_RULES:
        return frame->body.rules.length > WIRE_RULES_MAX || frame->body.rules.text == NULL
                   ? HEMO_BAD_COUNT
                   : HEMO_OK;
    case WIRE_EVENT: return meaning_event(&frame->body.event);
    case WIRE_EPOCH_BEGIN: return stream_check(&frame->body.epoch_begin.info);
    case WIRE_WINDOW_ASK:
        return frame->body.window_ask.from_tick < frame->body.window_ask.to_tick ? HEMO_OK
                                                                                 : HEMO_BAD_NUMBER;
    case WIRE_WINDOW: return meaning_window(&frame->body.window);
    case WIRE_WELCOME:
    case WIRE_ACK:
    case WIRE_REFUSE:
    case WIRE_CASE_OPEN:
    case WIRE_CASE_CLOSE:
    case WIRE_CAPTURE: return HEMO_OK; /* the fields say all */
    }
    return HEMO_BAD_FIELD;
}

enum hemo_error wire_meaning(const struct wire_frame *frame) {
    bool numbered = wire_is_record(frame->kind);
    bool needs_epoch = numbered || frame->kind == WIRE_WELCOME || frame->kind == WIRE_ACK;
    if (needs_epoch && frame->epoch == 0)
        return HEMO_BAD_NUMBER;
    if (!numbered && frame->sequence != 0)
        return HEMO_BAD_FIELD;
    return meaning_body(frame);
}
