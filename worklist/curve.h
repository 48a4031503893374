/* curve.h - ZeroMQ sockets towards hemod, with CURVE where worklistd.ini names keys. */
#pragma once
#include "worklist/settings.h"

struct curve {
    bool on;
    char secret[41], public[41], server[41];
};

/* Reads the key files that the settings name; one line in *why on error. */
enum hemo_error curve_read(struct curve *curve, const struct settings *settings, char *why,
                           size_t size);
/* A socket of that type with its keys and limits, not yet connected; NULL: no more sockets. */
void *curve_socket(void *zmq, int type, const struct curve *curve);
