/* workload.h - W1, the room that every figure of the bench is about: 8 channels at 1000 Hz in
 * records of 20 samples: LV, AO, PA, RA, Pa, Pd, an ECG and a flow. A minute of it, the same bytes
 * everywhere, that joins its own beginning: record n is record n % WORKLOAD_RECORDS with a later
 * tick. Heart rate wanders between 50 and 120, the breath is 0.25 Hz, noise 0.5 mmHg. */
#pragma once
#include "proto/site.h"
#include "proto/wire.h"
#include "tests/pulses.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORKLOAD_VERSION = 1, WORKLOAD_CHANNELS = 8, WORKLOAD_HZ = 1000, WORKLOAD_COUNT = 20,
    WORKLOAD_S = 60, WORKLOAD_RECORDS = WORKLOAD_S * WORKLOAD_HZ / WORKLOAD_COUNT,
    WORKLOAD_PER_RECORD = WORKLOAD_CHANNELS * WORKLOAD_COUNT, WORKLOAD_BEATS = 76
};
static const double workload_scale = 0.05;

static const struct {
    uint32_t site;
    double low, high;
    double (*shape)(double);
} workload_rows[] = {
    {SITE_LV, 8, 125, pulses_ventricle}, {SITE_AO, 72, 122, pulses_artery},
    {SITE_PA, 10, 26, pulses_artery},    {SITE_RA, 4, 9, pulses_atrium},
    {SITE_PAO, 72, 120, pulses_artery}, {SITE_PD, 60, 105, pulses_artery},
    {SITE_NONE, 0, 1, pulses_ventricle}, {SITE_NONE, 0, 5, pulses_ventricle}};

struct workload {
    struct stream_info info;
    int16_t samples[WORKLOAD_RECORDS][WORKLOAD_PER_RECORD];
};

static inline void workload_info(struct stream_info *info) {
    *info = (struct stream_info){.base_rate_numerator = WORKLOAD_HZ, .base_rate_denominator = 1,
                                 .started_at_ns = 1750000000000000000, .speed_percent = 100,
                                 .origin = ORIGIN_SIMULATED, .channels_count = WORKLOAD_CHANNELS};
    for (uint32_t c = 0; c < WORKLOAD_CHANNELS; c++) {
        struct stream_channel *channel = &info->channels[c];
        channel->site = workload_rows[c].site ? workload_rows[c].site : SITE_ECG;
        channel->ticks_per_sample = 1;
        channel->scale = workload_scale;
        channel->unit = workload_rows[c].site ? UNIT_MMHG : c == 6 ? UNIT_MV : UNIT_L_MIN;
        snprintf(channel->label, sizeof channel->label, "C%u", c);
    }
    snprintf(info->name, sizeof info->name, "W%d", WORKLOAD_VERSION);
}

/* Feet of the beats: a walk between 0.5 and 1.2 s, stretched to fill the minute exactly. */
static inline void workload_feet(double feet_s[WORKLOAD_BEATS + 1]) {
    double rr = 0.8;
    feet_s[0] = 0;
    for (int i = 0; i < WORKLOAD_BEATS; i++) {
        rr += 0.05 * pulses_noise(i);
        rr = rr < 0.55 ? 0.55 : rr > 1.1 ? 1.1 : rr;
        feet_s[i + 1] = feet_s[i] + rr;
    }
    const double stretch = WORKLOAD_S / feet_s[WORKLOAD_BEATS];
    for (int i = 0; i <= WORKLOAD_BEATS; i++)
        feet_s[i] *= stretch;
}

static inline struct workload *workload_make(void) {
    struct workload *w = calloc(1, sizeof *w);
    if (w == NULL)
        abort();
    double feet_s[WORKLOAD_BEATS + 1];
    workload_info(&w->info);
    workload_feet(feet_s);
    for (int k = 0, beat = 0; k < WORKLOAD_S * WORKLOAD_HZ; k++) {
        const double t = (double)k / WORKLOAD_HZ;
        while (t >= feet_s[beat + 1])
            beat++;
        const double phase = (t - feet_s[beat]) / (feet_s[beat + 1] - feet_s[beat]);
        const double breath = sin(2 * 3.14159265358979 * 0.25 * t);
        for (int c = 0; c < WORKLOAD_CHANNELS; c++) {
            double mmhg = workload_rows[c].low + breath + 0.5 * pulses_noise(8L * k + c) +
                          (workload_rows[c].high - workload_rows[c].low) *
                              workload_rows[c].shape(phase);
            w->samples[k / WORKLOAD_COUNT][c * WORKLOAD_COUNT + k % WORKLOAD_COUNT] =
                (int16_t)lrint(mmhg / workload_scale);
        }
    }
    return w;
}

static inline struct sample_block workload_block(const struct workload *w, uint64_t n) {
    return (struct sample_block){.first_tick = n * WORKLOAD_COUNT, .channels = WORKLOAD_CHANNELS,
                                 .count = WORKLOAD_COUNT,
                                 .samples = w->samples[n % WORKLOAD_RECORDS]};
}
