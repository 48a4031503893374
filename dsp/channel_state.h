/* channel_state.h - what struct channel is made of. Hands off: only channel.c reads it. */
#pragma once
#include "dsp/averager.h"
#include "dsp/finder.h"
#include "dsp/rhythm.h"
#include "dsp/values.h"

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
    float held_mmhg;   /* the last valid sample, for the finder; NAN before the first */
    int64_t silent;    /* coarse samples before it: the finder counts from it */
    bool pulse_open;   /* a pulse was found, its beat waits for the next one */
    double pulse_at;   /* in fine samples */
    int64_t foot;      /* fine samples */
};
