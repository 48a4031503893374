#include "sim/offline.h"
#include "proto/quantity.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RULES_BYTES_MAX = WIRE_RULES_MAX };

/* An offline run is one case: without one, a room suggests no values. */
static const uint64_t offline_case = 1, offline_epoch = UINT64_C(1) << 32;

enum hemo_error offline_rules(struct rules *rules, const char *path, struct failure *failure) {
    *rules = rules_default();
    if (!path)
        return HEMO_OK;
    FILE *in = fopen(path, "re");
    if (!in)
        return failure_set(failure, failure_from_errno(errno), "%s: %s (want a rules file)", path,
                           errno == ENOENT ? "no such file" : "cannot be read");
    char text[RULES_BYTES_MAX + 1];
    size_t length = fread(text, 1, sizeof text, in);
    bool failed = ferror(in);
    fclose(in);
    if (failed || length > RULES_BYTES_MAX)
        return failure_set(failure, failed ? HEMO_NOT_FOUND : HEMO_BAD_LENGTH,
                           "%s: %s (want a rules file of at most %d bytes)", path,
                           failed ? "cannot be read" : "too long", RULES_BYTES_MAX);
    int line = 0;
    enum hemo_error error = rules_parse(text, length, rules, &line);
    char hint[160];
    if (error)
        return failure_set(failure, HEMO_BAD_FORMAT, "%s:%d: %s (%s; see detectors/README.md)",
                           path, line, hemo_error_text(error),
                           rules_hint(text, length, line, hint, sizeof hint));
    return HEMO_OK;
}

enum hemo_error offline_open(struct offline *offline, const struct source *source,
                             const struct offline_config *config, struct failure *failure) {
    struct offline *o = offline;
    struct rules rules;
    *o = (struct offline){.config = *config, .base_rate_hz = stream_base_rate_hz(&source->info)};
    enum hemo_error error = offline_rules(&rules, config->rules, failure);
    if (error)
        return error;
    o->room = calloc(1, room_size());
    if (!o->room || !spectrum_init(&o->spectrum))
        return failure_set(failure, HEMO_NO_ROOM, "no memory for a room");
    struct wire_epoch_begin begin = {.stream = 1,
                                     .room = config->room,
                                     .why = WHY_FIRST,
                                     .epoch = offline_epoch,
                                     .case_number = offline_case,
                                     .first_tick = source->first_tick,
                                     .info = source->info};
    error = room_init(o->room, &rules);
    room_spectrum(o->room, &o->spectrum);
    room_derives(o->room);
    o->first_tick = source->first_tick;
    if (!error)
        error = room_begin(o->room, &begin);
    return error ? failure_set(failure, HEMO_BAD_FORMAT, "%s: %s", config->name,
                               hemo_error_text(error))
                 : HEMO_OK;
}

enum hemo_error offline_use(struct offline *offline, const struct source_item *item,
                            room_event_fn *on_event, void *context, struct failure *failure) {
    struct room *room = offline->room;
    enum hemo_error error = HEMO_OK;
    if (item->kind == SOURCE_SAMPLES)
        error = room_push(room, &item->body.samples, on_event, context);
    else if (item->kind == SOURCE_MARK)
        error = room_mark(room, &item->body.mark, on_event, context);
    else if (item->kind == SOURCE_GAP)
        error = room_gap(room, &item->body.gap, on_event, context);
    else
        room_end(room, on_event, context);
    return error ? failure_set(failure, error, "%s: at %.3f s: %s", offline->config.name,
                               (double)item->next_tick / offline->base_rate_hz,
                               hemo_error_text(error))
                 : HEMO_OK;
}

enum hemo_error offline_type(struct offline *offline, const char *text, room_event_fn *on_event,
                             void *context, struct failure *failure) {
    const char *equals = strchr(text, '=');
    char id[32] = "", *end = NULL;
    if (equals && (size_t)(equals - text) < sizeof id)
        memcpy(id, text, (size_t)(equals - text));
    const struct quantity_row *row = quantity_from_id(id);
    if (!row)
        return failure_set(failure, HEMO_BAD_CONFIG,
                           "--set \"%.60s\" (want QUANTITY=VALUE, such as co=5.1, vo2=240, "
                           "hb=13.2, sat_art=97, sat_pa=68, height=175, weight=80)",
                           text);
    double value = strtod(equals + 1, &end);
    if (end == equals + 1 || *end || !(value >= row->min && value <= row->max))
        return failure_set(failure, HEMO_BAD_CONFIG, "--set \"%.60s\" (want %g..%g %s)", text,
                           row->min, row->max, row->unit);
    struct stream_mark mark = {.tick = offline->first_tick, .kind = MARK_VALUE,
                               .quantity = (uint32_t)row->quantity, .value = value};
    enum hemo_error error = room_mark(offline->room, &mark, on_event, context);
    return error ? failure_set(failure, error, "--set %s: %s", text, hemo_error_text(error))
                 : HEMO_OK;
}

void offline_close(struct offline *offline) {
    if (offline->spectrum.plan)
        spectrum_close(&offline->spectrum);
    free(offline->room);
    *offline = (struct offline){.room = NULL};
}
