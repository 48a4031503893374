/* The promises of channel.h: values, determinism, what is missing, what is marked. */
#include "dsp/channel.h"
#include "tests/pulses.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

enum { BEATS_MAX = 2048 };

struct log {
    int beats, withdrawn, systoles;
    int64_t latest; /* samples from a peak to its provisional systolic */
    uint32_t seen_site;
    struct beat beat[BEATS_MAX];
    uint32_t site[BEATS_MAX];
    int64_t said[BEATS_MAX];
};

static void take(struct log *log, const struct channel_item *items, int n, int64_t now) {
    for (int i = 0; i < n; i++) {
        if (items[i].kind == CHANNEL_BEAT) {
            assert_true(log->beats < BEATS_MAX);
            log->said[log->beats] = now;
            log->site[log->beats] = items[i].site;
            log->beat[log->beats++] = items[i].beat;
        }
        log->withdrawn += items[i].kind == CHANNEL_WITHDRAW;
        log->systoles += items[i].kind == CHANNEL_SYSTOLE;
        int64_t late = items[i].kind == CHANNEL_SYSTOLE ? now - items[i].beat.peak : 0;
        if (log->systoles > 3 && late > log->latest) /* the first ones: nothing is known yet */
            log->latest = late;
        if (items[i].kind == CHANNEL_SITE)
            log->seen_site = items[i].site;
    }
}

typedef double wave_fn(double t_s);

static void push_between(struct channel *c, wave_fn *wave, double from_s, double to_s,
                         struct log *log) {
    double rate = c->config.rate_hz;
    struct channel_item items[CHANNEL_ITEMS_MAX];
    for (int64_t i = lround(from_s * rate); i < lround(to_s * rate); i++) {
        double mmhg = wave((double)i / rate);
        int n = channel_push(c, (float)mmhg, items);
        assert_true(n >= 0 && n <= CHANNEL_ITEMS_MAX);
        take(log, items, n, i);
    }
}

static struct channel channel;
static struct log log_a, log_b;

static void start(double rate_hz, uint32_t site) {
    struct channel_config config = {rate_hz, site, false};
    assert_int_equal(channel_init(&channel, &config), HEMO_OK);
    memset(&log_a, 0, sizeof log_a);
    memset(&log_b, 0, sizeof log_b);
}

static double art(double t) { return 80 + 50 * pulses_artery(pulses_phase(t, 0.8)); }
static double pa(double t) { return 12 + 14 * pulses_artery(pulses_phase(t, 0.7)); }
static double rv(double t) { return 4 + 26 * pulses_ventricle(pulses_phase(t, 0.8)); }
static double lv(double t) { return 6 + 114 * pulses_ventricle(pulses_phase(t, 0.8)); }
static double ra(double t) { return 5 + 5 * pulses_atrium(pulses_phase(t, 0.9)); }
static double pcw(double t) { return 9 + 7 * pulses_atrium(pulses_phase(t, 0.9)); }

/* mean: of the wave itself, by summing it up. */
static double mean_of(wave_fn *wave, double period_s) {
    double sum = 0;
    for (int i = 0; i < 10000; i++)
        sum += wave(20 * period_s + i * period_s / 10000);
    return sum / 10000;
}

static const struct {
    uint32_t site;
    wave_fn *wave;
    double period_s, systolic, diastolic, edp, a, v;
} sites[] = {
    {SITE_ART, art, 0.8, 130, 80, NAN, NAN, NAN}, {SITE_AO, art, 0.8, 130, 80, NAN, NAN, NAN},
    {SITE_PAO, art, 0.8, 130, 80, NAN, NAN, NAN}, {SITE_PD, art, 0.8, 130, 80, NAN, NAN, NAN},
    {SITE_PA, pa, 0.7, 26, 12, NAN, NAN, NAN},    {SITE_RV, rv, 0.8, 30, 4, 7.12, NAN, NAN},
    {SITE_LV, lv, 0.8, 120, 6, 19.7, NAN, NAN},   {SITE_RA, ra, 0.9, 10, 5, NAN, 10, 8.5},
    {SITE_CVP, ra, 0.9, 10, 5, NAN, 10, 8.5},     {SITE_PCW, pcw, 0.9, 16, 9, NAN, 16, 13.9},
    {SITE_LA, pcw, 0.9, 16, 9, NAN, 16, 13.9},
};

static void near(const char *what, uint32_t site, double found, double want, double within) {
    bool same = isnan(want) ? isnan(found) : fabs(found - want) <= within;
    if (!same)
        fail_msg("%s of %s: %g (want %g)", what, site_row(site)->label, found, want);
}

static void check_beat(const struct beat *b, size_t s) {
    uint32_t site = sites[s].site;
    double height = sites[s].systolic - sites[s].diastolic;
    near("systolic", site, (double)b->systolic_mmhg, sites[s].systolic, 0.01 * height + 0.1);
    near("diastolic", site, (double)b->diastolic_mmhg, sites[s].diastolic, 0.03 * height + 0.1);
    near("mean", site, (double)b->mean_mmhg, mean_of(sites[s].wave, sites[s].period_s),
         0.01 * height + 0.05);
    near("edp", site, (double)b->edp_mmhg, sites[s].edp, 0.03 * height);
    near("a", site, (double)b->a_mmhg, sites[s].a, 0.05 * height);
    near("v", site, (double)b->v_mmhg, sites[s].v, 0.05 * height);
    near("rate", site, (double)b->rate_per_min, 60 / sites[s].period_s, 2.5);
}

static void check_site(size_t s, double rate_hz) {
    int valued = 0;
    start(rate_hz, sites[s].site);
    push_between(&channel, sites[s].wave, 0, 30, &log_a);
    for (int i = 0; i < log_a.beats; i++) {
        if ((double)log_a.beat[i].foot < 8 * rate_hz)
            continue;
        assert_int_equal(log_a.beat[i].left_out, 0);
        check_beat(&log_a.beat[i], s);
        valued++;
    }
    if (valued < 19 / sites[s].period_s)
        fail_msg("%s: %d beats with values", site_row(sites[s].site)->label, valued);
}

static void values_of_each_site(void **state) {
    (void)state;
    for (size_t s = 0; s < sizeof sites / sizeof sites[0]; s++)
        for (int r = 0; r < PULSES_RATES; r++)
            check_site(s, pulses_rates_hz[r]);
}

static void beats_join_without_gap(void **state) {
    (void)state;
    start(250, SITE_ART);
    push_between(&channel, art, 0, 60, &log_a);
    for (int i = 1; i < log_a.beats; i++) {
        assert_int_equal(log_a.beat[i].foot, log_a.beat[i - 1].next_foot);
        assert_true(log_a.said[i] >= log_a.beat[i].next_foot);
        assert_true(log_a.beat[i].peak >= log_a.beat[i].foot);
        assert_true(log_a.beat[i].peak < log_a.beat[i].next_foot);
    }
    assert_true(log_a.systoles > 60);
    assert_true(log_a.latest > 0 && log_a.latest <= 20); /* 80 ms */
}

static void same_logs(void) {
    assert_int_equal(log_a.beats, log_b.beats);
    for (int i = 0; i < log_a.beats; i++)
        assert_memory_equal(&log_a.beat[i], &log_b.beat[i], sizeof log_a.beat[i]);
    assert_int_equal(log_a.withdrawn, log_b.withdrawn);
    assert_int_equal(log_a.systoles, log_b.systoles);
}

static double disturbed(double t) {
    if (t > 12 && t < 14)
        return 290 + pulses_noise(lround(t * 1000));
    if (t > 22 && t < 22.3)
        return (double)NAN;
    return art(t) + pulses_noise(lround(t * 2000));
}

static void a_copy_continues_equally(void **state) {
    (void)state;
    for (int r = 0; r < PULSES_RATES; r++) {
        start(pulses_rates_hz[r], SITE_ART);
        push_between(&channel, disturbed, 0, 12.7, &log_a);
        static struct channel copy;
        copy = channel;
        memset(&log_a, 0, sizeof log_a);
        push_between(&channel, disturbed, 12.7, 40, &log_a);
        memset(&channel, 0x5a, sizeof channel); /* nothing of the copy lies outside it */
        push_between(&copy, disturbed, 12.7, 40, &log_b);
        same_logs();
        assert_true(log_a.beats > 25);
    }
}

static void reset_equals_init(void **state) {
    (void)state;
    start(250, SITE_PA);
    push_between(&channel, pa, 0, 30, &log_a);
    static struct channel other;
    other = channel;
    channel_reset(&other);
    push_between(&other, disturbed, 0, 20, &log_b);
    channel_reset(&other);
    memset(&log_b, 0, sizeof log_b);
    push_between(&other, pa, 0, 30, &log_b);
    same_logs();
}

/* Two channels in one process do not see each other. */
static void channels_are_independent(void **state) {
    (void)state;
    start(125, SITE_ART);
    push_between(&channel, art, 0, 30, &log_a);
    static struct channel one, two;
    struct channel_config config = {125, SITE_ART, false}, other = {125, SITE_PA, false};
    channel_init(&one, &config);
    channel_init(&two, &other);
    static struct log unused;
    for (double t = 0; t < 30; t += 0.2) {
        push_between(&one, art, t, t + 0.2, &log_b);
        push_between(&two, pa, t, t + 0.2, &unused);
    }
    same_logs();
}

static double dropping(double t) { return fmod(t, 4.0) < 0.04 ? (double)NAN : art(t); }
static double holed(double t) { return t > 20 && t < 21.1 ? (double)NAN : art(t); }

static void missing_samples(void **state) {
    (void)state;
    for (int r = 0; r < PULSES_RATES; r++) {
        start(pulses_rates_hz[r], SITE_ART);
        push_between(&channel, dropping, 0, 60, &log_a);
        assert_true(log_a.beats >= 70 && log_a.beats <= 75);
        start(pulses_rates_hz[r], SITE_ART);
        push_between(&channel, holed, 0, 40, &log_a);
        double rate = pulses_rates_hz[r];
        for (int i = 0; i < log_a.beats; i++) {
            const struct beat *b = &log_a.beat[i];
            bool touches = (double)b->foot < 21.1 * rate && (double)b->next_foot > 20 * rate;
            if (touches) /* no value spans a gap */
                assert_true(isnan(b->mean_mmhg) && isnan(b->systolic_mmhg));
        }
    }
}

/* Every tenth sample is missing: too little for a gap, too much for a mean. */
static double thinned(double t) { return lround(t * 125) % 10 == 0 ? (double)NAN : art(t); }

static void thinned_samples(void **state) {
    (void)state;
    start(125, SITE_ART);
    push_between(&channel, thinned, 0, 30, &log_a);
    assert_true(log_a.beats > 25);
    for (int i = 0; i < log_a.beats; i++) {
        assert_true(isnan(log_a.beat[i].mean_mmhg));
        assert_true(log_a.beat[i].left_out != 0);
    }
}

static void starts_with_nothing(void **state) {
    (void)state;
    start(125, SITE_ART);
    struct channel_item items[CHANNEL_ITEMS_MAX];
    uint32_t why;
    for (int i = 0; i < 125 * 20; i++)
        take(&log_a, items, channel_push(&channel, NAN, items), i);
    assert_int_equal(log_a.beats, 0);
    assert_true(channel_withholds(&channel, &why));
    assert_int_equal(why, EVENT_GAP);
    push_between(&channel, art, 20, 50, &log_a);
    assert_true(log_a.beats > 30);
    for (int i = 0; i < log_a.beats; i++)
        assert_true(log_a.beat[i].foot > 19 * 125);
}

/* Whatever comes: no crash, no value out of nonsense, and the line recovers. */
static double hostile(double t) {
    static const double all[] = {1e30, -1e30, 1e-40, 2000, -2000, 0, 3e4, -5e5};
    long n = lround(t * 125);
    if (n % 9 == 8)
        return (double)INFINITY;
    return n % 7 == 6 ? (double)NAN : all[n % 8];
}

static void hostile_samples(void **state) {
    (void)state;
    start(125, SITE_ART);
    push_between(&channel, hostile, 0, 60, &log_a);
    for (int i = 0; i < log_a.beats; i++)
        assert_true(isnan(log_a.beat[i].systolic_mmhg));
    memset(&log_a, 0, sizeof log_a);
    push_between(&channel, art, 60, 100, &log_a);
    int valued = 0;
    for (int i = 0; i < log_a.beats; i++)
        valued += fabsf(log_a.beat[i].systolic_mmhg - 130) < 1;
    assert_true(valued > 30);
}

/* Beside an ECG waves bear names by its R waves, or none: their distance alone is no proof. */
static void waves_wait_for_the_ecg(void **state) {
    (void)state;
    for (int ecg = 0; ecg <= 1; ecg++) {
        start(125, SITE_RA);
        struct channel_config config = {125, SITE_RA, ecg != 0};
        assert_int_equal(channel_init(&channel, &config), HEMO_OK);
        push_between(&channel, ra, 0, 20, &log_a);
        int named = 0;
        for (int i = 0; i < log_a.beats; i++)
            named += !isnan(log_a.beat[i].a_mmhg) || !isnan(log_a.beat[i].v_mmhg);
        assert_true(log_a.beats > 12 && (ecg ? named == 0 : named > 8));
    }
}

static void refuses_bad_settings(void **state) {
    (void)state;
    static const struct channel_config bad[] = {
        {0, SITE_ART, false},    {99, SITE_ART, false},          {2001, SITE_ART, false},
        {-125, SITE_ART, false}, {(double)NAN, SITE_ART, false}, {125, SITE_ECG, false},
        {125, SITE_AUX, false},  {125, SITE_NONE, false},        {125, 29, false},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(channel_init(&channel, &bad[i]), HEMO_BAD_CONFIG);
}

/* A new site wipes the signal, not the numbering. */
static void catheter_moves(void **state) {
    (void)state;
    start(250, SITE_RV);
    push_between(&channel, rv, 0, 20, &log_a);
    channel_site(&channel, SITE_PA);
    memset(&log_a, 0, sizeof log_a);
    push_between(&channel, pa, 20, 50, &log_a);
    assert_true(log_a.beats > 30);
    assert_int_equal(log_a.site[0], SITE_PA);
    for (int i = 0; i < log_a.beats; i++) {
        assert_true(log_a.beat[i].foot > 20 * 250 - 1);
        assert_true(isnan(log_a.beat[i].edp_mmhg));
    }
}

static double wedged(double t) {
    if (t >= 42) /* the heart goes faster afterwards */
        return 12 + 14 * pulses_artery(pulses_phase(t - 42, 0.3));
    return t > 30 ? 9 + 4 * pulses_atrium(pulses_phase(t, 0.7)) : pa(t);
}

/* A person says wedge: its beats carry the mean of a wedge, and no pressures of an artery. */
static void marked_wedge(void **state) {
    (void)state;
    struct channel_item items[CHANNEL_ITEMS_MAX];
    start(125, SITE_PA);
    push_between(&channel, wedged, 0, 30, &log_a);
    take(&log_a, items, channel_marked(&channel, EVENT_WEDGE, true, items), 0);
    push_between(&channel, wedged, 30, 42, &log_a);
    take(&log_a, items, channel_marked(&channel, EVENT_WEDGE, false, items), 0);
    push_between(&channel, wedged, 42, 60, &log_a);
    int inside = 0;
    for (int i = 0; i < log_a.beats; i++) {
        const struct beat *b = &log_a.beat[i];
        bool touches = b->foot < 42 * 125 && b->next_foot > 30 * 125 + 20;
        if (touches)
            assert_true(isnan(b->systolic_mmhg) && isnan(b->diastolic_mmhg));
        if (log_a.site[i] != SITE_PCW)
            continue;
        double mean = 9 + 4 * (mean_of(pcw, 0.9) - 9) / 7;
        near("wedge mean", SITE_PCW, (double)b->mean_mmhg, mean, 0.3);
        inside++;
    }
    assert_true(inside >= 12 && inside <= 16);
    int last = 0;
    for (int i = 0; i < log_a.beats; i++)
        last += log_a.beat[i].foot > 56 * 125 && log_a.site[i] == SITE_PA;
    assert_true(last >= 10 && last <= 14);
}

static double odd(double t) {
    if (t > 20 && t < 21.6) /* one pulse too early, then a long pause */
        return t < 20.5 ? art(t) : 80 + 40 * pulses_artery((t - 20.5) / 1.1);
    return art(t);
}

static void ectopic_beats_are_left_out(void **state) {
    (void)state;
    start(250, SITE_ART);
    push_between(&channel, odd, 0, 60, &log_a);
    int left_out = 0;
    for (int i = 0; i < log_a.beats; i++) {
        bool there = log_a.beat[i].foot > 19 * 250 && log_a.beat[i].foot < 23 * 250;
        bool early = log_a.beat[i].foot < 10 * 250;
        uint32_t why = log_a.beat[i].left_out;
        if (there)
            left_out += why == EVENT_ECTOPIC || why == EVENT_POST_ECTOPIC;
        else if (!early)
            assert_int_equal(why, 0);
        if (why == EVENT_ECTOPIC) /* it still has its own values */
            assert_true(!isnan(log_a.beat[i].systolic_mmhg));
    }
    assert_int_equal(left_out, 2);
}

static void small_state(void **state) {
    (void)state;
    assert_true(sizeof(struct channel) <= 24 * 1024);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_each_site),       cmocka_unit_test(beats_join_without_gap),
        cmocka_unit_test(a_copy_continues_equally),  cmocka_unit_test(reset_equals_init),
        cmocka_unit_test(channels_are_independent),  cmocka_unit_test(missing_samples),
        cmocka_unit_test(starts_with_nothing),       cmocka_unit_test(hostile_samples),
        cmocka_unit_test(waves_wait_for_the_ecg),    cmocka_unit_test(refuses_bad_settings),
        cmocka_unit_test(catheter_moves),            cmocka_unit_test(marked_wedge),
        cmocka_unit_test(ectopic_beats_are_left_out), cmocka_unit_test(thinned_samples),
        cmocka_unit_test(small_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
