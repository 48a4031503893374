#include "detectors/rwaves.h"
#include <assert.h>
#include <math.h>
#include <string.h>

static const float follow = 0.125f;    /* of a lead's surety, per R wave */
static const float better = 0.25f;     /* so much surer a lead must be to take over */
static const double fresh_s = 5;       /* a clock is forgotten when nothing renews it */
static const double reach_s = 0.45, after_s = 0.05; /* from the R wave to the foot of its pulse */
static const double spare_s = 0.15;    /* around the usual way */

void rwaves_begin(struct room *room) {
    memset(&room->rwaves, 0, sizeof room->rwaves);
    room->rwaves.lead = STREAM_CHANNELS_MAX;
}

static uint64_t ticks(const struct room *room, double seconds) {
    return (uint64_t)(seconds * room->base_rate_hz);
}

static const struct rwaves_wave *wave(const struct rwaves *h, uint32_t back) {
    return &h->waves[(h->count - 1 - back) % RWAVES_WAVES];
}

static uint32_t known(const struct rwaves *h) {
    return h->count < RWAVES_WAVES ? h->count : RWAVES_WAVES;
}

bool rwaves_between(const struct room *room, uint64_t from_tick, uint64_t to_tick,
                    uint64_t *r_tick) {
    const struct rwaves *h = &room->rwaves;
    for (uint32_t i = 0; i < known(h); i++) {
        const struct rwaves_wave *w = wave(h, i);
        if (w->sure && w->tick >= from_tick && w->tick <= to_tick) {
            *r_tick = w->tick;
            return true;
        }
    }
    return false;
}

/* The surest lead that still speaks. */
static bool leads(struct room *room, const struct line *line, uint64_t tick) {
    struct rwaves *h = &room->rwaves;
    bool silent = h->count == 0 || wave(h, 0)->tick + ticks(room, fresh_s) < tick;
    float surety = h->lead < STREAM_CHANNELS_MAX ? room->lines[h->lead].surety : 0;
    if (h->lead == STREAM_CHANNELS_MAX || silent || line->surety > surety + better)
        h->lead = line->index;
    return h->lead == line->index;
}

/* Period of the last R waves: median of five intervals; confidence: how alike they are. 0: none. */
static double period(const struct rwaves *h, double *confidence) {
    double intervals[RWAVES_INTERVALS];
    uint32_t n = 0;
    while (n < RWAVES_INTERVALS && n + 1 < known(h) && wave(h, n)->sure && wave(h, n + 1)->sure) {
        double x = (double)(wave(h, n)->tick - wave(h, n + 1)->tick);
        uint32_t j = n++;
        for (; j > 0 && intervals[j - 1] > x; j--)
            intervals[j] = intervals[j - 1];
        intervals[j] = x;
    }
    if (n < RWAVES_INTERVALS)
        return 0;
    double middle = intervals[n / 2];
    *confidence = fmax(0, 1 - (intervals[n - 2] - intervals[1]) / middle);
    return middle;
}

static bool pressure(const struct line *line) {
    return line->carried && !line->lead && line->running && !line->asleep;
}

static void tell(struct room *room, uint64_t tick) {
    double confidence = 0, ticks_apart = period(&room->rwaves, &confidence);
    for (uint32_t c = 0; c < room->begin.info.channels_count; c++) {
        struct line *line = &room->lines[c];
        if (!pressure(line))
            continue;
        double at = ((double)tick - (double)line->origin_tick) / line->ticks_per_sample;
        channel_r_wave(&line->channel, (int64_t)floor(at + 0.5));
        if (ticks_apart > 0)
            channel_clock(&line->channel, ticks_apart / room->base_rate_hz, confidence);
    }
}

static void take(struct report_call *call, struct line *line, const struct ecg_r *r) {
    struct room *room = call->room;
    struct rwaves *h = &room->rwaves;
    uint64_t tick = line->origin_tick + (uint64_t)r->at * line->ticks_per_sample;
    line->surety += follow * ((r->sure ? 1.0f : 0.0f) - line->surety);
    if (!leads(room, line, tick) || (h->count > 0 && tick <= wave(h, 0)->tick))
        return;
    h->waves[h->count++ % RWAVES_WAVES] = (struct rwaves_wave){tick, r->sure};
    if (r->sure)
        tell(room, tick);
}

/* A hole in which nobody listened is skipped: the lead begins anew behind it. */
static void keep_in_step(struct line *line, uint64_t tick) {
    if (tick == line->lead_tick)
        return;
    ecg_reset(&line->ecg);
    line->origin_tick = tick;
}

void rwaves_push(struct report_call *call, struct line *line, int16_t raw) {
    assert(line->lead);
    struct ecg_r r;
    uint64_t tick = call->room->groups[line->group].done_tick; /* not now_tick: it may be late */
    keep_in_step(line, tick);
    line->lead_tick = tick + line->ticks_per_sample;
    float value = raw == SAMPLE_MISSING ? NAN : (float)raw;
    if (ecg_push(&line->ecg, value, &r))
        take(call, line, &r);
}

/* Of another signal, where the ECG is silent or in noise. */
static void tell_period(struct room *room, const struct line *from) {
    double period_s, confidence, ignored;
    const struct rwaves *h = &room->rwaves;
    bool fresh = h->count > 0 && wave(h, 0)->tick + ticks(room, fresh_s) > room->done_tick;
    if (fresh && period(h, &ignored) > 0)
        return;
    if (!channel_period(&from->channel, &period_s, &confidence))
        return;
    for (uint32_t c = 0; c < room->begin.info.channels_count; c++)
        if (pressure(&room->lines[c]))
            channel_clock(&room->lines[c].channel, period_s, confidence);
}

static void say(struct report_call *call, const struct line *line, uint32_t kind, uint64_t tick) {
    struct event event = report_new(call, line, kind, tick);
    report_send(call, &event);
}

/* All waves of the lead from before the pulse to behind it were sure ones. */
static bool lead_is_sure(const struct room *room, uint64_t from_tick) {
    const struct rwaves *h = &room->rwaves;
    uint32_t i = 0;
    while (i < known(h) && wave(h, i)->tick > from_tick)
        i++;
    if (i == 0 || i + RWAVES_INTERVALS > known(h))
        return false;
    for (uint32_t k = i - 1; k < i + RWAVES_INTERVALS; k++)
        if (!wave(h, k)->sure)
            return false;
    return wave(h, i)->tick + ticks(room, fresh_s) > from_tick;
}

/* The wave of a pulse with that foot, sure or not; NULL: none. */
static const struct rwaves_wave *wave_of(const struct room *room, uint64_t foot_tick) {
    const struct rwaves *h = &room->rwaves;
    uint64_t first = foot_tick - ticks(room, fmin(reach_s, (double)foot_tick / room->base_rate_hz));
    for (uint32_t i = 0; i < known(h); i++) {
        uint64_t tick = wave(h, i)->tick;
        if (tick <= foot_tick + ticks(room, after_s))
            return tick >= first ? wave(h, i) : NULL;
    }
    return NULL;
}

/* Sure waves that lie behind this foot, and too far before the next one to have led to it. */
static void say_unanswered(struct report_call *call, struct line *line, uint64_t from_tick,
                           uint64_t to_tick) {
    const struct room *room = call->room;
    const struct rwaves *h = &room->rwaves;
    uint64_t first = from_tick + ticks(room, after_s);
    uint64_t reach = ticks(room, line->way_s > 0 ? line->way_s + spare_s : reach_s);
    for (uint32_t i = known(h); i-- > 0;) {
        const struct rwaves_wave *w = wave(h, i);
        if (w->sure && w->tick > first && w->tick + reach < to_tick)
            say(call, line, EVENT_QRS_NO_PULSE, w->tick);
    }
}

void rwaves_beat(struct report_call *call, struct line *line, uint64_t from_tick,
                uint64_t to_tick) {
    struct room *room = call->room;
    if (site_row(line->site)->shape == SHAPE_ATRIUM)
        return;
    tell_period(room, line);
    if (site_row(line->site)->shape != SHAPE_ARTERY || room->rwaves.count == 0)
        return;
    const struct rwaves_wave *w = wave_of(room, from_tick);
    if (w == NULL && lead_is_sure(room, from_tick))
        say(call, line, EVENT_PULSE_NO_QRS, from_tick);
    if (w != NULL && w->sure) {
        double way_s = ((double)from_tick - (double)w->tick) / room->base_rate_hz;
        line->way_s += line->way_s > 0 ? (double)follow * (way_s - line->way_s) : way_s;
    }
    say_unanswered(call, line, from_tick, to_tick);
}
