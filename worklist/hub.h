/* hub.h - from the threads that know something to the one that tells the pages: text messages, live
 * blocks.
 *
 * Any thread may publish; only the web thread takes. Texts are queued without loss (up to
 * HUB_TEXTS_MAX, then the oldest of the lossy ones go); live blocks lie in a ring per stream in
 * which the newest win. Publishing wakes the web thread. */
#pragma once
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HUB_STREAMS_MAX = 32, HUB_BLOCKS = 256, HUB_BLOCK_MAX = 70000 };

struct hub_text {
    struct hub_text *next;
    unsigned users; /* web thread only */
    uint32_t room;  /* 0: for everybody */
    bool lossy;     /* a page that is behind may miss it */
    char shown[40]; /* the suggestion that whoever gets it is shown, "" for none */
    size_t length;
    char *text;
};

struct hub_block {
    uint64_t first_tick;
    size_t length;
    uint8_t *bytes;
};

struct hub_ring {
    uint32_t stream, room;
    uint32_t groups; /* blocks per tick */
    double base_rate_hz;
    uint64_t next; /* blocks so far */
    struct hub_block block[HUB_BLOCKS];
};

struct hub {
    pthread_mutex_t lock; /* protects all below */
    struct hub_text *first, *last;
    size_t rings;
    struct hub_ring ring[HUB_STREAMS_MAX];
    void (*wake)(void *context);
    void *wake_context;
};

void hub_init(struct hub *hub);
void hub_on_wake(struct hub *hub, void (*wake)(void *context), void *context);
void hub_close(struct hub *hub);
/* Takes the heap text over; NULL is ignored. */
void hub_publish(struct hub *hub, uint32_t room, bool lossy, char *text);
/* The same, and it shows a suggestion: who gets it stands in the audit. */
void hub_publish_shown(struct hub *hub, char *text, const char *shown);
/* All texts since the last call, oldest first. The caller frees each with hub_text_free(). */
struct hub_text *hub_take(struct hub *hub);
void hub_text_free(struct hub_text *text);

struct hub_live {
    uint32_t stream, room, groups;
    double base_rate_hz;
    uint64_t first_tick;
    const uint8_t *bytes;
    size_t length;
};
void hub_live(struct hub *hub, const struct hub_live *live);

size_t hub_rings(struct hub *hub);

struct hub_ring_state {
    uint32_t stream, room, groups;
    double base_rate_hz;
    uint64_t next;
};
struct hub_ring_state hub_ring_state(struct hub *hub, size_t ring);

/* Where a client stands in a ring. */
struct hub_cursor {
    uint64_t next, sent_tick;
    bool sent;
};
/* The block at the cursor, or the newest where that was overwritten (*skipped says how many),
 * copied to out; the cursor moves on. 0: nothing new. */
size_t hub_live_next(struct hub *hub, size_t ring, struct hub_cursor *cursor, uint8_t *out,
                     uint64_t *skipped);
/* How many blocks before the cursor begin after that tick: sent and not yet drawn. */
uint64_t hub_live_beyond(struct hub *hub, size_t ring, const struct hub_cursor *cursor,
                         uint64_t tick);
