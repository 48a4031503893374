/* station.c - see station.h. */
#include "detectors/station.h"
#include <assert.h>

struct relay {
    struct station *station;
    struct station_sink *sink;
};

bool station_allows(uint64_t case_number, uint32_t kind) {
    bool of_a_case = kind == EVENT_MEASUREMENT || (kind >= 300 && kind < 400);
    return case_number != 0 || !of_a_case;
}

static void relay_event(void *context, const struct event *event) {
    struct relay *relay = context;
    struct station *s = relay->station;
    if (!station_allows(s->case_number, event->kind))
        return;
    assert(event->epoch == s->epoch && event->case_number == s->case_number);
    s->events++;
    relay->sink->on_event(relay->sink->context, event);
}

void station_over(struct station *s, struct room *room, uint32_t stream, uint32_t number) {
    *s = (struct station){.room = room, .stream = stream, .number = number};
}

/* What hemod itself says about a stream. */
static void say(struct station *s, uint32_t kind, uint64_t tick, struct station_sink *sink) {
    struct event event = {.kind = kind,
                          .stream = s->stream,
                          .room = s->number,
                          .epoch = s->epoch,
                          .case_number = s->case_number,
                          .tick = tick,
                          .emitted_tick = tick,
                          .from_tick = tick,
                          .to_tick = tick,
                          .at_ns = stream_tick_at_ns(&s->info, tick)};
    event.id = id_make(s->stream, s->epoch, tick, kind, 0);
    s->events++;
    sink->on_event(sink->context, &event);
}

static void add_counts(struct room_counts *sum, const struct room_counts *more) {
    sum->received += more->received;
    sum->used += more->used;
    sum->missing += more->missing;
    sum->gap += more->gap;
    sum->refused += more->refused;
    sum->events += more->events;
}

void station_end(struct station *s, struct station_sink *sink) {
    if (!s->open)
        return;
    struct relay relay = {s, sink};
    room_end(s->room, relay_event, &relay);
    struct room_counts counts = room_counts(s->room);
    add_counts(&s->before, &counts);
    s->open = false;
}

void station_begin(struct station *s, const struct wire_epoch_begin *begin,
                   struct station_sink *sink) {
    assert(begin->stream == s->stream);
    station_end(s, sink);
    s->epoch = begin->epoch;
    s->case_number = begin->case_number;
    s->info = begin->info;
    s->tick = s->began_tick = begin->first_tick;
    s->next_sequence = s->commands = 0;
    s->quarantined = false;
    s->open = room_begin(s->room, begin) == HEMO_OK;
    say(s, EVENT_EPOCH_BEGAN, begin->first_tick, sink);
}

static void quarantine(struct station *s, struct station_sink *sink) {
    if (!s->quarantined)
        say(s, EVENT_QUARANTINED, s->tick, sink);
    s->quarantined = true;
}

static void advance(struct station *s, const struct sample_block *block) {
    for (uint32_t i = 0; i < s->info.channels_count; i++) {
        const struct stream_channel *channel = &s->info.channels[i];
        if (channel->group != block->group)
            continue;
        uint64_t end = block->first_tick + (uint64_t)block->count * channel->ticks_per_sample;
        if (end > s->tick)
            s->tick = end;
        return;
    }
}

/* Samples for which no room is open: refused, and counted as that. */
static enum hemo_error unheard(struct station *s, const struct wire_frame *frame) {
    if (frame->kind == WIRE_SAMPLES) {
        uint64_t samples = (uint64_t)frame->body.samples.channels * frame->body.samples.count;
        s->before.received += samples;
        s->before.refused += samples;
    }
    return HEMO_OLD_EPOCH;
}

/* A value dated before the epoch of a case is another patient's. */
static enum hemo_error mark(struct station *s, const struct stream_mark *mark,
                            struct relay *relay) {
    if (s->case_number && mark->kind == MARK_VALUE && mark->tick < s->began_tick)
        return HEMO_WRONG_CASE;
    return room_mark(s->room, mark, relay_event, relay);
}

enum hemo_error station_frame(struct station *s, const struct wire_frame *frame,
                              struct station_sink *sink) {
    struct relay relay = {s, sink};
    enum hemo_error error = HEMO_OK;
    if (frame->kind == WIRE_STREAM_INFO)
        return HEMO_OK; /* EpochBegin carries it */
    if (!s->open || frame->epoch != s->epoch)
        return unheard(s, frame);
    assert(frame->stream == s->stream && frame->case_number == s->case_number);
    s->next_sequence = frame->sequence + 1;
    if (frame->kind == WIRE_SAMPLES) {
        error = room_push(s->room, &frame->body.samples, relay_event, &relay);
        if (error == HEMO_OK)
            advance(s, &frame->body.samples);
    } else if (frame->kind == WIRE_GAP) {
        error = room_gap(s->room, &frame->body.gap, relay_event, &relay);
    } else if (frame->kind == WIRE_MARK) {
        error = mark(s, &frame->body.mark, &relay);
    }
    if (error != HEMO_OK)
        quarantine(s, sink);
    return error;
}

enum hemo_error station_command(struct station *s, const struct wire_frame *frame,
                                struct station_sink *sink) {
    struct relay relay = {s, sink};
    s->commands++;
    if (!s->open)
        return HEMO_NOT_FOUND;
    if (frame->kind == WIRE_CAPTURE)
        return room_capture(s->room, &frame->body.capture, relay_event, &relay);
    assert(frame->kind == WIRE_MARK);
    struct stream_mark here = frame->body.mark;
    if (!here.tick)
        here.tick = s->tick;
    return mark(s, &here, &relay);
}

void station_rules(struct station *s, const struct rules *rules) {
    room_rules(s->room, rules);
}

struct room_counts station_counts(const struct station *s) {
    struct room_counts sum = s->before;
    if (!s->open)
        return sum;
    struct room_counts counts = room_counts(s->room);
    add_counts(&sum, &counts);
    return sum;
}
