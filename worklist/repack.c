#include "worklist/repack.h"
#include <string.h>

struct writer {
    uint8_t *out;
    size_t used;
};

static void put(struct writer *w, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++)
        w->out[w->used++] = (uint8_t)(value >> (8 * i));
}

static void put_float(struct writer *w, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    put(w, bits, 4);
}

static void put_channel(struct writer *w, const struct wire_epoch_begin *begin, uint32_t channel,
                        const int16_t *samples, uint32_t count) {
    const struct stream_channel *c = &begin->info.channels[channel];
    put(w, channel, 2);
    put(w, count, 2);
    put(w, c->ticks_per_sample, 4);
    put_float(w, (float)c->scale);
    put(w, (uint32_t)c->offset, 4);
    for (uint32_t k = 0; k < count; k++)
        put(w, (uint16_t)samples[k], 2);
    if (count % 2)
        put(w, 0, 2);
}

static uint32_t group_channels(const struct stream_info *info, uint32_t group) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < info->channels_count; i++)
        n += info->channels[i].group == group ? 1 : 0;
    return n;
}

size_t repack(const struct wire_frame *frame, const struct wire_epoch_begin *begin, uint8_t *out,
              size_t size) {
    const struct sample_block *block = &frame->body.samples;
    size_t needed = REPACK_HEADER + (size_t)block->channels * (16 + 2 * ((size_t)block->count + 1));
    if (block->channels != group_channels(&begin->info, block->group) || needed > size)
        return 0;
    struct writer w = {.out = out};
    put(&w, REPACK_MAGIC, 4);
    put(&w, frame->stream, 4);
    put(&w, frame->epoch, 8);
    put(&w, frame->case_number, 8);
    put(&w, block->first_tick, 8);
    put(&w, (uint64_t)stream_tick_at_ns(&begin->info, block->first_tick), 8);
    put(&w, begin->room, 4);
    put(&w, block->channels, 2);
    put(&w, 0, 2);
    uint32_t k = 0;
    for (uint32_t i = 0; i < begin->info.channels_count; i++)
        if (begin->info.channels[i].group == block->group)
            put_channel(&w, begin, i, block->samples + (size_t)block->count * k++, block->count);
    return w.used;
}

uint32_t repack_groups(const struct stream_info *info) {
    uint32_t seen = 0;
    for (uint32_t i = 0; i < info->channels_count; i++)
        seen |= 1u << info->channels[i].group;
    return (uint32_t)__builtin_popcount(seen);
}
