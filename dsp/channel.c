#include "dsp/channel.h"
#include <assert.h>
#include <math.h>
#include <stddef.h>

/* One sample can end a tenth of a second (state ended, began, withdraw, site) and decide pulses. */
enum { PULSES_AT_ONCE = 3, ITEMS_OF_LINE = 4, ITEMS_OF_RISE = 1, ITEMS_OF_FLUSH = 1 };
_Static_assert(PULSES_AT_ONCE + ITEMS_OF_LINE + ITEMS_OF_RISE + ITEMS_OF_FLUSH <=
                   CHANNEL_ITEMS_MAX,
               "all fit");

/* The trace of a flush is still there when its search ends. */
_Static_assert(FLUSH_STEPS_MAX + FLUSH_SAMPLES_MAX < VALUES_RING, "all of it");

static const double rate_min_hz = 100, rate_max_hz = 2000;
static const double fine_hz = 250, coarse_hz = 125, steps_hz = 10;
static const float possible_mmhg = 2000; /* beyond: no pressure, a broken converter */
static const float peak_passed_s = 0.072f, peak_stale_s = 0.3f;
static const double r_before_foot_s = 0.12, r_after_foot_s = 0.06;
static const float flat_s = 0.02f, flat_mmhg = 4, ring_s = 0.4f; /* of a flush */
static const float bag_low_mmhg = 240, bag_high_mmhg = 330;
static const float pulse_waits_s = 6;    /* for the next one; then it is forgotten */

struct items {
    struct channel_item *out;
    int count;
};

static struct channel_item *add(struct items *items, enum channel_item_kind kind, int64_t at) {
    assert(items->count < CHANNEL_ITEMS_MAX);
    struct channel_item *item = &items->out[items->count++];
    *item = (struct channel_item){.kind = kind, .at = at};
    return item;
}

static int divisor(double rate_hz, double wanted_hz) {
    int n = (int)(rate_hz / wanted_hz + 0.5);
    return n > 1 ? n : 1;
}

static bool systemic(const struct site_row *site) {
    return site->max_mmhg > 200;
}

/* The smallest smoothed rise that can be a pulse. */
static float least_rise(const struct site_row *site) {
    if (site->shape == SHAPE_ATRIUM)
        return 0.6f;
    return systemic(site) ? 4 : 1.5f;
}

/* Everything of the stream but its numbering. */
static void begin(struct channel *c) {
    const struct site_row *site = site_row(c->config.site);
    double rate = c->config.rate_hz;
    int64_t count = c->count;
    int fine = divisor(rate, fine_hz), coarse = divisor(rate, coarse_hz);
    *c = (struct channel){.config = c->config, .count = count, .begun = count, .held_mmhg = NAN,
                          .mean_mmhg = NAN, .told_low = -1, .release = -1};
    averager_init(&c->fine, fine);
    averager_init(&c->coarse, coarse);
    values_init(&c->values, (float)(rate / fine), site->shape);
    finder_init(&c->finder, (float)(rate / coarse), least_rise(site),
                site->shape == SHAPE_ATRIUM);
    rhythm_init(&c->rhythm, systemic(site) ? 8 : 5);
    features_init(&c->features, (float)(rate / fine));
    line_state_init(&c->line, c->config.site);
}

enum hemo_error channel_init(struct channel *c, const struct channel_config *config) {
    const struct site_row *site = site_row(config->site);
    if (!(config->rate_hz >= rate_min_hz && config->rate_hz <= rate_max_hz) || !site ||
        site->shape == SHAPE_OTHER)
        return HEMO_BAD_CONFIG;
    *c = (struct channel){.config = *config};
    begin(c);
    return HEMO_OK;
}

void channel_reset(struct channel *c) {
    c->count = 0;
    begin(c);
}

void channel_site(struct channel *c, uint32_t site) {
    const struct site_row *row = site_row(site);
    assert(row && row->shape != SHAPE_OTHER);
    (void)row;
    c->config.site = site;
    begin(c);
}

/* Middle of a fine sample, in samples of the stream. */
static int64_t from_fine(const struct channel *c, int64_t fine) {
    return c->begun + fine * c->fine.length + c->fine.length / 2;
}

static int64_t from_step(const struct channel *c, int32_t step) {
    return c->begun + (int64_t)((double)step * c->config.rate_hz / steps_hz);
}

static int32_t step_of(const struct channel *c, int64_t fine) {
    return (int32_t)((double)fine * steps_hz / (double)c->values.rate_hz);
}

/* Of the finder's sample numbers: it runs at half the rate at most, and from the first valid
 * sample on. */
static double fine_from_found(const struct channel *c, double found) {
    double sample = (found + (double)c->silent + 0.5) * c->coarse.length;
    return sample / c->fine.length - 0.5;
}

static bool plausible(const struct channel *c, const struct beat *beat) {
    const struct site_row *site = site_row(c->config.site);
    return beat->systolic_mmhg <= site->max_mmhg && beat->diastolic_mmhg >= site->min_mmhg;
}

static void blank(struct beat *beat) {
    beat->systolic_mmhg = beat->diastolic_mmhg = beat->mean_mmhg = NAN;
    beat->edp_mmhg = beat->minimum_mmhg = beat->edp_r_mmhg = NAN;
    beat->edp_a_mmhg = NAN;
    beat->dpdt_max = beat->dpdt_min = beat->tau_ms = NAN;
    beat->a_mmhg = beat->v_mmhg = beat->c_mmhg = beat->x_mmhg = beat->y_mmhg = NAN;
}

/* What the line's states leave of a beat. */
static void withhold(struct channel_item *item, unsigned flags) {
    struct beat *beat = &item->beat;
    if (flags & LINE_WITHHELD || (flags & LINE_MARKED_WEDGE && item->site != SITE_PCW)) {
        blank(beat);
        beat->left_out = EVENT_IN_ARTEFACT;
        beat->quality = 0;
    } else if (flags & (LINE_PULSELESS | LINE_MARKED_WEDGE)) {
        struct beat seen = *beat;
        blank(beat);
        beat->mean_mmhg = seen.mean_mmhg;
        beat->a_mmhg = seen.a_mmhg;
        beat->v_mmhg = seen.v_mmhg;
    }
}

static void remember(struct channel *c, const struct beat *beat) {
    if (isnan(beat->systolic_mmhg))
        return;
    c->given[c->given_next] = (struct channel_given){beat->foot, beat->next_foot};
    c->given_next = (c->given_next + 1) % CHANNEL_GIVEN;
}

static void judge(struct channel *c, struct beat *beat, float length_s) {
    bool follows = beat->foot == c->beat_end;
    c->beat_end = beat->next_foot;
    float pulse = beat->systolic_mmhg - beat->diastolic_mmhg;
    uint32_t reason = rhythm_push(&c->rhythm, length_s, follows, pulse);
    if (isnan(beat->mean_mmhg) || !plausible(c, beat))
        reason = EVENT_IMPLAUSIBLE;
    beat->left_out = reason;
    beat->quality = reason ? 0.5f : 1;
}

/* A ventricle's pressure at the R wave of this upstroke: beside the end-diastolic, to check it. */
static float at_r_wave(const struct channel *c, int64_t foot) {
    int64_t before = (int64_t)(r_before_foot_s * c->config.rate_hz), r_at;
    int64_t after = (int64_t)(r_after_foot_s * c->config.rate_hz);
    if (c->values.shape != SHAPE_VENTRICLE ||
        !channel_r_between(c, foot - before, foot + after, &r_at))
        return NAN;
    float sum = 0;
    for (int i = -1; i <= 1; i++)
        sum += channel_at(c, (double)(r_at + i * c->fine.length));
    return sum / 3;
}

/* In fine samples; 0: no ECG; -1: it shows none in this beat, or not yet, or the beat is no whole
 * cycle of it (both waves were counted), so that waves have no names. By their distance alone a and
 * v are easily taken for each other (measured: a late v of a stable patient). */
static int64_t r_wave_of(const struct channel *c, struct values_span span) {
    int64_t r_at = 0, before, from = from_fine(c, span.foot), to = from_fine(c, span.next_foot);
    int64_t length = to - from;
    if (c->r_count == 0)
        return c->config.ecg ? -1 : 0;
    bool known = channel_r_between(c, from, to, &r_at) &&
                 channel_r_between(c, from - 2 * length, r_at - 1, &before);
    int64_t off = known ? r_at - before - length : length;
    return 4 * (off < 0 ? -off : off) < length ? (r_at - c->begun) / c->fine.length : -1;
}

static void close_beat(struct channel *c, int64_t next_foot, struct items *items) {
    struct values_span span = {c->foot.at, next_foot, c->foot.mmhg, 0};
    int32_t first = step_of(c, span.foot), last = step_of(c, span.next_foot);
    unsigned flags = line_state_flags(&c->line, first, last);
    if (flags & LINE_DARK)
        return;
    bool wedge = flags == LINE_MARKED_WEDGE && line_state_in_marked_wedge(&c->line, first, last);
    span.r_at = r_wave_of(c, span);
    bool as_wedge = wedge || c->config.site == SITE_PCW;
    struct values_found found = values_between(&c->values, span, as_wedge);
    float interval_s = (float)(next_foot - c->foot.at) / c->values.rate_hz;
    struct channel_item *item = add(items, CHANNEL_BEAT, from_fine(c, span.foot));
    item->site = wedge ? SITE_PCW : c->config.site;
    item->from = item->at;
    item->to = from_fine(c, span.next_foot);
    float rate = finder_doubtful(&c->finder) ? NAN : 60 / interval_s;
    item->beat = (struct beat){
        .foot = item->from, .next_foot = item->to, .peak = from_fine(c, found.peak),
        .systolic_mmhg = found.systolic_mmhg, .diastolic_mmhg = found.diastolic_mmhg,
        .mean_mmhg = found.mean_mmhg, .edp_mmhg = found.edp_mmhg,
        .minimum_mmhg = found.minimum_mmhg, .edp_r_mmhg = at_r_wave(c, item->from),
        .edp_a_mmhg = channel_fibrillates(c) ? NAN : found.edp_a_mmhg,
        .dpdt_max = found.dpdt_max, .dpdt_min = found.dpdt_min, .tau_ms = found.tau_ms,
        .a_mmhg = found.a_mmhg, .v_mmhg = found.v_mmhg, .c_mmhg = found.c_mmhg,
        .x_mmhg = found.x_mmhg, .y_mmhg = found.y_mmhg, .rate_per_min = rate,
    };
    judge(c, &item->beat, interval_s);
    withhold(item, flags);
    remember(c, &item->beat);
}

static void take_pulse(struct channel *c, const struct pulse *pulse, struct items *items) {
    double at = fine_from_found(c, pulse->at);
    double least = c->pulse_open ? c->pulse_at + 0.06 * (double)c->values.rate_hz : 0;
    struct values_foot foot = values_foot(&c->values, at, least);
    bool waited = (float)(foot.at - c->foot.at) > pulse_waits_s * c->values.rate_hz;
    if (c->pulse_open && foot.at > c->foot.at && !waited)
        close_beat(c, foot.at, items);
    c->pulse_open = true;
    c->pulse_at = at;
    c->foot = foot;
}

/* Once for each likely pulse, when its highest point has been past for a moment. */
static void say_systole(struct channel *c, struct items *items) {
    struct pulse likely;
    if (c->line.state != EVENT_NONE || !finder_likely(&c->finder, &likely) ||
        likely.low == c->told_low)
        return;
    int64_t from = (int64_t)fine_from_found(c, likely.at), where;
    float mmhg = values_highest(&c->values, from, c->values.count, &where);
    float passed_s = (float)(c->values.count - where) / c->values.rate_hz;
    if (isnan(mmhg) || passed_s < peak_passed_s)
        return;
    c->told_low = likely.low;
    if (passed_s > peak_stale_s)
        return;
    struct channel_item *item = add(items, CHANNEL_SYSTOLE, from_fine(c, where));
    item->site = c->config.site;
    item->beat.systolic_mmhg = mmhg;
    item->beat.peak = item->at;
}

static void push_coarse(struct channel *c, float mmhg, struct items *items) {
    if (!isnan(mmhg))
        c->held_mmhg = mmhg;
    if (isnan(c->held_mmhg)) {
        c->silent++;
        return;
    }
    finder_push(&c->finder, c->held_mmhg);
    say_systole(c, items);
    struct pulse pulse;
    for (int i = 0; i < PULSES_AT_ONCE && finder_next(&c->finder, &pulse); i++)
        take_pulse(c, &pulse, items);
}

/* Beats that were given before it was known that a state had begun. */
static void withdraw(struct channel *c, int64_t from, struct items *items) {
    int64_t first = INT64_MAX;
    for (int i = 0; i < CHANNEL_GIVEN; i++)
        if (c->given[i].next_foot > from) {
            first = c->given[i].foot < first ? c->given[i].foot : first;
            c->given[i].next_foot = 0;
        }
    if (first == INT64_MAX)
        return;
    struct channel_item *item = add(items, CHANNEL_WITHDRAW, from);
    item->state = c->line.state;
    item->from = first;
    item->to = c->count;
}

static void say_state(struct channel *c, const struct line_change *change, struct items *items) {
    if (change->ended != EVENT_NONE) {
        struct channel_item *item = add(items, CHANNEL_STATE, c->count);
        item->state = change->ended;
    }
    if (change->began == EVENT_NONE)
        return;
    struct channel_item *item = add(items, CHANNEL_STATE, from_step(c, change->began_step));
    item->state = change->began;
    item->began = true;
    if (line_state_withholds(&c->line))
        withdraw(c, item->at, items);
}

/* The ring of the flush's beginning may still look like a test pattern; then only what a bag can
 * give counts. */
static bool stands_high(uint32_t state, float mmhg) {
    bool bag = mmhg > bag_low_mmhg && mmhg < bag_high_mmhg;
    return state == EVENT_FLUSHED || state == EVENT_CLIPPED ||
           (state == EVENT_TEST_PATTERN && bag);
}

/* A plateau of 20 ms that is left downwards, while the line stands high. */
static bool released(const struct channel *c) {
    if (c->line.state == EVENT_NONE) /* nearly always */
        return false;
    int64_t newest = c->values.count - 1;
    int flat = (int)(flat_s * c->values.rate_hz) + 1;
    float top = values_at(&c->values, (double)(newest - 1)), now;
    now = values_at(&c->values, (double)newest);
    bool level = fabsf(top - values_at(&c->values, (double)(newest - flat))) <= flat_mmhg;
    return stands_high(c->line.state, top) && level && top - now > flat_mmhg;
}

/* One step of the search in each sample from when the ring is complete. */
static void read_flush(struct channel *c, struct items *items) {
    float trace[FLUSH_SAMPLES_MAX];
    int count = (int)(ring_s * c->values.rate_hz);
    if (c->values.count < c->release + count)
        return;
    for (int i = 0; i < count; i++)
        trace[i] = values_at(&c->values, (double)(c->release + i));
    bool bag = trace[0] > bag_low_mmhg && trace[0] < bag_high_mmhg;
    struct flush_trace flush = {trace, count, (double)c->values.rate_hz, !bag};
    bool first = c->values.count == c->release + count;
    enum hemo_error error = first ? flush_begin(&c->search, &flush) : HEMO_OK;
    if (error == HEMO_OK && !flush_step(&c->search, &flush, FLUSH_FITS))
        return;
    struct flush_found found;
    if (error == HEMO_OK && flush_end(&c->search, &flush, &found) == HEMO_OK)
        add(items, CHANNEL_FLUSH, from_fine(c, c->release))->response = found;
    c->release = -1;
}

static void watch_flush(struct channel *c, struct items *items) {
    if (c->release < 0 && released(c))
        c->release = c->values.count - 2;
    if (c->release >= 0)
        read_flush(c, items);
}

static void push_fine(struct channel *c, float mmhg, struct items *items) {
    values_push(&c->values, mmhg);
    watch_flush(c, items);
    struct features_look look;
    struct line_change change;
    if (!features_push(&c->features, mmhg, &look))
        return;
    c->mean_mmhg = c->features.heard ? look.mean2 : NAN;
    if (!line_state_push(&c->line, &look, &change))
        return;
    if (change.began != change.ended)
        say_state(c, &change, items);
    if (change.site_changed)
        add(items, CHANNEL_SITE, from_step(c, change.site_step))->site = change.site;
}

int channel_push(struct channel *c, float mmhg, struct channel_item out[CHANNEL_ITEMS_MAX]) {
    assert(c->config.rate_hz >= rate_min_hz);
    struct items items = {out, 0};
    float sample = fabsf(mmhg) <= possible_mmhg ? mmhg : NAN, mean;
    c->count++;
    if (averager_push(&c->fine, sample, &mean))
        push_fine(c, mean, &items);
    if (averager_push(&c->coarse, sample, &mean))
        push_coarse(c, mean, &items);
    return items.count;
}

int channel_marked(struct channel *c, uint32_t kind, bool begins,
                   struct channel_item out[CHANNEL_ITEMS_MAX]) {
    struct items items = {out, 0};
    if (kind == EVENT_WEDGE)
        finder_wedge(&c->finder, begins);
    struct line_change change = line_state_mark(&c->line, kind, begins);
    if (change.began != change.ended)
        say_state(c, &change, &items);
    return items.count;
}

void channel_r_wave(struct channel *c, int64_t at) {
    if (c->r_count > 0 && at <= c->r_waves[(c->r_count - 1) % CHANNEL_R_WAVES])
        return;
    c->r_waves[c->r_count % CHANNEL_R_WAVES] = at;
    c->r_count += c->r_count < 2 * CHANNEL_R_WAVES ? 1 : 1 - CHANNEL_R_WAVES;
}

bool channel_r_between(const struct channel *c, int64_t from, int64_t to, int64_t *at) {
    for (int32_t i = c->r_count - 1; i >= 0 && i >= c->r_count - CHANNEL_R_WAVES; i--) {
        *at = c->r_waves[i % CHANNEL_R_WAVES];
        if (*at <= to)
            return *at >= from;
    }
    return false;
}

void channel_clock(struct channel *c, double period_s, double confidence) {
    finder_clock(&c->finder, (float)period_s, (float)confidence);
}

bool channel_period(const struct channel *c, double *period_s, double *confidence) {
    *period_s = (double)c->finder.period.period_s;
    *confidence = (double)c->finder.period.confidence;
    bool pulse = site_row(c->config.site)->shape != SHAPE_ATRIUM;
    return pulse && c->line.state == EVENT_NONE && *confidence > 0.5;
}

bool channel_withholds(const struct channel *c, uint32_t *state) {
    *state = c->line.state;
    return line_state_withholds(&c->line);
}

float channel_mean_mmhg(const struct channel *c) {
    bool wedge = c->line.state == EVENT_WEDGE;
    return line_state_withholds(&c->line) && !wedge ? NAN : c->mean_mmhg;
}

float channel_at(const struct channel *c, double sample) {
    double fine = (sample - (double)c->begun + 0.5) / c->fine.length - 0.5;
    return values_at(&c->values, fine);
}

bool channel_fibrillates(const struct channel *c) {
    return rhythm_fibrillates(&c->rhythm);
}
