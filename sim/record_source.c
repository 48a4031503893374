#include "sim/record_source.h"
#include "proto/site.h"
#include "sim/marks.h"
#include "sim/wfdb.h"
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct record_source {
    struct wfdb *record;
    struct stream_info info;
    uint32_t signal_of[STREAM_CHANNELS_MAX]; /* channel -> signal of the record */
    uint32_t per_frame_of[STREAM_GROUPS_MAX];
    uint32_t groups_count, ticks_per_frame;
    uint64_t frame, end_frame;
    uint32_t block_frames;
    struct marks marks;
    size_t next_mark;
    int block;           /* frames of the block that is being handed out; 0: none */
    uint32_t next_group; /* of that block */
    int16_t *frames;     /* as wfdb_read() gives them */
    int16_t samples[STREAM_CHANNELS_MAX * SAMPLES_PER_RECORD_MAX];
};

static enum hemo_error no_signal(const struct wfdb_header *h, const char *name, const char *option,
                                 struct failure *failure) {
    return failure_set(failure, HEMO_BAD_CONFIG,
                       "%s \"%.60s\": the record has no such signal "
                       "(want one of %u, such as \"%.40s\")",
                       option, name, h->signals_count, h->signals[0].label);
}

/* A signal by its label, or by its number from 0; -1: none. */
static int find_signal(const struct wfdb_header *h, const char *name, size_t length) {
    for (uint32_t i = 0; i < h->signals_count; i++)
        if (strlen(h->signals[i].label) == length && !memcmp(h->signals[i].label, name, length))
            return (int)i;
    char *end;
    unsigned long number = strtoul(name, &end, 10);
    return length && end == name + length && number < h->signals_count ? (int)number : -1;
}

static enum hemo_error choose(struct record_source *r, const char *names, struct failure *failure) {
    const struct wfdb_header *h = wfdb_header(r->record);
    bool chosen[WFDB_SIGNALS_MAX] = {false};
    for (uint32_t i = 0; i < h->signals_count; i++)
        chosen[i] = !names;
    for (const char *at = names; at && *at;) {
        size_t length = strcspn(at, ",");
        int found = find_signal(h, at, length);
        if (found < 0)
            return no_signal(h, at, "--signals", failure);
        chosen[found] = true;
        at += length + (at[length] == ',');
    }
    for (uint32_t i = 0; i < h->signals_count; i++) {
        if (!chosen[i])
            continue;
        if (r->info.channels_count == STREAM_CHANNELS_MAX)
            return failure_set(failure, HEMO_NO_ROOM,
                               "more than %d signals (want at most that many: choose with -s)",
                               STREAM_CHANNELS_MAX);
        r->signal_of[r->info.channels_count++] = i;
    }
    return HEMO_OK;
}

/* Lower case and upper case are one: files write mmHg, mmhg and MMHG. */
static enum stream_unit unit_of(const char *units) {
    if (!strcasecmp(units, "mmHg"))
        return UNIT_MMHG;
    if (!strcasecmp(units, "mV"))
        return UNIT_MV;
    if (!strcasecmp(units, "L/min"))
        return UNIT_L_MIN;
    return UNIT_OTHER;
}

static uint32_t common_multiple(uint32_t a, uint32_t b) {
    uint32_t x = a, y = b;
    while (y) {
        uint32_t rest = x % y;
        x = y;
        y = rest;
    }
    return a / x * b;
}

static uint32_t group_of(struct record_source *r, uint32_t per_frame) {
    for (uint32_t g = 0; g < r->groups_count; g++)
        if (r->per_frame_of[g] == per_frame)
            return g;
    if (r->groups_count == STREAM_GROUPS_MAX)
        return STREAM_GROUPS_MAX;
    r->per_frame_of[r->groups_count] = per_frame;
    return r->groups_count++;
}

static void name_stream(struct record_source *r) {
    const struct wfdb_header *h = wfdb_header(r->record);
    snprintf(r->info.name, sizeof r->info.name, "%.64s", h->name);
}

static enum hemo_error describe(struct record_source *r, const char *path,
                                struct failure *failure) {
    const struct wfdb_header *h = wfdb_header(r->record);
    uint64_t multiple = 1;
    for (uint32_t c = 0; c < r->info.channels_count && multiple < UINT16_MAX; c++)
        multiple =
            common_multiple((uint32_t)multiple, h->signals[r->signal_of[c]].samples_per_frame);
    r->ticks_per_frame = (uint32_t)multiple;
    for (uint32_t c = 0; c < r->info.channels_count; c++) {
        const struct wfdb_signal *s = &h->signals[r->signal_of[c]];
        struct stream_channel *out = &r->info.channels[c];
        out->site = site_from_label(s->label);
        out->ticks_per_sample = r->ticks_per_frame / s->samples_per_frame;
        out->group = group_of(r, s->samples_per_frame);
        out->scale = 1 / s->gain;
        out->offset = s->baseline;
        out->unit = unit_of(s->units);
        for (size_t i = 0; i < STREAM_LABEL_MAX && s->label[i]; i++)
            out->label[i] = s->label[i] >= ' ' && s->label[i] <= '~' ? s->label[i] : '?';
    }
    uint64_t base = (uint64_t)h->rate_numerator * r->ticks_per_frame;
    r->info.base_rate_numerator = base <= UINT32_MAX ? (uint32_t)base : 0;
    r->info.base_rate_denominator = h->rate_denominator;
    r->info.origin = ORIGIN_REPLAY;
    name_stream(r);
    if (stream_check(&r->info))
        return failure_set(failure, HEMO_BAD_NUMBER,
                           "%s: rates of its signals cannot be a stream (want 1..8000 Hz each)",
                           path);
    return HEMO_OK;
}

static enum hemo_error map_sites(struct record_source *r, const struct record_source_config *config,
                                 struct failure *failure) {
    for (int i = 0; i < config->maps_count; i++) {
        const char *map = config->maps[i], *equals = strrchr(map, '=');
        if (!equals || equals == map)
            return failure_set(failure, HEMO_BAD_CONFIG, "-m \"%.60s\" (want CHANNEL=SITE)", map);
        int signal = find_signal(wfdb_header(r->record), map, (size_t)(equals - map));
        if (signal < 0)
            return no_signal(wfdb_header(r->record), map, "-m", failure);
        enum site site = site_from_label(equals + 1);
        if (site == SITE_AUX && strcasecmp(equals + 1, "AUX") != 0)
            return failure_set(failure, HEMO_BAD_CONFIG,
                               "-m \"%.60s\": unknown site (want RA, RV, PA, PCW, LA, LV, AO, ART, "
                               "CVP, Pa, Pd, ECG or AUX)",
                               map);
        for (uint32_t c = 0; c < r->info.channels_count; c++)
            if (r->signal_of[c] == (uint32_t)signal)
                r->info.channels[c].site = site;
    }
    return HEMO_OK;
}

static enum hemo_error set_range(struct record_source *r, const struct record_source_config *config,
                                 struct failure *failure) {
    const struct wfdb_header *h = wfdb_header(r->record);
    double rate_hz = (double)h->rate_numerator / h->rate_denominator;
    double length_s = (double)h->frames / rate_hz;
    if (config->from_s >= length_s)
        return failure_set(failure, HEMO_BAD_CONFIG, "--from %g s is beyond the end at %.3f s",
                           config->from_s, length_s);
    double from = ceil(config->from_s * rate_hz - 1e-6);
    double to = isnan(config->to_s) || config->to_s > length_s
                    ? (double)h->frames
                    : ceil(config->to_s * rate_hz - 1e-6);
    r->frame = (uint64_t)from;
    r->end_frame = to > (double)h->frames ? h->frames : (uint64_t)to;
    wfdb_seek(r->record, r->frame);
    uint32_t per_frame = 1;
    for (uint32_t g = 0; g < r->groups_count; g++)
        per_frame = r->per_frame_of[g] > per_frame ? r->per_frame_of[g] : per_frame;
    double frames = config->block_s > 0 ? round(config->block_s * rate_hz) : SAMPLES_PER_RECORD_MAX;
    double most = SAMPLES_PER_RECORD_MAX / (double)per_frame;
    r->block_frames = (uint32_t)fmax(1, fmin(frames, floor(most)));
    r->frames =
        calloc((size_t)r->block_frames * wfdb_frame_samples(r->record), sizeof r->frames[0]);
    return r->frames ? HEMO_OK : failure_set(failure, HEMO_NO_ROOM, "no memory for a block");
}

/* The frame at or behind a mark: a mark never falls into the middle of a frame. */
static uint64_t mark_frame(const struct record_source *r, const struct stream_mark *mark) {
    return (mark->tick + r->ticks_per_frame - 1) / r->ticks_per_frame;
}

static const struct stream_mark *pending_mark(const struct record_source *r) {
    return r->next_mark < r->marks.count ? &r->marks.rows[r->next_mark] : NULL;
}

/* Reads up to the next mark or the end. */
static enum hemo_error read_block(struct record_source *r, struct failure *failure) {
    uint64_t end = r->end_frame;
    const struct stream_mark *mark = pending_mark(r);
    if (mark && mark_frame(r, mark) < end)
        end = mark_frame(r, mark);
    uint64_t left = end - r->frame;
    uint32_t frames = left < r->block_frames ? (uint32_t)left : r->block_frames;
    int got = wfdb_read(r->record, frames, r->frames, failure);
    if (got < 0)
        return failure->error;
    assert((uint32_t)got == frames);
    r->block = got;
    r->next_group = 0;
    return HEMO_OK;
}

/* Where a signal begins in a block of wfdb_read(). */
static const int16_t *signal_samples(const struct record_source *r, uint32_t signal) {
    const struct wfdb_header *h = wfdb_header(r->record);
    size_t before = 0;
    for (uint32_t i = 0; i < signal; i++)
        before += h->signals[i].samples_per_frame;
    return r->frames + before * (size_t)r->block;
}

static void hand_out_group(struct record_source *r, struct source_item *item) {
    uint32_t group = r->next_group++;
    uint32_t count = r->per_frame_of[group] * (uint32_t)r->block, channels = 0;
    for (uint32_t c = 0; c < r->info.channels_count; c++)
        if (r->info.channels[c].group == group)
            memcpy(r->samples + (size_t)channels++ * count, signal_samples(r, r->signal_of[c]),
                   count * sizeof r->samples[0]);
    item->kind = SOURCE_SAMPLES;
    item->body.samples = (struct sample_block){.first_tick = r->frame * r->ticks_per_frame,
                                               .group = group,
                                               .channels = channels,
                                               .count = count,
                                               .samples = r->samples};
    item->next_tick = (r->frame + (uint64_t)r->block) * r->ticks_per_frame;
    if (r->next_group == r->groups_count) {
        r->frame += (uint64_t)r->block;
        r->block = 0;
    }
}

static enum hemo_error record_next(void *state, struct source_item *item, struct failure *failure) {
    struct record_source *r = state;
    const struct stream_mark *mark = pending_mark(r);
    if (!r->block && mark && mark_frame(r, mark) <= r->frame) {
        item->kind = SOURCE_MARK;
        item->body.mark = *mark;
        item->body.mark.tick = r->frame * r->ticks_per_frame;
        item->next_tick = item->body.mark.tick;
        r->next_mark++;
        return HEMO_OK;
    }
    if (!r->block && r->frame >= r->end_frame) {
        item->kind = SOURCE_END;
        item->next_tick = r->frame * r->ticks_per_frame;
        return HEMO_OK;
    }
    enum hemo_error error = r->block ? HEMO_OK : read_block(r, failure);
    if (!error)
        hand_out_group(r, item);
    return error;
}

static void record_close(void *state) {
    struct record_source *r = state;
    wfdb_close(r->record);
    marks_free(&r->marks);
    free(r->frames);
    free(r);
}

/* Marks from before the beginning still say at which site the catheter lies; those are kept, in
 * order, at the beginning. */
static enum hemo_error open_parts(struct record_source *r,
                                  const struct record_source_config *config,
                                  struct failure *failure) {
    enum hemo_error error = wfdb_open(&r->record, config->path, failure);
    if (error)
        return error;
    if (config->ignore_checksums)
        wfdb_ignore_checksums(r->record);
    else if ((error = wfdb_verify(r->record, failure)))
        return error;
    if ((error = choose(r, config->signals, failure)) ||
        (error = describe(r, config->path, failure)) || (error = map_sites(r, config, failure)) ||
        (error = set_range(r, config, failure)))
        return error;
    return config->marks ? marks_load(&r->marks, config->marks, &r->info, failure) : HEMO_OK;
}

static uint32_t largest_block(const struct record_source *r) {
    uint32_t channels[STREAM_GROUPS_MAX] = {0}, most = 0;
    for (uint32_t c = 0; c < r->info.channels_count; c++) {
        uint32_t group = r->info.channels[c].group;
        uint32_t samples = ++channels[group] * r->per_frame_of[group] * r->block_frames;
        most = samples > most ? samples : most;
    }
    return most;
}

enum hemo_error record_source_open(struct source *source, const struct record_source_config *config,
                                   struct failure *failure) {
    struct record_source *r = calloc(1, sizeof *r);
    if (!r)
        return failure_set(failure, HEMO_NO_ROOM, "no memory for a record");
    enum hemo_error error = open_parts(r, config, failure);
    if (error) {
        record_close(r);
        return error;
    }
    *source = (struct source){.info = r->info,
                              .block_samples = largest_block(r),
                              .first_tick = r->frame * r->ticks_per_frame,
                              .end_tick = r->end_frame * r->ticks_per_frame,
                              .state = r,
                              .next = record_next,
                              .close = record_close};
    return HEMO_OK;
}

const char *record_source_note(const struct source *source) {
    return wfdb_note(((const struct record_source *)source->state)->record);
}
