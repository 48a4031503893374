/* log.c - see log.h. */
#include "ingest/log.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void log_line(const char *format, ...) {
    char text[2048];
    int begin = snprintf(text, sizeof text, "hemod: ");
    va_list list;
    va_start(list, format);
    int length = vsnprintf(text + begin, sizeof text - (size_t)begin - 1, format, list);
    va_end(list);
    size_t used = strlen(text);
    if (length < 0)
        return;
    for (size_t i = 0; i < used; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 127)
            text[i] = '?';
    text[used++] = '\n';
    ssize_t put = write(STDERR_FILENO, text, used); /* one call: lines of threads do not mix */
    (void)put;
}

uint64_t log_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int log_brake_open(struct log_brake *brake, uint64_t now_ns, uint64_t *skipped) {
    if (brake->last_ns && now_ns - brake->last_ns < 1000000000u) {
        brake->held_back++;
        return 0;
    }
    *skipped = brake->held_back;
    *brake = (struct log_brake){now_ns, 0};
    return 1;
}
