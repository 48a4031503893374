/* Ids, streams, labels, and the words of an event. */
#include "proto/event.h"
#include "proto/quantity.h"
#include "proto/stream.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* --- ids --- */

static void an_id_is_the_documented_function(void **state) {
    (void)state;
    char text[EVENT_ID_TEXT];
    id_text(id_make(1, (uint64_t)7 << 32 | 5, 123456, EVENT_BEAT, 2), text);
    assert_string_equal(text, "1cff2f07bdb32cc924e3c0d5d68963d4");
}

static void ids_differ_where_one_word_differs(void **state) {
    (void)state;
    struct event_id base = id_make(1, 2, 3, 201, 4);
    assert_true(id_equal(base, id_make(1, 2, 3, 201, 4)));
    for (int bit = 0; bit < 64; bit++) {
        uint64_t one = (uint64_t)1 << bit;
        uint32_t low = bit < 32 ? (uint32_t)one : 0;
        assert_false(id_equal(base, id_make(1, 2 ^ one, 3, 201, 4)));
        assert_false(id_equal(base, id_make(1, 2, 3 ^ one, 201, 4)));
        if (low == 0)
            continue;
        assert_false(id_equal(base, id_make(1 ^ low, 2, 3, 201, 4)));
        assert_false(id_equal(base, id_make(1, 2, 3, 201 ^ low, 4)));
        assert_false(id_equal(base, id_make(1, 2, 3, 201, 4 ^ low)));
    }
    assert_false(id_equal(id_make(1, 2, 3, 201, 4), id_make(1, 3, 2, 201, 4)));
}

static void an_id_survives_its_text(void **state) {
    (void)state;
    char text[EVENT_ID_TEXT];
    struct event_id id = id_make(9, 8, 7, 101, 6), back;
    id_text(id, text);
    assert_int_equal(strlen(text), 32);
    assert_true(id_from_text(text, &back));
    assert_true(id_equal(id, back));
    assert_true(id_from_text("0123456789ABCDEFabcdef0000000000", &back));
    assert_false(id_from_text("0123456789ABCDEFabcdef000000000", &back));
    assert_false(id_from_text("0123456789ABCDEFabcdef00000000000", &back));
    assert_false(id_from_text("0123456789ABCDEFabcdef000000000g", &back));
    assert_false(id_from_text("", &back));
    assert_false(id_from_text(NULL, &back));
    assert_true(id_is_zero((struct event_id){{0}}));
    assert_false(id_is_zero(id));
}

/* --- streams --- */

static struct stream_info good_stream(void) {
    return (struct stream_info){
        .base_rate_numerator = 500, .base_rate_denominator = 1, .origin = ORIGIN_LIVE,
        .speed_percent = 100, .channels_count = 2, .name = "a record",
        .channels = {{SITE_AO, 2, 0, 0.05, -10, UNIT_MMHG, 0, "ART"},
                     {SITE_ECG, 1, 1, 0.005, 0, UNIT_MV, 0, "II"}}};
}

static void spoil(struct stream_info *s, int row) {
    struct stream_channel *c = &s->channels[1];
    switch (row) {
    case 0: s->base_rate_numerator = 0; break;
    case 1: s->base_rate_denominator = 0; break;
    case 2: s->base_rate_numerator = 4000000001u; break;
    case 3: s->started_at_ns = -1; break;
    case 4: s->speed_percent = 1000001; break;
    case 5: c->ticks_per_sample = 0; break;
    case 6: c->ticks_per_sample = 65536; break;
    case 7: c->ticks_per_sample = 501; break; /* below 1 Hz */
    case 8: s->base_rate_numerator = 8001; break;
    case 9: c->group = 16; break;
    case 10: c->group = 0; break; /* two rates in one group */
    case 11: c->scale = 0; break;
    case 12: c->scale = NAN; break;
    case 13: c->scale = INFINITY; break;
    case 14: c->scale = 1e-300; break;
    case 15: c->offset = INT32_MIN; break;
    case 16: s->origin = 0; break;
    case 17: s->origin = ORIGIN_MAX + 1; break;
    case 18: c->site = SITE_NONE; break;
    case 19: c->site = SITE_NUMBER_MAX; break;
    case 20: c->unit = 0; break;
    case 21: c->unit = UNIT_MAX + 1; break;
    case 22: s->channels_count = 0; break;
    case 23: s->channels_count = STREAM_CHANNELS_MAX + 1; break;
    case 24: s->name[0] = '\n'; break;
    case 25: memset(s->name, 'x', sizeof s->name); break;
    case 26: memset(c->label, 'x', sizeof c->label); break;
    default: c->label[0] = (char)0xE4; break;
    }
}

static void each_promise_of_a_stream_is_checked(void **state) {
    (void)state;
    struct stream_info s = good_stream();
    assert_int_equal(stream_check(&s), HEMO_OK);
    for (int row = 0; row <= 27; row++) {
        enum hemo_error want = row < 16   ? HEMO_BAD_NUMBER
                               : row < 22 ? HEMO_BAD_ENUM
                               : row < 24 ? HEMO_BAD_COUNT
                                          : HEMO_BAD_ID;
        s = good_stream();
        spoil(&s, row);
        if (stream_check(&s) != want)
            fail_msg("row %d: %s, want %s", row, hemo_error_name(stream_check(&s)),
                     hemo_error_name(want));
    }
    s = good_stream(); /* the ends of the rates are allowed */
    s.base_rate_numerator = 8000;
    assert_int_equal(stream_check(&s), HEMO_OK);
    s.base_rate_numerator = 2;
    assert_int_equal(stream_check(&s), HEMO_OK);
}

static void ticks_are_times(void **state) {
    (void)state;
    struct stream_info s = good_stream();
    s.started_at_ns = 1000;
    s.base_rate_numerator = 62500; /* 62.5 Hz */
    s.base_rate_denominator = 1000;
    assert_true(stream_base_rate_hz(&s) == 62.5);
    assert_true(stream_channel_rate_hz(&s, 0) == 31.25);
    assert_int_equal(stream_tick_at_ns(&s, 0), 1000);
    assert_int_equal(stream_tick_at_ns(&s, 1), 16001000);
    assert_int_equal(stream_tick_at_ns(&s, 125), 2000001000);
    s.base_rate_numerator = 3; /* a third of a second: rounded down, and never drifting */
    s.base_rate_denominator = 1;
    assert_int_equal(stream_tick_at_ns(&s, 1), 333333333 + 1000);
    assert_int_equal(stream_tick_at_ns(&s, 3000000000u), 1000000000000000000 + 1000);
    assert_int_equal(stream_tick_at_ns(&s, (uint64_t)1 << 62), INT64_MAX);
    assert_int_equal(stream_tick_at_ns(&s, UINT64_MAX), INT64_MAX);
}

/* --- labels --- */

static const struct {
    const char *label;
    enum site site;
} labels[] = {
    {"PA", SITE_PA},     {"pa", SITE_PA},     {"Pa", SITE_PAO},    {"Pd", SITE_PD},
    {"PAP", SITE_PA},    {"ABP", SITE_ART},   {"abp", SITE_ART},   {"ART", SITE_ART},
    {"PCWP", SITE_PCW},  {"PAWP", SITE_PCW},  {"wedge", SITE_PCW}, {"II", SITE_ECG},
    {"V", SITE_ECG},     {"V5", SITE_ECG},    {"MCL1", SITE_ECG},  {"aVR", SITE_ECG},
    {"CVP", SITE_CVP},   {"RV", SITE_RV},     {"LV", SITE_LV},     {"AO", SITE_AO},
    {"ART1", SITE_ART},  {"PAP2", SITE_PA},   {"RESP", SITE_AUX},  {"PLETH", SITE_AUX},
    {"CORFLOW", SITE_AUX}, {"", SITE_AUX},    {"1", SITE_AUX},     {"PA_AO", SITE_PAO},
    {"PD_COR", SITE_PD}, {"P", SITE_AUX},
    {"a label that is longer than any label of a recording 1", SITE_AUX},
};

static void labels_of_recordings_are_known(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
        if (site_from_label(labels[i].label) != labels[i].site)
            fail_msg("%s: %d", labels[i].label, site_from_label(labels[i].label));
    assert_int_equal(site_from_label(NULL), SITE_AUX);
}

/* --- events --- */

static const struct {
    struct event event;
    const char *text;
} lines[] = { /* at 250 Hz */
    {{.kind = EVENT_FALLING_BP, .site = SITE_AO, .from_value = 74, .to_value = 52,
      .to_tick = 22500, .state = EVENT_RAISED},
     "AO mean 74 -> 52 mmHg in 90 s (-30 %)"},
    {{.kind = EVENT_FALLING_BP, .site = SITE_ART, .from_value = 74, .to_value = 72,
      .to_tick = 22500, .state = EVENT_RECOVERED},
     "ART mean 74 -> 72 mmHg in 90 s (-3 %), recovered"},
    {{.kind = EVENT_FALLING_BP, .site = SITE_AO, .from_value = 0, .to_value = -0.2},
     "AO mean 0 -> 0 mmHg"},
    {{.kind = EVENT_RISING_WEDGE, .site = SITE_PCW, .from_value = 14, .to_value = 27,
      .from_tick = 250, .to_tick = 90250},
     "PCW mean 14 -> 27 mmHg in 6 min"},
    {{.kind = EVENT_LOW_BP, .site = SITE_AO, .to_value = 55, .to_tick = 15000},
     "AO mean 55 mmHg for 60 s: low blood pressure"},
    {{.kind = EVENT_PULSE_LOST, .site = SITE_AO, .from_value = 80, .to_value = 31,
      .to_tick = 2000, .state = EVENT_ONGOING},
     "AO no pulse, mean 80 -> 31 mmHg in 8.0 s, ongoing"},
    {{.kind = EVENT_LINE_LOST, .site = SITE_PA, .to_tick = 7500}, "PA line lost 30 s"},
    {{.kind = EVENT_RISING_EDP, .site = SITE_LV, .from_value = 12, .to_value = 22,
      .to_tick = 250 * 240},
     "LV end-diastolic 12 -> 22 mmHg in 4 min"},
    {{.kind = EVENT_HIGH_WEDGE, .site = SITE_PCW, .to_value = 19},
     "PCW mean 19 mmHg: raised wedge"},
    {{.kind = EVENT_TAMPONADE, .site = SITE_RA, .from_value = 6, .to_value = 15,
      .to_tick = 15000},
     "tamponade pattern: RA mean 6 -> 15 mmHg in 60 s"},
    {{.kind = EVENT_FALLING_PULSE, .site = SITE_AO, .from_value = 50, .to_value = 30,
      .to_tick = 15000, .state = EVENT_RECOVERED},
     "AO pulse pressure 50 -> 30 mmHg in 60 s, recovered"},
    {{.kind = EVENT_LARGE_V, .site = SITE_PCW, .from_value = 18, .to_value = 41},
     "PCW large v wave: 41 over a mean of 18 mmHg"},
    {{.kind = EVENT_HELD_BACK, .site = SITE_ART, .from_value = EVENT_PULSE_LOST,
      .to_value = EVENT_ZEROING},
     "ART held back: no pulse (zeroing)"},
    {{.kind = EVENT_GAP, .site = SITE_PA, .to_tick = 775, .state = EVENT_ENDED},
     "PA no signal 3.1 s"},
    {{.kind = EVENT_DAMPED, .site = SITE_PAO, .state = EVENT_BEGAN}, "Pa waveform damped"},
    {{.kind = EVENT_NO_PULSE, .site = SITE_AO, .from_tick = 9}, "AO no pulse"},
    {{.kind = EVENT_EPOCH_BEGAN}, "new epoch"},
    {{.kind = EVENT_FLAT, .site = SITE_CVP, .to_tick = 250u * 3 * 3600}, "CVP flat line 3.0 h"},
    {{.kind = EVENT_BEAT, .site = SITE_ART, .values_count = 4,
      .values = {{QUANTITY_SYSTOLIC, 118.4, 0}, {QUANTITY_DIASTOLIC, 71.5, 0},
                 {QUANTITY_MEAN, 89, 0}, {QUANTITY_RATE, 72, 0}}},
     "ART 118/72 mean 89 mmHg, rate 72/min"},
    {{.kind = EVENT_READING, .site = SITE_PCW, .values_count = 2,
      .values = {{QUANTITY_MEAN, 14, 0}, {QUANTITY_A_WAVE, 16, 0}}},
     "PCW mean 14 mmHg, a wave 16 mmHg"},
    {{.kind = EVENT_MEASUREMENT, .site = SITE_RA, .beats_count = 12, .phase = PHASE_EXERCISE,
      .values_count = 1, .values = {{QUANTITY_MEAN, -0.3, 0}}},
     "RA mean 0 mmHg, exercise, 12 beats"},
    {{.kind = EVENT_WITHDRAWN, .site = SITE_PA, .beats_count = 3}, "PA 3 beats withdrawn"},
    {{.kind = EVENT_BREATH, .site = SITE_PA, .values_count = 2,
      .values = {{QUANTITY_RESP_RATE, 14, 0}, {QUANTITY_RESP_SWING, 6, 0}}},
     "PA respiration 14/min, respiratory swing 6 mmHg"},
    {{.kind = EVENT_SYSTOLE, .site = SITE_AO, .values_count = 1,
      .values = {{QUANTITY_SYSTOLIC, 121, 0}}},
     "AO systolic 121 mmHg"},
    {{.kind = EVENT_MINUTE, .site = SITE_PA, .values_count = 3,
      .values = {{QUANTITY_SYSTOLIC, 25, 0}, {QUANTITY_DIASTOLIC, 10, 0}, {QUANTITY_MEAN, 16, 0}}},
     "PA minute 25/10 mean 16 mmHg"},
    {{.kind = EVENT_MINUTE, .site = SITE_PA, .from_value = 22.4, .to_value = EVENT_MOTION},
     "PA minute not given: motion or whip, withheld for 22 s"},
    {{.kind = EVENT_MINUTE, .site = SITE_PA}, "PA minute not given: too few beats"},
    {{.kind = EVENT_BEAT, .site = SITE_AO}, "AO beat"},
    {{.kind = EVENT_CLOCK_DRIFT, .state = EVENT_BEGAN, .to_value = 1.005},
     "the device's clock drifts: 1.0050 of its seconds in one"},
    {{.kind = EVENT_CLOCK_DRIFT, .state = EVENT_ENDED, .to_value = 1},
     "the device's clock is right again"},
    {{.kind = EVENT_CLOCK_JUMP, .to_value = 5}, "the device's clock jumped ahead by 5.0 s"},
    {{.kind = 999}, "unknown event 999"},
};

static void events_speak_the_words_of_the_field(void **state) {
    (void)state;
    char text[200];
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        event_text(&lines[i].event, 250, text, sizeof text);
        if (strcmp(text, lines[i].text) != 0)
            fail_msg("\"%s\", want \"%s\"", text, lines[i].text);
    }
    event_text(&lines[0].event, 0, text, sizeof text); /* no rate: no duration is made up */
    assert_string_equal(text, "AO mean 74 -> 52 mmHg (-30 %)");
    event_text(&lines[0].event, NAN, text, sizeof text);
    assert_string_equal(text, "AO mean 74 -> 52 mmHg (-30 %)");
}

/* Every kind, site and state gives a line that names the site, in every size of buffer. */
static void a_line_is_never_cut_beyond_its_buffer(void **state) {
    (void)state;
    for (int i = 0; i < event_rows_count; i++) {
        struct event e = {.kind = (uint32_t)event_rows[i].kind, .site = SITE_PCW, .to_tick = 9000};
        char whole[200], part[201];
        event_add_value(&e, QUANTITY_MEAN, 1, 0);
        event_text(&e, 250, whole, sizeof whole);
        assert_non_null(strstr(whole, "PCW"));
        for (size_t size = 1; size <= sizeof whole; size++) {
            memset(part, '#', sizeof part);
            assert_ptr_equal(event_text(&e, 250, part, size), part);
            assert_int_equal(part[size], '#');
            size_t length = strlen(whole) < size ? strlen(whole) : size - 1;
            assert_int_equal(strlen(part), length);
            assert_memory_equal(part, whole, length);
        }
    }
}

static void states_withhold_but_for_three(void **state) {
    (void)state;
    for (uint32_t kind = 0; kind < 700; kind++) {
        bool want = kind >= 100 && kind < 200 && kind != EVENT_NO_PULSE &&
                    kind != EVENT_WRONG_SITE && kind != EVENT_WEDGE;
        assert_int_equal(event_withholds(kind), want);
    }
}

static void each_number_has_its_word(void **state) {
    (void)state;
    for (uint32_t i = 0; i <= METHOD_MAX; i++)
        assert_string_not_equal(method_text(i), "unknown");
    for (uint32_t i = 0; i <= EVENT_STATE_MAX; i++)
        assert_string_not_equal(event_state_text(i), "unknown");
    assert_string_equal(phase_text(PHASE_REST), "rest");
    assert_string_equal(phase_text(PHASE_POST), "post");
    assert_string_equal(phase_text(PHASE_MAX + 1), "unknown");
    assert_string_equal(method_text(METHOD_MAX + 1), "unknown");
    assert_string_equal(event_state_text(EVENT_RETRACTED), "withdrawn");
    assert_string_equal(event_state_text(UINT32_MAX), "unknown");
}

static void values_are_found_by_quantity(void **state) {
    (void)state;
    struct event e = {.kind = EVENT_BEAT};
    double value = 7;
    assert_false(event_value(&e, QUANTITY_MEAN, &value));
    assert_true(value == 7);
    for (uint32_t i = 0; i < EVENT_VALUES_MAX; i++)
        event_add_value(&e, i + 1, i, 0.5);
    assert_true(event_value(&e, EVENT_VALUES_MAX, &value));
    assert_true(value == EVENT_VALUES_MAX - 1);
    assert_true(e.values[3].spread == 0.5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_is_the_documented_function),
        cmocka_unit_test(ids_differ_where_one_word_differs),
        cmocka_unit_test(an_id_survives_its_text),
        cmocka_unit_test(each_promise_of_a_stream_is_checked),
        cmocka_unit_test(ticks_are_times),
        cmocka_unit_test(labels_of_recordings_are_known),
        cmocka_unit_test(events_speak_the_words_of_the_field),
        cmocka_unit_test(a_line_is_never_cut_beyond_its_buffer),
        cmocka_unit_test(states_withhold_but_for_three),
        cmocka_unit_test(each_number_has_its_word),
        cmocka_unit_test(values_are_found_by_quantity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
