#include "sim/fault.h"
#include "proto/event.h"
#include "sim/nearest.h"
#include "sim/patient.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_CHARS = 32, CLAUSES_MAX = 8 };

static const double block_s = 0.04;

#define NONE                                                                                       \
    {                                                                                              \
        { .name = NULL }                                                                           \
    }
#define N(id, usual, least, most)                                                                  \
    { #id, (usual), (least), (most) }
#define SAID(kind) FAULT_SAID, EVENT_##kind, HEMO_OK
#define MISSED(kind) FAULT_MISSED, EVENT_##kind, HEMO_OK
#define UNSEEN FAULT_UNSEEN, EVENT_NONE, HEMO_OK
#define REFUSED(error) FAULT_REFUSED, EVENT_NONE, HEMO_##error
#define HARMLESS FAULT_HARMLESS, EVENT_NONE, HEMO_OK

const struct fault_row fault_rows[FAULT_KINDS] = {
#define L(id, line, numbers, words, causes, within)                                                \
    {#id, words, PATIENT_##line, numbers, causes, within},
#define W(id, numbers, words, causes) {#id, words, FAULT_ON_WIRE, numbers, causes, 0},
#include "sim/faults.def"
#undef L
#undef W
};

static const char *row_name(const void *table, int index) {
    (void)table;
    return index < FAULT_KINDS ? fault_rows[index].name : NULL;
}

static enum hemo_error unknown_fault(const char *text, const char *name, struct failure *failure) {
    const char *near = nearest_word(name, row_name, NULL);
    return failure_set(failure, HEMO_BAD_CONFIG, "--fault \"%.40s\": unknown fault (%s%s%s)", text,
                       near ? "did you mean " : "see hemosim list", near ? near : "",
                       near ? "?" : "");
}

/* A word up to one of `ends`; false: too long. */
static bool take_word(const char **at, const char *ends, char out[WORD_CHARS]) {
    size_t length = strcspn(*at, ends);
    if (length >= WORD_CHARS)
        return false;
    memcpy(out, *at, length);
    out[length] = 0;
    *at += length;
    return true;
}

static bool number(const char *text, double *out) {
    const char *digits = text + (*text == '-');
    char *end;
    if (!isdigit((unsigned char)*digits) || digits[1] == 'x' || digits[1] == 'X')
        return false;
    *out = strtod(text, &end);
    return !*end && isfinite(*out);
}

/* "60+30" */
static bool times(const char **at, struct fault *out) {
    char from[WORD_CHARS], length[WORD_CHARS];
    double from_s, for_s;
    if (!take_word(at, "+:", from) || *(*at)++ != '+' || !take_word(at, ":", length))
        return false;
    if (!number(from, &from_s) || !number(length, &for_s))
        return false;
    if (!(from_s >= 0 && from_s < 1e6) || !(for_s > 0 && for_s < 1e6))
        return false;
    /* Whole blocks: a block is there or it is not. */
    out->from_s = round(from_s / block_s) * block_s;
    out->to_s = out->from_s + fmax(1, round(for_s / block_s)) * block_s;
    return true;
}

static enum hemo_error setting(const char *name, const char *value, struct fault *out,
                               struct failure *failure) {
    const struct fault_row *row = &fault_rows[out->kind];
    if (!strcmp(name, "channel") && row->channel != FAULT_ON_WIRE) {
        for (int c = 0; c < PATIENT_CHANNELS; c++)
            if (c != PATIENT_ECG && !strcmp(patient_channel_labels[c], value)) {
                out->channel = c;
                return HEMO_OK;
            }
        return failure_set(failure, HEMO_BAD_CONFIG, "--fault %s: channel \"%.20s\" (want AO ...)",
                           row->name, value);
    }
    for (int i = 0; i < FAULT_NUMBERS && row->numbers[i].name; i++) {
        const struct fault_number *n = &row->numbers[i];
        if (strcmp(n->name, name) != 0)
            continue;
        if (number(value, &out->numbers[i]) && out->numbers[i] >= n->least &&
            out->numbers[i] <= n->most)
            return HEMO_OK;
        return failure_set(failure, HEMO_BAD_CONFIG, "--fault %s: %s=%.20s (want %g..%g)",
                           row->name, name, value, n->least, n->most);
    }
    return failure_set(failure, HEMO_BAD_CONFIG, "--fault %s: no setting \"%.20s\" (want %s%s%s)",
                       row->name, name, row->numbers[0].name ? row->numbers[0].name : "channel",
                       row->numbers[1].name ? ", " : "",
                       row->numbers[1].name ? row->numbers[1].name : "");
}

/* "fn=12,zeta=0.2" */
static enum hemo_error settings(const char *text, const char *at, struct fault *out,
                                struct failure *failure) {
    enum hemo_error error = HEMO_OK;
    for (int i = 0; i < CLAUSES_MAX && !error; i++) {
        char name[WORD_CHARS], value[WORD_CHARS];
        if (!take_word(&at, "=,", name) || *at++ != '=' || !take_word(&at, ",", value))
            return failure_set(failure, HEMO_BAD_CONFIG, "--fault \"%.60s\" (want NAME=NUMBER,...)",
                               text);
        error = setting(name, value, out, failure);
        if (!error && !*at)
            return HEMO_OK;
        at++;
    }
    return error ? error
                 : failure_set(failure, HEMO_BAD_CONFIG, "--fault \"%.60s\": too many settings",
                               text);
}

enum hemo_error fault_parse(const char *text, struct fault *out, struct failure *failure) {
    char name[WORD_CHARS] = "";
    const char *at = text;
    bool named = take_word(&at, "@:+", name);
    int kind = 0;
    while (kind < FAULT_KINDS && strcmp(fault_rows[kind].name, name) != 0)
        kind++;
    if (kind == FAULT_KINDS || !named)
        return unknown_fault(text, name, failure);
    *out = (struct fault){.kind = (enum fault_kind)kind, .channel = fault_rows[kind].channel};
    for (int i = 0; i < FAULT_NUMBERS; i++)
        out->numbers[i] = fault_rows[kind].numbers[i].usual;
    if (*at++ != '@' || !times(&at, out))
        return failure_set(failure, HEMO_BAD_CONFIG,
                           "--fault \"%.40s\" (want NAME@SECONDS+SECONDS, such as flush@60+3)",
                           text);
    return *at ? settings(text, at + 1, out, failure) : HEMO_OK;
}

enum hemo_error fault_list_parse(const char *const *texts, int count, struct fault_list *out,
                                 struct failure *failure) {
    *out = (struct fault_list){.count = count};
    if (count > FAULTS_MAX)
        return failure_set(failure, HEMO_BAD_CONFIG, "more than %d faults", FAULTS_MAX);
    for (int i = 0; i < count; i++) {
        enum hemo_error error = fault_parse(texts[i], &out->faults[i], failure);
        if (error)
            return error;
    }
    return HEMO_OK;
}

enum hemo_error fault_list_check(const char *const *texts, int count, enum fault_place place,
                                 struct failure *failure) {
    struct fault_list list;
    enum hemo_error error = fault_list_parse(texts, count, &list, failure);
    for (int i = 0; i < list.count && !error; i++)
        if ((list.faults[i].channel == FAULT_ON_WIRE) != (place == FAULTS_WIRE))
            error = failure_set(failure, HEMO_BAD_CONFIG,
                                place == FAULTS_WIRE
                                    ? "--fault \"%.40s\": a recording's lines are as they are"
                                    : "--fault \"%.40s\": a record has no wire (want play)",
                                texts[i]);
    return error;
}

const struct fault *fault_find(const struct fault_list *list, enum fault_kind kind, int channel,
                               double at_s) {
    for (int i = 0; list && i < list->count; i++) {
        const struct fault *f = &list->faults[i];
        /* Half a step of the model: the block's first sample belongs to it, whatever the sums say.
         */
        bool now = at_s > f->from_s - 0.00025 && at_s < f->to_s - 0.00025;
        if (f->kind == kind && f->channel == channel && now)
            return f;
    }
    return NULL;
}

void fault_promise_text(const struct fault_row *row, char *out, size_t size) {
    const struct event_row *event = event_row(row->event);
    switch (row->promise) {
    case FAULT_UNSEEN:
        snprintf(out, size, "no trace alone can show it");
        break;
    case FAULT_HARMLESS:
        snprintf(out, size, "all arrives, nothing is said");
        break;
    case FAULT_REFUSED:
        snprintf(out, size, "hemod must count %s", hemo_error_name(row->counted));
        break;
    default:
        snprintf(out, size, "%s \"%s\"",
                 row->promise == FAULT_SAID ? "must cause" : "does not yet cause",
                 event ? event->text : "a warning");
    }
}
