/* falling_bp - the mean arterial pressure falls fast and far.
 *
 * Means of good beats -> median of each 2 s -> Theil-Sen slope over 60 s and over 180 s, and the
 * fall of the last 10 s against the median of what lay 300..60 s back. Fires where the fall and
 * one of the slopes are beyond the rules for 5 s of good time: a slope alone is breathing or a
 * drug. A fall by a fifth is enough without a slope: a pressure that dropped at once has none.
 * Time counts in cells that hold good beats, so an artefact neither starts nor lengthens a fall.
 * A step of the whole trace between two beats with the pulse unchanged is a transducer that was
 * moved: history moves with it. */
#include "detectors/detector.h"
#include "detectors/trend.h"
#include "proto/quantity.h"
#include "proto/stream.h"
#include <math.h>
#include <string.h>

enum {
    CELLS = 150,      /* 300 s */
    SLOPE_CELLS = 31, /* 60 s */
    SLOPE_CELLS_MIN = 20,
    FAST_CELLS = 11, /* 20 s */
    FAST_CELLS_MIN = 6,
    SLOW_CELLS = 3, /* 6 s: 30 points in 180 s */
    SLOW_POINTS = 30,
    SLOW_POINTS_MIN = 20,
    LEVEL_CELLS = 3, /* 6 s */
    LEVEL_CELLS_MIN = 2,
    BASELINE_CELLS_MIN = 10, /* 20 s: a case may begin shortly before the fall */
    CELL_BEATS_MAX = 12,
    STEP_BEATS = 6,
    GUIDE_CELLS = 45, /* 90 s of systolics, at a guide catheter */
    GUIDE_BEFORE_CELLS = 15,
};
static const double cell_s = 2, notify_mmhg = 10, step_mmhg = 15, step_pulse_share = 0.12,
                    step_still_share = 0.34, step_spreads = 3, step_gap_s = 3,
                    systolic_still_share = 0.08, systolic_part = 0.5,
                    fall_left_mmhg = 8; /* still a fall, once some of its beats are withdrawn */

struct falling_bp_state {
    struct detector_config config; /* kept by reset */
    uint64_t cell;                 /* number of the one that is open, from the epoch's first tick */
    uint32_t open_count, cells_count;
    float open_mmhg[CELL_BEATS_MAX];
    float cells_mmhg[CELLS]; /* oldest first; NAN where no good beat lay */
    float systolics_mmhg[GUIDE_CELLS];
    float systolic_mmhg; /* of the beat before; NAN where it had none */
    bool zeroed; /* since the last beat: a step across it may be the new zero */
    uint64_t beat_end_tick;
    uint32_t steps_count;
    float step_means_mmhg[STEP_BEATS], step_pulses_mmhg[STEP_BEATS];
    uint32_t beats_count;
    uint64_t beats[EVENT_BEATS_MAX];
    double clear_s;
    bool raised, held;
    double baseline_mmhg, notified_mmhg; /* of the finding that runs */
    uint64_t onset_tick, raised_tick;
};
_Static_assert(sizeof(struct falling_bp_state) <= DETECTOR_STATE_BYTES, "fits its slot");

static void falling_bp_reset(void *state) {
    detector_forget(state, sizeof(struct falling_bp_state));
}

static void falling_bp_init(void *state, const struct detector_config *config) {
    struct falling_bp_state *s = state;
    s->config = *config;
    falling_bp_reset(s);
}

/* Of the finite values in cells [first, end); NAN for fewer than `least`. */
static double cells_median(const struct falling_bp_state *s, uint32_t first, uint32_t end,
                           uint32_t least) {
    float values[CELLS];
    uint32_t n = 0;
    for (uint32_t i = first; i < end; i++)
        if (isfinite(s->cells_mmhg[i]))
            values[n++] = s->cells_mmhg[i];
    return n < least ? NAN : trend_median(values, n);
}

static uint32_t back(const struct falling_bp_state *s, uint32_t cells) {
    return s->cells_count > cells ? s->cells_count - cells : 0;
}

/* Over the last `cells`, of which `least` must hold beats; else NAN. */
static double slope_mmhg_per_s(const struct falling_bp_state *s, uint32_t cells, uint32_t least) {
    uint32_t first = back(s, cells);
    if (isnan(cells_median(s, first, s->cells_count, least)))
        return NAN;
    return trend_slope(s->cells_mmhg + first, s->cells_count - first) / cell_s;
}

/* Over 180 s; NAN where that much was not seen. */
static double slow_mmhg_per_s(const struct falling_bp_state *s) {
    float points[SLOW_POINTS];
    uint32_t good = 0;
    if (s->cells_count < SLOW_POINTS * SLOW_CELLS)
        return NAN;
    for (uint32_t i = 0; i < SLOW_POINTS; i++) {
        uint32_t first = s->cells_count - (SLOW_POINTS - i) * SLOW_CELLS;
        points[i] = (float)cells_median(s, first, first + SLOW_CELLS, 1);
        good += isfinite(points[i]) ? 1 : 0;
    }
    return good < SLOW_POINTS_MIN ? NAN : trend_slope(points, SLOW_POINTS) / (SLOW_CELLS * cell_s);
}

static double level_mmhg(const struct falling_bp_state *s) {
    return cells_median(s, back(s, LEVEL_CELLS), s->cells_count, LEVEL_CELLS_MIN);
}

static double baseline_mmhg(const struct falling_bp_state *s) {
    return cells_median(s, 0, back(s, SLOPE_CELLS - 1), BASELINE_CELLS_MIN);
}

/* How far cells lie from the baseline without a fall: the median distance, as a standard deviation
 * (1.4826 for a normal distribution). In atrial fibrillation it is several mmHg. */
static double spread_mmhg(const struct falling_bp_state *s, double baseline) {
    float far[CELLS];
    uint32_t n = 0;
    for (uint32_t i = 0; i < back(s, SLOPE_CELLS - 1); i++)
        if (isfinite(s->cells_mmhg[i]))
            far[n++] = (float)fabs((double)s->cells_mmhg[i] - baseline);
    return 1.4826 * trend_median(far, n);
}

/* Page's cumulative sum of what lies more than half of `far` below the baseline, over the last
 * minute: mmHg s. One breath or one beat adds little to it, a fall adds the more the deeper. */
static double evidence_mmhg_s(const struct falling_bp_state *s, double baseline, double far) {
    double sum = 0;
    for (uint32_t i = back(s, SLOPE_CELLS); i < s->cells_count; i++)
        if (isfinite(s->cells_mmhg[i]))
            sum = fmax(0, sum + (baseline - far / 2 - (double)s->cells_mmhg[i]) * cell_s);
    return sum;
}

static void append(struct falling_bp_state *s, float mmhg) {
    if (s->cells_count == CELLS) {
        memmove(s->cells_mmhg, s->cells_mmhg + 1, (CELLS - 1) * sizeof s->cells_mmhg[0]);
        s->cells_count--;
    }
    s->cells_mmhg[s->cells_count++] = mmhg;
    memmove(s->systolics_mmhg, s->systolics_mmhg + 1,
            (GUIDE_CELLS - 1) * sizeof s->systolics_mmhg[0]);
    s->systolics_mmhg[GUIDE_CELLS - 1] = isnan(mmhg) ? NAN : s->systolic_mmhg;
}

static double systolic(const struct falling_bp_state *s, uint32_t first, uint32_t count) {
    float values[GUIDE_CELLS];
    uint32_t n = 0;
    for (uint32_t i = first; i < first + count; i++)
        if (s->systolics_mmhg[i] > 0)
            values[n++] = s->systolics_mmhg[i];
    return trend_median(values, n);
}

/* A guide that fills the ostium shows a diastolic that falls, and the mean with it, while the
 * systolic holds (ventricularised.c): no fall of the aortic pressure, which takes the systolic
 * down by about the same share. Half of the mean's share is the line between them. */
static bool guide_blocked(const struct falling_bp_state *s, uint32_t site, double lost_share) {
    double before = systolic(s, 0, GUIDE_BEFORE_CELLS);
    double now = systolic(s, GUIDE_CELLS - LEVEL_CELLS, LEVEL_CELLS);
    double holds = fmax(systolic_still_share, systolic_part * lost_share);
    return site == SITE_PAO && now > (1 - holds) * before;
}

static uint64_t tick_of(const struct falling_bp_state *s, uint64_t cell) {
    return s->config.first_tick + (uint64_t)((double)cell * cell_s * s->config.base_rate_hz);
}

/* The end of the last cell that still stood near the baseline. */
static uint64_t onset_tick(const struct falling_bp_state *s, double baseline, double level) {
    double near = baseline - 0.1 * (baseline - level);
    uint32_t i = s->cells_count;
    while (i > 0 && !((double)s->cells_mmhg[i - 1] >= near))
        i--;
    uint64_t cells_ago = s->cells_count - i;
    return s->cell >= cells_ago ? tick_of(s, s->cell - cells_ago) : s->config.first_tick;
}

static bool say(const struct falling_bp_state *s, const struct detector_input *in,
                uint32_t state, struct event *out) {
    const struct event *beat = in->event;
    out->kind = EVENT_FALLING_BP;
    out->state = state;
    out->site = beat->site;
    out->channel = beat->channel;
    out->tick = out->to_tick = beat->tick;
    out->from_tick = s->onset_tick;
    out->from_value = s->baseline_mmhg;
    out->to_value = level_mmhg(s);
    out->method = METHOD_TREND;
    uint32_t good = 0, first = back(s, SLOPE_CELLS);
    for (uint32_t i = first; i < s->cells_count; i++)
        good += isfinite(s->cells_mmhg[i]) ? 1 : 0;
    out->quality = (double)good / (double)(s->cells_count - first);
    out->beats_count = s->beats_count;
    memcpy(out->beats, s->beats, sizeof s->beats);
    event_add_value(out, QUANTITY_MEAN, out->to_value, 0);
    detector_clears(out, (double)in->rules->fall_clear_share * s->baseline_mmhg,
                    (double)in->rules->fall_clear_s);
    return true;
}

/* NAN compares false. */
static bool falls(const struct falling_bp_state *s, const struct rules *rules, double baseline,
                  double level) {
    double far = fmax((double)rules->fall_drop_mmhg, (double)rules->fall_drop_share * baseline);
    far = fmax(far, (double)rules->fall_spreads * spread_mmhg(s, baseline));
    if (!(baseline - level >= far) ||
        evidence_mmhg_s(s, baseline, far) < (double)rules->fall_hold_s * far)
        return false;
    double slope = slope_mmhg_per_s(s, SLOPE_CELLS, SLOPE_CELLS_MIN);
    double slow = fmin(slope, slow_mmhg_per_s(s)); /* of two, the one that is known */
    return baseline - level >= (double)rules->fall_deep_share * baseline ||
           slope_mmhg_per_s(s, FAST_CELLS, FAST_CELLS_MIN) <=
               (double)rules->fall_fast_mmhg_per_s ||
           slope <= (double)rules->fall_slope_mmhg_per_s ||
           (baseline - level >= (double)rules->fall_slow_share * baseline &&
            slow <= (double)rules->fall_slow_mmhg_per_s);
}

static bool hold_back(struct falling_bp_state *s, const struct detector_input *in, double baseline,
                      double level, struct event *out) {
    if (s->held)
        return false;
    s->held = true;
    s->baseline_mmhg = baseline;
    s->onset_tick = onset_tick(s, baseline, level);
    say(s, in, EVENT_STATE_NONE, out);
    out->kind = EVENT_HELD_BACK;
    out->from_value = EVENT_FALLING_BP;
    out->to_value = EVENT_VENTRICULARISED;
    return true;
}

static bool watch(struct falling_bp_state *s, const struct detector_input *in, struct event *out) {
    double level = level_mmhg(s), baseline = baseline_mmhg(s);
    if (!falls(s, in->rules, baseline, level)) {
        s->held = false;
        return false;
    }
    if (guide_blocked(s, in->event->site, 1 - level / baseline))
        return hold_back(s, in, baseline, level, out);
    s->raised = true;
    s->clear_s = 0;
    s->baseline_mmhg = baseline;
    s->notified_mmhg = level;
    s->onset_tick = onset_tick(s, baseline, level);
    s->raised_tick = in->event->tick;
    return say(s, in, EVENT_RAISED, out);
}

static bool follow(struct falling_bp_state *s, const struct detector_input *in, struct event *out) {
    double level = level_mmhg(s);
    double minute = cells_median(s, back(s, SLOPE_CELLS - 1), s->cells_count, BASELINE_CELLS_MIN);
    bool back_up = minute > (double)in->rules->fall_clear_share * s->baseline_mmhg;
    s->clear_s = back_up ? s->clear_s + cell_s : 0;
    if (s->clear_s >= (double)in->rules->fall_clear_s) {
        s->raised = false;
        return say(s, in, EVENT_RECOVERED, out);
    }
    if (level > s->notified_mmhg - notify_mmhg || isnan(level))
        return false;
    s->notified_mmhg = level;
    return say(s, in, EVENT_ONGOING, out);
}

/* The open cell ends; cells without a beat since then are empty. */
static bool close_cell(struct falling_bp_state *s, const struct detector_input *in, uint64_t cell,
                       struct event *out) {
    float median = s->open_count > 0 ? (float)trend_median(s->open_mmhg, s->open_count) : NAN;
    append(s, median);
    uint64_t empty = cell - s->cell - 1;
    for (uint64_t i = 0; i < empty && i < CELLS; i++)
        append(s, NAN);
    s->open_count = 0;
    s->cell = cell;
    if (isnan(median))
        return false;
    return s->raised ? follow(s, in, out) : watch(s, in, out);
}

static void shift(struct falling_bp_state *s, double mmhg) {
    for (uint32_t i = 0; i < s->cells_count; i++)
        s->cells_mmhg[i] += (float)mmhg;
    s->open_count = s->steps_count = 0;
    s->baseline_mmhg += mmhg;
    s->notified_mmhg += mmhg;
}

static double range_mmhg(const float *sorted, uint32_t count) {
    return (double)sorted[count - 1] - (double)sorted[0];
}

/* Three beats before and three after: the level jumped between the middle ones while the pulse
 * stayed, lay still before and after, and it jumped farther than it ever strays. In atrial
 * fibrillation it hardly does. */
static void level_step(struct falling_bp_state *s, float mean, float pulse) {
    if (s->steps_count == STEP_BEATS) {
        size_t rest = (STEP_BEATS - 1) * sizeof s->step_means_mmhg[0];
        memmove(s->step_means_mmhg, s->step_means_mmhg + 1, rest);
        memmove(s->step_pulses_mmhg, s->step_pulses_mmhg + 1, rest);
        s->steps_count--;
    }
    s->step_means_mmhg[s->steps_count] = mean;
    s->step_pulses_mmhg[s->steps_count++] = pulse;
    if (s->steps_count < STEP_BEATS)
        return;
    float means[STEP_BEATS], pulses[STEP_BEATS];
    memcpy(means, s->step_means_mmhg, sizeof means);
    memcpy(pulses, s->step_pulses_mmhg, sizeof pulses);
    double jump = (double)means[STEP_BEATS / 2] - (double)means[STEP_BEATS / 2 - 1];
    double level = trend_median(means + 3, 3) - trend_median(means, 3); /* sorts both */
    double before = trend_median(pulses, 3), after = trend_median(pulses + 3, 3);
    double still = step_still_share * fabs(level);
    double strays = step_spreads * spread_mmhg(s, baseline_mmhg(s)); /* NAN compares false */
    if (fabs(level) > step_mmhg && !(fabs(level) <= strays) && fabs(jump) > 0.8 * fabs(level) &&
        range_mmhg(means, 3) < still && range_mmhg(means + 3, 3) < still &&
        fabs(after - before) <= step_pulse_share * before)
        shift(s, level);
}

static void remember_beat(struct falling_bp_state *s, uint64_t tick) {
    if (s->beats_count == EVENT_BEATS_MAX) {
        memmove(s->beats, s->beats + 1, (EVENT_BEATS_MAX - 1) * sizeof s->beats[0]);
        s->beats_count--;
    }
    s->beats[s->beats_count++] = tick;
}

static bool take_beat(struct falling_bp_state *s, const struct detector_input *in,
                      struct event *out) {
    double mean, systolic_now, diastolic;
    const struct event *beat = in->event;
    if (beat->left_out_count > 0 || !event_value(beat, QUANTITY_MEAN, &mean))
        return false;
    double since_s = (double)(beat->tick - s->config.first_tick) / s->config.base_rate_hz;
    uint64_t cell = (uint64_t)(since_s / cell_s);
    bool found = cell > s->cell && close_cell(s, in, cell, out);
    double gap_s = ((double)beat->tick - (double)s->beat_end_tick) / s->config.base_rate_hz;
    if (gap_s > step_gap_s && !s->zeroed)
        s->steps_count = 0; /* beats on both sides of it are not neighbours */
    s->zeroed = false;
    s->beat_end_tick = beat->to_tick;
    if (event_value(beat, QUANTITY_SYSTOLIC, &systolic_now) &&
        event_value(beat, QUANTITY_DIASTOLIC, &diastolic)) {
        level_step(s, (float)mean, (float)(systolic_now - diastolic));
        s->systolic_mmhg = (float)systolic_now;
    }
    if (s->open_count < CELL_BEATS_MAX)
        s->open_mmhg[s->open_count++] = (float)mean;
    remember_beat(s, beat->tick);
    return found;
}

/* Beats that turned out to lie in an artefact: their cells are empty. A finding that stood on them
 * is taken back. */
static bool withdraw(struct falling_bp_state *s, const struct detector_input *in,
                     struct event *out) {
    const struct event *event = in->event;
    for (uint32_t i = 0; i < s->cells_count; i++) {
        uint64_t cell = s->cell - (s->cells_count - i);
        if (s->cell >= s->cells_count - i && tick_of(s, cell + 1) > event->from_tick &&
            tick_of(s, cell) < event->to_tick)
            s->cells_mmhg[i] = NAN;
    }
    s->open_count = s->steps_count = 0;
    if (!s->raised || event->from_tick > s->raised_tick || event->to_tick <= s->onset_tick)
        return false;
    double level = cells_median(s, back(s, SLOPE_CELLS - 1), s->cells_count, BASELINE_CELLS_MIN);
    if (s->baseline_mmhg - level >= fall_left_mmhg)
        return false; /* it stands without them */
    s->raised = false;
    return say(s, in, EVENT_RETRACTED, out);
}

/* Another site: what was measured before says nothing about it. A finding that runs keeps its
 * baseline. */
static void forget(struct falling_bp_state *s) {
    s->cells_count = s->open_count = s->steps_count = s->beats_count = 0;
    s->clear_s = 0;
}

static bool falling_bp_push(void *state, const struct detector_input *in, struct event *out) {
    struct falling_bp_state *s = state;
    if (in->event == NULL)
        return false;
    if (in->event->kind == EVENT_BEAT)
        return take_beat(s, in, out);
    if (in->event->kind == EVENT_ZEROING)
        s->zeroed = true;
    if (in->event->kind == EVENT_WITHDRAWN)
        return withdraw(s, in, out);
    if (in->event->kind == EVENT_MARKED && in->event->from_value == (double)MARK_SITE)
        forget(s);
    return false;
}

const struct detector_class falling_bp_class = {
    .name = "falling_bp",
    .what = "the mean arterial pressure falls fast and far",
    .on_beats = true,
    .state_bytes = sizeof(struct falling_bp_state),
    .init = falling_bp_init,
    .push = falling_bp_push,
    .reset = falling_bp_reset,
};
