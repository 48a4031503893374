#include "detectors/rules.h"
#include "proto/event.h"
#include <errno.h>
#include <ini.h>
#include <math.h>
#include <stdio.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 16384, VERSION_MAX = 1000000000, ROOM_NUMBER_MAX = 9999 };

#define KEY(section, name, field, min, max)                                                        \
    { section, name, offsetof(struct rules, field), min, max }
const struct rules_key rules_keys[] = {
    KEY("falling_bp", "slope_mmhg_per_s", fall_slope_mmhg_per_s, -10, -0.01),
    KEY("falling_bp", "drop_mmhg", fall_drop_mmhg, 2, 100),
    KEY("falling_bp", "drop_share", fall_drop_share, 0.02, 0.9),
    KEY("falling_bp", "fast_mmhg_per_s", fall_fast_mmhg_per_s, -20, -0.01),
    KEY("falling_bp", "spreads", fall_spreads, 0, 20),
    KEY("falling_bp", "slow_mmhg_per_s", fall_slow_mmhg_per_s, -10, -0.01),
    KEY("falling_bp", "slow_share", fall_slow_share, 0.02, 0.9),
    KEY("falling_bp", "deep_share", fall_deep_share, 0.05, 1),
    KEY("falling_bp", "hold_s", fall_hold_s, 0, 120),
    KEY("falling_bp", "clear_share", fall_clear_share, 0.5, 1),
    KEY("falling_bp", "clear_s", fall_clear_s, 2, 600),
    KEY("low_bp", "mean_mmhg", low_mean_mmhg, 20, 120),
    KEY("low_bp", "hold_s", low_hold_s, 5, 600),
    KEY("rising_wedge", "rise_mmhg", wedge_rise_mmhg, 1, 40),
    KEY("rising_wedge", "level_mmhg", wedge_level_mmhg, 0, 60),
    KEY("line_lost", "lost_s", line_lost_s, 1, 600),
    KEY("pulse_lost", "lost_s", pulse_lost_s, 1, 60),
    KEY("pulse_lost", "doubtful_share", pulse_doubtful_share, 0.05, 0.8),
    KEY("pulse_lost", "sound_beats", pulse_sound_beats, 0, 60),
    KEY("rising_edp", "rise_mmhg", edp_rise_mmhg, 1, 40),
    KEY("rising_edp", "level_mmhg", edp_level_mmhg, 0, 60),
    KEY("high_wedge", "mean_mmhg", wedge_high_mmhg, 5, 60),
    KEY("tamponade", "ra_mmhg", tamponade_ra_mmhg, 2, 40),
    KEY("tamponade", "rise_mmhg", tamponade_rise_mmhg, 1, 30),
    KEY("tamponade", "fall_share", tamponade_fall_share, 0.02, 0.9),
    KEY("tamponade", "within_mmhg", tamponade_within_mmhg, 1, 15),
    KEY("falling_pulse", "drop_share", pulse_drop_share, 0.1, 0.9),
    KEY("large_v", "above_mmhg", large_v_mmhg, 3, 60),
    KEY("falling_pd_pa", "drop", pd_pa_drop, 0.02, 0.5),
    KEY("falling_pd_pa", "level", pd_pa_level, 0.3, 1),
    KEY("ventricularised", "drop_share", guide_drop_share, 0.1, 0.9),
    KEY("guide_damped", "stays_s", guide_damped_s, 0.5, 60),
    KEY("wrong_label", "stays_s", wrong_label_s, 0.5, 600),
    KEY("whipping", "stays_s", whipping_s, 1, 600),
    KEY("damped_line", "stays_s", damped_line_s, 1, 600),
};
enum { KEYS = sizeof rules_keys / sizeof rules_keys[0], VERSION_BIT = KEYS };
const int rules_keys_count = KEYS;

float rules_value(const struct rules *rules, int key) {
    return *(const float *)((const char *)rules + rules_keys[key].offset);
}

static void set(struct rules *rules, uint32_t key, float value) {
    *(float *)((char *)rules + rules_keys[key].offset) = value;
}

struct rules rules_at(const struct rules *rules, uint32_t room, uint32_t phase) {
    struct rules out = *rules;
    for (uint32_t i = 0; i < rules->overrides_count; i++) {
        const struct rules_override *o = &rules->overrides[i];
        if ((o->room == RULES_ANY || o->room == room) &&
            (o->phase == RULES_ANY || o->phase == phase))
            set(&out, o->key, o->value);
    }
    return out;
}

struct rules rules_default(void) {
    return (struct rules){
        .version = 1,
        .fall_slope_mmhg_per_s = -0.2f,
        .fall_drop_mmhg = 10,
        .fall_drop_share = 0.12f,
        .fall_fast_mmhg_per_s = -0.3f,
        .fall_spreads = 4,
        .fall_slow_mmhg_per_s = -0.06f,
        .fall_slow_share = 0.15f,
        .fall_deep_share = 0.2f,
        .fall_hold_s = 3,
        .fall_clear_share = 0.9f,
        .fall_clear_s = 60,
        .low_mean_mmhg = 65,
        .low_hold_s = 60,
        .wedge_rise_mmhg = 5,
        .wedge_level_mmhg = 15,
        .line_lost_s = 5,
        .pulse_lost_s = 4,
        .pulse_doubtful_share = 0.4f,
        .pulse_sound_beats = 10,
        .edp_rise_mmhg = 6,
        .edp_level_mmhg = 16,
        .wedge_high_mmhg = 15,
        .tamponade_ra_mmhg = 10,
        .tamponade_rise_mmhg = 4,
        .tamponade_fall_share = 0.1f,
        .tamponade_within_mmhg = 5,
        .pulse_drop_share = 0.3f,
        .large_v_mmhg = 15,
        .pd_pa_drop = 0.1f,
        .pd_pa_level = 0.89f,
        .guide_drop_share = 0.25f,
        .guide_damped_s = 2,
        .wrong_label_s = 5,
        .whipping_s = 15,
        .damped_line_s = 10,
    };
}

struct parse {
    struct rules rules;
    uint64_t seen; /* a bit for each key: none may be given twice */
};
_Static_assert(KEYS < 64, "a bit for each key and the version");

/* A section's name and, behind spaces, what it is for. */
struct section {
    char name[32];
    uint16_t room, phase;
};

static bool number(const char *text, double min, double max, double *out) {
    char *end;
    if (text[0] == '\0' || strspn(text, "+-.0123456789eE") != strlen(text))
        return false;
    *out = strtod(text, &end);
    return *end == '\0' && isfinite(*out) && *out >= min && *out <= max;
}

static bool once(struct parse *p, uint32_t bit) {
    bool first = !(p->seen >> bit & 1);
    p->seen |= UINT64_C(1) << bit;
    return first;
}

static bool whose(const char *word, struct section *out) {
    double room;
    if (strncmp(word, "room=", 5) == 0 && out->room == RULES_ANY) {
        bool good = number(word + 5, 1, ROOM_NUMBER_MAX, &room) && room == floor(room);
        out->room = (uint16_t)(good ? room : 0);
        return good;
    }
    if (strncmp(word, "phase=", 6) != 0 || out->phase != RULES_ANY)
        return false;
    for (uint16_t phase = 0; phase <= PHASE_MAX; phase++)
        if (strcmp(word + 6, phase_text(phase)) == 0)
            out->phase = phase;
    return out->phase != RULES_ANY;
}

/* "falling_bp room=2 phase=drug" */
static bool read_section(const char *text, struct section *out) {
    *out = (struct section){.room = RULES_ANY, .phase = RULES_ANY};
    for (bool first = true; *text != '\0'; first = false) {
        char word[32];
        size_t length = strcspn(text, " ");
        if (length == 0 || length >= sizeof word)
            return false;
        memcpy(word, text, length);
        word[length] = '\0';
        if (first)
            memcpy(out->name, word, length + 1);
        else if (!whose(word, out))
            return false;
        text += length + strspn(text + length, " ");
    }
    return true;
}

static bool override(struct rules *rules, uint32_t key, const struct section *where, float value) {
    for (uint32_t i = 0; i < rules->overrides_count; i++) {
        const struct rules_override *o = &rules->overrides[i];
        if (o->key == key && o->room == where->room && o->phase == where->phase)
            return false; /* twice */
    }
    if (rules->overrides_count == RULES_OVERRIDES_MAX)
        return false;
    rules->overrides[rules->overrides_count++] =
        (struct rules_override){(uint16_t)key, where->room, where->phase, value};
    return true;
}

static int take_version(struct parse *p, const char *value) {
    double v;
    if (!number(value, 1, VERSION_MAX, &v) || v != floor(v))
        return 0;
    p->rules.version = (uint32_t)v;
    return once(p, VERSION_BIT);
}

static int take(void *user, const char *section, const char *name, const char *value) {
    struct parse *p = user;
    struct section where;
    double v;
    if (strcmp(section, "rules") == 0 && strcmp(name, "version") == 0)
        return take_version(p, value);
    if (!read_section(section, &where))
        return 0;
    for (uint32_t i = 0; i < KEYS; i++) {
        if (strcmp(where.name, rules_keys[i].section) != 0 || strcmp(name, rules_keys[i].name) != 0)
            continue;
        if (!number(value, rules_keys[i].min, rules_keys[i].max, &v))
            return 0;
        if (where.room != RULES_ANY || where.phase != RULES_ANY)
            return override(&p->rules, i, &where, (float)v);
        set(&p->rules, i, (float)v);
        return once(p, i);
    }
    return 0;
}

enum hemo_error rules_parse(const char *text, size_t length, struct rules *out, int *line) {
    char copy[TEXT_MAX + 1];
    struct parse p = {rules_default(), 0};
    *line = 1;
    if (length > TEXT_MAX)
        return HEMO_BAD_LENGTH;
    if (length > 0 && memchr(text, '\0', length) != NULL)
        return HEMO_BAD_CONFIG;
    if (length > 0)
        memcpy(copy, text, length);
    copy[length] = '\0';
    int wrong = ini_parse_string(copy, take, &p);
    if (wrong != 0) {
        *line = wrong > 0 ? wrong : 1;
        return HEMO_BAD_CONFIG;
    }
    if (!(p.seen >> VERSION_BIT & 1))
        return HEMO_BAD_CONFIG;
    *out = p.rules;
    return HEMO_OK;
}

/* The line by number, 1-based, without its end and the blanks around; returns its length. */
static size_t line_at(const char *text, size_t length, int number, const char **out) {
    const char *at = text, *end = text + length;
    for (int i = 1; i < number && at < end; i++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline ? newline + 1 : end;
    }
    const char *stop = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
    stop = stop ? stop : end;
    while (at < stop && (*at == ' ' || *at == '\t'))
        at++;
    *out = at;
    return (size_t)(stop - at);
}

/* The key's name is in line; in which section does it stand? */
static const struct rules_key *key_at(const char *text, size_t length, int number) {
    const char *line, *name;
    size_t name_length = line_at(text, length, number, &name);
    for (int back = number - 1; back > 0; back--) {
        size_t line_length = line_at(text, length, back, &line);
        if (line_length < 2 || line[0] != '[')
            continue;
        for (uint32_t i = 0; i < KEYS; i++) {
            size_t section = strlen(rules_keys[i].section), key = strlen(rules_keys[i].name);
            bool fits = section < line_length && key < name_length &&
                        memcmp(line + 1, rules_keys[i].section, section) == 0 &&
                        memcmp(name, rules_keys[i].name, key) == 0;
            if (fits && strchr(" ]", line[1 + section]) && strchr(" \t=", name[key]))
                return &rules_keys[i];
        }
        return NULL;
    }
    return NULL;
}

char *rules_hint(const char *text, size_t length, int line, char *out, size_t size) {
    const char *at;
    size_t found = line_at(text, length, line, &at);
    const struct rules_key *key = key_at(text, length, line);
    if (key)
        snprintf(out, size, "%s: want a number from %g to %g, once for all, a room or a phase",
                 key->name, key->min, key->max);
    else if (found > 6 && memcmp(at, "version", 7) == 0)
        snprintf(out, size, "want [rules] and below it one version = N, from 1 on");
    else if (found > 0 && at[0] == '[')
        snprintf(out, size, "want [section] or [section room=N phase=rest|exercise|drug|post]");
    else
        snprintf(out, size, "no such key here, or no version in [rules]");
    return out;
}
