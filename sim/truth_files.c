#include "sim/truth_files.h"
#include "proto/site.h"
#include <inttypes.h>
#include <math.h>

enum { LOOKS_PER_S = 25 };
static const double shortest_stay_s = 1;

static void number(FILE *out, double value, int decimals) {
    fputc(',', out);
    if (isfinite(value))
        fprintf(out, "%.*f", decimals, value);
}

void truth_write_beats(FILE *out, const struct truth_log *log) {
    fputs("time_s,site,systolic,diastolic,mean,edp,a,v,endexp,channel\n", out);
    for (size_t i = 0; i < log->beats_count; i++) {
        const struct patient_beat *b = &log->beats[i];
        fprintf(out, "%.4f,%s", b->at_s, site_row(b->site)->name);
        const double values[] = {b->systolic_mmhg,      b->diastolic_mmhg, b->mean_mmhg,
                                 b->end_diastolic_mmhg, b->a_mmhg,         b->v_mmhg};
        for (size_t k = 0; k < sizeof values / sizeof values[0]; k++)
            number(out, values[k], 3);
        fprintf(out, ",%d,%s\n", b->end_expiratory, patient_channel_labels[b->channel]);
    }
}

void truth_write_heart(FILE *out, const struct truth_log *log) {
    static const enum node nodes[] = {NODE_AO, NODE_RA, NODE_PA, NODE_PCW, NODE_LA, NODE_PD};
    fputs("r_s,rr_s,early,lv_edp,rv_edp,edv_ml,esv_ml,sv_ml,aortic_back_ml,mitral_back_ml,sep_s,"
          "av_mean,av_peak,av_p2p,dfp_s,mv_mean,ao_mean,ra_mean,pa_mean,pcw_mean,la_mean,pd_mean,"
          "pd_pa,dpr,wave_free,rfr\n",
          out);
    for (size_t i = 0; i < log->cycles_count; i++) {
        const struct cycle *c = &log->cycles[i];
        fprintf(out, "%.4f,%.4f,%d", c->at_s, c->rr_s, c->early);
        number(out, c->lv_edp_mmhg, 3);
        number(out, c->rv_edp_mmhg, 3);
        number(out, c->edv_ml, 2);
        number(out, c->esv_ml, 2);
        number(out, c->forward_ml[VALVE_AORTIC] - c->back_ml[VALVE_AORTIC], 3);
        number(out, c->back_ml[VALVE_AORTIC], 3);
        number(out, c->back_ml[VALVE_MITRAL], 3);
        number(out, c->aortic.period_s, 4);
        number(out, c->aortic.mean_mmhg, 3);
        number(out, c->aortic.peak_mmhg, 3);
        number(out, c->aortic.peak_to_peak_mmhg, 3);
        number(out, c->mitral.period_s, 4);
        number(out, c->mitral.mean_mmhg, 3);
        for (size_t k = 0; k < sizeof nodes / sizeof nodes[0]; k++)
            number(out, c->mean_mmhg[nodes[k]], 3);
        number(out, c->pd_pa, 5);
        number(out, c->dpr, 5);
        number(out, c->wave_free, 5);
        number(out, c->rfr, 5);
        fputc('\n', out);
    }
}

/* ,"key":value */
static void key(FILE *out, const char *name, double value) {
    if (isfinite(value))
        fprintf(out, ",\"%s\":%.6g", name, value);
    else
        fprintf(out, ",\"%s\":null", name);
}

static void write_stay(FILE *out, const struct truth_log *log, const struct truth_stay *stay) {
    struct truth_line_means m;
    truth_log_line(log, stay, &m);
    fprintf(out, "\n  {\"channel\":\"%s\",\"site\":\"%s\"", patient_channel_labels[stay->channel],
            site_row(stay->site)->name);
    key(out, "from_s", stay->from_s);
    key(out, "to_s", stay->to_s);
    key(out, "beats", m.beats);
    key(out, "systolic", m.systolic);
    key(out, "diastolic", m.diastolic);
    key(out, "mean", m.mean);
    key(out, "mean_endexp", m.mean_endexp);
    key(out, "edp", m.edp);
    key(out, "a", m.a);
    key(out, "v", m.v);
    fputc('}', out);
}

/* Where a line lay still, from when to when. */
static void write_line_stays(FILE *out, const struct truth_record *r, enum patient_channel channel,
                             bool *first) {
    struct truth_stay stay = {.channel = channel};
    int looks = (int)(r->duration_s * LOOKS_PER_S);
    for (int i = 0; i <= looks; i++) {
        struct lab_tip tip;
        double at_s = (double)i / LOOKS_PER_S;
        lab_tip_at(r->row->lab, channel, r->row->wedge_every_s, at_s, &tip);
        uint32_t still = tip.share < 1 || i == looks ? 0 : tip.site;
        if (still == stay.site)
            continue;
        stay.to_s = at_s;
        if (stay.site && at_s - stay.from_s >= shortest_stay_s) {
            fputs(*first ? "" : ",", out);
            write_stay(out, r->log, &stay);
            *first = false;
        }
        stay.site = still;
        stay.from_s = at_s;
    }
}

static void write_stays(FILE *out, const struct truth_record *r) {
    bool first = true;
    for (enum patient_channel c = PATIENT_AO; c < PATIENT_CHANNELS; c++)
        if (lab_has(r->row->lab, c))
            write_line_stays(out, r, c, &first);
}

static void write_valves(FILE *out, const struct circulation_parameters *k) {
    static const char *const names[VALVES] = {"aortic", "mitral", "tricuspid", "pulmonary"};
    for (int i = 0; i < VALVES; i++)
        fprintf(out, ",\"%s_cm2\":%.4g,\"%s_leak_cm2\":%.4g", names[i], k->valve_cm2[i], names[i],
                k->leak_cm2[i]);
}

static void write_heart(FILE *out, const struct truth_record *r, const char *when, double from_s,
                        double to_s) {
    struct truth_heart_means m;
    truth_log_heart(r->log, from_s, to_s, &m);
    fprintf(out, "{\"when\":\"%s\"", when);
    key(out, "from_s", from_s);
    key(out, "to_s", to_s);
    key(out, "beats", m.beats);
    key(out, "rate_per_min", m.rate_per_min);
    key(out, "co_l_min", m.co_l_min);
    key(out, "sv_ml", m.sv_ml);
    key(out, "ef", m.ef);
    key(out, "svr_wu", m.svr_wu);
    key(out, "pvr_wu", m.pvr_wu);
    key(out, "lv_edp", m.lv_edp);
    key(out, "sep_s", m.sep_s);
    key(out, "av_mean", m.av_mean);
    key(out, "av_peak", m.av_peak);
    key(out, "av_p2p", m.av_p2p);
    key(out, "dfp_s", m.dfp_s);
    key(out, "mv_mean", m.mv_mean);
    key(out, "aortic_regurgitant_fraction", m.aortic_regurgitant);
    key(out, "mitral_regurgitant_fraction", m.mitral_regurgitant);
    write_valves(out, when[0] == 'b' ? r->before : r->after);
    fputc('}', out);
}

/* From when to when the wire lies beyond the stenosis for the first time; false: never. */
static bool wire_beyond(const struct truth_record *r, double *from_s, double *to_s) {
    struct lab_tip tip;
    *from_s = *to_s = NAN;
    if (!lab_has(r->row->lab, PATIENT_PD))
        return false;
    for (int i = 0; i < (int)(r->duration_s * LOOKS_PER_S); i++) {
        double at_s = (double)i / LOOKS_PER_S;
        lab_tip_at(r->row->lab, PATIENT_PD, 0, at_s, &tip);
        bool there = tip.site == SITE_PD && tip.share >= 1;
        if (there && isnan(*from_s))
            *from_s = at_s;
        if (there)
            *to_s = (i + 1.0) / LOOKS_PER_S;
    }
    return isfinite(*from_s);
}

static void write_coronary(FILE *out, const struct truth_record *r) {
    double from_s, to_s, onset_s = r->row->onset_s;
    const struct scenario *drug = r->row->scenario;
    if (!wire_beyond(r, &from_s, &to_s)) {
        fputs("null", out);
        return;
    }
    struct truth_heart_means rest;
    truth_log_heart(r->log, from_s, drug->drug ? fmin(onset_s, to_s) : to_s, &rest);
    fputs("{\"phase\":\"rest and adenosine\"", out);
    key(out, "from_s", from_s);
    key(out, "to_s", to_s);
    key(out, "pd_pa", rest.pd_pa);
    key(out, "wave_free", rest.wave_free);
    key(out, "dpr", rest.dpr);
    key(out, "rfr", rest.rfr);
    double stops_s = drug->drug_s > 0 ? onset_s + drug->drug_s : r->duration_s;
    key(out, "ffr", drug->drug ? truth_log_ffr(r->log, onset_s, fmin(to_s, stops_s)) : NAN);
    fputc('}', out);
}

static void write_artefacts(FILE *out, const struct truth_record *r) {
    for (int i = 0; i < r->faults->count; i++) {
        const struct fault *f = &r->faults->faults[i];
        fprintf(out, "%s\n  {\"fault\":\"%s\",\"channel\":\"%s\"", i ? "," : "",
                fault_rows[f->kind].name, f->channel < 0 ? "" : patient_channel_labels[f->channel]);
        key(out, "from_s", f->from_s);
        key(out, "to_s", f->to_s);
        fputc('}', out);
    }
}

void truth_write_json(FILE *out, const struct truth_record *record) {
    const struct truth_record *r = record;
    const struct patient_row *row = r->row;
    double settled_s = row->onset_s + scenario_lasts_s(row->scenario);
    bool happens = row->onset_s > 0;
    fprintf(out, "{\"patient\":\"%s\",\"what\":\"%s\",\"seed\":%" PRIu64, row->name, row->what,
            r->seed);
    key(out, "duration_s", r->duration_s);
    key(out, "rate_hz", r->rate_hz);
    fprintf(out, ",\n\"lab\":\"%s\",\n\"scenario\":{\"name\":\"%s\"", row->lab->name,
            row->scenario->name);
    key(out, "onset_s", happens ? row->onset_s : NAN);
    key(out, "settled_s", happens ? settled_s : NAN);
    fprintf(out, "},\n\"heart\":[");
    write_heart(out, r, "before", 0, happens ? row->onset_s : r->duration_s);
    if (happens && settled_s < r->duration_s) {
        fputs(",\n  ", out);
        write_heart(out, r, "after", settled_s, r->duration_s);
    }
    fputs("],\n\"coronary\":", out);
    write_coronary(out, r);
    fputs(",\n\"stays\":[", out);
    write_stays(out, r);
    fputs("],\n\"artefacts\":[", out);
    write_artefacts(out, r);
    fputs("]}\n", out);
}
