/* envelope.h - the least and the greatest sample of each second of a channel, in blocks of ten
 * minutes: what full disclosure draws when a screen holds more seconds than pixels. Coarser levels
 * are made from these by who draws.
 *
 *     envelope_take(&block, first_tick, ticks_per_sample, samples, count);   // as it comes in
 * Blocks that will not change any more are kept in a cache that any thread may use; the oldest goes
 * when it is full. Nothing is lost with it: a block is a function of the journal. */
#pragma once
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ENVELOPE_BLOCK_S = 600, ENVELOPE_CACHE = 2048 }; /* 5 MB: 24 h of 8 channels and more */

struct envelope_key {
    uint32_t stream, channel;
    uint64_t epoch, block; /* block k begins k times 600 s behind tick 0 */
};

struct envelope {
    struct envelope_key key;
    double ticks_per_s, scale;
    int32_t offset;
    int16_t low[ENVELOPE_BLOCK_S], high[ENVELOPE_BLOCK_S]; /* SAMPLE_MISSING: none in this second */
};

void envelope_init(struct envelope *e, const struct envelope_key *key, double ticks_per_s);
uint64_t envelope_first_tick(const struct envelope *e, uint32_t second); /* 0 .. 600 */
/* Samples outside the block are left alone, missing ones too. */
void envelope_take(struct envelope *e, uint64_t first_tick, uint32_t ticks_per_sample,
                   const int16_t *samples, size_t count);

struct envelopes {
    pthread_mutex_t lock; /* protects all below */
    size_t count, next;
    struct envelope *entry[ENVELOPE_CACHE]; /* heap */
};

void envelopes_init(struct envelopes *all);
void envelopes_close(struct envelopes *all);
bool envelopes_find(struct envelopes *all, const struct envelope_key *key, struct envelope *out);
void envelopes_keep(struct envelopes *all, const struct envelope *e);
