#include "worklist/strips.h"
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

bool strips_init(struct strips *w) {
    *w = (struct strips){.wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    return w->wake_fd >= 0;
}

void strips_close(struct strips *w) {
    for (int i = 0; i < WINDOWS_MAX; i++)
        free(w->window[i].samples);
    close(w->wake_fd);
}

void strips_wake(struct strips *w) {
    const uint64_t one = 1;
    if (write(w->wake_fd, &one, sizeof one) != sizeof one)
        return; /* the counter is full: it is awake anyway */
}

static struct window *find(struct strips *w, enum window_state state, uint32_t request) {
    for (int i = 0; i < WINDOWS_MAX; i++)
        if (w->window[i].state == state && (request == 0 || w->window[i].ask.request == request))
            return &w->window[i];
    return NULL;
}

static struct timespec after_ms(int ms) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

static bool wait_for(struct strips *w, struct window *window, int timeout_ms, struct window *out) {
    struct timespec until = after_ms(timeout_ms);
    int timed_out = 0;
    while (timed_out == 0 && (window->state == WINDOW_ASKED || window->state == WINDOW_SENT))
        timed_out = pthread_cond_timedwait(&w->changed, &w->lock, &until);
    bool done = window->state == WINDOW_DONE;
    if (done)
        *out = *window;
    else
        free(window->samples);
    *window = (struct window){0};
    return done;
}

bool strips_ask(struct strips *w, const struct wire_window_ask *ask, int timeout_ms,
                struct window *out) {
    bool done = false;
    pthread_mutex_lock(&w->lock);
    struct window *window = find(w, WINDOW_FREE, 0);
    if (window) {
        window->samples = malloc(WINDOW_SAMPLES_MAX * sizeof *window->samples);
        window->ask = *ask;
        window->ask.request = ++w->last_request;
        window->state = window->samples ? WINDOW_ASKED : WINDOW_REFUSED;
        strips_wake(w);
        done = wait_for(w, window, timeout_ms, out);
    }
    pthread_mutex_unlock(&w->lock);
    return done;
}

bool strips_next(struct strips *w, struct wire_window_ask *ask) {
    pthread_mutex_lock(&w->lock);
    struct window *window = find(w, WINDOW_ASKED, 0);
    if (window) {
        window->state = WINDOW_SENT;
        *ask = window->ask;
    }
    pthread_mutex_unlock(&w->lock);
    return window != NULL;
}

/* Parts come in order; a hole between two parts is filled with missing samples. */
static bool append(struct window *window, const struct wire_window *part) {
    if (window->count == 0) {
        window->first_tick = part->first_tick;
        window->ticks_per_sample = part->ticks_per_sample;
        window->scale = part->scale;
        window->offset = part->offset;
    }
    if (part->count == 0)
        return true;
    if (part->ticks_per_sample != window->ticks_per_sample || part->ticks_per_sample == 0 ||
        part->first_tick < window->first_tick)
        return false;
    uint64_t at = (part->first_tick - window->first_tick) / part->ticks_per_sample;
    if (at < window->count || at + part->count > WINDOW_SAMPLES_MAX)
        return false;
    while (window->count < at)
        window->samples[window->count++] = SAMPLE_MISSING;
    memcpy(window->samples + window->count, part->samples, part->count * sizeof *part->samples);
    window->count += part->count;
    return true;
}

void strips_answer(struct strips *w, const struct wire_window *answer) {
    pthread_mutex_lock(&w->lock);
    struct window *window = find(w, WINDOW_SENT, answer->request);
    if (window && answer->request != 0) {
        if (!append(window, answer))
            window->state = WINDOW_REFUSED;
        else if (answer->last)
            window->state = WINDOW_DONE;
        pthread_cond_broadcast(&w->changed);
    }
    pthread_mutex_unlock(&w->lock);
}
