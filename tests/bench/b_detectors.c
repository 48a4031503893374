/* b_detectors - simulated cases through a room: what was found, when, and what was found of
 * nothing; beside baselines on the same beats and on the bare line.
 *
 *     b_detectors LOGS HOURS FIRST_SEED [-v | sweep | - [there]]
 *
 * HOURS of patients to whom nothing happens (half of them with artefacts), and with them one case
 * in three in which something happens. LOGS keeps what was simulated, so a second run, a changed
 * detector and a sweep of rules take minutes. there: only what LOGS holds already. */
#include "tests/bench/bank.h"
#include "tests/bench/baselines.h"
#include "tests/bench/cases.h"
#include <sys/stat.h>
#include <unistd.h>

enum {
    KINDS = 32,
    FIRST_KIND = 301,
    TRUTHS_MAX = 8192,
    CHANNELS = PATIENT_CHANNELS,
    DELAYS_MAX = 1024,
    VARIANTS_MAX = 80
};
static const double never = INFINITY;

/* What one detector (or baseline) did in all cases. */
struct tally {
    uint32_t events, found, before_low, at_20, false_quiet, false_artefacts, true_quiet;
    uint32_t delays_count;
    double delays_s[DELAYS_MAX], lost[DELAYS_MAX];
};

/* What was true. */
struct series {
    uint32_t count;
    double at_s[TRUTHS_MAX], mmhg[TRUTHS_MAX];
    double most_lost, most_lost_mmhg; /* behind the onset */
    double least_mmhg, most_wedge_mmhg, first_wedge_mmhg, most_v_mmhg;
};

/* First time that each was raised behind the onset; how often at all before it. */
struct heard {
    double first_s[KINDS];
    uint32_t early[KINDS], held;
    const struct case_head *head;
};

struct variant {
    char name[64];
    struct rules rules;
    struct heard heard;
    struct tally tallies[KINDS];
    uint32_t held;
};

static struct bench {
    bool verbose, there;
    double quiet_h, artefact_h;
    uint32_t variants_count;
    struct variant variants[VARIANTS_MAX];
    struct tally baselines[BASELINES];
    uint32_t room_said, bank_said;
} bench;

static void note(struct heard *h, uint32_t index, double at_s) {
    double onset_s = h->head->class == CASE_EVENT ? h->head->onset_s : never;
    if (at_s < onset_s)
        h->early[index]++;
    else if (at_s < h->first_s[index])
        h->first_s[index] = at_s;
}

static void finding(void *context, const struct event *event, uint64_t now_tick) {
    struct heard *h = context;
    bench.bank_said += h == &bench.variants[0].heard ? 1 : 0;
    if (bench.verbose && h == &bench.variants[0].heard && event->kind != EVENT_LINE_LOST)
        printf("# %s %llu: %.1f s %s %s %s %.0f -> %.0f\n", h->head->patient,
               (unsigned long long)h->head->seed, (double)now_tick / h->head->base_rate_hz,
               site_row(event->site)->label, event_row(event->kind)->name,
               event_state_text(event->state), event->from_value, event->to_value);
    h->held += event->kind == EVENT_HELD_BACK;
    if (event->state != EVENT_RAISED || event->kind < FIRST_KIND ||
        event->kind >= FIRST_KIND + KINDS)
        return;
    note(h, event->kind - FIRST_KIND, (double)now_tick / h->head->base_rate_hz);
}

static void heard_open(struct heard *h, const struct case_head *head) {
    memset(h, 0, sizeof *h);
    h->head = head;
    for (int i = 0; i < KINDS; i++)
        h->first_s[i] = never;
}

static void truth_take(struct series *t, const struct case_entry *e) {
    if (e->site == SITE_PCW) {
        if (t->first_wedge_mmhg == 0)
            t->first_wedge_mmhg = e->mean_mmhg;
        t->most_wedge_mmhg = fmax(t->most_wedge_mmhg, e->mean_mmhg);
        t->most_v_mmhg = fmax(t->most_v_mmhg, e->systolic_mmhg - e->mean_mmhg);
        return;
    }
    t->least_mmhg = fmin(t->least_mmhg, e->mean_mmhg);
    if (t->count == TRUTHS_MAX)
        return;
    t->at_s[t->count] = e->at_s;
    t->mmhg[t->count++] = e->mean_mmhg;
}

/* The true mean of the minute before the onset. */
static double truth_before(const struct series *t, double onset_s) {
    double sum = 0;
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->count; i++)
        if (t->at_s[i] >= onset_s - 60 && t->at_s[i] < onset_s) {
            sum += t->mmhg[i];
            n++;
        }
    return sum / n;
}

/* The share of it that is lost at a time: over five beats. */
static double truth_lost(const struct series *t, double onset_s, double at_s) {
    double sum = 0;
    uint32_t i = 0, n = 0;
    while (i < t->count && t->at_s[i] < at_s)
        i++;
    for (; i > 0 && n < 5; n++)
        sum += t->mmhg[--i];
    return 1 - sum / n / truth_before(t, onset_s);
}

/* Over five beats, as at the time of a finding. */
static void truth_fall(struct series *t, double onset_s) {
    double before = truth_before(t, onset_s);
    for (uint32_t i = 5; i < t->count; i++) {
        double mean = 0;
        for (uint32_t k = 0; k < 5; k++)
            mean += t->mmhg[i - k] / 5;
        if (t->at_s[i - 4] < onset_s)
            continue;
        t->most_lost_mmhg = fmax(t->most_lost_mmhg, before - mean);
        t->most_lost = fmax(t->most_lost, 1 - mean / before);
    }
}

/* A word about the line: true where something is broken, and not a clinical finding. */
static bool is_line(uint32_t kind) {
    return kind == EVENT_LINE_LOST || (kind >= EVENT_GUIDE_DAMPED && kind <= EVENT_DAMPED_LINE);
}

/* Levels are true or false by the truth; of all else nothing is true where nothing happens. */
static bool is_true(uint32_t kind, const struct series *t) {
    const struct rules rules = rules_default();
    if (kind == EVENT_LOW_BP)
        return t->least_mmhg < (double)rules.low_mean_mmhg + 1;
    if (kind == EVENT_HIGH_WEDGE)
        return t->most_wedge_mmhg > (double)rules.wedge_high_mmhg - 1;
    return kind == EVENT_LARGE_V && t->most_v_mmhg > (double)rules.large_v_mmhg - 2;
}

/* What must be found in the cases in which something happens: of a wedge, where it truly rose by a
 * fifth more than the rule asks; of the artery, where it truly lost 15 % and 15 mmHg. */
static bool is_asked(uint32_t kind, const char *patient, const struct series *t) {
    if (strcmp(patient, "failing") == 0)
        return kind == EVENT_RISING_WEDGE && t->most_wedge_mmhg >= t->first_wedge_mmhg + 6 &&
               t->most_wedge_mmhg >= 18;
    if (strcmp(patient, "perforation") == 0 && kind == EVENT_TAMPONADE)
        return true;
    if (strcmp(patient, "pump_failure") == 0 && kind == EVENT_RISING_WEDGE)
        return true;
    bool fell = t->most_lost >= 0.15 && t->most_lost_mmhg >= 15;
    return fell && (kind == EVENT_FALLING_BP || kind == EVENT_LOW_BP);
}

static void tally_event(struct tally *y, const struct case_head *head, const struct series *t,
                        double at_s, double low_s) {
    y->events++;
    if (!isfinite(at_s) && bench.verbose && y == &bench.variants[0].tallies[0])
        printf("# %s %llu: never, %.1f mmHg and %.1f %% lost\n", head->patient,
               (unsigned long long)head->seed, t->most_lost_mmhg, 100 * t->most_lost);
    if (!isfinite(at_s))
        return;
    double lost = truth_lost(t, head->onset_s, at_s);
    if (bench.verbose && y == &bench.variants[0].tallies[0])
        printf("# %s %llu: %.0f s behind the onset, %.1f %% lost\n", head->patient,
               (unsigned long long)head->seed, at_s - head->onset_s, 100 * lost);
    y->found++;
    y->before_low += at_s < low_s;
    y->at_20 += lost <= 0.2;
    if (y->delays_count == DELAYS_MAX)
        return;
    y->delays_s[y->delays_count] = at_s - head->onset_s;
    y->lost[y->delays_count++] = lost;
}

static void tally_case(struct tally *y, const struct case_head *head, bool level_true,
                       uint32_t times) {
    if (level_true)
        y->true_quiet += times;
    else if (head->class != CASE_QUIET) /* half of the eventful have artefacts too */
        y->false_artefacts += times;
    else
        y->false_quiet += times;
}

static void score_variant(struct variant *v, const struct case_head *head, const struct series *t) {
    struct heard *h = &v->heard;
    v->held += h->held;
    for (uint32_t i = 0; i < KINDS; i++) {
        uint32_t kind = FIRST_KIND + i;
        if (!event_row(kind))
            continue;
        tally_case(&v->tallies[i], head, is_true(kind, t), h->early[i]);
        if (bench.verbose && v == bench.variants && h->early[i] > 0 && !is_true(kind, t))
            printf("# %s %llu: %s raised %u times of nothing\n", head->patient,
                   (unsigned long long)head->seed, event_row(kind)->name, h->early[i]);
        if (head->class == CASE_EVENT && is_asked(kind, head->patient, t))
            tally_event(&v->tallies[i], head, t, h->first_s[i],
                        h->first_s[EVENT_LOW_BP - FIRST_KIND]);
    }
}

static void score_baselines(const struct heard *h, const struct series *t) {
    const struct heard *ours = &bench.variants[0].heard;
    for (int i = 0; i < BASELINES; i++) {
        bool level_true = i != BASELINE_CUSUM && is_true(EVENT_LOW_BP, t);
        tally_case(&bench.baselines[i], h->head, level_true, h->early[i]);
        if (h->head->class == CASE_EVENT && is_asked(EVENT_FALLING_BP, h->head->patient, t))
            tally_event(&bench.baselines[i], h->head, t, h->first_s[i],
                        ours->first_s[EVENT_LOW_BP - FIRST_KIND]);
    }
}

static void note_bits(struct heard *h, uint32_t bits, double at_s) {
    for (uint32_t i = 0; i < BASELINES; i++)
        if (bits >> i & 1)
            note(h, i, at_s);
}

static bool is_artery(uint32_t site) {
    return site == SITE_AO || site == SITE_ART || site == SITE_PAO;
}

static void take_event(struct bank *banks, const struct event *event, struct heard *plain,
                       struct baselines *baselines) {
    double mmhg, at_s = (double)event->emitted_tick / plain->head->base_rate_hz;
    if ((event->kind > 300 && event->kind < 400) || event->kind == EVENT_HELD_BACK) {
        bench.room_said++;
        return; /* the room's own; the first set of rules must find the same */
    }
    for (uint32_t v = 0; v < bench.variants_count; v++)
        bank_hear(&banks[v], event, finding, &bench.variants[v].heard);
    if (event->kind == EVENT_BEAT && is_artery(event->site) && event->left_out_count == 0 &&
        event_value(event, QUANTITY_MEAN, &mmhg))
        note_bits(plain, baselines_beat(baselines, mmhg), at_s);
}

static void score(const char *path) {
    static struct bank banks[VARIANTS_MAX];
    static struct series truth;
    static struct case_entry e;
    struct case_head head;
    struct case_log log;
    struct baselines baselines = {0};
    struct heard plain;
    case_log_read(&log, path, &head);
    truth = (struct series){.least_mmhg = never};
    heard_open(&plain, &head);
    for (uint32_t v = 0; v < bench.variants_count; v++) {
        bank_open(&banks[v], CHANNELS, head.base_rate_hz, &bench.variants[v].rules);
        heard_open(&bench.variants[v].heard, &head);
    }
    while (case_log_get(&log, &e)) {
        if (e.kind == ENTRY_TRUTH)
            truth_take(&truth, &e);
        else if (e.kind == ENTRY_RAW)
            note_bits(&plain, baselines_second(&baselines, e.mean_mmhg), e.at_s);
        else
            take_event(banks, &e.event, &plain, &baselines);
    }
    fclose(log.file);
    truth_fall(&truth, head.onset_s);
    double hours = head.length_s / 3600;
    bench.quiet_h += head.class == CASE_QUIET ? hours : 0;
    bench.artefact_h += head.class == CASE_ARTEFACTS ? hours : 0;
    for (uint32_t v = 0; v < bench.variants_count; v++)
        score_variant(&bench.variants[v], &head, &truth);
    score_baselines(&plain, &truth);
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double part(double *values, uint32_t count, double share) {
    qsort(values, count, sizeof *values, ascending);
    return count ? values[(uint32_t)lround(share * (count - 1))] : NAN;
}

static void print_event(const char *name, struct tally *y) {
    printf("| %s | %u of %u | %.0f | %.0f | %.1f %% | %u | %u |\n", name, y->found, y->events,
           part(y->delays_s, y->delays_count, 0.5), part(y->delays_s, y->delays_count, 0.95),
           100 * part(y->lost, y->delays_count, 0.5), y->at_20, y->before_low);
}

/* Upper end of the 95 % interval of a rate, from a count (Poisson; 3 for none, else normal in the
 * square root, from memory). */
static double at_most(uint32_t count, double hours) {
    return (count == 0 ? 3 : pow(sqrt(count + 0.375) + 0.98, 2)) / hours;
}

static void print_false(const char *name, const struct tally *y) {
    double hours = bench.quiet_h + bench.artefact_h;
    uint32_t both = y->false_quiet + y->false_artefacts;
    printf("| %s | %u | %u | %.3f | %.3f | %u |\n", name, y->false_quiet, y->false_artefacts,
           both / hours, at_most(both, hours), y->true_quiet);
}

static void print_all(void) {
    struct variant *ours = &bench.variants[0];
    printf("\n| asked for | found | delay median, s | 95 %%, s | mean lost by then | at 20 %% or "
           "less | before low_bp |\n|---|---|---|---|---|---|---|\n");
    for (uint32_t i = 0; i < KINDS; i++)
        if (ours->tallies[i].events > 0)
            print_event(event_row(FIRST_KIND + i)->name, &ours->tallies[i]);
    for (int i = 0; i < BASELINES; i++)
        print_event(baseline_names[i], &bench.baselines[i]);
    printf("\n%.1f h quiet, %.1f h with an artefact a minute; held back %u times\n",
           bench.quiet_h, bench.artefact_h, ours->held);
    printf("said by the rooms %u times, by the detectors beside the logs %u times\n\n",
           bench.room_said, bench.bank_said);
    printf("| raised of nothing | quiet | artefacts | per hour | at most (95 %%) | true |\n"
           "|---|---|---|---|---|---|\n");
    struct tally clinical = {0};
    for (uint32_t i = 0; i < KINDS; i++) {
        if (!event_row(FIRST_KIND + i))
            continue;
        print_false(event_row(FIRST_KIND + i)->name, &ours->tallies[i]);
        clinical.false_quiet += is_line(FIRST_KIND + i) ? 0 : ours->tallies[i].false_quiet;
        clinical.false_artefacts += is_line(FIRST_KIND + i) ? 0 : ours->tallies[i].false_artefacts;
    }
    print_false("all but those about the line", &clinical);
    for (int i = 0; i < BASELINES; i++)
        print_false(baseline_names[i], &bench.baselines[i]);
}

static void add_variant(const char *name, const char *text) {
    struct variant *v = &bench.variants[bench.variants_count++];
    char whole[512];
    int line;
    assert(bench.variants_count <= VARIANTS_MAX);
    snprintf(v->name, sizeof v->name, "%s", name);
    snprintf(whole, sizeof whole, "[rules]\nversion = 1\n%s", text);
    if (rules_parse(whole, strlen(whole), &v->rules, &line)) {
        fprintf(stderr, "b_detectors: %s: line %d\n", name, line);
        abort();
    }
}

/* Each threshold by itself, a quarter less and a quarter more. */
static void add_sweep(void) {
    for (int key = 0; key < rules_keys_count; key++)
        for (int more = 0; more < 2; more++) {
            const struct rules_key *k = &rules_keys[key];
            struct rules standing = rules_default();
            char text[128], name[64];
            double value = (double)rules_value(&standing, key) * (more ? 1.25 : 0.75);
            value = fmin(k->max, fmax(k->min, value));
            snprintf(text, sizeof text, "[%s]\n%s = %.4f\n", k->section, k->name, value);
            snprintf(name, sizeof name, "%s %s %.3g", k->section, k->name, value);
            add_variant(name, text);
        }
}

/* Of all findings but those about the line, and of falling_bp by itself. */
static void print_sweep(void) {
    printf("\n| rule | asked for, found | falling_bp: found | delay median, s | 95 %%, s | at "
           "20 %% or less | raised of nothing | held back |\n|---|---|---|---|---|---|---|---|\n");
    for (uint32_t i = 0; i < bench.variants_count; i++) {
        struct variant *v = &bench.variants[i];
        uint32_t found = 0, asked = 0, wrong = 0;
        for (uint32_t k = 0; k < KINDS; k++) {
            struct tally *y = &v->tallies[k];
            bool plain = FIRST_KIND + k == EVENT_LOW_BP; /* a baseline: it need not find */
            found += plain ? 0 : y->found;
            asked += plain ? 0 : y->events;
            if (!is_line(FIRST_KIND + k))
                wrong += y->false_quiet + y->false_artefacts;
        }
        struct tally *fall = &v->tallies[EVENT_FALLING_BP - FIRST_KIND];
        printf("| %s | %u of %u | %u | %.0f | %.0f | %u | %u | %u |\n", v->name, found, asked,
               fall->found, part(fall->delays_s, fall->delays_count, 0.5),
               part(fall->delays_s, fall->delays_count, 0.95), fall->at_20, wrong, v->held);
    }
}

int main(int argc, char **argv) {
    double hours = argc >= 4 ? strtod(argv[2], NULL) : 0;
    if (!(hours > 0 && hours <= 10000)) {
        fprintf(stderr, "usage: b_detectors LOGS HOURS FIRST_SEED [-v | sweep | - [there]]\n");
        return 2;
    }
    uint64_t first = strtoull(argv[3], NULL, 10);
    int cases = (int)ceil(hours * 3600 / case_quiet_s / CASE_STEADY) * CASE_KINDS;
    bench.verbose = argc > 4 && strcmp(argv[4], "-v") == 0;
    bench.there = argc > 5 && strcmp(argv[5], "there") == 0;
    add_variant("standing", "");
    if (argc > 4 && strcmp(argv[4], "sweep") == 0)
        add_sweep();
    mkdir(argv[1], 0777);
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("%d cases, seeds from %llu\n", cases, (unsigned long long)first);
    for (int i = 0; i < cases; i++) {
        char path[1024];
        struct bench_case c = case_plan(i, first);
        snprintf(path, sizeof path, "%s/%llu.log", argv[1], (unsigned long long)c.seed);
        bool held = access(path, R_OK) == 0;
        if (!held && bench.there)
            continue;
        if (!held)
            case_simulate(&c, path);
        for (int k = 0; bench.verbose && k < c.faults_count; k++)
            printf("%s%s%s", k ? " " : "# faults ", c.faults[k],
                   k + 1 < c.faults_count ? "" : "\n");
        score(path);
    }
    print_all();
    if (bench.variants_count > 1)
        print_sweep();
    return 0;
}
