/* log.h - what hemod tells its operator: one line each on stderr, "hemod: where: what". */
#pragma once
#include <stdint.h>

/* Control bytes in the text are written as '?': a peer's words cannot forge a line. */
__attribute__((format(printf, 1, 2))) void log_line(const char *format, ...);

/* A brake for lines that a peer can cause: at most one each second; the rest are counted. */
struct log_brake {
    uint64_t last_ns, held_back;
};
/* True: say it now; *skipped lines were not said since the last one. */
int log_brake_open(struct log_brake *brake, uint64_t now_ns, uint64_t *skipped);
uint64_t log_now_ns(void); /* CLOCK_MONOTONIC */
