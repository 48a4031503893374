#include "detectors/lockstep.h"
#include "detectors/exchange.h"
#include "detectors/line.h"
#include "detectors/mark.h"
#include <assert.h>
#include <string.h>

static bool any_carried(const struct room *room) {
    for (uint32_t g = 0; g < STREAM_GROUPS_MAX; g++)
        if (room->groups[g].carried)
            return true;
    return false;
}

/* Lines that would hear of a sample: of one group, or (NULL) of all. */
static bool all_asleep(const struct room *room, const struct room_group *group) {
    for (uint32_t c = 0; c < room->begin.info.channels_count; c++) {
        const struct line *line = &room->lines[c];
        bool asked = group == NULL || &room->groups[line->group] == group;
        if (asked && line->carried && line->running && !line->asleep)
            return false;
    }
    return true;
}

/* A pulse of the detectors' clock; in a sleep of all lines there is nothing to be heard, however
 * long it is. */
static void pulse(struct report_call *call, uint64_t until_tick) {
    struct room *room = call->room;
    if (all_asleep(room, NULL))
        room->next_clock_tick +=
            (until_tick - room->next_clock_tick) / room->clock_ticks * room->clock_ticks;
    else {
        exchange_watch(call);
        report_clock(call);
    }
    room->next_clock_tick += room->clock_ticks;
}

static void reach(struct report_call *call, uint64_t tick) {
    if (tick > call->room->done_tick)
        call->room->done_tick = tick;
    call->now_tick = call->room->done_tick;
}

/* Clock and marks up to and including `tick`; all samples before it were processed. */
static void advance(struct report_call *call, uint64_t tick) {
    struct room *room = call->room;
    for (;;) {
        uint64_t mark_tick = room->marks_count > 0 ? room->marks[0].tick : UINT64_MAX;
        bool marked = mark_tick <= room->next_clock_tick;
        uint64_t next_tick = marked ? mark_tick : room->next_clock_tick;
        if (next_tick > tick)
            break;
        reach(call, next_tick);
        if (marked) {
            struct stream_mark mark = room->marks[0];
            memmove(room->marks, room->marks + 1, --room->marks_count * sizeof mark);
            mark_apply(call, &mark);
        } else {
            pulse(call, tick);
        }
    }
    reach(call, tick);
}

/* One sample of each line of the group, or a missing one out of a hole. */
static void step(struct report_call *call, struct room_group *group) {
    struct room *room = call->room;
    bool held = group->ring_count > 0;
    for (uint32_t c = 0; c < room->begin.info.channels_count; c++) {
        struct line *line = &room->lines[c];
        if (&room->groups[line->group] == group && line->carried)
            line_push(call, line, held ? room->rings[group->ring_first][c] : SAMPLE_MISSING);
    }
    group->done_tick += group->ticks_per_sample;
    if (!held)
        return;
    group->ring_first = (group->ring_first + 1) % ROOM_RING;
    if (--group->ring_count == 0)
        group->ring_first = 0;
}

/* The rest of a hole in which nobody listens, in one step. True when there was one. */
static bool skip_hole(const struct room *room, struct room_group *group, uint64_t limit_tick) {
    if (group->ring_count > 0 || !all_asleep(room, group))
        return false;
    uint64_t end_tick = limit_tick < group->next_tick ? limit_tick : group->next_tick;
    uint64_t samples =
        (end_tick - group->done_tick + group->ticks_per_sample - 1) / group->ticks_per_sample;
    group->done_tick += samples * group->ticks_per_sample;
    return true;
}

/* The group with the oldest sample that waits; NULL for none before limit_tick. */
static struct room_group *oldest(struct room *room, uint64_t limit_tick) {
    struct room_group *found = NULL;
    for (uint32_t g = 0; g < STREAM_GROUPS_MAX; g++) {
        struct room_group *group = &room->groups[g];
        bool waits = group->carried && group->done_tick < group->next_tick;
        if (waits && group->done_tick < limit_tick &&
            (found == NULL || group->done_tick < found->done_tick))
            found = group;
    }
    return found;
}

/* An ECG that is further behind the newest block than the lag, or never comes, holds up no
 * pressure; when it comes, it is heard late. */
static bool not_waited_for(const struct room *room, const struct room_group *group) {
    uint64_t most = 0;
    for (uint32_t g = 0; g < STREAM_GROUPS_MAX && !group->pressures; g++)
        if (room->groups[g].carried && room->groups[g].block_tick > most)
            most = room->groups[g].block_tick;
    return !group->pressures && group->next_tick + room->lag_ticks < most;
}

/* Up to where every group has come; to the end: where the furthest has. */
static uint64_t limit(const struct room *room, bool to_the_end) {
    bool carried_only = any_carried(room);
    uint64_t least = UINT64_MAX, most = room->done_tick;
    for (uint32_t g = 0; g < STREAM_GROUPS_MAX; g++) {
        const struct room_group *group = &room->groups[g];
        if (group->channels == 0 || (carried_only && !group->carried))
            continue;
        if (group->next_tick < least && !not_waited_for(room, group))
            least = group->next_tick;
        if (group->next_tick > most)
            most = group->next_tick;
    }
    return to_the_end ? most : least;
}

void lockstep_drain(struct report_call *call, bool to_the_end) {
    struct room *room = call->room;
    uint64_t limit_tick = limit(room, to_the_end);
    struct room_group *group;
    while ((group = oldest(room, limit_tick)) != NULL) {
        if (skip_hole(room, group, limit_tick))
            continue;
        advance(call, group->done_tick);
        step(call, group);
    }
    advance(call, limit_tick);
}

static uint64_t aligned(uint64_t tick, uint32_t ticks_per_sample) {
    return tick / ticks_per_sample * ticks_per_sample;
}

/* Count and leave a hole up to next_tick. */
static void leave_hole(struct room *room, struct room_group *group, uint64_t next_tick) {
    uint64_t samples = (next_tick - group->next_tick) / group->ticks_per_sample;
    room->counts.gap += samples * group->channels;
    room->counts.received += samples * group->channels;
    group->next_tick = next_tick;
}

/* Whatever is more than the allowed lag behind first_tick is not waited for. */
static void hurry(struct report_call *call, const struct room_group *self, uint64_t first_tick) {
    struct room *room = call->room;
    for (uint32_t g = 0; g < STREAM_GROUPS_MAX && first_tick > room->lag_ticks; g++) {
        struct room_group *group = &room->groups[g];
        if (group == self || !group->pressures)
            continue;
        uint64_t least = aligned(first_tick - room->lag_ticks, group->ticks_per_sample);
        if (group->next_tick < least)
            leave_hole(room, group, least);
    }
    lockstep_drain(call, false);
}

void lockstep_gap(struct report_call *call, uint32_t g, uint64_t next_tick) {
    struct room_group *group = &call->room->groups[g];
    assert(next_tick % group->ticks_per_sample == 0 && next_tick >= group->next_tick);
    if (group->carried)
        hurry(call, group, group->next_tick);
    leave_hole(call->room, group, next_tick);
    lockstep_drain(call, false);
}

static void put(struct room *room, struct room_group *group, uint32_t channel, int16_t raw) {
    uint32_t at = (group->ring_first + group->ring_count) % ROOM_RING;
    room->rings[at][channel] = raw;
}

/* What is left of a hole becomes missing samples, now that samples stand behind it. */
static void fill_hole(struct room *room, struct room_group *group) {
    uint64_t waits = (group->next_tick - group->done_tick) / group->ticks_per_sample;
    while (group->ring_count < waits) {
        assert(group->ring_count < ROOM_RING);
        for (uint32_t c = 0; c < room->begin.info.channels_count; c++)
            if (&room->groups[room->lines[c].group] == group)
                put(room, group, c, SAMPLE_MISSING);
        group->ring_count++;
    }
}

static void fill(struct room *room, const struct sample_block *block, uint32_t from, uint32_t to) {
    struct room_group *group = &room->groups[block->group];
    const uint32_t first = group->ring_first + group->ring_count, count = to - from;
    const int16_t *raw = block->samples + from;
    assert(group->ring_count + count <= ROOM_RING);
    for (uint32_t c = 0; c < room->begin.info.channels_count; c++) {
        if (&room->groups[room->lines[c].group] != group)
            continue;
        for (uint32_t k = 0; k < count; k++)
            room->rings[(first + k) % ROOM_RING][c] = raw[k];
        raw += block->count;
    }
    group->ring_count += count;
}

void lockstep_append(struct report_call *call, const struct sample_block *block, uint32_t from,
                     uint32_t to) {
    struct room_group *group = &call->room->groups[block->group];
    assert(from < to && to <= block->count && to - from <= SAMPLES_PER_RECORD_MAX);
    group->block_tick = group->next_tick; /* before hurry(): a long hole must not wait for an ECG */
    if (group->carried) {
        hurry(call, group, group->next_tick);
        fill_hole(call->room, group);
        fill(call->room, block, from, to);
    }
    group->next_tick += (uint64_t)(to - from) * group->ticks_per_sample;
    lockstep_drain(call, false);
}
