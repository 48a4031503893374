#include "detectors/stenosis.h"
#include "detectors/pair.h"
#include "detectors/trend.h"
#include "dsp/coronary.h"
#include "proto/quantity.h"
#include <math.h>
#include <string.h>

enum {
    REST_BEATS = 8,
    FFR_BEATS = 5,
    EQUAL_BEATS = 5,
    AGE_S = 3,
    STANDS_S = 15,
    UNEQUAL_S = 30, /* a wire that is not equalised yet is waited for */
    LAG_MOST_MS = 80,
    STEP_BEATS = 3,
    /* details of an event's ordinal */
    OF_REST = 24, OF_FFR, OF_OFFSET, OF_DRIFT, OF_REST_AGAIN, OF_FFR_AGAIN, OF_STEP = 32,
    BY_PERSON = 128,
};
static const double steady_share = 0.05, halves = 0.005, still = 0.01, at_guide = 0.02;
static const double lower_again = 0.002, step_least = 0.03, wire_mmhg = 2;

/* values[] of the pair's beats. */
enum { PA, PD, WHOLE, WAVE_FREE, LOWEST, DIASTOLE };

static struct stenosis *state(struct report_call *call) {
    return &call->room->stenosis;
}

static uint64_t seconds(const struct report_call *call, double s) {
    return (uint64_t)(s * call->room->base_rate_hz);
}

static const struct line *wire_of(const struct room *room) {
    for (uint32_t c = 0; c < room->begin.info.channels_count; c++) {
        const struct line *line = &room->lines[c];
        if (line->carried && line_sound(line) && line->site == SITE_PD)
            return line;
    }
    return NULL;
}

static double mean_of(const struct pair_beat *beats, uint32_t count, int value) {
    double sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += (double)beats[i].values[value];
    return sum / count;
}

static double spread_of(const struct pair_beat *beats, uint32_t count, int value) {
    float values[PAIR_BEATS_MAX];
    for (uint32_t i = 0; i < count; i++)
        values[i] = beats[i].values[value];
    return trend_spread(values, count);
}

static bool steady(const struct pair_beat *beats, uint32_t count) {
    return spread_of(beats, count, PA) < steady_share * mean_of(beats, count, PA);
}

/* Of a ratio: its beats, and what the wire may be off. */
static double uncertain(const struct stenosis *s, const struct pair_beat *beats, uint32_t count,
                        int value) {
    double off = s->checked ? s->drift_mmhg : wire_mmhg;
    return hypot(spread_of(beats, count, value), off / mean_of(beats, count, PA));
}

static struct event event_of(struct report_call *call, const struct line *wire, uint32_t detail,
                             const struct pair_beat *beats, uint32_t count) {
    struct event event = report_new(call, wire, EVENT_MEASUREMENT, beats[count - 1].next_tick);
    event.state = EVENT_SUGGESTED;
    event.method = METHOD_PAIR;
    event.ordinal |= detail << 16;
    event.from_tick = beats[0].foot_tick;
    event.to_tick = beats[count - 1].next_tick;
    event.quality = state(call)->equalised ? 1 : 0.5;
    for (uint32_t i = 0; i < count; i++)
        event.beats[event.beats_count++] = beats[i].foot_tick;
    return event;
}

static void add_ratio(struct report_call *call, struct event *event, uint32_t quantity,
                      const struct pair_beat *beats, int value) {
    uint32_t count = event->beats_count;
    bool whole = value == WHOLE;
    double ratio = whole ? mean_of(beats, count, PD) / mean_of(beats, count, PA)
                         : mean_of(beats, count, value);
    event_add_value(event, quantity, ratio, uncertain(state(call), beats, count, value));
}

/* Pd/Pa, and the ratios that are defined at rest. */
static void add_ratios(struct report_call *call, struct event *event,
                       const struct pair_beat *beats, bool at_rest) {
    add_ratio(call, event, QUANTITY_PD_PA, beats, WHOLE);
    if (!at_rest)
        return;
    add_ratio(call, event, QUANTITY_IFR_LIKE, beats, WAVE_FREE);
    add_ratio(call, event, QUANTITY_RFR, beats, LOWEST);
    add_ratio(call, event, QUANTITY_DPR, beats, DIASTOLE);
}

static void say_rest(struct report_call *call, const struct line *wire, uint32_t detail) {
    const struct stenosis *s = state(call);
    struct event event = event_of(call, wire, detail, s->rest, REST_BEATS);
    if (detail == OF_REST_AGAIN)
        event.refers_to = s->rest_id;
    add_ratios(call, &event, s->rest, true);
    report_send(call, &event);
    if (detail == OF_REST)
        state(call)->rest_id = event.id;
}

static void suggest_rest(struct report_call *call, const struct line *wire) {
    struct stenosis *s = state(call);
    uint32_t ready = call->now_tick > seconds(call, AGE_S)
                         ? pair_ready(&s->pair, call->now_tick - seconds(call, AGE_S)) : 0;
    if (s->rest_said || s->pulling || call->room->phase == PHASE_DRUG || ready < REST_BEATS)
        return;
    const struct pair_beat *beats = &s->pair.beats[ready - REST_BEATS];
    double older = mean_of(beats, REST_BEATS / 2, WHOLE);
    double newer = mean_of(beats + REST_BEATS / 2, REST_BEATS / 2, WHOLE);
    bool guide = fabs(mean_of(beats, REST_BEATS, WHOLE) - 1) < at_guide;
    bool early = !s->equalised && call->now_tick < s->pair.visit_tick + seconds(call, UNEQUAL_S);
    if (guide || early || !steady(beats, REST_BEATS) || fabs(newer - older) > halves)
        return;
    memcpy(s->rest, beats, sizeof s->rest);
    s->rest_said = s->rest_known = true;
    say_rest(call, wire, OF_REST);
}

static void say_ffr(struct report_call *call, const struct line *wire, uint32_t detail) {
    struct stenosis *s = state(call);
    struct event event = event_of(call, wire, detail, s->least, FFR_BEATS);
    event.method = METHOD_LEAST_BEATS;
    if (detail == OF_FFR_AGAIN || s->ffr_said)
        event.refers_to = s->ffr_id;
    add_ratio(call, &event, QUANTITY_FFR, s->least, WHOLE);
    s->ffr_said = s->ffr_known = true;
    s->said_ratio = s->least_ratio;
    report_send(call, &event);
    s->ffr_id = event.id;
}

static bool new_ffr(const struct stenosis *s) {
    return s->least_known && (!s->ffr_said || s->least_ratio < s->said_ratio - lower_again);
}

/* The last five beats that are old enough, where they follow one another steadily. */
static void follow_ffr(struct report_call *call, const struct line *wire) {
    struct stenosis *s = state(call);
    if (call->room->phase != PHASE_DRUG || call->now_tick < seconds(call, AGE_S))
        return;
    uint32_t ready = pair_ready(&s->pair, call->now_tick - seconds(call, AGE_S));
    if (ready >= FFR_BEATS) {
        const struct pair_beat *beats = &s->pair.beats[ready - FFR_BEATS];
        struct coronary_ratios list[FFR_BEATS];
        struct coronary_ffr ffr;
        for (int i = 0; i < FFR_BEATS; i++)
            list[i] = (struct coronary_ratios){.pa_mmhg = (double)beats[i].values[PA],
                                               .pd_mmhg = (double)beats[i].values[PD],
                                               .whole = (double)beats[i].values[WHOLE]};
        bool found = coronary_ffr(list, FFR_BEATS, &ffr) == HEMO_OK;
        if (found && (!s->least_known || ffr.value < s->least_ratio)) {
            if (!s->least_known || ffr.value < s->stands_ratio - lower_again) {
                s->stands_ratio = ffr.value;
                s->least_tick = call->now_tick;
            }
            s->least_known = true;
            s->least_ratio = ffr.value;
            memcpy(s->least, beats, sizeof s->least);
        }
    }
    if (new_ffr(s) && call->now_tick >= s->least_tick + seconds(call, STANDS_S))
        say_ffr(call, wire, OF_FFR);
}

static void not_given(struct report_call *call, const struct line *wire, uint32_t quantity,
                      uint32_t reason) {
    struct event event = report_new(call, wire, EVENT_NOT_GIVEN, call->now_tick);
    event.from_value = quantity;
    event.to_value = reason;
    event.ordinal |= quantity << 16;
    report_send(call, &event);
}

/* How far the two differ beyond a constant, over the last beats, with the wire read that later. */
static double misfit(const struct report_call *call, const struct line *guide,
                     const struct line *wire, double lag_s) {
    const struct pair *pair = &call->room->stenosis.pair;
    const struct pair_beat *beats = &pair->beats[pair->beats_count - EQUAL_BEATS];
    double total = 0;
    for (int k = 0; k < EQUAL_BEATS; k++) {
        struct pair_trace t;
        struct pair_span span = {(double)beats[k].foot_tick, (double)beats[k].next_tick, lag_s};
        double sum = 0, squares = 0;
        if (!pair_read(call, guide, wire, span, &t))
            return INFINITY;
        for (int i = 0; i < t.count; i++) {
            double d = (double)t.first[i] - (double)t.second[i];
            sum += d;
            squares += d * d;
        }
        total += squares - sum * sum / t.count;
    }
    return total;
}

/* The wire's delay behind the guide: where both fit best; by 10 ms, then by 1 ms about the best. */
static double delay_s(const struct report_call *call, const struct line *guide,
                      const struct line *wire) {
    double best_s = 0, least = INFINITY;
    for (int ms = -LAG_MOST_MS; ms <= LAG_MOST_MS; ms += 10) {
        double now = misfit(call, guide, wire, ms * 1e-3);
        if (now < least) {
            least = now;
            best_s = ms * 1e-3;
        }
    }
    double about_s = best_s;
    for (int ms = -9; ms <= 9; ms++) {
        double now = misfit(call, guide, wire, about_s + ms * 1e-3);
        if (now < least) {
            least = now;
            best_s = about_s + ms * 1e-3;
        }
    }
    return best_s;
}

/* The wire lies at the guide again: what it is off. Values that stand on it are said again. */
static void check_drift(struct report_call *call, const struct line *wire,
                        const struct pair_beat *beats) {
    struct stenosis *s = state(call);
    struct event event = event_of(call, wire, OF_DRIFT, beats, EQUAL_BEATS);
    s->checked = true;
    s->drift_mmhg = mean_of(beats, EQUAL_BEATS, PD) - mean_of(beats, EQUAL_BEATS, PA);
    event_add_value(&event, QUANTITY_PD_DRIFT, s->drift_mmhg, spread_of(beats, EQUAL_BEATS, PD));
    report_send(call, &event);
    if (s->rest_known)
        say_rest(call, wire, OF_REST_AGAIN);
    if (s->ffr_known)
        say_ffr(call, wire, OF_FFR_AGAIN);
}

static void equalise(struct report_call *call, const struct line *wire) {
    struct stenosis *s = state(call);
    const struct line *guide = &call->room->lines[s->guide];
    struct coronary_ratios list[EQUAL_BEATS];
    double more = 0;
    if (s->pair.beats_count < EQUAL_BEATS) {
        not_given(call, wire, QUANTITY_PD_OFFSET, EVENT_UNSTEADY);
        return;
    }
    const struct pair_beat *beats = &s->pair.beats[s->pair.beats_count - EQUAL_BEATS];
    if (s->equalised && (s->rest_known || s->ffr_known)) {
        check_drift(call, wire, beats);
        return;
    }
    for (int i = 0; i < EQUAL_BEATS; i++)
        list[i] = (struct coronary_ratios){.pa_mmhg = (double)beats[i].values[PA],
                                           .pd_mmhg = (double)beats[i].values[PD]};
    if (coronary_equalise(list, EQUAL_BEATS, &more) != HEMO_OK) {
        not_given(call, wire, QUANTITY_PD_OFFSET, EVENT_OFFSET_LARGE);
        return;
    }
    s->lag_s = delay_s(call, guide, wire);
    s->offset_mmhg += more;
    s->equalised = true;
    s->rest_said = s->rest_known = s->ffr_said = s->ffr_known = s->checked = false;
    struct event event = event_of(call, wire, OF_OFFSET, beats, EQUAL_BEATS);
    event_add_value(&event, QUANTITY_PD_OFFSET, s->offset_mmhg, spread_of(beats, EQUAL_BEATS, PD));
    event_add_value(&event, QUANTITY_LAG, s->lag_s, 0);
    s->pair.beats_count = 0;
    report_send(call, &event);
}

static double curve_mean(const struct stenosis *s, uint32_t from) {
    double sum = 0;
    for (uint32_t i = from; i < from + STEP_BEATS; i++)
        sum += (double)s->curve[i].ratio;
    return sum / STEP_BEATS;
}

static double rise_at(const struct stenosis *s, uint32_t i) {
    return curve_mean(s, i) - curve_mean(s, i - STEP_BEATS);
}

static void say_step(struct report_call *call, const struct line *wire, uint32_t first,
                     uint32_t last) {
    struct stenosis *s = state(call);
    double size = curve_mean(s, last) - curve_mean(s, first - STEP_BEATS);
    uint32_t end = last + STEP_BEATS - 1;
    struct event event = report_new(call, wire, EVENT_MEASUREMENT, s->curve[end].next_tick);
    event.state = EVENT_SUGGESTED;
    event.method = METHOD_PULLBACK;
    event.ordinal |= (OF_STEP + first) << 16;
    event.from_tick = s->curve[first - STEP_BEATS].foot_tick;
    event.to_tick = s->curve[end].next_tick;
    for (uint32_t i = first - STEP_BEATS; i <= end && event.beats_count < EVENT_BEATS_MAX; i++)
        event.beats[event.beats_count++] = s->curve[i].foot_tick;
    event_add_value(&event, QUANTITY_PD_PA_STEP, size, 0);
    event_add_value(&event, QUANTITY_PD_PA, curve_mean(s, last), 0);
    report_send(call, &event);
}

/* Each run of places at which the ratio rises is one step. */
static void end_pullback(struct report_call *call, const struct line *wire) {
    struct stenosis *s = state(call);
    uint32_t first = 0, end = s->curve_count;
    s->pulling = false;
    for (uint32_t i = STEP_BEATS; i + STEP_BEATS <= end; i++) {
        bool rises = rise_at(s, i) >= step_least;
        bool goes_on = i + STEP_BEATS < end && rise_at(s, i + 1) >= step_least;
        if (rises && first == 0)
            first = i;
        if (!rises || goes_on)
            continue;
        say_step(call, wire, first, i);
        first = 0;
    }
    s->curve_count = 0;
}

static void follow_pullback(struct report_call *call, const struct line *wire,
                            const struct pair_beat *beat) {
    struct stenosis *s = state(call);
    if (!s->pulling)
        return;
    s->curve[s->curve_count++] =
        (struct curve_point){beat->foot_tick, beat->next_tick, beat->values[WHOLE]};
    bool full = s->curve_count == STENOSIS_CURVE_MAX;
    uint32_t known = s->pair.beats_count;
    const struct pair_beat *last = &s->pair.beats[known > EQUAL_BEATS ? known - EQUAL_BEATS : 0];
    bool back = s->curve_count >= 2 * EQUAL_BEATS && known >= EQUAL_BEATS &&
                fabs(mean_of(last, EQUAL_BEATS, WHOLE) - 1) <= 0.03 && steady(last, EQUAL_BEATS) &&
                spread_of(last, EQUAL_BEATS, WHOLE) < still;
    if (!full && !back)
        return;
    end_pullback(call, wire);
    if (back)
        check_drift(call, wire, last);
}

static bool read_beat(struct report_call *call, const struct line *guide, const struct line *wire,
                      struct pair_beat *out) {
    struct stenosis *s = state(call);
    struct pair_trace t;
    struct coronary_ratios r;
    struct pair_span span = {(double)s->foot_tick, (double)s->next_tick, s->lag_s};
    if (!pair_read(call, guide, wire, span, &t))
        return false;
    for (int i = 0; i < t.count; i++)
        t.second[i] += (float)s->offset_mmhg;
    struct coronary_beat beat = {t.first, t.second, t.count, PAIR_RATE_HZ};
    if (coronary_read(&beat, &r) != HEMO_OK)
        return false;
    *out = (struct pair_beat){s->foot_tick, s->next_tick,
                              {(float)r.pa_mmhg, (float)r.pd_mmhg, (float)r.whole,
                               (float)r.wave_free, (float)r.lowest, (float)r.diastole, 0}};
    return true;
}

void stenosis_beat(struct report_call *call, const struct line *line,
                   const struct line_beat *beat) {
    struct stenosis *s = state(call);
    const struct line *wire = wire_of(call->room);
    struct pair_beat found;
    if (line->site != SITE_PAO || call->room->begin.case_number == 0)
        return;
    bool waits = s->waits && s->guide == line->index && wire != NULL && line_sound(line);
    if (waits)
        pair_refresh(&s->pair, line, wire);
    if (waits && s->foot_tick >= s->pair.clean_tick && read_beat(call, line, wire, &found)) {
        pair_remember(&s->pair, &found);
        suggest_rest(call, wire);
        follow_ffr(call, wire);
        follow_pullback(call, wire, &found);
    }
    s->waits = line_beat_good(beat);
    s->guide = line->index;
    s->foot_tick = beat->foot_tick;
    s->next_tick = beat->next_tick;
}

void stenosis_leave(struct report_call *call, const struct line *line) {
    struct stenosis *s = state(call);
    const struct line *wire = wire_of(call->room);
    if (wire == NULL || (line != wire && line->site != SITE_PAO))
        return;
    if (new_ffr(s))
        say_ffr(call, wire, OF_FFR);
    s->least_known = s->rest_said = s->ffr_said = false;
    s->pair.beats_count = 0;
    s->waits = false;
}

void stenosis_marked(struct report_call *call, const struct line *line, uint32_t kind,
                     bool begins) {
    struct stenosis *s = state(call);
    const struct line *wire = wire_of(call->room);
    if (wire == NULL || (line != wire && line->site != SITE_PAO))
        return;
    if (kind == MARK_EQUALISE && begins)
        equalise(call, wire);
    else if (kind == MARK_PULLBACK && begins) {
        s->pulling = true;
        s->curve_count = 0;
    } else if (kind == MARK_PULLBACK && s->pulling)
        end_pullback(call, wire);
}

void stenosis_capture(struct report_call *call, const struct line *line, uint64_t from_tick) {
    const struct stenosis *s = state(call);
    const struct line *wire = wire_of(call->room);
    if (wire == NULL || (line != wire && line->site != SITE_PAO))
        return;
    uint32_t ready = pair_ready(&s->pair, call->now_tick);
    uint32_t used = pair_since(&s->pair, ready, from_tick);
    if (used == 0)
        return;
    const struct pair_beat *beats = &s->pair.beats[ready - used];
    struct event event = event_of(call, wire, OF_REST | BY_PERSON, beats, used);
    add_ratios(call, &event, beats, call->room->phase != PHASE_DRUG);
    report_send(call, &event);
}
