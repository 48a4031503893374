#include "proto/stream.h"
#include "proto/site.h"
#include <assert.h>
#include <math.h>
#include <stddef.h>

enum { RATE_HZ_MIN = 1, RATE_HZ_MAX = 8000, SPEED_PERCENT_MAX = 1000000, OFFSET_MAX = 1000000000 };
static const uint32_t rate_part_max = 4000000000u;
static const double scale_smallest = 1e-9, scale_largest = 1e9;

__extension__ typedef unsigned __int128 wide; /* tick x denominator x 1e9 passes 64 bits in days */

double stream_base_rate_hz(const struct stream_info *info) {
    assert(info->base_rate_denominator > 0);
    return (double)info->base_rate_numerator / (double)info->base_rate_denominator;
}

double stream_channel_rate_hz(const struct stream_info *info, uint32_t channel) {
    assert(channel < info->channels_count && info->channels[channel].ticks_per_sample > 0);
    return stream_base_rate_hz(info) / (double)info->channels[channel].ticks_per_sample;
}

int64_t stream_tick_at_ns(const struct stream_info *info, uint64_t tick) {
    assert(info->base_rate_numerator > 0 && info->started_at_ns >= 0);
    uint64_t whole = tick / info->base_rate_numerator; /* periods of denominator seconds */
    uint64_t rest = tick % info->base_rate_numerator;
    wide ns = (wide)whole * info->base_rate_denominator * 1000000000u +
              (wide)rest * info->base_rate_denominator * 1000000000u / info->base_rate_numerator;
    wide at_ns = ns + (uint64_t)info->started_at_ns;
    return at_ns > INT64_MAX ? INT64_MAX : (int64_t)at_ns;
}

static bool text_ok(const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\0')
            return true;
        if (text[i] < ' ' || text[i] > '~')
            return false;
    }
    return false; /* no end */
}

/* Exact, so that a rate at the very limit never depends on rounding. */
static bool rate_ok(const struct stream_info *info, uint32_t ticks_per_sample) {
    uint64_t period = (uint64_t)info->base_rate_denominator * ticks_per_sample;
    return info->base_rate_numerator >= RATE_HZ_MIN * period &&
           info->base_rate_numerator <= RATE_HZ_MAX * period;
}

static enum hemo_error check_channel(const struct stream_info *info, uint32_t index) {
    const struct stream_channel *c = &info->channels[index];
    if (site_row(c->site) == NULL || c->unit < 1 || c->unit > UNIT_MAX)
        return HEMO_BAD_ENUM;
    if (c->ticks_per_sample < 1 || c->ticks_per_sample > 65535 || c->group >= STREAM_GROUPS_MAX)
        return HEMO_BAD_NUMBER;
    if (!rate_ok(info, c->ticks_per_sample))
        return HEMO_BAD_NUMBER;
    if (!isfinite(c->scale) || fabs(c->scale) < scale_smallest || fabs(c->scale) > scale_largest)
        return HEMO_BAD_NUMBER;
    if (c->offset < -OFFSET_MAX || c->offset > OFFSET_MAX)
        return HEMO_BAD_NUMBER;
    if (!text_ok(c->label, sizeof c->label))
        return HEMO_BAD_ID;
    for (uint32_t i = 0; i < index; i++)
        if (info->channels[i].group == c->group &&
            info->channels[i].ticks_per_sample != c->ticks_per_sample)
            return HEMO_BAD_NUMBER;
    return HEMO_OK;
}

enum hemo_error stream_check(const struct stream_info *info) {
    if (info->base_rate_numerator < 1 || info->base_rate_numerator > rate_part_max ||
        info->base_rate_denominator < 1 || info->base_rate_denominator > rate_part_max)
        return HEMO_BAD_NUMBER;
    if (info->started_at_ns < 0 || info->speed_percent > SPEED_PERCENT_MAX)
        return HEMO_BAD_NUMBER;
    if (info->origin < 1 || info->origin > ORIGIN_MAX)
        return HEMO_BAD_ENUM;
    if (info->channels_count < 1 || info->channels_count > STREAM_CHANNELS_MAX)
        return HEMO_BAD_COUNT;
    if (!text_ok(info->name, sizeof info->name))
        return HEMO_BAD_ID;
    for (uint32_t i = 0; i < info->channels_count; i++) {
        enum hemo_error error = check_channel(info, i);
        if (error != HEMO_OK)
            return error;
    }
    return HEMO_OK;
}
