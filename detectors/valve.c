#include "detectors/valve.h"
#include "detectors/pair.h"
#include "dsp/gradient.h"
#include "proto/quantity.h"
#include <math.h>

enum {
    BEATS_USUAL = 8,
    BEATS_IRREGULAR = 10,
    BEATS_LEAST = 3,
    JOINT_BEATS = 5,
    AGE_S = 3, /* as for values of one site: younger beats may yet be withdrawn */
    OF_PAIR = 16, /* first of the details of an event's ordinal */
    BY_PERSON = 128,
};
static const double settle_s = 0.5;
/* Of a ventricle's beat: the aortic valve is shut behind this share; systole ends before that. */
static const double ejection_share = 0.75, filling_after_s = 0.1, before_foot_s = 0.02;

/* values[] of a pair's beats. */
enum { MEAN, RAW, PEAK, P2P, PERIOD, LAG, RATE };

struct found { struct gradient gradient; double raw_mmhg, lag_s; };

typedef bool look_fn(struct report_call *call, const struct line *lv, const struct line *other,
                     const struct valve_beat *v, struct found *out);

static struct pair_span ejection(const struct report_call *call, const struct valve_beat *v) {
    double foot = (double)v->foot_tick, length = (double)(v->next_tick - v->foot_tick);
    return (struct pair_span){foot - before_foot_s * call->room->base_rate_hz,
                              foot + ejection_share * length, 0};
}

static bool read_aorta(struct report_call *call, const struct line *lv, const struct line *other,
                       const struct valve_beat *v, struct found *out) {
    struct pair_trace trace;
    out->raw_mmhg = out->lag_s = NAN;
    if (!pair_read(call, lv, other, ejection(call, v), &trace))
        return false;
    struct gradient_pair pair = {trace.first, trace.second, trace.count, PAIR_RATE_HZ};
    return gradient_find(&pair, &out->gradient) == HEMO_OK;
}

static bool read_artery(struct report_call *call, const struct line *lv, const struct line *other,
                        const struct valve_beat *v, struct found *out) {
    struct pair_trace trace;
    struct pair_span span = ejection(call, v);
    if (!pair_read(call, lv, other, span, &trace))
        return false;
    struct gradient_pair pair = {trace.first, trace.second, trace.count, PAIR_RATE_HZ};
    struct gradient raw;
    out->raw_mmhg = gradient_find(&pair, &raw) == HEMO_OK ? raw.mean_mmhg : NAN;
    if (gradient_opening_lag(&pair, &out->lag_s) != HEMO_OK)
        return false;
    span.lag_s = out->lag_s;
    return pair_read(call, lv, other, span, &trace) &&
           gradient_peripheral(&pair, &out->gradient) == HEMO_OK;
}

/* From the ventricle's peak to a moment behind the next upstroke. */
static struct pair_span filling(const struct report_call *call, const struct line *lv,
                                const struct valve_beat *v) {
    double step = call->room->base_rate_hz / PAIR_RATE_HZ, most = -INFINITY, peak = 0;
    double end = (double)v->foot_tick + ejection_share * (double)(v->next_tick - v->foot_tick);
    for (double tick = (double)v->foot_tick; tick < end; tick += step) {
        double mmhg = (double)line_at(lv, tick);
        if (mmhg > most) {
            most = mmhg;
            peak = tick;
        }
    }
    double to = (double)v->next_tick + filling_after_s * call->room->base_rate_hz;
    return (struct pair_span){peak, to, 0};
}

static bool read_atrium(struct report_call *call, const struct line *lv, const struct line *other,
                        const struct valve_beat *v, struct found *out) {
    struct pair_trace trace;
    out->raw_mmhg = out->lag_s = NAN;
    if (!pair_read(call, lv, other, filling(call, lv, v), &trace))
        return false;
    struct gradient_pair pair = {trace.second, trace.first, trace.count, PAIR_RATE_HZ};
    return gradient_filling(&pair, &out->gradient) == HEMO_OK;
}

static bool read_wedge(struct report_call *call, const struct line *lv, const struct line *other,
                       const struct valve_beat *v, struct found *out) {
    struct pair_trace trace;
    struct gradient raw;
    struct pair_span span = filling(call, lv, v);
    if (!pair_read(call, lv, other, span, &trace))
        return false;
    struct gradient_pair pair = {trace.second, trace.first, trace.count, PAIR_RATE_HZ};
    out->raw_mmhg = gradient_filling(&pair, &raw) == HEMO_OK ? raw.mean_mmhg : NAN;
    if (gradient_wedge_lag(&pair, &out->lag_s) != HEMO_OK)
        return false;
    span.lag_s = out->lag_s;
    return pair_read(call, lv, other, span, &trace) &&
           gradient_filling(&pair, &out->gradient) == HEMO_OK;
}

static const struct {
    uint32_t site; /* of the line beside the ventricle's */
    look_fn *look;
    uint32_t quantities[RATE + 1]; /* in the order of values[] */
} kinds[VALVE_PAIRS] = {
    {SITE_AO, read_aorta,
     {QUANTITY_AV_MEAN, 0, QUANTITY_AV_PEAK, QUANTITY_AV_P2P, QUANTITY_SEP, 0, QUANTITY_RATE}},
    {SITE_ART, read_artery,
     {QUANTITY_AV_MEAN, QUANTITY_AV_MEAN_RAW, QUANTITY_AV_PEAK, QUANTITY_AV_P2P, QUANTITY_SEP,
      QUANTITY_LAG, QUANTITY_RATE}},
    {SITE_LA, read_atrium, {QUANTITY_MV_MEAN, 0, 0, 0, QUANTITY_DFP, 0, QUANTITY_RATE}},
    {SITE_PCW, read_wedge,
     {QUANTITY_MV_MEAN, QUANTITY_MV_MEAN_RAW, 0, 0, QUANTITY_DFP, QUANTITY_LAG, QUANTITY_RATE}},
};

/* A femoral gradient, by what the artery showed beside the aorta itself. */
static void refer_to_aorta(struct report_call *call, struct event *event) {
    const struct valves *valves = &call->room->valves;
    for (uint32_t i = 0; i < event->values_count; i++) {
        struct event_value *v = &event->values[i];
        if (v->quantity == QUANTITY_AV_MEAN)
            v->value -= valves->reference_mmhg;
        if (v->quantity == QUANTITY_AV_P2P)
            v->value -= valves->reference_p2p_mmhg;
    }
}

static struct event gradient_of(struct report_call *call, const struct line *lv, uint32_t kind,
                                uint32_t ready, uint32_t used) {
    const struct pair *pair = &call->room->valves.pairs[kind];
    struct event event = pair_event(call, lv, pair, ready, used);
    event.ordinal |= (OF_PAIR + kind) << 16;
    for (int i = MEAN; i <= RATE; i++)
        if (kinds[kind].quantities[i] != 0)
            pair_add_mean(&event, pair, ready, i, kinds[kind].quantities[i]);
    if (kinds[kind].site == SITE_ART && call->room->valves.reference_known)
        refer_to_aorta(call, &event);
    return event;
}

static void suggest(struct report_call *call, const struct line *lv, uint32_t kind,
                    uint64_t until_tick, uint32_t least) {
    struct pair *pair = &call->room->valves.pairs[kind];
    uint32_t ready = pair_ready(pair, until_tick);
    uint32_t usual = channel_fibrillates(&lv->channel) ? BEATS_IRREGULAR : BEATS_USUAL;
    if (pair->suggested || call->room->begin.case_number == 0 || ready < least)
        return;
    pair->suggested = true;
    struct event event = gradient_of(call, lv, kind, ready, ready < usual ? ready : usual);
    report_send(call, &event);
}

static const struct line *beside(const struct room *room, uint32_t site) {
    for (uint32_t c = 0; c < room->begin.info.channels_count; c++) {
        const struct line *line = &room->lines[c];
        if (line->carried && line_sound(line) && line_site_now(line) == site)
            return line;
    }
    return NULL;
}

static struct pair_beat beat_of(const struct report_call *call, const struct valve_beat *v,
                                const struct found *found) {
    double length = (double)(v->next_tick - v->foot_tick);
    const struct gradient *g = &found->gradient;
    return (struct pair_beat){
        v->foot_tick, v->next_tick,
        {(float)g->mean_mmhg, (float)found->raw_mmhg, (float)g->peak_mmhg,
         (float)g->peak_to_peak_mmhg, (float)g->period_s, (float)found->lag_s,
         (float)(60 * call->room->base_rate_hz / length)}};
}

static void read_pair(struct report_call *call, const struct line *lv, uint32_t kind) {
    struct valves *valves = &call->room->valves;
    struct pair *pair = &valves->pairs[kind];
    const struct line *other = beside(call->room, kinds[kind].site);
    struct found found;
    if (other == NULL)
        return;
    pair_refresh(pair, lv, other);
    bool clean = valves->ventricle.foot_tick >= pair->clean_tick;
    if (!clean || !kinds[kind].look(call, lv, other, &valves->ventricle, &found))
        return;
    struct pair_beat beat = beat_of(call, &valves->ventricle, &found);
    pair_remember(pair, &beat);
    uint64_t age = (uint64_t)(AGE_S * call->room->base_rate_hz);
    bool irregular = channel_fibrillates(&lv->channel);
    if (call->now_tick > age)
        suggest(call, lv, kind, call->now_tick - age, irregular ? BEATS_IRREGULAR : BEATS_USUAL);
}

/* The aorta in the ventricle's place: what a peripheral artery shows more than the aorta. */
static void read_joint(struct report_call *call, const struct line *aorta) {
    struct valves *valves = &call->room->valves;
    struct pair *pair = &valves->joint;
    const struct line *other = beside(call->room, SITE_ART);
    struct found found;
    if (other == NULL)
        return;
    pair_refresh(pair, aorta, other);
    if (valves->aorta.foot_tick < pair->clean_tick ||
        !read_artery(call, aorta, other, &valves->aorta, &found))
        return;
    struct pair_beat beat = beat_of(call, &valves->aorta, &found);
    pair_remember(pair, &beat);
    valves->reference_known = pair->beats_count >= JOINT_BEATS;
    valves->reference_mmhg = valves->reference_p2p_mmhg = 0;
    for (uint32_t i = 0; i < pair->beats_count; i++) {
        valves->reference_mmhg += (double)pair->beats[i].values[MEAN] / pair->beats_count;
        valves->reference_p2p_mmhg += (double)pair->beats[i].values[P2P] / pair->beats_count;
    }
}

static bool next_is(struct valve_beat *v, const struct line *line) {
    return v->waits && v->channel == line->index && line_sound(line);
}

static void wait_for(struct valve_beat *v, const struct line *line, const struct line_beat *beat) {
    *v = (struct valve_beat){line_beat_good(beat), line->index, beat->foot_tick, beat->next_tick};
}

void valve_beat(struct report_call *call, const struct line *line, const struct line_beat *beat) {
    struct valves *valves = &call->room->valves;
    if (line->site == SITE_AO) {
        if (next_is(&valves->aorta, line))
            read_joint(call, line);
        wait_for(&valves->aorta, line, beat);
    }
    if (line->site != SITE_LV)
        return;
    for (uint32_t kind = 0; kind < VALVE_PAIRS && next_is(&valves->ventricle, line); kind++)
        read_pair(call, line, kind);
    wait_for(&valves->ventricle, line, beat);
}

void valve_leave(struct report_call *call, const struct line *line, uint64_t until_tick) {
    struct valves *valves = &call->room->valves;
    const struct line *lv = &call->room->lines[valves->ventricle.channel];
    uint64_t settle = (uint64_t)(settle_s * call->room->base_rate_hz);
    if (lv->site != SITE_LV || until_tick < settle)
        return;
    for (uint32_t kind = 0; kind < VALVE_PAIRS; kind++) {
        struct pair *pair = &valves->pairs[kind];
        if (pair->beats_count > 0 && (line == lv || pair->other == line->index))
            suggest(call, lv, kind, until_tick - settle, BEATS_LEAST);
        if (line == lv || pair->other == line->index)
            pair->beats_count = 0;
    }
    if (line == lv)
        valves->ventricle.waits = false;
}

void valve_capture(struct report_call *call, const struct line *line, uint64_t from_tick) {
    const struct valves *valves = &call->room->valves;
    const struct line *lv = &call->room->lines[valves->ventricle.channel];
    for (uint32_t kind = 0; kind < VALVE_PAIRS && lv->site == SITE_LV; kind++) {
        const struct pair *pair = &valves->pairs[kind];
        uint32_t ready = pair_ready(pair, call->now_tick);
        uint32_t used = pair_since(pair, ready, from_tick);
        if (used == 0 || (line != lv && pair->other != line->index))
            continue;
        struct event event = gradient_of(call, lv, kind, ready, used);
        event.ordinal |= BY_PERSON << 16;
        report_send(call, &event);
    }
}
