/* b_detectors - simulated patients through a room in process: what was found, when, and what was
 * found of nothing; beside baselines on the same beats (mean < 65 for a minute, EWMA, CUSUM).
 *
 *     b_detectors SEEDS FIRST_SEED        stable ones get an artefact a minute, of every kind */
#include "detectors/room.h"
#include "dsp/spectrum.h"
#include "proto/quantity.h"
#include "sim/patient_source.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { KINDS = 16, FAULTS = 24, DRAWS_MAX = 4096 };
static const double case_s = 1500, never = INFINITY;

/* Baselines: of the beats' means, against the first minute. */
struct baseline {
    uint32_t count;
    double sum, sum2, ewma, cusum, ewma_s, cusum_s;
};

struct draw {
    double base_rate_hz;
    double found_s[KINDS]; /* 301 + i */
    uint32_t raised, held, line;
    struct baseline baseline;
};

static void baseline_beat(struct baseline *b, double at_s, double mmhg) {
    if (b->count < 60) {
        b->count++;
        b->sum += mmhg;
        b->sum2 += mmhg * mmhg;
        b->ewma = b->sum / b->count;
        return;
    }
    double mean = b->sum / b->count;
    double sd = fmax(1.5, sqrt(fmax(0, b->sum2 / b->count - mean * mean)));
    b->ewma += 0.05 * (mmhg - b->ewma);
    b->cusum = fmax(0, b->cusum + (mean - mmhg) / sd - 0.5);
    if (b->ewma < 65 && b->ewma_s > at_s)
        b->ewma_s = at_s;
    if (b->cusum > 8 && b->cusum_s > at_s)
        b->cusum_s = at_s;
}

static void hear(void *context, const struct event *event) {
    struct draw *d = context;
    double mmhg, at_s = (double)event->emitted_tick / d->base_rate_hz;
    if (event->kind == EVENT_BEAT && event->site == SITE_AO && event->left_out_count == 0 &&
        event_value(event, QUANTITY_MEAN, &mmhg))
        baseline_beat(&d->baseline, at_s, mmhg);
    d->held += event->kind == EVENT_HELD_BACK;
    if (event->state != EVENT_RAISED || event->kind < 301 || event->kind >= 301 + KINDS)
        return;
    d->line += event->kind == EVENT_LINE_LOST;
    d->raised += event->kind != EVENT_LINE_LOST;
    if (d->found_s[event->kind - 301] > at_s)
        d->found_s[event->kind - 301] = at_s;
}

static void feed(struct room *room, struct source *source, struct draw *d) {
    struct source_item item;
    struct failure failure;
    enum hemo_error error = HEMO_OK;
    while (!error && !(error = source->next(source->state, &item, &failure)) &&
           item.kind != SOURCE_END) {
        if (item.kind == SOURCE_SAMPLES)
            error = room_push(room, &item.body.samples, hear, d);
        else if (item.kind == SOURCE_GAP)
            error = room_gap(room, &item.body.gap, hear, d);
        else
            error = room_mark(room, &item.body.mark, hear, d);
    }
    if (error)
        abort();
    room_end(room, hear, d);
}

static struct draw run(const char *name, uint64_t seed, const char *const *faults, int count) {
    static struct room *room;
    static struct spectrum spectrum;
    struct rules rules = rules_default();
    struct source source;
    struct failure failure;
    struct draw d = {.baseline = {.ewma_s = never, .cusum_s = never}};
    for (int i = 0; i < KINDS; i++)
        d.found_s[i] = never;
    struct patient_source_config config = {.row = patient_find(name), .seed = seed,
                                           .duration_s = case_s, .faults = faults,
                                           .faults_count = count};
    if ((!room && !(room = malloc(room_size()))) ||
        patient_source_open(&source, &config, &failure) || room_init(room, &rules) ||
        (!spectrum.plan && !spectrum_init(&spectrum)))
        abort();
    struct wire_epoch_begin begin = {.stream = 1, .room = 1, .epoch = 1, .case_number = 1,
                                     .info = source.info};
    d.base_rate_hz = stream_base_rate_hz(&source.info);
    room_spectrum(room, &spectrum);
    if (room_begin(room, &begin))
        abort();
    feed(room, &source, &d);
    source.close(source.state);
    return d;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void line(const char *what, double *delays, int count) {
    int found = 0;
    qsort(delays, (size_t)count, sizeof *delays, ascending);
    while (found < count && isfinite(delays[found]))
        found++;
    printf("| %s | %d of %d | %.0f | %.0f |\n", what, found, count,
           found ? delays[found / 2] : NAN, found ? delays[(found - 1) * 95 / 100] : NAN);
}

/* Delays from the onset that patients.def gives. */
static void patients(const char *name, uint32_t kind, int seeds, uint64_t first) {
    static double ours[DRAWS_MAX], low[DRAWS_MAX], ewma[DRAWS_MAX], cusum[DRAWS_MAX];
    double onset_s = patient_find(name)->onset_s;
    int earlier = 0;
    for (int i = 0; i < seeds; i++) {
        struct draw d = run(name, first + (uint64_t)i, NULL, 0);
        ours[i] = d.found_s[kind - 301] - onset_s;
        low[i] = d.found_s[EVENT_LOW_BP - 301] - onset_s;
        ewma[i] = d.baseline.ewma_s - onset_s;
        cusum[i] = d.baseline.cusum_s - onset_s;
        earlier += ours[i] < low[i];
    }
    printf("| %s: %s | | | before low_bp in %d |\n", name, event_row(kind)->name, earlier);
    line("ours", ours, seeds);
    line("mean < 65 for 60 s", low, seeds);
    line("EWMA < 65", ewma, seeds);
    line("CUSUM k 0.5 h 8", cusum, seeds);
}

/* A fault each minute, of each kind in turn, for 4 to 20 s. */
static int make_faults(char text[FAULTS][40], const char *faults[FAULTS], uint64_t seed) {
    static const char *const kinds[] = {"flush", "zero", "gap", "rail"};
    for (int i = 0; i < FAULTS; i++) {
        unsigned from = 45 + 60 * (unsigned)i;
        unsigned lasts = 4 + (unsigned)(seed * 7 + 5 * (unsigned)i) % 17;
        snprintf(text[i], 40, "%s@%u+%u", kinds[(seed + (unsigned)i) % 4], from, lasts);
        faults[i] = text[i];
    }
    return FAULTS;
}

static void stable(int seeds, uint64_t first, bool artefacts) {
    uint32_t raised = 0, held = 0, lost = 0, low = 0, ewma = 0, cusum = 0;
    for (int i = 0; i < seeds; i++) {
        char text[FAULTS][40];
        const char *faults[FAULTS];
        uint64_t seed = first + (uint64_t)i;
        int count = artefacts ? make_faults(text, faults, seed) : 0;
        struct draw d = run("stable", seed, faults, count);
        raised += d.raised - (isfinite(d.found_s[EVENT_LOW_BP - 301]) ? 1 : 0);
        low += isfinite(d.found_s[EVENT_LOW_BP - 301]) ? 1u : 0u;
        held += d.held;
        lost += d.line;
        ewma += isfinite(d.baseline.ewma_s) ? 1u : 0u;
        cusum += isfinite(d.baseline.cusum_s) ? 1u : 0u;
    }
    double hours = seeds * case_s / 3600;
    printf("| stable%s, %.1f h | ours %u (%.3f/h), held back %u, line %u | mean < 65: %u | "
           "EWMA %u, CUSUM %u |\n",
           artefacts ? " with artefacts" : "", hours, raised, raised / hours, held, lost, low,
           ewma, cusum);
}

int main(int argc, char **argv) {
    long seeds_asked = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
    int seeds = seeds_asked > 0 && seeds_asked <= DRAWS_MAX ? (int)seeds_asked : 0;
    if (seeds < 1) {
        fprintf(stderr, "usage: b_detectors SEEDS FIRST_SEED (want 1 to %d seeds)\n", DRAWS_MAX);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    uint64_t first = strtoull(argv[2], NULL, 10);
    printf("seeds %llu to %llu, cases of %.0f s\n\n", (unsigned long long)first,
           (unsigned long long)first + (unsigned)seeds - 1, case_s);
    printf("| what | found | delay median, s | 95 %%, s |\n|---|---|---|---|\n");
    patients("bleeding", EVENT_FALLING_BP, seeds, first);
    patients("failing", EVENT_RISING_WEDGE, seeds, first);
    stable(seeds, first, false);
    stable(seeds, first, true);
    return 0;
}
