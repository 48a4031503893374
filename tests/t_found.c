/* What happens to the patients of patients.def is found, in time; what is broken in the lines of
 * those to whom nothing happens raises nothing but words about the line. */
#include "tests/bench/cases.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { KINDS = 32, FIRST_KIND = 301, BETWEEN_S = 30 };

struct seen {
    double base_rate_hz, first_s[KINDS], before_mmhg, lost_at_fall;
    double recent_mmhg[5];
    uint32_t beats;
    double onset_s;
};

static void hear(void *context, const struct event *event) {
    struct seen *s = context;
    uint32_t i = event->kind - FIRST_KIND;
    if (event->state != EVENT_RAISED || event->kind < FIRST_KIND || i >= KINDS)
        return;
    if (isfinite(s->first_s[i]))
        return;
    s->first_s[i] = (double)event->emitted_tick / s->base_rate_hz;
    double mean = 0;
    for (int k = 0; k < 5; k++)
        mean += s->recent_mmhg[k] / 5;
    if (event->kind == EVENT_FALLING_BP)
        s->lost_at_fall = 1 - mean / s->before_mmhg;
}

/* The aorta's true mean: of the last beat before the onset, and of the last five. */
static void truth(void *context, const struct patient_beat *beat) {
    struct seen *s = context;
    if (!beat->whole || beat->channel != PATIENT_AO)
        return;
    if (beat->at_s < s->onset_s)
        s->before_mmhg = beat->mean_mmhg;
    s->recent_mmhg[s->beats++ % 5] = beat->mean_mmhg;
}

static struct seen run(const struct patient_row *row, double length_s, const char *const *faults,
                       int count) {
    struct seen seen = {.onset_s = row->onset_s};
    struct source source;
    struct source_item item;
    struct failure failure = {0};
    struct room *room = malloc(room_size());
    for (int i = 0; i < KINDS; i++)
        seen.first_s[i] = INFINITY;
    struct patient_source_config config = {.row = row, .seed = 7, .duration_s = length_s,
                                           .faults = faults, .faults_count = count,
                                           .on_beat = truth, .context = &seen};
    if (patient_source_open(&source, &config, &failure))
        fail_msg("%s", failure.text);
    seen.base_rate_hz = stream_base_rate_hz(&source.info);
    case_begin(room, &source);
    enum hemo_error error = HEMO_OK;
    while (!error && !(error = source.next(source.state, &item, &failure)) &&
           item.kind != SOURCE_END) {
        if (item.kind == SOURCE_SAMPLES)
            error = room_push(room, &item.body.samples, hear, &seen);
        else if (item.kind == SOURCE_GAP)
            error = room_gap(room, &item.body.gap, hear, &seen);
        else if (item.kind == SOURCE_MARK)
            error = room_mark(room, &item.body.mark, hear, &seen);
    }
    assert_int_equal(error, HEMO_OK);
    room_end(room, hear, &seen);
    source.close(source.state);
    free(room);
    return seen;
}

static const struct {
    const char *patient;
    uint32_t kind;
    double within_s; /* of the onset */
} asked[] = {
    {"bleeding", EVENT_FALLING_BP, 60},      {"failing", EVENT_RISING_WEDGE, 150},
    {"perforation", EVENT_FALLING_BP, 240},  {"perforation", EVENT_TAMPONADE, 300},
    {"pump_failure", EVENT_FALLING_BP, 240}, {"pump_failure", EVENT_RISING_WEDGE, 240},
};

static void test_what_happens_is_found(void **state) {
    (void)state;
    struct seen seen = {0};
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        const struct patient_row *row = patient_find(asked[i].patient);
        assert_non_null(row);
        if (i == 0 || strcmp(asked[i - 1].patient, asked[i].patient) != 0)
            seen = run(row, row->onset_s + 320, NULL, 0);
        double delay_s = seen.first_s[asked[i].kind - FIRST_KIND] - row->onset_s;
        double low_s = seen.first_s[EVENT_LOW_BP - FIRST_KIND] - row->onset_s;
        print_message("%-12s %-12s %5.0f s behind the onset, low_bp %5.0f s, %4.1f %% lost\n",
                      row->name, event_row(asked[i].kind)->name, delay_s, low_s,
                      100 * seen.lost_at_fall);
        assert_true(delay_s > 0 && delay_s <= asked[i].within_s);
        if (asked[i].kind == EVENT_FALLING_BP)
            assert_true(seen.lost_at_fall <= 0.2 && delay_s < low_s);
    }
}

/* Every fault of a line that a trace can show, one behind the other, in lines of each lab. */
static int all_faults(const struct lab *lab, char text[FAULTS_MAX][CASE_FAULT_CHARS]) {
    int count = 0;
    for (int kind = 0; kind < FAULT_KINDS && count < FAULTS_MAX; kind++) {
        const struct fault_row *row = &fault_rows[kind];
        if (row->channel == FAULT_ON_WIRE || row->promise == FAULT_UNSEEN)
            continue;
        int channel = case_line(lab, row->channel);
        if (channel < 0)
            continue;
        snprintf(text[count], CASE_FAULT_CHARS, "%s@%d+%d%s%s", row->name,
                 100 + BETWEEN_S * count, 4 + (7 * kind) % 17,
                 channel == row->channel ? "" : ":channel=",
                 channel == row->channel ? "" : patient_channel_labels[channel]);
        count++;
    }
    return count;
}

static bool of_the_line(uint32_t kind) {
    return kind == EVENT_LINE_LOST || (kind >= EVENT_GUIDE_DAMPED && kind <= EVENT_DAMPED_LINE);
}

static void test_what_is_broken_raises_no_clinical_finding(void **state) {
    (void)state;
    /* None with a mean near 65: that would be low_bp, and true. */
    static const char *const patients[] = {"stable", "af", "ventilated", "paced"};
    uint32_t of_lines = 0;
    for (int i = 0; i < 4; i++) {
        char text[FAULTS_MAX][CASE_FAULT_CHARS];
        const char *faults[FAULTS_MAX];
        struct patient_row row = *patient_find(patients[i]);
        row.lab = &lab_rows[i % LABS];
        int count = all_faults(row.lab, text);
        for (int k = 0; k < count; k++)
            faults[k] = text[k];
        assert_true(count >= 10);
        struct seen seen = run(&row, 100 + BETWEEN_S * count, faults, count);
        for (uint32_t k = 0; k < KINDS; k++) {
            if (!isfinite(seen.first_s[k]))
                continue;
            of_lines += of_the_line(FIRST_KIND + k) ? 1 : 0;
            if (!of_the_line(FIRST_KIND + k))
                fail_msg("%s in %s: %s at %.1f s", row.name, row.lab->name,
                         event_row(FIRST_KIND + k)->name, seen.first_s[k]);
        }
    }
    assert_true(of_lines >= 8); /* the faults were there */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_happens_is_found),
        cmocka_unit_test(test_what_is_broken_raises_no_clinical_finding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
