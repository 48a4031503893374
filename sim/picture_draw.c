#include "proto/site.h"
#include "sim/picture.h"
#include "sim/svg.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double left = 86, right = 14, top = 36, usual_height = 120, lane_gap = 14, foot = 34,
                    words = 16;
enum { COLUMNS_MAX = 4000, LEVELS = 4096, USUAL_WIDTH = 1200 };
static const double narrow_beat = 10; /* points */
static const char legend[] =
    "disc: found beat; cross: left out; diamond: true beat; grey: withheld";

/* What every part of the drawing needs. */
struct sheet {
    const struct picture *p;
    FILE *out;
    double width, seconds, from_s; /* width: of the lanes */
    uint64_t from_tick, to_tick;
    int columns;
};

struct lane {
    uint32_t channel;
    double top, height, low, high;
    uint8_t grey[COLUMNS_MAX], site[COLUMNS_MAX]; /* by column */
};

const char *picture_colour(uint32_t site) {
    switch (site) {
    case SITE_ECG:
        return "ecg";
    case SITE_AO:
    case SITE_ART:
        return "ao";
    case SITE_LV:
        return "lv";
    case SITE_PA:
        return "pa";
    case SITE_PCW:
        return "pcw";
    case SITE_RA:
    case SITE_CVP:
        return "ra";
    case SITE_RV:
        return "rv";
    case SITE_LA:
        return "la";
    case SITE_PAO:
        return "pao";
    case SITE_PD:
        return "pd";
    default:
        return "aux";
    }
}

static double x_of(const struct sheet *s, uint64_t tick) {
    double at = tick < s->from_tick ? -(double)(s->from_tick - tick)
                                    : (double)(tick - s->from_tick);
    double share = at / s->p->base_rate_hz / s->seconds;
    return left + s->width * fmin(1, fmax(0, share));
}

static double y_of(const struct lane *l, double value) {
    double share = (value - l->low) / (l->high - l->low);
    return l->top + l->height * (1 - fmin(1, fmax(0, share)));
}

static bool in_view(const struct sheet *s, const struct picture_mark *m) {
    return m->from_tick < s->to_tick && m->to_tick > s->from_tick;
}

static int column_of(const struct sheet *s, uint64_t tick) {
    double at = (x_of(s, tick) - left) / s->width * s->columns;
    return (int)fmin(s->columns - 1, fmax(0, at));
}

/* Half a per cent at both ends may lie beyond the scale, and what is withheld, where anything else
 * is there: a flush would flatten every pulse. */
static void limits(const struct sheet *s, struct lane *l) {
    const struct picture *p = s->p;
    static const double tops[] = {10, 20, 40, 60, 80, 100, 150, 200, 250, 300, 400};
    const struct picture_trace *t = &p->traces[l->channel];
    bool mmhg = p->info.channels[l->channel].unit == UNIT_MMHG;
    double per_level = mmhg ? 0.25 : 0.0025;
    uint32_t levels[LEVELS] = {0}, total = 0, below = 0;
    int low = LEVELS - 1, high = 0;
    bool all_grey = !memchr(l->grey, 0, (size_t)s->columns);
    for (size_t i = 0; i < t->count; i++) {
        uint64_t tick = s->from_tick + i * p->info.channels[l->channel].ticks_per_sample;
        if (isnan(t->values[i]) || (!all_grey && l->grey[column_of(s, tick)]))
            continue;
        double at = (double)t->values[i] / per_level + LEVELS / 2.0;
        levels[(int)fmin(LEVELS - 1, fmax(0, at))]++;
        total++;
    }
    for (int i = 0; i < LEVELS; i++) {
        below += levels[i];
        if (levels[i] && below > total / 200 && i < low)
            low = i;
        if (levels[i] && below - levels[i] < total - total / 200)
            high = i;
    }
    double least = total ? (low - LEVELS / 2) * per_level : 0;
    double most = total ? (high + 1 - LEVELS / 2) * per_level : 1;
    l->low = floor(2 * least) / 2;
    l->high = mmhg ? 400 : ceil(2 * most) / 2;
    for (size_t i = 0; mmhg && i < sizeof tops / sizeof tops[0]; i++)
        if (tops[i] >= most && tops[i] < l->high)
            l->high = tops[i];
    /* A small pulse needs its troughs below 0 too: there x and y of an atrium lie. */
    double step = l->high > 20 ? 10 : 2, slack = l->high > 20 ? 2 : 0.25;
    if (mmhg)
        l->low = least < -slack ? step * floor(least / step) : 0;
}

/* Which columns are grey, and where the catheter lies in each. */
static void colours(const struct sheet *s, struct lane *l) {
    const struct picture *p = s->p;
    memset(l->grey, 0, sizeof l->grey);
    memset(l->site, (int)p->info.channels[l->channel].site, sizeof l->site);
    for (size_t i = 0; i < p->marks_count; i++) {
        const struct picture_mark *m = &p->marks[i];
        bool grey = (m->kind == PICTURE_BEAT && m->out) ||
                    (m->kind == PICTURE_STATE && event_withholds(m->what));
        if (m->channel != l->channel || m->from_tick >= s->to_tick)
            continue;
        int from = column_of(s, m->from_tick);
        bool wedged = grey && l->site[from] == SITE_PCW; /* its mean stays */
        if (m->kind == PICTURE_SITE)
            memset(l->site + from, (int)m->what, (size_t)(s->columns - from));
        else if (grey && !wedged && in_view(s, m))
            memset(l->grey + from, 1, (size_t)(column_of(s, m->to_tick) + 1 - from));
    }
}

/* Nice steps: 1, 2, 5 times a power of ten, about `wanted` of them. */
static double step_of(double range, double wanted) {
    double step = pow(10, floor(log10(range / wanted)));
    double share = range / wanted / step;
    return step * (share >= 5 ? 5 : share >= 2 ? 2 : 1);
}

static void draw_frame(const struct sheet *s, const struct lane *l) {
    const struct stream_channel *c = &s->p->info.channels[l->channel];
    static const char *const units[] = {"", "mmHg", "mV", "L/min", ""};
    FILE *out = s->out;
    char text[64];
    svg_rect(out, &(struct svg_box){left, l->top, s->width, l->height, "lane"});
    double step = step_of(l->high - l->low, 3);
    for (double v = ceil(l->low / step) * step; v <= l->high + step / 100; v += step) {
        double y = y_of(l, v);
        svg_line(out, &(struct svg_box){left, y, s->width, 0, "grid"});
        snprintf(text, sizeof text, "%g", fabs(v) < step / 100 ? 0 : v);
        svg_text(out, &(struct svg_word){left - 6, y + 4, "small", "end"}, text);
    }
    char name[32];
    uint32_t site = l->site[s->columns / 2];
    snprintf(name, sizeof name, "lane-name %s", picture_colour(site));
    svg_text(out, &(struct svg_word){8, l->top + 16, name, NULL}, c->label);
    bool other = c->unit == UNIT_MMHG && strcmp(site_row(site)->label, c->label) != 0;
    if (other)
        svg_text(out, &(struct svg_word){8, l->top + 30, "small", NULL}, site_row(site)->label);
    svg_text(out, &(struct svg_word){8, l->top + 30 + 12 * other, "small", NULL}, units[c->unit]);
}

/* The first of four rows under the lane's top where a word that begins at x stands free. */
static double free_row(double ends[4], double x, const char *text) {
    int row = 0;
    while (row < 3 && x < ends[row])
        row++;
    ends[row] = x + 5.6 * (double)strlen(text); /* the width of a small letter, roughly */
    return 24 + 11 * row;
}

/* States behind the trace, each with its word; stretches without samples. */
static void draw_states(const struct sheet *s, const struct lane *l) {
    for (size_t i = 0; i < s->p->marks_count; i++) {
        const struct picture_mark *m = &s->p->marks[i];
        if (m->kind != PICTURE_STATE || m->channel != l->channel || !in_view(s, m))
            continue;
        const char *class = event_withholds(m->what) ? "withheld" : "noted";
        double x = x_of(s, m->from_tick), width = x_of(s, m->to_tick) - x;
        svg_rect(s->out, &(struct svg_box){x, l->top, width, l->height, class});
        if (width > 6.0 * (double)strlen(m->text))
            svg_text(s->out, &(struct svg_word){x + 3, l->top + 11, class, NULL}, m->text);
    }
    const struct picture *p = s->p;
    bool measured = p->view.measurement && p->view.measurement->channel == l->channel;
    double ends[4] = {0};
    for (size_t i = 0; i < p->marks_count && !measured && !p->view.embedded; i++) {
        const struct picture_mark *m = &p->marks[i];
        if (m->kind != PICTURE_VALUE || m->channel != l->channel || !in_view(s, m))
            continue;
        double x = x_of(s, m->from_tick), width = x_of(s, m->to_tick) - x;
        svg_rect(s->out, &(struct svg_box){x, l->top, width, l->height, "span"});
        double y = l->top + free_row(ends, x + 3, m->text);
        svg_text(s->out, &(struct svg_word){x + 3, y, "small", NULL}, m->text);
    }
}

/* One path for each colour; a missing sample lifts the pen. */
struct pen {
    FILE *out;
    const char *class;
    double x, y;
    bool down;
};

static void pen_up(struct pen *pen) {
    if (pen->class)
        fputs("\"/>\n", pen->out);
    pen->class = NULL;
    pen->down = false;
}

static void pen_to(struct pen *pen, double x, double y, const char *class) {
    if (!pen->class || strcmp(pen->class, class) != 0) {
        bool joins = pen->down;
        double from_x = pen->x, from_y = pen->y;
        pen_up(pen);
        fprintf(pen->out, "<path class=\"%s\" d=\"", class);
        if (joins)
            fprintf(pen->out, "M%.1f %.1f", from_x, from_y);
        pen->down = joins;
        pen->class = class;
    }
    fprintf(pen->out, "%c%.1f %.1f", pen->down ? 'L' : 'M', x, y);
    pen->x = x;
    pen->y = y;
    pen->down = true;
}

/* Of one column: its extremes, in the order in which they came. */
static void draw_column(const struct sheet *s, const struct lane *l, struct pen *pen, int column) {
    const struct picture_trace *t = &s->p->traces[l->channel];
    double per_column = (double)(s->to_tick - s->from_tick) / s->columns /
                        s->p->info.channels[l->channel].ticks_per_sample;
    size_t from = (size_t)(column * per_column), to = (size_t)((column + 1) * per_column);
    const char *class = l->grey[column] ? "grey" : picture_colour(l->site[column]);
    size_t low = from, high = from;
    for (size_t i = from; i < to && i < t->count; i++) {
        if (isnan(t->values[i])) {
            pen->down = false;
            return;
        }
        low = t->values[i] < t->values[low] ? i : low;
        high = t->values[i] > t->values[high] ? i : high;
    }
    if (from >= to || from >= t->count)
        return;
    size_t points[2] = {low < high ? low : high, low < high ? high : low};
    for (int i = 0; i < 2 - (low == high); i++) {
        double value = (double)t->values[points[i]];
        double x = left + s->width * ((double)points[i] / per_column) / s->columns;
        pen_to(pen, x, y_of(l, value), class);
        if (value > l->high + 0.5 || value < l->low - 0.5) {
            pen_up(pen);
            svg_line(s->out, &(struct svg_box){x, y_of(l, value), 1.5, 0, "beyond"});
        }
    }
}

static void draw_trace(const struct sheet *s, const struct lane *l) {
    struct pen pen = {.out = s->out};
    for (int column = 0; column < s->columns; column++)
        draw_column(s, l, &pen, column);
    pen_up(&pen);
}

/* Where in [from, to) the trace is highest or lowest. */
static double extreme_x(const struct sheet *s, const struct lane *l, uint64_t from, uint64_t to,
                        bool highest) {
    const struct picture_trace *t = &s->p->traces[l->channel];
    uint32_t per_sample = s->p->info.channels[l->channel].ticks_per_sample;
    uint64_t first = from < s->from_tick ? s->from_tick : from, best = from;
    float most = NAN;
    for (uint64_t tick = first; tick < to && tick < s->to_tick; tick += per_sample) {
        size_t at = (size_t)((tick - s->p->from_tick) / per_sample);
        if (at >= t->count)
            break;
        float v = highest ? t->values[at] : -t->values[at];
        if (!isnan(v) && !(v <= most)) {
            most = v;
            best = tick;
        }
    }
    return x_of(s, best);
}

static void draw_disc(FILE *out, double x, double y, const char *class) {
    fprintf(out, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.4\"/>\n", class, x, y);
}

static void draw_cross(FILE *out, double x, double y) {
    fprintf(out, "<path class=\"left-out\" d=\"M%.1f %.1fl6 6m0 -6l-6 6\"/>\n", x - 3, y - 3);
}

static void draw_diamond(FILE *out, double x, double y) {
    fprintf(out, "<path class=\"truth\" d=\"M%.1f %.1fl4 4l-4 4l-4 -4z\"/>\n", x, y - 4);
}

static bool used_by(const struct event *measurement, uint64_t tick) {
    for (uint32_t i = 0; i < measurement->beats_count; i++)
        if (measurement->beats[i] == tick)
            return true;
    return false;
}

static void draw_beat(const struct sheet *s, const struct lane *l, const struct picture_mark *m) {
    const struct event *measurement = s->p->view.measurement;
    double wide = x_of(s, m->to_tick) - x_of(s, m->from_tick);
    if (wide < narrow_beat)
        return;
    if (m->out) {
        draw_cross(s->out, x_of(s, m->from_tick) + wide / 2, l->top + l->height - 8);
        return;
    }
    const char *class = measurement && used_by(measurement, m->from_tick) ? "used" : "found";
    if (isfinite(m->systolic))
        draw_disc(s->out, extreme_x(s, l, m->from_tick, m->to_tick, true), y_of(l, m->systolic),
                  class);
    if (isfinite(m->diastolic))
        draw_disc(s->out, extreme_x(s, l, m->from_tick, m->to_tick, false), y_of(l, m->diastolic),
                  class);
}

static void draw_beats(const struct sheet *s, const struct lane *l) {
    for (size_t i = 0; i < s->p->marks_count; i++) {
        const struct picture_mark *m = &s->p->marks[i];
        if (m->kind == PICTURE_BEAT && m->channel == l->channel && in_view(s, m))
            draw_beat(s, l, m);
    }
}

/* The beat ends where the next true one of this lane begins. */
static uint64_t truth_end(const struct sheet *s, size_t i) {
    const struct picture_truth *t = &s->p->truths[i];
    double end_s = t->at_s + 1;
    for (size_t k = i + 1; k < s->p->truths_count && k < i + 32; k++)
        if (s->p->truths[k].at_s > t->at_s) {
            end_s = fmin(end_s, s->p->truths[k].at_s);
            break;
        }
    return (uint64_t)llround(end_s * s->p->base_rate_hz);
}

static void draw_truths(const struct sheet *s, const struct lane *l) {
    const struct picture *p = s->p;
    for (size_t i = 0; i < p->truths_count; i++) {
        const struct picture_truth *t = &p->truths[i];
        uint64_t from = (uint64_t)llround(t->at_s * p->base_rate_hz);
        if (from < s->from_tick || from >= s->to_tick)
            continue;
        bool here = t->label ? !strcmp(t->label, p->info.channels[l->channel].label)
                             : picture_site(p, l->channel, from) == t->site;
        uint64_t to = truth_end(s, i);
        if (!here || x_of(s, to) - x_of(s, from) < narrow_beat)
            continue;
        draw_diamond(s->out, extreme_x(s, l, from, to, true), y_of(l, t->systolic));
        draw_diamond(s->out, extreme_x(s, l, from, to, false), y_of(l, t->diastolic));
    }
}

static void draw_times(const struct sheet *s, double y) {
    double step = step_of(s->seconds, s->width / 90), end = s->from_s + s->seconds;
    char text[32];
    for (double at = ceil(s->from_s / step) * step; at <= end + step / 100; at += step) {
        double x = left + s->width * (at - s->from_s) / s->seconds;
        svg_line(s->out, &(struct svg_box){x, top, 0, y - top + 4, "grid"});
        snprintf(text, sizeof text, "%g s", fabs(at) < step / 100 ? 0 : at);
        svg_text(s->out, &(struct svg_word){x, y + 16, "small", "middle"}, text);
    }
}

static void draw_findings(const struct sheet *s, double bottom) {
    int n = 0;
    for (size_t i = 0; i < s->p->marks_count; i++) {
        const struct picture_mark *m = &s->p->marks[i];
        if (m->kind != PICTURE_FINDING || m->from_tick < s->from_tick || m->from_tick >= s->to_tick)
            continue;
        double x = x_of(s, m->from_tick);
        bool late = x > left + s->width / 2;
        svg_line(s->out, &(struct svg_box){x, top, 0, bottom - top, "finding"});
        svg_text(s->out,
                 &(struct svg_word){late ? x - 4 : x + 4, top + 24 + 13 * (n++ % 4), "finding",
                                    late ? "end" : NULL},
                 m->text);
    }
}

/* The measurement's window, its beats' numbers, why others were left out, and what it says. */
static void draw_measurement(const struct sheet *s, const struct lane *l, double bottom) {
    const struct event *e = s->p->view.measurement;
    char text[400];
    double x = x_of(s, e->from_tick);
    svg_rect(s->out,
             &(struct svg_box){x, l->top, x_of(s, e->to_tick) - x, l->height, "span"});
    for (uint32_t i = 0; i < e->beats_count; i++) {
        snprintf(text, sizeof text, "%u", i + 1);
        svg_text(s->out,
                 &(struct svg_word){x_of(s, e->beats[i]) + 4, l->top + l->height - 4, "value",
                                    NULL},
                 text);
    }
    for (uint32_t i = 0; i < e->left_out_count; i++) {
        const struct event_row *row = event_row(e->left_out[i].reason);
        double at = x_of(s, e->left_out[i].tick);
        double y = l->top + 20 + 12 * (i % 3); /* neighbours' words */
        draw_cross(s->out, at + 8, y);
        svg_text(s->out, &(struct svg_word){at + 14, y + 4, "small", NULL},
                 row ? row->text : "left out");
    }
    event_text(e, s->p->base_rate_hz, text, sizeof text);
    svg_text(s->out, &(struct svg_word){left, bottom + 30, "value", NULL}, text);
    snprintf(text, sizeof text, "%u beats used, %u left out; %s; quality %.2f", e->beats_count,
             e->left_out_count, method_text(e->method), e->quality);
    svg_text(s->out, &(struct svg_word){left, bottom + 30 + words, "small", NULL}, text);
}

/* With a value of two lines both are looked at: which the other is, its event does not say. */
static bool shown(const struct picture *p, uint32_t channel) {
    const struct event *e = p->view.measurement;
    const struct stream_channel *c = &p->info.channels[channel];
    bool two = e && (e->method == METHOD_PAIR || e->method == METHOD_LEAST_BEATS);
    bool other = c->site == SITE_ECG || (two && c->unit == UNIT_MMHG);
    return p->traces[channel].count && (!e || channel == e->channel || other);
}

static uint64_t last_tick(const struct picture *p) {
    uint64_t last = p->from_tick + 1;
    for (uint32_t c = 0; c < p->info.channels_count; c++) {
        uint64_t end = p->from_tick + p->traces[c].count * p->info.channels[c].ticks_per_sample;
        last = end > last ? end : last;
    }
    return last < p->to_tick ? last : p->to_tick;
}

static void draw_lane(const struct sheet *s, struct lane *l, double bottom) {
    const struct event *e = s->p->view.measurement;
    colours(s, l);
    limits(s, l);
    draw_frame(s, l);
    draw_states(s, l);
    draw_trace(s, l);
    draw_beats(s, l);
    draw_truths(s, l);
    if (e && e->channel == l->channel)
        draw_measurement(s, l, bottom);
}

void picture_draw(const struct picture *picture, FILE *out) {
    const struct picture *p = picture;
    double width = p->view.width > 0 ? p->view.width : USUAL_WIDTH;
    struct sheet s = {.p = p, .out = out, .width = width - left - right};
    s.from_tick = p->from_tick;
    s.to_tick = last_tick(p);
    s.columns = (int)fmin(COLUMNS_MAX, s.width);
    s.from_s = (double)s.from_tick / p->base_rate_hz;
    s.seconds = (double)(s.to_tick - s.from_tick) / p->base_rate_hz;
    int lanes = 0, drawn = 0;
    for (uint32_t c = 0; c < p->info.channels_count; c++)
        lanes += shown(p, c);
    struct lane lane = {.height = p->view.lane_height > 0 ? p->view.lane_height : usual_height};
    double bottom = top + lanes * (lane.height + lane_gap);
    svg_begin(out, width, bottom + foot + (p->view.measurement ? words : 0), p->view.title);
    if (!p->view.embedded)
        svg_sheet(out);
    svg_text(out, &(struct svg_word){8, 22, "title", NULL}, p->view.title);
    if (!p->view.embedded)
        svg_text(out, &(struct svg_word){width - right, 22, "small", "end"}, legend);
    for (uint32_t c = 0; c < p->info.channels_count; c++) {
        if (!shown(p, c))
            continue;
        lane.channel = c;
        lane.top = top + drawn++ * (lane.height + lane_gap);
        draw_lane(&s, &lane, bottom);
    }
    draw_times(&s, bottom - lane_gap);
    draw_findings(&s, bottom - lane_gap);
    svg_end(out);
}
