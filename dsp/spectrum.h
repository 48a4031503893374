/* spectrum.h - the power spectrum of 128 points, by FFTW. Pure after init.
 *
 *     struct spectrum spectrum;
 *     spectrum_init(&spectrum);          // at the start of a program: FFTW has a heap of its own
 *     spectrum_power(&spectrum, points, power);   // any number of threads: only power is written
 *     spectrum_close(&spectrum);
 *
 * The plan is not part of any state that is copied: whoever owns the program owns it and hands
 * it to respiration_push(). It is made with FFTW_ESTIMATE, so that it does not depend on what
 * was measured on the day; its last bits may differ between kinds of processors, which is why
 * nothing but the respiration is found with it. */
#pragma once
#include <stdbool.h>

enum { SPECTRUM_POINTS = 128, SPECTRUM_BINS = SPECTRUM_POINTS / 2 + 1 };

struct spectrum { void *plan; };

bool spectrum_init(struct spectrum *s); /* false: FFTW could not make a plan */
void spectrum_power(const struct spectrum *s, const float points[SPECTRUM_POINTS],
                    float power[SPECTRUM_BINS]);
void spectrum_close(struct spectrum *s);
