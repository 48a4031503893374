/* pulses.h - pressure traces with known truth, made in the test itself. Time in seconds, mmHg. */
#pragma once
#include <math.h>

static const double pulses_rates_hz[] = {125, 250, 500, 1000, 2000};
enum { PULSES_RATES = 5 };

/* The same disturbance in every run, at every rate: a hash of a number as -1..1. */
static inline double pulses_noise(long n) {
    unsigned long x = (unsigned long)n * 2654435761u + 12345u;
    x ^= x >> 13;
    x = (x * 1274126177u) & 0xffffffffu;
    x ^= x >> 16;
    return (double)(x & 0xffff) / 32767.5 - 1;
}

static inline double pulses_hump(double x, double centre, double width) {
    double d = (x - centre) / width;
    return fabs(d) < 1 ? 0.5 + 0.5 * cos(3.14159265358979 * d) : 0;
}

/* An arterial pulse, 0 at both feet and 1 at its peak, with a dicrotic wave. phase 0..1. */
static inline double pulses_artery(double phase) {
    double rise = 0.14;
    if (phase < rise)
        return 0.5 - 0.5 * cos(3.14159265358979 * phase / rise);
    double left = 1 - (phase - rise) / (1 - rise);
    return 0.86 * pow(left, 1.6) + 0.14 * left + 0.10 * pulses_hump(phase, 0.48, 0.10);
}

/* A right ventricle: square, and the diastole climbs. */
static inline double pulses_ventricle(double phase) {
    if (phase < 0.10)
        return 0.12 + 0.88 * (0.5 - 0.5 * cos(3.14159265358979 * phase / 0.10));
    if (phase < 0.34)
        return 1 - 0.06 * (phase - 0.10) / 0.24;
    if (phase < 0.46)
        return 0.94 * (0.5 + 0.5 * cos(3.14159265358979 * (phase - 0.34) / 0.12));
    return 0.12 * (phase - 0.46) / 0.54;
}

/* An atrium or a wedge: a wave, x descent, v wave, y descent. a is at 0.10, v at 0.52. */
static inline double pulses_atrium(double phase) {
    double a = pulses_hump(phase, 0.10, 0.14) + pulses_hump(phase, 1.10, 0.14);
    return a + 0.7 * pulses_hump(phase, 0.52, 0.22);
}

/* Over-wedged: climbs most of the time, falls steeply. */
static inline double pulses_saw(double phase) {
    return phase < 0.85 ? phase / 0.85 : 1 - (phase - 0.85) / 0.15;
}

/* Where in its beat a regular rhythm is at t. */
static inline double pulses_phase(double t, double period_s) {
    double n = floor(t / period_s + 1e-9);
    double phase = t / period_s - n;
    return phase < 0 ? 0 : phase;
}
