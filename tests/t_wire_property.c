/* Random frames of every kind, and what becomes of them when bytes are cut or bits turn. */
#include "tests/frames.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static struct {
    struct wire_frame frame, parsed;
    int16_t samples[FRAMES_SAMPLES];
    uint8_t bytes[WIRE_BYTES_MAX], again[WIRE_BYTES_MAX];
} work;

static size_t packed(uint64_t seed, enum wire_kind kind) {
    struct dice dice = dice_of(seed);
    size_t length = 0;
    frames_random(&dice, kind, &work.frame, work.samples);
    enum hemo_error error = wire_pack(&work.frame, work.bytes, sizeof work.bytes, &length);
    if (error != HEMO_OK)
        fail_msg("seed %lu kind %d: pack: %s", (unsigned long)seed, kind, hemo_error_text(error));
    return length;
}

static void pack_parse_pack_gives_the_same_bytes(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        for (int k = 0; k < FRAMES_KINDS; k++) {
            size_t again = 0, length = packed(seed, frames_kinds[k]);
            enum hemo_error error = wire_parse(&work.parsed, work.bytes, length);
            if (error == HEMO_OK)
                error = wire_pack(&work.parsed, work.again, sizeof work.again, &again);
            if (error != HEMO_OK || again != length || memcmp(work.bytes, work.again, length) != 0)
                fail_msg("seed %lu kind %d: %s, %zu and %zu bytes", (unsigned long)seed,
                         frames_kinds[k], hemo_error_text(error), length, again);
        }
    }
}

static void samples_are_aligned_and_equal(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        size_t length = packed(seed, WIRE_SAMPLES);
        assert_int_equal(wire_parse(&work.parsed, work.bytes, length), HEMO_OK);
        const struct sample_block *in = &work.frame.body.samples, *out = &work.parsed.body.samples;
        assert_int_equal((uintptr_t)out->samples % 16, 0);
        assert_int_equal(out->first_tick, in->first_tick);
        assert_int_equal(out->channels, in->channels);
        assert_int_equal(out->count, in->count);
        assert_memory_equal(out->samples, in->samples, 2 * (size_t)in->channels * in->count);
    }
}

/* On the heap in its exact length, so that the sanitizer sees each byte read beyond it. */
static enum hemo_error parse_exactly(const uint8_t *bytes, size_t length) {
    uint8_t *copy = malloc(length > 0 ? length : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, length);
    enum hemo_error error = wire_parse(&work.parsed, copy, length);
    free(copy);
    return error;
}

/* Short enough that every byte can be tried. */
static size_t packed_short(uint64_t seed, enum wire_kind kind) {
    size_t length = packed(seed, kind);
    if (length <= 3000)
        return length;
    if (kind == WIRE_SAMPLES)
        work.frame.body.samples.count = work.frame.body.samples.channels = 3;
    if (kind == WIRE_WINDOW)
        work.frame.body.window.count = 9;
    if (kind == WIRE_RULES)
        work.frame.body.rules.length = 20;
    assert_int_equal(wire_pack(&work.frame, work.bytes, sizeof work.bytes, &length), HEMO_OK);
    return length;
}

static void cut_everywhere(uint64_t seed, enum wire_kind kind) {
    size_t length = packed_short(seed, kind);
    for (size_t cut = 0; cut < length; cut++)
        if (parse_exactly(work.bytes, cut) == HEMO_OK)
            fail_msg("seed %lu kind %d cut at %zu of %zu accepted", (unsigned long)seed, kind, cut,
                     length);
}

static void a_cut_frame_is_never_accepted(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++)
        for (int k = 0; k < FRAMES_KINDS; k++)
            cut_everywhere(seed, frames_kinds[k]);
}

/* A turned bit may give another valid frame: then that one is written and read again like any. */
static bool flip_holds(size_t length) {
    static uint8_t twice[WIRE_BYTES_MAX];
    size_t once_length = 0, twice_length = 0;
    if (parse_exactly(work.bytes, length) != HEMO_OK)
        return true;
    if (wire_parse(&work.parsed, work.bytes, length) != HEMO_OK ||
        wire_pack(&work.parsed, work.again, sizeof work.again, &once_length) != HEMO_OK ||
        wire_parse(&work.parsed, work.again, once_length) != HEMO_OK ||
        wire_pack(&work.parsed, twice, sizeof twice, &twice_length) != HEMO_OK)
        return false;
    return once_length == twice_length && memcmp(work.again, twice, once_length) == 0;
}

static void flip_everywhere(uint64_t seed, enum wire_kind kind) {
    size_t length = packed_short(seed, kind);
    for (size_t bit = 0; bit < 8 * length; bit++) {
        work.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (!flip_holds(length))
            fail_msg("seed %lu kind %d bit %zu", (unsigned long)seed, kind, bit);
        work.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void a_turned_bit_never_breaks_the_reader(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++)
        for (int k = 0; k < FRAMES_KINDS; k++)
            flip_everywhere(seed, frames_kinds[k]);
}

static void random_bytes_never_break_the_reader(void **state) {
    (void)state;
    struct dice dice = dice_of(77);
    for (int round = 0; round < 20000; round++) {
        size_t length = dice_roll(&dice) % 200;
        for (size_t i = 0; i < length; i++)
            work.bytes[i] = (uint8_t)dice_roll(&dice);
        assert_int_not_equal(parse_exactly(work.bytes, length), HEMO_OK);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pack_parse_pack_gives_the_same_bytes),
        cmocka_unit_test(samples_are_aligned_and_equal),
        cmocka_unit_test(a_cut_frame_is_never_accepted),
        cmocka_unit_test(a_turned_bit_never_breaks_the_reader),
        cmocka_unit_test(random_bytes_never_break_the_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
