#include "sim/cycle.h"
#include <math.h>
#include <string.h>

static const double step_s = 1.0 / CIRCULATION_RATE_HZ;
static const double bridge_s = 0.02, shortest_s = 0.05;
enum { SMOOTH_STEPS = CIRCULATION_RATE_HZ / 25, BEFORE_FOOT_STEPS = CIRCULATION_RATE_HZ / 200 };
enum { FILLING_ENDS_STEPS = CIRCULATION_RATE_HZ / 8 };

static void keep_best(struct cycle_stretch *s) {
    if (s->length_s > s->best_s) {
        s->best_s = s->length_s;
        s->best_sum = s->sum;
        s->best_peak = s->peak_mmhg;
    }
}

static void follow_stretch(struct cycle_stretch *s, double across_mmhg) {
    if (across_mmhg <= 0) {
        s->gap_s += step_s;
        return;
    }
    if (s->length_s > 0 && s->gap_s > bridge_s) {
        keep_best(s);
        s->length_s = s->sum = s->peak_mmhg = 0;
    }
    s->length_s += step_s + (s->length_s > 0 ? s->gap_s : 0);
    s->gap_s = 0;
    s->sum += across_mmhg * step_s;
    s->peak_mmhg = fmax(s->peak_mmhg, across_mmhg);
}

static struct cycle_gradient gradient_of(struct cycle_stretch *s, double peak_to_peak_mmhg) {
    keep_best(s);
    bool none = s->best_s < shortest_s;
    return (struct cycle_gradient){.period_s = none ? NAN : s->best_s,
                                   .mean_mmhg = none ? NAN : s->best_sum / s->best_s,
                                   .peak_mmhg = none ? NAN : s->best_peak,
                                   .peak_to_peak_mmhg = none ? NAN : peak_to_peak_mmhg};
}

static double ratio(const struct cycle_watch *w, int from, int to) {
    double pa = 0, pd = 0;
    for (int i = from; i < to; i++) {
        pa += (double)w->pa[i];
        pd += (double)w->pd[i];
    }
    return pd / pa;
}

static double lowest(const struct cycle_watch *w) {
    double pa = 0, pd = 0, least = INFINITY;
    for (int i = 0; i < w->coronary_steps; i++) {
        pa += (double)w->pa[i];
        pd += (double)w->pd[i];
        if (i < SMOOTH_STEPS)
            continue;
        pa -= (double)w->pa[i - SMOOTH_STEPS];
        pd -= (double)w->pd[i - SMOOTH_STEPS];
        least = fmin(least, pd / pa);
    }
    return least;
}

/* A whole beat in the coronary artery is over. */
static void end_coronary(struct cycle_watch *w) {
    int n = w->coronary_steps, closed = w->closed_at;
    int quarter = closed + (n - closed) / 4, end = n - BEFORE_FOOT_STEPS;
    bool whole = n > SMOOTH_STEPS && n < CYCLE_STEPS_MAX && closed > 0 && quarter < end;
    w->ratios[0] = whole ? ratio(w, 0, n) : NAN;
    w->ratios[1] = whole ? ratio(w, closed, n) : NAN;
    w->ratios[2] = whole ? ratio(w, quarter, end) : NAN;
    w->ratios[3] = whole ? lowest(w) : NAN;
}

static void follow_valve(struct cycle_watch *w, const struct circulation *c) {
    bool open = c->opening[VALVE_AORTIC] > 0.5;
    if (open && !w->open) {
        w->running.mitral = gradient_of(&w->mitral, NAN);
        w->mitral = (struct cycle_stretch){.length_s = 0};
        end_coronary(w);
        w->coronary_steps = w->closed_at = 0;
    }
    if (!open && w->open && !w->closed_at)
        w->closed_at = w->coronary_steps;
    w->open = open;
    if (w->coronary_steps == CYCLE_STEPS_MAX)
        return;
    w->pa[w->coronary_steps] = (float)c->pressure_mmhg[NODE_AO];
    w->pd[w->coronary_steps++] = (float)c->pressure_mmhg[NODE_PD];
}

static void begin_cycle(struct cycle_watch *w, const struct circulation *c, double at_s) {
    w->running = (struct cycle){.at_s = at_s,
                                .early = c->early,
                                .lv_edp_mmhg = c->pressure_mmhg[NODE_LV],
                                .rv_edp_mmhg = c->pressure_mmhg[NODE_RV],
                                .edv_ml = c->chamber_ml[CHAMBER_LV],
                                .esv_ml = c->chamber_ml[CHAMBER_LV],
                                .most_ml = c->chamber_ml[CHAMBER_LV]};
    w->running.mitral = gradient_of(&(struct cycle_stretch){.length_s = 0}, NAN);
    w->aortic = (struct cycle_stretch){.length_s = 0};
    w->whole = c->beat_began;
    memset(w->sum_mmhg, 0, sizeof w->sum_mmhg);
    for (int i = 0; i < NODES; i++)
        w->most_mmhg[i] = -INFINITY;
    w->steps = 0;
}

static void end_cycle(struct cycle_watch *w, double at_s) {
    struct cycle *e = &w->running;
    e->rr_s = at_s - e->at_s;
    e->aortic = gradient_of(&w->aortic, w->most_mmhg[NODE_LV] - w->most_mmhg[NODE_AO]);
    e->pulmonic_p2p_mmhg = w->most_mmhg[NODE_RV] - w->most_mmhg[NODE_PA];
    for (int i = 0; i < NODES; i++)
        e->mean_mmhg[i] = w->sum_mmhg[i] / (double)w->steps;
    e->pd_pa = w->ratios[0];
    e->dpr = w->ratios[1];
    e->wave_free = w->ratios[2];
    e->rfr = w->ratios[3];
    w->cycle = *e;
}

bool cycle_step(struct cycle_watch *watch, const struct circulation *c, double at_s) {
    struct cycle_watch *w = watch;
    bool ended = c->beat_began && w->whole;
    /* The step's flows are in the volumes already: they belong to the beat before. */
    for (int i = 0; i < VALVES; i++) {
        w->running.forward_ml[i] += step_s * fmax(0, c->flow_ml_s[i]);
        w->running.back_ml[i] += step_s * fmax(0, -c->flow_ml_s[i]);
    }
    if (ended)
        end_cycle(w, at_s);
    if (c->beat_began || !w->steps)
        begin_cycle(w, c, at_s);
    w->steps++;
    follow_stretch(&w->aortic, c->pressure_mmhg[NODE_LV] - c->pressure_mmhg[NODE_AO]);
    follow_stretch(&w->mitral, c->pressure_mmhg[NODE_LA] - c->pressure_mmhg[NODE_LV]);
    follow_valve(w, c);
    for (int i = 0; i < NODES; i++) {
        w->most_mmhg[i] = fmax(w->most_mmhg[i], c->pressure_mmhg[i]);
        w->sum_mmhg[i] += c->pressure_mmhg[i];
    }
    w->running.esv_ml = fmin(w->running.esv_ml, c->chamber_ml[CHAMBER_LV]);
    if (w->steps < FILLING_ENDS_STEPS)
        w->running.most_ml = fmax(w->running.most_ml, c->chamber_ml[CHAMBER_LV]);
    return ended && w->cycle.rr_s * CIRCULATION_RATE_HZ < CYCLE_STEPS_MAX; /* an arrest is none */
}
