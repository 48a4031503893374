#include "detectors/room.h"
#include "detectors/capture.h"
#include "detectors/derive.h"
#include "detectors/lockstep.h"
#include "detectors/mark.h"
#include "detectors/rwaves.h"
#include <assert.h>
#include <math.h>
#include <string.h>

size_t room_size(void) {
    return sizeof(struct room);
}

static void clear(struct room *room) {
    struct rules rules = room->rules;
    const struct spectrum *spectrum = room->spectrum;
    bool derives = room->derives;
    memset(room, 0, offsetof(struct room, lines)); /* the rest: line_init(), report_begin() */
    room->rules = rules;
    room->spectrum = spectrum;
    room->derives = derives;
}

enum hemo_error room_init(struct room *room, const struct rules *rules) {
    memset(room, 0, offsetof(struct room, lines));
    if (rules->version == 0)
        return HEMO_BAD_CONFIG;
    room->rules = *rules;
    return HEMO_OK;
}

void room_spectrum(struct room *room, const struct spectrum *spectrum) {
    room->spectrum = spectrum;
}

void room_derives(struct room *room) {
    room->derives = true;
}

static uint64_t first_sample_tick(uint64_t tick, uint32_t ticks_per_sample) {
    uint64_t rest = tick % ticks_per_sample;
    return rest == 0 ? tick : tick + ticks_per_sample - rest;
}

static void begin_group(struct room *room, const struct line *line) {
    struct room_group *group = &room->groups[line->group];
    group->channels++;
    group->carried |= line->carried;
    group->pressures |= line->carried && !line->lead;
    group->ticks_per_sample = line->ticks_per_sample;
    group->done_tick = first_sample_tick(room->begin.first_tick, line->ticks_per_sample);
    group->next_tick = group->done_tick;
}

enum hemo_error room_begin(struct room *room, const struct wire_epoch_begin *begin) {
    assert(room->rules.version > 0); /* room_init() first */
    clear(room);
    if (stream_check(&begin->info) != HEMO_OK || begin->first_tick > INT64_MAX / 2)
        return HEMO_BAD_CONFIG;
    room->begin = *begin;
    room->base_rate_hz = stream_base_rate_hz(&begin->info);
    room->lag_ticks = (uint64_t)ceil(ROOM_LAG_S * room->base_rate_hz);
    room->clock_ticks = (uint64_t)fmax(1, floor(room->base_rate_hz / ROOM_CLOCKS_PER_S));
    room->done_tick = begin->first_tick;
    room->next_clock_tick = begin->first_tick + room->clock_ticks;
    for (uint32_t c = 0; c < begin->info.channels_count; c++) {
        line_init(&room->lines[c], begin, c);
        begin_group(room, &room->lines[c]);
    }
    rwaves_begin(room);
    report_begin(room);
    room->begun = true;
    return HEMO_OK;
}

static struct report_call call_of(struct room *room, room_event_fn *on_event, void *context) {
    return (struct report_call){room, on_event, context, room->done_tick};
}

static enum hemo_error refuse(struct room *room, const struct sample_block *block,
                              enum hemo_error error) {
    uint64_t samples = (uint64_t)block->count * block->channels;
    room->counts.received += samples;
    room->counts.refused += samples;
    return error;
}

static enum hemo_error check_block(const struct room *room, const struct sample_block *block) {
    if (!room->begun)
        return HEMO_NO_STREAM_INFO;
    if (block->group >= STREAM_GROUPS_MAX || block->count == 0)
        return HEMO_BAD_COUNT;
    const struct room_group *group = &room->groups[block->group];
    if (group->channels == 0 || block->channels != group->channels)
        return HEMO_BAD_COUNT;
    if (block->first_tick % group->ticks_per_sample != 0 || block->first_tick > INT64_MAX / 2)
        return HEMO_BAD_COUNT;
    return block->first_tick < group->next_tick ? HEMO_TIME_BACKWARD : HEMO_OK;
}

static void count_used(struct room *room, const struct sample_block *block) {
    uint64_t samples = (uint64_t)block->count * block->channels;
    room->counts.received += samples;
    room->counts.used += samples;
    for (uint64_t i = 0; i < samples; i++)
        room->counts.missing += block->samples[i] == SAMPLE_MISSING;
}

enum hemo_error room_push(struct room *room, const struct sample_block *block,
                          room_event_fn *on_event, void *context) {
    enum hemo_error error = check_block(room, block);
    if (error != HEMO_OK)
        return refuse(room, block, error);
    struct report_call call = call_of(room, on_event, context);
    if (block->first_tick > room->groups[block->group].next_tick)
        lockstep_gap(&call, block->group, block->first_tick);
    count_used(room, block);
    for (uint32_t from = 0; from < block->count;) {
        uint32_t left = block->count - from;
        uint32_t to = from + (left < SAMPLES_PER_RECORD_MAX ? left : SAMPLES_PER_RECORD_MAX);
        lockstep_append(&call, block, from, to);
        from = to;
    }
    return HEMO_OK;
}

enum hemo_error room_gap(struct room *room, const struct stream_gap *gap, room_event_fn *on_event,
                         void *context) {
    if (!room->begun)
        return HEMO_NO_STREAM_INFO;
    if (gap->group >= STREAM_GROUPS_MAX || room->groups[gap->group].channels == 0)
        return HEMO_BAD_COUNT;
    const struct room_group *group = &room->groups[gap->group];
    if (gap->next_tick % group->ticks_per_sample != 0 || gap->next_tick > INT64_MAX / 2)
        return HEMO_BAD_COUNT;
    if (gap->next_tick <= group->next_tick)
        return HEMO_TIME_BACKWARD;
    struct report_call call = call_of(room, on_event, context);
    lockstep_gap(&call, gap->group, gap->next_tick);
    return HEMO_OK;
}

enum hemo_error room_mark(struct room *room, const struct stream_mark *mark,
                          room_event_fn *on_event, void *context) {
    if (!room->begun)
        return HEMO_NO_STREAM_INFO;
    enum hemo_error error = mark_check(room, mark);
    if (error != HEMO_OK)
        return error;
    struct report_call call = call_of(room, on_event, context);
    if (mark->tick > room->done_tick)
        return mark_keep(room, mark);
    mark_apply(&call, mark);
    return HEMO_OK;
}

enum hemo_error room_capture(struct room *room, const struct wire_capture *capture,
                             room_event_fn *on_event, void *context) {
    if (!room->begun)
        return HEMO_NO_STREAM_INFO;
    if (capture->channel >= room->begin.info.channels_count)
        return HEMO_BAD_NUMBER;
    if (capture->site != SITE_NONE && site_row(capture->site) == NULL)
        return HEMO_BAD_ENUM;
    struct report_call call = call_of(room, on_event, context);
    struct capture_ask ask = {capture->site, capture->back_ms * 1e-3};
    return capture_person(&call, &room->lines[capture->channel], &ask);
}

void room_rules(struct room *room, const struct rules *rules) {
    assert(rules->version > 0);
    room->rules = *rules;
}

void room_end(struct room *room, room_event_fn *on_event, void *context) {
    if (!room->begun)
        return;
    struct report_call call = call_of(room, on_event, context);
    lockstep_drain(&call, true);
    for (uint32_t c = 0; c < room->begin.info.channels_count; c++)
        line_end(&call, &room->lines[c]);
    derive_clock(&call);
    room->begun = false;
}

struct room_counts room_counts(const struct room *room) {
    return room->counts;
}
