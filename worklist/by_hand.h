/* by_hand.h - a measurement computed again from the beats that a person chose and the markers that
 * a person moved, by the rule of the machine: the median over beats. Pure.
 *
 *     by_hand_mark(&pulses[3], QUANTITY_SYSTOLIC, 118.4);
 *     json_t *values = by_hand_values(machine_values, pulses, count);
 * A mean over breaths is none of beats and stays; who chooses beats where an end-expiratory mean
 * stands beside it chooses those at end-expiration: that one is then the median of their means. */
#pragma once
#include "proto/event.h"
#include <jansson.h>

enum { BY_HAND_PULSES = 128 };

struct by_hand_pulse {
    uint64_t tick;
    bool used;
    uint32_t values_count;
    struct event_value values[EVENT_VALUES_MAX];
};

/* False: the pulse has no such value, or it is none that is read at a place of the trace. */
bool by_hand_mark(struct by_hand_pulse *pulse, uint32_t quantity, double value);

/* {"systolic": 118.4, ...}: each value of the machine that the pulses in use can give. */
json_t *by_hand_values(const json_t *machine, const struct by_hand_pulse *pulses, size_t count);
