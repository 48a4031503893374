/* config.h - hemod.ini as a checked value. README.md lists the keys.
 *
 *     struct config config;
 *     if (config_read(&config, "hemod.ini", text) != HEMO_OK) fprintf(stderr, "hemod: %s\n", text);
 *
 * Unknown sections and keys, doubled keys, and values out of range are refused, with file and line
 * in `why`. */
#pragma once
#include "proto/error.h"
#include "proto/wire.h"
#include <stdbool.h>

enum { CONFIG_PATH_MAX = 1024, CONFIG_ADDRESS_MAX = 128, CONFIG_DEVICES_MAX = 128 };
enum { CONFIG_WORKERS_MAX = 16, CONFIG_WHY_MAX = 1400, CONFIG_KEY_TEXT = 41 };

enum device_role { ROLE_NONE, ROLE_FEED, ROLE_CLIENT };

struct config_device {
    char name[WIRE_DEVICE_MAX + 1];
    char key[CONFIG_KEY_TEXT]; /* public, Z85; "" only with --insecure-loopback */
    enum device_role role;
    uint32_t room;   /* 1..999; feeds only */
    uint32_t stream; /* 1..65535, each once */
    int line;        /* of its section, for messages */
};

struct config {
    char journal[CONFIG_PATH_MAX];
    char feeds[CONFIG_ADDRESS_MAX], events[CONFIG_ADDRESS_MAX], live[CONFIG_ADDRESS_MAX];
    char metrics[CONFIG_ADDRESS_MAX]; /* HOST:PORT, loopback only */
    char key[CONFIG_PATH_MAX];        /* file with hemod's secret key */
    char rules[CONFIG_PATH_MAX];      /* "" : the default thresholds */
    uint32_t workers;                 /* 1..16 */
    uint32_t segment_mib;             /* 1..1024: size of a journal segment */
    uint32_t snapshot_s;              /* 0..86400: signal between two snapshots; 0: none */
    uint32_t spool_mib;               /* 1..1024: memory for records that wait for the disk */
    uint32_t devices_count;
    struct config_device devices[CONFIG_DEVICES_MAX];
};

/* HEMO_NOT_FOUND, HEMO_NO_PERMISSION: the file; HEMO_BAD_CONFIG: what is in it. `why` is one line.
 */
enum hemo_error config_read(struct config *c, const char *path, char why[CONFIG_WHY_MAX]);
/* What only makes sense as a whole: keys are there unless `insecure`, which needs loopback
 * everywhere. */
enum hemo_error config_check(const struct config *c, const char *path, bool insecure,
                             char why[CONFIG_WHY_MAX]);
bool config_is_loopback(const char *address);
