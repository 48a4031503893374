#include "worklist/settings.h"
#include <arpa/inet.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *name;
    size_t offset;
} keys[] = {
#define KEY(name)                                                                                  \
    { #name, offsetof(struct settings, name) }
    KEY(database),   KEY(owner_database), KEY(listen), KEY(metrics),
    KEY(events),     KEY(live),           KEY(device), KEY(key),
    KEY(server_key), KEY(state),          KEY(web),    KEY(sql),
    KEY(certificate), KEY(certificate_key), KEY(origin),
#undef KEY
};
enum { KEYS = sizeof keys / sizeof keys[0] };

struct reading {
    struct settings *settings;
    char what[200];
};

static int on_key(void *context, const char *section, const char *name, const char *value) {
    struct reading *reading = context;
    if (strcmp(section, "worklistd") != 0) {
        snprintf(reading->what, sizeof reading->what, "unknown section [%s] (want [worklistd])",
                 section);
        return 0;
    }
    for (size_t i = 0; i < KEYS; i++) {
        if (strcmp(name, keys[i].name) != 0)
            continue;
        if (strlen(value) >= SETTINGS_TEXT) {
            snprintf(reading->what, sizeof reading->what,
                     "%s is too long (want at most %d characters)", name, SETTINGS_TEXT - 1);
            return 0;
        }
        snprintf((char *)reading->settings + keys[i].offset, SETTINGS_TEXT, "%s", value);
        return 1;
    }
    snprintf(reading->what, sizeof reading->what,
             "unknown key \"%s\" (want one of worklist/settings.h)", name);
    return 0;
}

/* The folder of the tree's file, beside the current folder or above the program
 * (build/x/bin/../../..). */
static void default_folder(const char *folder, char *out) {
    char program[SETTINGS_TEXT - 64] = "";
    snprintf(out, SETTINGS_TEXT, "%s", folder);
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    if (access(out, R_OK) == 0 || n <= 0)
        return;
    program[n] = '\0';
    for (int up = 0; up < 4; up++) {
        char *slash = strrchr(program, '/');
        if (!slash)
            return;
        *slash = '\0';
    }
    snprintf(out, SETTINGS_TEXT, "%s/%s", program, folder);
}

void settings_defaults(struct settings *settings) {
    *settings = (struct settings){.listen = "127.0.0.1:7410",
                                  .metrics = "127.0.0.1:7411",
                                  .events = "tcp://127.0.0.1:7401",
                                  .live = "tcp://127.0.0.1:7402",
                                  .device = "WORKLISTD",
                                  .state = "var"};
    default_folder("worklist/web", settings->web);
    default_folder("worklist/sql", settings->sql);
}

static bool loopback(const char *endpoint) {
    return strncmp(endpoint, "tcp://127.0.0.1:", 16) == 0 ||
           strncmp(endpoint, "tcp://[::1]:", 12) == 0 || strncmp(endpoint, "ipc://", 6) == 0;
}

/* A page that leaves the machine carries names and passwords. */
static bool needs_certificate(const char *host) {
    unsigned char address[16];
    bool is4 = inet_pton(AF_INET, host, address) == 1;
    return (is4 || inet_pton(AF_INET6, host, address) == 1) && strncmp(host, "127.", 4) != 0 &&
           strcmp(host, "::1") != 0;
}

static bool origin_fits(const struct settings *settings) {
    const char *scheme = settings->certificate[0] ? "https://" : "http://";
    const char *name = settings->origin + strlen(scheme);
    return strncmp(settings->origin, scheme, strlen(scheme)) == 0 && strchr(name, ':') != NULL &&
           strchr(name, '/') == NULL;
}

static const char *check_page(const struct settings *settings) {
    char host[64];
    int port = 0;
    if (!settings_address(settings->listen, host, sizeof host, &port))
        return "bad listen (want ADDRESS:PORT)";
    if (!settings->certificate[0] != !settings->certificate_key[0])
        return "certificate and certificate_key go together (want both, or neither on loopback)";
    if (settings->origin[0] && !origin_fits(settings))
        return "bad origin (want https://NAME:PORT with a certificate, http://NAME:PORT without)";
    if (!settings->certificate[0] && needs_certificate(host))
        return "no certificate for a listen address that is not loopback (want certificate= and "
               "certificate_key=)";
    return NULL;
}

static const char *check(const struct settings *settings) {
    char host[64];
    int port = 0;
    if (!settings->database[0])
        return "no database (want database=URI, as `worklist/cluster start DIR` prints it)";
    if (!settings_address(settings->metrics, host, sizeof host, &port))
        return "bad metrics (want ADDRESS:PORT)";
    if (!settings->key[0] != !settings->server_key[0])
        return "key and server_key go together (want both, or neither on loopback)";
    if (!settings->key[0] && !(loopback(settings->events) && loopback(settings->live)))
        return "no key for an address that is not loopback (want key= and server_key=)";
    return check_page(settings);
}

enum hemo_error settings_read(struct settings *settings, const char *file, char *what,
                              size_t size) {
    settings_defaults(settings);
    struct reading reading = {.settings = settings};
    int line = ini_parse(file, on_key, &reading);
    if (line == -1) {
        snprintf(what, size, "%s: %s (want a file as in worklist/settings.h)", file,
                 strerrordesc_np(errno));
        return errno == ENOENT ? HEMO_NOT_FOUND : HEMO_NO_PERMISSION;
    }
    if (line != 0) {
        const char *text = reading.what[0] ? reading.what : "not an INI line (want key=value)";
        snprintf(what, size, "%s:%d: %s", file, line, text);
        return HEMO_BAD_CONFIG;
    }
    const char *wrong = check(settings);
    if (wrong)
        snprintf(what, size, "%s: %s", file, wrong);
    return wrong ? HEMO_BAD_CONFIG : HEMO_OK;
}

int settings_exit_code(enum hemo_error error) {
    if (error == HEMO_OK)
        return 0;
    return error == HEMO_NOT_FOUND || error == HEMO_NO_PERMISSION ? 3 : 4;
}

bool settings_address(const char *text, char *host, size_t size, int *port) {
    const char *colon = strrchr(text, ':');
    if (!colon || colon == text)
        return false;
    char *end = NULL;
    long n = strtol(colon + 1, &end, 10);
    if (end == colon + 1 || *end != '\0' || n < 0 || n > 65535)
        return false;
    size_t length = (size_t)(colon - text);
    if (text[0] == '[' && text[length - 1] == ']') {
        text++;
        length -= 2;
    }
    if (length == 0 || length >= size)
        return false;
    memcpy(host, text, length);
    host[length] = '\0';
    *port = (int)n;
    return true;
}

enum hemo_error settings_key(const char *file, bool secret, char out[41]) {
    struct stat st;
    FILE *in = fopen(file, "re");
    if (!in)
        return errno == ENOENT ? HEMO_NOT_FOUND : HEMO_NO_PERMISSION;
    bool private = fstat(fileno(in), &st) == 0 && (st.st_mode & 077) == 0;
    bool ok = fread(out, 1, 40, in) == 40;
    int next = fgetc(in);
    fclose(in);
    out[40] = '\0';
    if (secret && !private)
        return HEMO_NO_PERMISSION;
    return ok && strlen(out) == 40 && (next == '\n' || next == EOF) ? HEMO_OK : HEMO_BAD_FORMAT;
}
