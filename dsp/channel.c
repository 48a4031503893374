#include "dsp/channel.h"
#include <assert.h>
#include <math.h>
#include <stddef.h>

enum { ITEMS_FROM_BEATS_MAX = 4 };
static const double rate_min_hz = 100, rate_max_hz = 2000;
static const double fine_hz = 250, coarse_hz = 125;
static const float possible_mmhg = 2000; /* beyond: no pressure, a broken converter */
static const float longest_beat_s = 3.2f;

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

/* The smallest smoothed rise that can be a pulse. */
static float least_rise(const struct site_row *site) {
    if (site->shape == SHAPE_ATRIUM)
        return 0.6f;
    return site->max_mmhg > 200 ? 4 : 1.5f;
}

static void begin(struct channel *c) {
    const struct site_row *site = site_row(c->config.site);
    double rate = c->config.rate_hz;
    int fine = divisor(rate, fine_hz), coarse = divisor(rate, coarse_hz);
    averager_init(&c->fine, fine);
    averager_init(&c->coarse, coarse);
    values_init(&c->values, (float)(rate / fine), site->shape);
    finder_init(&c->finder, (float)(rate / coarse), least_rise(site));
    rhythm_init(&c->rhythm, site->max_mmhg > 200 ? 8 : 5);
    c->begun = c->count;
    c->held_mmhg = NAN;
    c->silent = 0;
    c->pulse_open = false;
    c->pulse_at = 0;
    c->foot = 0;
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
    struct channel_config config = c->config;
    enum hemo_error error = channel_init(c, &config);
    assert(error == HEMO_OK);
    (void)error;
}

void channel_site(struct channel *c, uint32_t site) {
    const struct site_row *row = site_row(site);
    assert(row && row->shape != SHAPE_OTHER);
    (void)row;
    c->config.site = site;
    begin(c);
}

/* Middle of a fine sample, in samples of the stream. */
static int64_t stream_time(const struct channel *c, int64_t fine) {
    return c->begun + fine * c->fine.length + c->fine.length / 2;
}

static double fine_from_coarse(const struct channel *c, double coarse) {
    double sample = (coarse + (double)c->silent + 0.5) * c->coarse.length;
    return sample / c->fine.length - 0.5;
}

static bool plausible(const struct channel *c, const struct beat *beat) {
    const struct site_row *site = site_row(c->config.site);
    return beat->systolic_mmhg <= site->max_mmhg && beat->diastolic_mmhg >= site->min_mmhg;
}

static void judge(struct channel *c, struct beat *beat, float interval_s) {
    float pulse = beat->systolic_mmhg - beat->diastolic_mmhg;
    uint32_t reason = rhythm_push(&c->rhythm, interval_s, pulse);
    if (isnan(beat->mean_mmhg) || !plausible(c, beat))
        reason = EVENT_IMPLAUSIBLE;
    beat->left_out = reason;
    beat->quality = reason ? 0.5f : 1;
}

static void close_beat(struct channel *c, int64_t next_foot, struct items *items) {
    struct values_found found = values_between(&c->values, (struct values_span){c->foot, next_foot});
    struct channel_item *item = add(items, CHANNEL_BEAT, stream_time(c, c->foot));
    float interval_s = (float)(next_foot - c->foot) / c->values.rate_hz;
    item->site = c->config.site;
    item->from = stream_time(c, c->foot);
    item->to = stream_time(c, next_foot);
    item->beat = (struct beat){
        .foot = item->from, .next_foot = item->to, .peak = stream_time(c, found.peak),
        .systolic_mmhg = found.systolic_mmhg, .diastolic_mmhg = found.diastolic_mmhg,
        .mean_mmhg = found.mean_mmhg, .edp_mmhg = found.edp_mmhg, .a_mmhg = found.a_mmhg,
        .v_mmhg = found.v_mmhg, .minimum_mmhg = found.minimum_mmhg,
        .rate_per_min = 60 / interval_s,
    };
    judge(c, &item->beat, interval_s);
}

static void take_pulse(struct channel *c, const struct pulse *pulse, struct items *items) {
    double at = fine_from_coarse(c, pulse->at);
    double least = c->pulse_open ? c->pulse_at + 0.06 * (double)c->values.rate_hz : 0;
    int64_t foot = values_foot(&c->values, at, least);
    if (c->pulse_open && foot > c->foot)
        close_beat(c, foot, items);
    c->pulse_open = true;
    c->pulse_at = at;
    c->foot = foot;
}

/* No next pulse for too long: the beat has an upstroke but no end, so nothing is said of its values. */
static void give_up_beat(struct channel *c) {
    if (c->pulse_open && (float)(c->values.count - c->foot) > 2 * longest_beat_s * c->values.rate_hz)
        c->pulse_open = false;
}

static void say_systole(struct channel *c, double coarse_at, struct items *items) {
    int64_t from = (int64_t)fine_from_coarse(c, coarse_at), where;
    float mmhg = values_highest(&c->values, from, c->values.count, &where);
    if (isnan(mmhg))
        return;
    struct channel_item *item = add(items, CHANNEL_SYSTOLE, stream_time(c, where));
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
    double at;
    if (finder_rise(&c->finder, &at))
        say_systole(c, at, items);
    struct pulse pulse;
    for (int i = 0; i < ITEMS_FROM_BEATS_MAX && finder_next(&c->finder, &pulse); i++)
        take_pulse(c, &pulse, items);
    give_up_beat(c);
}

int channel_push(struct channel *c, float mmhg, struct channel_item out[CHANNEL_ITEMS_MAX]) {
    assert(c->config.rate_hz >= rate_min_hz);
    struct items items = {out, 0};
    float sample = fabsf(mmhg) <= possible_mmhg ? mmhg : NAN, mean;
    c->count++;
    if (averager_push(&c->fine, sample, &mean))
        values_push(&c->values, mean);
    if (averager_push(&c->coarse, sample, &mean))
        push_coarse(c, mean, &items);
    return items.count;
}

int channel_marked(struct channel *c, uint32_t kind, bool begins,
                   struct channel_item out[CHANNEL_ITEMS_MAX]) {
    struct items items = {out, 0};
    struct channel_item *item = add(&items, CHANNEL_STATE, c->count);
    item->state = kind;
    item->began = begins;
    return items.count;
}

bool channel_withholds(const struct channel *c, uint32_t *state) {
    (void)c;
    *state = EVENT_NONE;
    return false;
}
