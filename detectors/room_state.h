/* room_state.h - what a room remembers, visible so that it can be embedded and copied. Hands off:
 * room.h has the verbs.
 *
 * A copy is a snapshot: no pointer but that to the program's read-only plan of room_spectrum(). */
#pragma once
#include "detectors/detector.h"
#include "detectors/room.h"
#include "dsp/channel.h"
#include "dsp/derived.h"
#include "dsp/ecg.h"
#include "dsp/respiration.h"

enum {
    ROOM_LAG_S = 2,         /* a group further behind than this counts as a gap */
    ROOM_SLEEP_S = 30,      /* a line without samples for so long starts anew when they come back */
    ROOM_CLOCKS_PER_S = 2,  /* pulses of the detectors' clock */
    ROOM_MARK_AHEAD_S = 60, /* a mark further ahead of the samples is refused */
    ROOM_RING = 6144,       /* samples of one line that wait for another group */
    ROOM_MARKS_MAX = 32,    /* marks that wait for their tick */
    LINE_RATE_HZ_MAX = 2000,
    LINE_RATE_HZ_MIN = 100,
    LINE_BEATS_MAX = 34,
    LINE_LEVELS_MAX = 128, /* averages of half a second: 64 s */
    LINE_BARE_LEVELS = 14, /* 7 s */
    LINE_STATES = 17,      /* 101..117 */
    RWAVES_WAVES = 32,
    RWAVES_INTERVALS = 5,
    LINE_VALUES = 11,
    LINE_WEDGE_WAVES = 2,
    MINUTE_GROUP = 8,
    PAIR_VALUES = 7,
    PAIR_BEATS_MAX = 20, /* 10, and those of 3 s that may yet be withdrawn */
    VALVE_PAIRS = 4,
    PULLBACK_POINTS = 320,
    DERIVE_KNOWN_MAX = 40,
    DERIVE_OUTPUTS = 96,
    STENOSIS_CURVE_MAX = 48,
};
_Static_assert(ROOM_RING >= ROOM_LAG_S * LINE_RATE_HZ_MAX + SAMPLES_PER_RECORD_MAX,
               "lag and one block");

/* A beat as history keeps it. values[]: line_quantity() of the line's site; NAN: none. */
struct line_beat {
    uint64_t foot_tick, next_tick;
    float values[LINE_VALUES];
    uint16_t quality_thousandths, left_out; /* 64 bytes: a line keeps many */
};

struct minute_beat {
    uint64_t foot_tick;
    float values[4]; /* the first of line_quantity() */
};

/* The minute that runs, for the one value of it: minute.c. */
struct minute {
    uint64_t from_tick;
    uint64_t until_tick; /* up to where a state that counts has been counted */
    uint32_t stood_ticks[LINE_STATES]; /* in each state, as far as it has ended */
    uint32_t count, groups, given;     /* beats of the open group; groups closed; beats in all */
    double quality, sums[4];           /* of all beats; of the groups' medians */
    struct minute_beat beats[MINUTE_GROUP];
};

/* One channel of the stream: dsp, and what was said about it. */
struct line {
    /* settings, by room_begin() */
    uint32_t index, group, ticks_per_sample;
    double rate_hz, scale;
    int32_t offset;
    bool carried; /* a pressure or an ECG at a rate that dsp takes: kept in step with the others */
    bool lead;    /* an ECG: rwaves.h, and nothing else of a line */
    bool beside_ecg; /* the room has a lead */
    /* state */
    bool running; /* at a site that is measured */
    bool asleep;
    uint32_t site;
    uint64_t origin_tick; /* of the channel's sample 0 */
    uint64_t missing_run; /* samples missing until now */
    uint64_t visit_tick;  /* since when this site and phase */
    uint64_t clean_tick;  /* since when nothing withholds */
    uint64_t broken_tick; /* when the last thing that withholds began, and ended */
    uint64_t mended_tick;
    uint32_t breaks;
    bool systole_said; /* a peak is said once, also where two upstrokes lead to it */
    uint64_t systole_tick;
    double wedge_sums[LINE_WEDGE_WAVES]; /* a and v of the marked wedge that runs */
    uint32_t wedge_counts[LINE_WEDGE_WAVES];
    bool suggested;       /* a measurement, in this visit */
    uint32_t open_states; /* bit kind - 101 */
    uint64_t opened_tick[LINE_STATES];
    uint32_t exchanged_with; /* site of the line that it changed places with; 0: none */
    uint32_t beats_count; /* oldest first; only of the clean stretch */
    struct line_beat beats[LINE_BEATS_MAX];
    double level_sum; /* the half second that is running */
    uint32_t level_n, level_missing;
    uint32_t levels_count; /* oldest first */
    uint64_t levels_tick;  /* end of the newest */
    double bare_sum; /* the same whatever state the line is in, newest last; NAN for none */
    uint32_t bare_count;
    float bare_levels[LINE_BARE_LEVELS];
    float levels[LINE_LEVELS_MAX];
    struct minute minute;
    bool breath_known; /* breathing is set; of [breath_from_tick, breath_tick] */
    uint64_t breath_from_tick, breath_tick, breath_said_tick;
    struct breathing breathing;
    struct respiration respiration;
    uint32_t response; /* enum flush_grade, by the last flush that could be read */
    union {
        struct channel channel;
        struct ecg ecg; /* of a lead */
    };
    uint64_t lead_tick; /* a lead's next sample */
    double way_s;       /* from R wave to foot, lately; 0: not known */
    float surety;       /* share of a lead's R waves that were sure, lately */
};

/* R waves of the room's best lead, in order; the newest is waves[(count - 1) % RWAVES_WAVES]. */
struct rwaves_wave {
    uint64_t tick;
    bool sure;
};

struct rwaves {
    uint32_t lead; /* index of its line; STREAM_CHANNELS_MAX: none yet */
    uint32_t count;
    struct rwaves_wave waves[RWAVES_WAVES];
};

/* Channels that travel together: samples [done_tick, ring_end) wait in their rings, then a hole up
 * to next_tick. */
struct room_group {
    bool carried, pressures; /* any of its channels; any that is a pressure */
    uint32_t channels, ticks_per_sample;
    uint32_t ring_first, ring_count;
    uint64_t done_tick, next_tick;
    uint64_t block_tick; /* where the newest block began */
};

/* What one beat of two lines gave. values[]: of the pair's kind. */
struct pair_beat {
    uint64_t foot_tick, next_tick;
    float values[PAIR_VALUES];
};

/* Two lines that are read together: one kind of gradient. */
struct pair {
    uint32_t other;       /* channel of the line beside the ventricle's */
    uint64_t visit_tick;  /* since when both are where they are */
    uint64_t clean_tick;  /* since when nothing withholds either */
    bool suggested;       /* in this visit */
    uint32_t beats_count; /* oldest first */
    struct pair_beat beats[PAIR_BEATS_MAX];
};

/* A beat that is read when the next one is known. */
struct valve_beat {
    bool waits;
    uint32_t channel;
    uint64_t foot_tick, next_tick;
};

/* Valve gradients, by beats of the left ventricle: valve.c. */
struct valves {
    struct valve_beat ventricle, aorta;
    struct pair pairs[VALVE_PAIRS];
    struct pair joint; /* aorta and peripheral artery at once: mean and peak-to-peak difference */
    bool reference_known;
    double reference_mmhg, reference_p2p_mmhg;
};

/* One catheter through a valve: pullback.c. `ventricle`: the beats before, `artery`: those behind;
 * between RV and PA either way round. */
struct pullback {
    bool marked, waits; /* waits: for beats of the artery */
    uint32_t channel;
    bool right, advanced; /* between RV and PA; and from RV to PA */
    uint64_t marked_tick, from_tick;
    double interval_s;
    uint32_t ventricle_count, artery_count, laid, tries, points;
    float ventricle[5], artery[5], mean[5], peak[5], period[5];
    uint64_t feet[5], artery_feet[5];
    float trace[PULLBACK_POINTS]; /* the mean beat of the ventricle, 250 Hz */
};

struct derive_known {
    struct derived_value value;
    bool typed;
};

/* What is known, what was said of it: derive.c. */
struct derive {
    bool news;
    uint32_t known_count;
    struct derive_known known[DERIVE_KNOWN_MAX];
    double said[DERIVE_OUTPUTS];      /* by quantity; 0: not yet */
    uint16_t refused[DERIVED_ROWS];   /* by row: the reason that was said */
};

struct curve_point {
    uint64_t foot_tick, next_tick;
    float ratio;
};

/* Pd against Pa: stenosis.c. */
struct stenosis {
    bool waits; /* a beat of the guide that is read when the next one is known */
    uint32_t guide;
    uint64_t foot_tick, next_tick;
    struct pair pair;
    bool equalised, checked; /* checked: drift_mmhg was measured */
    double offset_mmhg, lag_s, drift_mmhg;
    bool rest_said, ffr_said;   /* in this visit */
    bool rest_known, ffr_known; /* since the wire was equalised */
    bool least_known, pulling;
    struct pair_beat rest[8], least[5];
    double least_ratio, stands_ratio, said_ratio;
    uint64_t least_tick; /* when the least ratio fell last */
    struct event_id rest_id, ffr_id;
    uint32_t curve_count;
    struct curve_point curve[STENOSIS_CURVE_MAX];
};

struct detector_slot {
    uint32_t row, channel;
    bool active;
    struct event_id raised;
    uint32_t state_at; /* where in the room's states its own begin */
};

enum { ROOM_SLOTS_MAX = DETECTOR_ROWS * STREAM_CHANNELS_MAX };
enum { ROOM_STATES_BYTES = ROOM_SLOTS_MAX * DETECTOR_STATE_BYTES };

struct room {
    struct rules rules;
    const struct spectrum *spectrum; /* the program's, read-only; NULL: no respiration */
    bool begun;
    struct wire_epoch_begin begin;
    double base_rate_hz;
    uint64_t lag_ticks, clock_ticks;
    uint32_t phase;
    bool wrong_rate, drifts; /* as hemod said last of the device's clock */
    uint64_t right_tick;     /* until then the rate was wrong */
    uint64_t done_tick; /* every sample before it was processed */
    uint64_t next_clock_tick;
    struct room_counts counts;
    uint32_t marks_count; /* in order of tick */
    struct stream_mark marks[ROOM_MARKS_MAX];
    struct room_group groups[STREAM_GROUPS_MAX];
    struct rwaves rwaves;
    struct valves valves;
    struct stenosis stenosis;
    struct pullback pullback;
    bool derives; /* kept by room_begin() */
    struct derive derive;
    uint32_t slots_count, states_used;
    /* From here on only what the stream's channels use is ever touched: memory that a system gives
     * page by page is not taken for the rest. */
    struct line lines[STREAM_CHANNELS_MAX];
    struct detector_slot slots[ROOM_SLOTS_MAX];
    _Alignas(16) unsigned char states[ROOM_STATES_BYTES];
    struct rules slot_rules[ROOM_SLOTS_MAX]; /* of the finding that runs in the slot */
    int16_t rings[ROOM_RING][STREAM_CHANNELS_MAX]; /* samples that wait for another group */
};
_Static_assert(sizeof(struct room) <= ROOM_BYTES_MAX, "bounded memory per room");
