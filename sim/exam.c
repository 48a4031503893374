#include "sim/exam.h"
#include "proto/quantity.h"
#include "proto/site.h"
#include "sim/offline.h"
#include "sim/patient_source.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Everything of one run, so that it is let go in one place. */
struct sitting {
    struct source source;
    struct offline offline;
    struct truth_log log;
    struct exam_paper paper;
};

static enum hemo_error sit(struct sitting *s, struct failure *failure) {
    struct source_item item;
    enum hemo_error error = HEMO_OK;
    do {
        error = s->source.next(s->source.state, &item, failure);
        if (!error)
            error = offline_use(&s->offline, &item, exam_paper_event, &s->paper, failure);
    } while (!error && item.kind != SOURCE_END);
    if (!error && (s->paper.out_of_memory || s->log.out_of_memory))
        error = failure_set(failure, HEMO_NO_ROOM, "no memory for the answers");
    return error;
}

/* The wire lies beyond the stenosis until it is pulled back: hyperaemia counts until then. */
static double pulled_back_s(const struct lab *lab) {
    double at_s = INFINITY;
    for (int i = 0; i < LAB_STAYS_MAX; i++)
        if (lab->ways[PATIENT_PD][i].site == SITE_PAO && i > 0)
            at_s = fmin(at_s, lab->ways[PATIENT_PD][i].from_s);
    return at_s;
}

static struct exam_key key_of(const struct sitting *s) {
    const struct patient *p = patient_source_patient(&s->source);
    const struct scenario *drug = p->row->scenario;
    double ends_s = p->row->onset_s + drug->drug_s;
    return (struct exam_key){.log = &s->log,
                             .wire_mmhg = p->wire_mmhg,
                             .drug_s = drug->drug ? p->row->onset_s : NAN,
                             .drug_ends_s = fmin(ends_s, pulled_back_s(p->row->lab))};
}

enum hemo_error exam_patient(const struct options *options, const struct patient_row *row,
                             uint64_t seed, struct exam *exam, struct failure *failure) {
    static const struct sitting nothing;
    struct sitting s = nothing;
    struct patient_source_config config = {.row = row,
                                           .seed = seed,
                                           .vary = options->vary,
                                           .scenario = options->scenario,
                                           .duration_s = options->duration_s,
                                           .rate_hz = options->rate_hz,
                                           .faults = options->faults,
                                           .faults_count = options->faults_count,
                                           .on_beat = truth_log_beat,
                                           .on_cycle = truth_log_cycle,
                                           .context = &s.log};
    enum hemo_error error = patient_source_open(&s.source, &config, failure);
    if (!error) {
        s.paper.info = s.source.info;
        struct offline_config run = {.name = row->name, .room = options->room};
        error = offline_open(&s.offline, &s.source, &run, failure);
    }
    if (!error)
        error = sit(&s, failure);
    if (!error) {
        struct exam_key key = key_of(&s);
        exam_paper_mark(&s.paper, &key, exam);
    }
    offline_close(&s.offline);
    exam_paper_free(&s.paper);
    truth_log_free(&s.log);
    if (s.source.close)
        s.source.close(s.source.state);
    return error;
}

static const char *const of_names[] = {
    [EXAM_VALUE] = "value", [EXAM_FEMORAL] = "femoral", [EXAM_BEAT] = "beat"};

static double bias(const struct exam_marks *m) {
    return m->sum / (double)m->n;
}

static double spread(const struct exam_marks *m) {
    double n = (double)m->n;
    return m->n < 2 ? 0 : sqrt(fmax(0, (m->squares - m->sum * m->sum / n) / (n - 1)));
}

static void print_row(const struct exam_row *row, const struct exam_marks *m, bool json) {
    const char *quantity = quantity_row(row->quantity)->id, *site = site_row(row->site)->name;
    int digits = row->target < 0.1 ? 4 : 2;
    if (json)
        printf("{\"type\":\"exam\",\"of\":\"%s\",\"quantity\":\"%s\",\"site\":\"%s\",\"n\":%" PRIu64
               ",\"bias\":%.6g,\"sd\":%.6g,\"largest\":%.6g,\"within\":%.6g,\"target\":%g}\n",
               of_names[row->of], quantity, site, m->n, m->n ? bias(m) : 0, spread(m), m->worst,
               m->n ? (double)m->within / (double)m->n : 0, row->target);
    else if (!m->n)
        printf("| %s | %s | %s | 0 | | | | | %g |\n", quantity, site, of_names[row->of],
               row->target);
    else
        printf("| %s | %s | %s | %" PRIu64 " | %+.*f | %.*f | %+.*f | %.1f %% | %g |\n", quantity,
               site, of_names[row->of], m->n, digits, bias(m), digits, spread(m), digits, m->worst,
               100 * (double)m->within / (double)m->n, row->target);
}

static void print_found(const struct exam *exam, bool json) {
    if (!json)
        printf("\n| beats of | true | found | extra | found, share |\n|---|---|---|---|---|\n");
    for (int i = 0; i < site_rows_count; i++) {
        const struct exam_found *f = &exam->found[site_rows[i].site];
        if (!f->truth)
            continue;
        printf(json ? "{\"type\":\"found\",\"site\":\"%s\",\"true\":%" PRIu64 ",\"found\":%" PRIu64
                      ",\"extra\":%" PRIu64 ",\"share\":%.4f}\n"
                    : "| %s | %" PRIu64 " | %" PRIu64 " | %" PRIu64 " | %.4f |\n",
               site_rows[i].name, f->truth, f->found, f->extra,
               (double)f->found / (double)f->truth);
    }
}

static void print(const struct exam *exam, const struct options *o) {
    if (!o->json)
        printf("| quantity | site | of | n | bias | SD | largest | within | target |\n"
               "|---|---|---|---|---|---|---|---|---|\n");
    for (int i = 0; i < EXAM_ROWS; i++)
        print_row(&exam_rows[i], &exam->marks[i], o->json);
    print_found(exam, o->json);
    if (!o->quiet)
        fprintf(stderr,
                "%" PRIu64 " patients, %" PRIu64 " without a plausible draw, %" PRIu64
                " values whose beats have no truth\n",
                exam->patients, exam->not_drawn, exam->unmatched);
}

enum hemo_error exam_run(const struct options *options, const volatile sig_atomic_t *stop,
                         struct failure *failure) {
    static struct exam exam;
    const char *name = options->patient;
    bool all = !name || !strcmp(name, "all");
    const struct patient_row *only = NULL;
    enum hemo_error error = all ? HEMO_OK : patient_source_row(name, &only, failure);
    if (error)
        return error;
    exam = (struct exam){.patients = 0};
    for (int i = 0; i < patient_rows_count; i++) {
        const struct patient_row *row = &patient_rows[i];
        for (uint64_t k = 0; k < options->count && (all || row == only); k++) {
            error = exam_patient(options, row, options->seed + k, &exam, failure);
            if (error == HEMO_BAD_CONFIG && all && exam.patients) { /* no draw was plausible */
                exam.not_drawn++;
                error = HEMO_OK;
            }
            if (!error && *stop)
                error = failure_set(failure, HEMO_INTERRUPTED, "interrupted; nothing printed");
            if (error)
                return error;
        }
    }
    print(&exam, options);
    if (fflush(stdout) || ferror(stdout))
        return failure_set(failure, HEMO_DISK_FULL, "stdout: results cannot be written");
    return HEMO_OK;
}
