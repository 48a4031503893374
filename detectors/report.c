#include "detectors/report.h"
#include "detectors/derive.h"
#include "detectors/equivocal.h"
#include "detectors/line.h"
#include <assert.h>
#include <string.h>

struct event report_new(const struct report_call *call, const struct line *line, uint32_t kind,
                        uint64_t tick) {
    struct event event;
    memset(&event, 0, sizeof event);
    event.kind = kind;
    event.tick = tick <= call->now_tick ? tick : call->now_tick;
    event.from_tick = event.to_tick = event.tick;
    event.channel = event.ordinal = line->index;
    event.site = line->site;
    event.quality = 1;
    return event;
}

/* All that is the same for every event of this epoch, and the id. */
static void complete(const struct report_call *call, struct event *event) {
    const struct wire_epoch_begin *begin = &call->room->begin;
    assert(event->kind != EVENT_NONE && event->tick <= call->now_tick);
    event->stream = begin->stream;
    event->room = begin->room;
    event->epoch = begin->epoch;
    event->case_number = begin->case_number;
    event->phase = call->room->phase;
    event->emitted_tick = call->now_tick;
    event->ordinal |= event->state << 8;
    event->at_ns = stream_tick_at_ns(&begin->info, event->tick);
    event->id = id_make(event->stream, event->epoch, event->tick, event->kind, event->ordinal);
}

static void hand_over(struct report_call *call, const struct event *event) {
    call->room->counts.events++;
    call->on_event(call->context, event);
}

static void finding(struct report_call *call, struct detector_slot *slot,
                    const struct rules *rules, struct event *event) {
    event->ordinal = event->channel;
    event->rule_version = rules->version;
    if (event->kind == EVENT_HELD_BACK) { /* a note, not a finding: what runs goes on */
        event->ordinal |= (uint32_t)event->from_value << 16;
        complete(call, event);
        hand_over(call, event);
        return;
    }
    complete(call, event);
    if (event->state == EVENT_RAISED)
        slot->raised = event->id;
    else
        event->refers_to = slot->raised;
    slot->active = event->state != EVENT_RECOVERED && event->state != EVENT_RETRACTED;
    hand_over(call, event);
}

/* Of a line whose trace is not of the site that its label says, no detector hears a value: it would
 * be taken for the label's. What the line itself says goes on. */
static bool of_another_site(const struct room *room, const struct event *event) {
    bool value = event->kind == EVENT_BEAT || event->kind == EVENT_READING ||
                 event->kind == EVENT_MEASUREMENT || event->kind == EVENT_NO_PULSE;
    return value && line_contradicted(&room->lines[event->channel]);
}

static bool hears(const struct room *room, const struct detector_slot *slot,
                  const struct event *event) {
    const struct detector_row *row = &detector_rows[slot->row];
    if (event == NULL)
        return true;
    if (of_another_site(room, event))
        return false;
    if (row->scope == DETECTOR_EACH_LINE && event->channel != slot->channel)
        return false;
    return event->kind == EVENT_MARKED || (row->sites >> event->site & 1);
}

static void detect(struct report_call *call, const struct event *event) {
    struct room *room = call->room;
    struct rules here = rules_at(&room->rules, room->begin.room, room->phase);
    for (uint32_t i = 0; i < room->slots_count; i++) {
        struct detector_slot *slot = &room->slots[i];
        struct event found;
        if (!hears(room, slot, event))
            continue;
        memset(&found, 0, sizeof found);
        bool runs = slot->active;
        const struct rules *rules = runs ? &room->slot_rules[i] : &here;
        struct detector_input in = {event, call->now_tick, rules};
        if (detector_rows[slot->row].detector->push(room->states + slot->state_at, &in, &found))
            finding(call, slot, rules, &found);
        if (slot->active && !runs)
            room->slot_rules[i] = here;
    }
}

void report_send(struct report_call *call, struct event *event) {
    if (event->kind == EVENT_MEASUREMENT)
        event->rule_version = call->room->rules.version;
    complete(call, event);
    hand_over(call, event);
    detect(call, event);
    derive_measured(call, event);
    if (event->kind == EVENT_MEASUREMENT)
        equivocal_measured(call, event);
}

void report_clock(struct report_call *call) {
    detect(call, NULL);
    derive_clock(call);
}

static void add_slot(struct room *room, uint32_t row, uint32_t channel) {
    assert(room->slots_count < ROOM_SLOTS_MAX);
    struct detector_slot *slot = &room->slots[room->slots_count++];
    slot->row = row;
    slot->channel = channel;
    slot->active = false;
    slot->raised = (struct event_id){{0}};
    slot->state_at = room->states_used;
    room->states_used += ((uint32_t)detector_rows[row].detector->state_bytes + 15u) & ~15u;
    assert(room->states_used <= ROOM_STATES_BYTES);
    struct detector_config config = {room->base_rate_hz, room->begin.first_tick, channel};
    memset(room->states + slot->state_at, 0, detector_rows[row].detector->state_bytes);
    detector_rows[row].detector->init(room->states + slot->state_at, &config);
}

void report_begin(struct room *room) {
    room->slots_count = room->states_used = 0;
    for (uint32_t row = 0; row < (uint32_t)detector_rows_count; row++) {
        if (detector_rows[row].scope == DETECTOR_ALL_LINES) {
            add_slot(room, row, DETECTOR_TOGETHER);
            continue;
        }
        for (uint32_t c = 0; c < room->begin.info.channels_count; c++)
            if (room->lines[c].carried && !room->lines[c].lead)
                add_slot(room, row, c);
    }
}
