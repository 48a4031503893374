#include "sim/journal_source.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOTE_CHARS = 120 };

struct journal_source {
    struct journal_stream stream;
    struct stream_info info;
    uint64_t tick, first_tick;
    uint32_t block_samples;
    bool begun;
    char note[NOTE_CHARS];
};

static uint32_t ticks_of(const struct stream_info *info, uint32_t group) {
    for (uint32_t c = 0; c < info->channels_count; c++)
        if (info->channels[c].group == group)
            return info->channels[c].ticks_per_sample;
    return 0;
}

/* The site apart: it moves, and a new epoch says where it is by then. */
static bool same_channels(const struct stream_info *a, const struct stream_info *b) {
    bool same = a->base_rate_numerator == b->base_rate_numerator &&
                a->base_rate_denominator == b->base_rate_denominator &&
                a->channels_count == b->channels_count;
    for (uint32_t c = 0; same && c < a->channels_count; c++) {
        const struct stream_channel *x = &a->channels[c], *y = &b->channels[c];
        same = x->group == y->group && x->ticks_per_sample == y->ticks_per_sample &&
               x->offset == y->offset && x->unit == y->unit && !memcmp(&x->scale, &y->scale, 8);
    }
    return same;
}

/* False: what follows is no continuation. */
static bool take_epoch(struct journal_source *s, const struct wire_epoch_begin *begin) {
    if (s->begun && same_channels(&s->info, &begin->info) && begin->first_tick >= s->tick)
        return true;
    if (s->begun) {
        snprintf(s->note, sizeof s->note, "%s at %.1f s: what follows is another stream",
                 same_channels(&s->info, &begin->info) ? "the counter goes back"
                                                       : "other channels begin",
                 (double)s->tick / stream_base_rate_hz(&s->info));
        return false;
    }
    s->info = begin->info;
    s->first_tick = s->tick = begin->first_tick;
    s->begun = true;
    return true;
}

static bool take_samples(struct journal_source *s, struct source_item *item) {
    const struct sample_block *b = &s->stream.frame.body.samples;
    uint32_t ticks = ticks_of(&s->info, b->group), samples = b->channels * b->count;
    if (!ticks)
        return false; /* it was quarantined then, too */
    *item = (struct source_item){.kind = SOURCE_SAMPLES, .body.samples = *b};
    item->next_tick = b->first_tick + (uint64_t)b->count * ticks;
    s->block_samples = samples > s->block_samples ? samples : s->block_samples;
    return true;
}

/* True: the record at hand is an item. */
static bool take(struct journal_source *s, struct source_item *item) {
    const struct wire_frame *f = &s->stream.frame;
    bool item_made = false;
    if (s->stream.type == RECORD_FRAME && f->kind == WIRE_SAMPLES)
        item_made = take_samples(s, item);
    if (s->stream.type == RECORD_FRAME && f->kind == WIRE_GAP) {
        *item = (struct source_item){.kind = SOURCE_GAP, .body.gap = f->body.gap};
        item->next_tick = f->body.gap.next_tick;
        item_made = true;
    }
    if (f->kind == WIRE_MARK && f->body.mark.kind < MARK_PACE) {
        *item = (struct source_item){.kind = SOURCE_MARK, .body.mark = f->body.mark};
        item->body.mark.target_stream = 0;
        if (!item->body.mark.tick)
            item->body.mark.tick = s->tick;
        item->next_tick = item->body.mark.tick;
        item_made = true;
    }
    if (item_made && item->next_tick > s->tick)
        s->tick = item->next_tick;
    return item_made;
}

static enum hemo_error journal_next(void *state, struct source_item *item,
                                    struct failure *failure) {
    struct journal_source *s = state;
    for (;;) {
        enum hemo_error error = journal_stream_next(&s->stream, failure);
        if (error && error != HEMO_NOT_FOUND)
            return error;
        bool ends = error == HEMO_NOT_FOUND ||
                    (s->stream.type == RECORD_EPOCH &&
                     !take_epoch(s, &s->stream.frame.body.epoch_begin));
        if (ends) {
            *item = (struct source_item){.kind = SOURCE_END, .next_tick = s->tick};
            return HEMO_OK;
        }
        if (s->begun && take(s, item))
            return HEMO_OK;
    }
}

static void journal_close(void *state) {
    struct journal_source *s = state;
    journal_stream_close(&s->stream);
    free(s);
}

/* Once through, so that nothing is sent of a journal that turns out to be damaged. */
static enum hemo_error look_through(struct journal_source *s, struct failure *failure) {
    struct source_item item = {.kind = SOURCE_GAP};
    enum hemo_error error = HEMO_OK;
    while (!error && item.kind != SOURCE_END)
        error = journal_next(s, &item, failure);
    if (!error && !s->block_samples)
        error = failure_set(failure, HEMO_NOT_FOUND, "journal: no samples of stream %u",
                            s->stream.stream);
    return error;
}

enum hemo_error journal_source_open(struct source *source, const struct journal_choice *choice,
                                    struct failure *failure) {
    struct journal_source *s = calloc(1, sizeof *s);
    if (!s)
        return failure_set(failure, HEMO_NO_ROOM, "no memory for a journal");
    enum hemo_error error = journal_stream_open(&s->stream, choice, failure);
    if (!error)
        error = look_through(s, failure);
    if (error) {
        journal_close(s);
        return error;
    }
    *source = (struct source){.info = s->info,
                              .block_samples = s->block_samples,
                              .first_tick = s->first_tick,
                              .end_tick = s->tick,
                              .state = s,
                              .next = journal_next,
                              .close = journal_close};
    source->info.origin = ORIGIN_REPLAY;
    journal_stream_rewind(&s->stream);
    s->begun = false;
    return HEMO_OK;
}

const char *journal_source_note(const struct source *source) {
    return ((const struct journal_source *)source->state)->note;
}
