/* stream.h - what a stream consists of: channels, rates as ticks of one counter, scales.
 * Plain values. Pure.
 *
 * The base tick is the least common rate of the channels; sample k of a channel lies at tick
 * k * ticks_per_sample. physical = (raw - offset) * scale; raw SAMPLE_MISSING is no sample. */
#pragma once
#include "proto/error.h"
#include <stdbool.h>
#include <stdint.h>

enum { STREAM_CHANNELS_MAX = 16, STREAM_GROUPS_MAX = 16, STREAM_LABEL_MAX = 32 };
enum { STREAM_NAME_MAX = 64, SAMPLES_PER_RECORD_MAX = 2048, SAMPLE_MISSING = -32768 };

enum stream_origin { ORIGIN_LIVE = 1, ORIGIN_REPLAY = 2, ORIGIN_SIMULATED = 3, ORIGIN_MAX = 3 };
enum stream_unit { UNIT_MMHG = 1, UNIT_MV = 2, UNIT_L_MIN = 3, UNIT_OTHER = 4, UNIT_MAX = 4 };
enum mark_kind {
    MARK_SITE = 1, MARK_ZEROING, MARK_FLUSH, MARK_PHASE, MARK_DRUG, MARK_VALUE, MARK_WEDGE,
    MARK_NOTE, MARK_EQUALISE, MARK_PULLBACK, MARK_CAPTURE,
    MARK_PACE, /* hemod's own from here on: the stream's seconds in one of hemod's clock */
    MARK_LEAP, /* seconds that the counter ran ahead of that clock at once */
    MARK_KIND_MAX = 13
};
enum gap_reason { GAP_DEVICE = 1, GAP_NOT_HELD, GAP_COUNTER_JUMP, GAP_REFUSED, GAP_REASON_MAX = 4 };

struct stream_channel {
    uint32_t site;             /* enum site */
    uint32_t ticks_per_sample; /* 1..65535 */
    uint32_t group; /* 0..15; all channels of a group have the same ticks_per_sample */
    double scale;
    int32_t offset;
    uint32_t unit; /* enum stream_unit */
    uint32_t transducer;
    char label[STREAM_LABEL_MAX + 1];
};

struct stream_info {
    /* Hz; both 1..4e9, rate 1..8000 Hz per channel */
    uint32_t base_rate_numerator, base_rate_denominator;
    int64_t started_at_ns;
    uint32_t origin, speed_percent;
    uint32_t channels_count;
    struct stream_channel channels[STREAM_CHANNELS_MAX];
    char name[STREAM_NAME_MAX + 1];
};

double stream_base_rate_hz(const struct stream_info *info);
double stream_channel_rate_hz(const struct stream_info *info, uint32_t channel);
/* UTC of a tick, by the counter; INT64_MAX where that lies behind the year 2262. */
int64_t stream_tick_at_ns(const struct stream_info *info, uint64_t tick);

/* All promises of the struct above; HEMO_OK or the error. */
enum hemo_error stream_check(const struct stream_info *info);

/* A block of samples of one group: count samples of each of the group's channels, channel by
 * channel. The pointer belongs to the caller and must live through the call only. */
struct sample_block {
    uint64_t first_tick;
    uint32_t group, channels, count;
    const int16_t *samples; /* host order: samples[c * count + k] */
};

struct stream_mark {
    uint64_t tick;
    uint32_t kind, channel, site, phase, quantity;
    double value;
    char text[65];
    uint32_t target_stream; /* of a client's command; 0 in a device's own stream */
};

struct stream_gap {
    uint64_t first_tick, next_tick;
    uint32_t group, reason;
};
