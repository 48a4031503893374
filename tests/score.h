/* score.h - beats beside the values that a bedside device showed: the arithmetic of the project's
 * scorer (median of the beats that begin in the device's window, at least four; intervals marked as
 * artefact left out on both sides). */
#pragma once
#include "proto/event.h"
#include "proto/quantity.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCORE_BEATS_MAX = 20000, SCORE_ROWS_MAX = 8000, SCORE_HOLES_MAX = 64, SCORE_BEATS_MIN = 4 };
enum { SCORE_SYSTOLIC, SCORE_DIASTOLIC, SCORE_MEAN, SCORE_VALUES };

struct score_beat {
    double at_s;
    double values[SCORE_VALUES];
};

struct score_beats {
    uint32_t site; /* only beats of that site are kept */
    uint32_t count;
    struct score_beat beats[SCORE_BEATS_MAX];
};

struct score_value {
    uint32_t n, lost;
    double bias, sd;
};

struct score {
    struct score_value values[SCORE_VALUES];
    uint32_t blank, blank_given; /* rows that the device withheld; of these, with beats */
};

static inline void score_beat(struct score_beats *beats, const struct event *event,
                              double base_rate_hz) {
    static const uint32_t quantities[] = {QUANTITY_SYSTOLIC, QUANTITY_DIASTOLIC, QUANTITY_MEAN};
    if (event->site != beats->site)
        return;
    if (beats->count == SCORE_BEATS_MAX)
        abort();
    struct score_beat *beat = &beats->beats[beats->count++];
    beat->at_s = (double)event->tick / base_rate_hz;
    for (int v = 0; v < SCORE_VALUES; v++)
        if (!event_value(event, quantities[v], &beat->values[v]))
            beat->values[v] = NAN;
}

static inline void score_withdraw(struct score_beats *beats, const struct event *event,
                                  double base_rate_hz) {
    double from_s = (double)event->from_tick / base_rate_hz;
    double to_s = (double)event->to_tick / base_rate_hz;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < beats->count; i++) {
        const struct score_beat *beat = &beats->beats[i];
        if (event->site != beats->site || beat->at_s < from_s || beat->at_s >= to_s)
            beats->beats[kept++] = *beat;
    }
    beats->count = kept;
}

/* One row of a device's numerics or of an events file; NAN where a field is blank. */
struct score_row {
    double at_s, values[SCORE_VALUES], from_s, to_s;
};

struct score_table {
    uint32_t rows_count, holes_count;
    struct score_row rows[SCORE_ROWS_MAX];
    struct {
        double from_s, to_s;
    } holes[SCORE_HOLES_MAX];
};

static inline double score_number(const char *text) {
    return text == NULL || *text == '\0' ? NAN : strtod(text, NULL);
}

static inline uint32_t score_split(char *line, char *fields[], uint32_t most) {
    uint32_t n = 0;
    line[strcspn(line, "\r\n")] = '\0';
    for (char *at = line; at != NULL && n < most;)
        fields[n++] = strsep(&at, ",");
    return n;
}

static inline FILE *score_open(const char *folder, const char *record, const char *what) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s.%s.csv", folder, record, what);
    return fopen(path, "r");
}

/* time_s,site,systolic,diastolic,mean,hr,win_from_s,win_to_s */
static inline void score_read_rows(struct score_table *table, FILE *in, uint32_t site) {
    char line[512], *fields[8];
    while (fgets(line, sizeof line, in) != NULL) {
        if (score_split(line, fields, 8) < 8 || site_from_label(fields[1]) != site)
            continue;
        struct score_row *row = &table->rows[table->rows_count++];
        *row = (struct score_row){
            score_number(fields[0]),
            {score_number(fields[2]), score_number(fields[3]), score_number(fields[4])},
            score_number(fields[6]),
            score_number(fields[7])};
        /* A mean given while the systolic is blank is a flush, wedge or zero. */
        if (isnan(row->values[SCORE_SYSTOLIC]))
            row->values[SCORE_MEAN] = row->values[SCORE_DIASTOLIC] = NAN;
        if (table->rows_count == SCORE_ROWS_MAX)
            abort();
    }
}

/* start_s,end_s,kind,signal,note */
static inline void score_read_holes(struct score_table *table, FILE *in, uint32_t site) {
    char line[512], *fields[5];
    while (fgets(line, sizeof line, in) != NULL) {
        if (score_split(line, fields, 5) < 4)
            continue;
        bool artefact = strncmp(fields[2], "artefact", 8) == 0 || strncmp(fields[2], "gap", 3) == 0;
        if (!artefact || (*fields[3] != '\0' && site_from_label(fields[3]) != site))
            continue;
        if (table->holes_count == SCORE_HOLES_MAX)
            abort();
        table->holes[table->holes_count].from_s = score_number(fields[0]);
        table->holes[table->holes_count++].to_s = score_number(fields[1]);
    }
}

static inline int score_compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median of the finite values in the window; *n: how many. */
static inline double score_median(const struct score_beats *beats, const struct score_row *row,
                                  int value, uint32_t *n) {
    static double found[SCORE_BEATS_MAX];
    *n = 0;
    for (uint32_t i = 0; i < beats->count; i++) {
        const struct score_beat *beat = &beats->beats[i];
        if (beat->at_s >= row->at_s + row->from_s && beat->at_s <= row->at_s + row->to_s &&
            isfinite(beat->values[value]))
            found[(*n)++] = beat->values[value];
    }
    if (*n == 0)
        return NAN;
    qsort(found, *n, sizeof found[0], score_compare);
    return *n % 2 == 1 ? found[*n / 2] : (found[*n / 2 - 1] + found[*n / 2]) / 2;
}

static inline bool score_left_out(const struct score_table *table, const struct score_row *row,
                                  double from_s) {
    bool out = row->at_s < from_s;
    for (uint32_t i = 0; i < table->holes_count; i++)
        out |= row->at_s + row->to_s >= table->holes[i].from_s &&
               row->at_s + row->from_s <= table->holes[i].to_s;
    return out;
}

static inline struct score_value score_one(const struct score_beats *beats,
                                           const struct score_table *table, int value,
                                           double from_s) {
    struct score_value out = {0, 0, 0, 0};
    double sum = 0, squares = 0;
    for (uint32_t i = 0; i < table->rows_count; i++) {
        const struct score_row *row = &table->rows[i];
        uint32_t n;
        if (score_left_out(table, row, from_s) || !isfinite(row->values[value]))
            continue;
        double difference = score_median(beats, row, value, &n) - row->values[value];
        if (n < SCORE_BEATS_MIN) {
            out.lost++;
            continue;
        }
        out.n++;
        sum += difference;
        squares += difference * difference;
    }
    out.bias = sum / out.n;
    out.sd = out.n > 1 ? sqrt((squares - sum * out.bias) / (out.n - 1)) : NAN;
    return out;
}

struct score_part {
    uint32_t site;
    double from_s, without_s; /* without_s: the row at that time is left out; NAN: none */
};

static inline void score_drop(struct score_table *table, double at_s) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < table->rows_count; i++)
        if (!(fabs(table->rows[i].at_s - at_s) < 0.5))
            table->rows[kept++] = table->rows[i];
    table->rows_count = kept;
}

static inline struct score score_numerics_but(const struct score_beats *beats, const char *folder,
                                              const char *record, struct score_part part) {
    uint32_t site = part.site;
    double from_s = part.from_s;
    static struct score_table table;
    struct score score = {0};
    memset(&table, 0, sizeof table);
    FILE *rows = score_open(folder, record, "numerics");
    FILE *holes = score_open(folder, record, "events");
    if (rows == NULL)
        abort();
    score_read_rows(&table, rows, site);
    fclose(rows);
    score_drop(&table, part.without_s);
    if (holes != NULL) {
        score_read_holes(&table, holes, site);
        fclose(holes);
    }
    for (int v = 0; v < SCORE_VALUES; v++)
        score.values[v] = score_one(beats, &table, v, from_s);
    for (uint32_t i = 0; i < table.rows_count; i++) {
        uint32_t n;
        const struct score_row *row = &table.rows[i];
        if (isfinite(row->values[SCORE_SYSTOLIC]) || score_left_out(&table, row, from_s))
            continue;
        score.blank++;
        score_median(beats, row, SCORE_MEAN, &n);
        score.blank_given += n >= SCORE_BEATS_MIN;
    }
    return score;
}

static inline struct score score_numerics(const struct score_beats *beats, const char *folder,
                                          const char *record, uint32_t site, double from_s) {
    return score_numerics_but(beats, folder, record, (struct score_part){site, from_s, NAN});
}
