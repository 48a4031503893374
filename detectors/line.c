#include "detectors/line.h"
#include "detectors/breath.h"
#include "detectors/capture.h"
#include "detectors/minute.h"
#include "detectors/pullback.h"
#include "detectors/stenosis.h"
#include "detectors/valve.h"
#include "detectors/rwaves.h"
#include "proto/quantity.h"
#include <assert.h>
#include <math.h>
#include <string.h>

enum { STATE_FIRST = EVENT_GAP };

/* Of a beat through an over- or underdamped line: its mean is right, its extremes are not. */
static const float distorted_quality = 0.6f;

static const uint32_t of_all[LINE_OWN] = {QUANTITY_SYSTOLIC, QUANTITY_DIASTOLIC, QUANTITY_MEAN,
                                          QUANTITY_RATE};
static const uint32_t of_ventricle[] = {QUANTITY_EDP,      QUANTITY_MINIMUM, QUANTITY_DPDT_MAX,
                                        QUANTITY_DPDT_MIN, QUANTITY_TAU,     QUANTITY_EDP_R,
                                        QUANTITY_EDP_A};
static const uint32_t of_atrium[] = {QUANTITY_A_WAVE, QUANTITY_V_WAVE, QUANTITY_C_WAVE,
                                     QUANTITY_X_DESCENT, QUANTITY_Y_DESCENT};
_Static_assert(LINE_OWN + sizeof of_ventricle / sizeof *of_ventricle == LINE_VALUES, "all fit");

uint32_t line_quantity(uint32_t site, int n) {
    const struct site_row *row = site_row(site);
    int own = n - LINE_OWN;
    if (own < 0)
        return of_all[n];
    if (row->shape == SHAPE_VENTRICLE)
        return of_ventricle[own];
    bool wave = row->shape == SHAPE_ATRIUM && own < (int)(sizeof of_atrium / sizeof *of_atrium);
    return wave ? of_atrium[own] : QUANTITY_NONE;
}

static bool site_measured(uint32_t site) {
    const struct site_row *row = site_row(site);
    return row != NULL && row->shape != SHAPE_OTHER;
}

/* The first tick at or after `tick` where the channel has a sample. */
static uint64_t sample_tick(const struct line *line, uint64_t tick) {
    uint64_t rest = tick % line->ticks_per_sample;
    return rest == 0 ? tick : tick + line->ticks_per_sample - rest;
}

static void start(struct line *line, uint64_t tick) {
    line->origin_tick = line->visit_tick = line->clean_tick = tick;
    line->levels_tick = tick;
    minute_begin(line, tick);
    breath_reset(line);
    line->running = site_measured(line->site);
    if (line->running) {
        struct channel_config config = {line->rate_hz, line->site, line->beside_ecg};
        enum hemo_error error = channel_init(&line->channel, &config);
        assert(error == HEMO_OK); /* line_init() carries only what channel.h promises to take */
        (void)error;
    }
}

static void start_lead(struct line *line, uint64_t tick) {
    enum hemo_error error = ecg_init(&line->ecg, line->rate_hz);
    assert(error == HEMO_OK);
    (void)error;
    line->origin_tick = line->lead_tick = tick;
}

static bool is_lead(const struct stream_info *info, uint32_t index) {
    double rate_hz = stream_channel_rate_hz(info, index);
    const struct stream_channel *c = &info->channels[index];
    return rate_hz >= LINE_RATE_HZ_MIN && rate_hz <= LINE_RATE_HZ_MAX && c->site == SITE_ECG &&
           c->unit != UNIT_MMHG;
}

void line_init(struct line *line, const struct wire_epoch_begin *begin, uint32_t index) {
    const struct stream_channel *c = &begin->info.channels[index];
    memset(line, 0, sizeof *line);
    line->index = index;
    line->group = c->group;
    line->ticks_per_sample = c->ticks_per_sample;
    line->rate_hz = stream_channel_rate_hz(&begin->info, index);
    line->scale = c->scale;
    line->offset = c->offset;
    line->site = c->site;
    bool rate = line->rate_hz >= LINE_RATE_HZ_MIN && line->rate_hz <= LINE_RATE_HZ_MAX;
    line->lead = is_lead(&begin->info, index);
    for (uint32_t i = 0; i < begin->info.channels_count; i++)
        line->beside_ecg |= is_lead(&begin->info, i);
    line->carried = line->lead || (rate && c->unit == UNIT_MMHG);
    if (line->lead)
        start_lead(line, sample_tick(line, begin->first_tick));
    else if (line->carried)
        start(line, sample_tick(line, begin->first_tick));
}

static uint64_t tick_of(const struct line *line, int64_t sample) {
    return sample <= 0 ? line->origin_tick
                       : line->origin_tick + (uint64_t)sample * line->ticks_per_sample;
}

bool line_withheld(const struct line *line) {
    for (uint32_t i = 0; i < LINE_STATES; i++)
        if (line->open_states >> i & 1 &&
            (event_withholds(STATE_FIRST + i) || STATE_FIRST + i == EVENT_WEDGE))
            return true;
    return line->asleep;
}

static bool interrupts(uint32_t state) {
    return event_withholds(state) || state == EVENT_WEDGE;
}

static void forget_beats(struct line *line, uint64_t tick) {
    line->beats_count = 0;
    line->clean_tick = tick;
}

static void state_began(struct report_call *call, struct line *line, uint32_t state, uint64_t at) {
    uint32_t bit = state - STATE_FIRST;
    if (line->open_states >> bit & 1)
        return;
    bool open_before = line_withheld(line);
    line->open_states |= 1u << bit;
    struct event event = report_new(call, line, state, at);
    event.state = EVENT_BEGAN;
    line->opened_tick[bit] = event.tick;
    report_send(call, &event);
    if (state == EVENT_WEDGE)
        for (int i = 0; i < LINE_WEDGE_WAVES; i++)
            line->wedge_sums[i] = line->wedge_counts[i] = 0;
    if (state == EVENT_NO_PULSE)
        capture_pulseless(call, line, true); /* at once: an alarm waits for the mean */
    if (!interrupts(state))
        return;
    if (line->breaks == 0 || !open_before)
        line->broken_tick = event.tick;
    line->breaks++;
    forget_beats(line, event.tick);
}

static void state_ended(struct report_call *call, struct line *line, uint32_t state, uint64_t at) {
    uint32_t bit = state - STATE_FIRST;
    if (!(line->open_states >> bit & 1))
        return;
    line->open_states &= ~(1u << bit);
    struct event event = report_new(call, line, state, at);
    const struct wire_epoch_begin *begin = &call->room->begin;
    event.state = EVENT_ENDED;
    event.from_tick = line->opened_tick[bit];
    minute_state(line, state, event.from_tick, event.tick);
    event.refers_to = id_make(begin->stream, begin->epoch, event.from_tick, state,
                              line->index | EVENT_BEGAN << 8);
    report_send(call, &event);
    if (interrupts(state)) {
        line->mended_tick = event.tick;
        forget_beats(line, event.tick);
    }
    if (state == EVENT_WEDGE) {
        line->suggested = false; /* a new wedge or the artery again: worth a value of its own */
        capture_wedge(call, line, event.from_tick, event.tick);
        valve_leave(call, line, event.tick);
    }
}

void line_wrong_rate(struct report_call *call, struct line *line) {
    if (call->room->wrong_rate && line->running)
        state_began(call, line, EVENT_WRONG_RATE, call->now_tick);
    else
        state_ended(call, line, EVENT_WRONG_RATE, call->now_tick);
}

/* All but what is the device's, not the line's. */
static void close_states(struct report_call *call, struct line *line) {
    for (uint32_t i = 0; i < LINE_STATES; i++)
        if (STATE_FIRST + i != EVENT_WRONG_RATE)
            state_ended(call, line, STATE_FIRST + i, call->now_tick);
}

static void add_values(struct event *event, const struct line_beat *beat) {
    for (int i = 0; i < LINE_VALUES; i++)
        if (isfinite(beat->values[i]))
            event_add_value(event, line_quantity(event->site, i), (double)beat->values[i], 0);
}

static void own_values(float out[LINE_VALUES - LINE_OWN], uint32_t site, const struct beat *b) {
    enum site_shape shape = site_row(site)->shape;
    float ventricle[] = {b->edp_mmhg, b->minimum_mmhg, b->dpdt_max,
                         b->dpdt_min, b->tau_ms,       b->edp_r_mmhg,   b->edp_a_mmhg};
    float atrium[] = {b->a_mmhg, b->v_mmhg, b->c_mmhg, b->x_mmhg, b->y_mmhg, NAN, NAN};
    for (int i = 0; i < LINE_VALUES - LINE_OWN; i++)
        out[i] = shape == SHAPE_VENTRICLE ? ventricle[i] : shape == SHAPE_ATRIUM ? atrium[i] : NAN;
}

static struct line_beat line_beat_of(const struct line *line, const struct channel_item *item) {
    const struct beat *beat = &item->beat;
    struct line_beat out = {
        .foot_tick = tick_of(line, beat->foot),
        .next_tick = tick_of(line, beat->next_foot),
        .values = {beat->systolic_mmhg, beat->diastolic_mmhg, beat->mean_mmhg, beat->rate_per_min},
        .left_out = (uint16_t)beat->left_out,
    };
    float quality = isfinite(beat->quality) ? beat->quality : 0;
    if (line->response != FLUSH_ADEQUATE)
        quality = fminf(quality, distorted_quality);
    out.quality_thousandths = (uint16_t)lrintf(1000 * quality);
    own_values(out.values + LINE_OWN, item->site, beat);
    if (out.left_out == 0 && !isfinite(beat->mean_mmhg))
        out.left_out = EVENT_IN_ARTEFACT;
    return out;
}

/* dsp says so too; here it also holds for what a person marked, and for a wedge. */
static void withhold(const struct line *line, struct line_beat *beat) {
    bool before_end = line_withheld(line) || beat->foot_tick < line->mended_tick;
    if (line->breaks == 0 || beat->next_tick <= line->broken_tick || !before_end)
        return;
    for (int i = 0; i < LINE_VALUES; i++)
        if (i != LINE_RATE)
            beat->values[i] = NAN;
    beat->left_out = EVENT_IN_ARTEFACT;
}

bool line_contradicted(const struct line *line) {
    return line->open_states >> (EVENT_WRONG_SITE - STATE_FIRST) & 1;
}

bool line_beat_good(const struct line_beat *beat) {
    return beat->left_out == 0;
}

static void remember(struct line *line, const struct line_beat *beat) {
    if (line->beats_count == LINE_BEATS_MAX) {
        memmove(line->beats, line->beats + 1, sizeof line->beats - sizeof line->beats[0]);
        line->beats_count--;
    }
    line->beats[line->beats_count++] = *beat;
}

/* a and v of the beats of a wedge, for the average that is given when it ends. */
static void wedge_waves(struct line *line, const struct beat *beat) {
    const float seen[LINE_WEDGE_WAVES] = {beat->a_mmhg, beat->v_mmhg};
    if (line->channel.r_count == 0)
        return; /* without an ECG their names are a guess: fit for a beat, not for a value */
    for (int i = 0; i < LINE_WEDGE_WAVES; i++)
        if (isfinite(seen[i])) {
            line->wedge_sums[i] += (double)seen[i];
            line->wedge_counts[i]++;
        }
}

static void item_beat(struct report_call *call, struct line *line,
                      const struct channel_item *item) {
    struct line_beat beat = line_beat_of(line, item);
    bool wedged = item->site == SITE_PCW && line->site != SITE_PCW; /* marked: dsp knows its ends */
    if (!wedged)
        withhold(line, &beat);
    else if (line_wedged(line))
        wedge_waves(line, &item->beat);
    if (call->room->wrong_rate || beat.foot_tick < call->room->right_tick)
        beat.values[LINE_RATE] = NAN;
    struct event event = report_new(call, line, EVENT_BEAT, beat.foot_tick);
    event.site = item->site; /* PCW inside a wedge that was marked */
    event.from_tick = beat.foot_tick;
    event.to_tick = beat.next_tick;
    event.method = METHOD_BEAT;
    event.quality = beat.quality_thousandths / 1000.0;
    add_values(&event, &beat);
    if (beat.left_out != 0)
        event.left_out[event.left_out_count++] =
            (struct event_left_out){beat.foot_tick, beat.left_out};
    report_send(call, &event);
    if (line_withheld(line) || beat.foot_tick < line->clean_tick)
        return;
    rwaves_beat(call, line, beat.foot_tick, beat.next_tick);
    if (isfinite(item->beat.mean_mmhg))
        breath_beat(call, line, &item->beat);
    remember(line, &beat);
    if (line_beat_good(&beat)) {
        capture_beat(call, line);
        minute_beat(line, &beat);
    }
    valve_beat(call, line, &beat);
    stenosis_beat(call, line, &beat);
    pullback_beat(call, line, &beat);
}

static void item_withdraw(struct report_call *call, struct line *line,
                          const struct channel_item *item) {
    struct event event = report_new(call, line, EVENT_WITHDRAWN, tick_of(line, item->at));
    event.from_tick = tick_of(line, item->from);
    event.to_tick = tick_of(line, item->to);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < line->beats_count; i++) {
        uint64_t foot_tick = line->beats[i].foot_tick;
        bool gone = foot_tick >= event.from_tick && foot_tick < event.to_tick;
        if (!gone)
            line->beats[kept++] = line->beats[i];
        else if (event.beats_count < EVENT_BEATS_MAX)
            event.beats[event.beats_count++] = foot_tick;
    }
    line->beats_count = kept;
    minute_withdraw(line, event.from_tick, event.to_tick);
    report_send(call, &event);
}

/* from_value: the site of the label, to_value: the site that the trace looks like. */
static void contradict(struct report_call *call, struct line *line, uint32_t site, uint64_t at) {
    uint32_t bit = EVENT_WRONG_SITE - STATE_FIRST;
    struct event event = report_new(call, line, EVENT_WRONG_SITE, at);
    event.state = EVENT_BEGAN;
    event.from_value = (double)line->site;
    event.to_value = (double)site;
    line->open_states |= 1u << bit;
    line->opened_tick[bit] = event.tick;
    report_send(call, &event);
    forget_beats(line, event.tick);
}

static void item_site(struct report_call *call, struct line *line,
                      const struct channel_item *item) {
    uint64_t at = tick_of(line, item->at);
    if (line->exchanged_with != SITE_NONE)
        return; /* that is known better */
    if (line_contradicted(line)) {
        state_ended(call, line, EVENT_WRONG_SITE, at);
        forget_beats(line, at);
        line->suggested = false;
    }
    if (item->site == SITE_NONE || item->site == line->site)
        return;
    contradict(call, line, item->site, at);
}

static void item_systole(struct report_call *call, struct line *line,
                         const struct channel_item *item) {
    uint64_t peak_tick = tick_of(line, item->beat.peak);
    bool again = line->systole_said && peak_tick <= line->systole_tick;
    if (!isfinite(item->beat.systolic_mmhg) || again)
        return;
    line->systole_said = true;
    line->systole_tick = peak_tick;
    struct event event = report_new(call, line, EVENT_SYSTOLE, peak_tick);
    event.method = METHOD_BEAT;
    event_add_value(&event, QUANTITY_SYSTOLIC, (double)item->beat.systolic_mmhg, 0);
    report_send(call, &event);
}

/* to_value: enum flush_grade at the pulse of now. Until the next flush beats bear it. */
static void item_flush(struct report_call *call, struct line *line,
                       const struct channel_item *item) {
    double period_s, confidence;
    channel_period(&line->channel, &period_s, &confidence);
    double rate = 60 / period_s;
    struct event event = report_new(call, line, EVENT_FLUSH_RESPONSE, tick_of(line, item->at));
    event.to_value = (double)flush_grade(&item->response, rate);
    event.quality = item->response.fit;
    event_add_value(&event, QUANTITY_NATURAL_HZ, item->response.natural_hz,
                    item->response.spread_hz);
    event_add_value(&event, QUANTITY_DAMPING, item->response.damping, 0);
    report_send(call, &event);
    line->response = (uint32_t)event.to_value;
}

static void take(struct report_call *call, struct line *line, const struct channel_item *item) {
    switch (item->kind) {
    case CHANNEL_BEAT:
        item_beat(call, line, item);
        break;
    case CHANNEL_STATE:
        assert(item->state >= STATE_FIRST && item->state < STATE_FIRST + LINE_STATES);
        if (item->began)
            state_began(call, line, item->state, tick_of(line, item->at));
        else
            state_ended(call, line, item->state, tick_of(line, item->at));
        break;
    case CHANNEL_SITE:
        item_site(call, line, item);
        break;
    case CHANNEL_WITHDRAW:
        item_withdraw(call, line, item);
        break;
    case CHANNEL_SYSTOLE:
        item_systole(call, line, item);
        break;
    case CHANNEL_FLUSH:
        item_flush(call, line, item);
        break;
    }
}

/* A level counts unless the line cannot carry a pressure. In a wedge and while dsp learns what is
 * normal here, the pressure itself is there. */
static bool level_usable(const struct line *line) {
    if (line->open_states == 0) /* nearly always, and asked for every sample */
        return !line->asleep;
    for (uint32_t i = 0; i < LINE_STATES; i++)
        if (line->open_states >> i & 1 && event_withholds(STATE_FIRST + i) &&
            STATE_FIRST + i != EVENT_LEARNING)
            return false;
    return !line->asleep;
}

static void keep_level(struct line *line, float mmhg, uint64_t end_tick) {
    if (line->levels_count == LINE_LEVELS_MAX) {
        memmove(line->levels, line->levels + 1, sizeof line->levels - sizeof line->levels[0]);
        line->levels_count--;
    }
    line->levels[line->levels_count++] = mmhg;
    line->levels_tick = end_tick;
    line->level_sum = 0;
    line->level_n = line->level_missing = 0;
}

static uint32_t level_samples(const struct line *line) {
    return (uint32_t)(line->rate_hz / ROOM_CLOCKS_PER_S + 0.5);
}

uint64_t line_level_ticks(const struct line *line) {
    return (uint64_t)level_samples(line) * line->ticks_per_sample;
}

bool line_wedged(const struct line *line) {
    return line->open_states >> (EVENT_WEDGE - STATE_FIRST) & 1;
}

uint32_t line_site_now(const struct line *line) {
    return line_wedged(line) ? SITE_PCW : line->site;
}

bool line_sound(const struct line *line) {
    for (uint32_t i = 0; i < LINE_STATES; i++)
        if (line->open_states >> i & 1 && event_withholds(STATE_FIRST + i))
            return false;
    return line->running && !line->asleep && !line_contradicted(line);
}

float line_at(const struct line *line, double tick) {
    return channel_at(&line->channel, (tick - (double)line->origin_tick) / line->ticks_per_sample);
}

/* What the line shows, usable or not: exchange.h compares lines by it. */
static void keep_bare(struct line *line, float mmhg) {
    if (line->bare_count == LINE_BARE_LEVELS) {
        memmove(line->bare_levels, line->bare_levels + 1,
                sizeof line->bare_levels - sizeof line->bare_levels[0]);
        line->bare_count--;
    }
    line->bare_levels[line->bare_count++] = mmhg;
    line->bare_sum = 0;
}

/* The mean of each half second, for what is averaged over time and not over beats. */
static void add_level(struct report_call *call, struct line *line, float mmhg) {
    uint32_t window = level_samples(line);
    line->bare_sum += (double)mmhg;
    if (isnan(mmhg) || !level_usable(line))
        line->level_missing++;
    else
        line->level_sum += (double)mmhg;
    if (++line->level_n < window)
        return;
    keep_bare(line, (float)(line->bare_sum / window));
    float level = line->level_missing == 0 ? (float)(line->level_sum / window) : NAN;
    keep_level(line, level, call->now_tick + line->ticks_per_sample);
    if (line->levels_tick / line_level_ticks(line) % ROOM_CLOCKS_PER_S != 0)
        return; /* readings once a second */
    if (line->open_states >> (EVENT_NO_PULSE - STATE_FIRST) & 1)
        capture_pulseless(call, line, false);
    if (line_wedged(line))
        capture_wedged(call, line, line->opened_tick[EVENT_WEDGE - STATE_FIRST]);
}

/* Long without samples: dsp forgets, and the numbering begins anew when they come back. */
static void fall_asleep(struct report_call *call, struct line *line) {
    uint32_t gap = 1u << (EVENT_GAP - STATE_FIRST);
    for (uint32_t i = 0; i < LINE_STATES; i++)
        if ((1u << i) != gap && STATE_FIRST + i != EVENT_WRONG_RATE)
            state_ended(call, line, STATE_FIRST + i, call->now_tick);
    state_began(call, line, EVENT_GAP, call->now_tick);
    line->asleep = true;
    line->levels_count = 0;
}

static void wake(struct report_call *call, struct line *line) {
    line->asleep = false;
    line->origin_tick = line->levels_tick = call->now_tick;
    line->level_sum = line->bare_sum = 0;
    line->level_n = line->level_missing = 0;
    channel_reset(&line->channel);
    minute_wake(call, line);
    breath_reset(line);
    state_ended(call, line, EVENT_GAP, call->now_tick);
    forget_beats(line, call->now_tick);
}

void line_push(struct report_call *call, struct line *line, int16_t raw) {
    assert(line->carried);
    if (line->lead)
        rwaves_push(call, line, raw);
    if (!line->running)
        return;
    bool missing = raw == SAMPLE_MISSING;
    line->missing_run = missing ? line->missing_run + 1 : 0;
    if (line->asleep && missing)
        return;
    if (line->asleep)
        wake(call, line);
    struct channel_item items[CHANNEL_ITEMS_MAX];
    float mmhg = missing ? NAN : (float)((double)(raw - line->offset) * line->scale);
    int count = channel_push(&line->channel, mmhg, items);
    assert(count >= 0 && count <= CHANNEL_ITEMS_MAX);
    for (int i = 0; i < count; i++)
        take(call, line, &items[i]);
    add_level(call, line, mmhg);
    minute_clock(call, line);
    if ((double)line->missing_run >= ROOM_SLEEP_S * line->rate_hz)
        fall_asleep(call, line);
}

void line_marked(struct report_call *call, struct line *line, uint32_t kind, bool begins) {
    if (!line->running || line->asleep)
        return;
    struct channel_item items[CHANNEL_ITEMS_MAX];
    int count = channel_marked(&line->channel, kind, begins, items);
    assert(count >= 0 && count <= CHANNEL_ITEMS_MAX);
    for (int i = 0; i < count; i++)
        take(call, line, &items[i]);
}

void line_leave(struct report_call *call, struct line *line) {
    if (line->running && line->site == SITE_PCW && !line->suggested)
        capture_wedge(call, line, line->visit_tick, call->now_tick);
    valve_leave(call, line, call->now_tick);
    stenosis_leave(call, line);
    line->suggested = false;
    line->visit_tick = call->now_tick;
    forget_beats(line, call->now_tick);
}

void line_site(struct report_call *call, struct line *line, uint32_t site) {
    bool ran = line->running;
    if (ran) {
        pullback_leave(call, line, site);
        line_leave(call, line);
        close_states(call, line);
    }
    line->site = site;
    line->exchanged_with = SITE_NONE;
    if (!line->carried || line->lead)
        return;
    if (ran && site_measured(site)) {
        channel_site(&line->channel, site);
        minute_begin(line, call->now_tick);
        breath_reset(line);
        return;
    }
    line->asleep = false;
    line->missing_run = 0;
    start(line, sample_tick(line, call->now_tick));
    line_wrong_rate(call, line);
}

void line_exchanged(struct report_call *call, struct line *line, uint32_t site) {
    line_leave(call, line);
    close_states(call, line);
    start(line, sample_tick(line, call->now_tick));
    line->levels_count = 0;
    line->exchanged_with = site;
    if (site != SITE_NONE)
        contradict(call, line, site, call->now_tick);
}

void line_end(struct report_call *call, struct line *line) {
    if (!line->running)
        return;
    minute_clock(call, line);
    line_leave(call, line);
    close_states(call, line);
    state_ended(call, line, EVENT_WRONG_RATE, call->now_tick);
}
