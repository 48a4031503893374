#include "detectors/capture.h"
#include "detectors/breath.h"
#include "detectors/levels.h"
#include "detectors/stenosis.h"
#include "detectors/trend.h"
#include "detectors/valve.h"
#include "proto/quantity.h"
#include <math.h>

enum {
    READING_BEATS = 8,
    READING_BEATS_MIN = 3,
    SUGGEST_BEATS_MIN = 8,
    SUGGEST_S_MIN = 10,
    SUGGEST_AGE_S = 3, /* a wedge is known 2 s after it began: younger beats may yet be withdrawn */
    LEFT_OUT_WAIT_S = 60, /* with half the beats left out, a better stretch is waited for so long */
    BREATH_WAIT_S = 40, /* a wedge that stays waits so long for its respiration */
    WEDGE_LEVELS_FULL = 24,
    WEDGE_WAVES_MIN = 3,
    BY_PERSON = 1 << 16, /* details of an event's ordinal */
    OF_LEVELS = 2 << 16, /* one detail for each occasion: they may fall on one tick */
    OF_ONSET = 3 << 16,
    OF_WEDGE = 4 << 16,
};
static const double steady_mmhg = 3, steady_share = 0.05;

/* Beats [first, end) of a line's history. */
struct segment {
    uint32_t first, end, good;
};

/* The newest good beats that end at or before `until_tick` and begin at or after `from_tick`. */
static struct segment newest(const struct line *line, uint64_t from_tick, uint64_t until_tick,
                             uint32_t good_max) {
    struct segment s = {0, line->beats_count, 0};
    while (s.end > 0 && line->beats[s.end - 1].next_tick > until_tick)
        s.end--;
    s.first = s.end;
    while (s.first > 0 && s.good < good_max && line->beats[s.first - 1].foot_tick >= from_tick) {
        s.first--;
        s.good += line_beat_good(&line->beats[s.first]);
    }
    return s;
}

static uint32_t collect(const struct line *line, struct segment s, int value,
                        float out[LINE_BEATS_MAX]) {
    uint32_t n = 0;
    for (uint32_t i = s.first; i < s.end; i++)
        if (line_beat_good(&line->beats[i]) && isfinite(line->beats[i].values[value]))
            out[n++] = line->beats[i].values[value];
    return n;
}

static void add_medians(struct event *event, const struct line *line, struct segment s) {
    for (int v = 0; v < LINE_VALUES; v++) {
        float values[LINE_BEATS_MAX];
        uint32_t n = collect(line, s, v, values);
        if (n == 0)
            continue;
        double spread = trend_spread(values, n);
        event_add_value(event, line_quantity(line->site, v), trend_median(values, n), spread);
    }
}

/* The beats used and left out, where they lie, and how good they are. */
static void add_beats(struct event *event, const struct line *line, struct segment s) {
    double quality = 0;
    uint32_t used = 0;
    for (uint32_t i = s.first; i < s.end; i++) {
        const struct line_beat *beat = &line->beats[i];
        if (line_beat_good(beat)) {
            used++;
            quality += beat->quality_thousandths / 1000.0;
            if (event->beats_count < EVENT_BEATS_MAX)
                event->beats[event->beats_count++] = beat->foot_tick;
        } else if (event->left_out_count < EVENT_LEFT_OUT_MAX) {
            event->left_out[event->left_out_count++] =
                (struct event_left_out){beat->foot_tick, beat->left_out};
        }
    }
    event->from_tick = line->beats[s.first].foot_tick;
    event->to_tick = line->beats[s.end - 1].next_tick;
    event->quality = quality / (double)(s.end - s.first);
}

static void set_value(struct event *event, uint32_t quantity, double mmhg, double spread) {
    for (uint32_t i = 0; i < event->values_count; i++) {
        if (event->values[i].quantity != quantity)
            continue;
        event->values[i] = (struct event_value){quantity, mmhg, spread};
        return;
    }
    event_add_value(event, quantity, mmhg, spread);
}

/* At end-expiratory sites the mean is one over whole breaths, and the end-expiratory one beside
 * it; where the breathing is not known, the mean over time. */
static void free_of_breathing(const struct report_call *call, const struct line *line,
                              struct event *event) {
    const struct breathing *b = breath_now(call, line);
    const struct site_row *row = site_row(line->site);
    if (!row->end_expiratory)
        return;
    if (b == NULL) {
        struct levels levels = levels_average(line, event->from_tick, event->to_tick);
        if (levels.count >= LEVELS_WEDGE_MIN)
            set_value(event, QUANTITY_MEAN, levels.mean_mmhg, levels.spread_mmhg);
        return;
    }
    event->method = row->shape == SHAPE_ATRIUM ? METHOD_MEAN_BREATHS : event->method;
    if (line->breath_from_tick < event->from_tick)
        event->from_tick = line->breath_from_tick;
    set_value(event, QUANTITY_MEAN, (double)b->mean_mmhg, 0);
    if (isfinite(b->endexp_mmhg))
        set_value(event, QUANTITY_MEAN_ENDEXP, (double)b->endexp_mmhg, 0);
}

static struct event measurement(struct report_call *call, const struct line *line,
                                struct segment s) {
    struct event event =
        report_new(call, line, EVENT_MEASUREMENT, line->beats[s.end - 1].next_tick);
    event.state = EVENT_SUGGESTED;
    event.method = METHOD_MEDIAN_BEATS;
    add_beats(&event, line, s);
    add_medians(&event, line, s);
    free_of_breathing(call, line, &event);
    return event;
}

/* The older and the newer half agree. */
static bool steady(const struct line *line, struct segment s) {
    float older[LINE_BEATS_MAX], newer[LINE_BEATS_MAX];
    struct segment a = s, b = s;
    a.end = b.first = s.first + (s.end - s.first) / 2;
    double before = trend_median(older, collect(line, a, LINE_MEAN, older));
    double after = trend_median(newer, collect(line, b, LINE_MEAN, newer));
    return fabs(after - before) <= fmax(steady_mmhg, steady_share * fabs(before));
}

static void reading(struct report_call *call, const struct line *line) {
    struct segment s = newest(line, 0, call->now_tick, READING_BEATS);
    if (s.good < READING_BEATS_MIN)
        return;
    struct event event = report_new(call, line, EVENT_READING, line->beats[s.end - 1].foot_tick);
    event.method = METHOD_MEDIAN_BEATS;
    add_beats(&event, line, s);
    add_medians(&event, line, s);
    if (breath_now(call, line) != NULL)
        free_of_breathing(call, line, &event);
    report_send(call, &event);
}

static void suggest(struct report_call *call, struct line *line) {
    double base = call->room->base_rate_hz;
    uint64_t age = (uint64_t)(SUGGEST_AGE_S * base);
    if (line->suggested || line_contradicted(line) || call->room->begin.case_number == 0 ||
        call->now_tick < age)
        return;
    /* Nothing from before the last state that withheld: "steady" begins after it. */
    uint64_t from = line->visit_tick > line->clean_tick ? line->visit_tick : line->clean_tick;
    struct segment s = newest(line, from, call->now_tick - age, EVENT_BEATS_MAX);
    if (s.good < SUGGEST_BEATS_MIN)
        return;
    uint64_t length = line->beats[s.end - 1].next_tick - line->beats[s.first].foot_tick;
    if ((double)length < SUGGEST_S_MIN * base || !steady(line, s))
        return;
    double stretch = (double)(call->now_tick - line->clean_tick);
    if (2 * s.good < s.end - s.first && stretch < LEFT_OUT_WAIT_S * base)
        return;
    if (line->site == SITE_PCW && breath_now(call, line) == NULL && stretch < BREATH_WAIT_S * base)
        return;
    struct event event = measurement(call, line, s);
    line->suggested = true;
    report_send(call, &event);
}

void capture_beat(struct report_call *call, struct line *line) {
    reading(call, line);
    suggest(call, line);
}

static void level_reading(struct report_call *call, const struct line *line, uint64_t from_tick,
                          uint32_t detail) {
    struct levels levels = levels_average(line, from_tick, line->levels_tick);
    if (levels.count == 0)
        return;
    struct event event = report_new(call, line, EVENT_READING, call->now_tick);
    event.site = detail == OF_WEDGE ? SITE_PCW : line->site;
    event.method = METHOD_MEAN_BREATHS;
    event.from_tick = from_tick;
    event.to_tick = call->now_tick;
    event.ordinal |= detail;
    event_add_value(&event, QUANTITY_MEAN, levels.mean_mmhg, levels.spread_mmhg);
    report_send(call, &event);
}

void capture_pulseless(struct report_call *call, struct line *line, bool onset) {
    uint64_t second = (uint64_t)call->room->base_rate_hz;
    level_reading(call, line, line->levels_tick > second ? line->levels_tick - second : 0,
                  onset ? OF_ONSET : OF_LEVELS);
}

void capture_wedged(struct report_call *call, struct line *line, uint64_t from_tick) {
    level_reading(call, line, from_tick, OF_WEDGE);
}

/* An average of levels under the name of `site`; false where too few are usable. */
static bool level_measurement(struct report_call *call, const struct line *line, uint64_t from_tick,
                              uint64_t to_tick, struct event *out) {
    struct levels levels = levels_average(line, from_tick, to_tick);
    if (levels.count < LEVELS_WEDGE_MIN)
        return false;
    double step = (double)line_level_ticks(line);
    *out = report_new(call, line, EVENT_MEASUREMENT, to_tick);
    out->state = EVENT_SUGGESTED;
    out->method = METHOD_MEAN_BREATHS;
    out->to_tick = to_tick;
    double length = (double)levels.count * step;
    out->from_tick = (double)to_tick > length ? to_tick - (uint64_t)length : 0;
    out->quality = fmin(1, (double)levels.count / WEDGE_LEVELS_FULL);
    event_add_value(out, QUANTITY_MEAN, levels.mean_mmhg, levels.spread_mmhg);
    return true;
}

void capture_wedge(struct report_call *call, struct line *line, uint64_t from_tick,
                   uint64_t to_tick) {
    struct event event;
    uint64_t settle = (uint64_t)(call->room->base_rate_hz / ROOM_CLOCKS_PER_S);
    if (call->room->begin.case_number == 0 || to_tick < from_tick + 2 * settle)
        return;
    if (!level_measurement(call, line, from_tick + settle, to_tick - settle, &event))
        return;
    event.site = SITE_PCW;
    static const uint32_t waves[LINE_WEDGE_WAVES] = {QUANTITY_A_WAVE, QUANTITY_V_WAVE};
    for (int i = 0; i < LINE_WEDGE_WAVES && line->site != SITE_PCW; i++)
        if (line->wedge_counts[i] >= WEDGE_WAVES_MIN)
            event_add_value(&event, waves[i], line->wedge_sums[i] / line->wedge_counts[i], 0);
    report_send(call, &event);
}

void capture_refused(struct report_call *call, const struct line *line) {
    struct event event = report_new(call, line, EVENT_NOT_GIVEN, call->now_tick);
    event.from_value = QUANTITY_MEAN;
    event.to_value = EVENT_UNSTEADY;
    event.ordinal |= BY_PERSON;
    report_send(call, &event);
}

/* Of the line alone. */
static enum hemo_error capture_line(struct report_call *call, struct line *line,
                                    const struct capture_ask *ask, uint64_t from_tick) {
    struct event event;
    uint32_t site = line_wedged(line) ? SITE_PCW : line->site;
    bool own = !line_wedged(line) && (ask->site == SITE_NONE || ask->site == site);
    struct segment s = newest(line, from_tick, call->now_tick, EVENT_BEATS_MAX);
    if (own && s.good > 0)
        event = measurement(call, line, s);
    else if (!level_measurement(call, line, from_tick, call->now_tick, &event))
        return HEMO_NOT_FOUND;
    if (line_contradicted(line))
        event.quality /= 2;
    /* Beats were measured in the shape of the channel's site: under another name only the average
     * is true. */
    if (!own)
        event.site = ask->site == SITE_NONE ? site : ask->site;
    event.ordinal |= BY_PERSON;
    report_send(call, &event);
    return HEMO_OK;
}

enum hemo_error capture_person(struct report_call *call, struct line *line,
                               const struct capture_ask *ask) {
    double back = ask->back_s * call->room->base_rate_hz;
    uint64_t from_tick = (double)call->now_tick > back ? call->now_tick - (uint64_t)back : 0;
    if (from_tick < line->clean_tick)
        from_tick = line->clean_tick;
    if (call->room->begin.case_number == 0)
        return HEMO_WRONG_CASE;
    enum hemo_error error = capture_line(call, line, ask, from_tick);
    if (error == HEMO_OK) {
        valve_capture(call, line, from_tick);
        stenosis_capture(call, line, from_tick);
    }
    return error;
}
