/* seams.c - hemod's clock, log, live socket and random numbers, as this world has them. */
#include "ingest/live.h"
#include "ingest/log.h"
#include "tests/sim/world.h"
#include <stdarg.h>
#include <stdio.h>

ssize_t getrandom(void *bytes, size_t size, unsigned flags);

ssize_t getrandom(void *bytes, size_t size, unsigned flags) {
    uint8_t *out = bytes;
    (void)flags;
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(dice_roll(&world.secrets) >> 32);
    return (ssize_t)size;
}

uint64_t log_now_ns(void) {
    return world.now_ns;
}

void log_line(const char *format, ...) {
    va_list arguments;
    if (!world.verbose)
        return;
    fprintf(stderr, "%10.3f s  hemod: ", (double)world.now_ns / 1e9);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

int log_brake_open(struct log_brake *brake, uint64_t now_ns, uint64_t *skipped) {
    *skipped = brake->held_back;
    brake->last_ns = now_ns;
    return 1;
}

/* Of what the page would see, only that it was published. */
void live_publish(void *publisher, uint32_t stream, const uint8_t *bytes, size_t length) {
    (void)publisher;
    (void)bytes;
    mix(stream + length);
}
