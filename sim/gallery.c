#include "sim/gallery.h"
#include "proto/site.h"
#include "sim/offline.h"
#include "sim/output.h"
#include "sim/patient_source.h"
#include "sim/picture.h"
#include "sim/svg.h"
#include "sim/truth_log.h"
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WINDOWS_MAX = 5 };
static const double stenosis_share = 0.35; /* of the beat, as in the exam */
static const double shown_s = 4, settle_s = 20, picture_width = 355, picture_lane = 92;

/* A few seconds of each stay of the right-heart catheter; of a wire, each state of the bed. */
struct window {
    const char *what;
    double from_s;
};
static const struct window right_heart[] = {
    {"right atrium", 13}, {"right ventricle", 31}, {"pulmonary artery", 54}, {"wedge", 69}};
static const struct window coronary[] = {{"beside the guide, as read", 24}, {"at rest", 60}};

struct gallery {
    const struct options *options;
    const volatile sig_atomic_t *stop;
    struct output page;
    const struct patient_row *row; /* the patient that is being drawn */
    struct window windows[WINDOWS_MAX];
    int windows_count;
    struct picture pictures[WINDOWS_MAX];
    struct truth_log truth;
};

static void add_window(struct gallery *g, const char *what, double from_s) {
    g->windows[g->windows_count++] = (struct window){what, from_s};
}

static bool hyperaemia(const struct patient_row *row) {
    return row->scenario == &scenarios[SCENARIO_adenosine];
}

static void choose_windows(struct gallery *g) {
    const struct patient_row *row = g->row;
    bool wire = lab_has(row->lab, PATIENT_PD);
    const struct window *rows = wire ? coronary : right_heart;
    int count = wire ? 2 : 4;
    g->windows_count = 0;
    for (int i = 0; i < count; i++)
        add_window(g, rows[i].what, rows[i].from_s);
    if (row->onset_s > 0 && wire && hyperaemia(row))
        add_window(g, "hyperaemia", row->onset_s + 60);
    else if (row->onset_s > 0 && wire)
        add_window(g, row->scenario->name, row->onset_s + 12);
    else if (row->onset_s > 0)
        add_window(g, "afterwards", row->onset_s + scenario_lasts_s(row->scenario) + settle_s);
}

static void hear(void *context, const struct event *event) {
    struct gallery *g = context;
    for (int w = 0; w < g->windows_count; w++)
        picture_event(&g->pictures[w], event);
}

static enum hemo_error simulate(struct gallery *g, struct source *source,
                                struct failure *failure) {
    struct offline_config config = {.name = g->row->name, .room = 1};
    struct offline offline;
    struct source_item item = {.kind = SOURCE_GAP};
    enum hemo_error error = offline_open(&offline, source, &config, failure);
    while (!error && item.kind != SOURCE_END) {
        error = source->next(source->state, &item, failure);
        for (int w = 0; w < g->windows_count && !error; w++)
            picture_item(&g->pictures[w], &item);
        if (!error)
            error = offline_use(&offline, &item, hear, g, failure);
        if (!error && *g->stop)
            error = failure_set(failure, HEMO_INTERRUPTED, "interrupted; nothing written");
    }
    offline_close(&offline);
    return error;
}

static void write_number(FILE *out, const char *before, double value, int decimals,
                         const char *behind) {
    if (isfinite(value))
        fprintf(out, "%s%.*f%s", before, decimals, value, behind);
}

/* What a perfect reader would read off a line in that window. */
static void write_line(const struct gallery *g, FILE *out, const struct window *window, int line) {
    const struct picture *p = &g->pictures[window - g->windows];
    uint64_t middle = (uint64_t)llround((window->from_s + shown_s / 2) * p->base_rate_hz);
    uint32_t channel = 0;
    while (channel < p->info.channels_count &&
           strcmp(p->info.channels[channel].label, patient_channel_labels[line]) != 0)
        channel++;
    if (channel == p->info.channels_count)
        return;
    struct truth_stay stay = {(enum patient_channel)line, picture_site(p, channel, middle),
                              window->from_s, window->from_s + shown_s};
    struct truth_line_means m;
    truth_log_line(&g->truth, &stay, &m);
    if (!m.beats)
        return;
    fprintf(out, "<span class=\"%s\">", picture_colour(stay.site));
    svg_escape(out, site_row(stay.site)->label);
    bool atrium = site_row(stay.site)->shape == SHAPE_ATRIUM;
    if (!atrium)
        fprintf(out, " %.0f/%.0f", m.systolic, m.diastolic);
    write_number(out, " edp ", atrium ? (double)NAN : m.edp, 0, "");
    write_number(out, " a ", atrium ? m.a : (double)NAN, 0, "");
    write_number(out, " v ", atrium ? m.v : (double)NAN, 0, "");
    fprintf(out, " mean %.0f</span> ", m.mean);
}

static void write_heart(const struct gallery *g, FILE *out) {
    const struct window *last = &g->windows[g->windows_count - 1];
    struct truth_heart_means h;
    truth_log_heart(&g->truth, 5, g->row->onset_s > 0 ? g->row->onset_s : last->from_s + shown_s,
                    &h);
    fputs("<p>Before anything happens: ", out);
    write_number(out, "", h.rate_per_min, 0, " beats/min");
    write_number(out, ", output ", h.co_l_min, 1, " L/min");
    write_number(out, ", EF ", 100 * h.ef, 0, " %");
    write_number(out, ", LV EDP ", h.lv_edp, 0, " mmHg");
    write_number(out, ", SVR ", h.svr_wu, 1, " WU");
    write_number(out, ", PVR ", h.pvr_wu, 1, " WU");
    write_number(out, ", aortic valve mean gradient ", h.av_mean, 0, " mmHg");
    write_number(out, " (peak to peak ", h.av_p2p, 0, ")");
    /* A healthy valve has a gradient too, for a moment: a stenosis' lasts through the filling. */
    if (h.dfp_s * h.rate_per_min / 60 > stenosis_share)
        write_number(out, ", mitral valve ", h.mv_mean, 1, " mmHg");
    write_number(out, ", aortic leak ", 100 * h.aortic_regurgitant, 0, " %");
    write_number(out, ", mitral leak ", 100 * h.mitral_regurgitant, 0, " %");
    if (lab_has(g->row->lab, PATIENT_PD)) {
        write_number(out, "; Pd/Pa ", h.pd_pa, 2, "");
        write_number(out, ", wave-free ", h.wave_free, 2, "");
        if (hyperaemia(g->row))
            write_number(out, ", FFR ",
                         truth_log_ffr(&g->truth, g->row->onset_s, last->from_s + 60), 2, "");
    }
    fputs("</p>\n", out);
}

static void write_patient(struct gallery *g) {
    FILE *out = g->page.file;
    fprintf(out, "<section id=\"%s\"><h2>%s</h2><p>", g->row->name, g->row->name);
    svg_escape(out, g->row->what);
    fputs("</p>\n<div>\n", out);
    for (int w = 0; w < g->windows_count; w++) {
        fputs("<figure>\n", out);
        picture_draw(&g->pictures[w], out);
        fputs("<figcaption>", out);
        for (int line = 0; line < PATIENT_CHANNELS; line++)
            write_line(g, out, &g->windows[w], line);
        fputs("</figcaption></figure>\n", out);
    }
    fputs("</div>\n", out);
    write_heart(g, out);
    fputs("</section>\n", out);
}

static enum hemo_error draw_patient(struct gallery *g, const struct patient_row *row,
                                    struct failure *failure) {
    g->row = row;
    choose_windows(g);
    struct patient_source_config config = {
        .row = row,
        .seed = g->options->seed,
        .duration_s = g->windows[g->windows_count - 1].from_s + shown_s + 1,
        .on_beat = truth_log_beat,
        .on_cycle = truth_log_cycle,
        .context = &g->truth};
    struct source source;
    enum hemo_error error = patient_source_open(&source, &config, failure);
    if (error)
        return error;
    for (int w = 0; w < g->windows_count; w++) {
        struct picture_view view = {.from_s = g->windows[w].from_s,
                                    .to_s = g->windows[w].from_s + shown_s,
                                    .title = g->windows[w].what,
                                    .width = picture_width,
                                    .lane_height = picture_lane,
                                    .embedded = true};
        picture_init(&g->pictures[w], &source.info, &view);
    }
    error = simulate(g, &source, failure);
    bool full = g->truth.out_of_memory;
    for (int w = 0; w < g->windows_count; w++)
        full |= g->pictures[w].out_of_memory;
    if (!error && full)
        error = failure_set(failure, HEMO_NO_ROOM, "no memory for the pictures");
    if (!error)
        write_patient(g);
    for (int w = 0; w < g->windows_count; w++)
        picture_free(&g->pictures[w]);
    truth_log_free(&g->truth);
    g->truth = (struct truth_log){.out_of_memory = false};
    source.close(source.state);
    return error;
}

static void write_head(const struct gallery *g) {
    FILE *out = g->page.file;
    fputs("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
          "<title>Simulated patients</title>\n<style>\n",
          out);
    fputs(svg_style, out);
    fputs("body{background:#0b0f14;color:#e6edf3;font:15px system-ui,'DejaVu Sans',sans-serif;"
          "margin:24px}\n"
          "h2{margin:28px 0 0;color:#7cc4ff}p{margin:4px 0;color:#a9b7c6}\n"
          "div{display:flex;flex-wrap:wrap;gap:8px}figure{margin:8px 0;background:#131a22}\n"
          "figcaption{font-size:12px;padding:2px 8px 6px;max-width:335px}\n"
          "nav a{color:#7cc4ff;margin-right:10px}\n"
          "span.ao{color:#f45f67}span.lv{color:#fb9b2b}span.pa{color:#e4cc86}"
          "span.pcw{color:#a4cef4}span.ra{color:#ad8ff9}span.rv{color:#f2fd68}"
          "span.la{color:#f5f6f7}span.pao{color:#f58cc6}span.pd{color:#79fbfd}\n"
          "</style></head><body>\n<h1>Simulated patients</h1>\n",
          out);
    fprintf(out,
            "<p>Of the model, not of people. hemosim %s, seed %llu; %.0f s each; numbers are the "
            "truth, in mmHg. Disc: beat that was found; cross: left out; grey: withheld.</p>\n"
            "<nav>",
            HEMO_VERSION, (unsigned long long)g->options->seed, shown_s);
    for (int i = 0; i < patient_rows_count; i++)
        fprintf(out, "<a href=\"#%s\">%s</a>\n", patient_rows[i].name, patient_rows[i].name);
    fputs("</nav>\n", out);
}

static enum hemo_error open_page(struct gallery *g, struct failure *failure) {
    const char *folder = g->options->out;
    char path[OUTPUT_PATH_MAX + 16];
    if (strlen(folder) > OUTPUT_PATH_MAX - 16)
        return failure_set(failure, HEMO_BAD_CONFIG, "gallery: name too long");
    snprintf(path, sizeof path, "%s/index.html", folder);
    if (!g->options->force && !access(path, F_OK))
        return failure_set(failure, HEMO_BAD_CONFIG,
                           "%.200s exists (want another folder, or --force)", path);
    if (mkdir(folder, 0777) && errno != EEXIST)
        return failure_set(failure, HEMO_IO, "%.200s: no such folder (want one that can be made)",
                           folder);
    return output_open(&g->page, path, failure);
}

enum hemo_error gallery_run(const struct options *options, const volatile sig_atomic_t *stop,
                            struct failure *failure) {
    struct gallery g = {.options = options, .stop = stop};
    enum hemo_error error = open_page(&g, failure);
    if (!error)
        write_head(&g);
    for (int i = 0; i < patient_rows_count && !error; i++)
        error = draw_patient(&g, &patient_rows[i], failure);
    if (!error) {
        fputs("</body></html>\n", g.page.file);
        error = output_commit(&g.page, failure);
    }
    output_abort(&g.page);
    return error;
}
