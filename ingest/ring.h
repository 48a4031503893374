/* ring.h - hand items of any length from one thread to one other. No lock, no allocation after
 * init.
 *
 *     void *slot = ring_reserve(&ring, size);         // NULL: full, nothing happened
 *     if (slot) { memcpy(slot, item, size); ring_publish(&ring); }    // or publish once for many
 *
 *     while ((item = ring_next(&ring, &size)) != NULL) use(item, size);
 *     ring_release(&ring);                            // all items seen so far may be overwritten
 * now
 *
 * Exactly one thread calls reserve and publish, exactly one calls next, rewind and release; anybody
 * may call depth. Nothing blocks; a full ring refuses and counts, nothing is dropped or
 * overwritten. Items lie in the ring itself, aligned to 8, contiguous; a pointer is good until
 * ring_release(). Each side keeps a copy of the other's index, so that the shared lines move only
 * when it runs out. Indices are free-running and count bytes. Only C11 atomics, no fences: what
 * thread sanitizer sees. */
#pragma once
#include "proto/error.h"
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RING_LINE = 64, RING_BYTES_MAX = 1 << 30 };

struct ring {
    uint8_t *bytes; /* set by init, never changes */
    uint32_t capacity;
    alignas(RING_LINE) _Atomic uint32_t written; /* producer publishes */
    uint32_t write_index;                        /* producer's own: reserved up to here */
    uint32_t released_cache;
    _Atomic uint32_t refused, high_water;
    alignas(RING_LINE) _Atomic uint32_t released; /* consumer publishes */
    uint32_t read_index;                          /* consumer's own: seen up to here */
    uint32_t written_cache;
};

/* capacity: a power of two, 1 KiB to 1 GiB. Memory comes from the heap, touched once, at start. */
enum hemo_error ring_init(struct ring *r, uint32_t capacity);
void ring_close(struct ring *r);

/* Room for `size` bytes, 1 to a quarter of the capacity, or NULL. The same item may be reserved in
 * parts of a batch: nothing is visible until ring_publish(). */
void *ring_reserve(struct ring *r, uint32_t size);
/* True when an item of `size` would fit now. Producer only. */
bool ring_fits(struct ring *r, uint32_t size);
void ring_publish(struct ring *r);

const void *ring_next(struct ring *r, uint32_t *size);
/* The last item given by ring_next() is given again by the next call; once in a row. */
void ring_unread(struct ring *r, uint32_t size);
void ring_release(struct ring *r);
/* True when nothing is there to read; ordered with wake_prepare(). Consumer only. */
bool ring_empty(struct ring *r);

uint32_t ring_depth(const struct ring *r); /* bytes published and not yet released */
