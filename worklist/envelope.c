#include "worklist/envelope.h"
#include "proto/stream.h"
#include <stdlib.h>
#include <string.h>

void envelope_init(struct envelope *e, const struct envelope_key *key, double ticks_per_s) {
    *e = (struct envelope){.key = *key, .ticks_per_s = ticks_per_s};
    for (size_t i = 0; i < ENVELOPE_BLOCK_S; i++)
        e->low[i] = e->high[i] = SAMPLE_MISSING;
}

uint64_t envelope_first_tick(const struct envelope *e, uint32_t second) {
    double s = (double)e->key.block * ENVELOPE_BLOCK_S + second;
    return (uint64_t)(s * e->ticks_per_s);
}

static void take_sample(struct envelope *e, uint64_t tick, int16_t sample) {
    double s = (double)tick / e->ticks_per_s - (double)e->key.block * ENVELOPE_BLOCK_S;
    if (sample == SAMPLE_MISSING || s < 0 || s >= ENVELOPE_BLOCK_S)
        return;
    size_t at = (size_t)s;
    if (e->low[at] == SAMPLE_MISSING || sample < e->low[at])
        e->low[at] = sample;
    if (e->high[at] == SAMPLE_MISSING || sample > e->high[at])
        e->high[at] = sample;
}

void envelope_take(struct envelope *e, uint64_t first_tick, uint32_t ticks_per_sample,
                   const int16_t *samples, size_t count) {
    for (size_t i = 0; i < count; i++)
        take_sample(e, first_tick + i * ticks_per_sample, samples[i]);
}

void envelopes_init(struct envelopes *all) {
    *all = (struct envelopes){0};
    pthread_mutex_init(&all->lock, NULL);
}

void envelopes_close(struct envelopes *all) {
    for (size_t i = 0; i < all->count; i++)
        free(all->entry[i]);
    pthread_mutex_destroy(&all->lock);
}

static bool same(const struct envelope_key *a, const struct envelope_key *b) {
    return a->stream == b->stream && a->channel == b->channel && a->epoch == b->epoch &&
           a->block == b->block;
}

bool envelopes_find(struct envelopes *all, const struct envelope_key *key, struct envelope *out) {
    bool found = false;
    pthread_mutex_lock(&all->lock);
    for (size_t i = 0; i < all->count && !found; i++) {
        found = same(&all->entry[i]->key, key);
        if (found)
            *out = *all->entry[i];
    }
    pthread_mutex_unlock(&all->lock);
    return found;
}

void envelopes_keep(struct envelopes *all, const struct envelope *e) {
    struct envelope *copy = malloc(sizeof *copy);
    if (!copy)
        return;
    *copy = *e;
    pthread_mutex_lock(&all->lock);
    if (all->count < ENVELOPE_CACHE) {
        all->entry[all->count++] = copy;
    } else {
        free(all->entry[all->next]);
        all->entry[all->next] = copy;
        all->next = (all->next + 1) % ENVELOPE_CACHE;
    }
    pthread_mutex_unlock(&all->lock);
}
