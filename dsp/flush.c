#include "dsp/flush.h"
#include <assert.h>
#include <math.h>

static const double whole_s = 0.12, least_s = 0.06, first_s = 0.35, decays = 6;
static const double hz_min = 3, hz_max = 80, damping_min = 0.03, damping_max = 2.5;
static const double least_fit = 0.95, spread_most = 0.06, gain_spare = 0.15;
enum { GRID_HZ = 16, GRID_DAMPING = 14, GRID_START = 4, ROUGH = 5, HALVINGS = 13, WAYS = 8 };
enum { HARMONICS = 10, TERMS = 3 };

static const double grid_damping[GRID_DAMPING] = {0.05, 0.1, 0.15, 0.2, 0.27, 0.35, 0.45,
                                                  0.6,  0.8, 0.99, 1.2, 1.5,  1.9,  2.4};

struct model {
    double hz, damping, start; /* start: of the fall, in samples from the first */
};

/* Step response of the line, from 1 down to 0, t seconds after the release. */
static double response(const struct model *m, double t) {
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

static struct fit fit_model(const struct flush_trace *t, int count, const struct model *m) {
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

/* The best of a coarse grid for one moment of release. */
static struct model coarse(const struct flush_trace *t, int count, double start) {
    struct model best = {hz_min, 1, start};
    double least = INFINITY, most_hz = fmin(hz_max, 0.45 * t->rate_hz);
    for (int d = 0; d < GRID_DAMPING; d++)
        for (int f = 0; f < GRID_HZ; f++) {
            struct model m = {hz_min * pow(most_hz / hz_min, (double)f / (GRID_HZ - 1)),
                              grid_damping[d], start};
            double error = fit_model(t, count, &m).error;
            if (error < least) {
                least = error;
                best = m;
            }
        }
    return best;
}

static bool better(const struct flush_trace *t, int count, struct model try, struct model *best,
                   double *least) {
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

static struct model moved_by(struct model m, const double way[3], double share) {
    m.hz *= 1 + way[0] * share;
    m.damping *= 1 + way[1] * share;
    m.start += way[2] * share;
    return m;
}

/* Steps of a share of each parameter, halved when none of them helps. */
static struct model refine(const struct flush_trace *t, int count, struct model best, int most) {
    double least = fit_model(t, count, &best).error, share = 0.12;
    for (int halvings = 0, turns = 0; halvings < most && turns < 400; turns++) {
        bool moved = false;
        for (int sign = -1; sign <= 1; sign += 2) {
            for (int way = 0; way < WAYS; way++)
                moved |= better(t, count, moved_by(best, ways[way], sign * share), &best, &least);
        }
        if (!moved) {
            share *= 0.5;
            halvings++;
        }
    }
    return best;
}

/* The release lies up to 40 ms before the plateau was left, where its top was cut off; each of a
 * few moments leads to a minimum of its own. */
static struct model search(const struct flush_trace *t, int count) {
    struct model best = {0, 0, 0};
    double least = INFINITY;
    for (int s = 0; s < GRID_START; s++) {
        double start = 1 - s * 0.04 / (GRID_START - 1) * t->rate_hz;
        struct model m = refine(t, count, coarse(t, count, start), ROUGH);
        double error = fit_model(t, count, &m).error;
        if (error < least) {
            least = error;
            best = m;
        }
    }
    return refine(t, count, best, HALVINGS);
}

/* As long as the response lasts: behind it there is only the pulse. */
static int lasting(const struct flush_trace *t, int count, const struct model *m, double times) {
    double w = 2 * acos(-1) * m->hz, z = m->damping;
    double slowest = z < 1 ? z * w : w * (z - sqrt(z * z - 1));
    double wanted = fmax(least_s, times / slowest) * t->rate_hz + fmax(m->start, 0);
    return wanted < count ? (int)wanted : count;
}

enum hemo_error flush_read(const struct flush_trace *trace, struct flush_found *out) {
    assert(trace->count <= FLUSH_SAMPLES_MAX);
    int count = trace->count, most = (int)(first_s * trace->rate_hz);
    if ((double)count < whole_s * trace->rate_hz)
        return HEMO_BAD_NUMBER;
    for (int i = 0; i < count; i++)
        if (isnan(trace->mmhg[i]))
            return HEMO_BAD_NUMBER;
    count = count < most ? count : most;
    struct model m = search(trace, count), brief;
    count = lasting(trace, count, &m, decays);
    m = refine(trace, count, m, HALVINGS);
    int shorter = lasting(trace, count, &m, decays / 2);
    brief = refine(trace, shorter, m, HALVINGS);
    struct fit fit = fit_model(trace, count, &m);
    *out = (struct flush_found){m.hz, m.damping, fabs(brief.hz - m.hz), 1 - fit.error / fit.power};
    bool possible = m.hz >= hz_min && m.hz <= fmin(hz_max, 0.4 * trace->rate_hz) &&
                    m.damping >= damping_min && m.damping <= damping_max;
    bool sure = out->fit >= least_fit && out->spread_hz <= spread_most * m.hz;
    return possible && sure ? HEMO_OK : HEMO_BAD_NUMBER;
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
