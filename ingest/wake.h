/* wake.h - put one thread to sleep until others have something for it. An eventfd and a flag.
 *
 * The sleeper: wake_prepare(); look once more (ring_empty() of each ring); then wake_wait(), or
 * wake_cancel() where there was something. Others: ring_publish(), then wake_signal(), which costs
 * one load while the sleeper is awake: one wake for a whole batch. Any number of threads may
 * signal. */
#pragma once
#include "proto/error.h"
#include <stdatomic.h>

struct wake {
    _Atomic int sleeping;
    int fd; /* readable when signalled; for poll */
};

enum hemo_error wake_init(struct wake *w);
void wake_close(struct wake *w);
void wake_prepare(struct wake *w);
void wake_cancel(struct wake *w);
/* Sleeps until signalled or timeout_ms (-1: for ever), and is awake again. */
void wake_wait(struct wake *w, int timeout_ms);
/* For a sleeper with a poll of its own over w->fd: awake again, the descriptor is drained. */
void wake_drain(struct wake *w);
void wake_signal(struct wake *w);
