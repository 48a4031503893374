/* R waves of made-up leads, where every one is known: gains, rates, noise, pacemaker spikes,
 * another shape, nothing at all; and what a room says of a QRS or a pulse without the other. */
#include "dsp/ecg.h"
#include "tests/feed.h"

struct lead {
    double rate_hz, gain, per_min, noise, t_wave;
    bool spikes;      /* of a pacemaker, 2 ms, before every QRS, and alone between them */
    int wide_every;   /* every so many-th QRS is wide, reversed and early; 0: none */
    double hum;       /* of 50 Hz */
    double irregular; /* share of the interval, by chance */
};

static double chance(uint32_t *seed) {
    *seed = *seed * 1664525u + 1013904223u;
    return (double)(*seed >> 8) / (1 << 24);
}

static double hump(double t, double at, double width) {
    return exp(-0.5 * pow((t - at) / width, 2));
}

/* t: seconds since the R wave; left: until the next. */
static double complex_at(const struct lead *l, double t, double left, bool wide) {
    double p = 0.12 * hump(left, 0.16, 0.022);
    if (wide)
        return p - 1.3 * hump(t, 0, 0.03) + 0.35 * hump(t, 0.3, 0.05);
    return p + hump(t, 0, 0.011) - 0.2 * hump(t, 0.028, 0.012) - 0.1 * hump(left, 0.025, 0.01) +
           l->t_wave * hump(t, 0.28, 0.045);
}

enum { WAVES_MAX = 512 };
struct played {
    int truth, found, sure;
    double truth_s[WAVES_MAX], found_s[WAVES_MAX];
};

static void run(const struct lead *l, double seconds, struct played *out) {
    static struct ecg ecg;
    struct ecg_r r;
    uint32_t seed = 5, noise = 9;
    double last_s = 0.3, next_s = last_s + 60 / l->per_min;
    bool wide = false;
    memset(out, 0, sizeof *out);
    out->truth_s[out->truth++] = last_s;
    assert_int_equal(ecg_init(&ecg, l->rate_hz), HEMO_OK);
    for (int64_t k = 0; (double)k < seconds * l->rate_hz; k++) {
        double t = (double)k / l->rate_hz;
        if (t > next_s - 0.2 && next_s > last_s && t - last_s > next_s - t) {
            last_s = next_s;
            out->truth_s[out->truth++] = last_s;
            wide = l->wide_every > 0 && out->truth % l->wide_every == 0;
            double share = 1 + l->irregular * (2 * chance(&seed) - 1);
            next_s = last_s + 60 / l->per_min * share * (wide ? 1.3 : 1);
        }
        double mv = complex_at(l, t - last_s, next_s - t, wide);
        bool spike = fabs(t - last_s + 0.05) < 0.001 || fabs(t - last_s - 0.45) < 0.001;
        mv += l->spikes && spike ? 4 : 0;
        mv += l->noise * (chance(&noise) - 0.5) * 3.46 + l->hum * sin(100 * acos(-1) * t);
        if (!ecg_push(&ecg, (float)(l->gain * mv), &r))
            continue;
        out->found_s[out->found++] = (double)r.at / l->rate_hz;
        out->sure += r.sure;
    }
}

static void compare(const char *what, const struct lead *l, double least) {
    static struct played p;
    run(l, 120, &p);
    int both = 0, truth = 0, found = 0;
    double worst_s = 0;
    for (int i = 0; i < p.found; i++)
        found += p.found_s[i] > 5 && p.found_s[i] < 117;
    for (int i = 0; i < p.truth; i++) {
        double near = 1;
        if (p.truth_s[i] <= 5 || p.truth_s[i] >= 117)
            continue;
        truth++;
        for (int k = 0; k < p.found; k++)
            near = fmin(near, fabs(p.found_s[k] - p.truth_s[i]));
        both += near < 0.05;
        worst_s = near < 0.05 ? fmax(worst_s, near) : worst_s;
    }
    print_message("%-22s Se %.3f PPV %.3f, worst %.0f ms, sure %.2f\n", what, (double)both / truth,
                  (double)both / found, 1e3 * worst_s, (double)p.sure / p.found);
    assert_true(both >= least * truth);
    assert_true(both >= least * found);
}

static void test_leads(void **state) {
    (void)state;
    static const struct {
        const char *what;
        struct lead lead;
        double least; /* of Se and PPV */
    } cases[] = {
        {"plain, 500 Hz", {500, 1, 75, 0.02, 0.28, false, 0, 0, 0}, 0.99},
        {"100 Hz", {100, 1, 75, 0.02, 0.28, false, 0, 0, 0}, 0.99},
        {"2000 Hz", {2000, 1, 75, 0.02, 0.28, false, 0, 0, 0}, 0.99},
        {"upside down, in counts", {500, -2000, 75, 0.02, 0.28, false, 0, 0, 0}, 0.99},
        {"tiny", {250, 1e-4, 75, 0.02, 0.28, false, 0, 0, 0}, 0.99},
        {"slow", {250, 1, 32, 0.02, 0.28, false, 0, 0, 0}, 0.99},
        {"fast", {250, 1, 190, 0.02, 0.15, false, 0, 0, 0}, 0.99},
        {"tall T wave", {250, 1, 75, 0.02, 0.9, false, 0, 0, 0}, 0.99},
        {"noise", {500, 1, 75, 0.15, 0.28, false, 0, 0, 0}, 0.99},
        {"mains hum", {500, 1, 75, 0.02, 0.28, false, 0, 0.3, 0}, 0.99},
        {"pacemaker spikes", {500, 1, 75, 0.02, 0.28, true, 0, 0, 0}, 0.99},
        /* Where the rhythm seems to be another for some seconds, five of 172 are not taken. */
        {"irregular", {250, 1, 90, 0.02, 0.2, false, 0, 0, 0.35}, 0.96},
        {"every eighth is wide", {250, 1, 75, 0.02, 0.28, false, 8, 0, 0}, 0.99},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        compare(cases[i].what, &cases[i].lead, cases[i].least);
}

/* A lead that is off, and one that is nothing but noise, are sure of nothing. */
static void test_nothing_there(void **state) {
    (void)state;
    static struct played p;
    run(&(struct lead){.rate_hz = 250, .per_min = 60}, 60, &p);
    assert_int_equal(p.found, 0);
    struct lead noise = {.rate_hz = 250, .gain = 0, .per_min = 60};
    static struct ecg ecg;
    struct ecg_r r;
    uint32_t seed = 3;
    int found = 0, sure = 0;
    assert_int_equal(ecg_init(&ecg, noise.rate_hz), HEMO_OK);
    for (int k = 0; k < 120 * 250; k++)
        if (ecg_push(&ecg, (float)(chance(&seed) - 0.5), &r)) {
            found++;
            sure += r.sure;
        }
    print_message("noise alone: %d found, %d sure\n", found, sure);
    assert_true(sure <= 0.1 * 120);
}

static void test_a_gap_and_a_copy(void **state) {
    (void)state;
    static struct ecg one, two;
    struct ecg_r a, b;
    struct lead l = {.rate_hz = 500, .gain = 1, .per_min = 75};
    assert_int_equal(ecg_init(&one, 500), HEMO_OK);
    int found = 0, in_gap = 0;
    for (int k = 0; k < 40 * 500; k++) {
        double t = fmod(k / 500.0, 0.8) - 0.4;
        bool gap = k >= 20 * 500 && k < 23 * 500;
        float mv = gap ? NAN : (float)complex_at(&l, t, t < 0 ? -t : 0.8 - t, false);
        if (k == 30 * 500)
            two = one;
        bool said = ecg_push(&one, mv, &a);
        if (k >= 30 * 500) {
            assert_int_equal(said, ecg_push(&two, mv, &b));
            assert_true(!said || (a.at == b.at && a.clarity == b.clarity && a.sure == b.sure));
        }
        found += said;
        in_gap += said && a.sure && a.at > 10050 && a.at < 11500;
    }
    assert_int_equal(in_gap, 0);
    assert_true(found >= 44);
    ecg_reset(&one);
    assert_int_equal(ecg_init(&two, 500), HEMO_OK);
    assert_memory_equal(&one, &two, sizeof one);
    assert_int_equal(ecg_init(&two, 99), HEMO_BAD_CONFIG);
}

/* --- through a room --- */

static double drop_pulse_s, drop_qrs_s; /* at which one is left out */

static int16_t sample(uint32_t channel, double t) {
    double phase = fmod(t, 0.8), begun = t - phase;
    if (channel == 1)
        return trace_raw(fabs(begun - drop_qrs_s) < 0.01 ? 0 : 40 * hump(phase, 0.1, 0.012));
    double since = fmod(t - 0.25 + 0.8, 0.8), beat = t - since - 0.25;
    if (fabs(beat - drop_pulse_s) < 0.4)
        since += 0.8;
    double rise = since < 0.12 ? sin(since / 0.12 * 1.5708) : exp(-1.8 * (since - 0.12));
    return trace_raw(70 + 45 * rise);
}

static void hear_room(struct trace *trace, double pulse_s, double qrs_s) {
    struct rules rules = rules_default();
    struct wire_epoch_begin begin = begin_of(5);
    struct room *room = malloc(sizeof *room);
    assert_non_null(room);
    drop_pulse_s = pulse_s;
    drop_qrs_s = qrs_s;
    begin.info.channels_count = 2;
    begin.info.channels[1] = begin.info.channels[3];
    begin.info.channels[0].ticks_per_sample = begin.info.channels[1].ticks_per_sample = 1;
    begin.info.channels[0].group = begin.info.channels[1].group = 0;
    assert_int_equal(room_init(room, &rules), HEMO_OK);
    assert_int_equal(room_begin(room, &begin), HEMO_OK);
    for (uint64_t k = 0; k < 60 * BASE_HZ; k++) {
        double t = (double)k / BASE_HZ;
        int16_t samples[2] = {sample(0, t), sample(1, t)};
        struct sample_block block = {k, 0, 2, 1, samples};
        assert_int_equal(room_push(room, &block, trace_event, trace), HEMO_OK);
    }
    room_end(room, trace_event, trace);
    free(room);
}

static void only(const struct trace *trace, uint32_t kind, double from_s, double to_s) {
    const struct event *event = trace_find(trace, kind, EVENT_STATE_NONE);
    assert_non_null(event);
    assert_int_equal(trace_count(trace, kind, EVENT_STATE_NONE), 1);
    assert_true((double)event->tick >= from_s * BASE_HZ && (double)event->tick <= to_s * BASE_HZ);
}

static void test_both_are_said(void **state) {
    (void)state;
    struct trace trace = {0};
    hear_room(&trace, -1, -1);
    assert_int_equal(trace_count(&trace, EVENT_QRS_NO_PULSE, EVENT_STATE_NONE), 0);
    assert_int_equal(trace_count(&trace, EVENT_PULSE_NO_QRS, EVENT_STATE_NONE), 0);
    uint32_t beats = trace_count(&trace, EVENT_BEAT, EVENT_STATE_NONE);
    trace_free(&trace);
    hear_room(&trace, 32.0, -1);
    only(&trace, EVENT_QRS_NO_PULSE, 32.0, 32.2);
    assert_int_equal(trace_count(&trace, EVENT_PULSE_NO_QRS, EVENT_STATE_NONE), 0);
    trace_free(&trace);
    hear_room(&trace, -1, 40.0); /* it confirms and never vetoes: the beat stays */
    only(&trace, EVENT_PULSE_NO_QRS, 40.2, 40.4);
    assert_int_equal(trace_count(&trace, EVENT_BEAT, EVENT_STATE_NONE), beats);
    trace_free(&trace);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_leads),
        cmocka_unit_test(test_nothing_there),
        cmocka_unit_test(test_a_gap_and_a_copy),
        cmocka_unit_test(test_both_are_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
