/* channel.h - one pressure channel: samples in, beats and line states out, sample by sample.
 * Pure.
 *
 *     struct channel channel;                             // a plain value, no pointers inside
 *     channel_init(&channel, &(struct channel_config){.rate_hz = 125, .site = SITE_PA});
 *     n = channel_push(&channel, mmhg, out);       // NAN: missing; n items of out[] are set
 *
 * Times are the channel's own sample numbers since channel_init() or channel_reset(), as
 * int64_t. What is said about a moment never changes what was said before; a beat that turns out
 * to lie in a wedge is withdrawn by an item of its own. Works at 100..2000 Hz with one set of
 * constants; thresholds are in mmHg and seconds, never in counts. */
#pragma once
#include "dsp/flush.h"
#include "proto/error.h"
#include "proto/event.h"
#include "proto/site.h"
#include <stdbool.h>
#include <stdint.h>

struct channel_config {
    double rate_hz; /* 100..2000 */
    uint32_t site;  /* the label that the device or a person gave; selects shape and limits */
    bool ecg;       /* R waves will be told: until then no wave of an atrium has a name */
};

struct beat {
    int64_t foot, next_foot;   /* sample numbers */
    int64_t peak;              /* of the systolic value */
    float systolic_mmhg, diastolic_mmhg, mean_mmhg;
    /* Ventricles only, else NAN. edp: at 10 % of dP/dt max; edp_r: at the R wave, where known;
     * edp_a: behind the a wave, where one is seen. */
    float edp_mmhg, edp_r_mmhg, edp_a_mmhg, minimum_mmhg;
    float dpdt_max, dpdt_min, tau_ms;          /* ventricles from 250 Hz on; mmHg/s */
    float a_mmhg, v_mmhg;                      /* atria only, where seen, else NAN */
    float c_mmhg, x_mmhg, y_mmhg;              /* only with a and v */
    float rate_per_min;        /* NAN: an atrium whose two waves cannot be told from two beats */
    float quality;             /* 0..1 */
    /* 0, or a number of events.def 5xx: the beat counts for timing, not for averages. */
    uint32_t left_out;
};

enum channel_item_kind {
    CHANNEL_BEAT,       /* .beat; values are given only when no withholding state overlaps it */
    CHANNEL_STATE,      /* .state began or ended at .at */
    CHANNEL_SITE,       /* .site: what the trace looks like since .at; SITE_NONE: as labelled */
    CHANNEL_WITHDRAW,   /* beats with foot >= .from and < .to lie in a wedge or an artefact */
    CHANNEL_FLUSH,      /* a flush ended at .at, and the line's response was read: .response, some
                         tenths of a second later: the search goes in steps (flush.h) */
    CHANNEL_SYSTOLE,    /* provisional systolic .beat.systolic_mmhg at .beat.peak */
};

struct channel_item {
    enum channel_item_kind kind;
    int64_t at;            /* where it happened */
    uint32_t state;        /* events.def 1xx */
    bool began;            /* else ended */
    uint32_t site;         /* CHANNEL_BEAT: whose values; PCW inside a wedge that was marked */
    int64_t from, to;
    struct beat beat;
    struct flush_found response;
};

enum { CHANNEL_ITEMS_MAX = 9 }; /* at most that many from one sample */

#include "dsp/channel_state.h" /* struct channel: visible so that it can be embedded; hands off */

enum hemo_error channel_init(struct channel *c, const struct channel_config *config);
int channel_push(struct channel *c, float mmhg, struct channel_item out[CHANNEL_ITEMS_MAX]);
/* The catheter moved, says a person or the device: limits and shape of the new site, all signal
 * state wiped, numbering kept. */
void channel_site(struct channel *c, uint32_t site);
/* Marked by a person or the device: withhold with that reason until it ends. kind:
 * EVENT_ZEROING, EVENT_FLUSHED or EVENT_WEDGE. */
int channel_marked(struct channel *c, uint32_t kind, bool begins,
                   struct channel_item out[CHANNEL_ITEMS_MAX]);
/* An R wave that an ECG of the same room is sure of (ecg.h), at a sample number that has passed;
 * in order. It confirms and never vetoes. */
void channel_r_wave(struct channel *c, int64_t at);
/* The newest R wave of [from, to]; false: none known. */
bool channel_r_between(const struct channel *c, int64_t from, int64_t to, int64_t *at);
/* What an ECG or another line's pulse says of the period, with a confidence of 0..1. Atria and
 * wedges believe it for five seconds; all others know better themselves. */
void channel_clock(struct channel *c, double period_s, double confidence);
/* This line's own word on the period, for the atria of its room; false: it has none now. */
bool channel_period(const struct channel *c, double *period_s, double *confidence);
/* Forgets the stream, keeps the settings; numbering begins at 0. */
void channel_reset(struct channel *c);
/* True while a state withholds values. *state: the innermost one. */
bool channel_withholds(const struct channel *c, uint32_t *state);
/* Mean of the last two seconds: what stays readable without beats, in a loss of pulse or a
 * wedge. NAN while withheld otherwise. */
float channel_mean_mmhg(const struct channel *c);
/* Intervals are as in atrial fibrillation (rhythm.h). */
bool channel_fibrillates(const struct channel *c);
/* The trace itself about a sample number, a fraction of a sample interpolated: as means of at
 * most 4 ms, kept for the last five seconds. NAN: missing, not there yet, or not kept any more. */
float channel_at(const struct channel *c, double sample);
