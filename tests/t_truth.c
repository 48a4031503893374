/* The truth beside simulated records: against arithmetic of its own on the model's pressures, and
 * against what is known of stenoses, leaks, breathing and coronary indices. */
#include "proto/site.h"
#include "sim/patient_source.h"
#include "sim/truth_files.h"
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void run(const char *name, double duration_s, struct truth_log *log, struct source *source) {
    struct source_item item;
    struct failure failure;
    *log = (struct truth_log){.beats = NULL};
    struct patient_source_config config = {.row = patient_find(name),
                                           .seed = 5,
                                           .duration_s = duration_s,
                                           .on_beat = truth_log_beat,
                                           .on_cycle = truth_log_cycle,
                                           .context = log};
    assert_non_null(config.row);
    assert_int_equal(patient_source_open(source, &config, &failure), HEMO_OK);
    do
        assert_int_equal(source->next(source->state, &item, &failure), HEMO_OK);
    while (item.kind != SOURCE_END);
}

static void look(const char *name, double duration_s, struct truth_log *log) {
    struct source source;
    run(name, duration_s, log, &source);
    source.close(source.state);
}

/* Each beat of the aorta and the ventricle once more, the plain way. */
static void test_beats_are_those_of_the_pressures(void **state) {
    (void)state;
    enum { BEATS = 20 };
    static struct patient p;
    static struct truth t;
    double most[2] = {0}, least[2] = {0}, sum[2] = {0}, first = 0;
    static const enum patient_channel channels[2] = {PATIENT_AO, PATIENT_LV};
    int beats = 0, steps = 0;
    patient_init(&p, patient_find("as_severe"), 3);
    truth_init(&t, &p);
    while (beats < BEATS) {
        patient_step(&p);
        bool ended = truth_step(&t, &p);
        assert_int_equal(ended, p.circulation.beat_began && p.step > 1);
        for (int i = 0; i < 2 && ended && beats; i++) {
            const struct patient_beat *b = &t.beats[channels[i]];
            assert_true(b->whole);
            assert_true(fabs(b->systolic_mmhg - most[i]) < 1e-9);
            assert_true(fabs(b->diastolic_mmhg - least[i]) < 1e-9);
            assert_true(fabs(b->mean_mmhg - sum[i] / steps) < 1e-9);
            if (b->site == SITE_LV)
                assert_true(fabs(b->end_diastolic_mmhg - first) < 1e-9);
        }
        if (ended) {
            beats++;
            steps = 0;
            first = p.circulation.pressure_mmhg[NODE_LV];
        }
        double now[2] = {p.circulation.pressure_mmhg[NODE_AO], p.tip_mmhg[PATIENT_LV]};
        for (int i = 0; i < 2; i++) {
            most[i] = steps ? fmax(most[i], now[i]) : now[i];
            least[i] = steps ? fmin(least[i], now[i]) : now[i];
            sum[i] = (steps ? sum[i] : 0) + now[i];
        }
        steps++;
    }
}

static struct truth_line_means line(const struct truth_log *log, enum patient_channel channel,
                                    uint32_t site, double from_s, double to_s) {
    struct truth_line_means m;
    truth_log_line(log, &(struct truth_stay){channel, site, from_s, to_s}, &m);
    return m;
}

static void test_no_beat_while_a_catheter_moves(void **state) {
    (void)state;
    struct truth_log log;
    look("as_severe", 100, &log);
    static const double moves_s[] = {18, 36, 60, 75};
    for (size_t i = 0; i < log.beats_count; i++) {
        const struct patient_beat *b = &log.beats[i];
        for (size_t k = 0; b->channel == PATIENT_RHC && k < 4; k++)
            assert_false(b->at_s >= moves_s[k] && b->at_s < moves_s[k] + 0.4);
    }
    assert_true(line(&log, PATIENT_RHC, SITE_PCW, 0, 100).beats > 10);
    assert_true(line(&log, PATIENT_RHC, SITE_RA, 0, 100).beats > 15);
    truth_log_free(&log);
}

/* Gorlin with its own constants reads an anatomic area: 44.3 and 37.7 (0.85 of it) where a jet
 * without loss would have 50.2, so 13 and 33 % too much, less what inertia and the shape take. */
static void test_gorlin_reads_the_true_area_within_its_constants(void **state) {
    (void)state;
    static const struct {
        const char *name;
        bool mitral;
        double area_cm2, least, most;
    } rows[] = {{"as_severe", false, 0.72, 1.0, 1.15}, {"ms", true, 0.95, 1.1, 1.4}};
    for (size_t i = 0; i < 2; i++) {
        struct truth_log log;
        struct truth_heart_means m;
        look(rows[i].name, 60, &log);
        truth_log_heart(&log, 10, 60, &m);
        double period = m.rate_per_min * (rows[i].mitral ? m.dfp_s : m.sep_s);
        double root = sqrt(rows[i].mitral ? m.mv_mean : m.av_mean);
        double area = 1000 * m.co_l_min / period / (rows[i].mitral ? 37.7 : 44.3) / root;
        print_message("%s: Gorlin %.2f of a true %.2f cm2 (%.2f)\n", rows[i].name, area,
                      rows[i].area_cm2, area / rows[i].area_cm2);
        assert_true(area / rows[i].area_cm2 > rows[i].least);
        assert_true(area / rows[i].area_cm2 < rows[i].most);
        truth_log_free(&log);
    }
}

static void test_volumes_balance(void **state) {
    (void)state;
    static const char *const names[] = {"stable", "ar", "mr_chronic"};
    struct truth_heart_means m[3];
    for (int i = 0; i < 3; i++) {
        struct truth_log log;
        look(names[i], 60, &log);
        truth_log_heart(&log, 5, 60, &m[i]);
        for (size_t k = 5; k < log.cycles_count; k++) { /* what the ventricle lost went out */
            const struct cycle *c = &log.cycles[k];
            double out = c->forward_ml[VALVE_AORTIC] + c->back_ml[VALVE_MITRAL];
            double in = c->forward_ml[VALVE_MITRAL] + c->back_ml[VALVE_AORTIC];
            const struct cycle *next = k + 1 < log.cycles_count ? c + 1 : NULL;
            if (next)
                assert_true(fabs(next->edv_ml - (c->edv_ml + in - out)) < 1e-6);
            assert_true(!next || fabs(next->at_s - c->at_s - c->rr_s) < 1e-9);
        }
        truth_log_free(&log);
    }
    /* A valve that shuts lets a fiftieth run back; one that leaks, a third. */
    assert_true(m[0].aortic_regurgitant < 0.03 && m[0].mitral_regurgitant < 0.03);
    assert_true(m[1].aortic_regurgitant > 0.35 && m[1].mitral_regurgitant < 0.05);
    assert_true(m[2].aortic_regurgitant < 0.03 && m[2].mitral_regurgitant > 0.3);
    assert_true(fabs(m[0].co_l_min - m[0].sv_ml * m[0].rate_per_min / 1000) < 0.01);
}

static void test_breath_out_is_higher_alone_and_lower_on_a_ventilator(void **state) {
    (void)state;
    struct truth_log log;
    look("stable", 75, &log);
    struct truth_line_means alone = line(&log, PATIENT_RHC, SITE_PCW, 60, 75);
    truth_log_free(&log);
    look("ventilated", 75, &log);
    struct truth_line_means helped = line(&log, PATIENT_RHC, SITE_PCW, 60, 75);
    truth_log_free(&log);
    print_message("wedge %.1f, breath out %.1f; ventilated %.1f, %.1f\n", alone.mean,
                  alone.mean_endexp, helped.mean, helped.mean_endexp);
    assert_true(alone.mean_endexp > alone.mean + 0.2);
    assert_true(helped.mean_endexp < helped.mean - 0.2);
}

static void test_waves_of_the_atria(void **state) {
    (void)state;
    struct truth_log log;
    look("stable", 75, &log);
    struct truth_line_means ra = line(&log, PATIENT_RHC, SITE_RA, 1, 18);
    print_message("RA a %.1f, v %.1f, mean %.1f, top %.1f\n", ra.a, ra.v, ra.mean, ra.systolic);
    assert_true(ra.a > ra.mean && ra.v > ra.mean);
    assert_true(fabs(fmax(ra.a, ra.v) - ra.systolic) < 0.5 && fabs(ra.a - ra.v) > 0.2);
    truth_log_free(&log);
    look("mr_acute", 75, &log);
    struct truth_line_means la = line(&log, PATIENT_LA, SITE_LA, 41, 75);
    struct truth_line_means wedge = line(&log, PATIENT_RHC, SITE_PCW, 60, 75);
    print_message("LA v %.1f of mean %.1f, wedge v %.1f\n", la.v, la.mean, wedge.v);
    assert_true(la.v > la.mean + 10 && la.v > la.a && wedge.v > wedge.mean + 5);
    truth_log_free(&log);
    look("af", 75, &log);
    assert_true(isnan(line(&log, PATIENT_RHC, SITE_PCW, 60, 75).a));
    assert_true(isfinite(line(&log, PATIENT_RHC, SITE_PCW, 60, 75).v));
    truth_log_free(&log);
}

/* A row's name is its FFR; resting indices fall with it; pairs that disagree, do. */
static void test_coronary_rows_are_what_they_are_called(void **state) {
    (void)state;
    static const struct {
        const char *name;
        double ffr;
    } rows[] = {{"ffr_95", 0.95},        {"ffr_90", 0.90},       {"ffr_85", 0.85},
                {"ffr_80", 0.80},        {"ffr_75", 0.75},       {"ffr_70", 0.70},
                {"ffr_65", 0.65},        {"ffr_60", 0.60},       {"ffr_serial", 0.72},
                {"ffr_low_ifr_high", 0}, {"ffr_high_ifr_low", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct truth_log log;
        struct truth_heart_means rest;
        look(rows[i].name, 180, &log);
        truth_log_heart(&log, 31, 90, &rest);
        double ffr = truth_log_ffr(&log, 90, 180);
        print_message("%-16s FFR %.3f; at rest Pd/Pa %.3f, wave-free %.3f, dPR %.3f, RFR %.3f\n",
                      rows[i].name, ffr, rest.pd_pa, rest.wave_free, rest.dpr, rest.rfr);
        assert_true(!(rows[i].ffr > 0) || fabs(ffr - rows[i].ffr) < 0.01);
        assert_true(rest.rfr <= rest.dpr && rest.wave_free < rest.pd_pa);
        if (!strcmp(rows[i].name, "ffr_low_ifr_high"))
            assert_true(ffr < 0.80 && rest.wave_free > 0.89);
        else if (!strcmp(rows[i].name, "ffr_high_ifr_low"))
            assert_true(ffr > 0.80 && rest.wave_free < 0.89);
        else
            assert_true(rest.pd_pa > ffr);
        truth_log_free(&log);
    }
}

static json_t *find(json_t *rows, const char *channel, const char *site) {
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row) {
        if (!strcmp(json_string_value(json_object_get(row, "channel")), channel) &&
            !strcmp(json_string_value(json_object_get(row, "site")), site))
            return row;
    }
    return NULL;
}

static double real(json_t *object, const char *key) {
    json_t *value = json_object_get(object, key);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static void test_json_says_when_and_what(void **state) {
    (void)state;
    struct truth_log log;
    struct source source;
    run("perforation", 400, &log, &source);
    const struct patient *p = patient_source_patient(&source);
    struct truth_record record = {.log = &log,
                                  .row = p->row,
                                  .before = &p->run.base,
                                  .after = &p->circulation.parameters,
                                  .faults = patient_source_faults(&source),
                                  .seed = 5,
                                  .duration_s = 400,
                                  .rate_hz = 250};
    FILE *file = tmpfile();
    assert_non_null(file);
    truth_write_json(file, &record);
    rewind(file);
    json_error_t error;
    json_t *root = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        fail_msg("line %d: %s", error.line, error.text);
    assert_true(real(json_object_get(root, "scenario"), "onset_s") == 120);
    json_t *heart = json_object_get(root, "heart");
    assert_int_equal(json_array_size(heart), 2);
    double before = real(json_array_get(heart, 0), "co_l_min");
    double after = real(json_array_get(heart, 1), "co_l_min");
    print_message("CO %.1f, then %.1f L/min\n", before, after);
    assert_true(after < 0.6 * before);
    json_t *wedge = find(json_object_get(root, "stays"), "RHC", "PCW");
    assert_non_null(wedge);
    assert_true(fabs(real(wedge, "from_s") - 60.4) < 0.05 && real(wedge, "to_s") == 75);
    struct truth_line_means m = line(&log, PATIENT_RHC, SITE_PCW, 60, 75);
    assert_true(fabs(real(wedge, "mean") - m.mean) < 1e-3);
    json_decref(root);
    fclose(file);
    source.close(source.state);
    truth_log_free(&log);
}

/* The same patient with one scenario and with another: alike to the sample before the onset. */
static void test_any_scenario_with_any_patient_from_its_exact_onset(void **state) {
    (void)state;
    static const char *const scenarios_[2] = {"nothing@0:10", "vf@0:10"};
    struct source source[2];
    struct source_item item[2];
    struct failure failure;
    double rate_hz = 0;
    uint64_t differ_tick = 0;
    for (int i = 0; i < 2; i++) {
        struct patient_source_config config = {.row = patient_find("hfref"),
                                               .seed = 5,
                                               .duration_s = 20,
                                               .scenario = scenarios_[i]};
        assert_int_equal(patient_source_open(&source[i], &config, &failure), HEMO_OK);
        rate_hz = stream_base_rate_hz(&source[i].info);
    }
    do {
        for (int i = 0; i < 2; i++)
            assert_int_equal(source[i].next(source[i].state, &item[i], &failure), HEMO_OK);
        const struct sample_block *a = &item[0].body.samples, *b = &item[1].body.samples;
        if (item[0].kind == SOURCE_SAMPLES && !differ_tick &&
            memcmp(a->samples, b->samples, a->channels * a->count * sizeof *a->samples) != 0)
            differ_tick = a->first_tick;
    } while (item[0].kind != SOURCE_END);
    double differ_s = (double)differ_tick / rate_hz;
    print_message("alike until %.2f s\n", differ_s);
    assert_true(differ_s >= 9.96 && differ_s < 10.1);
    const struct patient *p = patient_source_patient(&source[1]);
    assert_string_equal(p->row->scenario->name, "vf");
    assert_true(p->row->onset_s == 10 && isnan(p->row->ao_mean_after));
    assert_ptr_equal(patient_find("hfref")->scenario, &scenarios[SCENARIO_nothing]);
    for (int i = 0; i < 2; i++)
        source[i].close(source[i].state);
    static const char *const wrong[] = {"vff", "vf@", "vf@x", "vf@20", "", "@5"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct patient_source_config config = {
            .row = patient_find("hfref"), .duration_s = 20, .scenario = wrong[i]};
        assert_int_equal(patient_source_open(&source[0], &config, &failure), HEMO_BAD_CONFIG);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_beats_are_those_of_the_pressures),
        cmocka_unit_test(test_no_beat_while_a_catheter_moves),
        cmocka_unit_test(test_gorlin_reads_the_true_area_within_its_constants),
        cmocka_unit_test(test_volumes_balance),
        cmocka_unit_test(test_breath_out_is_higher_alone_and_lower_on_a_ventilator),
        cmocka_unit_test(test_waves_of_the_atria),
        cmocka_unit_test(test_coronary_rows_are_what_they_are_called),
        cmocka_unit_test(test_json_says_when_and_what),
        cmocka_unit_test(test_any_scenario_with_any_patient_from_its_exact_onset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
