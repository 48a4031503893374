/* rules: a file of thresholds is taken whole or refused with its line. */
#include "detectors/rules.h"
#include "proto/event.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char good[] = "; by the lab's physician\n"
                           "[rules]\n"
                           "version = 3\n"
                           "[falling_bp]\n"
                           "slope_mmhg_per_s = -0.3\n"
                           "drop_mmhg = 15\n"
                           "drop_share = 0.2\n"
                           "hold_s = 4\n"
                           "fast_mmhg_per_s = -0.5\n"
                           "spreads = 5\n"
                           "slow_mmhg_per_s = -0.1\n"
                           "slow_share = 0.25\n"
                           "deep_share = 0.3\n"
                           "clear_share = 0.95\n"
                           "clear_s = 30\n"
                           "[low_bp]\n"
                           "mean_mmhg = 60\n"
                           "hold_s = 20\n"
                           "[rising_wedge]\n"
                           "rise_mmhg = 4\n"
                           "level_mmhg = 18\n"
                           "[line_lost]\n"
                           "lost_s = 8\n"
                           "[pulse_lost]\n"
                           "lost_s = 3\n"
                           "doubtful_share = 0.3\n"
                           "sound_beats = 12\n"
                           "[rising_edp]\n"
                           "rise_mmhg = 7\n"
                           "level_mmhg = 19\n"
                           "[high_wedge]\n"
                           "mean_mmhg = 17\n"
                           "[tamponade]\n"
                           "ra_mmhg = 11\n"
                           "rise_mmhg = 3\n"
                           "fall_share = 0.15\n"
                           "within_mmhg = 6\n"
                           "[falling_pulse]\n"
                           "drop_share = 0.35\n"
                           "[large_v]\n"
                           "above_mmhg = 12\n"
                           "[falling_pd_pa]\ndrop = 0.15\nlevel = 0.8\n"
                           "[ventricularised]\ndrop_share = 0.3\n"
                           "[guide_damped]\nstays_s = 3\n[wrong_label]\nstays_s = 6\n"
                           "[whipping]\nstays_s = 20\n[damped_line]\nstays_s = 11\n";

static void test_every_key(void **state) {
    (void)state;
    struct rules rules;
    int line = 0;
    assert_int_equal(rules_parse(good, strlen(good), &rules, &line), HEMO_OK);
    assert_int_equal(rules.version, 3);
    assert_float_equal(rules.fall_slope_mmhg_per_s, -0.3, 1e-6);
    assert_float_equal(rules.fall_drop_mmhg, 15, 1e-6);
    assert_float_equal(rules.fall_drop_share, 0.2, 1e-6);
    assert_float_equal(rules.fall_hold_s, 4, 1e-6);
    assert_float_equal(rules.fall_clear_share, 0.95, 1e-6);
    assert_float_equal(rules.fall_clear_s, 30, 1e-6);
    assert_float_equal(rules.low_mean_mmhg, 60, 1e-6);
    assert_float_equal(rules.low_hold_s, 20, 1e-6);
    assert_float_equal(rules.wedge_rise_mmhg, 4, 1e-6);
    assert_float_equal(rules.wedge_level_mmhg, 18, 1e-6);
    assert_float_equal(rules.line_lost_s, 8, 1e-6);
    assert_float_equal(rules.pulse_lost_s, 3, 1e-6);
    assert_float_equal(rules.pulse_doubtful_share, 0.3, 1e-6);
    assert_float_equal(rules.pulse_sound_beats, 12, 1e-6);
    assert_float_equal(rules.fall_fast_mmhg_per_s, -0.5, 1e-6);
    assert_float_equal(rules.fall_spreads, 5, 1e-6);
    assert_float_equal(rules.fall_slow_mmhg_per_s, -0.1, 1e-6);
    assert_float_equal(rules.fall_slow_share, 0.25, 1e-6);
    assert_float_equal(rules.fall_deep_share, 0.3, 1e-6);
    assert_float_equal(rules.edp_rise_mmhg, 7, 1e-6);
    assert_float_equal(rules.edp_level_mmhg, 19, 1e-6);
    assert_float_equal(rules.wedge_high_mmhg, 17, 1e-6);
    assert_float_equal(rules.tamponade_ra_mmhg, 11, 1e-6);
    assert_float_equal(rules.tamponade_rise_mmhg, 3, 1e-6);
    assert_float_equal(rules.tamponade_fall_share, 0.15, 1e-6);
    assert_float_equal(rules.tamponade_within_mmhg, 6, 1e-6);
    assert_float_equal(rules.pulse_drop_share, 0.35, 1e-6);
    assert_float_equal(rules.large_v_mmhg, 12, 1e-6);
    assert_float_equal(rules.pd_pa_drop, 0.15, 1e-6);
    assert_float_equal(rules.pd_pa_level, 0.8, 1e-6);
    assert_float_equal(rules.guide_drop_share, 0.3, 1e-6);
    assert_float_equal(rules.guide_damped_s, 3, 1e-6);
    assert_float_equal(rules.wrong_label_s, 6, 1e-6);
    assert_float_equal(rules.whipping_s, 20, 1e-6);
    assert_float_equal(rules.damped_line_s, 11, 1e-6);
    struct rules standing = rules_default(); /* each key was set, and to another value */
    for (int key = 0; key < rules_keys_count; key++)
        assert_true(rules_value(&rules, key) != rules_value(&standing, key));
}

static void test_what_is_not_given_keeps_its_default(void **state) {
    (void)state;
    static const char text[] = "[rules]\nversion = 2\n[low_bp]\nmean_mmhg = 70\n";
    struct rules rules, expected = rules_default();
    int line = 0;
    expected.version = 2;
    expected.low_mean_mmhg = 70;
    assert_int_equal(rules_parse(text, strlen(text), &rules, &line), HEMO_OK);
    assert_memory_equal(&rules, &expected, sizeof rules);
}

static void test_rooms_and_phases(void **state) {
    (void)state;
    static const char text[] = "[rules]\nversion = 2\n[low_bp]\nmean_mmhg = 70\n"
                               "[low_bp phase=drug]\nmean_mmhg = 55\n"
                               "[low_bp room=2]\nmean_mmhg = 60\n"
                               "[low_bp room=2 phase=drug]\nmean_mmhg = 50\n";
    static const float want_mmhg[3][2] = {{70, 55}, {70, 55}, {60, 50}}; /* room 0..2; rest, drug */
    struct rules rules;
    int line = 0;
    assert_int_equal(rules_parse(text, strlen(text), &rules, &line), HEMO_OK);
    for (uint32_t room = 0; room < 3; room++)
        for (uint32_t drug = 0; drug < 2; drug++) {
            struct rules here = rules_at(&rules, room, drug ? PHASE_DRUG : PHASE_REST);
            assert_float_equal(here.low_mean_mmhg, want_mmhg[room][drug], 1e-6);
            assert_float_equal(here.low_hold_s, rules_default().low_hold_s, 1e-6);
            assert_int_equal(here.version, 2);
        }
}

static void test_no_more_of_them_than_there_is_room(void **state) {
    (void)state;
    char text[2048] = "[rules]\nversion = 2\n";
    struct rules rules;
    int line = 0;
    for (int room = 1; room <= RULES_OVERRIDES_MAX + 1; room++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "[low_bp room=%d]\nmean_mmhg = 60\n", room);
        enum hemo_error want = room <= RULES_OVERRIDES_MAX ? HEMO_OK : HEMO_BAD_CONFIG;
        assert_int_equal(rules_parse(text, strlen(text), &rules, &line), want);
    }
    assert_int_equal(line, 2 + 2 * (RULES_OVERRIDES_MAX + 1));
}

static void test_the_defaults_are_version_1(void **state) {
    (void)state;
    struct rules rules = rules_default();
    assert_int_equal(rules.version, 1);
    assert_float_equal(rules.fall_slope_mmhg_per_s, -0.2, 1e-6);
    assert_float_equal(rules.low_mean_mmhg, 65, 1e-6);
}

static const struct {
    const char *what, *text;
    int line;
} wrong[] = {
    {"empty", "", 1},
    {"no version", "[low_bp]\nmean_mmhg = 70\n", 1},
    {"unknown key", "[rules]\nversion = 2\n[low_bp]\nmean_kpa = 9\n", 4},
    {"unknown section", "[rules]\nversion = 2\n[lowbp]\nmean_mmhg = 70\n", 4},
    {"key of another section", "[rules]\nversion = 2\n[low_bp]\nlost_s = 5\n", 4},
    {"key before any section", "version = 2\n", 1},
    {"twice", "[rules]\nversion = 2\n[low_bp]\nmean_mmhg = 70\nmean_mmhg = 60\n", 5},
    {"version twice", "[rules]\nversion = 2\nversion = 3\n", 3},
    {"version 0", "[rules]\nversion = 0\n", 2},
    {"version 1.5", "[rules]\nversion = 1.5\n", 2},
    {"version of letters", "[rules]\nversion = two\n", 2},
    {"too low", "[rules]\nversion = 2\n[low_bp]\nmean_mmhg = 19\n", 4},
    {"too high", "[rules]\nversion = 2\n[low_bp]\nmean_mmhg = 121\n", 4},
    {"a rise for a fall", "[rules]\nversion = 2\n[falling_bp]\nslope_mmhg_per_s = 0.2\n", 4},
    {"not a number", "[rules]\nversion = 2\n[low_bp]\nmean_mmhg = nan\n", 4},
    {"infinite", "[rules]\nversion = 2\n[low_bp]\nmean_mmhg = inf\n", 4},
    {"hexadecimal", "[rules]\nversion = 2\n[low_bp]\nmean_mmhg = 0x40\n", 4},
    {"number and more", "[rules]\nversion = 2\n[low_bp]\nmean_mmhg = 70 mmHg\n", 4},
    {"no value", "[rules]\nversion = 2\n[low_bp]\nmean_mmhg =\n", 4},
    {"no equals sign", "[rules]\nversion = 2\n[low_bp]\nmean_mmhg\n", 4},
    {"open section", "[rules\nversion = 2\n", 1},
    {"unknown phase", "[rules]\nversion = 2\n[low_bp phase=nap]\nmean_mmhg = 70\n", 4},
    {"two phases", "[rules]\nversion = 2\n[low_bp phase=rest phase=drug]\nmean_mmhg = 70\n", 4},
    {"room 0", "[rules]\nversion = 2\n[low_bp room=0]\nmean_mmhg = 70\n", 4},
    {"room by name", "[rules]\nversion = 2\n[low_bp room=two]\nmean_mmhg = 70\n", 4},
    {"neither room nor phase", "[rules]\nversion = 2\n[low_bp lab=2]\nmean_mmhg = 70\n", 4},
    {"twice for a room",
     "[rules]\nversion = 2\n[low_bp room=2]\nmean_mmhg = 70\nmean_mmhg = 60\n", 5},
    {"version for a room", "[rules room=2]\nversion = 2\n", 2},
};

static void test_what_is_wrong_is_refused_with_its_line(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct rules rules, before;
        int line = 0;
        memset(&rules, 7, sizeof rules);
        before = rules;
        enum hemo_error error = rules_parse(wrong[i].text, strlen(wrong[i].text), &rules, &line);
        if (error != HEMO_BAD_CONFIG || line != wrong[i].line)
            fail_msg("%s: error %d at line %d (want %d)", wrong[i].what, (int)error, line,
                     wrong[i].line);
        assert_memory_equal(&rules, &before, sizeof rules);
    }
}

static const char *hint(const char *text, int line) {
    static char out[200];
    return rules_hint(text, strlen(text), line, out, sizeof out);
}

static void test_what_would_be_right(void **state) {
    (void)state;
    static const char text[] = "[rules]\nversion = 0\n[low_bp phase=drug]\n  mean_mmhg = 380\n"
                               "mean_kpa = 9\n[low_bp phase=nap]\n";
    assert_non_null(strstr(hint(text, 2), "version = N"));
    assert_non_null(strstr(hint(text, 4), "mean_mmhg: want a number from 20 to 120"));
    assert_non_null(strstr(hint(text, 5), "no such key"));
    assert_non_null(strstr(hint(text, 6), "phase=rest|exercise|drug|post"));
    for (int line = 0; line < 9; line++)
        for (size_t length = 0; length <= strlen(text); length++) {
            char out[200];
            rules_hint(text, length, line, out, sizeof out); /* never beyond the text */
            assert_true(strlen(out) > 0);
        }
}

static void test_hostile_bytes(void **state) {
    (void)state;
    static char text[20000];
    struct rules rules;
    int line = 0;
    static const char hidden[] = "[rules]\nversion = 2\n\0[low_bp]\n";
    assert_int_equal(rules_parse(hidden, sizeof hidden - 1, &rules, &line), HEMO_BAD_CONFIG);
    memset(text, '[', sizeof text);
    assert_int_equal(rules_parse(text, sizeof text, &rules, &line), HEMO_BAD_LENGTH);
    assert_int_equal(rules_parse(text, 16384, &rules, &line), HEMO_BAD_CONFIG);
    assert_int_equal(rules_parse(NULL, 0, &rules, &line), HEMO_BAD_CONFIG);
    for (unsigned seed = 1; seed < 300; seed++) { /* any bytes: an answer, never a crash */
        unsigned x = seed;
        for (size_t i = 0; i < 400; i++)
            text[i] = (char)((x = x * 1664525u + 1013904223u) >> 24);
        char out[200];
        rules_parse(text, 400, &rules, &line);
        assert_true(line >= 1);
        rules_hint(text, 400, line, out, sizeof out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_key),
        cmocka_unit_test(test_what_is_not_given_keeps_its_default),
        cmocka_unit_test(test_rooms_and_phases),
        cmocka_unit_test(test_no_more_of_them_than_there_is_room),
        cmocka_unit_test(test_the_defaults_are_version_1),
        cmocka_unit_test(test_what_is_wrong_is_refused_with_its_line),
        cmocka_unit_test(test_what_would_be_right),
        cmocka_unit_test(test_hostile_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
