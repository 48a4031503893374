#include "sim/plot.h"
#include "proto/site.h"
#include "sim/offline.h"
#include "sim/output.h"
#include "sim/picture.h"
#include "sim/record_source.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LINE_CHARS = 512, FIELDS = 16 };
static const double around_s = 2; /* shown before and behind a measurement */

struct plot {
    const struct options *options;
    const volatile sig_atomic_t *stop;
    struct picture picture;
    struct event measurement; /* the one that was asked for */
    double rate_hz;
    bool found, several;
    bool draws; /* the second run: the picture is made */
};

static void hear(void *context, const struct event *event) {
    struct plot *plot = context;
    const char *wanted = plot->options->measurement;
    char id[EVENT_ID_TEXT];
    id_text(event->id, id);
    if (wanted && event->kind == EVENT_MEASUREMENT && !strncmp(id, wanted, strlen(wanted))) {
        plot->several |= plot->found && !id_equal(event->id, plot->measurement.id);
        plot->measurement = *event;
        plot->found = true;
    }
    if (plot->draws)
        picture_event(&plot->picture, event);
}

static struct record_source_config record_of(const struct options *o) {
    return (struct record_source_config){.path = o->record,
                                         .to_s = NAN,
                                         .signals = o->signals,
                                         .maps = o->maps,
                                         .maps_count = o->maps_count,
                                         .marks = o->marks,
                                         .ignore_checksums = o->ignore_checksums};
}

/* The whole record through a room: what a stretch shows depends on what was before it. */
static enum hemo_error run_once(struct plot *plot, const struct picture_view *view,
                                struct failure *failure) {
    const struct options *o = plot->options;
    struct record_source_config config = record_of(o);
    struct offline_config run = {.name = o->record, .rules = o->rules, .room = o->room};
    struct offline offline = {.room = NULL};
    struct source source = {.close = NULL};
    struct source_item item = {.kind = SOURCE_GAP};
    enum hemo_error error = record_source_open(&source, &config, failure);
    if (!error)
        error = offline_open(&offline, &source, &run, failure);
    for (int i = 0; i < o->sets_count && !error; i++)
        error = offline_type(&offline, o->sets[i], hear, plot, failure);
    if (!error && view)
        picture_init(&plot->picture, &source.info, view);
    plot->draws = view != NULL;
    plot->rate_hz = offline.base_rate_hz;
    while (!error && item.kind != SOURCE_END) {
        error = source.next(source.state, &item, failure);
        if (!error && view)
            picture_item(&plot->picture, &item);
        if (!error)
            error = offline_use(&offline, &item, hear, plot, failure);
        if (!error && *plot->stop)
            error = failure_set(failure, HEMO_INTERRUPTED, "interrupted; nothing written");
    }
    offline_close(&offline);
    if (source.close)
        source.close(source.state);
    return error;
}

/* The fields of a CSV line, cut in place. */
static int cut(char *line, char *fields[FIELDS]) {
    int n = 0;
    line[strcspn(line, "\r\n")] = 0;
    while (n < FIELDS && line) {
        fields[n++] = line;
        line = strchr(line, ',');
        if (line)
            *line++ = 0;
    }
    return n;
}

static double number(const char *text) {
    char *end;
    double value = strtod(text, &end);
    return end == text || *end ? NAN : value;
}

/* By the names in its first line: later versions may have more columns. */
static int column(char *fields[FIELDS], int n, const char *name) {
    for (int i = 0; i < n; i++)
        if (!strcmp(fields[i], name))
            return i;
    return -1;
}

static enum hemo_error read_truth_lines(struct plot *plot, FILE *in, const char *path,
                                        struct failure *failure) {
    char head[LINE_CHARS], line[LINE_CHARS], *names[FIELDS], *fields[FIELDS];
    int n = fgets(head, sizeof head, in) ? cut(head, names) : 0;
    int at = column(names, n, "time_s"), site = column(names, n, "site");
    int high = column(names, n, "systolic"), low = column(names, n, "diastolic");
    int label = column(names, n, "channel");
    if (at < 0 || site < 0 || high < 0 || low < 0)
        return failure_set(failure, HEMO_BAD_FORMAT,
                           "%.200s:1: no truth (want time_s,site,systolic,diastolic,...)", path);
    for (int number_of_line = 2; fgets(line, sizeof line, in); number_of_line++) {
        if (cut(line, fields) != n || isnan(number(fields[at])))
            return failure_set(failure, HEMO_BAD_FORMAT, "%.200s:%d: want %d fields and a time",
                               path, number_of_line, n);
        struct picture_truth truth = {.site = site_from_label(fields[site]),
                                      .at_s = number(fields[at]),
                                      .systolic = number(fields[high]),
                                      .diastolic = number(fields[low])};
        for (uint32_t c = 0; label >= 0 && c < plot->picture.info.channels_count; c++)
            if (!strcmp(plot->picture.info.channels[c].label, fields[label]))
                truth.label = plot->picture.info.channels[c].label;
        picture_truth(&plot->picture, &truth);
    }
    return HEMO_OK;
}

static enum hemo_error read_truth(struct plot *plot, struct failure *failure) {
    const char *record = plot->options->record;
    char path[OUTPUT_PATH_MAX + 16];
    size_t length = strlen(record);
    if (length > 4 && !strcmp(record + length - 4, ".hea"))
        length -= 4;
    snprintf(path, sizeof path, "%.*s.truth.csv", (int)fmin((double)length, OUTPUT_PATH_MAX),
             record);
    FILE *in = fopen(path, "re");
    if (!in)
        return failure_set(failure, failure_from_errno(errno),
                           "%.200s: %s (want a record of hemosim gen)", path,
                           errno == ENOENT ? "no such file" : "cannot be read");
    enum hemo_error error = read_truth_lines(plot, in, path, failure);
    fclose(in);
    return error;
}

static enum hemo_error find_measurement(struct plot *plot, struct failure *failure) {
    const char *wanted = plot->options->measurement;
    enum hemo_error error = run_once(plot, NULL, failure);
    if (!error && !plot->found)
        error = failure_set(failure, HEMO_NOT_FOUND,
                            "%.100s: no measurement %.40s (want an id of analyze --json)",
                            plot->options->record, wanted);
    if (!error && plot->several)
        error = failure_set(failure, HEMO_BAD_CONFIG,
                            "--measurement %.40s: several begin like that (want more of it)",
                            wanted);
    return error;
}

static enum hemo_error check_out(const struct options *o, struct failure *failure) {
    struct stat status;
    if (o->force || !strcmp(o->out, "-") || stat(o->out, &status) || !S_ISREG(status.st_mode))
        return HEMO_OK;
    return failure_set(failure, HEMO_BAD_CONFIG, "%.200s exists (want another name, or --force)",
                       o->out);
}

static enum hemo_error write_out(const struct plot *plot, struct failure *failure) {
    struct output out;
    if (plot->picture.out_of_memory)
        return failure_set(failure, HEMO_NO_ROOM, "no memory for the picture");
    enum hemo_error error = output_open(&out, plot->options->out, failure);
    if (error)
        return error;
    picture_draw(&plot->picture, out.file);
    return output_commit(&out, failure);
}

enum hemo_error plot_run(const struct options *options, const volatile sig_atomic_t *stop,
                         struct failure *failure) {
    const struct options *o = options;
    struct plot plot = {.options = o, .stop = stop};
    struct picture_view view = {.from_s = o->from_s, .to_s = o->to_s, .title = o->record};
    enum hemo_error error = check_out(o, failure);
    if (!error && o->measurement)
        error = find_measurement(&plot, failure);
    if (!error && o->measurement) {
        view.measurement = &plot.measurement;
        double hz = plot.rate_hz;
        view.from_s = fmax(0, (double)plot.measurement.from_tick / hz - around_s);
        view.to_s = (double)plot.measurement.to_tick / hz + around_s;
    }
    if (!error)
        error = run_once(&plot, &view, failure);
    if (!error && o->truth)
        error = read_truth(&plot, failure);
    if (!error && plot.picture.from_tick && !plot.picture.traces[0].count)
        error = failure_set(failure, HEMO_BAD_CONFIG, "--from %g lies behind the record's end",
                            o->from_s);
    if (!error)
        error = write_out(&plot, failure);
    picture_free(&plot.picture);
    return error;
}
