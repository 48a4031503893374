/* b_trends - the detectors and the baselines on trends of one mean a minute, as an intensive care
 * chart keeps them: what they say before and at a long low pressure, and what of nothing.
 *
 *     b_trends FOLDER          map_per_minute.csv (minute, a column for each patient), labels.csv
 *
 * A minute is drawn out to 60 beats on the line between two means: that adds nothing, and leaves
 * out each fall that is over within a minute. A fall into low pressure: five minutes below 65 mmHg
 * behind ten above. Found: an alarm begins from 20 min before to 5 min behind its first minute. Of
 * nothing: an alarm (but one of a level, while that is so low within 5 min) where the mean of no
 * minute of the next five lies 15 % and 15 mmHg below one of the last fifteen. */
#include "tests/bench/bank.h"
#include "proto/quantity.h"
#include "tests/bench/baselines.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENTS_MAX = 64, MINUTES_MAX = 2000, BEATS_A_MINUTE = 60, HZ = 10, STARTS_MAX = 4096 };
enum { FALLING, LOW, FIRST_BASELINE, WAYS = FIRST_BASELINE + BASELINES };
static const double low_mmhg = 65, fall_share = 0.15, fall_mmhg = 15;

static struct trends {
    int patients, minutes;
    float mmhg[PATIENTS_MAX][MINUTES_MAX]; /* NAN: none */
    int episode[PATIENTS_MAX];             /* its first minute; -1: none */
} trends;

/* Minutes at which an alarm began, of one patient. */
struct starts {
    int count, minutes[STARTS_MAX];
};

struct score {
    int falls, found, episodes, warned, alarms, of_nothing;
    int leads_count, leads[STARTS_MAX], early_count, early[STARTS_MAX];
};

static FILE *open_csv(const char *folder, const char *name) {
    char path[1024], line[8192];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    if (!file || !fgets(line, sizeof line, file)) {
        fprintf(stderr, "b_trends: %s: cannot be read\n", path);
        exit(1);
    }
    return file;
}

static void read_trends(const char *folder) {
    char line[8192];
    FILE *file = open_csv(folder, "map_per_minute.csv");
    for (; trends.minutes < MINUTES_MAX && fgets(line, sizeof line, file); trends.minutes++) {
        char *at = strchr(line, ',');
        int p = 0;
        for (; at && p < PATIENTS_MAX; p++, at = strchr(at, ',')) {
            char *end;
            double mmhg = strtod(++at, &end);
            trends.mmhg[p][trends.minutes] = end == at ? NAN : (float)mmhg;
        }
        trends.patients = p;
    }
    fclose(file);
    file = open_csv(folder, "labels.csv");
    for (int p = 0; p < trends.patients && fgets(line, sizeof line, file); p++) {
        const char *has = strchr(line, ',');
        bool episode = has && has[1] == '1' && has[2] == ',';
        trends.episode[p] = episode ? (int)strtol(has + 3, NULL, 10) : -1;
    }
    fclose(file);
}

static int now_minute;

static void begins(struct starts *starts) {
    if (starts->count < STARTS_MAX)
        starts->minutes[starts->count++] = now_minute;
}

static void finding(void *context, const struct event *event, uint64_t now_tick) {
    struct starts *ways = context;
    (void)now_tick;
    if (event->state != EVENT_RAISED)
        return;
    if (event->kind == EVENT_FALLING_BP)
        begins(&ways[FALLING]);
    if (event->kind == EVENT_LOW_BP)
        begins(&ways[LOW]);
}

static void run_patient(int p, struct starts *ways) {
    static struct bank bank;
    const struct rules rules = rules_default();
    struct baselines baselines = {0};
    bank_open(&bank, 1, HZ, &rules);
    for (int second = 0; second < (trends.minutes - 1) * BEATS_A_MINUTE; second++) {
        double part = second % BEATS_A_MINUTE / (double)BEATS_A_MINUTE;
        now_minute = second / BEATS_A_MINUTE;
        double mmhg = (1 - part) * (double)trends.mmhg[p][now_minute] +
                      part * (double)trends.mmhg[p][now_minute + 1];
        struct event beat = {.kind = EVENT_BEAT, .site = SITE_ART, .quality = 1};
        if (isnan(mmhg))
            continue;
        beat.tick = beat.from_tick = (uint64_t)second * HZ;
        beat.to_tick = beat.emitted_tick = beat.tick + HZ;
        event_add_value(&beat, QUANTITY_MEAN, mmhg, 0);
        bank_hear(&bank, &beat, finding, ways);
        uint32_t bits = baselines_beat(&baselines, mmhg) | baselines_second(&baselines, mmhg);
        for (int b = 0; b < BASELINES; b++)
            if (bits >> b & 1)
                begins(&ways[FIRST_BASELINE + b]);
    }
}

/* Least (sign -1) or greatest (sign 1) mean of minutes [first, last]. */
static double extreme(int p, int first, int last, double sign) {
    double most = -INFINITY;
    for (int m = first > 0 ? first : 0; m <= last && m < trends.minutes; m++)
        if (!isnan(trends.mmhg[p][m]))
            most = fmax(most, sign * (double)trends.mmhg[p][m]);
    return sign * most;
}

static bool of_nothing(int p, int way, int minute) {
    double before = extreme(p, minute - 15, minute, 1), behind = extreme(p, minute, minute + 5, -1);
    bool level = way != FALLING && way != FIRST_BASELINE + BASELINE_CUSUM;
    if (level && extreme(p, minute - 5, minute + 5, -1) < low_mmhg)
        return false;
    return before - behind < fmax(fall_mmhg, fall_share * before);
}

static bool falls_low(int p, int minute) {
    return minute >= 10 && minute + 4 < trends.minutes &&
           extreme(p, minute - 10, minute - 1, -1) >= low_mmhg &&
           extreme(p, minute, minute + 4, 1) < low_mmhg;
}

/* Minutes that the first alarm within [from, to] came before `minute`; INT32_MIN: none did. */
static int lead(const struct starts *starts, int minute, int from, int to) {
    for (int i = 0; i < starts->count; i++)
        if (starts->minutes[i] >= from && starts->minutes[i] <= to)
            return minute - starts->minutes[i];
    return INT32_MIN;
}

static void score_patient(int p, int way, const struct starts *starts, struct score *score) {
    score->alarms += starts->count;
    for (int i = 0; i < starts->count; i++)
        score->of_nothing += of_nothing(p, way, starts->minutes[i]);
    for (int minute = 0; minute < trends.minutes; minute++) {
        if (!falls_low(p, minute))
            continue;
        int before = lead(starts, minute, minute - 20, minute + 5);
        score->falls++;
        score->found += before != INT32_MIN;
        if (before != INT32_MIN)
            score->leads[score->leads_count++] = before;
    }
    int episode = trends.episode[p];
    if (episode < 0)
        return;
    int before = lead(starts, episode, episode - 60, episode + 5);
    score->episodes++;
    score->warned += before != INT32_MIN;
    if (before != INT32_MIN)
        score->early[score->early_count++] = before;
}

static int ascending(const void *a, const void *b) {
    return *(const int *)a - *(const int *)b;
}

static double part(int *values, int count, double share) {
    qsort(values, (size_t)count, sizeof *values, ascending);
    return count ? (double)values[lround(share * (count - 1))] : (double)NAN;
}

int main(int argc, char **argv) {
    static struct score scores[WAYS];
    const char *names[WAYS] = {"falling_bp", "low_bp (mean < 65 for 60 s)"};
    if (argc != 2) {
        fprintf(stderr, "usage: b_trends FOLDER\n");
        return 2;
    }
    read_trends(argv[1]);
    for (int p = 0; p < trends.patients; p++) {
        static struct starts ways[WAYS];
        memset(ways, 0, sizeof ways);
        run_patient(p, ways);
        for (int way = 0; way < WAYS; way++)
            score_patient(p, way, &ways[way], &scores[way]);
    }
    double hours = trends.patients * (trends.minutes - 1) / 60.0;
    printf("%d patients, %.0f h\n\n| | falls into low pressure found | lead, median min (5 %%, 95 "
           "%%) | episodes warned of within the hour | lead, median min | alarms per h | of "
           "nothing per h |\n|---|---|---|---|---|---|---|\n", trends.patients, hours);
    for (int way = 0; way < WAYS; way++) {
        struct score *s = &scores[way];
        const char *name = way < FIRST_BASELINE ? names[way] : baseline_names[way - FIRST_BASELINE];
        printf("| %s | %d of %d | %.0f (%.0f, %.0f) | %d of %d | %.0f | %.3f | %.3f |\n", name,
               s->found, s->falls, part(s->leads, s->leads_count, 0.5),
               part(s->leads, s->leads_count, 0.05), part(s->leads, s->leads_count, 0.95),
               s->warned, s->episodes, part(s->early, s->early_count, 0.5), s->alarms / hours,
               s->of_nothing / hours);
    }
    return 0;
}
