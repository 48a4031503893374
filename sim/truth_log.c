#include "sim/truth_log.h"
#include <math.h>
#include <stdlib.h>

enum { FFR_BEATS = 5 };

static bool grow(void **rows, size_t count, size_t *room, size_t bytes) {
    if (count < *room)
        return true;
    size_t more = *room ? 2 * *room : 1024;
    void *grown = realloc(*rows, more * bytes);
    if (!grown)
        return false;
    *rows = grown;
    *room = more;
    return true;
}

void truth_log_beat(void *log, const struct patient_beat *beat) {
    struct truth_log *l = log;
    void *rows = l->beats;
    l->out_of_memory |= !grow(&rows, l->beats_count, &l->beats_room, sizeof *beat);
    l->beats = rows;
    if (l->beats_count < l->beats_room)
        l->beats[l->beats_count++] = *beat;
}

void truth_log_cycle(void *log, const struct cycle *cycle) {
    struct truth_log *l = log;
    void *rows = l->cycles;
    l->out_of_memory |= !grow(&rows, l->cycles_count, &l->cycles_room, sizeof *cycle);
    l->cycles = rows;
    if (l->cycles_count < l->cycles_room)
        l->cycles[l->cycles_count++] = *cycle;
}

void truth_log_free(struct truth_log *log) {
    free(log->beats);
    free(log->cycles);
    *log = (struct truth_log){.beats = NULL};
}

/* Of the finite ones. */
struct average {
    double sum;
    int n;
};

static void take(struct average *a, double value) {
    if (isfinite(value)) {
        a->sum += value;
        a->n++;
    }
}

static double over(const struct average *a) {
    return a->n ? a->sum / a->n : NAN;
}

void truth_log_line(const struct truth_log *log, const struct truth_stay *stay,
                    struct truth_line_means *out) {
    struct average sys = {0}, dia = {0}, mean = {0}, endexp = {0}, edp = {0}, a = {0}, v = {0};
    for (size_t i = 0; i < log->beats_count; i++) {
        const struct patient_beat *b = &log->beats[i];
        bool within = b->at_s >= stay->from_s && b->at_s < stay->to_s;
        if (b->channel != stay->channel || b->site != stay->site || !within)
            continue;
        take(&sys, b->systolic_mmhg);
        take(&dia, b->diastolic_mmhg);
        take(&mean, b->mean_mmhg);
        take(&endexp, b->end_expiratory ? b->mean_mmhg : NAN);
        take(&edp, b->end_diastolic_mmhg);
        take(&a, b->a_mmhg);
        take(&v, b->v_mmhg);
    }
    *out = (struct truth_line_means){.beats = mean.n,
                                     .systolic = over(&sys),
                                     .diastolic = over(&dia),
                                     .mean = over(&mean),
                                     .mean_endexp = over(&endexp),
                                     .edp = over(&edp),
                                     .a = over(&a),
                                     .v = over(&v)};
}

/* Volumes, times and pressures of a stretch, added up. */
struct tally {
    double s, net_ml, forward_ml[VALVES], back_ml[VALVES], mmhg_s[NODES], most_ml, esv_ml;
    struct average sep, mean, peak, p2p, dfp, mv, edp, pd_pa, dpr, wave_free, rfr;
};

static void add_cycle(struct tally *t, const struct cycle *c) {
    t->s += c->rr_s;
    t->net_ml += c->forward_ml[VALVE_AORTIC] - c->back_ml[VALVE_AORTIC];
    t->most_ml += c->most_ml;
    t->esv_ml += c->esv_ml;
    for (int i = 0; i < VALVES; i++) {
        t->forward_ml[i] += c->forward_ml[i];
        t->back_ml[i] += c->back_ml[i];
    }
    for (int i = 0; i < NODES; i++)
        t->mmhg_s[i] += c->mean_mmhg[i] * c->rr_s;
    take(&t->sep, c->aortic.period_s);
    take(&t->mean, c->aortic.mean_mmhg);
    take(&t->peak, c->aortic.peak_mmhg);
    take(&t->p2p, c->aortic.peak_to_peak_mmhg);
    take(&t->dfp, c->mitral.period_s);
    take(&t->mv, c->mitral.mean_mmhg);
    take(&t->edp, c->lv_edp_mmhg);
    take(&t->pd_pa, c->pd_pa);
    take(&t->dpr, c->dpr);
    take(&t->wave_free, c->wave_free);
    take(&t->rfr, c->rfr);
}

static double resistance_wu(const struct tally *t, enum node from, enum node to, double l_min) {
    return (t->mmhg_s[from] - t->mmhg_s[to]) / t->s / l_min;
}

void truth_log_heart(const struct truth_log *log, double from_s, double to_s,
                     struct truth_heart_means *out) {
    struct tally t = {.s = 0};
    int n = 0;
    for (size_t i = 0; i < log->cycles_count; i++) {
        const struct cycle *c = &log->cycles[i];
        if (!(c->at_s >= from_s && c->at_s < to_s))
            continue;
        add_cycle(&t, c);
        n++;
    }
    double l_min = t.net_ml / t.s * 60 / 1000; /* 0/0 where there is no beat: NAN */
    *out = (struct truth_heart_means){
        .beats = n,
        .rate_per_min = 60 * n / t.s,
        .co_l_min = l_min,
        .sv_ml = t.net_ml / n,
        .aortic_regurgitant = t.back_ml[VALVE_AORTIC] / t.forward_ml[VALVE_AORTIC],
        .mitral_regurgitant = t.back_ml[VALVE_MITRAL] / t.forward_ml[VALVE_MITRAL],
        .svr_wu = resistance_wu(&t, NODE_AO, NODE_RA, l_min),
        .pvr_wu = resistance_wu(&t, NODE_PA, NODE_PCW, l_min),
        .sep_s = over(&t.sep),
        .av_mean = over(&t.mean),
        .av_peak = over(&t.peak),
        .av_p2p = over(&t.p2p),
        .dfp_s = over(&t.dfp),
        .mv_mean = over(&t.mv),
        .lv_edp = over(&t.edp),
        .ef = (t.most_ml - t.esv_ml) / t.most_ml,
        .pd_pa = over(&t.pd_pa),
        .dpr = over(&t.dpr),
        .wave_free = over(&t.wave_free),
        .rfr = over(&t.rfr)};
}

double truth_log_ffr(const struct truth_log *log, double from_s, double to_s) {
    double least = NAN;
    for (size_t i = 0; i + FFR_BEATS <= log->cycles_count; i++) {
        const struct cycle *c = &log->cycles[i];
        double pa = 0, pd = 0;
        if (!(c[0].at_s >= from_s && c[FFR_BEATS - 1].at_s + c[FFR_BEATS - 1].rr_s < to_s))
            continue;
        for (int k = 0; k < FFR_BEATS; k++) {
            pa += c[k].mean_mmhg[NODE_AO];
            pd += c[k].mean_mmhg[NODE_PD];
        }
        least = isnan(least) ? pd / pa : fmin(least, pd / pa);
    }
    return least;
}
