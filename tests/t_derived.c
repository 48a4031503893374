/* Derived values: published worked examples, golden bits, refusals, and the table. */
#include "dsp/derived.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct golden {
    derived_fn *compute;
    double in[DERIVED_INPUTS_MAX];
    double want;
};

/* The last bit counts: the same under gcc and clang, at each optimisation level. */
static const struct golden goldens[] = {
#include "tests/derived_golden.def"
};

static void golden_vectors_to_the_bit(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof goldens / sizeof goldens[0]; i++) {
        double got = NAN;
        assert_int_equal(goldens[i].compute(goldens[i].in, &got), HEMO_OK);
        if (memcmp(&got, &goldens[i].want, sizeof got) != 0)
            fail_msg("vector %zu: %a, want %a", i, got, goldens[i].want);
    }
}

static double of(derived_fn *compute, const double *in) {
    double got = NAN;
    assert_int_equal(compute(in, &got), HEMO_OK);
    return got;
}

#define OF(function, ...) of(function, (const double[DERIVED_INPUTS_MAX]){__VA_ARGS__})
#define CLOSE(got, want, within) assert_true(fabs((got) - (want)) <= (within))

/* As printed by their authors, to the digits printed. */
static void published_examples(void **state) {
    (void)state;
    /* HP-67/97 Users' Library Solutions, Cardiac, Corvallis 1976, p. 20: oxygen uptake 250 mL/min,
     * contents 19 and 15 vol% (13.6 Hb dS/100 = 40 mL/L), 64 /min, 180.34 cm, 88.90410452 kg. */
    double bsa = OF(derived_bsa_mosteller, 180.34, 88.90410452);
    double co = OF(derived_co_fick, 250, 40 / (13.6 * 0.25), 95, 70);
    CLOSE(co, 6.25, 1e-12);
    CLOSE(OF(derived_sv, co, 64), 97.65625, 1e-11);
    CLOSE(OF(derived_per_bsa, co, bsa), 2.96158586825, 1e-10);
    CLOSE(OF(derived_per_bsa, 97.65625, bsa), 46.2747791914, 1e-9);
    /* Wikipedia, "Aortic valve area calculation", Gorlin: 5 L/min, 80 /min, 0.33 s, 50 mmHg. */
    CLOSE(OF(derived_ava, 5, OF(derived_per_minute, 0.33, 80), 50), 0.6, 0.05);
    /* e-echocardiography.com, modified Gorlin (Hakki): 5.4 L/min, 64 mmHg: 0.68 cm2. */
    CLOSE(OF(derived_ava_hakki, 5.4, 64, 80), 0.68, 0.00501);
}

#define REFUSES(function, ...)                                                                     \
    do {                                                                                           \
        double out = 42;                                                                           \
        assert_int_equal(function((const double[DERIVED_INPUTS_MAX]){__VA_ARGS__}, &out),          \
                         HEMO_BAD_NUMBER);                                                         \
        assert_true(out == 42);                                                                    \
    } while (0)

static void outside_their_range_they_refuse(void **state) {
    (void)state;
    REFUSES(derived_vo2_lafarge, 1.8, 41, 1, 70);
    REFUSES(derived_vo2_lafarge, 0.5, 2.9, 1, 70);
    REFUSES(derived_vo2_lafarge, 1.8, 30, 0.5, 70);
    REFUSES(derived_vo2_dehmer, 1.1);
    REFUSES(derived_vo2_bergstra, 1.8, 17, 1);
    REFUSES(derived_co_fick, 250, 14, 70, 66);
    REFUSES(derived_co_td, 4, 5, 6);
    REFUSES(derived_resistance_wu, 5, 10, 5);
    REFUSES(derived_papi, 30, 10, 1);
    REFUSES(derived_papi, 10, 30, 5);
    REFUSES(derived_swi, 5, 10, 40);
    REFUSES(derived_qp_qs, 95, 93, 95, 80);
    REFUSES(derived_qp_qs, 95, 65, 95, 93);
    REFUSES(derived_ava, 1.4, 25, 40);
    REFUSES(derived_ava, 5, 25, 2.9);
    REFUSES(derived_mva, 1.4, 30, 10);
    REFUSES(derived_ava_hakki, 1.4, 40, 70);
    REFUSES(derived_mva_hakki, 5, 2.9, 70);
}

static void the_correction_of_angel(void **state) {
    (void)state;
    double plain = 5 / sqrt(36.0);
    CLOSE(OF(derived_ava_hakki, 5, 36, 90), plain, 0);
    CLOSE(OF(derived_ava_hakki, 5, 36, 91), plain / 1.35, 1e-15);
    CLOSE(OF(derived_mva_hakki, 5, 36, 75), plain, 0);
    CLOSE(OF(derived_mva_hakki, 5, 36, 74), plain / 1.35, 1e-15);
}

static double value_of(const struct derived_value *values, int count, uint32_t quantity) {
    for (int i = 0; i < count; i++)
        if (values[i].quantity == quantity)
            return values[i].value;
    return NAN;
}

#define TYPED(quantity, site, value) {QUANTITY_##quantity, SITE_##site, value}

static void a_case_from_its_inputs(void **state) {
    (void)state;
    struct derived_value v[DERIVED_VALUES_MAX] = {
        TYPED(HEIGHT, NONE, 170), TYPED(WEIGHT, NONE, 70), TYPED(RATE, NONE, 80),
        TYPED(VO2, NONE, 250), TYPED(HB, NONE, 14), TYPED(SAT_ART, NONE, 97),
        TYPED(SAT_PA, NONE, 70), TYPED(MEAN, PA, 40), TYPED(DIASTOLIC, PA, 25),
        TYPED(MEAN, PCW, 10), TYPED(MEAN, RA, 8), TYPED(MEAN, ART, 90),
    };
    int n = derived_all(v, 12);
    double co = 250 / (13.6 * 14 * 0.27);
    CLOSE(value_of(v, n, QUANTITY_CO), co, 1e-12);
    CLOSE(value_of(v, n, QUANTITY_PVR_WU), 30 / co, 1e-12);
    CLOSE(value_of(v, n, QUANTITY_PVR), 80 * 30 / co, 1e-9);
    CLOSE(value_of(v, n, QUANTITY_SVR), 80 * 82 / co, 1e-9);
    CLOSE(value_of(v, n, QUANTITY_TPG), 30, 0);
    CLOSE(value_of(v, n, QUANTITY_DPG), 15, 0);
    CLOSE(value_of(v, n, QUANTITY_BSA), 1.81, 0.005);
    assert_true(isnan(value_of(v, n, QUANTITY_AVA)));
    assert_true(isnan(value_of(v, n, QUANTITY_QP_QS)));
    assert_int_equal(derived_all(v, n), n);
}

/* What a person typed is never replaced; an earlier row wins over a later one. */
static void what_is_known_stays(void **state) {
    (void)state;
    struct derived_value v[DERIVED_VALUES_MAX] = {
        TYPED(TD_1, NONE, 4), TYPED(TD_2, NONE, 4.1), TYPED(TD_3, NONE, 3.9),
        TYPED(CO_FICK, NONE, 6), TYPED(BSA, NONE, 2), TYPED(BSA_DUBOIS, NONE, 1.5),
    };
    int n = derived_all(v, 6);
    CLOSE(value_of(v, n, QUANTITY_CO), 4, 1e-15);
    CLOSE(value_of(v, n, QUANTITY_CI), 2, 1e-15);
}

static void inputs_out_of_range_give_an_error(void **state) {
    (void)state;
    const double bad[] = {NAN, INFINITY, -1, 500};
    double out = 42;
    for (int i = 0; i < 4; i++) {
        struct derived_value v[] = {TYPED(HEIGHT, NONE, bad[i]), TYPED(WEIGHT, NONE, 70)};
        assert_int_equal(derived_row(&derived_rows[0], v, 2, &out), HEMO_BAD_NUMBER);
    }
    struct derived_value height = TYPED(HEIGHT, NONE, 170);
    assert_int_equal(derived_row(&derived_rows[0], &height, 1, &out), HEMO_NOT_FOUND);
    assert_true(out == 42);
}

/* Each row: known quantities, a known site, and a result for inputs in the middle of things. */
static void each_row_is_whole(void **state) {
    (void)state;
    for (int r = 0; r < derived_rows_count; r++) {
        const struct derived_row *row = &derived_rows[r];
        assert_non_null(quantity_row(row->output));
        assert_non_null(strstr(row->method, "derived_"));
        assert_true(row->inputs[0].quantity != QUANTITY_NONE);
        for (int i = 0; i < DERIVED_INPUTS_MAX && row->inputs[i].quantity; i++) {
            assert_non_null(quantity_row(row->inputs[i].quantity));
            assert_true(row->inputs[i].site == SITE_NONE || site_row(row->inputs[i].site));
        }
        size_t known = 0;
        for (size_t g = 0; g < sizeof goldens / sizeof goldens[0]; g++)
            known += goldens[g].compute == row->compute;
        if (known == 0)
            fail_msg("%s has no golden vector", row->method);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_vectors_to_the_bit),
        cmocka_unit_test(published_examples),
        cmocka_unit_test(outside_their_range_they_refuse),
        cmocka_unit_test(the_correction_of_angel),
        cmocka_unit_test(a_case_from_its_inputs),
        cmocka_unit_test(what_is_known_stays),
        cmocka_unit_test(inputs_out_of_range_give_an_error),
        cmocka_unit_test(each_row_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
