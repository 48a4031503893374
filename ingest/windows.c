/* windows.c - see windows.h. */
#include "ingest/windows.h"
#include <assert.h>
#include <string.h>

enum hemo_error windows_init(struct windows *w, const struct index *index, int folder) {
    memset(w, 0, sizeof *w);
    w->index = index;
    return reader_init(&w->reader, folder);
}

void windows_close(struct windows *w) {
    reader_close(&w->reader);
}

enum hemo_error windows_ask(struct windows *w, uint32_t slot, const struct wire_window_ask *ask) {
    if (w->count == WINDOWS_QUEUE)
        return HEMO_NO_ROOM;
    w->queue[(w->head + w->count++) % WINDOWS_QUEUE] = (struct windows_question){slot, *ask};
    return HEMO_OK;
}

static void learn_channel(struct windows *w, const struct wire_epoch_begin *begin) {
    uint64_t span_max = (uint64_t)(WINDOWS_SPAN_S * stream_base_rate_hz(&begin->info));
    if (w->ask.channel >= begin->info.channels_count) {
        w->ended = true;
        return;
    }
    w->channel = begin->info.channels[w->ask.channel];
    w->row = 0;
    for (uint32_t i = 0; i < w->ask.channel; i++)
        if (begin->info.channels[i].group == w->channel.group)
            w->row++;
    if (w->ask.to_tick - w->ask.from_tick > span_max)
        w->ask.to_tick = w->ask.from_tick + span_max;
    w->have_channel = true;
}

static bool is_begin(const struct windows *w, const struct record *record, struct peek *peek) {
    return record->type == RECORD_EPOCH && peek_frame(record->payload, record->length, peek) &&
           peek->about_stream == w->ask.target_stream;
}

static void read_begin(struct windows *w, const struct record *record) {
    if (wire_parse(&w->frame, record->payload, record->length) == HEMO_OK)
        learn_channel(w, &w->frame.body.epoch_begin);
    else
        w->ended = true;
}

static void start(struct windows *w, struct place durable) {
    const struct windows_question *question = &w->queue[w->head];
    struct index_mark range[2], mark;
    struct record record;
    w->ask = question->ask;
    w->slot = question->slot;
    w->head = (w->head + 1) % WINDOWS_QUEUE;
    w->count--;
    w->active = true;
    w->have_channel = w->ended = false;
    w->samples_count = 0;
    range[0] = (struct index_mark){.epoch = w->ask.target_epoch, .tick = w->ask.from_tick};
    range[1] = (struct index_mark){.epoch = w->ask.target_epoch, .tick = w->ask.to_tick};
    if (!index_find(w->index, w->ask.target_stream, range, &mark, &w->stop)) {
        w->ended = true;
        return;
    }
    if (mark.epoch == w->ask.target_epoch) {
        reader_seek(&w->reader, mark.begin);
        if (reader_next(&w->reader, durable, &record) == HEMO_OK)
            read_begin(w, &record);
    }
    reader_seek(&w->reader, mark.at);
}

static enum windows_step send_window(struct windows *w) {
    wire_begin(&w->out, WIRE_WINDOW);
    struct wire_window *window = &w->out.body.window;
    w->out.stream = w->ask.target_stream;
    w->out.epoch = w->ask.target_epoch;
    *window =
        (struct wire_window){.request = w->ask.request,
                             .channel = w->ask.channel,
                             .ticks_per_sample = w->channel.ticks_per_sample,
                             .count = w->samples_count,
                             .first_tick = w->samples_count ? w->first_tick : w->ask.from_tick,
                             .last = w->ended,
                             .scale = w->channel.scale,
                             .offset = w->channel.offset,
                             .samples = w->samples};
    w->samples_count = 0;
    if (w->ended)
        w->active = false;
    return WINDOWS_SEND;
}

/* False: what is held must be sent first; the record comes again. */
static bool take_samples(struct windows *w) {
    const struct sample_block *block = &w->frame.body.samples;
    uint64_t tps = w->channel.ticks_per_sample;
    if (w->row >= block->channels)
        return true;
    bool joins = block->first_tick == w->first_tick + w->samples_count * tps;
    bool fits = w->samples_count + block->count <= WINDOWS_SAMPLES;
    if (w->samples_count && (!joins || !fits))
        return false;
    for (uint32_t i = 0; i < block->count; i++) {
        uint64_t tick = block->first_tick + i * tps;
        if (tick < w->ask.from_tick || tick >= w->ask.to_tick)
            continue;
        if (!w->samples_count)
            w->first_tick = tick;
        w->samples[w->samples_count++] = block->samples[(size_t)w->row * block->count + i];
    }
    return true;
}

/* True: a window must be sent before this record is looked at again. */
static bool take_record(struct windows *w, const struct record *record) {
    struct peek peek;
    if (is_begin(w, record, &peek)) {
        if (peek.about_epoch == w->ask.target_epoch)
            read_begin(w, record);
        else if (peek.about_epoch > w->ask.target_epoch)
            w->ended = true;
        return false;
    }
    if (record->type != RECORD_FRAME || !peek_frame(record->payload, record->length, &peek))
        return false;
    bool ours = peek.kind == WIRE_SAMPLES && peek.stream == w->ask.target_stream &&
                peek.epoch == w->ask.target_epoch && w->have_channel &&
                peek.group == w->channel.group;
    if (!ours)
        return false;
    w->ended = peek.tick >= w->ask.to_tick;
    uint64_t end = peek.tick + (uint64_t)peek.count * w->channel.ticks_per_sample;
    if (w->ended || end <= w->ask.from_tick)
        return false;
    if (wire_parse(&w->frame, record->payload, record->length) != HEMO_OK)
        return false;
    return !take_samples(w);
}

enum windows_step windows_step(struct windows *w, struct place durable) {
    struct place limit = durable;
    struct record record;
    if (!w->active && !w->count)
        return WINDOWS_IDLE;
    if (!w->active)
        start(w, durable);
    if (place_before(w->stop, limit))
        limit = w->stop;
    for (int i = 0; i < WINDOWS_RECORDS && !w->ended; i++) {
        if (reader_next(&w->reader, limit, &record) != HEMO_OK) {
            w->ended = true;
            break;
        }
        if (!take_record(w, &record))
            continue;
        reader_seek(&w->reader, w->reader.last);
        return send_window(w);
    }
    return w->ended ? send_window(w) : WINDOWS_MORE;
}
