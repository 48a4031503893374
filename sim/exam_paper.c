#include "sim/exam_paper.h"
#include "proto/quantity.h"
#include "proto/site.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A foot may be seen that much before the R wave of its beat. */
static const double before_r_s = 0.03;
/* Where a run begins and ends a beat is missing by right. */
static const double begins_s = 5, ends_s = 4;
/* As areas ask for (dsp/derived_valve.c); and a gradient that lasts through the filling. */
static const double mitral_least_mmhg = 3, mitral_least_share = 0.35;

const struct exam_row exam_rows[EXAM_ROWS] = {
#define X(of, quantity, site, target, basis)                                                       \
    {EXAM_##of, QUANTITY_##quantity, SITE_##site, target, basis},
#include "sim/exam.def"
#undef X
};

static bool asked(enum exam_of of, uint32_t quantity, uint32_t site) {
    for (int i = 0; i < EXAM_ROWS; i++)
        if (exam_rows[i].of == of && exam_rows[i].quantity == quantity && exam_rows[i].site == site)
            return true;
    return false;
}

static struct exam_answer *new_answer(struct exam_paper *p) {
    if (p->count == p->room) {
        size_t room = p->room ? 2 * p->room : 1024;
        void *grown = realloc(p->answers, room * sizeof *p->answers);
        if (!grown) {
            p->out_of_memory = true;
            return NULL;
        }
        p->answers = grown;
        p->room = room;
    }
    return &p->answers[p->count++];
}

static double seconds(const struct exam_paper *p, uint64_t tick) {
    return (double)tick / stream_base_rate_hz(&p->info);
}

static bool has_line(const struct exam_paper *p, enum patient_channel channel) {
    for (uint32_t c = 0; c < p->info.channels_count; c++)
        if (!strcmp(p->info.channels[c].label, patient_channel_labels[channel]))
            return true;
    return false;
}

static enum exam_of kind_of(const struct exam_paper *p, const struct event *e, uint32_t quantity) {
    bool aortic = quantity == QUANTITY_AV_MEAN || quantity == QUANTITY_AV_PEAK ||
                  quantity == QUANTITY_AV_P2P || quantity == QUANTITY_SEP;
    if (e->kind == EVENT_BEAT)
        return EXAM_BEAT;
    return aortic && has_line(p, PATIENT_FA) ? EXAM_FEMORAL : EXAM_VALUE;
}

static void keep(struct exam_paper *p, const struct event *e, uint32_t quantity, double value) {
    struct exam_answer *a = new_answer(p);
    bool beat = e->kind == EVENT_BEAT;
    if (!a)
        return;
    *a = (struct exam_answer){.of = kind_of(p, e, quantity),
                              .quantity = quantity,
                              .site = e->site,
                              .channel = e->channel,
                              .method = e->method,
                              .value = value,
                              .from_s = seconds(p, beat ? e->tick : e->from_tick),
                              .to_s = seconds(p, beat ? e->tick : e->to_tick)};
    a->beats_count = beat ? 1 : e->beats_count;
    for (uint32_t i = 0; i < a->beats_count; i++)
        a->beats_s[i] = seconds(p, beat ? e->tick : e->beats[i]);
}

/* Beats that a later event takes back are not answers. */
static void withdraw(struct exam_paper *p, const struct event *e) {
    size_t kept = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct exam_answer *a = &p->answers[i];
        bool gone = a->of == EXAM_BEAT && a->channel == e->channel &&
                    a->from_s >= seconds(p, e->from_tick) && a->from_s < seconds(p, e->to_tick);
        if (!gone)
            p->answers[kept++] = *a;
    }
    p->count = kept;
}

void exam_paper_event(void *paper, const struct event *event) {
    struct exam_paper *p = paper;
    if (event->kind == EVENT_WITHDRAWN)
        withdraw(p, event);
    if (event->kind == EVENT_BEAT)
        keep(p, event, 0, NAN); /* that it was found */
    if (event->kind != EVENT_MEASUREMENT &&
        (event->kind != EVENT_BEAT || event->left_out_count > 0))
        return;
    for (uint32_t i = 0; i < event->values_count; i++) {
        enum exam_of of = kind_of(p, event, event->values[i].quantity);
        if (asked(of, event->values[i].quantity, event->site))
            keep(p, event, event->values[i].quantity, event->values[i].value);
    }
}

void exam_paper_free(struct exam_paper *paper) {
    free(paper->answers);
    paper->answers = NULL;
    paper->count = paper->room = 0;
}

static int channel_of(const struct exam_paper *p, uint32_t channel) {
    for (int c = 0; c < PATIENT_CHANNELS; c++)
        if (!strcmp(patient_channel_labels[c], p->info.channels[channel].label))
            return c;
    return -1;
}

/* How many of the log's beats (of all lines) began at or before that time. */
static size_t beats_by(const struct truth_log *log, double at_s) {
    size_t from = 0, to = log->beats_count;
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (log->beats[middle].at_s <= at_s)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static const struct cycle *cycle_at(const struct truth_log *log, double foot_s) {
    double at_s = foot_s + before_r_s;
    size_t from = 0, to = log->cycles_count;
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (log->cycles[middle].at_s <= at_s)
            from = middle + 1;
        else
            to = middle;
    }
    const struct cycle *c = from ? &log->cycles[from - 1] : NULL;
    return c && at_s < c->at_s + c->rr_s ? c : NULL;
}

/* The whole beat of a line at that time; NULL: there is none, for the catheter moved. */
static const struct patient_beat *beat_at(const struct truth_log *log, int channel, double foot_s) {
    const struct cycle *c = cycle_at(log, foot_s);
    if (!c)
        return NULL;
    for (size_t i = beats_by(log, c->at_s); i-- > 0 && log->beats[i].at_s >= c->at_s;)
        if ((int)log->beats[i].channel == channel)
            return &log->beats[i];
    return NULL;
}

static bool at_one_line(uint32_t quantity) {
    return quantity == QUANTITY_SYSTOLIC || quantity == QUANTITY_DIASTOLIC ||
           quantity == QUANTITY_MEAN || quantity == QUANTITY_MEAN_ENDEXP ||
           quantity == QUANTITY_EDP || quantity == QUANTITY_EDP_R ||
           quantity == QUANTITY_EDP_A || quantity == QUANTITY_A_WAVE ||
           quantity == QUANTITY_V_WAVE || quantity == QUANTITY_MINIMUM;
}

static double of_beat(const struct patient_beat *b, uint32_t quantity) {
    switch (quantity) {
    case QUANTITY_SYSTOLIC:
        return b->systolic_mmhg;
    case QUANTITY_DIASTOLIC:
    case QUANTITY_MINIMUM:
        return b->diastolic_mmhg;
    case QUANTITY_MEAN:
        return b->mean_mmhg;
    case QUANTITY_MEAN_ENDEXP:
        return b->end_expiratory ? b->mean_mmhg : NAN;
    case QUANTITY_A_WAVE:
        return b->a_mmhg;
    case QUANTITY_V_WAVE:
        return b->v_mmhg;
    default:
        return b->end_diastolic_mmhg;
    }
}

/* Of the mitral valve only where there is a stenosis to be measured: below that the filling period
 * is a matter of definition. */
static double of_cycle(const struct cycle *c, uint32_t quantity) {
    bool mitral = quantity == QUANTITY_DFP || quantity == QUANTITY_MV_MEAN;
    bool stenosis = c->mitral.mean_mmhg >= mitral_least_mmhg &&
                    c->mitral.period_s >= mitral_least_share * c->rr_s;
    if (mitral && !stenosis)
        return NAN;
    switch (quantity) {
    case QUANTITY_RATE:
        return 60 / c->rr_s;
    case QUANTITY_SEP:
        return c->aortic.period_s;
    case QUANTITY_AV_MEAN:
        return c->aortic.mean_mmhg;
    case QUANTITY_AV_PEAK:
        return c->aortic.peak_mmhg;
    case QUANTITY_AV_P2P:
        return c->aortic.peak_to_peak_mmhg;
    case QUANTITY_PV_P2P:
        return c->pulmonic_p2p_mmhg;
    case QUANTITY_DFP:
        return c->mitral.period_s;
    case QUANTITY_MV_MEAN:
        return c->mitral.mean_mmhg;
    case QUANTITY_PD_PA:
        return c->pd_pa;
    case QUANTITY_IFR_LIKE:
        return c->wave_free;
    case QUANTITY_DPR:
        return c->dpr;
    case QUANTITY_RFR:
        return c->rfr;
    default:
        return NAN;
    }
}

/* A wire drawn back to the guide goes on being called Pd. */
static bool same_place(const struct patient_beat *b, uint32_t site) {
    return b->site == site || (site == SITE_PD && b->channel == PATIENT_PD);
}

/* Of one beat by the time of its foot; NAN: the truth has none there. */
static double truth_at(const struct truth_log *log, const struct exam_answer *a, int channel,
                       double foot_s) {
    if (!at_one_line(a->quantity)) {
        const struct patient_beat *b = beat_at(log, channel, foot_s);
        const struct cycle *c = cycle_at(log, foot_s);
        if (b && b->channel == PATIENT_PD && b->site == SITE_PAO)
            return 1; /* guide and wire at one place */
        bool moved = channel == PATIENT_PD && !b;
        return c && !moved ? of_cycle(c, a->quantity) : NAN;
    }
    const struct patient_beat *b = beat_at(log, channel, foot_s);
    return b && same_place(b, a->site) ? of_beat(b, a->quantity) : NAN;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double over_listed(const struct truth_log *log, const struct exam_answer *a, int channel) {
    double values[EVENT_BEATS_MAX], sum = 0;
    size_t n = 0;
    for (uint32_t i = 0; i < a->beats_count; i++) {
        double value = truth_at(log, a, channel, a->beats_s[i]);
        if (!isfinite(value))
            continue;
        values[n++] = value;
        sum += value;
    }
    if (!n)
        return NAN;
    qsort(values, n, sizeof values[0], ascending);
    double median = n % 2 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
    return a->method == METHOD_MEDIAN_BEATS ? median : sum / (double)n;
}

static double over_stretch(const struct truth_log *log, const struct exam_answer *a, int channel) {
    double sum = 0;
    int n = 0;
    for (size_t i = beats_by(log, a->from_s); i < log->beats_count; i++) {
        const struct patient_beat *b = &log->beats[i];
        if (b->at_s >= a->to_s)
            break;
        double value = of_beat(b, a->quantity);
        if ((int)b->channel != channel || b->site != a->site || !isfinite(value))
            continue;
        sum += value;
        n++;
    }
    return n ? sum / n : NAN;
}

static double truth_of(const struct exam_key *key, const struct exam_answer *a, int channel) {
    const struct site_row *site = site_row(a->site);
    if (a->quantity == QUANTITY_FFR)
        return truth_log_ffr(key->log, key->drug_s, key->drug_ends_s);
    if (a->quantity == QUANTITY_PD_OFFSET)
        return -key->wire_mmhg;
    if (a->quantity == QUANTITY_PD_DRIFT)
        return 0;
    bool atrium = site && site->shape == SHAPE_ATRIUM && a->of == EXAM_VALUE;
    if (at_one_line(a->quantity) && (!a->beats_count || atrium))
        return over_stretch(key->log, a, channel);
    return over_listed(key->log, a, channel);
}

static void mark(struct exam *exam, const struct exam_key *key, const struct exam_answer *a,
                 int channel) {
    for (int i = 0; i < EXAM_ROWS; i++) {
        const struct exam_row *row = &exam_rows[i];
        if (row->of != a->of || row->quantity != a->quantity || row->site != a->site)
            continue;
        double error = a->value - truth_of(key, a, channel);
        struct exam_marks *m = &exam->marks[i];
        if (!isfinite(error)) {
            exam->unmatched++;
            continue;
        }
        m->n++;
        m->within += fabs(error) <= row->target;
        m->sum += error;
        m->squares += error * error;
        m->worst = fabs(error) > fabs(m->worst) ? error : m->worst;
    }
}

/* Whole beats of the truth against those found, one to one. */
static void mark_found(const struct exam_paper *p, const struct exam_key *key, struct exam *exam) {
    const struct truth_log *log = key->log;
    bool *taken = calloc(log->beats_count + 1, sizeof *taken);
    if (!taken || !log->beats_count) {
        free(taken);
        return;
    }
    double end_s = log->beats[log->beats_count - 1].at_s - ends_s;
    for (size_t i = 0; i < p->count; i++) {
        const struct exam_answer *a = &p->answers[i];
        if (a->quantity || a->from_s < begins_s || a->from_s > end_s)
            continue;
        const struct patient_beat *b = beat_at(log, channel_of(p, a->channel), a->from_s);
        if (!b || !same_place(b, a->site))
            continue; /* while a catheter moves there is no truth */
        exam->found[b->site].extra += taken[b - log->beats];
        taken[b - log->beats] = true;
    }
    for (size_t i = 0; i < log->beats_count; i++) {
        const struct patient_beat *b = &log->beats[i];
        if (b->at_s < begins_s || b->at_s > end_s)
            continue;
        exam->found[b->site].truth++;
        exam->found[b->site].found += taken[i];
    }
    free(taken);
}

void exam_paper_mark(const struct exam_paper *paper, const struct exam_key *key,
                     struct exam *exam) {
    for (size_t i = 0; i < paper->count; i++)
        if (paper->answers[i].quantity)
            mark(exam, key, &paper->answers[i], channel_of(paper, paper->answers[i].channel));
    mark_found(paper, key, exam);
    exam->patients++;
}
