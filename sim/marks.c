#include "sim/marks.h"
#include "proto/event.h"
#include "proto/quantity.h"
#include "proto/site.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MARKS_MAX = 100000, LINE_CHARS = 512, FIELDS = 5 };

static const char *const kind_names[] = {"",     "site",  "zeroing", "flush", "phase",
                                         "drug", "value", "wedge",   "note",
                                         "equalise", "pullback", "capture", NULL, NULL};
/* NULL: hemod's own, of the clock it had then. */

static const char header[] = "time_s,kind,channel,value,text";

struct loader {
    struct marks *marks;
    const char *path;
    const struct stream_info *info;
    int line;
    struct failure *failure;
};

int marks_channel(const struct stream_info *info, const char *name) {
    for (uint32_t c = 0; c < info->channels_count; c++)
        if (!strcmp(info->channels[c].label, name))
            return (int)c;
    char *end;
    long number = strtol(name, &end, 10);
    return *name && !*end && number >= 0 && number < (long)info->channels_count ? (int)number : -1;
}

static enum hemo_error bad(const struct loader *l, const char *what, const char *text) {
    return failure_set(l->failure, HEMO_BAD_FORMAT, "%s:%d: %s \"%.60s\"", l->path, l->line, what,
                       text);
}

/* Cuts at commas; the last field is the rest. False: too few. */
static bool split(char *line, char *fields[FIELDS]) {
    for (int i = 0; i < FIELDS; i++) {
        fields[i] = line;
        char *comma = i < FIELDS - 1 ? strchr(line, ',') : NULL;
        if (!comma && i < FIELDS - 1)
            return false;
        if (comma) {
            *comma = 0;
            line = comma + 1;
        }
    }
    return true;
}

static bool real(const char *text, double *out) {
    char *end;
    *out = strtod(text, &end);
    return end != text && !*end && isfinite(*out);
}

static enum hemo_error fill_value(const struct loader *l, struct stream_mark *m, char **fields) {
    const char *value = fields[3];
    switch (m->kind) {
    case MARK_SITE:
        m->site = site_from_label(value);
        if (m->site == SITE_AUX && strcmp(value, "AUX") != 0)
            return bad(l, "unknown site (see proto/sites.def)", value);
        return HEMO_OK;
    case MARK_PHASE:
        for (m->phase = 0; m->phase <= PHASE_MAX; m->phase++)
            if (!strcmp(phase_text(m->phase), value))
                return HEMO_OK;
        return bad(l, "unknown phase (want rest, exercise, drug or post)", value);
    case MARK_VALUE: {
        const struct quantity_row *row = quantity_from_id(fields[4]);
        if (!row || !real(value, &m->value))
            return bad(l, "value (want a number and a quantity of quantities.def)", value);
        m->quantity = row->quantity;
        return HEMO_OK;
    }
    case MARK_CAPTURE: /* seconds, last ones below zero; as text the site, where it is another */
        m->site = *fields[4] ? site_from_label(fields[4]) : SITE_NONE;
        if (!real(value, &m->value) || m->value == 0 || fabs(m->value) > 60)
            return bad(l, "seconds (want -60 to 60, below zero for the last ones)", value);
        return HEMO_OK;
    case MARK_DRUG:
    case MARK_NOTE:
        snprintf(m->text, sizeof m->text, "%s", fields[4]);
        return HEMO_OK;
    default:
        if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
            return bad(l, "value (want 1 where it begins, 0 where it ends)", value);
        m->value = *value == '1';
        return HEMO_OK;
    }
}

static enum hemo_error parse_line(const struct loader *l, char *line, struct stream_mark *m) {
    char *fields[FIELDS];
    *m = (struct stream_mark){0};
    if (!split(line, fields))
        return bad(l, "want time_s,kind,channel,value,text, not", line);
    double time_s;
    if (!real(fields[0], &time_s) || time_s < 0 || time_s > 1e9)
        return bad(l, "time (want seconds from the beginning)", fields[0]);
    m->tick = (uint64_t)llround(time_s * stream_base_rate_hz(l->info));
    for (uint32_t kind = 1; kind <= MARK_KIND_MAX; kind++)
        if (kind_names[kind] && !strcmp(fields[1], kind_names[kind]))
            m->kind = kind;
    if (!m->kind)
        return bad(l, "unknown kind", fields[1]);
    int channel = marks_channel(l->info, fields[2]);
    if (channel < 0)
        return bad(l, "unknown channel", fields[2]);
    m->channel = (uint32_t)channel;
    return fill_value(l, m, fields);
}

static enum hemo_error load_lines(struct loader *l, FILE *in) {
    char line[LINE_CHARS];
    uint64_t last = 0;
    while (fgets(line, sizeof line, in)) {
        l->line++;
        line[strcspn(line, "\r\n")] = 0;
        if (l->line == 1 && strcmp(line, header) != 0)
            return bad(l, "want the header time_s,kind,channel,value,text, not", line);
        if (l->line == 1 || !line[0])
            continue;
        if (l->marks->count == MARKS_MAX)
            return bad(l, "too many marks", "");
        struct stream_mark *mark = &l->marks->rows[l->marks->count];
        enum hemo_error error = parse_line(l, line, mark);
        if (error)
            return error;
        if (mark->tick < last)
            return bad(l, "earlier than the line before it (want them in order of time)", "");
        last = mark->tick;
        l->marks->count++;
    }
    return ferror(in) ? bad(l, "cannot be read", "") : HEMO_OK;
}

enum hemo_error marks_load(struct marks *marks, const char *path, const struct stream_info *info,
                           struct failure *failure) {
    *marks = (struct marks){0};
    FILE *in = fopen(path, "re");
    if (!in)
        return failure_set(failure, failure_from_errno(errno), "%s: %s (want a CSV of marks)", path,
                           errno == ENOENT ? "no such file" : "cannot be read");
    struct loader l = {.marks = marks, .path = path, .info = info, .failure = failure};
    marks->rows = malloc(MARKS_MAX * sizeof marks->rows[0]);
    enum hemo_error error = marks->rows ? load_lines(&l, in) : HEMO_NO_ROOM;
    if (!marks->rows)
        failure_set(failure, error, "%s: no memory", path);
    fclose(in);
    if (error)
        marks_free(marks);
    return error;
}

void marks_free(struct marks *marks) {
    free(marks->rows);
    *marks = (struct marks){0};
}

void marks_write(FILE *out, const struct stream_mark *mark, const struct stream_info *info) {
    const struct site_row *site = site_row(mark->site);
    const struct quantity_row *quantity = quantity_row(mark->quantity);
    fprintf(out, "%.4f,%s,%s,", (double)mark->tick / stream_base_rate_hz(info),
            kind_names[mark->kind], info->channels[mark->channel].label);
    if (mark->kind == MARK_SITE)
        fprintf(out, "%s,\n", site ? site->name : "AUX");
    else if (mark->kind == MARK_PHASE)
        fprintf(out, "%s,\n", phase_text(mark->phase));
    else if (mark->kind == MARK_CAPTURE)
        fprintf(out, "%.6g,%s\n", mark->value, site ? site->name : "");
    else if (mark->kind == MARK_VALUE)
        fprintf(out, "%.6g,%s\n", mark->value, quantity ? quantity->id : "");
    else
        fprintf(out, "%.6g,%s\n", mark->value, mark->text);
}
