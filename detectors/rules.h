/* rules.h - the thresholds of the detectors, as a file with a version. Pure.
 *
 * An INI text:  [rules] version = 3   [falling_bp] slope_mmhg_per_s = -0.2 ...   Unknown keys,
 * missing versions and values out of range are refused with the line. A section may be for a room
 * or a phase:  [falling_bp room=2 phase=drug] drop_share = 0.2   holds there and leaves all else as
 * it is; of two that fit, the later line. rules_default() is version 1 and stands in
 * detectors/README.md. */
#pragma once
#include "proto/error.h"
#include <stddef.h>
#include <stdint.h>

enum { RULES_OVERRIDES_MAX = 12, RULES_ANY = UINT16_MAX };

/* One value for a room or a phase. */
struct rules_override {
    uint16_t key, room, phase; /* rules_key(); RULES_ANY */
    float value;
};

struct rules {
    uint32_t version;
    /* falling_bp: Theil-Sen slope over 60 s and fall against the median of 300..60 s before (dsp.md
     * 3) */
    float fall_slope_mmhg_per_s; /* -0.2: fires at or below */
    float fall_drop_mmhg;        /* 10 */
    float fall_drop_share;       /* 0.12 of the baseline; the larger of the two counts */
    float fall_fast_mmhg_per_s;  /* -0.3 over 20 s: one of the three slopes must hold */
    float fall_spreads;          /* 4: and so many standard deviations of its own baseline */
    float fall_slow_mmhg_per_s;  /* -0.06 over 60 or 180 s: for a slow fall */
    float fall_slow_share;       /* ... that must go 0.15 of the baseline far */
    float fall_deep_share;       /* 0.2 of the baseline: far enough at any slope */
    float fall_hold_s;           /* 3: the fall times so long, in evidence */
    float fall_clear_share;      /* 0.9 of the baseline for fall_clear_s clears */
    float fall_clear_s;          /* 60 */
    /* low_bp: the plain baseline */
    float low_mean_mmhg; /* 65 */
    float low_hold_s;    /* 60 */
    /* rising_wedge */
    float wedge_rise_mmhg;  /* 5 above the first wedge of same site and phase */
    float wedge_level_mmhg; /* and at least 15 */
    /* line_lost */
    float line_lost_s; /* 5 s without usable signal */
    /* pulse_lost */
    float pulse_lost_s;         /* 4 s */
    float pulse_doubtful_share; /* 0.4: so far the mean must fall on a line that had trouble */
    float pulse_sound_beats;    /* 10 sound beats since end the doubt */
    /* rising_edp */
    float edp_rise_mmhg;  /* 6 above the first half minute in the ventricle */
    float edp_level_mmhg; /* and at least 16 */
    /* high_wedge */
    float wedge_high_mmhg; /* 15: above */
    /* tamponade */
    float tamponade_ra_mmhg;      /* 10: the atrium at least */
    float tamponade_rise_mmhg;    /* 4 above its first half minute */
    float tamponade_fall_share;   /* 0.1 of the arterial mean lost */
    float tamponade_within_mmhg;  /* 5 between the atrium and the diastolics */
    /* falling_pulse */
    float pulse_drop_share; /* 0.3 of the pulse pressure of 300..60 s before */
    /* large_v */
    float large_v_mmhg; /* 15 above the mean */
    /* falling_pd_pa */
    float pd_pa_drop;  /* 0.1 below what it was at the same phase */
    float pd_pa_level; /* and at most 0.89 */
    /* ventricularised */
    float guide_drop_share; /* 0.25 of the guide's diastolic, while its systolic holds */
    /* Seconds that a state of the line must have filled (stay.h) */
    float guide_damped_s;  /* 2 */
    float wrong_label_s;   /* 5 */
    float whipping_s;      /* 15 */
    float damped_line_s;   /* 10 */
    uint32_t overrides_count;
    struct rules_override overrides[RULES_OVERRIDES_MAX];
};

struct rules rules_default(void);
/* What would be right in that line, for a person: "mean_mmhg: want a number from 20 to 120, once".
 * Returns out. */
char *rules_hint(const char *text, size_t length, int line, char *out, size_t size);
/* As they hold in a room and phase. */
struct rules rules_at(const struct rules *rules, uint32_t room, uint32_t phase);

/* What a file may set, in the order of README.md. */
struct rules_key {
    const char *section, *name;
    size_t offset; /* of its float in struct rules */
    double min, max;
};
extern const struct rules_key rules_keys[];
extern const int rules_keys_count;
float rules_value(const struct rules *rules, int key);
/* HEMO_OK, or the error and in *line the first line that is wrong (1-based). */
enum hemo_error rules_parse(const char *text, size_t length, struct rules *out, int *line);
