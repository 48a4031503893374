/* times.h - a signal of a record, and times found in it beside times marked in it. */
#pragma once
#include "tests/play.h"
#include "tests/score.h"

enum { TIMES_MAX = 16384, TRACE_MAX = 1 << 21 };

/* --- a signal of a record as it is --- */

struct trace {
    double rate_hz;
    size_t count;
    float values[TRACE_MAX]; /* NAN: missing */
};

static inline void take_block(struct trace *t, const struct sample_block *block, uint32_t at,
                       const struct stream_channel *c) {
    for (uint32_t k = 0; k < block->count && t->count < TRACE_MAX; k++) {
        int16_t raw = block->samples[at * block->count + k];
        t->values[t->count++] =
            raw == SAMPLE_MISSING ? NAN : (float)((double)(raw - c->offset) * c->scale);
    }
}

static inline bool read_trace(struct trace *t, const char *record, uint32_t site) {
    double base;
    struct source source;
    struct play play = {.record = record, .base_rate_hz = &base};
    struct source_item item;
    struct failure failure;
    if (!play_open(&play, &source))
        return false;
    uint32_t channel = 0, before = 0;
    while (channel < source.info.channels_count && source.info.channels[channel].site != site)
        channel++;
    if (channel == source.info.channels_count)
        return false;
    const struct stream_channel *c = &source.info.channels[channel];
    for (uint32_t i = 0; i < channel; i++)
        before += source.info.channels[i].group == c->group;
    t->rate_hz = stream_channel_rate_hz(&source.info, channel);
    t->count = 0;
    while (source.next(source.state, &item, &failure) == HEMO_OK && item.kind != SOURCE_END)
        if (item.kind == SOURCE_SAMPLES && item.body.samples.group == c->group)
            take_block(t, &item.body.samples, before, c);
    source.close(source.state);
    return true;
}

static inline float at_s(const struct trace *t, double s) {
    double i = s * t->rate_hz;
    return i >= 0 && i < (double)t->count ? t->values[(size_t)i] : NAN;
}

/* --- times beside marks: one to one, within 150 ms behind a constant delay --- */

struct times {
    uint32_t count;
    double at_s[TIMES_MAX];
};

static inline bool read_marks(struct times *marks, const char *record) {
    char line[256];
    FILE *in = score_open(play_folder(), record, "beats");
    if (in == NULL || fgets(line, sizeof line, in) == NULL)
        return false;
    for (marks->count = 0; marks->count < TIMES_MAX && fgets(line, sizeof line, in) != NULL;)
        marks->at_s[marks->count++] = strtod(line, NULL);
    fclose(in);
    return true;
}

static inline double delay_of(const struct times *marks, const struct times *found) {
    static double delays[TIMES_MAX];
    uint32_t n = 0, k = 0;
    for (uint32_t i = 0; i < marks->count; i++) {
        while (k < found->count && found->at_s[k] < marks->at_s[i])
            k++;
        if (k < found->count && found->at_s[k] - marks->at_s[i] < 0.6)
            delays[n++] = found->at_s[k] - marks->at_s[i];
    }
    qsort(delays, n, sizeof delays[0], score_compare);
    return n > 0 ? delays[n / 2] : 0;
}

static inline void drop(struct times *t, const bool gone[TIMES_MAX]) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < t->count; i++)
        if (!gone[i])
            t->at_s[kept++] = t->at_s[i];
    t->count = kept;
}

static inline void leave_holes(struct times *t, const struct score_table *table) {
    static bool gone[TIMES_MAX];
    for (uint32_t i = 0; i < t->count; i++) {
        gone[i] = false;
        for (uint32_t k = 0; k < table->holes_count; k++)
            gone[i] |= t->at_s[i] >= table->holes[k].from_s && t->at_s[i] <= table->holes[k].to_s;
    }
    drop(t, gone);
}

/* Where marks are missing (1.6 times the local median), what is found counts neither way. */
static inline void leave_unmarked(const struct times *marks, struct times *found) {
    static bool gone[TIMES_MAX];
    for (uint32_t k = 0; k < found->count; k++)
        gone[k] = found->at_s[k] < marks->at_s[0] - 0.15 ||
                  found->at_s[k] > marks->at_s[marks->count - 1] + 0.15;
    for (uint32_t i = 0; i + 1 < marks->count; i++) {
        double near[17];
        uint32_t n = 0;
        for (uint32_t j = i > 8 ? i - 8 : 0; j + 1 < marks->count && j <= i + 8; j++)
            near[n++] = marks->at_s[j + 1] - marks->at_s[j];
        qsort(near, n, sizeof near[0], score_compare);
        if (marks->at_s[i + 1] - marks->at_s[i] <= 1.6 * near[n / 2])
            continue;
        for (uint32_t k = 0; k < found->count; k++)
            gone[k] |= found->at_s[k] > marks->at_s[i] + 0.15 &&
                       found->at_s[k] < marks->at_s[i + 1] - 0.15;
    }
    drop(found, gone);
}

struct match {
    uint32_t both, missed, extra;
    double sd_ms;
};

static inline struct match match_times(const struct times *marks, const struct times *found) {
    struct match m = {0, 0, 0, 0};
    double sum = 0, squares = 0;
    uint32_t i = 0, k = 0;
    while (i < marks->count && k < found->count) {
        double x = found->at_s[k] - marks->at_s[i];
        bool next_mark =
            i + 1 < marks->count && fabs(found->at_s[k] - marks->at_s[i + 1]) < fabs(x);
        if (fabs(x) <= 0.15 && !next_mark) {
            sum += x;
            squares += x * x;
            m.both++;
            i++;
            k++;
        } else if (x < -0.15) {
            k++;
        } else {
            i++;
        }
    }
    m.missed = marks->count - m.both;
    m.extra = found->count - m.both;
    double mean = sum / m.both;
    m.sd_ms = 1e3 * sqrt(fmax(0, squares / m.both - mean * mean));
    return m;
}

static inline double f1(const struct match *m) {
    return 2.0 * m->both / (2.0 * m->both + m->missed + m->extra);
}

/* QRS after which the pressure rises by no more than 5 mmHg within 0.6 s. */
static inline uint32_t without_pulse(const struct times *marks, const struct trace *t,
                                     bool none[]) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < marks->count; i++) {
        float low = INFINITY, rise = 0;
        for (double s = 0.05; s < 0.6; s += 1 / t->rate_hz) {
            float x = at_s(t, marks->at_s[i] + s);
            low = fminf(low, x);
            rise = fmaxf(rise, x - low);
        }
        none[i] = rise <= 5;
        n += none[i];
    }
    return n;
}
