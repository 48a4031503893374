/* Ventricles and pairs of pressures: a closed form, then the recordings (printed, and held to what
 * a living heart can show; skipped where they are not here). */
#include "dsp/channel.h"
#include "dsp/coronary.h"
#include "dsp/gradient.h"
#include "dsp/ventricle.h"
#include "sim/wfdb.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { FRAMES_MAX = 100000, BEATS_MAX = 512 };
#define CLOSE(got, want, within) assert_true(fabs((got) - (want)) <= (within))

struct footed { int count; int foot[BEATS_MAX], next[BEATS_MAX]; };

/* Diastole at 8, a half cosine of 80 ms to 120, a plateau, then P = 2 + A exp(-t/0.045). */
static int closed_form(float *mmhg, double rate_hz) {
    int count = (int)(0.9 * rate_hz);
    for (int i = 0; i < count; i++) {
        double t = i / rate_hz - 0.15;
        double rise = 8 + 56 * (1 - cos(3.14159265358979323846 * t / 0.08));
        double fall = 2 + 98 * exp(-(t - 0.3) / 0.045);
        mmhg[i] = (float)(t < 0 ? 8 : t < 0.08 ? rise : t < 0.28 ? 120 : t < 0.3 ? 110 : fall);
    }
    return count;
}

static void a_closed_form(void **state) {
    (void)state;
    static float mmhg[4096];
    for (double rate = 250; rate <= 2000; rate *= 2) {
        struct ventricle_beat beat = {mmhg, closed_form(mmhg, rate), rate, (int)(0.15 * rate), 0};
        struct ventricle_found f;
        assert_int_equal(ventricle_read(&beat, &f), HEMO_OK);
        print_message("%4.0f Hz: dP/dt %.0f (2199) %.0f, EDP %.2f (8), tau %.1f ms (45)\n", rate,
                      f.dpdt_max, f.dpdt_min, f.edp_mmhg, 1000 * f.tau_s);
        CLOSE(f.dpdt_max, 56 * 3.14159265358979323846 / 0.08, 60);
        CLOSE(f.edp_mmhg, 8, 1);
        CLOSE(f.edp_r_mmhg, 8, 0.5);
        CLOSE(f.tau_s, 0.045, 0.0035); /* slopes over 16 ms flatten the first moment */
    }
}

/* An a wave on the diastole of the closed form: up by 5 mmHg in 80 ms, back by 1, then level. */
static void behind_an_a_wave(void **state) {
    (void)state;
    static float mmhg[4096];
    for (double rate = 250; rate <= 1000; rate *= 2) {
        int lead = (int)(0.26 * rate), count = closed_form(mmhg + lead, rate) + lead;
        struct ventricle_beat beat = {mmhg, count, rate, -1, lead};
        struct ventricle_found f;
        for (int i = 0; i < lead; i++)
            mmhg[i] = 8;
        assert_int_equal(ventricle_read(&beat, &f), HEMO_OK);
        assert_true(isnan(f.edp_a_mmhg)); /* nothing rises before the upstroke */
        for (int i = 0; i < count; i++) {
            double t = i / rate - 0.26 - 0.15; /* of the upstroke */
            double up = fmin(fmax((t + 0.18) / 0.08, 0), 1);
            double back = fmin(fmax((t + 0.1) / 0.04, 0), 1);
            double left = fmin(fmax(1 - t / 0.08, 0), 1); /* the upstroke ends where it did */
            mmhg[i] += (float)(left * (5 * up - back));
        }
        assert_int_equal(ventricle_read(&beat, &f), HEMO_OK);
        print_message("%4.0f Hz: post-a %.2f (12), 10 %% dP/dt %.2f\n", rate, f.edp_a_mmhg,
                      f.edp_mmhg);
        CLOSE(f.edp_a_mmhg, 12, 0.5);
        mmhg[lead / 2] = NAN;
        assert_int_equal(ventricle_read(&beat, &f), HEMO_OK);
    }
}

static void low_rates_are_refused(void **state) {
    (void)state;
    static float mmhg[4096];
    struct ventricle_found f;
    struct ventricle_beat beat = {mmhg, closed_form(mmhg, 200), 200, -1, 0};
    assert_int_equal(ventricle_read(&beat, &f), HEMO_BAD_NUMBER);
    beat = (struct ventricle_beat){mmhg, closed_form(mmhg, 500), 500, -1, 0};
    mmhg[100] = NAN;
    assert_int_equal(ventricle_read(&beat, &f), HEMO_BAD_NUMBER);
}

/* Signals 0 and 1 of a record; the number of samples. */
static int load(const char *record, float *first, float *second, double *rate_hz) {
    char path[1024];
    struct failure failure;
    struct wfdb *wfdb;
    const char *folder = getenv("HEMO_DATA");
    snprintf(path, sizeof path, "%s/%s", folder ? folder : SOURCE_DIR "/../shared/data", record);
    if (wfdb_open(&wfdb, path, &failure) != HEMO_OK) {
        print_message("SKIPPED: %s is not here (HEMO_DATA names the folder)\n", path);
        skip();
    }
    const struct wfdb_header *header = wfdb_header(wfdb);
    static int16_t samples[8 * 64];
    int count = 0, n;
    *rate_hz = (double)header->rate_numerator / header->rate_denominator;
    while ((n = wfdb_read(wfdb, 32, samples, &failure)) > 0)
        for (int i = 0; i < n && count < FRAMES_MAX; i++, count++) {
            first[count] = samples[i] == INT16_MIN ? NAN : (float)samples[i] / 100;
            second[count] = samples[n + i] == INT16_MIN ? NAN : (float)samples[n + i] / 100;
        }
    wfdb_close(wfdb);
    return count;
}

/* all: also those of the first seconds, whose feet are known while the channel learns. */
static struct footed find_beats(const float *mmhg, int count, double rate_hz, uint32_t site,
                                bool all) {
    static struct channel channel;
    struct footed beats = {0};
    struct channel_item out[CHANNEL_ITEMS_MAX];
    struct channel_config config = {rate_hz, site, false};
    assert_int_equal(channel_init(&channel, &config), HEMO_OK);
    for (int i = 0; i < count; i++) {
        int n = channel_push(&channel, mmhg[i], out);
        for (int k = 0; k < n; k++) {
            if (out[k].kind != CHANNEL_BEAT || beats.count == BEATS_MAX)
                continue;
            if (!all && (out[k].beat.left_out || isnan(out[k].beat.systolic_mmhg)))
                continue;
            beats.foot[beats.count] = (int)out[k].beat.foot;
            beats.next[beats.count++] = (int)out[k].beat.next_foot;
        }
    }
    return beats;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *x, int n) {
    qsort(x, (size_t)n, sizeof *x, by_size);
    return n ? x[n / 2] : NAN;
}

static float one[FRAMES_MAX], two[FRAMES_MAX];

struct sane { const char *record; bool lv_second; double edp_low, edp_high, dpdt_most; };

static void heart(const struct sane *s) {
    double rate_hz, edp[BEATS_MAX], max[BEATS_MAX], min[BEATS_MAX], tau[BEATS_MAX];
    int count = load(s->record, one, two, &rate_hz), n = 0, fits = 0, waves = 0;
    const float *lv = s->lv_second ? two : one;
    struct footed beats = find_beats(lv, count, rate_hz, SITE_LV, false);
    for (int i = 0; i < beats.count; i++) {
        int lead = (int)(0.04 * rate_hz), from = beats.foot[i] - lead;
        int before = (int)(0.26 * rate_hz);
        struct ventricle_found f;
        struct ventricle_beat beat = {lv + from - before, beats.next[i] - from + before, rate_hz,
                                      -1, before};
        if (from < before || ventricle_read(&beat, &f) != HEMO_OK)
            continue;
        waves += isfinite(f.edp_a_mmhg);
        edp[n] = f.edp_mmhg;
        max[n] = f.dpdt_max;
        min[n++] = f.dpdt_min;
        if (isfinite(f.tau_s))
            tau[fits++] = 1000 * f.tau_s;
    }
    double e = median(edp, n), up = median(max, n), down = median(min, n), t = median(tau, fits);
    print_message("%-24s beats %3d read %3d: EDP %.1f, dP/dt %.0f %.0f, tau %.0f ms (%d), "
                  "a waves %d\n", s->record, beats.count, n, e, up, down, t, fits, waves);
    assert_true(n > 0 && 10 * n >= 8 * beats.count);
    assert_true(e > s->edp_low && e < s->edp_high);
    assert_true(up > 400 && up < s->dpdt_most && down < -400 && down > -s->dpdt_most);
}

#define HEART(name, ...)                                                                           \
    static void name(void **state) {                                                               \
        (void)state;                                                                               \
        heart(&(struct sane){__VA_ARGS__});                                                        \
    }
HEART(nhlbi, "nhlbi-lv-ao/prime_lv_ao", false, -8, 25, 4000)
HEART(inca, "inca-lv/inca_lv", false, -8, 20, 4000)
HEART(pig_rest, "pig-telemetry/pig2714rest", true, -5, 30, 6000)
HEART(rat, "rat-lv/rat_lv_1", false, -5, 30, 15000)

static double ratio_of_means(int from, int to) {
    double pa = 0, pd = 0;
    for (int i = from; i < to; i++) {
        pa += (double)one[i];
        pd += (double)two[i];
    }
    return pd / pa;
}

/* The marked ratio is of all 7 s that the pump runs, and the pump wanders (cpp80: 0.785 to 0.840
 * from second to second): the whole beats of less than these 7 s are right for their own time and
 * miss the mark. So the beats of the seconds in which the channel learns count, too. */
static void coronary(const char *record, double want) {
    double rate_hz, pa = 0, pd = 0, samples = 0;
    load(record, one, two, &rate_hz);
    int count = (int)(7.0 * rate_hz), n = 0, first = count, last = 0;
    struct footed beats = find_beats(one, count, rate_hz, SITE_PAO, true);
    for (int i = 0; i < beats.count; i++) {
        struct coronary_ratios r;
        int from = beats.foot[i], length = beats.next[i] - from;
        struct coronary_beat beat = {one + from, two + from, length, rate_hz};
        if (coronary_read(&beat, &r) != HEMO_OK)
            continue;
        pa += r.pa_mmhg * length;
        pd += r.pd_mmhg * length;
        samples += length;
        first = from < first ? from : first;
        last = beats.next[i];
        n++;
    }
    double all = ratio_of_means(0, count), own = ratio_of_means(first, last);
    print_message("%s: 7 s %.4f (want %.3f); %d whole beats %.4f (their time %.4f)\n", record, all,
                  want, n, pd / pa, own);
    assert_true(n >= 7 && samples > 0);
    CLOSE(pd / pa, want, 0.005);
    CLOSE(all, want, 0.005);
    CLOSE(pd / pa, own, 0.005);
}

static void pig_coronary(void **state) {
    (void)state;
    coronary("pig-coronary/pigC_cpp60", 0.622);
    coronary("pig-coronary/pigC_cpp80", 0.818);
    coronary("pig-coronary/pigC_cpp120", 1.202);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_closed_form), cmocka_unit_test(low_rates_are_refused),
        cmocka_unit_test(behind_an_a_wave), cmocka_unit_test(nhlbi),         cmocka_unit_test(inca),
        cmocka_unit_test(pig_rest),      cmocka_unit_test(rat),
        cmocka_unit_test(pig_coronary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
