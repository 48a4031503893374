#include "sim/options.h"
#include "sim/nearest.h"
#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum value_kind {
    FLAG, TEXT, TEXTS, TIME, ROOM, STREAM, CASE, SPEED, SEED, COUNT, RATE, SHARE, WHERE
};

#define READS ((unsigned)(COMMAND_ANALYZE | COMMAND_REPLAY | COMMAND_INFO | COMMAND_PLOT))
#define SENDS ((unsigned)(COMMAND_REPLAY | COMMAND_PLAY))
#define SIMULATES ((unsigned)(COMMAND_PLAY | COMMAND_GEN | COMMAND_EXAM))
#define JOURNALS ((unsigned)(COMMAND_ANALYZE | COMMAND_REPLAY | COMMAND_RECORD))
#define ALL                                                                                        \
    (READS | SENDS | SIMULATES | COMMAND_LIST | COMMAND_GALLERY | COMMAND_QUEUE | COMMAND_RECORD)

struct option_row {
    const char *name;
    char letter;
    enum value_kind kind;
    unsigned commands;
    size_t offset; /* of the field in struct options */
};

#define AT(field) offsetof(struct options, field)

static const struct option_row rows[] = {
    {"record", 'r', TEXT, READS, AT(record)},
    {"from", 'f', TIME, READS | COMMAND_RECORD, AT(from_s)},
    {"to", 't', WHERE, READS | SENDS | COMMAND_RECORD, AT(to_s)},
    {"signals", 's', TEXT, READS, AT(signals)},
    {"map", 'm', TEXTS, READS, AT(maps)},
    {"marks", 0, TEXT, COMMAND_ANALYZE | COMMAND_REPLAY | COMMAND_PLOT, AT(marks)},
    {"ignore-checksums", 0, FLAG, READS, AT(ignore_checksums)},
    {"beats", 0, TEXT, COMMAND_ANALYZE, AT(beats)},
    {"events", 0, TEXT, COMMAND_ANALYZE, AT(events)},
    {"rules", 0, TEXT, COMMAND_ANALYZE | COMMAND_PLOT, AT(rules)},
    {"set", 0, TEXTS, COMMAND_ANALYZE | COMMAND_QUEUE | COMMAND_PLOT, AT(sets)},
    {"standing", 0, TEXT, COMMAND_ANALYZE, AT(standing)},
    {"measurement", 0, TEXT, COMMAND_PLOT, AT(measurement)},
    {"truth", 0, FLAG, COMMAND_PLOT, AT(truth)},
    {"send", 0, TEXT, SENDS, AT(send)},
    {"journal", 0, TEXT, JOURNALS, AT(journal)},
    {"stream", 0, STREAM, JOURNALS, AT(stream)},
    {"case", 0, CASE, JOURNALS, AT(case_number)},
    {"room", 0, ROOM, COMMAND_ANALYZE | COMMAND_RECORD | SENDS, AT(room)},
    {"speed", 0, SPEED, SENDS, AT(speed)},
    {"device", 0, TEXT, SENDS, AT(device)},
    {"key", 0, TEXT, SENDS, AT(key)},
    {"server-key", 0, TEXT, SENDS, AT(server_key)},
    {"insecure", 0, FLAG, SENDS, AT(insecure)},
    {"seed", 0, SEED, ALL, AT(seed)},
    {"duration", 0, TIME, SIMULATES, AT(duration_s)},
    {"rate", 0, RATE, SIMULATES, AT(rate_hz)},
    {"vary", 0, SHARE, SIMULATES, AT(vary)},
    {"scenario", 0, TEXT, SIMULATES, AT(scenario)},
    {"n", 'n', COUNT, COMMAND_EXAM, AT(count)},
    {"fault", 0, TEXTS, SIMULATES | COMMAND_REPLAY, AT(faults)},
    {"out", 'o', TEXT, COMMAND_GEN | COMMAND_PLOT | COMMAND_RECORD, AT(out)},
    {"force", 0, FLAG,
     COMMAND_ANALYZE | COMMAND_GEN | COMMAND_PLOT | COMMAND_GALLERY | COMMAND_RECORD, AT(force)},
    {"json", 0, FLAG, ALL, AT(json)},
    {"quiet", 'q', FLAG, ALL, AT(quiet)},
    {"verbose", 'v', FLAG, ALL, AT(verbose)},
    {"help", 'h', FLAG, ALL, AT(help)},
    {"version", 'V', FLAG, ALL, AT(version)},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static const struct {
    const char *name;
    enum command command;
} commands[] = {
    {"analyze", COMMAND_ANALYZE}, {"replay", COMMAND_REPLAY}, {"play", COMMAND_PLAY},
    {"gen", COMMAND_GEN},         {"info", COMMAND_INFO},     {"list", COMMAND_LIST},
    {"plot", COMMAND_PLOT},       {"gallery", COMMAND_GALLERY},
    {"exam", COMMAND_EXAM},       {"queue", COMMAND_QUEUE}, {"record", COMMAND_RECORD},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static const char *option_name(const void *table, int index) {
    (void)table;
    return index < ROWS ? rows[index].name : NULL;
}

static enum hemo_error unknown_option(const char *word, size_t length, struct failure *failure) {
    char typed[NEAREST_WORD_MAX + 2] = "";
    if (length <= NEAREST_WORD_MAX)
        memcpy(typed, word, length);
    const char *near = *typed ? nearest_word(typed, option_name, NULL) : NULL;
    if (near)
        return failure_set(failure, HEMO_BAD_CONFIG, "unknown option --%.40s (did you mean --%s?)",
                           typed, near);
    return failure_set(failure, HEMO_BAD_CONFIG, "unknown option --%.40s (see --help)", typed);
}

static const char *command_name(const void *table, int index) {
    (void)table;
    return index < COMMANDS ? commands[index].name : NULL;
}

static enum hemo_error parse_command(struct options *o, const char *word, struct failure *failure) {
    for (int i = 0; i < COMMANDS; i++)
        if (!strcmp(word, commands[i].name))
            o->command = commands[i].command;
    if (o->command)
        return HEMO_OK;
    const char *near = nearest_word(word, command_name, NULL);
    return failure_set(failure, HEMO_BAD_CONFIG, "unknown command \"%.40s\" (%s%s%s)", word,
                       near ? "did you mean " : "see hemosim --help", near ? near : "",
                       near ? "?" : "");
}

static bool parse_real(const char *text, double *out) {
    if (!isdigit((unsigned char)*text) && *text != '.')
        return false;
    char *end;
    *out = strtod(text, &end);
    return end != text && !*end && isfinite(*out) && text[1] != 'x' && text[1] != 'X';
}

/* "90", "1:30", "0:01:30.5": seconds. */
bool options_time(const char *text, double *out) {
    double total = 0;
    char part[24];
    for (int parts = 0; parts < 3; parts++) {
        size_t length = strcspn(text, ":");
        double value;
        if (length >= sizeof part)
            return false;
        memcpy(part, text, length);
        part[length] = 0;
        if (!parse_real(part, &value) || (parts && value >= 60))
            return false;
        total = total * 60 + value;
        if (!text[length]) {
            *out = total;
            return total <= 1e9;
        }
        text += length + 1;
    }
    return false;
}

/* "15%" or "0.15" */
static bool parse_share(const char *text, double *out) {
    char digits[16];
    size_t length = strlen(text);
    bool percent = length > 1 && text[length - 1] == '%';
    if (length >= sizeof digits)
        return false;
    memcpy(digits, text, length + 1);
    if (percent)
        digits[length - 1] = 0;
    if (!parse_real(digits, out))
        return false;
    *out /= percent ? 100 : 1;
    return *out <= 0.5;
}

static bool parse_speed(const char *text, double *out) {
    if (!strcmp(text, "max")) {
        *out = 0;
        return true;
    }
    return parse_real(text, out) && *out >= 0.1 && *out <= 1000;
}

static bool parse_count(const char *text, uint64_t max, uint64_t *out) {
    char *end;
    size_t length = strlen(text);
    if (!isdigit((unsigned char)*text) || length > 19)
        return false;
    *out = strtoull(text, &end, 10);
    return !*end && *out <= max;
}

static enum hemo_error want(const struct option_row *row, const char *value, const char *what,
                            struct failure *failure) {
    return failure_set(failure, HEMO_BAD_CONFIG, "--%s \"%.60s\" (want %s)", row->name, value,
                       what);
}

static enum hemo_error add_text(struct options *o, const struct option_row *row, const char *value,
                                struct failure *failure) {
    const struct {
        size_t offset;
        const char **list;
        int *count, most;
    } lists[] = {{AT(maps), o->maps, &o->maps_count, OPTIONS_MAPS_MAX},
                 {AT(faults), o->faults, &o->faults_count, OPTIONS_FAULTS_MAX},
                 {AT(sets), o->sets, &o->sets_count, OPTIONS_SETS_MAX}};
    size_t i = 0;
    while (lists[i].offset != row->offset)
        i++;
    if (*lists[i].count == lists[i].most)
        return failure_set(failure, HEMO_BAD_CONFIG, "--%s given more than %d times", row->name,
                           lists[i].most);
    lists[i].list[(*lists[i].count)++] = value;
    return HEMO_OK;
}

static enum hemo_error set_value(struct options *o, const struct option_row *row, const char *value,
                                 struct failure *failure) {
    void *field = (char *)o + row->offset;
    uint64_t count;
    switch (row->kind) {
    case FLAG:
        *(bool *)field = true;
        return HEMO_OK;
    case TEXTS:
        return add_text(o, row, value, failure);
    case WHERE:
        /* The address of a feed is --send; issue and habit also write --to tcp://... */
        if (strstr(value, "://")) {
            o->send = value;
            return HEMO_OK;
        }
        if (!(o->command & (READS | COMMAND_RECORD)))
            return want(row, value, "an address such as tcp://127.0.0.1:7400", failure);
        /* fallthrough */
    case TIME:
        return options_time(value, field) ? HEMO_OK
                                          : want(row, value, "a time: 90 or 1:30", failure);
    case SPEED:
        return parse_speed(value, field) ? HEMO_OK : want(row, value, "1, 4, 20 or max", failure);
    case CASE:
        if (!parse_count(value, INT64_MAX, field) || !*(uint64_t *)field)
            return want(row, value, "the number of a case", failure);
        return HEMO_OK;
    case SEED:
        return parse_count(value, UINT64_MAX, field) ? HEMO_OK
                                                     : want(row, value, "a number", failure);
    case COUNT:
        if (!parse_count(value, 1000000, field) || !*(uint64_t *)field)
            return want(row, value, "1..1000000", failure);
        return HEMO_OK;
    case SHARE:
        return parse_share(value, field) ? HEMO_OK : want(row, value, "0%..50%", failure);
    case RATE:
        if (!parse_count(value, 2000, &count) || 2000 % (count ? count : 3) || count < 125)
            return want(row, value, "125, 200, 250, 400, 500, 1000 or 2000", failure);
        *(uint32_t *)field = (uint32_t)count;
        return HEMO_OK;
    case ROOM:
    case STREAM:
        if (!parse_count(value, row->kind == ROOM ? 999 : 65535, &count) || !count)
            return want(row, value, row->kind == ROOM ? "1..999" : "1..65535", failure);
        *(uint32_t *)field = (uint32_t)count;
        return HEMO_OK;
    default:
        *(const char **)field = value;
        return HEMO_OK;
    }
}

static const struct option_row *find_row(const char *word, size_t length) {
    for (int i = 0; i < ROWS; i++) {
        bool single = length == 1 && rows[i].letter && rows[i].letter == *word;
        if (single || (strlen(rows[i].name) == length && !memcmp(rows[i].name, word, length)))
            return &rows[i];
    }
    return NULL;
}

/* The option at argv[*at]; *at moves over its value. */
static enum hemo_error parse_option(struct options *o, char **argv, int *at,
                                    struct failure *failure) {
    const char *word = argv[*at];
    bool is_long = word[1] == '-';
    const char *name = word + 1 + is_long;
    size_t length = is_long ? strcspn(name, "=") : 1;
    if (is_long && length < 2)
        return failure_set(failure, HEMO_BAD_CONFIG, "\"%.40s\" (see --help)", word);
    const struct option_row *row = find_row(name, length);
    if (!row && !is_long)
        return failure_set(failure, HEMO_BAD_CONFIG, "unknown option -%c (see --help)", *name);
    if (!row)
        return unknown_option(name, length, failure);
    if (o->command && !(row->commands & o->command))
        return failure_set(failure, HEMO_BAD_CONFIG, "--%s does not belong to %s (see --help)",
                           row->name, argv[1]);
    const char *value = name[length] ? name + length + is_long : NULL;
    if (row->kind == FLAG) {
        if (value)
            return failure_set(failure, HEMO_BAD_CONFIG, "\"%.40s\": --%s takes no value", word,
                               row->name);
        return set_value(o, row, NULL, failure);
    }
    if (!value)
        value = argv[*at + 1] ? argv[++*at] : "";
    if (!*value)
        return failure_set(failure, HEMO_BAD_CONFIG, "--%s needs a value (see --help)", row->name);
    return set_value(o, row, value, failure);
}

/* What a command needs for its input. */
static enum hemo_error check_input(const struct options *o, struct failure *failure) {
    bool cut = o->from_s > 0 || o->to_s > 0;
    if (o->journal && o->record)
        return failure_set(failure, HEMO_BAD_CONFIG, "--journal and a record: want one of them");
    if (o->journal && (o->signals || o->maps_count || o->marks ||
                       (cut && o->command != COMMAND_RECORD)))
        return failure_set(failure, HEMO_BAD_CONFIG,
                           "--journal is taken whole, as it is (no --from, --to, -s, -m, --marks;"
                           " see hemosim record)");
    if ((o->stream || o->case_number) && !o->journal)
        return failure_set(failure, HEMO_BAD_CONFIG, "--%s is of a journal (want --journal DIR)",
                           o->stream ? "stream" : "case");
    if (o->command == COMMAND_RECORD && !o->journal)
        return failure_set(failure, HEMO_BAD_CONFIG, "no journal (want --journal DIR)");
    if (o->command & READS && !o->record && !o->journal)
        return failure_set(failure, HEMO_BAD_CONFIG, "no record (want -r RECORD)");
    if (o->record && !strcmp(o->record, "-"))
        return failure_set(failure, HEMO_BAD_CONFIG,
                           "a record is two files and cannot come from \"-\" (want -r RECORD)");
    if (o->command & SIMULATES && !o->patient && o->command != COMMAND_EXAM)
        return failure_set(failure, HEMO_BAD_CONFIG, "no patient (see hemosim list)");
    if (o->to_s <= o->from_s)
        return failure_set(failure, HEMO_BAD_CONFIG, "--to %g is not after --from %g", o->to_s,
                           o->from_s);
    return HEMO_OK;
}

/* ... and for where its results go. */
static enum hemo_error check_output(const struct options *o, struct failure *failure) {
    static const struct {
        enum command command;
        const char *want;
    } outs[] = {{COMMAND_GEN, "-o RECORD"},
                {COMMAND_RECORD, "-o RECORD or -o FILE.journal"},
                {COMMAND_PLOT, "-o FILE.svg"},
                {COMMAND_GALLERY, "a folder"}};
    for (size_t i = 0; i < sizeof outs / sizeof outs[0]; i++)
        if (o->command == outs[i].command && !o->out)
            return failure_set(failure, HEMO_BAD_CONFIG, "no output (want %s)", outs[i].want);
    if (o->command & SENDS && !o->send)
        return failure_set(failure, HEMO_BAD_CONFIG,
                           "no address (want --send tcp://127.0.0.1:7400)");
    if (o->command & SENDS && !o->insecure && (!o->key || !o->server_key))
        return failure_set(failure, HEMO_BAD_CONFIG,
                           "no key (want --key FILE.secret --server-key "
                           "FILE.public, or --insecure)");
    return HEMO_OK;
}

static enum hemo_error check(struct options *o, struct failure *failure) {
    if (o->help || o->version)
        return HEMO_OK;
    if (!o->command)
        return failure_set(failure, HEMO_BAD_CONFIG, "no command (see hemosim --help)");
    if (!o->room && o->command != COMMAND_RECORD)
        o->room = 1;
    enum hemo_error error = check_input(o, failure);
    return error ? error : check_output(o, failure);
}

enum hemo_error options_parse(struct options *options, int argc, char **argv,
                              struct failure *failure) {
    *options = (struct options){
        .to_s = NAN, .speed = 1, .seed = 1, .count = 1, .duration_s = 300};
    enum hemo_error error = HEMO_OK;
    int at = 1;
    if (argc > 1 && argv[1][0] != '-' && (error = parse_command(options, argv[at++], failure)))
        return error;
    for (; at < argc && !error; at++) {
        const char **name = options->command & SIMULATES           ? &options->patient
                            : options->command == COMMAND_GALLERY ? &options->out
                            : options->command == COMMAND_RECORD  ? &options->journal
                                                                  : &options->record;
        if (argv[at][0] == '-' && argv[at][1])
            error = parse_option(options, argv, &at, failure);
        else if (*name || options->command == COMMAND_LIST)
            error =
                failure_set(failure, HEMO_BAD_CONFIG, "\"%.60s\" is one name too many", argv[at]);
        else
            *name = argv[at];
    }
    return error ? error : check(options, failure);
}
