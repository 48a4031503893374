/* beds.c - three rooms with a patient each and the real feed's store: what a device does, but for
 * its sockets. A patient's pressure lies in a band of its own. */
#include "tests/sim/world.h"
#include <stdio.h>
#include <stdlib.h>

enum { HELD = 256, SILENT_S = 2, BACK_MS = 1000 };

int16_t sample_of(uint32_t patient, uint64_t tick) {
    uint64_t phase = tick % 100; /* 75 a minute */
    double shape = phase < 15 ? (double)phase / 15 : phase < 60 ? (60 - (double)phase) / 45 : 0;
    double mmhg = FLOOR_MMHG + STEP_MMHG * (double)(patient % BANDS) + PULSE_MMHG * shape;
    return (int16_t)(mmhg * PER_MMHG);
}

void beds_open(void) {
    static const char *const names[FEEDS] = {"BED1", "BED2", "BED3"};
    for (uint32_t i = 0; i < FEEDS; i++) {
        struct failure failure;
        struct sender_config config = {
            .device = names[i], .room = i + 1, .records = HELD, .block_samples = BLOCK};
        config.info = (struct stream_info){
            .base_rate_numerator = RATE_HZ,
            .base_rate_denominator = 1,
            .origin = ORIGIN_LIVE,
            .speed_percent = 100,
            .channels_count = 1,
            .channels = {
                {.site = SITE_ART, .ticks_per_sample = 1, .scale = 1.0 / PER_MMHG, .unit = 1}}};
        world.beds[i] = (struct bed){.patient = i * 7, .next_ns = roll(SECOND)};
        if (sender_init(&world.beds[i].sender, &config, &failure) != HEMO_OK)
            abort();
    }
}

void beds_close(void) {
    for (uint32_t i = 0; i < FEEDS; i++) {
        sender_free(&world.beds[i].sender);
        free(world.beds[i].patients);
    }
}

static void make(struct bed *b) {
    int16_t samples[BLOCK];
    uint64_t tick = b->block * BLOCK;
    if (b->block == b->room) {
        b->room = b->room ? 2 * b->room : 4096;
        b->patients = realloc(b->patients, b->room * sizeof *b->patients);
        if (!b->patients)
            abort();
    }
    for (uint32_t i = 0; i < BLOCK; i++)
        samples[i] = sample_of(b->patient, tick + i);
    struct sample_block block = {tick, 0, 1, BLOCK, samples};
    sender_samples(&b->sender, &block);
    b->patients[b->block++] = b->patient;
    b->next_ns += SECOND * BLOCK / RATE_HZ;
}

static void say_hello(uint32_t i) {
    struct bed *b = &world.beds[i];
    b->heard_ns = world.now_ns;
    sender_hello(&b->sender, &world.out);
    net_send(i, &world.out);
}

static void hear(uint32_t i) {
    struct bed *b = &world.beds[i];
    struct failure failure = {0};
    while (net_take(i, &world.frame)) {
        b->heard_ns = world.now_ns;
        switch (sender_heard(&b->sender, &world.frame, &failure)) {
        case SENDER_GO_ON:
        case SENDER_WELCOMED:
            break;
        case SENDER_SAY_HELLO:
            say_hello(i);
            break;
        case SENDER_HELLO_AGAIN:
            net_cut(i);
            break;
        case SENDER_TURNED_AWAY:
            fprintf(stderr, "seed %llu: %s\n", (unsigned long long)world.seed, failure.text);
            world.tally.stuck++;
            break;
        }
    }
}

void beds_step(void) {
    for (uint32_t i = 0; i < FEEDS; i++) {
        struct bed *b = &world.beds[i];
        while (b->next_ns <= world.now_ns && !world.calm)
            make(b);
        if (world.calm)
            sender_declare(&b->sender);
        if (!net_connected(i) && world.up && b->back_ns <= world.now_ns) {
            b->back_ns = world.now_ns + roll(BACK_MS * MS);
            net_connect(i);
            say_hello(i);
        }
        hear(i);
        bool silent = world.now_ns - b->heard_ns > SILENT_S * SECOND;
        if (net_connected(i) && sender_held(&b->sender) && silent)
            say_hello(i);
        while (net_room(i) && sender_next(&b->sender, &world.out))
            net_send(i, &world.out);
    }
}
