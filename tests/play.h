/* play.h - a WFDB record through a room, for tests. */
#pragma once
#include "detectors/room_state.h"
#include "sim/record_source.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct play_mark {
    double at_s;
    uint32_t kind, site;
    double value;
};

struct play {
    const char *record;            /* below play_folder() */
    double block_s;                /* 0: large blocks */
    const struct play_mark *marks; /* of channel 0, in order of time */
    uint32_t marks_count;
    double *base_rate_hz; /* set before the first event */
    room_event_fn *on_event;
    void *context;
    struct room_counts counts; /* set at the end */
};

static inline const char *play_folder(void) {
    const char *folder = getenv("HEMO_DATA");
    return folder != NULL ? folder : SOURCE_DIR "/../shared/data";
}

static inline bool play_open(const struct play *play, struct source *source) {
    char path[1024];
    struct failure failure;
    snprintf(path, sizeof path, "%s/%s", play_folder(), play->record);
    struct record_source_config config = {
        .path = path, .block_s = play->block_s, .from_s = 0, .to_s = NAN};
    enum hemo_error error = record_source_open(source, &config, &failure);
    if (error == HEMO_NOT_FOUND)
        return false;
    if (error != HEMO_OK) {
        fprintf(stderr, "%s\n", failure.text);
        abort();
    }
    return true;
}

static inline void play_marks(const struct play *play, struct room *room, uint32_t *next,
                              uint64_t until_tick) {
    for (; *next < play->marks_count; ++*next) {
        const struct play_mark *m = &play->marks[*next];
        uint64_t tick = (uint64_t)(m->at_s * *play->base_rate_hz);
        if (tick > until_tick)
            return;
        struct stream_mark mark = {
            .tick = tick, .kind = m->kind, .site = m->site, .value = m->value};
        if (room_mark(room, &mark, play->on_event, play->context) != HEMO_OK)
            abort();
    }
}

static inline void play_items(struct play *play, struct source *source, struct room *room) {
    struct source_item item;
    struct failure failure;
    uint32_t mark = 0;
    enum hemo_error error = HEMO_OK;
    while ((error = source->next(source->state, &item, &failure)) == HEMO_OK &&
           item.kind != SOURCE_END) {
        play_marks(play, room, &mark, item.next_tick);
        if (item.kind == SOURCE_SAMPLES)
            error = room_push(room, &item.body.samples, play->on_event, play->context);
        else if (item.kind == SOURCE_GAP)
            error = room_gap(room, &item.body.gap, play->on_event, play->context);
        if (error != HEMO_OK)
            abort();
    }
    if (error != HEMO_OK)
        abort();
    room_end(room, play->on_event, play->context);
    play->counts = room_counts(room);
}

/* False: the record is not here. */
static inline bool play_record(struct play *play) {
    struct source source;
    struct rules rules = rules_default();
    if (!play_open(play, &source))
        return false;
    struct room *room = malloc(sizeof *room);
    struct spectrum spectrum;
    struct wire_epoch_begin begin = {.stream = 1,
                                     .room = 1,
                                     .why = WHY_FIRST,
                                     .epoch = 1,
                                     .case_number = 1,
                                     .first_tick = source.first_tick,
                                     .info = source.info};
    *play->base_rate_hz = stream_base_rate_hz(&source.info);
    if (room == NULL || room_init(room, &rules) != HEMO_OK || !spectrum_init(&spectrum))
        abort();
    room_spectrum(room, &spectrum);
    if (room_begin(room, &begin) != HEMO_OK)
        abort();
    play_items(play, &source, room);
    free(room);
    spectrum_close(&spectrum);
    source.close(source.state);
    return true;
}
