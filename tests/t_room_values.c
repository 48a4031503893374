/* Values of one and of two lines as they come out of a room, against the simulated patient's own
 * pressures. What is compared is printed. */
#include "tests/bedside.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static double value_of(const struct event *e, uint32_t quantity) {
    double value = NAN;
    if (e)
        event_value(e, quantity, &value);
    return value;
}

/* Prints both; NAN where there is no measurement. */
static double off(const struct bedside *b, const struct event *e, uint32_t quantity, size_t truth) {
    double got = value_of(e, quantity), want = e ? bedside_mean(b, e, truth) : NAN;
    print_message("  %-16s %-12s %7.3f, truth %7.3f, off %+.3f\n", b->patient,
                  quantity_row(quantity)->id, got, want, got - want);
    return got - want;
}

#define OFF(b, e, quantity, field)                                                                 \
    off(b, e, QUANTITY_##quantity, offsetof(struct bedside_beat, field))
#define CLOSE(got, want, within) assert_true(fabs((got) - (want)) <= (within))

/* Held to the targets: end-diastolic 1 mmHg, mean gradients 0.5, valve times 10 ms. */
static void ventricle_and_valves(const char *patient, enum lab_id lab) {
    struct bedside *b = bedside_run(patient, &lab_rows[lab], 3, 120, 250);
    const struct event *lv = bedside_find(b, QUANTITY_EDP, SITE_LV, 0);
    const struct event *av = bedside_find(b, QUANTITY_AV_MEAN, SITE_LV, 0);
    const struct event *mv = bedside_find(b, QUANTITY_MV_MEAN, SITE_LV, 0);
    assert_non_null(lv);
    assert_non_null(av);
    CLOSE(OFF(b, lv, EDP, edp_mmhg), 0, 1);
    CLOSE(OFF(b, av, AV_MEAN, av_mean), 0, 0.5);
    CLOSE(OFF(b, av, AV_P2P, av_p2p), 0, 1);
    OFF(b, av, AV_PEAK, av_peak);
    CLOSE(OFF(b, av, SEP, sep_s), 0, 0.03);
    assert_int_equal(av->method, METHOD_PAIR);
    assert_true(av->beats_count >= 8);
    if (lab == LAB_septal) {
        assert_non_null(mv);
        CLOSE(OFF(b, mv, MV_MEAN, mv_mean), 0, 0.5);
        CLOSE(OFF(b, mv, DFP, dfp_s), 0, 0.01);
    }
    free(b);
}

static void two_catheters_in_the_left_heart(void **state) {
    (void)state;
    ventricle_and_valves("as_severe", LAB_pigtail);
    ventricle_and_valves("as_low_flow", LAB_pigtail);
    ventricle_and_valves("ms", LAB_septal);
    ventricle_and_valves("hfpef", LAB_septal);
}

/* The pigtail is drawn back at 150 s: the beats before against those behind. The truth is the mean
 * over both stretches. */
static void drawn_back_through_the_valve(void **state) {
    (void)state;
    static const char *const names[] = {"as_severe", "as_low_flow"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct bedside *b = bedside_run(names[i], &lab_rows[LAB_pigtail], 3, 180, 250);
        const struct event *e = bedside_find(b, QUANTITY_AV_P2P, SITE_AO, 0);
        assert_non_null(e);
        assert_int_equal(e->method, METHOD_PULLBACK);
        CLOSE((double)e->emitted_tick / b->base_rate_hz, 160, 8);
        CLOSE(OFF(b, e, AV_P2P, av_p2p), 0, 1);
        CLOSE(OFF(b, e, AV_MEAN, av_mean), 0, 2);
        OFF(b, e, SEP, sep_s);
        free(b);
    }
}

/* Pulmonic stenosis, and a heart without: the catheter goes from RV to PA at 36 s. */
static void through_the_pulmonic_valve(void **state) {
    (void)state;
    static const double area_cm2[] = {0.6, 3.6};
    for (int i = 0; i < 2; i++) {
        struct patient_row row = *patient_find("stable");
        int n = 0;
        while (row.settings[n].value_set)
            n++;
        row.settings[n] = (struct patient_setting){
            offsetof(struct circulation_parameters, valve_cm2[VALVE_PULMONARY]), area_cm2[i], true};
        struct bedside *b = bedside_of(&row, 3, 60, 250);
        const struct event *e = bedside_find(b, QUANTITY_PV_P2P, SITE_PA, 0);
        assert_non_null(e);
        assert_int_equal(e->method, METHOD_PULLBACK);
        assert_int_equal(e->beats_count, 10);
        CLOSE(OFF(b, e, PV_P2P, pv_p2p), 0, 1);
        assert_int_equal(value_of(e, QUANTITY_PV_P2P) > 10, i == 0);
        assert_null(bedside_find(b, QUANTITY_PV_P2P, SITE_NONE, 0)); /* measured: not derived too */
        free(b);
    }
}

/* A person captures: the last ten seconds of the ventricle, the next eight of the aorta, and the
 * first second, in which there is nothing yet. Each gives values of the line and of the pair. */
static void captured_by_a_person(void **state) {
    (void)state;
    static const struct stream_mark asked[] = {
        {.kind = MARK_CAPTURE, .tick = 1, .value = -1, .text = "AO"}, /* nothing is there yet */
        {.kind = MARK_CAPTURE, .tick = 50, .value = -10, .text = "LV"},
        {.kind = MARK_CAPTURE, .tick = 52, .value = 8, .text = "AO"},
        {.kind = 0}};
    struct patient_row row = *patient_find("as_severe");
    struct bedside *b = bedside_asked(&row, asked, 3, 70, 250);
    int pairs = 0, lines = 0;
    for (int i = 0; i < b->measured_count; i++) {
        const struct event *e = &b->measured[i];
        double at_s = (double)e->emitted_tick / b->base_rate_hz, gradient;
        double from_s = (double)e->from_tick / b->base_rate_hz;
        bool ours = (fabs(at_s - 50) < 0.02 && from_s >= 40) ||
                    (fabs(at_s - 60) < 0.02 && from_s >= 52);
        pairs += ours && event_value(e, QUANTITY_AV_MEAN, &gradient);
        lines += ours && e->method == METHOD_MEDIAN_BEATS;
        if (ours && event_value(e, QUANTITY_AV_MEAN, &gradient))
            CLOSE(OFF(b, e, AV_MEAN, av_mean), 0, 0.5);
    }
    assert_int_equal(lines, 2);
    assert_int_equal(pairs, 2);
    assert_true(b->refused_count > 0 && b->refused[0].to_value == EVENT_UNSTEADY);
    free(b);
}

/* A femoral sheath and a wedge stand in for aorta and atrium: aligned they must be nearer to the
 * truth than as they are, and a femoral gradient within 3 mmHg. */
static void stand_ins(void **state) {
    (void)state;
    static const char *const names[] = {"as_severe", "as_low_flow", "ms"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct bedside *b = bedside_run(names[i], &lab_rows[LAB_sheath], 3, 120, 250);
        const struct event *av = bedside_find(b, QUANTITY_AV_MEAN, SITE_LV, 0);
        const struct event *mv = bedside_find(b, QUANTITY_MV_MEAN, SITE_LV, 0);
        assert_non_null(av);
        double aligned = OFF(b, av, AV_MEAN, av_mean), raw = OFF(b, av, AV_MEAN_RAW, av_mean);
        assert_true(fabs(aligned) < fabs(raw));
        CLOSE(aligned, 0, 3); /* the pigtail lay in the aorta first: without that up to 5 */
        CLOSE(value_of(av, QUANTITY_LAG), 0.075, 0.03);
        if (!strcmp(names[i], "ms")) {
            assert_non_null(mv);
            assert_true(mv->beats_count >= 3);
            CLOSE(OFF(b, mv, MV_MEAN, mv_mean), 0, 1.5);
            assert_true(OFF(b, mv, MV_MEAN_RAW, mv_mean) > OFF(b, mv, MV_MEAN, mv_mean));
            CLOSE(value_of(mv, QUANTITY_LAG), 0.135, 0.02); /* a wedge's delay in circulation.c */
        }
        free(b);
    }
}

static struct bedside *lesion(double f, double s, double share) {
    struct patient_row row = *patient_find("stable");
    const struct { size_t offset; double value; } with[] = {
        {offsetof(struct circulation_parameters, stenosis_f), f},
        {offsetof(struct circulation_parameters, stenosis_s), s},
        {offsetof(struct circulation_parameters, stenosis_share), share}};
    int n = 0;
    while (row.settings[n].value_set)
        n++;
    for (size_t i = 0; i < sizeof with / sizeof *with; i++)
        row.settings[n++] = (struct patient_setting){with[i].offset, with[i].value, true};
    row.lab = &lab_rows[LAB_wire];
    row.scenario = &scenarios[SCENARIO_adenosine];
    row.onset_s = 55;
    return bedside_of(&row, 3, 215, 250);
}

static bool says(const struct bedside *b, const struct event *e, const char *words) {
    char text[400];
    event_text(e, b->base_rate_hz, text, sizeof text);
    return strstr(text, words) != NULL;
}

/* One lesion or two, FFR 0.93 to 0.57. Simulator targets: FFR 0.003, resting indices 0.005. */
static void a_wire_beyond_a_stenosis(void **state) {
    (void)state;
    static const double f[] = {0.87, 3.80, 5.86, 12.1}, s[] = {0.145, 0.634, 0.977, 2.01};
    for (int i = 0; i < 4; i++) {
        struct bedside *b = lesion(f[i], s[i], i % 2 ? 0.4 : 0);
        const struct event *rest = bedside_find(b, QUANTITY_IFR_LIKE, SITE_PD, 0);
        const struct event *ffr = bedside_find(b, QUANTITY_FFR, SITE_PD, 0);
        const struct event *equal = bedside_find(b, QUANTITY_PD_OFFSET, SITE_PD, 0);
        const struct event *drift = bedside_find(b, QUANTITY_PD_DRIFT, SITE_PD, 0);
        const struct event *again = bedside_find(b, QUANTITY_FFR, SITE_PD, 1);
        assert_true(rest && ffr && equal && drift && again);
        CLOSE(OFF(b, rest, PD_PA, pd_pa), 0, 0.005);
        CLOSE(OFF(b, rest, IFR_LIKE, wave_free), 0, 0.005);
        CLOSE(OFF(b, rest, RFR, lowest), 0, 0.005);
        CLOSE(OFF(b, rest, DPR, diastole), 0, 0.005);
        CLOSE(OFF(b, ffr, FFR, pd_pa), 0, 0.003);
        CLOSE(value_of(drift, QUANTITY_PD_DRIFT), 0, 0.5);
        assert_true(id_equal(again->refers_to, ffr->id));
        /* 0.80 with a wire that may be 2 mmHg off is on neither side of 0.80. */
        assert_int_equal(says(b, ffr, "crosses the threshold"), i == 1);
        bool two = bedside_find(b, QUANTITY_PD_PA_STEP, SITE_PD, 1) != NULL;
        assert_int_equal(two, i % 2);
        free(b);
    }
}

static int equivocal(const struct bedside *b, uint32_t quantity, uint32_t reason) {
    int n = 0;
    for (int i = 0; i < b->equivocal_count; i++) {
        const struct event *e = &b->equivocal[i];
        bool measured = false;
        for (int k = 0; k < b->measured_count; k++)
            measured |= id_equal(b->measured[k].id, e->refers_to);
        assert_true(measured && says(b, e, "equivocal"));
        n += e->from_value == quantity && e->to_value == reason;
    }
    return n;
}

/* What is said beside a value: a ratio at its threshold, a capture of two seconds, a regular heart
 * of eight beats never; each refers to a measurement. */
static void what_could_change_a_value_is_said(void **state) {
    (void)state;
    static const struct stream_mark asked[] = {
        {.kind = MARK_CAPTURE, .tick = 30, .value = -2.5, .text = "AO"}, {.kind = 0}};
    struct bedside *grey = lesion(3.80, 0.634, 0.4), *clear = lesion(12.1, 2.01, 0.4);
    assert_true(equivocal(grey, QUANTITY_FFR, EVENT_CROSSES) > 0);
    assert_int_equal(equivocal(clear, QUANTITY_FFR, EVENT_CROSSES), 0);
    assert_int_equal(equivocal(clear, QUANTITY_FFR, EVENT_FEW_BEATS), 0);
    free(grey);
    free(clear);
    struct patient_row row = *patient_find("stable"), af = *patient_find("af");
    struct bedside *b = bedside_asked(&row, asked, 3, 33, 250);
    assert_int_equal(equivocal(b, QUANTITY_SYSTOLIC, EVENT_FEW_BEATS), 1);
    assert_int_equal(b->equivocal_count, 1);
    free(b);
    static const struct stream_mark six[] = {
        {.kind = MARK_CAPTURE, .tick = 50, .value = -6, .text = "AO"}, {.kind = 0}};
    b = bedside_asked(&af, six, 3, 53, 250); /* enough in sinus rhythm */
    assert_true(equivocal(b, QUANTITY_SYSTOLIC, EVENT_FEW_BEATS) >= 1);
    free(b);
}

/* Typed values and measured ones: areas within 1 % of the formula on the model's own gradient and
 * ejection time, and what refuses says why. */
static void derived_from_typed_and_measured(void **state) {
    (void)state;
    static const struct derived_value typed[] = {
        {QUANTITY_CO, 0, 5.0}, {QUANTITY_HEIGHT, 0, 172}, {QUANTITY_WEIGHT, 0, 80}, {0, 0, 0}};
    struct patient_row row = *patient_find("as_severe");
    struct bedside *b = bedside_typed(&row, typed, 3, 120, 250);
    const struct event *av = bedside_find(b, QUANTITY_AV_MEAN, SITE_LV, 0);
    const struct event *area = bedside_find(b, QUANTITY_AVA, SITE_NONE, 0);
    assert_true(av && area);
    assert_int_equal(area->method, METHOD_DERIVED);
    double mean = bedside_mean(b, av, offsetof(struct bedside_beat, av_mean));
    double sep = bedside_mean(b, av, offsetof(struct bedside_beat, sep_s));
    double want = 5000 / (sep * value_of(av, QUANTITY_RATE)) / (44.3 * sqrt(mean));
    double got = value_of(area, QUANTITY_AVA);
    print_message("  AVA %.4f, of the model's gradient %.4f: %+.2f %%\n", got, want,
                  100 * (got / want - 1));
    CLOSE(got / want, 1, 0.01);
    assert_non_null(bedside_find(b, QUANTITY_CI, SITE_NONE, 0));
    assert_non_null(bedside_find(b, QUANTITY_PVR_WU, SITE_NONE, 0));
    bool atrium = bedside_find(b, QUANTITY_MEAN, SITE_RA, 0) != NULL;
    assert_int_equal(bedside_find(b, QUANTITY_SVR, SITE_NONE, 0) != NULL, atrium);
    assert_non_null(bedside_find(b, QUANTITY_LVSWI, SITE_NONE, 0));
    double mv = value_of(bedside_find(b, QUANTITY_MV_MEAN, SITE_LV, 0), QUANTITY_MV_MEAN);
    assert_int_equal(bedside_find(b, QUANTITY_MVA, SITE_NONE, 0) != NULL, mv >= 3);
    assert_null(bedside_find(b, QUANTITY_QP_QS, SITE_NONE, 0));
    free(b);
}

/* Two lines, marks and derived values: the same events however the samples are cut. */
static void blocks_do_not_matter(void **state) {
    (void)state;
    static const struct derived_value typed[] = {{QUANTITY_CO, 0, 5.0}, {0, 0, 0}};
    struct patient_row row = *patient_find("as_severe");
    row.lab = &lab_rows[LAB_sheath];
    struct bedside *whole = bedside_typed(&row, typed, 3, 90, 250);
    bedside_cut = 3;
    struct bedside *cut = bedside_typed(&row, typed, 3, 90, 250);
    bedside_cut = 0;
    assert_true(whole->measured_count > 10 && bedside_find(whole, QUANTITY_AVA, SITE_NONE, 0));
    assert_int_equal(whole->measured_count, cut->measured_count);
    for (int i = 0; i < whole->measured_count; i++)
        assert_memory_equal(&whole->measured[i], &cut->measured[i], sizeof whole->measured[i]);
    free(whole);
    free(cut);
}

static void a_refusal_says_why(void **state) {
    (void)state;
    static const struct derived_value typed[] = {
        {QUANTITY_HEIGHT, 0, 172}, {QUANTITY_WEIGHT, 0, 80}, {QUANTITY_AGE, 0, 66},
        {QUANTITY_MALE, 0, 1},     {QUANTITY_TD_1, 0, 4.0},  {QUANTITY_TD_2, 0, 5.0},
        {QUANTITY_TD_3, 0, 6.0},   {0, 0, 0}};
    struct patient_row row = *patient_find("stable");
    struct bedside *b = bedside_typed(&row, typed, 3, 40, 250);
    bool thermodilution = false, lafarge = false;
    for (int i = 0; i < b->refused_count; i++) {
        const struct event *e = &b->refused[i];
        assert_int_equal(e->to_value, EVENT_NOT_VALID);
        thermodilution |= e->from_value == QUANTITY_CO_TD; /* 20 % apart */
        lafarge |= e->from_value == QUANTITY_VO2_LAFARGE;  /* made for 3 to 40 years */
        assert_true(says(b, e, "not given"));
    }
    assert_true(thermodilution && lafarge);
    assert_null(bedside_find(b, QUANTITY_CO, SITE_NONE, 0));
    free(b);
}

/* A stiff right ventricle climbs to a plateau and falls as a saw-tooth does, and the wedge of a
 * lung under high pressure lies where a line open to air would: neither withholds the pressure. */
static void what_looks_like_a_fault_of_the_line(void **state) {
    (void)state;
    static const struct { const char *patient; uint32_t state, site, quantity; } cases[] = {
        {"rv_infarct", EVENT_OVERWEDGED, SITE_RV, QUANTITY_SYSTOLIC},
        {"restriction", EVENT_OVERWEDGED, SITE_RV, QUANTITY_SYSTOLIC},
        {"constriction", EVENT_OVERWEDGED, SITE_PA, QUANTITY_SYSTOLIC}, /* its RV is not steady */
        {"pah", EVENT_ZEROING, SITE_PCW, QUANTITY_MEAN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bedside *b = bedside_run(cases[i].patient, patient_find(cases[i].patient)->lab, 1,
                                        80, 250);
        assert_int_equal(b->began[cases[i].state], 0);
        assert_non_null(bedside_find(b, cases[i].quantity, cases[i].site, 0));
        free(b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_catheters_in_the_left_heart),
        cmocka_unit_test(drawn_back_through_the_valve),
        cmocka_unit_test(through_the_pulmonic_valve),
        cmocka_unit_test(captured_by_a_person),
        cmocka_unit_test(stand_ins),
        cmocka_unit_test(a_wire_beyond_a_stenosis),
        cmocka_unit_test(what_could_change_a_value_is_said),
        cmocka_unit_test(derived_from_typed_and_measured),
        cmocka_unit_test(a_refusal_says_why),
        cmocka_unit_test(blocks_do_not_matter),
        cmocka_unit_test(what_looks_like_a_fault_of_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
