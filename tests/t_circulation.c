/* The simulator: the circulation keeps its volume and its rhythm, each row of patients.def shows
 * the pressures that it promises and leads to what it is named for. */
#include "detectors/room.h"
#include "proto/event.h"
#include "proto/quantity.h"
#include "proto/site.h"
#include "sim/patient_source.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const double pressure_tolerance = 3, wedge_tolerance = 2;

struct extremes {
    double most, least, sum, rise; /* rise: the steepest, per second */
    uint64_t n;
};

static void follow(struct extremes *e, double mmhg, double before) {
    e->most = e->n ? fmax(e->most, mmhg) : mmhg;
    e->least = e->n ? fmin(e->least, mmhg) : mmhg;
    e->rise = fmax(e->rise, (mmhg - before) * CIRCULATION_RATE_HZ);
    e->sum += mmhg;
    e->n++;
}

/* One whole beat of every node. */
static void one_beat(struct circulation *c, struct extremes out[NODES]) {
    memset(out, 0, NODES * sizeof out[0]);
    while (!c->beat_began)
        circulation_step(c);
    do {
        double before[NODES];
        memcpy(before, c->pressure_mmhg, sizeof before);
        circulation_step(c);
        for (int i = 0; i < NODES; i++)
            follow(&out[i], c->pressure_mmhg[i], before[i]);
    } while (!c->beat_began);
}

static void test_volume_is_conserved(void **state) {
    (void)state;
    static const double inflows[] = {0, -5, 8, -0.001};
    for (size_t i = 0; i < sizeof inflows / sizeof inflows[0]; i++) {
        struct circulation c;
        struct circulation_parameters k = circulation_normal();
        circulation_init(&c, &k, i + 1);
        c.parameters.inflow_ml_s = inflows[i];
        for (int step = 0; step < 100 * CIRCULATION_RATE_HZ; step++)
            circulation_step(&c);
        double error_ml = circulation_volume_ml(&c) - k.volume_ml - c.given_ml;
        assert_true(fabs(error_ml) < 1e-9);
        assert_true(fabs(c.given_ml - 100 * inflows[i]) < 1e-6);
    }
}

static void test_settled_heart_is_periodic_and_plausible(void **state) {
    (void)state;
    struct circulation c;
    struct circulation_parameters k = circulation_normal();
    struct extremes first[NODES], next[NODES];
    k.rate_spread = 0;
    k.pleural_mmhg = 0;
    k.reflex = false;
    circulation_init(&c, &k, 1);
    one_beat(&c, first);
    for (int beat = 0; beat < 20; beat++) {
        one_beat(&c, next);
        for (int i = 0; i < NODES; i++) {
            assert_true(fabs(next[i].most - first[i].most) < 0.1);
            assert_true(fabs(next[i].least - first[i].least) < 0.1);
        }
    }
    const struct extremes *e = next;
    /* The pulse grows on its way to the leg: by 10-35 % (McDonald's Blood Flow in Arteries). */
    double pulse_ao = e[NODE_AO].most - e[NODE_AO].least;
    double pulse_fa = e[NODE_FA].most - e[NODE_FA].least;
    assert_true(pulse_fa > 1.1 * pulse_ao && pulse_fa < 1.35 * pulse_ao);
    assert_true(fabs(e[NODE_FA].sum - e[NODE_AO].sum) < 4 * (double)e[NODE_AO].n);
    double across_mmhg = e[NODE_RV].most - e[NODE_PA].most;
    print_message("RV/PA systolic apart by %.1f mmHg (want within 2)\n", across_mmhg);
    assert_true(fabs(across_mmhg) < 2);
    double wedge = e[NODE_PCW].sum / (double)e[NODE_PCW].n,
           la = e[NODE_LA].sum / (double)e[NODE_LA].n;
    assert_true(fabs(wedge - la) < 2);
    assert_true(e[NODE_LV].rise > 900 && e[NODE_LV].rise < 1600);
    assert_true(e[NODE_LV].most > e[NODE_AO].most);
    assert_true(e[NODE_AO].most > 115 && e[NODE_AO].most < 130);
    print_message("LV dP/dt %.0f mmHg/s, AO %.0f/%.0f, PA %.0f/%.0f\n", e[NODE_LV].rise,
                  e[NODE_AO].most, e[NODE_AO].least, e[NODE_PA].most, e[NODE_PA].least);
}

enum { WAVE_MAX = 2 * CIRCULATION_RATE_HZ };

/* Tops of a beat that stand out of what is beside them by a share of the pulse. */
static int tops(const double *mmhg, int n, double share) {
    int count = 0;
    double least = mmhg[0], most = mmhg[0], floor_mmhg = mmhg[0];
    for (int i = 0; i < n; i++) {
        least = fmin(least, mmhg[i]);
        most = fmax(most, mmhg[i]);
    }
    double step = share * (most - least), top = mmhg[0];
    bool climbing = false;
    for (int i = 0; i < n; i++) {
        floor_mmhg = fmin(floor_mmhg, mmhg[i]);
        top = fmax(top, mmhg[i]);
        if (!climbing && mmhg[i] > floor_mmhg + step) {
            climbing = true;
            top = mmhg[i];
        } else if (climbing && mmhg[i] < top - step) {
            climbing = false;
            floor_mmhg = mmhg[i];
            count++;
        }
    }
    return count;
}

/* The aorta as a lab sees it: one systolic top, a notch with a small wave behind it, then a run-off
 * that only falls. The windkessels that were here before rang with three tops. */
static void test_aorta_has_one_top_a_notch_and_runs_off(void **state) {
    (void)state;
    static double mmhg[NODES][WAVE_MAX];
    struct circulation c;
    struct circulation_parameters k = circulation_normal();
    k.rate_spread = 0;
    circulation_init(&c, &k, 1);
    int n = 0, notch = 0;
    while (!c.beat_began)
        circulation_step(&c);
    do {
        circulation_step(&c);
        for (int i = 0; i < NODES; i++)
            mmhg[i][n] = c.pressure_mmhg[i];
    } while (!c.beat_began && ++n < WAVE_MAX);
    const double *ao = mmhg[NODE_AO];
    int top = 0, ao_foot = 0, fa_foot = 0;
    for (int i = 0; i < n; i++) {
        top = ao[i] > ao[top] ? i : top;
        ao_foot = ao[i] < ao[ao_foot] ? i : ao_foot;
        fa_foot = mmhg[NODE_FA][i] < mmhg[NODE_FA][fa_foot] ? i : fa_foot;
    }
    for (int i = top + 1; i + 1 < n && !notch; i++)
        notch = ao[i] <= ao[i - 1] && ao[i] < ao[i + 1] ? i : 0;
    int wave = notch;
    while (notch && wave + 1 < n && ao[wave + 1] > ao[wave])
        wave++;
    double pulse = ao[top] - ao[ao_foot];
    print_message(
        "top at %.0f ms, notch at %.0f ms and %.0f %% of the pulse, wave of %.1f mmHg, leg "
        "later by %.0f ms\n",
        top / 2.0, notch / 2.0, 100 * (ao[notch] - ao[ao_foot]) / pulse, ao[wave] - ao[notch],
        (fa_foot - ao_foot) / 2.0);
    assert_int_equal(tops(ao, n, 0.15), 1);
    assert_true(notch && (notch - top) / 2.0 < 170);
    assert_true(ao[wave] - ao[notch] > 1 && ao[wave] - ao[notch] < 0.15 * pulse);
    assert_true(ao[notch] - ao[ao_foot] > 0.5 * pulse && ao[notch] - ao[ao_foot] < 0.9 * pulse);
    for (int i = wave + 1; i + 1 < n; i++)
        assert_true(ao[i + 1] <= ao[i]);
    assert_true(fa_foot - ao_foot > 2 * 15 && fa_foot - ao_foot < 2 * 90);
}

/* Means over the whole beats of a site in a stretch of time. */
struct stretch {
    uint32_t site;
    double from_s, to_s;
    double systolic, diastolic, mean;
    int beats;
};

static void add_beat(void *context, const struct patient_beat *b) {
    struct stretch *s = context;
    for (; s->site; s++) {
        if (b->site != s->site || b->at_s < s->from_s || b->at_s >= s->to_s)
            continue;
        s->beats++;
        s->systolic += (b->systolic_mmhg - s->systolic) / s->beats;
        s->diastolic += (b->diastolic_mmhg - s->diastolic) / s->beats;
        s->mean += (b->mean_mmhg - s->mean) / s->beats;
    }
}

/* What a room says of a patient, and which marks there were. */
struct heard {
    double wanted_s[2]; /* first and last event of `kind` that was raised or began, -1: none */
    uint32_t kind;
    uint64_t findings, wedges, samples;
    double base_rate_hz;
};

static void hear(void *context, const struct event *e) {
    struct heard *h = context;
    h->findings += e->kind >= 300 && e->kind < 400;
    if (e->kind != h->kind || (e->state != EVENT_RAISED && e->state != EVENT_BEGAN))
        return;
    h->wanted_s[1] = (double)e->emitted_tick / h->base_rate_hz;
    if (h->wanted_s[0] < 0)
        h->wanted_s[0] = h->wanted_s[1];
}

static void begin_room(struct room **room, const struct stream_info *info) {
    struct rules rules = rules_default();
    *room = calloc(1, room_size());
    assert_non_null(*room);
    assert_int_equal(room_init(*room, &rules), HEMO_OK);
    struct wire_epoch_begin begin = {
        .stream = 1, .room = 1, .why = WHY_FIRST, .epoch = 1, .case_number = 1, .info = *info};
    assert_int_equal(room_begin(*room, &begin), HEMO_OK);
}

static void play(const struct patient_source_config *config, struct heard *h) {
    struct source source;
    struct source_item item;
    struct failure failure;
    struct room *room;
    if (patient_source_open(&source, config, &failure))
        fail_msg("%s", failure.text);
    h->wanted_s[0] = h->wanted_s[1] = -1;
    h->base_rate_hz = stream_base_rate_hz(&source.info);
    begin_room(&room, &source.info);
    do {
        assert_int_equal(source.next(source.state, &item, &failure), HEMO_OK);
        enum hemo_error error = HEMO_OK;
        if (item.kind == SOURCE_SAMPLES)
            error = room_push(room, &item.body.samples, hear, h);
        else if (item.kind == SOURCE_GAP)
            error = room_gap(room, &item.body.gap, hear, h);
        else if (item.kind == SOURCE_MARK)
            error = room_mark(room, &item.body.mark, hear, h);
        assert_int_equal(error, HEMO_OK);
        if (item.kind == SOURCE_MARK)
            h->wedges += item.body.mark.kind == MARK_WEDGE && item.body.mark.value > 0;
    } while (item.kind != SOURCE_END);
    room_end(room, hear, h);
    struct room_counts counts = room_counts(room);
    h->samples = counts.received;
    assert_int_equal(counts.received, counts.used + counts.refused + counts.gap);
    free(room);
    source.close(source.state);
}

static void within(const char *what, double is, double want, double tolerance) {
    if (!isnan(want) && !(fabs(is - want) <= tolerance))
        fail_msg("%s is %.1f, patients.def says %.1f +-%.0f", what, is, want, tolerance);
}

static uint32_t artery_of(const struct patient_row *row) {
    if (lab_has(row->lab, PATIENT_AO))
        return SITE_AO;
    return lab_has(row->lab, PATIENT_FA) ? SITE_ART : SITE_PAO;
}

static void hold_patient(const struct patient_row *row) {
    double over_s = row->onset_s + scenario_lasts_s(row->scenario) + 30, wedge_s = 60;
    double end_s = row->onset_s > 0 ? over_s + 60 : 100;
    bool right_heart = lab_has(row->lab, PATIENT_RHC);
    while (row->wedge_every_s > 0 && wedge_s < over_s - 30)
        wedge_s += row->wedge_every_s;
    uint32_t artery = artery_of(row);
    struct stretch s[] = {
        {.site = artery, .from_s = 1, .to_s = row->onset_s > 0 ? row->onset_s : 60},
        {.site = SITE_PA, .from_s = 38, .to_s = 60},
        {.site = SITE_PCW, .from_s = 62, .to_s = 75},
        {.site = artery, .from_s = over_s, .to_s = end_s},
        {.site = SITE_PCW, .from_s = wedge_s, .to_s = end_s},
        {.site = 0}};
    struct heard h = {.kind = EVENT_NONE};
    play(
        &(struct patient_source_config){
            .row = row, .seed = 7, .duration_s = end_s, .on_beat = add_beat, .context = s},
        &h);
    print_message("%-16s AO %.0f/%.0f/%.0f PA %.0f/%.0f/%.0f PCW %.1f, after: AO %.0f PCW %.1f\n",
                  row->name, s[0].systolic, s[0].diastolic, s[0].mean, s[1].systolic,
                  s[1].diastolic, s[1].mean, s[2].mean, s[3].mean, s[4].mean);
    within("AO systolic", s[0].systolic, row->before.ao_sys, pressure_tolerance);
    within("AO diastolic", s[0].diastolic, row->before.ao_dia, pressure_tolerance);
    within("AO mean", s[0].mean, row->before.ao_mean, pressure_tolerance);
    within("PA systolic", s[1].systolic, row->before.pa_sys, pressure_tolerance);
    within("PA diastolic", s[1].diastolic, row->before.pa_dia, pressure_tolerance);
    within("PA mean", s[1].mean, row->before.pa_mean, pressure_tolerance);
    within("wedge mean", s[2].mean, row->before.pcw_mean, wedge_tolerance);
    within("AO mean after", s[3].mean, row->ao_mean_after, pressure_tolerance);
    if (s[4].beats && row->wedge_every_s > 0)
        within("wedge mean after", s[4].mean, row->pcw_mean_after, wedge_tolerance);
    uint64_t lines = 0;
    for (enum patient_channel c = PATIENT_AO; c < PATIENT_CHANNELS; c++)
        lines += lab_has(row->lab, c);
    assert_true(!right_heart || (h.wedges >= 1 && s[1].beats > 10 && s[2].beats > 5));
    assert_true(s[0].beats > 10);
    assert_int_equal(h.samples, (uint64_t)end_s * (500 + lines * 250));
}

static void test_every_patient_shows_its_pressures(void **state) {
    (void)state;
    for (int i = 0; i < patient_rows_count; i++)
        hold_patient(&patient_rows[i]);
}

static void test_patients_lead_to_what_they_are_named_for(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint32_t kind;
        double from_s, to_s;
    } cases[] = {{"bleeding", EVENT_FALLING_BP, 120, 210},
                 {"failing", EVENT_RISING_WEDGE, 135, 230},
                 {"pump_failure", EVENT_RISING_WEDGE, 135, 300},
                 {"perforation", EVENT_TAMPONADE, 120, 360}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (uint64_t seed = 1; seed <= 3; seed++) {
            struct heard h = {.kind = cases[i].kind};
            play(&(struct patient_source_config){.row = patient_find(cases[i].name),
                                                 .seed = seed,
                                                 .duration_s = 360},
                 &h);
            print_message("%s, seed %d: %s at %.1f s\n", cases[i].name, (int)seed,
                          event_row(cases[i].kind)->name, h.wanted_s[0]);
            assert_true(h.wanted_s[0] > cases[i].from_s && h.wanted_s[0] < cases[i].to_s);
        }
}

static void test_stable_patient_gives_no_finding(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct heard h = {.kind = EVENT_NONE};
        play(&(struct patient_source_config){.row = patient_find("stable"),
                                             .seed = seed,
                                             .duration_s = 600},
             &h);
        assert_int_equal(h.findings, 0);
    }
}

static void test_bleeding_begins_exactly_at_its_onset(void **state) {
    (void)state;
    struct patient p;
    patient_init(&p, patient_find("bleeding"), 1);
    uint64_t onset = (uint64_t)p.row->onset_s * CIRCULATION_RATE_HZ;
    while (p.step < onset)
        patient_step(&p);
    assert_true(fabs(p.circulation.given_ml) < 1e-12);
    patient_step(&p);
    assert_true(fabs(p.circulation.given_ml - -5.7 / CIRCULATION_RATE_HZ) < 1e-9);
    while (p.step < onset + 100 * CIRCULATION_RATE_HZ)
        patient_step(&p);
    assert_true(fabs(p.circulation.given_ml - -5.7 * 90) < 1e-6);
}

static uint64_t digest(uint64_t seed) {
    struct source source;
    struct source_item item;
    struct failure failure;
    uint64_t sum = 0;
    struct patient_source_config config = {
        .row = patient_find("failing"), .seed = seed, .duration_s = 20};
    assert_int_equal(patient_source_open(&source, &config, &failure), HEMO_OK);
    do {
        source.next(source.state, &item, &failure);
        const struct sample_block *b = &item.body.samples;
        for (uint32_t i = 0; item.kind == SOURCE_SAMPLES && i < b->channels * b->count; i++)
            sum = sum * 1099511628211u + (uint16_t)b->samples[i];
    } while (item.kind != SOURCE_END);
    source.close(source.state);
    return sum;
}

static void test_same_seed_same_samples(void **state) {
    (void)state;
    assert_true(digest(5) == digest(5));
    assert_true(digest(5) != digest(6));
}

static void test_copied_patient_goes_on_equally(void **state) {
    (void)state;
    static struct patient a, b;
    patient_init(&a, patient_find("stable"), 1);
    for (int i = 0; i < 5000; i++)
        patient_step(&a);
    b = a;
    for (int i = 0; i < 5000; i++) {
        patient_step(&a);
        patient_step(&b);
        assert_memory_equal(a.value, b.value, sizeof a.value);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_volume_is_conserved),
        cmocka_unit_test(test_settled_heart_is_periodic_and_plausible),
        cmocka_unit_test(test_aorta_has_one_top_a_notch_and_runs_off),
        cmocka_unit_test(test_every_patient_shows_its_pressures),
        cmocka_unit_test(test_patients_lead_to_what_they_are_named_for),
        cmocka_unit_test(test_stable_patient_gives_no_finding),
        cmocka_unit_test(test_bleeding_begins_exactly_at_its_onset),
        cmocka_unit_test(test_same_seed_same_samples),
        cmocka_unit_test(test_copied_patient_goes_on_equally),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
