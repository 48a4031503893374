/* options.h - hemosim's command line as a struct.
 *
 *     error = options_parse(&options, argc, argv, &failure);   // HEMO_BAD_CONFIG: wrong usage, one
 * line
 *
 * Every option, the commands that it belongs to and its help are one row of a table in options.c.
 * Pure but for the pointers into argv that it keeps. */
#pragma once
#include "sim/failure.h"
#include <stdbool.h>
#include <stdint.h>

enum command {
    COMMAND_NONE = 0,
    COMMAND_ANALYZE = 1,
    COMMAND_REPLAY = 2,
    COMMAND_PLAY = 4,
    COMMAND_GEN = 8,
    COMMAND_INFO = 16,
    COMMAND_LIST = 32,
    COMMAND_PLOT = 64,
    COMMAND_GALLERY = 128,
    COMMAND_EXAM = 256,
    COMMAND_QUEUE = 512,
    COMMAND_RECORD = 1024
};

enum { OPTIONS_MAPS_MAX = 32, OPTIONS_FAULTS_MAX = 32, OPTIONS_SETS_MAX = 32 };

struct options {
    enum command command;
    const char *record, *patient;
    double from_s, to_s; /* to_s: NAN for the end */
    const char *signals; /* comma-separated, NULL for all */
    const char *maps[OPTIONS_MAPS_MAX], *faults[OPTIONS_FAULTS_MAX];
    int maps_count, faults_count;
    const char *sets[OPTIONS_SETS_MAX]; /* "co=5.1" */
    int sets_count;
    const char *beats, *events, *marks, *rules, *standing, *out, *measurement,
        *journal;
    const char *send, *device, *key, *server_key;
    uint32_t stream; /* of a journal; 0: the only one */
    uint64_t case_number; /* of a journal; 0: all */
    uint32_t room, rate_hz; /* room 0: none was given; rate 0: the usual one */
    double speed; /* 1 = real time; 0 = as fast as it goes */
    double duration_s;
    uint64_t seed, count; /* count: seeds of each patient */
    double vary;          /* share of a row's numbers */
    const char *scenario; /* "NAME" or "NAME@SECONDS"; NULL: the patient's own */
    bool json, quiet, verbose, force, insecure, ignore_checksums, truth, help, version;
};

enum hemo_error options_parse(struct options *options, int argc, char **argv,
                              struct failure *failure);

/* "90", "1:30", "0:01:30.5": seconds; false: it is no time. */
bool options_time(const char *text, double *seconds);

/* The help of a command, or of the program for COMMAND_NONE: at most 80 columns, examples first. */
const char *options_help(enum command command);
