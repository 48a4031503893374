/* From the wire to events nothing is taken from the heap (G4): malloc and its kin are counted here
 * while a minute of W1, eight channels with all detectors, goes through a room. */
#include "detectors/room_state.h"
#include "tests/bench/workload.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

static uint64_t taken;

#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
/* glibc's own names behind the public ones, which a program may replace. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *at, size_t size);

void *malloc(size_t size) {
    taken++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    taken++;
    return __libc_calloc(count, size);
}

void *realloc(void *at, size_t size) {
    taken++;
    return __libc_realloc(at, size);
}
#else
#define ALLOCATION_UNSEEN
#endif

static void count_event(void *context, const struct event *event) {
    (void)event;
    ++*(uint64_t *)context;
}

static void the_sample_path_takes_no_memory(void **state) {
    (void)state;
#ifdef ALLOCATION_UNSEEN
    skip(); /* the sanitizer has an allocator of its own */
#endif
    static uint8_t bytes[WORKLOAD_RECORDS][512];
    static size_t lengths[WORKLOAD_RECORDS];
    static struct wire_frame frame;
    static struct spectrum spectrum;
    struct workload *work = workload_make();
    struct room *room = calloc(1, sizeof *room);
    struct rules rules = rules_default();
    struct wire_epoch_begin begin = {.stream = 1, .room = 1, .why = WHY_FIRST, .epoch = 7,
                                     .case_number = 1, .info = work->info};
    uint64_t events = 0;
    assert_true(room && spectrum_init(&spectrum) && room_init(room, &rules) == HEMO_OK);
    room_spectrum(room, &spectrum);
    assert_int_equal(room_begin(room, &begin), HEMO_OK);
    for (uint32_t n = 0; n < WORKLOAD_RECORDS; n++) {
        wire_begin(&frame, WIRE_SAMPLES);
        frame.stream = 1;
        frame.epoch = 7;
        frame.sequence = n + 1;
        frame.body.samples = workload_block(work, n);
        assert_int_equal(wire_pack(&frame, bytes[n], sizeof bytes[n], &lengths[n]), HEMO_OK);
    }
    uint64_t before = taken;
    for (uint32_t n = 0; n < WORKLOAD_RECORDS; n++)
        if (wire_parse(&frame, bytes[n], lengths[n]) != HEMO_OK ||
            room_push(room, &frame.body.samples, count_event, &events) != HEMO_OK)
            fail_msg("record %u", n);
    assert_int_equal(taken - before, 0);
    assert_true(events > 5 * WORKLOAD_BEATS); /* of each pressure */
    free(room);
    free(work);
}

static void one_piece_is_counted(void **state) {
    (void)state;
#ifdef ALLOCATION_UNSEEN
    skip();
#endif
    uint64_t before = taken;
    void *volatile piece = malloc(1);
    free(piece);
    assert_int_equal(taken - before, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_piece_is_counted),
                                       cmocka_unit_test(the_sample_path_takes_no_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
