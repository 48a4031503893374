/* t_ring - the ring between two threads: order, bytes, fullness, wrap, and a stress for thread
 * sanitizer. */
#include "ingest/ring.h"
#include "ingest/wake.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

enum { STRESS_ITEMS = 400000, STRESS_CAPACITY = 1 << 14, STRESS_SIZE_MAX = 700 };

static void order_and_bytes(void **state) {
    struct ring ring;
    uint32_t size;
    (void)state;
    assert_int_equal(ring_init(&ring, 1024), HEMO_OK);
    assert_true(ring_empty(&ring));
    for (uint32_t turn = 0; turn < 1000; turn++) { /* passes the end many times, at every offset */
        uint32_t length = 1 + turn * 7 % 256;
        uint8_t *slot = ring_reserve(&ring, length);
        assert_non_null(slot);
        assert_int_equal((uintptr_t)slot % 8, 0);
        memset(slot, (int)(turn & 0xff), length);
        assert_null(ring_next(&ring, &size)); /* not published yet */
        ring_publish(&ring);
        assert_false(ring_empty(&ring));
        const uint8_t *got = ring_next(&ring, &size);
        assert_non_null(got);
        assert_int_equal(size, length);
        for (uint32_t i = 0; i < size; i++)
            assert_int_equal(got[i], turn & 0xff);
        ring_unread(&ring, size);
        assert_ptr_equal(ring_next(&ring, &size), got);
        ring_release(&ring);
        assert_int_equal(ring_depth(&ring), 0);
    }
    ring_close(&ring);
}

static void full_refuses_and_counts(void **state) {
    struct ring ring;
    uint32_t size, put = 0, got = 0;
    (void)state;
    assert_int_equal(ring_init(&ring, 1024), HEMO_OK);
    while (ring_reserve(&ring, 100)) /* 112 bytes each with its header */
        put++;
    assert_int_equal(put, 1024 / 112);
    assert_int_equal(atomic_load(&ring.refused), 1);
    assert_false(ring_fits(&ring, 100));
    ring_publish(&ring);
    assert_int_equal(atomic_load(&ring.high_water), put * 112);
    while (ring_next(&ring, &size))
        got++;
    assert_int_equal(got, put);
    assert_false(ring_fits(&ring, 100)); /* seen, but not released */
    ring_release(&ring);
    assert_true(ring_fits(&ring, 256));
    ring_close(&ring);
}

static void batch_is_published_at_once(void **state) {
    struct ring ring;
    uint32_t size, got = 0;
    (void)state;
    assert_int_equal(ring_init(&ring, 4096), HEMO_OK);
    for (uint32_t i = 0; i < 10; i++) {
        uint8_t *slot = ring_reserve(&ring, 4);
        memcpy(slot, &i, 4);
    }
    assert_true(ring_empty(&ring));
    ring_publish(&ring);
    for (const void *item; (item = ring_next(&ring, &size)) != NULL; got++)
        assert_memory_equal(item, &got, 4);
    assert_int_equal(got, 10);
    ring_close(&ring);
}

struct stress {
    struct ring ring;
    struct wake reader, writer;
};

static uint32_t mixed(uint32_t number) {
    return number * 2654435761u;
}
static uint32_t size_of(uint32_t number) {
    return 8 + mixed(number) % (STRESS_SIZE_MAX - 8);
}

static void *produce(void *context) {
    struct stress *s = context;
    for (uint32_t number = 0; number < STRESS_ITEMS; number++) {
        uint8_t *slot = ring_reserve(&s->ring, size_of(number));
        while (!slot) {
            ring_publish(&s->ring);
            wake_signal(&s->reader);
            wake_prepare(&s->writer);
            if (ring_fits(&s->ring, size_of(number)))
                wake_cancel(&s->writer);
            else
                wake_wait(&s->writer, 1);
            slot = ring_reserve(&s->ring, size_of(number));
        }
        memcpy(slot, &number, 4);
        memset(slot + 4, (int)(mixed(number) >> 24), size_of(number) - 4);
        if (mixed(number) % 5 == 0) {
            ring_publish(&s->ring);
            wake_signal(&s->reader);
        }
    }
    ring_publish(&s->ring);
    wake_signal(&s->reader);
    return NULL;
}

static bool intact(const uint8_t *item, uint32_t size, uint32_t number) {
    bool good = size == size_of(number) && memcmp(item, &number, 4) == 0;
    for (uint32_t i = 4; i < size && good; i++)
        good = item[i] == mixed(number) >> 24;
    return good;
}

static void two_threads(void **state) {
    static struct stress s;
    pthread_t producer;
    uint32_t size, number = 0, broken = 0;
    (void)state;
    assert_int_equal(ring_init(&s.ring, STRESS_CAPACITY), HEMO_OK);
    assert_int_equal(wake_init(&s.reader), HEMO_OK);
    assert_int_equal(wake_init(&s.writer), HEMO_OK);
    assert_int_equal(pthread_create(&producer, NULL, produce, &s), 0);
    while (number < STRESS_ITEMS) {
        const uint8_t *item = ring_next(&s.ring, &size);
        if (!item) {
            ring_release(&s.ring);
            wake_signal(&s.writer);
            wake_prepare(&s.reader);
            if (ring_empty(&s.ring))
                wake_wait(&s.reader, 10000); /* a lost wake would show as a test of hours */
            else
                wake_cancel(&s.reader);
            continue;
        }
        broken += !intact(item, size, number++);
        if (mixed(number) % 3 == 0)
            ring_release(&s.ring);
    }
    pthread_join(producer, NULL);
    assert_int_equal(broken, 0);
    assert_true(ring_empty(&s.ring));
    wake_close(&s.reader);
    wake_close(&s.writer);
    ring_close(&s.ring);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_and_bytes),
        cmocka_unit_test(full_refuses_and_counts),
        cmocka_unit_test(batch_is_published_at_once),
        cmocka_unit_test(two_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
