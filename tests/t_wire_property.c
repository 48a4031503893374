/* Random frames of every kind, and what becomes of them when bytes are cut or bits turn. */
#include "proto/wire_check.h"
#include "tests/frames.h"
#include <hemo.pb-c.h>
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
/* wire_samples.c reads what protobuf-c reads. */
static bool as_protobuf(const uint8_t *bytes, size_t length) {
    Hemo__Frame *in = hemo__frame__unpack(NULL, length, bytes);
    const struct wire_frame *f = &work.parsed;
    const struct sample_block *out = &f->body.samples;
    bool same = in != NULL && in->body_case == HEMO__FRAME__BODY_SAMPLES;
    if (same) {
        const Hemo__Samples *s = in->samples;
        same = f->kind == WIRE_SAMPLES && f->stream == in->stream && f->epoch == in->epoch &&
               f->sequence == in->sequence && f->case_number == in->case_number &&
               out->first_tick == s->first_tick && out->group == s->group &&
               out->channels == s->channels && out->count == s->count &&
               s->data.len == (size_t)2 * out->channels * out->count &&
               memcmp(out->samples, s->data.data, s->data.len) == 0;
    }
    if (in)
        hemo__frame__free_unpacked(in, NULL);
    return same;
}

/* One varint more than it needs is still the same number to protobuf-c: it must be to us. */
static size_t put_field(uint8_t *out, uint32_t key, uint64_t value, bool padded) {
    size_t n = 0;
    out[n++] = (uint8_t)key;
    if (key > 0x7f) {
        out[n - 1] |= 0x80;
        out[n++] = (uint8_t)(key >> 7);
    }
    for (; value > 0x7f; value >>= 7)
        out[n++] = (uint8_t)(value | 0x80);
    out[n++] = (uint8_t)value | (padded ? 0x80 : 0);
    if (padded)
        out[n++] = 0;
    return n;
}

/* Fields of Samples, then of Frame, in an order that the dice give; zero ones may be left out. */
static size_t shuffled(struct dice *dice, uint8_t *out) {
    static uint8_t body[256];
    uint64_t channels = 1 + dice_roll(dice) % 4, count = 1 + dice_roll(dice) % 8;
    uint64_t values[2][6] = {{0, dice_roll(dice) >> 3, dice_roll(dice) % 4, channels, count},
                             {0, 1, dice_roll(dice) % 5, 1 + dice_roll(dice) % 9,
                              dice_roll(dice) >> 2, dice_roll(dice) % 3}};
    size_t lengths[2] = {0, 0}, first = dice_roll(dice) % 5, step = 1 + dice_roll(dice) % 4;
    for (int part = 0; part < 2; part++)
        for (size_t i = 0; i < 5; i++) {
            uint32_t number = 1 + (uint32_t)((first + i * step) % 5);
            uint8_t *at = part ? out + lengths[1] : body + lengths[0];
            bool data = part == 0 && number == 5;
            if (!data && values[part][number] == 0 && dice_roll(dice) % 2)
                continue;
            uint64_t value = data ? 2 * channels * count : values[part][number];
            lengths[part] += put_field(at, number << 3 | (data ? 2 : 0), value,
                                       dice_roll(dice) % 4 == 0);
            for (uint64_t k = 0; data && k < value; k++)
                body[lengths[0]++] = (uint8_t)dice_roll(dice);
            if (part && number == 3) { /* the body stands among the others */
                lengths[1] += put_field(out + lengths[1], WIRE_SAMPLES << 3 | 2, lengths[0], false);
                memcpy(out + lengths[1], body, lengths[0]);
                lengths[1] += lengths[0];
            }
        }
    return lengths[1];
}

static void samples_in_any_order_are_what_protobuf_reads(void **state) {
    (void)state;
    struct dice dice = dice_of(5);
    int taken = 0;
    for (int round = 0; round < 20000; round++) {
        size_t length = shuffled(&dice, work.bytes);
        if (wire_parse(&work.parsed, work.bytes, length) != HEMO_OK)
            continue; /* a number out of its range */
        taken++;
        if (!as_protobuf(work.bytes, length))
            fail_msg("round %d", round);
    }
    assert_true(taken > 2000);
}

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
    if (wire_parse(&work.parsed, work.bytes, length) != HEMO_OK ||
        (work.parsed.kind == WIRE_SAMPLES && !as_protobuf(work.bytes, length)))
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
        cmocka_unit_test(samples_in_any_order_are_what_protobuf_reads),
        cmocka_unit_test(a_cut_frame_is_never_accepted),
        cmocka_unit_test(a_turned_bit_never_breaks_the_reader),
        cmocka_unit_test(random_bytes_never_break_the_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
