/* The broken lines of faults.def: each row causes its event in a room, on its line, within its
 * time; what no trace can show is shifted by exactly what the row says; and a transducer is the
 * second-order line that it is called. */
#include "detectors/room.h"
#include "dsp/spectrum.h"
#include "proto/event.h"
#include "sim/patient_source.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FROM_S = 90, LASTS_S = 20, UNTIL_S = 120, TRACE_MAX = UNTIL_S * 250 };

/* What a room said of one kind on one channel, and the trace of that channel. */
struct heard {
    uint32_t kind, channel;
    double first_s, base_rate_hz;
    double grade;   /* of the last flush's response: 0 adequate, 1 under-, 2 overdamped; -1 none */
    uint32_t falls; /* FALLING_BP, said of any line */
    uint64_t samples, gap_samples;
    double mmhg[TRACE_MAX];
    uint32_t count;
};

static void hear(void *context, const struct event *e) {
    struct heard *h = context;
    double at_s = (double)e->emitted_tick / h->base_rate_hz;
    bool begins = e->state == EVENT_BEGAN || e->state == EVENT_RAISED;
    bool response = e->kind == EVENT_FLUSH_RESPONSE;
    bool wanted = e->kind == h->kind && e->channel == h->channel && (begins || response);
    if (response && e->channel == h->channel && at_s >= FROM_S)
        h->grade = e->to_value;
    h->falls += e->kind == EVENT_FALLING_BP && at_s >= FROM_S;
    if (wanted && at_s >= FROM_S && h->first_s < 0)
        h->first_s = at_s;
}

static void keep(struct heard *h, const struct source *source, const struct sample_block *block) {
    uint32_t row = 0;
    for (uint32_t c = 0; c < source->info.channels_count; c++) {
        const struct stream_channel *channel = &source->info.channels[c];
        if (channel->group != block->group)
            continue;
        for (uint32_t i = 0; c == h->channel && i < block->count; i++)
            h->mmhg[h->count++] = channel->scale * block->samples[row * block->count + i];
        row++;
    }
}

static enum hemo_error push(struct room *room, struct heard *h, const struct source *source,
                            const struct source_item *item) {
    switch (item->kind) {
    case SOURCE_SAMPLES:
        keep(h, source, &item->body.samples);
        return room_push(room, &item->body.samples, hear, h);
    case SOURCE_GAP:
        h->gap_samples++;
        return room_gap(room, &item->body.gap, hear, h);
    case SOURCE_MARK:
        return room_mark(room, &item->body.mark, hear, h);
    default:
        return HEMO_OK;
    }
}

/* The stream's number of a line. */
static uint32_t stream_channel(const struct stream_info *info, int line) {
    for (uint32_t c = 0; c < info->channels_count; c++)
        if (!strcmp(info->channels[c].label, patient_channel_labels[line]))
            return c;
    fail_msg("%s is not in the stream", patient_channel_labels[line]);
    return 0;
}

/* A patient who has that line, with those faults (NULL at the end). */
static struct heard *play_all(const char *const faults[], uint32_t kind, int line) {
    int count = 0;
    while (faults[count])
        count++;
    static struct patient_row row;
    row = *patient_find("stable");
    if (line == PATIENT_PAO || line == PATIENT_PD)
        row.lab = &lab_rows[LAB_wire];
    struct heard *h = calloc(1, sizeof *h);
    struct room *room = calloc(1, room_size());
    assert_true(h && room);
    *h = (struct heard){.kind = kind, .first_s = -1, .grade = -1};
    struct patient_source_config config = {.row = &row,
                                           .seed = 3,
                                           .duration_s = UNTIL_S,
                                           .faults = faults,
                                           .faults_count = count};
    struct source source;
    struct source_item item;
    struct failure failure;
    if (patient_source_open(&source, &config, &failure))
        fail_msg("%s", failure.text);
    h->channel = stream_channel(&source.info, line);
    h->base_rate_hz = stream_base_rate_hz(&source.info);
    struct rules rules = rules_default();
    struct wire_epoch_begin begin = {
        .stream = 1, .room = 1, .why = WHY_FIRST, .epoch = 1, .case_number = 1};
    begin.info = source.info;
    assert_int_equal(room_init(room, &rules), HEMO_OK);
    assert_int_equal(room_begin(room, &begin), HEMO_OK);
    do {
        assert_int_equal(source.next(source.state, &item, &failure), HEMO_OK);
        assert_int_equal(push(room, h, &source, &item), HEMO_OK);
    } while (item.kind != SOURCE_END);
    room_end(room, hear, h);
    struct room_counts counts = room_counts(room);
    h->samples = counts.received;
    assert_int_equal(counts.received, counts.used + counts.refused + counts.gap);
    free(room);
    source.close(source.state);
    return h;
}

static struct heard *play(const char *fault, uint32_t kind, int line) {
    const char *const faults[] = {fault, NULL};
    return play_all(faults, kind, line);
}

/* True: the row keeps what it says. */
static bool hold_row(const struct fault_row *row) {
    char text[64];
    bool kept = true;
    snprintf(text, sizeof text, "%s@%d+%d", row->name, FROM_S, LASTS_S);
    int line = row->channel == PATIENT_ECG ? PATIENT_AO : row->channel; /* ECG: all lines break */
    struct heard *with = play(text, row->event, line);
    struct heard *without = play(NULL, row->event, line);
    print_message("%-12s %-13s %6.2f s later%s\n", row->name, event_row(row->event)->name,
                  with->first_s - FROM_S, row->promise == FAULT_MISSED ? " (a row not kept)" : "");
    bool said = with->first_s >= 0 && with->first_s < FROM_S + row->within_s;
    if (row->promise == FAULT_SAID && !said)
        kept = false;
    if (row->promise == FAULT_MISSED && said) {
        print_message("%s: is said now; its row in faults.def may say SAID\n", row->name);
        kept = false;
    }
    if (without->first_s >= 0) {
        print_message("%s: said of a whole line at %.2f s\n", row->name, without->first_s);
        kept = false;
    }
    free(with);
    free(without);
    return kept;
}

static void test_every_row_is_said(void **state) {
    (void)state;
    int broken = 0;
    for (int i = 0; i < FAULT_KINDS; i++)
        if (fault_rows[i].channel != FAULT_ON_WIRE && fault_rows[i].promise != FAULT_UNSEEN &&
            !hold_row(&fault_rows[i])) {
            print_message("%s: NOT within %.0f s\n", fault_rows[i].name, fault_rows[i].within_s);
            broken++;
        }
    assert_int_equal(broken, 0);
}

/* A guide that fills the ostium is a matter for the operator: no fall of the blood pressure. */
static void test_a_blocked_guide_is_no_falling_pressure(void **state) {
    (void)state;
    static const char *const faults[] = {"guide@90+25", "guide_damped@90+25",
                                         "guide@90+25:share=1"};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct heard *h = play(faults[i], EVENT_VENTRICULARISED, PATIENT_PAO);
        print_message("%-20s ventricularised %.1f s later, %u falls\n", faults[i],
                      h->first_s - FROM_S, h->falls);
        assert_int_equal(h->falls, 0);
        free(h);
    }
}

/* What no trace shows, a flush tells: the tube's class within 4 s of the flush's end. */
static void test_a_flush_tells_the_tube(void **state) {
    (void)state;
    static const struct {
        const char *tube;
        double grade;
    } tubes[] = {{"transducer@60+60", 1},
                 {"transducer@60+60:fn=40,zeta=0.6", 0},
                 {"transducer@60+60:fn=10,zeta=1.4", -1}}; /* missed: no top to read */
    for (size_t i = 0; i < sizeof tubes / sizeof tubes[0]; i++) {
        const char *const faults[] = {tubes[i].tube, "flush@90+2", NULL};
        struct heard *h = play_all(faults, EVENT_FLUSH_RESPONSE, PATIENT_AO);
        print_message("%-34s grade %.0f, %.1f s behind the flush\n", tubes[i].tube, h->grade,
                      h->first_s - FROM_S - 2);
        assert_true(h->grade == tubes[i].grade);
        if (tubes[i].grade >= 0)
            assert_true(h->first_s >= FROM_S + 2 && h->first_s < FROM_S + 2 + 4);
        free(h);
    }
}

static double mean(const struct heard *h, double from_s, double to_s) {
    double sum = 0;
    for (uint32_t i = (uint32_t)(250 * from_s); i < (uint32_t)(250 * to_s); i++)
        sum += h->mmhg[i];
    return sum / (250 * (to_s - from_s));
}

/* What no trace can show: the same patient with and without it differs by just that, and by nothing
 * before and behind it. */
static void test_shifts_are_what_they_say(void **state) {
    (void)state;
    static const struct {
        const char *fault;
        int line;
        double shift_mmhg; /* over the middle ten seconds */
    } cases[] = {{"height@90+20", PATIENT_AO, 7.4},
                 {"height@90+20:cm=-30", PATIENT_AO, -22.2},
                 {"offset@90+20", PATIENT_AO, -5},
                 {"offset@90+20:by=12", PATIENT_AO, 12},
                 {"drift@90+20", PATIENT_AO, 0.2},
                 {"drift@90+20:by=60,channel=RHC", PATIENT_RHC, 1},
                 {"transducer@90+20", PATIENT_AO, 0},
                 {"wire_drift@90+20:by=30", PATIENT_PD, 0.5}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct heard *with = play(cases[i].fault, EVENT_NONE, cases[i].line);
        struct heard *without = play(NULL, EVENT_NONE, cases[i].line);
        double shift = mean(with, 95, 105) - mean(without, 95, 105);
        if (!(fabs(shift - cases[i].shift_mmhg) < 0.05))
            fail_msg("%s: shifted by %.3f, want %.3f", cases[i].fault, shift, cases[i].shift_mmhg);
        assert_true(fabs(mean(with, 80, 90) - mean(without, 80, 90)) < 1e-9);
        assert_true(fabs(mean(with, 112, 119) - mean(without, 112, 119)) < 1e-3);
        free(with);
        free(without);
    }
}

/* A flush lets the line ring freely: the times between its tops and the ratio of their
 * heights give back natural frequency and damping (Gardner's method). */
static void ring(double fn, double zeta) {
    char text[96];
    snprintf(text, sizeof text, "transducer@0+9:fn=%g,zeta=%g", fn, zeta);
    const char *const texts[] = {text, "flush@1+8"};
    struct fault_list list;
    struct failure failure;
    struct fluid_line line = {.begun = false};
    assert_int_equal(fault_list_parse(texts, 2, &list, &failure), HEMO_OK);
    double before[2] = {0, 0}, top_s[2] = {0, 0}, top[2] = {0, 0};
    int tops = 0;
    struct fluid_view view = {.tip_mmhg = 0};
    for (int step = 0; step < 8000 && tops < 2; step++) {
        view.at_s = (double)step / CIRCULATION_RATE_HZ;
        double mmhg = fluid_line_step(&line, &list, PATIENT_AO, &view) - 300;
        /* over-shoots above the flush pressure */
        if (view.at_s > 1 && before[1] > before[0] && before[1] > mmhg && before[1] > 0.01) {
            top_s[tops] = view.at_s;
            top[tops++] = before[1];
        }
        before[0] = before[1];
        before[1] = mmhg;
    }
    assert_int_equal(tops, 2);
    double ratio = log(top[0] / top[1]);
    double damping = ratio / sqrt(4 * 9.8696044 + ratio * ratio);
    double hz = 1 / (top_s[1] - top_s[0]) / sqrt(1 - damping * damping);
    print_message("%s rings at %.2f Hz, damping %.3f\n", text, hz, damping);
    assert_true(fabs(hz - fn) < 0.03 * fn);
    assert_true(fabs(damping - zeta) < 0.02);
}

static void test_a_line_rings_as_it_is_called(void **state) {
    (void)state;
    ring(8, 0.1);
    ring(12, 0.2);
    ring(20, 0.45);
    ring(45, 0.3);
}

/* Overshoot is what an underdamped tube adds; an overdamped one takes from the pulse. */
static void test_tubes_change_the_pulse(void **state) {
    (void)state;
    static const char *const faults[] = {"transducer@90+20:fn=10,zeta=0.15",
                                         "transducer@90+20:fn=8,zeta=1.5"};
    double pulse[3];
    for (int i = 0; i < 3; i++) {
        struct heard *h = play(i ? faults[i - 1] : NULL, EVENT_NONE, PATIENT_AO);
        double most = -1e9, least = 1e9;
        for (uint32_t k = 250 * 92; k < 250 * 108; k++) {
            most = fmax(most, h->mmhg[k]);
            least = fmin(least, h->mmhg[k]);
        }
        pulse[i] = most - least;
        free(h);
    }
    print_message("pulse %.1f; ringing %.1f; overdamped %.1f mmHg\n", pulse[0], pulse[1], pulse[2]);
    assert_true(pulse[1] > pulse[0] + 3);
    assert_true(pulse[2] < pulse[0] - 3);
}

static void test_bad_faults(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
    } bad[] = {{"", "unknown fault"},
               {"flush", "want NAME@SECONDS+SECONDS"},
               {"flush@", "want NAME@SECONDS+SECONDS"},
               {"flush@5", "want NAME@SECONDS+SECONDS"},
               {"flush@5+", "want NAME@SECONDS+SECONDS"},
               {"flush@5+0", "want NAME@SECONDS+SECONDS"},
               {"flush@-5+1", "want NAME@SECONDS+SECONDS"},
               {"flush@nan+1", "want NAME@SECONDS+SECONDS"},
               {"flush@0x5+1", "want NAME@SECONDS+SECONDS"},
               {"flush@5+1x", "want NAME@SECONDS+SECONDS"},
               {"flood@5+1", "unknown fault (did you mean flush?)"},
               {"earthquake@5+1", "unknown fault (see hemosim list)"},
               {"flsh@5+1", "did you mean flush?"},
               {"transducer@5+1:", "want NAME=NUMBER"},
               {"transducer@5+1:fn", "want NAME=NUMBER"},
               {"transducer@5+1:fn=", "want 8..45"},
               {"transducer@5+1:fn=7", "want 8..45"},
               {"transducer@5+1:fn=46", "want 8..45"},
               {"transducer@5+1:zeta=2", "want 0.1..1.5"},
               {"transducer@5+1:zeta=nan", "want 0.1..1.5"},
               {"transducer@5+1:by=3", "no setting \"by\" (want fn, zeta)"},
               {"transducer@5+1:fn=9,channel=LEG", "channel \"LEG\""},
               {"transducer@5+1:fn=9,,zeta=1", "want NAME=NUMBER"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct fault fault;
        struct failure failure;
        if (failure_exit(fault_parse(bad[i].text, &fault, &failure)) != 2)
            fail_msg("\"%s\" was taken", bad[i].text);
        if (!strstr(failure.text, bad[i].words))
            fail_msg("\"%s\": %s", bad[i].text, failure.text);
    }
}

static void test_a_line_that_is_not_there(void **state) {
    (void)state;
    const char *const fault = "guide@5+1";
    struct source source;
    struct failure failure;
    struct patient_source_config config = {
        .row = patient_find("stable"), .duration_s = 10, .faults = &fault, .faults_count = 1};
    assert_int_equal(failure_exit(patient_source_open(&source, &config, &failure)), 2);
    assert_non_null(strstr(failure.text, "patient stable has no line Pa"));
}

/* A fault holds from its first sample to the one before its last. */
static void test_times_are_exact(void **state) {
    (void)state;
    struct heard *h = play("disconnect@90+20", EVENT_DISCONNECTED, PATIENT_AO);
    assert_true(h->mmhg[90 * 250 - 1] > 0);
    assert_true(fabs(h->mmhg[90 * 250] + 60) < 0.1);
    assert_true(fabs(h->mmhg[110 * 250 - 1] + 60) < 0.1);
    assert_true(h->mmhg[110 * 250] > -10);
    free(h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_is_said),
        cmocka_unit_test(test_a_blocked_guide_is_no_falling_pressure),
        cmocka_unit_test(test_a_flush_tells_the_tube),
        cmocka_unit_test(test_shifts_are_what_they_say),
        cmocka_unit_test(test_a_line_rings_as_it_is_called),
        cmocka_unit_test(test_tubes_change_the_pulse),
        cmocka_unit_test(test_bad_faults),
        cmocka_unit_test(test_a_line_that_is_not_there),
        cmocka_unit_test(test_times_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
