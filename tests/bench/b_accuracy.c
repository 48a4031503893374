/* b_accuracy - our values, beats, states and sites on the open recordings, beside the targets; as
 * the tables of dsp/README.md. Usage: b_accuracy [part of a record's name]
 *
 * HEMO_DATA names the folder of the recordings (default ../shared/data, from the root). Intervals
 * that the events files miss stand below as rows, as the README of the recordings gives them. */
#include "tests/bench/times.h"

enum { SPANS_MAX = 4096, MINUTES_MAX = 256 };

struct span {
    double from_s, to_s, said_s; /* said_s: when it was known */
    uint32_t kind, looks_like;
};

/* The value of a minute, or none. */
struct minute_said {
    double from_s;
    bool given;
    double values[SCORE_VALUES];
};

struct heard {
    double base_rate_hz;
    const char *only;
    uint32_t site, spans_count, sites_count, r_count, silent_count;
    struct score_beats beats;
    struct span spans[SPANS_MAX], sites[SPANS_MAX];
    double silent_s[TIMES_MAX]; /* QRS without a pulse */
    uint32_t minutes_count;
    struct minute_said minutes[MINUTES_MAX];
};

static void keep_state(struct heard *h, const struct event *e) {
    bool site = e->kind == EVENT_WRONG_SITE;
    struct span *spans = site ? h->sites : h->spans;
    uint32_t *count = site ? &h->sites_count : &h->spans_count;
    if (!site && !event_withholds(e->kind) && e->kind != EVENT_WEDGE)
        return;
    double at_s = (double)e->tick / h->base_rate_hz;
    if (e->state == EVENT_BEGAN && *count < SPANS_MAX) {
        spans[(*count)++] = (struct span){at_s, INFINITY, (double)e->emitted_tick / h->base_rate_hz,
                                          e->kind, (uint32_t)e->to_value};
        return;
    }
    for (uint32_t i = *count; i-- > 0;)
        if (spans[i].kind == e->kind && isinf(spans[i].to_s)) {
            spans[i].to_s = at_s;
            return;
        }
}

static void keep_minute(struct heard *h, const struct event *e) {
    static const uint32_t quantities[SCORE_VALUES] = {QUANTITY_SYSTOLIC, QUANTITY_DIASTOLIC,
                                                      QUANTITY_MEAN};
    if (h->minutes_count == MINUTES_MAX)
        abort();
    struct minute_said *m = &h->minutes[h->minutes_count++];
    *m = (struct minute_said){(double)e->from_tick / h->base_rate_hz, e->to_value == 0, {0}};
    for (int v = 0; v < SCORE_VALUES; v++)
        if (!event_value(e, quantities[v], &m->values[v]))
            m->values[v] = NAN;
}

static void hear(void *context, const struct event *e) {
    struct heard *h = context;
    if (e->site != h->site && !(h->site == SITE_PA && e->site == SITE_PCW))
        return;
    if (e->kind == EVENT_BEAT)
        score_beat(&h->beats, e, h->base_rate_hz);
    else if (e->kind == EVENT_WITHDRAWN)
        score_withdraw(&h->beats, e, h->base_rate_hz);
    else if (e->kind == EVENT_QRS_NO_PULSE && h->silent_count < TIMES_MAX)
        h->silent_s[h->silent_count++] = (double)e->tick / h->base_rate_hz;
    else if (e->kind == EVENT_MINUTE)
        keep_minute(h, e);
    else if (e->kind < 200)
        keep_state(h, e);
}

static struct heard *listen(const char *record, uint32_t site) {
    struct heard *h = calloc(1, sizeof *h);
    if (h == NULL)
        abort();
    h->site = h->beats.site = site;
    struct play play = {.record = record, .base_rate_hz = &h->base_rate_hz, .on_event = hear,
                        .context = h};
    if (play_record(&play))
        return h;
    free(h);
    printf("SKIPPED: %s/%s is not here\n", play_folder(), record);
    return NULL;
}

static const char *const marked[] = {"thoracotomy/pt15_closed", "thoracotomy/pt15_closed_post",
                                     "thoracotomy/pt36_closed", "thoracotomy/pt42_open"};

static void print_match(const char *record, const char *what, struct match m) {
    printf("| %s | %s | %u | %.4f | %.4f | %.4f | %.1f |\n", record, what, m.both + m.missed,
           (double)m.both / (m.both + m.missed), (double)m.both / (m.both + m.extra), f1(&m),
           m.sd_ms);
}

static double beats_of(const char *record, bool pulses_only) {
    static struct times marks, found;
    static struct score_table table;
    static struct trace trace;
    static bool none[TIMES_MAX];
    struct heard *h = listen(record, SITE_ART);
    if (h == NULL || !read_marks(&marks, record) || !read_trace(&trace, record, SITE_ART))
        return NAN;
    memset(&table, 0, sizeof table);
    FILE *holes = score_open(play_folder(), record, "events");
    if (holes != NULL) {
        score_read_holes(&table, holes, SITE_ART);
        fclose(holes);
    }
    found.count = 0;
    for (uint32_t i = 0; i < h->beats.count && i < TIMES_MAX; i++)
        found.at_s[found.count++] = h->beats.beats[i].at_s;
    double delay = delay_of(&marks, &found);
    for (uint32_t i = 0; i < found.count; i++)
        found.at_s[i] -= delay;
    if (pulses_only && without_pulse(&marks, &trace, none) > 0)
        drop(&marks, none);
    leave_holes(&marks, &table);
    leave_holes(&found, &table);
    leave_unmarked(&marks, &found);
    struct match m = match_times(&marks, &found);
    print_match(record, pulses_only ? "beats, QRS with a pulse" : "beats, all QRS", m);
    free(h);
    return f1(&m);
}

static double r_waves_of(const char *record) {
    static struct times marks, found;
    static struct trace trace;
    static struct ecg ecg;
    struct ecg_r r;
    if (!read_marks(&marks, record) || !read_trace(&trace, record, SITE_ECG))
        return NAN;
    if (ecg_init(&ecg, trace.rate_hz) != HEMO_OK)
        abort();
    found.count = 0;
    for (size_t i = 0; i < trace.count; i++)
        if (ecg_push(&ecg, trace.values[i], &r) && found.count < TIMES_MAX)
            found.at_s[found.count++] = (double)r.at / trace.rate_hz;
    leave_unmarked(&marks, &found);
    struct match m = match_times(&marks, &found);
    print_match(record, "R waves", m);
    return f1(&m);
}

static bool wanted(const char *record, const char *only) {
    return only == NULL || strstr(record, only) != NULL;
}

static void beats_table(const char *only) {
    double sum[3] = {0, 0, 0};
    uint32_t n = 0;
    printf("\n| record | what | n | Se | PPV | F1 | timing SD, ms |\n"
           "|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < sizeof marked / sizeof marked[0]; i++) {
        if (!wanted(marked[i], only))
            continue;
        sum[0] += beats_of(marked[i], false);
        sum[1] += beats_of(marked[i], true);
        sum[2] += r_waves_of(marked[i]);
        n++;
    }
    if (n > 0)
        printf("mean F1: beats %.4f (target 0.993), of QRS with a pulse %.4f, R waves %.4f "
               "(target 0.99)\n",
               sum[0] / n, sum[1] / n, sum[2] / n);
}

/* --- values beside the device's --- */

static const struct {
    const char *record;
    uint32_t site;
    double from_s, sd_mmhg; /* sd: the bar of the systolic */
} valued[] = {
    {"mimic-pap/p000138-2131-10-31-13-39", SITE_PA, 0, 0.4},
    {"mimic-pap/p011464-2132-07-11-17-19", SITE_PA, 0, 0.4},
    {"mimic-pap/p005606-2163-08-06-12-06", SITE_PA, 60, 1.2},
    {"mimic-pap/p016873-2106-07-12-20-04", SITE_PA, 0, 1.2},
    {"mimic-pap/p004852-2156-11-05-13-11", SITE_PA, 0, 1.2},
    {"mimic-pap/p001224-2187-06-21-15-20", SITE_PA, 0, 1.2},
    {"mimic-pap/p008432-2144-03-11-12-42", SITE_PA, 0, 1.2},
    {"mimic-pap/p022068-2178-09-19-07-45", SITE_PA, 0, 1.5},
    {"waveformtools/sample_record2", SITE_ART, 0, 0.5},
};
enum { VALUED = sizeof valued / sizeof valued[0] };

/* Rows of the device's rate: time_s,site,systolic,diastolic,mean,hr,win_from_s,win_to_s. */
struct minutes {
    uint32_t n, close;
    double expected, found;
};

static double usable_share(const struct trace *t, const struct score_table *table, double from_s) {
    uint32_t good = 0, all = 0;
    for (double s = from_s; s < from_s + 60; s += 1 / t->rate_hz, all++) {
        bool bad = isnan(at_s(t, s));
        for (uint32_t k = 0; k < table->holes_count; k++)
            bad |= s >= table->holes[k].from_s && s <= table->holes[k].to_s;
        good += !bad;
    }
    return (double)good / all;
}

static uint32_t beats_in(const struct heard *h, const struct score_table *table, double from_s) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < h->beats.count; i++) {
        double at = h->beats.beats[i].at_s;
        bool hole = false;
        for (uint32_t k = 0; k < table->holes_count; k++)
            hole |= at >= table->holes[k].from_s && at <= table->holes[k].to_s;
        n += !hole && at >= from_s && at < from_s + 60;
    }
    return n;
}

static struct minutes count_minutes(const struct heard *h, const char *record, uint32_t site) {
    static struct score_table table;
    static struct trace trace;
    struct minutes m = {0, 0, 0, 0};
    char line[512], *fields[8];
    memset(&table, 0, sizeof table);
    FILE *in = score_open(play_folder(), record, "events");
    if (in != NULL) {
        score_read_holes(&table, in, site);
        fclose(in);
    }
    in = score_open(play_folder(), record, "numerics");
    if (in == NULL || !read_trace(&trace, record, site))
        abort();
    while (fgets(line, sizeof line, in) != NULL) {
        if (score_split(line, fields, 8) < 8 || site_from_label(fields[1]) != site)
            continue;
        double at = score_number(fields[0]), rate = score_number(fields[5]);
        double share = usable_share(&trace, &table, at), n = beats_in(h, &table, at);
        if (!(rate > 0) || share < 0.5)
            continue;
        m.n++;
        m.expected += rate * share;
        m.found += n;
        m.close += fabs(n - rate * share) <= 0.05 * rate * share;
    }
    fclose(in);
    return m;
}

/* What was said of the minute that begins at from_s; nothing is said where a line had no samples
 * for half a minute. NULL: the record ends before it. */
static const struct minute_said *minute_at(const struct heard *h, double from_s) {
    static const struct minute_said none = {0, false, {0}};
    for (uint32_t i = 0; i < h->minutes_count; i++)
        if (fabs(h->minutes[i].from_s - from_s) < 0.5)
            return &h->minutes[i];
    bool within = h->minutes_count > 0 && from_s < h->minutes[h->minutes_count - 1].from_s;
    return within ? &none : NULL;
}

/* The device's rows beside the value of the minute. */
struct rows {
    uint32_t blank, blank_withheld, valued, valued_kept;
    uint32_t n;
    double sum[SCORE_VALUES], squares[SCORE_VALUES];
};

static void compare_minute(struct rows *rows, const struct score_row *row,
                           const struct minute_said *m) {
    rows->valued++;
    if (!m->given)
        return;
    rows->valued_kept++;
    rows->n++;
    for (int v = 0; v < SCORE_VALUES; v++) {
        double off = m->values[v] - row->values[v];
        rows->sum[v] += off;
        rows->squares[v] += off * off;
    }
}

static struct rows compare_minutes(const struct heard *h, const char *record, uint32_t site) {
    static struct score_table table;
    struct rows rows = {0};
    memset(&table, 0, sizeof table);
    FILE *in = score_open(play_folder(), record, "numerics");
    score_read_rows(&table, in, site);
    fclose(in);
    in = score_open(play_folder(), record, "events");
    if (in != NULL) {
        score_read_holes(&table, in, site);
        fclose(in);
    }
    for (uint32_t i = 0; i < table.rows_count; i++) {
        const struct score_row *row = &table.rows[i];
        const struct minute_said *m = minute_at(h, row->at_s);
        bool blank = !isfinite(row->values[SCORE_SYSTOLIC]);
        if (m == NULL || (blank && score_left_out(&table, row, 0)))
            continue;
        if (!blank) {
            compare_minute(&rows, row, m);
            continue;
        }
        rows.blank++;
        rows.blank_withheld += !m->given;
    }
    return rows;
}

static void minutes_table(const char *only) {
    struct rows all = {0};
    printf("\n| record, value of the minute | systolic | diastolic | mean | given | blank "
           "withheld |\n|---|---|---|---|---|---|\n");
    for (int i = 0; i < VALUED; i++) {
        if (!wanted(valued[i].record, only) || valued[i].site != SITE_PA)
            continue;
        struct heard *h = listen(valued[i].record, valued[i].site);
        if (h == NULL)
            continue;
        struct rows r = compare_minutes(h, valued[i].record, valued[i].site);
        printf("| %.7s |", strchr(valued[i].record, '/') + 1);
        for (int v = 0; v < SCORE_VALUES; v++) {
            double bias = r.sum[v] / r.n;
            printf(" %+.2f ± %.2f |", bias,
                   sqrt((r.squares[v] - r.n * bias * bias) / (r.n - 1)));
        }
        printf(" %u of %u | %u of %u |\n", r.valued_kept, r.valued, r.blank_withheld, r.blank);
        all.blank += r.blank;
        all.blank_withheld += r.blank_withheld;
        all.valued += r.valued;
        all.valued_kept += r.valued_kept;
        free(h);
    }
    printf("minutes that the monitor blanked: %u of %u withheld (target 20), %u of %u valued ones "
           "kept (%.1f %%, target 98)\n",
           all.blank_withheld, all.blank, all.valued_kept, all.valued,
           100.0 * all.valued_kept / all.valued);
}

static void values_table(const char *only) {
    uint32_t silent = 0, blank = 0;
    printf("\n| record | systolic | diastolic | mean | minutes lost | beats / expected | minutes "
           "within 5 %% |\n|---|---|---|---|---|---|---|\n");
    for (int i = 0; i < VALUED; i++) {
        if (!wanted(valued[i].record, only))
            continue;
        struct heard *h = listen(valued[i].record, valued[i].site);
        if (h == NULL)
            continue;
        struct score s = score_numerics(&h->beats, play_folder(), valued[i].record,
                                        valued[i].site, valued[i].from_s);
        printf("| %.28s |", strchr(valued[i].record, '/') + 1);
        for (int v = 0; v < SCORE_VALUES; v++)
            printf(" %+.2f ± %.2f |", s.values[v].bias, s.values[v].sd);
        printf(" %u of %u |", s.values[0].lost, s.values[0].lost + s.values[0].n);
        if (valued[i].site == SITE_PA) {
            struct minutes m = count_minutes(h, valued[i].record, valued[i].site);
            printf(" %.3f | %u/%u |\n", m.found / m.expected, m.close, m.n);
            blank += s.blank;
            silent += s.blank - s.blank_given;
        } else {
            printf(" | |\n");
        }
        free(h);
    }
    printf("minutes that the monitor blanked: %u, of which %u have fewer than 4 beats\n", blank,
           silent);
}

/* --- states by time, sites by moment --- */

#define PA138 "mimic-pap/p000138-2131-10-31-13-39"
#define PA11464 "mimic-pap/p011464-2132-07-11-17-19"
#define PA5606 "mimic-pap/p005606-2163-08-06-12-06"
#define PA16873 "mimic-pap/p016873-2106-07-12-20-04"
#define PA4852 "mimic-pap/p004852-2156-11-05-13-11"
#define PA1224 "mimic-pap/p001224-2187-06-21-15-20"
#define PA8432 "mimic-pap/p008432-2144-03-11-12-42"
#define PA22068 "mimic-pap/p022068-2178-09-19-07-45"

enum group { ABRUPT, GRADUAL, SAWTOOTH, QUIET, COLLAPSE, GROUPS };
static const char *const group_names[GROUPS] = {
    "flush, zero, rail, pattern (target 0.97)", "damping, stopcock, lost (target 0.90)",
    "saw-tooth of an over-wedge", "quiet, wrongly withheld (target 0.003)",
    "collapse, withheld (target 0)"};

/* loose: the mark is good to seconds only, so the delay says nothing. */
static const struct {
    const char *record;
    uint32_t site;
    enum group group;
    double from_s, to_s;
    bool loose;
} intervals[] = {
    {PA1224, SITE_PA, ABRUPT, 208, 284, 0},       {PA1224, SITE_PA, ABRUPT, 304, 306, 0},
    {PA1224, SITE_PA, ABRUPT, 306, 333, 0},       {PA1224, SITE_PA, ABRUPT, 333, 337, 0},
    {PA1224, SITE_PA, ABRUPT, 441, 466, 0},       {PA1224, SITE_PA, ABRUPT, 466, 475, 0},
    {PA8432, SITE_PA, ABRUPT, 0, 57, 1},          {PA8432, SITE_PA, ABRUPT, 330, 413.6, 0},
    {PA8432, SITE_PA, ABRUPT, 5756.5, 5770, 1},   {PA16873, SITE_PA, ABRUPT, 1514, 1519, 1},
    {PA16873, SITE_PA, ABRUPT, 1531, 1535, 1},    {PA16873, SITE_PA, ABRUPT, 1550, 1558, 1},
    {PA5606, SITE_PA, ABRUPT, 5201, 5205, 1},     {PA22068, SITE_PA, ABRUPT, 191, 195.6, 1},
    {PA22068, SITE_PA, ABRUPT, 315, 335, 1},
    {"challenge2015/b659l", SITE_ART, ABRUPT, 0, 71, 1},
    {"challenge2015/v131l", SITE_ART, ABRUPT, 62, 82, 0},
    {"thoracotomy/pt15_closed", SITE_ART, ABRUPT, 145, 151, 1},
    {"thoracotomy/pt15_closed", SITE_ART, ABRUPT, 163.4, 168, 1},
    {"thoracotomy/pt15_closed", SITE_ART, ABRUPT, 216.5, 226, 1},
    {"thoracotomy/pt15_closed", SITE_ART, ABRUPT, 297.5, 313, 1},
    {"thoracotomy/pt36_closed", SITE_ART, GRADUAL, 70, 95.7, 0},
    {"thoracotomy/pt36_closed", SITE_ART, GRADUAL, 101.6, 110.3, 1},
    {"thoracotomy/pt36_closed", SITE_CVP, GRADUAL, 880, 930, 0},
    {"thoracotomy/pt15_closed", SITE_CVP, GRADUAL, 425, 441, 0},
    {"thoracotomy/pt42_open", SITE_CVP, GRADUAL, 655, 668, 0},
    {"bsp/abpicp", SITE_ART, GRADUAL, 905, 1200, 0},
    {PA22068, SITE_PA, SAWTOOTH, 788, 951, 0},    {PA22068, SITE_PA, SAWTOOTH, 2665, 3937, 0},
    {PA138, SITE_PA, QUIET, 10, 6000, 0},         {PA11464, SITE_PA, QUIET, 10, 6000, 0},
    {PA5606, SITE_PA, QUIET, 40, 5190, 0},        {PA5606, SITE_PA, QUIET, 5215, 6000, 0},
    {PA4852, SITE_PA, QUIET, 10, 2130, 0},        {PA4852, SITE_PA, QUIET, 2170, 6000, 0},
    {PA1224, SITE_PA, QUIET, 500, 1870, 0},       {PA1224, SITE_PA, QUIET, 1890, 3650, 0},
    {PA1224, SITE_PA, QUIET, 3690, 4570, 0},
    {"waveformtools/sample_record2", SITE_ART, QUIET, 10, 1256, 0},
    {"waveformtools/sample_record2", SITE_CVP, QUIET, 10, 1256, 0},
    {"thoracotomy/pt15_closed_post", SITE_ART, QUIET, 10, 765, 0},
    {"thoracotomy/pt42_open", SITE_ART, QUIET, 10, 668, 0},
    {"bsp/abpicp", SITE_ART, QUIET, 10, 900, 0},
    {"challenge2015/f543l", SITE_ART, COLLAPSE, 207, 330, 0},
    {"challenge2015/a670s", SITE_ART, COLLAPSE, 285, 300, 0},
};
enum { INTERVALS = sizeof intervals / sizeof intervals[0] };

/* Tenths of seconds of [from, to] in a state that withholds. */
static double withheld_s(const struct heard *h, double from_s, double to_s) {
    uint32_t n = 0, all = (uint32_t)((to_s - from_s) * 10 + 0.5);
    for (uint32_t k = 0; k < all; k++) {
        double at = from_s + 0.1 * k + 0.05;
        bool in = false;
        for (uint32_t i = 0; i < h->spans_count && !in; i++)
            in = at >= h->spans[i].from_s && at < h->spans[i].to_s;
        n += in;
    }
    return 0.1 * n;
}

/* When it was said, after its beginning; NAN: not said, or already before. */
static double said_after_s(const struct heard *h, double from_s, double to_s) {
    for (uint32_t i = 0; i < h->spans_count; i++)
        if (h->spans[i].said_s > from_s - 0.3 && h->spans[i].said_s < to_s)
            return h->spans[i].said_s - from_s;
    return NAN;
}

static void lines_table(const char *only) {
    double sum[GROUPS] = {0}, all[GROUPS] = {0};
    printf("\n| record | site | interval, s | kind | withheld | said after, s |\n"
           "|---|---|---|---|---|---|\n");
    for (int i = 0; i < INTERVALS; i++) {
        if (!wanted(intervals[i].record, only))
            continue;
        struct heard *h = listen(intervals[i].record, intervals[i].site);
        if (h == NULL)
            continue;
        double from_s = intervals[i].from_s, to_s = intervals[i].to_s;
        double held_s = withheld_s(h, from_s, to_s), after_s = said_after_s(h, from_s, to_s);
        sum[intervals[i].group] += held_s;
        all[intervals[i].group] += to_s - from_s;
        printf("| %.12s | %s | %g-%g | %.12s | %.4f | ", strchr(intervals[i].record, '/') + 1,
               site_row(intervals[i].site)->label, from_s, to_s, group_names[intervals[i].group],
               held_s / (to_s - from_s));
        if (intervals[i].loose || intervals[i].group == QUIET || isnan(after_s))
            printf("|\n");
        else
            printf("%.1f |\n", after_s);
        free(h);
    }
    for (int g = 0; g < GROUPS; g++)
        if (all[g] > 0)
            printf("%s: %.4f of %.0f s\n", group_names[g], sum[g] / all[g], all[g]);
}

/* What the catheter did, and when: a wedge, or the trace of another site than the label's.
 * SITE_NONE: agrees with the label again. */
static const struct {
    const char *record;
    double at_s;
    uint32_t site;
} moves[] = {
    {PA4852, 2080, SITE_NONE}, {PA4852, 2090, SITE_RV},    {PA4852, 2134.5, SITE_NONE},
    {PA4852, 2153.8, SITE_PCW}, {PA8432, 462, SITE_RV},    {PA8432, 890, SITE_NONE},
    {PA8432, 1172, SITE_RV},   {PA8432, 1510, SITE_NONE},  {PA8432, 5321, SITE_RV},
    {PA8432, 5346, SITE_NONE}, {PA1224, 363, SITE_PCW},    {PA1224, 1874, SITE_PCW},
    {PA1224, 3656.5, SITE_PCW}, {PA1224, 3667, SITE_PCW},  {PA22068, 3905, SITE_RV},
    {PA22068, 4012, SITE_RA},  {PA16873, 25, SITE_RV},     {PA16873, 90.5, SITE_NONE},
};
enum { MOVES = sizeof moves / sizeof moves[0] };

struct said {
    double at_s, said_s;
    uint32_t site;
    bool used;
};

static uint32_t said_moves(const struct heard *h, struct said out[SPANS_MAX]) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < h->spans_count && n < SPANS_MAX; i++)
        if (h->spans[i].kind == EVENT_WEDGE)
            out[n++] = (struct said){h->spans[i].from_s, h->spans[i].said_s, SITE_PCW, false};
    for (uint32_t i = 0; i < h->sites_count && n + 1 < SPANS_MAX; i++) {
        const struct span *s = &h->sites[i];
        out[n++] = (struct said){s->from_s, s->said_s, s->looks_like, false};
        bool next = i + 1 < h->sites_count && fabs(h->sites[i + 1].from_s - s->to_s) < 0.2;
        if (!next && isfinite(s->to_s)) /* the end is said when it is seen */
            out[n++] = (struct said){s->to_s, s->to_s, SITE_NONE, false};
    }
    return n;
}

static const char *site_words(uint32_t site) {
    return site == SITE_NONE ? "as labelled" : site_row(site)->label;
}

/* What was said of a move: the nearest of its kind within 15 s; NULL: nothing. */
static struct said *nearest(struct said *said, uint32_t count, int move) {
    struct said *best = NULL;
    double least = 15;
    for (uint32_t k = 0; k < count; k++) {
        double away = fabs(said[k].at_s - moves[move].at_s);
        if (said[k].used || said[k].site != moves[move].site || away >= least)
            continue;
        best = &said[k];
        least = away;
    }
    if (best != NULL)
        best->used = true;
    return best;
}

static void print_move(int move, const struct said *said) {
    double at_s = moves[move].at_s;
    printf("| %.8s | %s | %g | ", moves[move].record + 10, site_words(moves[move].site), at_s);
    if (said == NULL)
        printf("NOT FOUND |\n");
    else
        printf("%.1f (%.1f) |\n", said->said_s - at_s, said->at_s - at_s);
}

static void moves_table(const char *only) {
    static const char *const records[] = {PA138,  PA11464, PA5606, PA16873,
                                          PA4852, PA1224,  PA8432, PA22068};
    static struct said said[SPANS_MAX];
    printf("\n| record | what | at, s | said after, s (begins after) |\n|---|---|---|---|\n");
    for (size_t r = 0; r < sizeof records / sizeof records[0]; r++) {
        struct heard *h = wanted(records[r], only) ? listen(records[r], SITE_PA) : NULL;
        if (h == NULL)
            continue;
        uint32_t n = said_moves(h, said);
        for (int i = 0; i < MOVES; i++)
            if (strcmp(moves[i].record, records[r]) == 0)
                print_move(i, nearest(said, n, i));
        for (uint32_t k = 0; k < n; k++)
            if (!said[k].used)
                printf("| %.8s | %s | %.1f | not marked, said at %.1f |\n", records[r] + 10,
                       site_words(said[k].site), said[k].at_s, said[k].said_s);
        free(h);
    }
}

int main(int argc, char **argv) {
    const char *only = argc > 1 ? argv[1] : NULL;
    values_table(only);
    minutes_table(only);
    beats_table(only);
    lines_table(only);
    moves_table(only);
    return 0;
}
