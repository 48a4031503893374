/* worklistd - studies, confirmation, priority, audit and the page. Options and wiring only. */
#include "worklist/forward.h"
#include "worklist/traces.h"
#include "worklist/web.h"
#include <getopt.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

static struct {
    struct settings settings;
    struct curve curve;
    struct counters counters;
    struct epochs epochs;
    struct strips strips;
    struct hub hub;
    struct api api;
    struct pool pool;
    struct web web;
    struct forward forward;
    struct traces traces;
    char origin[SETTINGS_TEXT + 8];
} d;
static const char usage[] = "worklistd - the worklist service of Hemostream\n\n"
                            "  worklistd -c worklistd.ini      serve until SIGTERM or SIGINT\n"
                            "  worklistd -c worklistd.ini -n   check the configuration and end\n\n"
                            "  -c, --config FILE   see worklist/settings.h\n"
                            "  -n, --check         only check\n"
                            "  -h, --help          this text\n"
                            "  -V, --version       the version\n\n"
                            "Exit codes: 0 ended by a signal or checked, 1 failed, 2 usage, 3 file "
                            "missing or unreadable, 4 file not valid.\n";

static int complain(int code, const char *what) {
    fprintf(stderr, "worklistd: %s\n", what);
    return code;
}

static void wire_up(void *zmq) {
    epochs_init(&d.epochs);
    hub_init(&d.hub);
    const char *scheme = d.settings.certificate[0] ? "https" : "http";
    snprintf(d.origin, sizeof d.origin, "%s://%s", scheme, d.settings.listen);
    if (d.settings.origin[0])
        snprintf(d.origin, sizeof d.origin, "%s", d.settings.origin);
    d.api = (struct api){.hub = &d.hub,
                         .counters = &d.counters,
                         .epochs = &d.epochs,
                         .strips = &d.strips,
                         .origin = d.origin};
    api_init(&d.api);
    d.web.settings = &d.settings;
    d.web.pool = &d.pool;
    d.web.hub = &d.hub;
    d.web.counters = &d.counters;
    d.forward.settings = d.traces.settings = &d.settings;
    d.forward.curve = d.traces.curve = &d.curve;
    d.forward.hub = d.traces.hub = &d.hub;
    d.forward.epochs = d.traces.epochs = &d.epochs;
    d.forward.counters = d.traces.counters = &d.counters;
    d.forward.zmq = d.traces.zmq = zmq;
    d.forward.strips = &d.strips;
}

/* Until SIGTERM or SIGINT, which every thread blocks. */
static int serve(const sigset_t *signals) {
    char why[400] = "";
    int code = 1, number = 0;
    if (!strips_init(&d.strips))
        return complain(1, "eventfd: no more file descriptors");
    if (!web_open(&d.web, why, sizeof why)) {
        complain(1, why);
        goto no_web;
    }
    if (!pool_start(&d.pool, &d.api, d.settings.database) || !forward_start(&d.forward) ||
        !traces_start(&d.traces) || !web_start(&d.web)) {
        complain(1, "cannot start its threads or connect its sockets (want memory and endpoints as "
                    "tcp://ADDRESS:PORT)");
        goto no_threads;
    }
    fprintf(stderr, "worklistd: page at %s, metrics at http://%s/metrics\n", d.origin,
            d.settings.metrics);
    sigwait(signals, &number);
    fprintf(stderr, "worklistd: %s: stopping\n", number == SIGINT ? "interrupted" : "terminated");
    code = 0;
no_threads:
    traces_stop(&d.traces);
    forward_stop(&d.forward);
    pool_stop(&d.pool);
no_web:
    web_stop(&d.web);
    hub_close(&d.hub);
    strips_close(&d.strips);
    api_close(&d.api);
    return code;
}

static int run(const char *file, bool only_check) {
    char why[700];
    sigset_t signals;
    enum hemo_error error = settings_read(&d.settings, file, why, sizeof why);
    if (error == HEMO_OK)
        error = curve_read(&d.curve, &d.settings, why, sizeof why);
    if (error != HEMO_OK)
        return complain(settings_exit_code(error), why);
    if (only_check) return 0;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    void *zmq = zmq_ctx_new();
    if (!zmq || sodium_init() < 0) return complain(1, "cannot start ZeroMQ or libsodium");
    wire_up(zmq);
    int code = serve(&signals);
    zmq_ctx_term(zmq);
    return code;
}

int main(int argc, char **argv) {
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"check", no_argument, NULL, 'n'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, 'V'},
                                            {NULL, 0, NULL, 0}};
    const char *file = NULL;
    bool only_check = false;
    for (int c; (c = getopt_long(argc, argv, "c:nhV", options, NULL)) != -1;) {
        switch (c) {
        case 'c':
            file = optarg;
            break;
        case 'n':
            only_check = true;
            break;
        case 'h':
            fputs(usage, stdout);
            return 0;
        case 'V':
            puts("worklistd " HEMO_VERSION);
            return 0;
        default:
            return 2;
        }
    }
    if (!file || optind != argc) {
        fputs(usage, stderr);
        return 2;
    }
    return run(file, only_check);
}
