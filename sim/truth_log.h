/* truth_log.h - all that was true of a simulated stretch, and what a perfect reader would make of
 * it.
 *
 *     struct truth_log log = {.count = 0};
 *     config.on_beat = truth_log_beat; config.on_cycle = truth_log_cycle; config.context = &log;
 *     ...
 *     truth_log_line(&log, &(struct truth_stay){PATIENT_LV, SITE_LV, from_s, to_s}, &line);
 *     truth_log_heart(&log, from_s, to_s, &heart);                      // of the circulation
 *     truth_log_free(&log);
 *
 * Means are over the whole beats that begin in [from_s, to_s); NAN where there is none. */
#pragma once
#include "sim/cycle.h"
#include "sim/truth.h"
#include <stddef.h>

struct truth_log {
    struct patient_beat *beats;
    struct cycle *cycles;
    size_t beats_count, beats_room, cycles_count, cycles_room;
    bool out_of_memory;
};

/* A line at one site for a time. */
struct truth_stay {
    enum patient_channel channel;
    uint32_t site;
    double from_s, to_s;
};

struct truth_line_means {
    int beats;
    double systolic, diastolic, mean, mean_endexp, edp, a, v;
};

struct truth_heart_means {
    int beats;
    double rate_per_min, co_l_min, sv_ml;          /* net, through the aortic valve */
    double aortic_regurgitant, mitral_regurgitant; /* share of the forward volume */
    double svr_wu, pvr_wu;
    double sep_s, av_mean, av_peak, av_p2p, dfp_s, mv_mean, lv_edp, ef;
    double pd_pa, dpr, wave_free, rfr;
};

void truth_log_beat(void *log, const struct patient_beat *beat);
void truth_log_cycle(void *log, const struct cycle *cycle);
void truth_log_line(const struct truth_log *log, const struct truth_stay *stay,
                    struct truth_line_means *out);
void truth_log_heart(const struct truth_log *log, double from_s, double to_s,
                     struct truth_heart_means *out);
/* The least Pd/Pa of five beats in a row, as FFR is read; NAN: fewer. */
double truth_log_ffr(const struct truth_log *log, double from_s, double to_s);
void truth_log_free(struct truth_log *log);
