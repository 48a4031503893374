#include "dsp/flush.h"
#include <assert.h>
#include <limits.h>
#include <math.h>

static const double whole_s = 0.12, least_s = 0.06, first_s = 0.35, decays = 6;
static const double hz_min = 3, hz_max = 80, damping_min = 0.03, damping_max = 2.5;
static const double least_fit = 0.95, spread_most = 0.06, gain_spare = 0.15;
enum { GRID_HZ = 16, GRID_DAMPING = 14, GRID_START = 4, ROUGH = 5, HALVINGS = 13 };
enum { TURNS = 400, WAYS = 8 };
enum { HARMONICS = 10, TERMS = 3 };

_Static_assert(GRID_START * (GRID_HZ * GRID_DAMPING + TURNS * 2 * WAYS + 1) +
                       3 * (TURNS * 2 * WAYS + 1) <= FLUSH_FITS * FLUSH_STEPS_MAX,
               "every search ends in time");

static const double grid_damping[GRID_DAMPING] = {0.05, 0.1, 0.15, 0.2, 0.27, 0.35, 0.45,
                                                  0.6,  0.8, 0.99, 1.2, 1.5,  1.9,  2.4};

/* Step response of the line, from 1 down to 0, t seconds after the release. */
static double response(const struct flush_model *m, double t) {
    double w = 2 * acos(-1) * m->hz, z = m->damping;
    if (t <= 0)
        return 1;
    if (fabs(z - 1) < 1e-4)
        return exp(-w * t) * (1 + w * t);
    if (z < 1) {
        double root = sqrt(1 - z * z), wd = w * root;
        return exp(-z * w * t) * (cos(wd * t) + z / root * sin(wd * t));
    }
    double root = sqrt(z * z - 1), slow = w * (z - root), quick = w * (z + root);
    return (quick * exp(-slow * t) - slow * exp(-quick * t)) / (quick - slow);
}

struct fit {
    double error, power; /* squares that are left, and that were there */
    double step;
};

/* Solves the three normal equations by elimination; the design never degenerates: a response, a
 * constant and a slope are independent. */
static void solve(double a[TERMS][TERMS + 1]) {
    for (int i = 0; i < TERMS; i++)
        for (int r = 0; r < TERMS; r++) {
            if (r == i || fabs(a[i][i]) < 1e-300)
                continue;
            double share = a[r][i] / a[i][i];
            for (int c = i; c <= TERMS; c++)
                a[r][c] -= share * a[i][c];
        }
}

static struct fit fit_model(const struct flush_trace *t, int count, const struct flush_model *m) {
    double x[FLUSH_SAMPLES_MAX], a[TERMS][TERMS + 1] = {{0}}, sum = 0, squares = 0;
    int n = count - 1, first = t->cut_off ? 1 : 0;
    double before = response(m, (first - m->start) / t->rate_hz);
    for (int k = first; k < n; k++) {
        double now = response(m, ((double)k + 1 - m->start) / t->rate_hz);
        double row[TERMS] = {now - before, 1, (double)k / n};
        double y = (double)t->mmhg[k + 1] - (double)t->mmhg[k];
        x[k] = row[0];
        before = now;
        for (int i = 0; i < TERMS; i++) {
            for (int j = 0; j < TERMS; j++)
                a[i][j] += row[i] * row[j];
            a[i][TERMS] += row[i] * y;
        }
        sum += y;
        squares += y * y;
    }
    solve(a);
    struct fit fit = {0, squares - sum * sum / (n - first), a[0][TERMS] / a[0][0]};
    for (int k = first; k < n; k++) {
        double level = a[1][TERMS] / a[1][1] + a[2][TERMS] / a[2][2] * k / n;
        double y = (double)t->mmhg[k + 1] - (double)t->mmhg[k] - level - fit.step * x[k];
        fit.error += y * y;
    }
    if (!(fit.step > 0) || isnan(fit.error))
        fit.error = INFINITY;
    return fit;
}

static bool better(const struct flush_trace *t, int count, struct flush_model try,
                   struct flush_model *best, double *least) {
    if (try.hz < 0.5 * hz_min || try.hz > 0.5 * t->rate_hz || try.damping < 0.01 || try.start > 2)
        return false;
    double error = fit_model(t, count, &try).error;
    if (!(error < *least))
        return false;
    *least = error;
    *best = try;
    return true;
}

/* Alone, and along the valleys: a later start looks like a higher frequency, more damping like a
 * lower one. */
static const double ways[WAYS][3] = {{1, 0, 0}, {0, 2, 0}, {0, 0, 8}, {1, 1, 0},
                                     {1, -1, 0}, {1, 0, 4}, {0, 1, 4}, {1, 1, 4}};

static struct flush_model moved_by(struct flush_model m, const double way[3], double share) {
    m.hz *= 1 + way[0] * share;
    m.damping *= 1 + way[1] * share;
    m.start += way[2] * share;
    return m;
}

/* As long as the response lasts: behind it there is only the pulse. */
static int lasting(const struct flush_trace *t, int count, const struct flush_model *m,
                   double times) {
    double w = 2 * acos(-1) * m->hz, z = m->damping;
    double slowest = z < 1 ? z * w : w * (z - sqrt(z * z - 1));
    double wanted = fmax(least_s, times / slowest) * t->rate_hz + fmax(m->start, 0);
    return wanted < count ? (int)wanted : count;
}

/* The release lies up to 40 ms before the plateau was left, where its top was cut off; each of a
 * few moments leads to a minimum of its own, by a coarse grid and some halvings. The best of them
 * is refined, then with as much of the trace as the response lasts, then, to compare, with half. */
enum { GRID, ROUGHLY, FINELY, WHOLE, BRIEF, DONE };

static void grid_begin(struct flush_search *s, const struct flush_trace *t) {
    s->phase = GRID;
    s->place = 0;
    s->least = INFINITY;
    s->now = (struct flush_model){hz_min, 1,
                                  1 - s->starts * 0.04 / (GRID_START - 1) * t->rate_hz};
}

static void refine_begin(struct flush_search *s, int8_t phase) {
    s->phase = phase;
    s->place = -1;
    s->halvings = s->turns = 0;
    s->most = phase == ROUGHLY ? ROUGH : HALVINGS;
    s->moved = false;
    s->share = 0.12;
}

static void grid_fit(struct flush_search *s, const struct flush_trace *t) {
    double most_hz = fmin(hz_max, 0.45 * t->rate_hz);
    int d = s->place / GRID_HZ, f = s->place % GRID_HZ;
    struct flush_model m = {hz_min * pow(most_hz / hz_min, (double)f / (GRID_HZ - 1)),
                            grid_damping[d], s->now.start};
    double error = fit_model(t, s->count, &m).error;
    if (error < s->least) {
        s->least = error;
        s->now = m;
    }
    if (++s->place == GRID_HZ * GRID_DAMPING)
        refine_begin(s, ROUGHLY);
}

static void refine_end(struct flush_search *s, const struct flush_trace *t) {
    switch (s->phase) {
    case ROUGHLY:
        if (s->starts++ == 0 || s->least < s->best_least) {
            s->best_least = s->least;
            s->best = s->now;
        }
        if (s->starts < GRID_START) {
            grid_begin(s, t);
            return;
        }
        s->now = s->best;
        refine_begin(s, FINELY);
        return;
    case FINELY:
        s->count = (int16_t)lasting(t, s->count, &s->now, decays);
        refine_begin(s, WHOLE);
        return;
    case WHOLE:
        s->best = s->now;
        refine_begin(s, BRIEF);
        return;
    default:
        s->phase = DONE;
    }
}

/* Steps of a share of each parameter, halved when none of them helps. */
static void refine_fit(struct flush_search *s, const struct flush_trace *t) {
    int count = s->phase == BRIEF ? lasting(t, s->count, &s->best, decays / 2) : s->count;
    if (s->place < 0) {
        s->least = fit_model(t, count, &s->now).error;
        s->place = 0;
        return;
    }
    double share = s->place < WAYS ? -s->share : s->share;
    struct flush_model try = moved_by(s->now, ways[s->place % WAYS], share);
    s->moved |= better(t, count, try, &s->now, &s->least);
    if (++s->place < 2 * WAYS)
        return;
    if (!s->moved) {
        s->share *= 0.5;
        s->halvings++;
    }
    s->place = 0;
    s->moved = false;
    if (++s->turns == TURNS || s->halvings == s->most)
        refine_end(s, t);
}

enum hemo_error flush_begin(struct flush_search *s, const struct flush_trace *trace) {
    assert(trace->count <= FLUSH_SAMPLES_MAX);
    int count = trace->count, most = (int)(first_s * trace->rate_hz);
    *s = (struct flush_search){.phase = DONE};
    if ((double)count < whole_s * trace->rate_hz)
        return HEMO_BAD_NUMBER;
    for (int i = 0; i < count; i++)
        if (isnan(trace->mmhg[i]))
            return HEMO_BAD_NUMBER;
    s->count = (int16_t)(count < most ? count : most);
    grid_begin(s, trace);
    return HEMO_OK;
}

bool flush_step(struct flush_search *s, const struct flush_trace *trace, int fits) {
    for (int i = 0; i < fits && s->phase != DONE; i++) {
        if (s->phase == GRID)
            grid_fit(s, trace);
        else
            refine_fit(s, trace);
    }
    return s->phase == DONE;
}

enum hemo_error flush_end(const struct flush_search *s, const struct flush_trace *trace,
                          struct flush_found *out) {
    assert(s->phase == DONE && s->count > 0);
    const struct flush_model *m = &s->best;
    struct fit fit = fit_model(trace, s->count, m);
    *out = (struct flush_found){m->hz, m->damping, fabs(s->now.hz - m->hz),
                                1 - fit.error / fit.power};
    bool possible = m->hz >= hz_min && m->hz <= fmin(hz_max, 0.4 * trace->rate_hz) &&
                    m->damping >= damping_min && m->damping <= damping_max;
    bool sure = out->fit >= least_fit && out->spread_hz <= spread_most * m->hz;
    return possible && sure ? HEMO_OK : HEMO_BAD_NUMBER;
}

enum hemo_error flush_read(const struct flush_trace *trace, struct flush_found *out) {
    struct flush_search search;
    enum hemo_error error = flush_begin(&search, trace);
    if (error != HEMO_OK)
        return error;
    flush_step(&search, trace, INT_MAX);
    return flush_end(&search, trace, out);
}

double flush_gain(const struct flush_found *found, double hz) {
    double r = hz / found->natural_hz, real = 1 - r * r, imaginary = 2 * found->damping * r;
    return 1 / sqrt(real * real + imaginary * imaginary);
}

enum flush_grade flush_grade(const struct flush_found *found, double pulse_per_min) {
    double least = 1, most = 1;
    for (int k = 1; k <= HARMONICS; k++) {
        double gain = flush_gain(found, k * pulse_per_min / 60);
        least = fmin(least, gain);
        most = fmax(most, gain);
    }
    if (most > 1 + gain_spare)
        return FLUSH_UNDERDAMPED;
    return least < 1 - gain_spare ? FLUSH_OVERDAMPED : FLUSH_ADEQUATE;
}
