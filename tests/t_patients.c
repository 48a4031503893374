/* What makes each simulated patient what it is called: the gradient of a stenosis, the v wave of a
 * leak, pressures that are alike in tamponade, and so on, from the circulation itself. */
#include "sim/patient.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

/* Ten seconds at rest, the breath held at its end. */
struct seen {
    double mean[NODES], most[NODES], least[NODES];
    double lv_end_diastolic, la_before_a, la_a;
    double gradient_ao, gradient_mitral, peak_to_peak; /* means while the valve is open */
    double output_l_min;
};

static struct seen look(const struct circulation_parameters *parameters) {
    static struct circulation c;
    struct circulation_parameters k = *parameters;
    struct seen s = {.mean = {0}};
    int n = 10 * CIRCULATION_RATE_HZ, aortic = 0, mitral = 0, beats = 0;
    double out_ml = 0;
    k.pleural_mmhg = 0;
    circulation_init(&c, &k, 1);
    for (int i = 0; i < NODES; i++) {
        s.most[i] = -1e9;
        s.least[i] = 1e9;
    }
    for (int step = 0; step < n; step++) {
        circulation_step(&c);
        const double *p = c.pressure_mmhg;
        for (int i = 0; i < NODES; i++) {
            s.mean[i] += p[i] / n;
            s.most[i] = fmax(s.most[i], p[i]);
            s.least[i] = fmin(s.least[i], p[i]);
        }
        if (c.flow_ml_s[VALVE_AORTIC] > 5)
            s.gradient_ao += (p[NODE_LV] - p[NODE_AO] - s.gradient_ao) / ++aortic;
        if (c.flow_ml_s[VALVE_MITRAL] > 5)
            s.gradient_mitral += (p[NODE_LA] - p[NODE_LV] - s.gradient_mitral) / ++mitral;
        out_ml += c.flow_ml_s[VALVE_PULMONARY] / CIRCULATION_RATE_HZ;
        if (c.beat_began)
            s.lv_end_diastolic += (p[NODE_LV] - s.lv_end_diastolic) / ++beats;
    }
    s.peak_to_peak = s.most[NODE_LV] - s.most[NODE_AO];
    s.output_l_min = out_ml * 6 / 1000;
    return s;
}

static struct seen look_at(const char *name) {
    struct circulation_parameters k = patient_parameters(patient_find(name));
    struct seen s = look(&k);
    print_message("%-12s RA %.0f wedge %.0f LVEDP %.0f LV %.0f AO %.0f/%.0f v %.0f gradients %.0f "
                  "(p2p %.0f), %.0f mmHg, %.1f L/min\n",
                  name, s.mean[NODE_RA], s.mean[NODE_PCW], s.lv_end_diastolic, s.most[NODE_LV],
                  s.most[NODE_AO], s.least[NODE_AO], s.most[NODE_LA], s.gradient_ao, s.peak_to_peak,
                  s.gradient_mitral, s.output_l_min);
    return s;
}

static void test_stenoses_have_gradients(void **state) {
    (void)state;
    struct seen normal = look_at("stable"), severe = look_at("as_severe"),
                low = look_at("as_low_flow"), ms = look_at("ms"), hocm = look_at("hocm");
    assert_true(normal.gradient_ao < 8 && normal.gradient_mitral < 3);
    assert_true(severe.gradient_ao > 40 && low.gradient_ao > 20 && low.gradient_ao < 40);
    assert_true(low.output_l_min < 4.5);
    assert_true(ms.gradient_mitral > 8 && ms.mean[NODE_LA] - ms.lv_end_diastolic > 5);
    assert_true(hocm.peak_to_peak > 30);
}

static void test_leaks_have_their_waves(void **state) {
    (void)state;
    struct seen ar = look_at("ar"), acute = look_at("mr_acute"), chronic = look_at("mr_chronic");
    assert_true(ar.most[NODE_AO] - ar.least[NODE_AO] > 65 && ar.least[NODE_AO] < 55);
    assert_true(acute.most[NODE_LA] > acute.mean[NODE_LA] + 10);
    assert_true(acute.most[NODE_LA] > 35 && chronic.most[NODE_LA] > 28);
}

static void test_filling_tells_them_apart(void **state) {
    (void)state;
    struct seen tamponade = look_at("tamponade"), constriction = look_at("constriction"),
                infarct = look_at("rv_infarct"), pah = look_at("pah"), shock = look_at("shock"),
                hfpef = look_at("hfpef"), blood = look_at("haemorrhage");
    assert_true(fabs(tamponade.mean[NODE_RA] - tamponade.mean[NODE_PCW]) < 4);
    assert_true(fabs(constriction.mean[NODE_RA] - constriction.mean[NODE_PCW]) < 4);
    assert_true(infarct.mean[NODE_RA] > 0.8 * infarct.mean[NODE_PCW]);
    assert_true(pah.mean[NODE_PA] > 45 && pah.mean[NODE_PCW] < 15);
    assert_true(shock.output_l_min < 4 && shock.mean[NODE_PCW] > 18);
    assert_true(hfpef.lv_end_diastolic > 16 && hfpef.mean[NODE_PCW] > 15);
    assert_true(blood.mean[NODE_RA] < 2 && blood.mean[NODE_PCW] < 4);
}

/* Peaks of both ventricles, beat by beat, over 80 beats of a metronome. */
struct peaks {
    double correlation, left_swing, right_swing, aortic_swing;
};

static struct peaks breathe(const struct circulation_parameters *parameters) {
    enum { BEATS = 80 };
    static const enum node nodes[3] = {NODE_LV, NODE_RV, NODE_AO};
    static struct circulation c;
    struct circulation_parameters k = *parameters;
    double top[3], most[3] = {-1e9, -1e9, -1e9}, least[3] = {1e9, 1e9, 1e9};
    double sum[2] = {0}, squares[2] = {0}, product = 0;
    k.rate_spread = 0;
    circulation_init(&c, &k, 1);
    while (!c.beat_began)
        circulation_step(&c);
    for (int beat = 0; beat < BEATS; beat++) {
        top[0] = top[1] = top[2] = -1e9;
        do {
            circulation_step(&c);
            /* In systole only: a shell's plateau may be as high as the right ventricle's top. */
            for (int i = 0; i < 3 && c.activation[0] > 0.3; i++)
                top[i] = fmax(top[i], c.pressure_mmhg[nodes[i]]);
        } while (!c.beat_began);
        for (int i = 0; i < 3; i++) {
            most[i] = fmax(most[i], top[i]);
            least[i] = fmin(least[i], top[i]);
        }
        for (int i = 0; i < 2; i++) {
            sum[i] += top[i] / BEATS;
            squares[i] += top[i] * top[i] / BEATS;
        }
        product += top[0] * top[1] / BEATS;
    }
    double spread = (squares[0] - sum[0] * sum[0]) * (squares[1] - sum[1] * sum[1]);
    return (struct peaks){.correlation = (product - sum[0] * sum[1]) / sqrt(spread),
                          .left_swing = most[0] - least[0],
                          .right_swing = most[1] - least[1],
                          .aortic_swing = most[2] - least[2]};
}

static struct peaks breathe_as(const char *name) {
    struct circulation_parameters k = patient_parameters(patient_find(name));
    struct peaks p = breathe(&k);
    print_message("%-12s LV with RV %+.2f; swings LV %.1f, RV %.1f, AO %.1f\n", name, p.correlation,
                  p.left_swing, p.right_swing, p.aortic_swing);
    return p;
}

/* Constriction: the breath draws on the lungs' veins and not on the ventricles behind the shell, so
 * the left one fills less as the right one fills more (PMC9344806, fig. 2; Kern, Constrictive
 * pericardial hemodynamics made easy). Stiff muscle in the same breath lets both move together. */
static void test_constriction_sets_the_ventricles_against_each_other(void **state) {
    (void)state;
    struct peaks constriction = breathe_as("constriction"), restriction = breathe_as("restriction");
    assert_true(constriction.correlation < 0);
    assert_true(constriction.left_swing > 3 && constriction.right_swing > 1);
    assert_true(restriction.correlation > 0 && breathe_as("stable").correlation > 0);
    /* Where the breath reaches the heart as it does the lungs, nothing of it is left. */
    struct circulation_parameters k = patient_parameters(patient_find("constriction"));
    k.pleural_share = 1;
    k.abdominal_share = 0;
    struct peaks joined = breathe(&k);
    print_message("breath in shell too %+.2f\n", joined.correlation);
    assert_true(joined.correlation > 0);
}

static void test_tamponade_has_a_paradoxical_pulse(void **state) {
    (void)state;
    assert_true(breathe_as("tamponade").aortic_swing > 10);
    assert_true(breathe_as("stable").aortic_swing < 10);
}

/* The right atrium of one beat, the breath held: tops and troughs in their order. */
struct waves {
    double a, x, v, y;
};

static struct waves waves_of(const char *name) {
    enum { LONGEST = 2 * CIRCULATION_RATE_HZ, CLOSED = CIRCULATION_RATE_HZ / 10 };
    enum { Y_LASTS = 3 * CIRCULATION_RATE_HZ / 20 };
    static double mmhg[LONGEST];
    static struct circulation c;
    struct circulation_parameters k = patient_parameters(patient_find(name));
    k.rate_spread = k.pleural_mmhg = 0;
    circulation_init(&c, &k, 1);
    int n = 0, opened = 0, atrial = 0;
    while (!c.beat_began)
        circulation_step(&c);
    do {
        circulation_step(&c);
        mmhg[n] = c.pressure_mmhg[NODE_RA];
        opened = !opened && n > CLOSED && c.opening[VALVE_TRICUSPID] > 0.5 ? n : opened;
        atrial = !atrial && n > 3 * CLOSED && c.activation[1] > 0 ? n : atrial;
    } while (!c.beat_began && ++n < LONGEST);
    struct waves w = {.a = -1e9, .x = 1e9, .v = -1e9, .y = 1e9};
    for (int i = CLOSED; i < opened + CLOSED / 4; i++)
        w.v = fmax(w.v, mmhg[i]);
    for (int i = 0; i < opened; i++)
        w.x = fmin(w.x, mmhg[i]);
    for (int i = opened; i < opened + Y_LASTS && i < n; i++)
        w.y = fmin(w.y, mmhg[i]);
    for (int i = atrial; i < n; i++)
        w.a = fmax(w.a, mmhg[i]);
    print_message("%-12s RA a %.1f x %.1f v %.1f y %.1f\n", name, w.a, w.x, w.v, w.y);
    return w;
}

/* Normal: a of 2-7 and v a little less (reference/dsp.md 2.5). Tamponade keeps x and loses y, for
 * its fluid presses all through diastole; constriction keeps x and has a steep y; the weak right
 * ventricle of an infarct draws its annulus little, so that y is deeper than x. */
static void test_waves_of_the_right_atrium(void **state) {
    (void)state;
    struct waves normal = waves_of("stable"), tamponade = waves_of("tamponade"),
                 constriction = waves_of("constriction"), infarct = waves_of("rv_infarct");
    assert_true(normal.a > 2 && normal.a < 7 && normal.a - normal.v > 0.5);
    assert_true(normal.a - normal.v < 3);
    assert_true(normal.a - normal.x > 2 && normal.v - normal.x > 2 && normal.v - normal.y > 2);
    assert_true(tamponade.a - tamponade.x > 3 && tamponade.v - tamponade.y > 0);
    assert_true(tamponade.v - tamponade.y < 0.5 * (tamponade.a - tamponade.x));
    assert_true(constriction.v - constriction.y > normal.v - normal.y);
    assert_true(constriction.v - constriction.y > 2 * (tamponade.v - tamponade.y));
    assert_true(constriction.a - constriction.x > 4);
    assert_true(infarct.v - infarct.y > normal.v - normal.y);
    assert_true(infarct.a - infarct.x < normal.a - normal.x);
}

/* A patient runs 1,000 times faster than life on a core of its own: the whole of it, noise and
 * transducers too. The fastest stretch counts, of 300 at most: what else runs only slows it. */
static void test_a_thousand_times_real_time(void **state) {
    (void)state;
    static struct patient p;
    double best = 0;
    patient_init(&p, patient_find("stable"), 1);
    for (int stretch = 0; stretch < 300 && best <= 1000; stretch++) {
        struct timespec a, b;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
        for (int i = 0; i < 10 * CIRCULATION_RATE_HZ; i++)
            patient_step(&p);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
        double took_s = (double)(b.tv_sec - a.tv_sec) + 1e-9 * (double)(b.tv_nsec - a.tv_nsec);
        best = fmax(best, 10 / took_s);
    }
    print_message("%.0f times real time\n", best);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && defined(__OPTIMIZE__)
    assert_true(best > 1000);
#endif
}

static void test_every_patient_keeps_its_volume(void **state) {
    (void)state;
    for (int i = 0; i < patient_rows_count; i++) {
        static struct circulation c;
        struct circulation_parameters k = patient_parameters(&patient_rows[i]);
        circulation_init(&c, &k, 1);
        for (int step = 0; step < 20 * CIRCULATION_RATE_HZ; step++)
            circulation_step(&c);
        assert_true(fabs(circulation_volume_ml(&c) - k.volume_ml - c.given_ml) < 1e-9);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stenoses_have_gradients),
        cmocka_unit_test(test_leaks_have_their_waves),
        cmocka_unit_test(test_filling_tells_them_apart),
        cmocka_unit_test(test_constriction_sets_the_ventricles_against_each_other),
        cmocka_unit_test(test_tamponade_has_a_paradoxical_pulse),
        cmocka_unit_test(test_waves_of_the_right_atrium),
        cmocka_unit_test(test_a_thousand_times_real_time),
        cmocka_unit_test(test_every_patient_keeps_its_volume),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
