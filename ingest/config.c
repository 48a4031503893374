/* config.c - see config.h. inih splits the lines; everything that it gives is checked here. */
#include "ingest/config.h"
#include <assert.h>
#include <errno.h>
#include <ini.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    struct config *config;
    struct config_device *device; /* of the section being read, or NULL in [hemod] */
    char section[128], problem[512];
    unsigned char seen[64]; /* keys of this section, by row, against doubled ones */
    int line;
};

enum key_kind { KEY_TEXT, KEY_NUMBER, KEY_ROLE, KEY_Z85 };

struct key {
    const char *name;
    enum key_kind kind;
    size_t offset, size;
    uint32_t min, max;
};

#define TEXT(field) KEY_TEXT, offsetof(struct config, field), sizeof(((struct config *)0)->field)
static const struct key hemod_keys[] = {
    {"journal", TEXT(journal), 0, 0},
    {"feeds", TEXT(feeds), 0, 0},
    {"events", TEXT(events), 0, 0},
    {"live", TEXT(live), 0, 0},
    {"metrics", TEXT(metrics), 0, 0},
    {"key", TEXT(key), 0, 0},
    {"rules", TEXT(rules), 0, 0},
    {"workers", KEY_NUMBER, offsetof(struct config, workers), 4, 1, CONFIG_WORKERS_MAX},
    {"segment_mib", KEY_NUMBER, offsetof(struct config, segment_mib), 4, 1, 1024},
    {"spool_mib", KEY_NUMBER, offsetof(struct config, spool_mib), 4, 1, 1024},
    {"snapshot_s", KEY_NUMBER, offsetof(struct config, snapshot_s), 4, 0, 86400},
};
static const struct key device_keys[] = {
    {"key", KEY_Z85, offsetof(struct config_device, key), CONFIG_KEY_TEXT, 0, 0},
    {"role", KEY_ROLE, offsetof(struct config_device, role), 4, 0, 0},
    {"room", KEY_NUMBER, offsetof(struct config_device, room), 4, 1, 999},
    {"stream", KEY_NUMBER, offsetof(struct config_device, stream), 4, 1, 65535},
};
#undef TEXT

static int refuse(struct reading *r, const char *what, const char *name, const char *want) {
    if (!r->problem[0])
        snprintf(r->problem, sizeof r->problem, "%s \"%.60s\" (want %s)", what, name, want);
    return 0;
}

static bool z85_text_ok(const char *text) {
    static const char alphabet[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   ".-:+=^!/*?&<>()[]{}@%$#";
    return strlen(text) == CONFIG_KEY_TEXT - 1 && strspn(text, alphabet) == CONFIG_KEY_TEXT - 1;
}

static int set_number(struct reading *r, const struct key *key, const char *value, void *out) {
    char *end, want[64];
    errno = 0;
    unsigned long number = strtoul(value, &end, 10);
    if (value[0] >= '0' && value[0] <= '9' && !*end && !errno && number >= key->min &&
        number <= key->max) {
        *(uint32_t *)out = (uint32_t)number;
        return 1;
    }
    snprintf(want, sizeof want, "%s = %u to %u", key->name, key->min, key->max);
    return refuse(r, "value", value, want);
}

static int set_value(struct reading *r, const struct key *key, const char *value, void *out) {
    switch (key->kind) {
    case KEY_NUMBER:
        return set_number(r, key, value, out);
    case KEY_ROLE:
        if (strcmp(value, "feed") != 0 && strcmp(value, "client") != 0)
            return refuse(r, "role", value, "feed or client");
        *(enum device_role *)out = value[0] == 'f' ? ROLE_FEED : ROLE_CLIENT;
        return 1;
    case KEY_Z85:
        if (!z85_text_ok(value))
            return refuse(r, "key", value, "40 characters of Z85: a public key");
        break;
    case KEY_TEXT:
        if (!value[0] || strlen(value) >= key->size)
            return refuse(r, "value", value, "a shorter one");
        break;
    }
    snprintf(out, key->size, "%s", value);
    return 1;
}

static int begin_section(struct reading *r, const char *section) {
    static const char prefix[] = "device ";
    struct config *c = r->config;
    snprintf(r->section, sizeof r->section, "%s", section);
    memset(r->seen, 0, sizeof r->seen);
    r->device = NULL;
    if (strcmp(section, "hemod") == 0)
        return 1;
    const char *name = section + sizeof prefix - 1;
    if (strncmp(section, prefix, sizeof prefix - 1) != 0)
        return refuse(r, "unknown section", section, "[hemod] or [device NAME]");
    if (!wire_device_ok(name))
        return refuse(r, "device", name, "1 to 64 of A-Z 0-9 . -");
    if (c->devices_count == CONFIG_DEVICES_MAX)
        return refuse(r, "device", name, "at most 128");
    for (uint32_t i = 0; i < c->devices_count; i++)
        if (strcmp(c->devices[i].name, name) == 0)
            return refuse(r, "device", name, "each name once");
    r->device = &c->devices[c->devices_count++];
    memset(r->device, 0, sizeof *r->device);
    snprintf(r->device->name, sizeof r->device->name, "%s", name);
    return 1;
}

static int on_key(void *context, const char *section, const char *name, const char *value) {
    struct reading *r = context;
    if (r->problem[0])
        return 0;
    if (strcmp(section, r->section) != 0 && !begin_section(r, section))
        return 0;
    const struct key *keys = r->device ? device_keys : hemod_keys;
    size_t count = r->device ? sizeof device_keys / sizeof *keys : sizeof hemod_keys / sizeof *keys;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(keys[i].name, name) != 0)
            continue;
        if (r->seen[i]++)
            return refuse(r, "key", name, "each key once");
        char *base = r->device ? (char *)r->device : (char *)r->config;
        return set_value(r, &keys[i], value, base + keys[i].offset);
    }
    return refuse(r, "unknown key", name,
                  r->device ? "key, role, room or stream" : "see README.md");
}

static enum hemo_error check_device(const struct config *c, uint32_t index, char *why,
                                    size_t size) {
    const struct config_device *d = &c->devices[index];
    const char *want = NULL;
    if (d->role == ROLE_NONE)
        want = "role = feed or client";
    else if (!d->stream)
        want = "stream = its number";
    else if (d->role == ROLE_FEED && !d->room)
        want = "room = its number";
    else if (d->role == ROLE_CLIENT && d->room)
        want = "no room: a client belongs to none";
    for (uint32_t i = 0; i < index && !want; i++) {
        if (c->devices[i].stream == d->stream)
            want = "a stream number that no other device has";
        if (d->key[0] && strcmp(c->devices[i].key, d->key) == 0)
            want = "a key that no other device has";
    }
    if (!want)
        return HEMO_OK;
    snprintf(why, size, "device %s: incomplete or in conflict (want %s)", d->name, want);
    return HEMO_BAD_CONFIG;
}

static void defaults(struct config *c) {
    *c = (struct config){.workers = 2, .segment_mib = 64, .spool_mib = 64, .snapshot_s = 300};
    snprintf(c->feeds, sizeof c->feeds, "tcp://127.0.0.1:7400");
    snprintf(c->events, sizeof c->events, "tcp://127.0.0.1:7401");
    snprintf(c->live, sizeof c->live, "tcp://127.0.0.1:7402");
    snprintf(c->metrics, sizeof c->metrics, "127.0.0.1:7403");
}

enum hemo_error config_read(struct config *c, const char *path, char why[CONFIG_WHY_MAX]) {
    struct reading r = {.config = c, .section = "\n"}; /* no section is called that */
    assert(c && path && why);
    defaults(c);
    FILE *file = fopen(path, "re");
    if (!file) {
        int error = errno;
        snprintf(why, CONFIG_WHY_MAX, "%s: %s (want a readable configuration; see hemod -h)", path,
                 strerrordesc_np(error));
        return error == EACCES ? HEMO_NO_PERMISSION : HEMO_NOT_FOUND;
    }
    int line = ini_parse_file(file, on_key, &r);
    fclose(file);
    if (line || r.problem[0]) {
        if (!r.problem[0])
            snprintf(r.problem, sizeof r.problem, "not a line of an INI file (want name = value)");
        snprintf(why, CONFIG_WHY_MAX, "%s:%d: %s", path, line, r.problem);
        return HEMO_BAD_CONFIG;
    }
    for (uint32_t i = 0; i < c->devices_count; i++) {
        if (check_device(c, i, r.problem, sizeof r.problem) == HEMO_OK)
            continue;
        snprintf(why, CONFIG_WHY_MAX, "%s: %s", path, r.problem);
        return HEMO_BAD_CONFIG;
    }
    return HEMO_OK;
}

bool config_is_loopback(const char *address) {
    static const char *const prefixes[] = {
        "tcp://127.0.0.1:", "tcp://[::1]:", "127.0.0.1:", "[::1]:"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strncmp(address, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

static bool keys_are_there(const struct config *c) {
    for (uint32_t i = 0; i < c->devices_count; i++)
        if (!c->devices[i].key[0])
            return false;
    return c->key[0] != 0;
}

enum hemo_error config_check(const struct config *c, const char *path, bool insecure,
                             char why[CONFIG_WHY_MAX]) {
    const char *problem = NULL;
    if (!c->journal[0])
        problem = "[hemod] has no journal (want journal = FOLDER)";
    else if (!c->devices_count)
        problem = "no device (want a section [device NAME] for each)";
    else if (strncmp(c->feeds, "tcp://", 6) != 0 || strncmp(c->events, "tcp://", 6) != 0 ||
             strncmp(c->live, "tcp://", 6) != 0)
        problem = "feeds, events, live: not an address (want tcp://HOST:PORT)";
    else if (!config_is_loopback(c->metrics))
        problem = "metrics: not a loopback address (want 127.0.0.1:PORT)";
    else if (insecure && (!config_is_loopback(c->feeds) || !config_is_loopback(c->events) ||
                          !config_is_loopback(c->live)))
        problem = "--insecure-loopback with an address that others can reach (want 127.0.0.1)";
    else if (!insecure && !keys_are_there(c))
        problem = "a key is missing in [hemod] or a device (want key =; hemoctl keys makes pairs)";
    if (!problem)
        return HEMO_OK;
    snprintf(why, CONFIG_WHY_MAX, "%s: %s", path, problem);
    return HEMO_BAD_CONFIG;
}
