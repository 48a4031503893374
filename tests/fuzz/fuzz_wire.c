/* fuzz_wire.c - libFuzzer against the validator, the unpacking and the packing of frames.
 *
 * What the reader accepts, the writer must write, and from then on the bytes must stand still. Each
 * 16th input begins anew from a random valid frame of tests/frames.h, so no corpus is needed. */
#include "tests/frames.h"
#include <stdlib.h>

static struct {
    struct wire_frame frame, again;
    int16_t samples[FRAMES_SAMPLES];
    uint8_t once[WIRE_BYTES_MAX], twice[WIRE_BYTES_MAX];
} work;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t length, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t length, size_t most, unsigned seed);

static void must(bool holds) {
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    size_t once = 0, twice = 0;
    if (wire_parse(&work.frame, bytes, length) != HEMO_OK)
        return 0;
    must(wire_pack(&work.frame, work.once, sizeof work.once, &once) == HEMO_OK);
    must(wire_parse(&work.again, work.once, once) == HEMO_OK);
    must(wire_pack(&work.again, work.twice, sizeof work.twice, &twice) == HEMO_OK);
    must(once == twice && memcmp(work.once, work.twice, once) == 0);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t length, size_t most, unsigned seed) {
    struct dice dice = dice_of(seed);
    size_t fresh = 0;
    if (dice_roll(&dice) % 16 == 0) {
        frames_random(&dice, frames_kinds[dice_roll(&dice) % FRAMES_KINDS], &work.frame,
                      work.samples);
        if (wire_pack(&work.frame, work.once, sizeof work.once, &fresh) == HEMO_OK &&
            fresh <= most) {
            memcpy(bytes, work.once, fresh);
            length = fresh;
        }
    }
    return LLVMFuzzerMutate(bytes, length, most);
}
