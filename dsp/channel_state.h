/* channel_state.h - what struct channel is made of. Hands off: only channel.c reads it. */
#pragma once
#include "dsp/averager.h"
#include "dsp/features.h"
#include "dsp/finder.h"
#include "dsp/line_state.h"
#include "dsp/rhythm.h"
#include "dsp/values.h"

enum { CHANNEL_GIVEN = 8, CHANNEL_R_WAVES = 16 };

struct channel_given { int64_t foot, next_foot; };

struct channel {
    /* settings: kept by channel_reset() */
    struct channel_config config;
    /* the stream, all wiped by channel_reset() */
    int64_t count; /* samples pushed */
    int64_t begun; /* sample at which the parts below began: 0, or the last channel_site() */
    struct averager fine, coarse;
    struct values values;
    struct finder finder;
    struct rhythm rhythm;
    struct features features;
    struct line_state line;
    /* The last beats with values: they may have to be withdrawn. */
    struct channel_given given[CHANNEL_GIVEN];
    int32_t given_next;
    int64_t beat_end; /* next_foot of the last beat */
    int64_t release; /* fine sample at which a flush ended, until its ring was read; or -1 */
    struct flush_search search; /* of what is being read */
    int64_t r_waves[CHANNEL_R_WAVES]; /* newest: r_waves[(r_count - 1) % CHANNEL_R_WAVES] */
    int32_t r_count;
    float mean_mmhg;   /* of the last two seconds of valid samples; NAN before */
    float held_mmhg;   /* the last valid sample, for the finder; NAN before the first */
    int64_t told_low;  /* the rise whose systolic was told */
    int64_t silent;    /* coarse samples before it: the finder counts from it */
    bool pulse_open;   /* a pulse was found, its beat waits for the next one */
    double pulse_at;   /* in fine samples */
    struct values_foot foot; /* of it, in fine samples */
};
