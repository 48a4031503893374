/* epochs.h - which epoch of a stream belongs to which case and room, and what its channels are.
 *
 * The forwarder puts what it has committed; the live thread and the requests look. Any thread may
 * call; a lock is held for a copy of some 2 kB. The 64 that were looked up last are kept: one of
 * yesterday never pushes out one that is played now. What is not here stands in the database
 * (store_epoch()). */
#pragma once
#include "proto/wire.h"
#include <pthread.h>

enum { EPOCHS_MAX = 64 };

struct epochs {
    pthread_mutex_t lock; /* protects all below */
    size_t count;
    uint64_t looked; /* lookups so far */
    uint64_t last[EPOCHS_MAX]; /* the lookup that found it last */
    struct wire_epoch_begin entry[EPOCHS_MAX];
};

void epochs_init(struct epochs *e);
void epochs_put(struct epochs *e, const struct wire_epoch_begin *begin);
bool epochs_find(struct epochs *e, uint32_t stream, uint64_t epoch, struct wire_epoch_begin *out);
/* Channels as JSON text: [{"channel","site","label","unit","rate_hz"}]; heap. */
char *epochs_channels_json(const struct stream_info *info);
const char *epochs_origin(uint32_t origin);
