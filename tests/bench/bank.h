/* bank.h - the detectors of a room with several sets of rules at once, fed from a log of events
 * (case_log.h). For the bench.
 *
 *     bank_open(&bank, channels, base_rate_hz, &rules);
 *     bank_hear(&bank, &event, on_finding, context);      // in order; the clock runs in between
 *
 * What it finds with a room's own rules is what the room found: b_detectors holds it to that. */
#pragma once
#include "detectors/detector.h"
#include "proto/stream.h"
#include <assert.h>

enum { BANK_SLOTS_MAX = DETECTOR_ROWS * STREAM_CHANNELS_MAX, BANK_CLOCKS_PER_S = 2 };

struct bank_slot {
    uint32_t row, channel;
    bool active;
    struct rules rules; /* of the finding that runs */
    _Alignas(16) unsigned char state[DETECTOR_STATE_BYTES];
};

struct bank {
    struct rules rules;
    uint32_t contradicted; /* a bit for each line whose label is wrong: nothing of it is heard */
    uint64_t clock_ticks, next_clock_tick;
    uint32_t slots_count;
    struct bank_slot slots[BANK_SLOTS_MAX];
};

typedef void bank_finding_fn(void *context, const struct event *finding, uint64_t now_tick);

static inline void bank_open(struct bank *bank, uint32_t channels, double base_rate_hz,
                             const struct rules *rules) {
    memset(bank, 0, sizeof *bank);
    bank->rules = *rules;
    bank->clock_ticks = bank->next_clock_tick = (uint64_t)(base_rate_hz / BANK_CLOCKS_PER_S);
    for (uint32_t row = 0; row < (uint32_t)detector_rows_count; row++) {
        bool all = detector_rows[row].scope == DETECTOR_ALL_LINES;
        for (uint32_t c = 0; c < (all ? 1 : channels); c++) {
            struct bank_slot *slot = &bank->slots[bank->slots_count++];
            struct detector_config config = {base_rate_hz, 0, all ? DETECTOR_TOGETHER : c};
            slot->row = row;
            slot->channel = config.channel;
            detector_rows[row].detector->init(slot->state, &config);
        }
    }
}

static inline bool bank_slot_hears(const struct bank *bank, const struct bank_slot *slot,
                                   const struct event *event) {
    const struct detector_row *row = &detector_rows[slot->row];
    if (!event)
        return true;
    bool value = event->kind == EVENT_BEAT || event->kind == EVENT_READING ||
                 event->kind == EVENT_MEASUREMENT || event->kind == EVENT_NO_PULSE;
    if (value && bank->contradicted >> event->channel & 1)
        return false;
    if (row->scope == DETECTOR_EACH_LINE && event->channel != slot->channel)
        return false;
    return event->kind == EVENT_MARKED || (row->sites >> event->site & 1);
}

static inline void bank_push(struct bank *bank, const struct event *event, uint64_t now_tick,
                             bank_finding_fn *on_finding, void *context) {
    for (uint32_t i = 0; i < bank->slots_count; i++) {
        struct bank_slot *slot = &bank->slots[i];
        struct event found;
        if (!bank_slot_hears(bank, slot, event))
            continue;
        if (!slot->active)
            slot->rules = bank->rules;
        memset(&found, 0, sizeof found);
        struct detector_input in = {event, now_tick, &slot->rules};
        if (!detector_rows[slot->row].detector->push(slot->state, &in, &found))
            continue;
        if (found.kind != EVENT_HELD_BACK)
            slot->active = found.state != EVENT_RECOVERED && found.state != EVENT_RETRACTED;
        on_finding(context, &found, now_tick);
    }
}

static inline void bank_hear(struct bank *bank, const struct event *event,
                             bank_finding_fn *on_finding, void *context) {
    while (bank->next_clock_tick <= event->emitted_tick) {
        bank_push(bank, NULL, bank->next_clock_tick, on_finding, context);
        bank->next_clock_tick += bank->clock_ticks;
    }
    uint32_t bit = 1u << event->channel;
    if (event->kind == EVENT_WRONG_SITE)
        bank->contradicted =
            event->state == EVENT_BEGAN ? bank->contradicted | bit : bank->contradicted & ~bit;
    bank_push(bank, event, event->emitted_tick, on_finding, context);
}
