/* hemod_main.c - options, wiring, signals. */
#include "ingest/hemod.h"
#include "detectors/detector.h"
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2, EXIT_MISSING = 3, EXIT_INVALID = 4 };

static const char help[] =
    "hemod - the stream processor: feeds in, measurements and findings out\n"
    "\n"
    "usage: hemod -c FILE [--insecure-loopback] [--check]\n"
    "  -c, --config FILE      hemod.ini; ingest/README.md describes each key\n"
    "      --insecure-loopback  no encryption, no keys: development only, 127.0.0.1 only\n"
    "      --check            read configuration, keys and rules, say what is wrong, start "
    "nothing\n"
    "      --list             the detectors, one a line\n"
    "  -h, --help             this text\n"
    "  -V, --version          the version\n"
    "\n"
    "Ends with SIGTERM or SIGINT: takes no more, makes durable what it took, exits 0.\n"
    "exit codes: 0 ok, 1 failed while starting or running (port or journal in use, disk), 2 "
    "usage,\n"
    "  3 a file is missing or unreadable, 4 configuration, key or journal invalid\n";

static int exit_code(enum hemo_error error) {
    switch (error) {
    case HEMO_OK:
        return 0;
    case HEMO_NOT_FOUND:
    case HEMO_NO_PERMISSION:
        return EXIT_MISSING;
    case HEMO_BAD_CONFIG:
    case HEMO_BAD_FORMAT:
    case HEMO_CORRUPT:
    case HEMO_BAD_CHECKSUM:
        return EXIT_INVALID;
    default:
        return 1;
    }
}

static int usage(const char *problem) {
    fprintf(stderr, "hemod: %s (want hemod -c FILE; hemod -h says more)\n", problem);
    return EXIT_USAGE;
}

static int run(const struct hemod_options *options, bool check) {
    char why[HEMOD_WHY] = "";
    struct hemod *hemod = calloc(1, sizeof *hemod);
    sigset_t signals;
    int number;
    if (!hemod)
        return 1;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL); /* the threads inherit it; only sigwait() sees them */
    enum hemo_error error = hemod_configure(hemod, options, why);
    if (error == HEMO_OK && check)
        printf("hemod: %s: ok\n", options->config_path);
    else if (error == HEMO_OK && (error = hemod_open(hemod, why)) == HEMO_OK) {
        if (options->insecure)
            log_line("no encryption and no keys: anybody on this machine may feed");
        log_line("ready: feeds %s events %s live %s metrics %s", hemod->feeds_at, hemod->events_at,
                 hemod->live_at, hemod->metrics_server.endpoint);
        sigwait(&signals, &number);
        log_line("stopping: %s", number == SIGTERM ? "SIGTERM" : "SIGINT");
    }
    if (error != HEMO_OK)
        log_line("%s", why);
    hemod_close(hemod);
    free(hemod);
    return exit_code(error);
}

int main(int argc, char **argv) {
    enum { OPTION_INSECURE = 256, OPTION_CHECK, OPTION_LIST };
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"insecure-loopback", no_argument, NULL, OPTION_INSECURE},
        {"check", no_argument, NULL, OPTION_CHECK},
        {"list", no_argument, NULL, OPTION_LIST},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    struct hemod_options wanted = {0};
    bool check = false;
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "c:hV", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            wanted.config_path = optarg;
            break;
        case OPTION_INSECURE:
            wanted.insecure = true;
            break;
        case OPTION_CHECK:
            check = true;
            break;
        case OPTION_LIST:
            for (int i = 0; i < detector_rows_count; i++)
                printf("%s: %s\n", detector_rows[i].name, detector_rows[i].detector->what);
            return 0;
        case 'h':
            fputs(help, stdout);
            return 0;
        case 'V':
            puts("hemod " HEMO_VERSION);
            return 0;
        default:
            return usage("an option that hemod does not know, or one without its value");
        }
    }
    if (optind < argc)
        return usage("an argument that is no option");
    if (!wanted.config_path)
        return usage("no configuration");
    return run(&wanted, check);
}
