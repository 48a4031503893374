/* settings.h - worklistd.ini: read once at start, unknown keys refused with file and line.
 *
 *     [worklistd]
 *     database=postgresql://hemo_app@/hemo?host=...      ; as `worklist/cluster start` prints it
 *     owner_database=...                                 ; optional: then the schema is brought up
 * to date at start listen=127.0.0.1:7410      metrics=127.0.0.1:7411 events=tcp://127.0.0.1:7401
 * live=tcp://127.0.0.1:7402 device=WORKLISTD  key=FILE(secret)  server_key=FILE(hemod.public)   ;
 * without both keys: no CURVE, loopback only state=DIR  web=DIR  sql=DIR
 *     certificate=FILE(PEM, chain)  certificate_key=FILE(PEM, mode 0600)      ; the page by TLS 1.2
 * or later; required where listen= is no loopback address
 *     origin=https://NAME:PORT       ; what browsers call it, where that is not listen= */
#pragma once
#include "proto/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SETTINGS_TEXT = 512 };

struct settings {
    char database[SETTINGS_TEXT], owner_database[SETTINGS_TEXT];
    char listen[SETTINGS_TEXT], metrics[SETTINGS_TEXT];
    char events[SETTINGS_TEXT], live[SETTINGS_TEXT];
    char device[SETTINGS_TEXT], key[SETTINGS_TEXT], server_key[SETTINGS_TEXT];
    char state[SETTINGS_TEXT], web[SETTINGS_TEXT], sql[SETTINGS_TEXT];
    char certificate[SETTINGS_TEXT], certificate_key[SETTINGS_TEXT], origin[SETTINGS_TEXT];
};

/* What holds where the file says nothing. */
void settings_defaults(struct settings *settings);

/* HEMO_OK, or the error and in *what one line "FILE:LINE: what (want ...)". */
enum hemo_error settings_read(struct settings *settings, const char *file, char *what, size_t size);

/* What a program exits with for that error: 0, 3 missing or unreadable, 4 not valid. */
int settings_exit_code(enum hemo_error error);

/* "127.0.0.1:7410" or "[::1]:7410" in two; false: neither a host nor a port 0..65535. */
bool settings_address(const char *text, char *host, size_t size, int *port);

/* A key file's 40 Z85 characters. A secret that others may read is refused. */
enum hemo_error settings_key(const char *file, bool secret, char out[41]);
