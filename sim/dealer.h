/* dealer.h - one connection of a feed to hemod: a DEALER socket with its keys and its monitor.
 *
 *     dealer_open(&dealer, &config, &failure);
 *     for (;;) switch (dealer_wait(&dealer, 20)) { case DEALER_UP: say Hello ... }
 *
 * A lost connection is left behind whole, with all that was queued in it, and a new one begins
 * after a short pause: nothing old can arrive behind a new Hello. One thread. */
#pragma once
#include "sim/failure.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dealer_config {
    const char *address;
    const char *key, *server_key; /* files; NULL: without keys, to a loopback address only */
};

enum dealer_news {
    DEALER_NOTHING,
    DEALER_UP,     /* a connection is made: say Hello */
    DEALER_DOWN,   /* it was lost; another one is tried */
    DEALER_DENIED, /* the peer does not know this key */
    DEALER_INPUT   /* dealer_receive() has something */
};

enum { DEALER_KEY_TEXT = 41 };

struct dealer {
    void *context, *socket, *monitor;
    const char *address;
    bool curve, up;
    char secret[DEALER_KEY_TEXT], public[DEALER_KEY_TEXT], server[DEALER_KEY_TEXT];
};

enum hemo_error dealer_open(struct dealer *dealer, const struct dealer_config *config,
                            struct failure *failure);
void dealer_close(struct dealer *dealer);
/* Waits at most timeout_ms for something to happen. */
enum dealer_news dealer_wait(struct dealer *dealer, int timeout_ms);
/* Bytes of the next message; 0: none. Longer ones than `size` are cut, their true length is
 * returned. */
size_t dealer_receive(struct dealer *dealer, uint8_t *bytes, size_t size);
/* False: the queue is full, or there is no connection; try again. */
bool dealer_send(struct dealer *dealer, const uint8_t *bytes, size_t length);
/* Leaves this connection for a new one. */
void dealer_again(struct dealer *dealer);
