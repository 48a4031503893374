/* What a line cannot carry is withheld, in time, with the reason; what is real is not. */
#include "dsp/channel.h"
#include "tests/pulses.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

enum { BEATS_MAX = 512, TENTHS = 600 };
static const double begin_s = 25, end_s = 35, run_s = 55;

struct given { int64_t foot, next_foot; bool valued, withdrawn; };

struct log {
    int beats;
    struct given beat[BEATS_MAX];
    uint32_t state[TENTHS]; /* at the end of each tenth of a second */
    bool withheld[TENTHS];
    float mean_mmhg[TENTHS];
    uint32_t site;
    double site_s;
};

static struct channel channel;
static struct log log_a;

static void take(const struct channel_item *item, double t) {
    if (item->kind == CHANNEL_BEAT) {
        assert_true(log_a.beats < BEATS_MAX);
        bool valued = !isnan(item->beat.systolic_mmhg) || !isnan(item->beat.diastolic_mmhg);
        log_a.beat[log_a.beats++] =
            (struct given){item->beat.foot, item->beat.next_foot, valued, false};
    }
    for (int i = 0; item->kind == CHANNEL_WITHDRAW && i < log_a.beats; i++)
        if (log_a.beat[i].foot >= item->from && log_a.beat[i].foot < item->to)
            log_a.beat[i].withdrawn = true;
    if (item->kind == CHANNEL_SITE) {
        log_a.site = item->site;
        log_a.site_s = t;
    }
}

typedef double wave_fn(double t_s);

static void run(uint32_t site, double rate_hz, wave_fn *wave) {
    struct channel_item items[CHANNEL_ITEMS_MAX];
    struct channel_config config = {rate_hz, site, false};
    memset(&log_a, 0, sizeof log_a);
    assert_int_equal(channel_init(&channel, &config), HEMO_OK);
    for (int64_t i = 0; i < lround(run_s * rate_hz); i++) {
        double t = (double)i / rate_hz;
        int n = channel_push(&channel, (float)wave(t), items);
        for (int k = 0; k < n; k++)
            take(&items[k], t);
        int tenth = (int)(t * 10);
        log_a.withheld[tenth] = channel_withholds(&channel, &log_a.state[tenth]);
        log_a.mean_mmhg[tenth] = channel_mean_mmhg(&channel);
    }
}

/* The rate of the grid on which noise is made; the same noise at every rate. */
static double hiss(double t, double size) { return size * pulses_noise(lround(t * 100)); }

static double art(double t) { return 80 + 50 * pulses_artery(pulses_phase(t, 0.8)); }
static double pa(double t) { return 12 + 16 * pulses_artery(pulses_phase(t, 0.75)); }
static double rv(double t) { return 4 + 24 * pulses_ventricle(pulses_phase(t, 0.75)); }
static double ra(double t) { return 6 + 5 * pulses_atrium(pulses_phase(t, 0.9)); }

static bool on(double t) { return t >= begin_s && t < end_s; }

static double art_flush(double t) { return on(t) ? 290 + hiss(t, 0.4) : art(t); }
static double pa_flush(double t) { return on(t) ? 285 + hiss(t, 0.4) : pa(t); }
static double ra_flush(double t) { return on(t) ? 280 + hiss(t, 0.4) : ra(t); }
static double art_rail(double t) { return on(t) ? 185 : art(t); }
static double pa_rail(double t) { return on(t) ? 90 : pa(t); }
static double art_zero(double t) { return on(t) ? hiss(t, 0.2) : art(t); }
static double pa_zero(double t) { return on(t) ? 0.5 + hiss(t, 0.2) : pa(t); }
static double rv_zero(double t) { return on(t) ? -1 + hiss(t, 0.1) : rv(t) + 3; }
static double ra_zero(double t) { return on(t) ? hiss(t, 0.1) : ra(t); }
static double art_noisy_zero(double t) { return on(t) ? hiss(t, 4) : art(t); }
static double art_flat(double t) { return on(t) ? 100 + hiss(t, 0.5) : art(t); }
static double pa_flat(double t) { return on(t) ? 19 + hiss(t, 0.3) : pa(t); }
static double ra_flat(double t) { return on(t) ? 7 : ra(t); }
static double low_flat(double t) {
    return on(t) ? 40 + hiss(t, 0.3) : 32 + 16 * pulses_artery(pulses_phase(t, 0.5));
}
static double art_gap(double t) { return on(t) ? (double)NAN : art(t); }
static double art_off(double t) { return on(t) ? -40 : art(t); }
static double art_below(double t) { return on(t) ? art(t) - 120 : art(t); }
/* A converter that ends at 118: the tops of the pulses are cut off. */
static double art_cut(double t) { return on(t) ? fmin(art(t), 118) : art(t); }
/* Resolution of 1 mmHg: tops stand still, but nothing cuts them. */
static double coarse(double t) { return round(pa(t)); }
static double pa_motion(double t) {
    return pa(t) + (on(t) ? 12 * sin(2 * 3.14159265 * 14 * t) : 0);
}
static double art_ramp(double t) { return on(t) ? 90 + 8 * (t - begin_s) : art(t); }
static double art_damped(double t) { return on(t) ? 102 + 0.25 * (art(t) - 102) : art(t); }
static double pattern(double t) { return on(t) ? (lround(t * 125) % 2 ? 24 : -72) : pa(t); }
static double saw(double t) {
    return on(t) ? 14 + 18 * pulses_saw(pulses_phase(t, 0.75)) : pa(t);
}
static double wedge(double t) {
    return on(t) ? 9 + 4 * pulses_atrium(pulses_phase(t, 0.75)) : pa(t);
}

static const struct {
    const char *what;
    uint32_t site, state;
    wave_fn *wave;
    double within_s;
} cases[] = {
    {"flush", SITE_ART, EVENT_FLUSHED, art_flush, 0.45},
    {"flush", SITE_PA, EVENT_FLUSHED, pa_flush, 0.45},
    {"flush", SITE_CVP, EVENT_FLUSHED, ra_flush, 0.45},
    {"rail", SITE_ART, EVENT_CLIPPED, art_rail, 0.45},
    {"rail", SITE_PA, EVENT_CLIPPED, pa_rail, 0.45},
    {"cut tops", SITE_ART, EVENT_CLIPPED, art_cut, 1.8},
    {"zero", SITE_ART, EVENT_ZEROING, art_zero, 0.45},
    {"zero", SITE_PA, EVENT_ZEROING, pa_zero, 0.45},
    {"zero", SITE_RV, EVENT_ZEROING, rv_zero, 0.45},
    {"zero", SITE_RA, EVENT_ZEROING, ra_zero, 1.2},
    {"noisy zero", SITE_ART, EVENT_ZEROING, art_noisy_zero, 1.2},
    {"flat", SITE_ART, EVENT_FLAT, art_flat, 4.2},
    {"flat", SITE_PA, EVENT_FLAT, pa_flat, 4.2},
    {"flat", SITE_CVP, EVENT_FLAT, ra_flat, 4.2},
    {"flat in shock", SITE_ART, EVENT_FLAT, low_flat, 4.2},
    {"gap", SITE_ART, EVENT_GAP, art_gap, 0.2},
    {"disconnected", SITE_ART, EVENT_DISCONNECTED, art_off, 0.45},
    {"below zero", SITE_ART, EVENT_OFFSCALE, art_below, 3.2},
    {"motion", SITE_PA, EVENT_MOTION, pa_motion, 0.5},
    {"stopcock", SITE_ART, EVENT_STOPCOCK, art_ramp, 3.2},
    {"damped", SITE_ART, EVENT_DAMPED, art_damped, 4.2},
    {"test pattern", SITE_PA, EVENT_TEST_PATTERN, pattern, 0.5},
    {"over-wedged", SITE_PA, EVENT_OVERWEDGED, saw, 4.5},
    {"wedge", SITE_PA, EVENT_WEDGE, wedge, 2.6},
};

/* From the beginning of the overlay until something is withheld, or the state is named. */
static double first_s(bool named, uint32_t state) {
    for (int i = (int)(begin_s * 10); i < (int)(end_s * 10); i++)
        if (log_a.withheld[i] && (!named || log_a.state[i] == state))
            return (i + 1) / 10. - begin_s;
    return 1e9;
}

/* No pressure that stands is from a beat inside, and once it has ended values come back. */
static void check_beats(size_t c, double rate_hz) {
    int before = 0, after = 0;
    for (int i = 0; i < log_a.beats; i++) {
        const struct given *b = &log_a.beat[i];
        double from_s = (double)b->foot / rate_hz, to_s = (double)b->next_foot / rate_hz;
        if (!b->valued || b->withdrawn)
            continue;
        before += from_s < begin_s;
        after += from_s > end_s + 5;
        if (from_s > begin_s + 0.1 && to_s < end_s - 0.1)
            fail_msg("%s of %s at %g Hz: a beat is given at %g s", cases[c].what,
                     site_row(cases[c].site)->label, rate_hz, from_s);
    }
    if (before < 18 || after < 8)
        fail_msg("%s of %s at %g Hz: %d beats before, %d after", cases[c].what,
                 site_row(cases[c].site)->label, rate_hz, before, after);
}

static void check_case(size_t c, double rate_hz) {
    run(cases[c].site, rate_hz, cases[c].wave);
    for (int i = 100; i < (int)(begin_s * 10); i++)
        if (log_a.withheld[i])
            fail_msg("%s of %s at %g Hz: withheld (%s) before it began", cases[c].what,
                     site_row(cases[c].site)->label, rate_hz, event_row(log_a.state[i])->name);
    double named_s = first_s(true, cases[c].state), any_s = first_s(false, 0);
    if (named_s > cases[c].within_s || any_s > cases[c].within_s)
        fail_msg("%s of %s at %g Hz: withheld after %g s, named after %g s (want %g)",
                 cases[c].what, site_row(cases[c].site)->label, rate_hz, any_s, named_s,
                 cases[c].within_s);
    int last = (int)((end_s - 0.5) * 10), clear = (int)((end_s + 5.5) * 10);
    if (!log_a.withheld[last])
        fail_msg("%s of %s at %g Hz: no longer withheld at its end", cases[c].what,
                 site_row(cases[c].site)->label, rate_hz);
    if (log_a.withheld[clear])
        fail_msg("%s of %s at %g Hz: still %s 5.5 s after its end", cases[c].what,
                 site_row(cases[c].site)->label, rate_hz, event_row(log_a.state[clear])->name);
    check_beats(c, rate_hz);
}

static void withheld_with_the_reason(void **state) {
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++)
        for (int r = 0; r < PULSES_RATES; r++)
            check_case(c, pulses_rates_hz[r]);
}

/* Fibrillation: the pressure runs down to 17 and trembles there. */
static double collapse(double t) {
    if (t < begin_s)
        return art(t);
    double level = 17 + 75 * exp(-(t - begin_s) / 2);
    return level + sin(2 * 3.14159265 * 5 * t);
}

/* It comes back weaker than it was. */
static double rescued(double t) {
    return t < 40 ? collapse(t) : 45 + 22 * pulses_artery(pulses_phase(t, 0.6));
}

static void a_collapse_is_never_withheld(void **state) {
    (void)state;
    for (int r = 0; r < PULSES_RATES; r++) {
        run(SITE_ART, pulses_rates_hz[r], collapse);
        int told = -1;
        for (int i = (int)(begin_s * 10); i < (int)(run_s * 10); i++) {
            assert_false(log_a.withheld[i]);
            assert_true(!isnan(log_a.mean_mmhg[i]));
            if (told < 0 && log_a.state[i] == EVENT_NO_PULSE)
                told = i;
        }
        assert_true(told > 0 && told < (int)((begin_s + 5) * 10));
        assert_int_equal(log_a.state[(int)(run_s * 10) - 1], EVENT_NO_PULSE);
        assert_true(fabsf(log_a.mean_mmhg[540] - 17) < 1);
    }
}

/* Four compressions of the chest, then nothing again: what is near zero then is no zeroing. */
static double compressed(double t) {
    double since = t - 45;
    if (since < 0 || since > 2.4)
        return t < 45 ? collapse(t) : 9 + sin(2 * 3.14159265 * 5 * t);
    return 10 + 70 * pulses_hump(pulses_phase(since, 0.6), 0.5, 0.4);
}

static void compressions_do_not_end_a_collapse(void **state) {
    (void)state;
    run(SITE_ART, 125, compressed);
    for (int i = (int)(begin_s * 10); i < (int)(run_s * 10); i++)
        assert_false(log_a.withheld[i]);
    assert_int_equal(log_a.state[(int)(run_s * 10) - 1], EVENT_NO_PULSE);
}

/* A pump leaves a pulse of 7 mmHg: learnt after twenty seconds, never called flat. */
static double pumped(double t) { return 62 + 7 * pulses_artery(pulses_phase(t, 0.7)); }
static double weak_shock(double t) {
    double left = t < 20 ? 1 : fmax(0.6, 1 - (t - 20) / 40);
    return left * (28 + 20 * pulses_artery(pulses_phase(t, 0.5)));
}

static void weak_pulses_are_pulses(void **state) {
    (void)state;
    run(SITE_ART, 125, pumped);
    for (int i = 5; i < (int)(run_s * 10); i++)
        assert_true(log_a.state[i] == EVENT_LEARNING || log_a.state[i] == EVENT_NONE);
    assert_int_equal(log_a.state[270], EVENT_NONE);
    run(SITE_ART, 125, weak_shock);
    for (int i = 50; i < 350; i++)
        assert_int_equal(log_a.state[i], EVENT_NONE);
}

/* A gap is not a flat line: right after it the pulse is what it was. */
static void a_gap_is_no_damping(void **state) {
    (void)state;
    for (int r = 0; r < PULSES_RATES; r++) {
        run(SITE_ART, pulses_rates_hz[r], art_gap);
        for (int i = (int)(end_s * 10) + 5; i < (int)(run_s * 10); i++)
            assert_int_equal(log_a.state[i], EVENT_NONE);
    }
}

static void the_rescued_are_not_withheld(void **state) {
    (void)state;
    run(SITE_ART, 125, rescued);
    for (int i = (int)(begin_s * 10); i < 400; i++)
        assert_false(log_a.withheld[i]);
    for (int i = 430; i < (int)(run_s * 10); i++)
        assert_true(log_a.state[i] == EVENT_NONE || log_a.state[i] == EVENT_NO_PULSE);
}

/* Real events that look a little like artefacts. */
static double bleeding(double t) {
    double share = t < 15 ? 1 : fmax(0.45, 1 - (t - 15) / 60);
    return share * (70 + 45 * pulses_artery(pulses_phase(t, 0.6)));
}
static double breathing(double t) { return pa(t) + 5 * sin(2 * 3.14159265 * t / 4); }
static double irregular(double t) {
    double beat = floor(t / 0.7), start = beat * 0.7 + 0.12 * pulses_noise((long)beat);
    double next = (beat + 1) * 0.7 + 0.12 * pulses_noise((long)beat + 1);
    double phase = (t - start) / (next - start);
    return 80 + 45 * pulses_artery(fmin(fmax(phase, 0), 1));
}
static double shock(double t) { return 32 + 16 * pulses_artery(pulses_phase(t, 0.5)); }
static double large_v(double t) {
    return 12 + 6 * pulses_atrium(pulses_phase(t, 0.8)) +
           22 * pulses_hump(pulses_phase(t, 0.8), 0.52, 0.24);
}
static double hypertension(double t) {
    return 35 + 45 * pulses_artery(pulses_phase(t, 0.8));
}
static double steep(double t) { return 35 + 90 * pulses_artery(pulses_phase(t, 0.4)); }
static double suprasystemic(double t) {
    return 72 + 55 * pulses_artery(pulses_phase(t, 0.6));
}

static const struct {
    const char *what;
    uint32_t site;
    wave_fn *wave;
} sound[] = {
    {"bleeding", SITE_ART, bleeding},      {"breathing", SITE_PA, breathing},
    {"fibrillation of the atria", SITE_AO, irregular}, {"shock", SITE_ART, shock},
    {"large v waves", SITE_PCW, large_v},  {"hypertension", SITE_PA, hypertension},
    {"suprasystemic", SITE_PA, suprasystemic}, {"coarse", SITE_PA, coarse},
    {"steep", SITE_PA, steep},
    {"ventricle", SITE_RV, rv},            {"atrium", SITE_RA, ra},
};

static void check_sound(size_t c, double rate_hz) {
    run(sound[c].site, rate_hz, sound[c].wave);
    for (int i = 50; i < (int)(run_s * 10); i++)
        if (log_a.state[i] != EVENT_NONE)
            fail_msg("%s at %g Hz: %s at %g s", sound[c].what, rate_hz,
                     event_row(log_a.state[i])->name, i / 10.);
}

static void the_real_is_not_withheld(void **state) {
    (void)state;
    for (size_t c = 0; c < sizeof sound / sizeof sound[0]; c++)
        for (int r = 0; r < PULSES_RATES; r++)
            check_sound(c, pulses_rates_hz[r]);
}

static double stiff_rv(double t) { return 8 + 24 * pulses_ventricle(pulses_phase(t, 0.75)); }
static double falls_back(double t) { return on(t) ? stiff_rv(t) : pa(t); }
static double pulled_back(double t) { return t < begin_s ? rv(t) : ra(t); }

/* Labelled PA all along, but the tip falls into the ventricle for ten seconds. */
static void another_chamber_is_told(void **state) {
    (void)state;
    run(SITE_PA, 125, falls_back);
    assert_int_equal(log_a.site, SITE_NONE); /* agrees again */
    assert_true(log_a.site_s > end_s && log_a.site_s < end_s + 5);
    run(SITE_PA, 125, rv);
    assert_int_equal(log_a.site, SITE_RV);
    run(SITE_RV, 125, pulled_back);
    assert_int_equal(log_a.site, SITE_RA);
    assert_true(log_a.site_s < begin_s + 10);
    assert_int_equal(log_a.state[(int)(begin_s * 10) + 120], EVENT_NONE);
    run(SITE_RV, 125, pa);
    assert_int_equal(log_a.site, SITE_PA);
    run(SITE_RV, 125, rv);
    assert_int_equal(log_a.site, SITE_NONE);
}

static double rail_end_s;

static double weaker_behind_a_rail(double t) {
    if (t >= begin_s && t < rail_end_s)
        return 185;
    return t < begin_s ? art(t) : 38 + 22 * pulses_artery(pulses_phase(t, 0.7));
}

/* What is learnt behind a rail holds nothing of it: or each pulse that follows would seem lost. */
static void a_weak_pulse_behind_a_rail_is_a_pulse(void **state) {
    (void)state;
    for (rail_end_s = end_s; rail_end_s < end_s + 1; rail_end_s += 0.1) {
        run(SITE_ART, 125, weaker_behind_a_rail);
        for (int tenth = (int)(rail_end_s * 10) + 60; tenth < (int)(run_s * 10); tenth++)
            assert_int_equal(log_a.state[tenth], EVENT_NONE);
    }
}

/* A person's word holds until it ends, whatever the trace looks like. */
static void marked_states(void **state) {
    (void)state;
    static const uint32_t kinds[] = {EVENT_ZEROING, EVENT_FLUSHED};
    struct channel_item items[CHANNEL_ITEMS_MAX];
    for (int k = 0; k < 2; k++) {
        uint32_t why;
        run(SITE_ART, 125, art);
        assert_false(channel_withholds(&channel, &why));
        int n = channel_marked(&channel, kinds[k], true, items);
        assert_true(n >= 1 && items[0].kind == CHANNEL_STATE && items[0].began);
        for (int i = 0; i < 125 * 20; i++) {
            n = channel_push(&channel, (float)art(i / 125.), items);
            for (int j = 0; j < n; j++)
                assert_true(items[j].kind != CHANNEL_BEAT || isnan(items[j].beat.systolic_mmhg) ||
                            items[j].beat.foot < (int64_t)(run_s * 125));
            assert_true(channel_withholds(&channel, &why));
            assert_int_equal(why, kinds[k]);
        }
        n = channel_marked(&channel, kinds[k], false, items);
        assert_true(n >= 1 && !items[0].began && items[0].state == kinds[k]);
        assert_false(channel_withholds(&channel, &why));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(withheld_with_the_reason),
        cmocka_unit_test(a_collapse_is_never_withheld),
        cmocka_unit_test(the_rescued_are_not_withheld),
        cmocka_unit_test(compressions_do_not_end_a_collapse),
        cmocka_unit_test(weak_pulses_are_pulses),
        cmocka_unit_test(a_gap_is_no_damping),
        cmocka_unit_test(the_real_is_not_withheld),
        cmocka_unit_test(another_chamber_is_told),
        cmocka_unit_test(a_weak_pulse_behind_a_rail_is_a_pulse),
        cmocka_unit_test(marked_states),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
