/* ring.c - see ring.h. Each item is a 4-byte length, 4 bytes unused, then the bytes padded to 8. An
 * item that would cross the end of the memory starts at its beginning, behind a filler. */
#include "ingest/ring.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ITEM_HEADER = 8 };
#define FILLER UINT32_MAX /* a length that no item has */

static uint32_t item_bytes(uint32_t size) {
    return ITEM_HEADER + ((size + 7u) & ~7u);
}

enum hemo_error ring_init(struct ring *r, uint32_t capacity) {
    assert(capacity >= 1024 && capacity <= RING_BYTES_MAX && (capacity & (capacity - 1)) == 0);
    memset(r, 0, sizeof *r);
    r->bytes = aligned_alloc(RING_LINE, capacity);
    if (!r->bytes)
        return HEMO_NO_ROOM;
    memset(r->bytes, 0, capacity); /* the pages are there before the first sample is */
    r->capacity = capacity;
    return HEMO_OK;
}

void ring_close(struct ring *r) {
    free(r->bytes);
    r->bytes = NULL;
}

/* How much must be free for an item: with the filler in front where it would cross the end. */
static uint32_t needed(const struct ring *r, uint32_t size) {
    uint32_t bytes = item_bytes(size), offset = r->write_index & (r->capacity - 1);
    uint32_t to_end = r->capacity - offset;
    return bytes <= to_end ? bytes : to_end + bytes;
}

bool ring_fits(struct ring *r, uint32_t size) {
    assert(size > 0 && size <= r->capacity / 4);
    uint32_t bytes = needed(r, size);
    if (r->capacity - (r->write_index - r->released_cache) >= bytes)
        return true;
    r->released_cache = atomic_load_explicit(&r->released, memory_order_acquire);
    return r->capacity - (r->write_index - r->released_cache) >= bytes;
}

void *ring_reserve(struct ring *r, uint32_t size) {
    if (!ring_fits(r, size)) {
        atomic_fetch_add_explicit(&r->refused, 1, memory_order_relaxed);
        return NULL;
    }
    uint32_t offset = r->write_index & (r->capacity - 1), to_end = r->capacity - offset;
    if (item_bytes(size) > to_end) {
        uint32_t filler = FILLER;
        memcpy(r->bytes + offset, &filler, sizeof filler);
        r->write_index += to_end;
        offset = 0;
    }
    memcpy(r->bytes + offset, &size, sizeof size);
    r->write_index += item_bytes(size);
    return r->bytes + offset + ITEM_HEADER;
}

void ring_publish(struct ring *r) {
    uint32_t depth = r->write_index - atomic_load_explicit(&r->released, memory_order_relaxed);
    if (depth > atomic_load_explicit(&r->high_water, memory_order_relaxed))
        atomic_store_explicit(&r->high_water, depth, memory_order_relaxed);
    /* Sequentially consistent: either the consumer sees this, or wake_signal() sees it asleep. */
    atomic_store(&r->written, r->write_index);
}

const void *ring_next(struct ring *r, uint32_t *size) {
    if (r->read_index == r->written_cache) {
        r->written_cache = atomic_load_explicit(&r->written, memory_order_acquire);
        if (r->read_index == r->written_cache)
            return NULL;
    }
    uint32_t offset = r->read_index & (r->capacity - 1), length;
    memcpy(&length, r->bytes + offset, sizeof length);
    if (length == FILLER) { /* a filler is only ever published together with its item */
        r->read_index += r->capacity - offset;
        offset = 0;
        memcpy(&length, r->bytes, sizeof length);
    }
    assert(length > 0 && length <= r->capacity / 4);
    r->read_index += item_bytes(length);
    *size = length;
    return r->bytes + offset + ITEM_HEADER;
}

void ring_unread(struct ring *r, uint32_t size) {
    r->read_index -= item_bytes(size);
}

void ring_release(struct ring *r) {
    atomic_store_explicit(&r->released, r->read_index, memory_order_release);
}

bool ring_empty(struct ring *r) {
    r->written_cache = atomic_load(&r->written);
    return r->read_index == r->written_cache;
}

uint32_t ring_depth(const struct ring *r) {
    uint32_t released = atomic_load_explicit(&r->released, memory_order_acquire);
    return atomic_load_explicit(&r->written, memory_order_acquire) - released;
}
