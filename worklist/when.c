#include "worklist/when.h"
#include <stdio.h>
#include <time.h>

static const int64_t second_ns = 1000000000;

static int64_t read_clock_ns(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * second_ns + t.tv_nsec;
}

void when_text(int64_t since_1970_ns, char out[WHEN_TEXT]) {
    int64_t ns = since_1970_ns % second_ns;
    time_t s = (time_t)(since_1970_ns / second_ns);
    if (ns < 0) {
        ns += second_ns;
        s--;
    }
    struct tm t;
    char date[24];
    gmtime_r(&s, &t);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &t);
    snprintf(out, WHEN_TEXT, "%s.%03dZ", date, (int)(ns / 1000000));
}

void when_now(char out[WHEN_TEXT]) {
    when_text(read_clock_ns(CLOCK_REALTIME), out);
}

int64_t when_now_ms(void) {
    return read_clock_ns(CLOCK_REALTIME) / 1000000;
}

int64_t when_steady_ms(void) {
    return read_clock_ns(CLOCK_MONOTONIC) / 1000000;
}

int64_t when_steady_us(void) {
    return read_clock_ns(CLOCK_MONOTONIC) / 1000;
}
