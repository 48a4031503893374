#include "sim/picture.h"
#include "proto/quantity.h"
#include "proto/site.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

void picture_init(struct picture *picture, const struct stream_info *info,
                  const struct picture_view *view) {
    *picture = (struct picture){
        .view = *view, .info = *info, .base_rate_hz = stream_base_rate_hz(info)};
    picture->from_tick = (uint64_t)llround(view->from_s * picture->base_rate_hz);
    picture->to_tick = isnan(view->to_s)
                           ? UINT64_MAX
                           : (uint64_t)llround(view->to_s * picture->base_rate_hz);
}

void picture_free(struct picture *picture) {
    for (uint32_t c = 0; c < STREAM_CHANNELS_MAX; c++)
        free(picture->traces[c].values);
    free(picture->marks);
    free(picture->truths);
    *picture = (struct picture){.marks = NULL};
}

/* A list with a place for one more; the old one where there is no memory. */
static bool grow(struct picture *p, void **items, size_t *room, size_t count, size_t size) {
    if (count < *room)
        return true;
    size_t more = *room ? 2 * *room : 256;
    void *grown = realloc(*items, more * size);
    p->out_of_memory |= !grown;
    if (!grown)
        return false;
    *items = grown;
    *room = more;
    return true;
}

static struct picture_mark *add_mark(struct picture *p) {
    void *marks = p->marks;
    bool fits = grow(p, &marks, &p->marks_room, p->marks_count, sizeof *p->marks);
    p->marks = marks;
    return fits ? &p->marks[p->marks_count++] : &p->spare;
}

void picture_truth(struct picture *picture, const struct picture_truth *truth) {
    struct picture *p = picture;
    void *truths = p->truths;
    if (grow(p, &truths, &p->truths_room, p->truths_count, sizeof *p->truths))
        ((struct picture_truth *)truths)[p->truths_count++] = *truth;
    p->truths = truths;
}

static void put_sample(struct picture *p, uint32_t channel, uint64_t tick, float value) {
    struct picture_trace *t = &p->traces[channel];
    if (tick < p->from_tick || tick >= p->to_tick)
        return;
    size_t at = (size_t)((tick - p->from_tick) / p->info.channels[channel].ticks_per_sample);
    while (t->count <= at) {
        void *values = t->values;
        if (!grow(p, &values, &t->room, t->count, sizeof *t->values))
            return;
        t->values = values;
        t->values[t->count++] = NAN;
    }
    t->values[at] = value;
}

static void put_block(struct picture *p, const struct sample_block *block) {
    uint32_t row = 0;
    for (uint32_t c = 0; c < p->info.channels_count; c++) {
        const struct stream_channel *channel = &p->info.channels[c];
        if (channel->group != block->group)
            continue;
        for (uint32_t k = 0; k < block->count; k++) {
            int16_t raw = block->samples[row * block->count + k];
            if (raw != SAMPLE_MISSING)
                put_sample(p, c, block->first_tick + (uint64_t)k * channel->ticks_per_sample,
                           (float)((raw - channel->offset) * channel->scale));
        }
        row++;
    }
}

void picture_item(struct picture *picture, const struct source_item *item) {
    const struct stream_mark *mark = &item->body.mark;
    if (item->kind == SOURCE_SAMPLES)
        put_block(picture, &item->body.samples);
    if (item->kind != SOURCE_MARK || (mark->kind != MARK_SITE && mark->kind != MARK_WEDGE))
        return;
    uint32_t site = mark->kind == MARK_SITE ? mark->site : mark->value > 0 ? SITE_PCW : SITE_PA;
    *add_mark(picture) = (struct picture_mark){.kind = PICTURE_SITE,
                                               .channel = mark->channel,
                                               .what = site,
                                               .from_tick = mark->tick,
                                               .to_tick = UINT64_MAX};
}

uint32_t picture_site(const struct picture *picture, uint32_t channel, uint64_t tick) {
    uint32_t site = picture->info.channels[channel].site;
    for (size_t i = 0; i < picture->marks_count; i++) {
        const struct picture_mark *m = &picture->marks[i];
        if (m->kind == PICTURE_SITE && m->channel == channel && m->from_tick <= tick)
            site = m->what;
    }
    return site;
}

static void put_beat(struct picture *p, const struct event *e) {
    struct picture_mark *m = add_mark(p);
    *m = (struct picture_mark){.kind = PICTURE_BEAT,
                               .channel = e->channel,
                               .from_tick = e->from_tick,
                               .to_tick = e->to_tick,
                               .out = e->left_out_count > 0,
                               .systolic = NAN,
                               .diastolic = NAN};
    event_value(e, QUANTITY_SYSTOLIC, &m->systolic);
    event_value(e, QUANTITY_DIASTOLIC, &m->diastolic);
    /* Atria: the waves that a report names. */
    if (isnan(m->systolic))
        event_value(e, QUANTITY_V_WAVE, &m->systolic);
}

static void put_state(struct picture *p, const struct event *e) {
    if (e->state == EVENT_BEGAN) {
        struct picture_mark *m = add_mark(p);
        *m = (struct picture_mark){.kind = PICTURE_STATE,
                                   .channel = e->channel,
                                   .what = e->kind,
                                   .from_tick = e->tick,
                                   .to_tick = UINT64_MAX};
        snprintf(m->text, sizeof m->text, "%s", event_row(e->kind)->text);
        return;
    }
    for (size_t i = p->marks_count; i-- > 0;) {
        struct picture_mark *m = &p->marks[i];
        bool open = m->kind == PICTURE_STATE && m->to_tick == UINT64_MAX;
        if (open && m->channel == e->channel && m->what == e->kind) {
            m->to_tick = e->tick;
            return;
        }
    }
}

/* Of that event or not; the event's own end where it has one. */
static void put_text(struct picture *p, const struct event *e, bool finding) {
    struct picture_mark *m = add_mark(p);
    *m = (struct picture_mark){.kind = finding ? PICTURE_FINDING : PICTURE_VALUE,
                               .channel = e->channel,
                               .what = e->kind,
                               .from_tick = finding ? e->emitted_tick : e->from_tick,
                               .to_tick = finding ? e->emitted_tick : e->to_tick};
    event_text(e, p->base_rate_hz, m->text, sizeof m->text);
}

void picture_event(void *picture, const struct event *event) {
    struct picture *p = picture;
    const struct event *e = event;
    if (e->kind == EVENT_BEAT)
        put_beat(p, e);
    else if (e->kind < 200)
        put_state(p, e);
    else if (e->kind == EVENT_MEASUREMENT)
        put_text(p, e, false);
    else if (e->kind >= 300 && e->kind < 400 && e->state == EVENT_RAISED)
        put_text(p, e, true);
    for (size_t i = 0; e->kind == EVENT_WITHDRAWN && i < p->marks_count; i++) {
        struct picture_mark *m = &p->marks[i];
        m->out |= m->kind == PICTURE_BEAT && m->channel == e->channel &&
                  m->from_tick >= e->from_tick && m->from_tick < e->to_tick;
    }
}
