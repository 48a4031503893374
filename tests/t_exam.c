/* The exam: a few patients through the room, marked against their truth. That the exam itself can
 * see an error is shown by planting one. */
#include "proto/quantity.h"
#include "proto/site.h"
#include "sim/exam.h"
#include "sim/patient.h"
#include "sim/vary.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct exam exam;

static void sit(const char *name, const struct options *options) {
    struct failure failure;
    if (exam_patient(options, patient_find(name), options->seed, &exam, &failure))
        fail_msg("%s: %s", name, failure.text);
}

static double bias(enum exam_row_id row) {
    assert_true(exam.marks[row].n > 0);
    return exam.marks[row].sum / (double)exam.marks[row].n;
}

static double share(enum exam_row_id row) {
    return (double)exam.marks[row].within / (double)exam.marks[row].n;
}

/* Rows that are met on these patients; those that are not yet stand in sim/README.md. */
static void test_a_few_patients_pass(void **state) {
    (void)state;
    static const char *const names[] = {"stable", "as_severe", "hfpef", "mr_chronic", "ffr_80"};
    static const enum exam_row_id met[] = {
        EXAM_ROW_VALUE_SYSTOLIC_AO, EXAM_ROW_VALUE_MEAN_AO,     EXAM_ROW_VALUE_SYSTOLIC_PA,
        EXAM_ROW_VALUE_MEAN_PA,     EXAM_ROW_VALUE_SYSTOLIC_RV, EXAM_ROW_VALUE_EDP_RV,
        EXAM_ROW_VALUE_SYSTOLIC_LV, EXAM_ROW_VALUE_MEAN_RA,     EXAM_ROW_VALUE_MEAN_PCW,
        EXAM_ROW_VALUE_AV_MEAN_LV,  EXAM_ROW_VALUE_AV_P2P_LV,   EXAM_ROW_VALUE_RFR_PD,
        EXAM_ROW_VALUE_PD_PA_PD,    EXAM_ROW_VALUE_PD_OFFSET_PD};
    struct options o = {.seed = 1, .duration_s = 300, .room = 1};
    exam = (struct exam){.patients = 0};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        sit(names[i], &o);
    assert_int_equal(exam.patients, 5);
    for (size_t i = 0; i < sizeof met / sizeof met[0]; i++) {
        const struct exam_row *row = &exam_rows[met[i]];
        print_message("%s %s: n %d, bias %+.3f, %.0f %% within %g\n",
                      quantity_row(row->quantity)->id, site_row(row->site)->name,
                      (int)exam.marks[met[i]].n, bias(met[i]), 100 * share(met[i]), row->target);
        assert_true(share(met[i]) >= 0.95);
    }
    const struct exam_found *ao = &exam.found[SITE_AO];
    assert_true(ao->truth > 1000 && (double)(double)ao->found > 0.995 * (double)ao->truth &&
                ao->extra == 0);
}

/* A transducer 10 cm too low. */
static void test_a_planted_error_is_seen(void **state) {
    (void)state;
    const char *faults[] = {"height@0+300:cm=10"};
    struct options o = {.seed = 1, .duration_s = 120, .room = 1};
    exam = (struct exam){.patients = 0};
    sit("stable", &o);
    double whole = bias(EXAM_ROW_BEAT_MEAN_AO);
    exam = (struct exam){.patients = 0};
    memcpy(o.faults, faults, sizeof faults);
    o.faults_count = 1;
    sit("stable", &o);
    print_message("bias %.2f, transducer low: %.2f\n", whole, bias(EXAM_ROW_BEAT_MEAN_AO));
    assert_true(fabs(bias(EXAM_ROW_BEAT_MEAN_AO) - whole - 7.4) < 0.1);
    assert_true(share(EXAM_ROW_BEAT_MEAN_AO) < 0.01 && share(EXAM_ROW_BEAT_MEAN_PA) > 0.95);
}

static void test_varied_patients_differ_and_can_be_had_again(void **state) {
    (void)state;
    enum { PATIENTS = 12 };
    static struct patient a, b;
    double means[PATIENTS], most = 0, least = 1e9;
    for (uint64_t seed = 0; seed < PATIENTS; seed++) {
        assert_true(patient_init_varied(&a, patient_find("stable"), seed, 0.15));
        assert_true(patient_init_varied(&b, patient_find("stable"), seed, 0.15));
        assert_memory_equal(&a.circulation, &b.circulation, sizeof a.circulation);
        assert_true(vary_plausible(&a.circulation));
        means[seed] = a.circulation.set_mmhg;
        most = fmax(most, means[seed]);
        least = fmin(least, means[seed]);
        /* The row's own numbers are the middle: each stays within its share. */
        double rate = a.circulation.parameters.rate_per_min;
        assert_true(fabs(rate / 70 - 1) <= 0.15 + 1e-12);
        assert_true(a.circulation.parameters.leak_cm2[VALVE_AORTIC] <= 0);
    }
    print_message("aortic means %.0f to %.0f\n", least, most);
    assert_true(most - least > 10);
}

/* What no patient shows is not plausible: a planted one each. */
static void test_implausible_patients_are_refused(void **state) {
    (void)state;
    static struct circulation c;
    struct circulation_parameters k = circulation_normal();
    circulation_init(&c, &k, 1);
    assert_true(vary_plausible(&c));
    c.parameters.chambers[CHAMBER_LV].ees = 0.15; /* no pressure left */
    assert_false(vary_plausible(&c));
    k.volume_ml = 4000;
    circulation_init(&c, &k, 1);
    assert_false(vary_plausible(&c));
    k = circulation_normal();
    k.valve_cm2[VALVE_PULMONARY] = 0.6; /* RV far above PA */
    circulation_init(&c, &k, 1);
    assert_false(vary_plausible(&c));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_few_patients_pass),
        cmocka_unit_test(test_a_planted_error_is_seen),
        cmocka_unit_test(test_varied_patients_differ_and_can_be_had_again),
        cmocka_unit_test(test_implausible_patients_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
