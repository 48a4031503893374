/* strips.h - stretches of a trace, asked by a request's thread and fetched by the forwarder from
 * hemod.
 *
 * strips_ask() blocks the calling thread for at most the timeout. The forwarder calls
 * strips_next() for asks to send and strips_answer() with what comes back. */
#pragma once
#include "proto/wire.h"
#include <pthread.h>

enum { WINDOWS_MAX = 8, WINDOW_SAMPLES_MAX = 65536 };

enum window_state { WINDOW_FREE, WINDOW_ASKED, WINDOW_SENT, WINDOW_DONE, WINDOW_REFUSED };

struct window {
    enum window_state state;
    struct wire_window_ask ask;
    uint64_t first_tick;
    uint32_t ticks_per_sample, count;
    double scale;
    int32_t offset;
    int16_t *samples; /* heap */
};

struct strips {
    pthread_mutex_t lock; /* protects all below */
    pthread_cond_t changed;
    int wake_fd; /* eventfd that the forwarder polls */
    uint32_t last_request;
    struct window window[WINDOWS_MAX];
};

bool strips_init(struct strips *w);
void strips_close(struct strips *w);
void strips_wake(struct strips *w); /* the forwarder: look at asks and outbox */

/* True: *out holds the stretch; the caller frees out->samples. */
bool strips_ask(struct strips *w, const struct wire_window_ask *ask, int timeout_ms,
                struct window *out);
bool strips_next(struct strips *w, struct wire_window_ask *ask);
void strips_answer(struct strips *w, const struct wire_window *answer);
