/* Means freed of breathing, at swings up to 20 mmHg, spontaneous and ventilated: through a room,
 * against the wave that was sent. */
#include "dsp/spectrum.h"
#include "proto/quantity.h"
#include "tests/trace.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { RATE_HZ = 125, SECONDS = 90, SETTLED_S = 45 };

/* Issue: both means within 1 mmHg. */
static const double within_mmhg = 1;

struct setting {
    uint32_t site;
    struct trace_wave wave; /* without breathing */
};

static const struct setting settings[] = {
    {SITE_PA, {32, 18, 74, 0, 0, 0, 0, 0}},
    {SITE_PCW, {20, 14, 74, 0, 0, 0, 0, 0}},
    {SITE_ART, {125, 75, 74, 0, 0, 0, 0, 0}},
};

static double average(const struct trace_wave *wave) {
    double sum = 0;
    int n = 60 * 1000; /* whole beats and whole breaths */
    for (int i = 0; i < n; i++)
        sum += trace_mmhg(wave, i / 1000.0);
    return sum / n;
}

static void play(struct trace *trace, const struct setting *s, const struct trace_wave *wave) {
    static struct room room;
    static struct spectrum spectrum;
    struct rules rules = rules_default();
    struct wire_epoch_begin begin = trace_epoch(s->site, RATE_HZ);
    assert_int_equal(room_init(&room, &rules), HEMO_OK);
    assert_true(spectrum_init(&spectrum));
    room_spectrum(&room, &spectrum);
    assert_int_equal(room_begin(&room, &begin), HEMO_OK);
    memset(trace, 0, sizeof *trace);
    for (uint64_t i = 0; i < (uint64_t)SECONDS * RATE_HZ; i++) {
        int16_t raw = trace_raw(trace_mmhg(wave, (double)i / RATE_HZ));
        struct sample_block block = {i, 0, 1, 1, &raw};
        assert_int_equal(room_push(&room, &block, trace_event, trace), HEMO_OK);
    }
    room_end(&room, trace_event, trace);
    spectrum_close(&spectrum);
}

struct off {
    int n, endexp_n;
    double mean, endexp; /* the largest */
};

static struct off compare(const struct setting *s, double swing_mmhg, bool ventilated) {
    struct trace trace;
    struct trace_wave wave = s->wave;
    wave.inspiration_share = 0.35;
    wave.breathing_mmhg = (ventilated ? -0.5 : 0.5) * swing_mmhg;
    double mean = average(&wave), endexp = average(&s->wave), got;
    struct off off = {0, 0, 0, 0};
    play(&trace, s, &wave);
    for (uint32_t i = 0; i < trace.count; i++) {
        const struct event *e = &trace.events[i];
        if (e->kind != EVENT_BREATH || e->tick < SETTLED_S * RATE_HZ)
            continue;
        off.n++;
        if (event_value(e, QUANTITY_MEAN, &got))
            off.mean = fmax(off.mean, fabs(got - mean));
        if (!event_value(e, QUANTITY_MEAN_ENDEXP, &got))
            continue;
        off.endexp_n++;
        off.endexp = fmax(off.endexp, fabs(got - endexp));
    }
    trace_free(&trace);
    print_message("%-4s swing %4.0f %-11s: %2d said, %2d with an end-expiratory mean; off by at "
                  "most %.2f (mean), %.2f (end-expiratory)\n",
                  site_row(s->site)->label, swing_mmhg, ventilated ? "ventilated" : "spontaneous",
                  off.n, off.endexp_n, off.mean, off.endexp);
    return off;
}

/* A wedge alone, without an ECG, under a breath three times as large as its pulse: its beats are
 * not found, so nothing is said; README names it. */
static bool hidden(const struct setting *s, double swing_mmhg) {
    double pulse_mmhg = s->wave.systolic_mmhg - s->wave.diastolic_mmhg;
    return site_row(s->site)->shape == SHAPE_ATRIUM && swing_mmhg > 3 * pulse_mmhg;
}

static void test_both_means(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        for (int ventilated = 0; ventilated < 2; ventilated++)
            for (double swing = 5; swing <= 20; swing += 5) {
                struct off off = compare(&settings[i], swing, ventilated);
                assert_true(off.n >= 5 || hidden(&settings[i], swing));
                assert_int_equal(off.endexp_n, off.n); /* both, always */
                assert_true(off.mean <= within_mmhg && off.endexp <= within_mmhg);
            }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_both_means)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
