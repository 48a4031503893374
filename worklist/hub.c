#include "worklist/hub.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void hub_init(struct hub *hub) {
    memset(hub, 0, sizeof *hub);
    pthread_mutex_init(&hub->lock, NULL);
}

void hub_on_wake(struct hub *hub, void (*wake)(void *context), void *context) {
    pthread_mutex_lock(&hub->lock);
    hub->wake = wake;
    hub->wake_context = context;
    pthread_mutex_unlock(&hub->lock);
}

static void wake(struct hub *hub) { /* with the lock held, so that the context is alive */
    if (hub->wake)
        hub->wake(hub->wake_context);
}

void hub_text_free(struct hub_text *text) {
    free(text->text);
    free(text);
}

void hub_close(struct hub *hub) {
    hub_on_wake(hub, NULL, NULL);
    for (struct hub_text *t = hub_take(hub), *next; t; t = next) {
        next = t->next;
        hub_text_free(t);
    }
    for (size_t i = 0; i < hub->rings; i++)
        for (size_t k = 0; k < HUB_BLOCKS; k++)
            free(hub->ring[i].block[k].bytes);
    pthread_mutex_destroy(&hub->lock);
}

static struct hub_text *new_text(char *text) {
    struct hub_text *t = calloc(1, sizeof *t);
    if (!t)
        abort();
    *t = (struct hub_text){.length = strlen(text), .text = text};
    return t;
}

static void queue(struct hub *hub, struct hub_text *t) {
    pthread_mutex_lock(&hub->lock);
    if (hub->last)
        hub->last->next = t;
    else
        hub->first = t;
    hub->last = t;
    wake(hub);
    pthread_mutex_unlock(&hub->lock);
}

void hub_publish(struct hub *hub, uint32_t room, bool lossy, char *text) {
    struct hub_text *t = text ? new_text(text) : NULL;
    if (!t)
        return;
    t->room = room;
    t->lossy = lossy;
    queue(hub, t);
}

void hub_publish_shown(struct hub *hub, char *text, const char *shown) {
    struct hub_text *t = new_text(text);
    snprintf(t->shown, sizeof t->shown, "%s", shown);
    queue(hub, t);
}

struct hub_text *hub_take(struct hub *hub) {
    pthread_mutex_lock(&hub->lock);
    struct hub_text *all = hub->first;
    hub->first = hub->last = NULL;
    pthread_mutex_unlock(&hub->lock);
    return all;
}

static struct hub_ring *ring_of(struct hub *hub, const struct hub_live *live) {
    for (size_t i = 0; i < hub->rings; i++)
        if (hub->ring[i].stream == live->stream)
            return &hub->ring[i];
    if (hub->rings == HUB_STREAMS_MAX)
        return NULL;
    hub->ring[hub->rings].stream = live->stream;
    return &hub->ring[hub->rings++];
}

void hub_live(struct hub *hub, const struct hub_live *live) {
    assert(live->length <= HUB_BLOCK_MAX);
    uint8_t *copy = malloc(live->length);
    if (!copy)
        return; /* display goes first */
    memcpy(copy, live->bytes, live->length);
    pthread_mutex_lock(&hub->lock);
    struct hub_ring *ring = ring_of(hub, live);
    if (ring) {
        ring->room = live->room;
        ring->groups = live->groups;
        ring->base_rate_hz = live->base_rate_hz;
        struct hub_block *block = &ring->block[ring->next++ % HUB_BLOCKS];
        free(block->bytes);
        *block = (struct hub_block){live->first_tick, live->length, copy};
        wake(hub);
    }
    pthread_mutex_unlock(&hub->lock);
    if (!ring)
        free(copy);
}

size_t hub_rings(struct hub *hub) {
    pthread_mutex_lock(&hub->lock);
    size_t n = hub->rings;
    pthread_mutex_unlock(&hub->lock);
    return n;
}

struct hub_ring_state hub_ring_state(struct hub *hub, size_t ring) {
    pthread_mutex_lock(&hub->lock);
    const struct hub_ring *r = &hub->ring[ring];
    struct hub_ring_state state = {r->stream, r->room, r->groups, r->base_rate_hz, r->next};
    pthread_mutex_unlock(&hub->lock);
    return state;
}

size_t hub_live_next(struct hub *hub, size_t ring, struct hub_cursor *cursor, uint8_t *out,
                     uint64_t *skipped) {
    size_t length = 0;
    *skipped = 0;
    pthread_mutex_lock(&hub->lock);
    const struct hub_ring *r = &hub->ring[ring];
    if (r->next - cursor->next > HUB_BLOCKS) {
        *skipped = r->next - 1 - cursor->next;
        cursor->next = r->next - 1;
    }
    if (cursor->next < r->next) {
        const struct hub_block *block = &r->block[cursor->next++ % HUB_BLOCKS];
        length = block->length;
        memcpy(out, block->bytes, length);
        cursor->sent_tick = block->first_tick;
        cursor->sent = true;
    }
    pthread_mutex_unlock(&hub->lock);
    return length;
}

uint64_t hub_live_beyond(struct hub *hub, size_t ring, const struct hub_cursor *cursor,
                         uint64_t tick) {
    uint64_t beyond = 0;
    pthread_mutex_lock(&hub->lock);
    const struct hub_ring *r = &hub->ring[ring];
    uint64_t oldest = r->next > HUB_BLOCKS ? r->next - HUB_BLOCKS : 0;
    for (uint64_t i = cursor->next; i > oldest && r->block[(i - 1) % HUB_BLOCKS].first_tick > tick;
         i--)
        beyond++;
    pthread_mutex_unlock(&hub->lock);
    return beyond;
}
