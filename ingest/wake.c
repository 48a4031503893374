/* wake.c - see wake.h. */
#include "ingest/wake.h"
#include <assert.h>
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum hemo_error wake_init(struct wake *w) {
    atomic_init(&w->sleeping, 0);
    w->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return w->fd < 0 ? HEMO_IO : HEMO_OK;
}

void wake_close(struct wake *w) {
    close(w->fd);
    w->fd = -1;
}

void wake_prepare(struct wake *w) {
    atomic_store(&w->sleeping, 1);
}
void wake_cancel(struct wake *w) {
    atomic_store(&w->sleeping, 0);
}

void wake_drain(struct wake *w) {
    uint64_t count;
    atomic_store(&w->sleeping, 0);
    ssize_t got = read(w->fd, &count, sizeof count);
    (void)got; /* EAGAIN: the time was up, nobody signalled */
}

void wake_wait(struct wake *w, int timeout_ms) {
    struct pollfd item = {.fd = w->fd, .events = POLLIN};
    poll(&item, 1, timeout_ms); /* EINTR: the caller looks at its rings and sleeps again */
    wake_drain(w);
}

void wake_signal(struct wake *w) {
    if (!atomic_load(&w->sleeping) || !atomic_exchange(&w->sleeping, 0))
        return;
    uint64_t one = 1;
    ssize_t put = write(w->fd, &one, sizeof one);
    assert(put == sizeof one);
    (void)put;
}
