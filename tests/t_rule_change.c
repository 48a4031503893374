/* rule_change: findings of two sets of rules side by side, each told once. */
#include "sim/rule_change.h"
#include "proto/site.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { HZ = 100 };

static void say(struct rule_findings *f, double at_s, uint32_t kind, uint32_t state) {
    struct event event;
    memset(&event, 0, sizeof event);
    event.kind = kind;
    event.state = state;
    event.site = SITE_AO;
    event.channel = 1;
    event.tick = event.emitted_tick = (uint64_t)(at_s * HZ);
    rule_change_hear(f, &event);
}

static char *written(struct rule_change *change, bool json) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    rule_change_write(change, out, json);
    assert_int_equal(fclose(out), 0);
    return text;
}

static struct rule_change *new_change(void) {
    struct rule_change *change = calloc(1, sizeof *change);
    assert_non_null(change);
    change->base_rate_hz = HZ;
    change->standing.version = 1;
    change->changed.version = 7;
    return change;
}

static void test_each_fate(void **state) {
    (void)state;
    struct rule_change *c = new_change();
    say(&c->standing, 100, EVENT_FALLING_BP, EVENT_RAISED); /* 12 s earlier */
    say(&c->standing, 200, EVENT_FALLING_BP, EVENT_RECOVERED);
    say(&c->changed, 88, EVENT_FALLING_BP, EVENT_RAISED);
    say(&c->changed, 210, EVENT_FALLING_BP, EVENT_RECOVERED);
    say(&c->standing, 300, EVENT_LOW_BP, EVENT_RAISED); /* 5 s later */
    say(&c->changed, 305, EVENT_LOW_BP, EVENT_RAISED);
    say(&c->standing, 400, EVENT_PULSE_LOST, EVENT_RAISED); /* the same */
    say(&c->changed, 400, EVENT_PULSE_LOST, EVENT_RAISED);
    say(&c->standing, 500, EVENT_FALLING_BP, EVENT_RAISED); /* lost */
    say(&c->standing, 520, EVENT_FALLING_BP, EVENT_RETRACTED);
    say(&c->changed, 600, EVENT_FALLING_BP, EVENT_RAISED); /* added: the other one was over */
    say(&c->changed, 610, EVENT_FALLING_BP, EVENT_ONGOING);
    say(&c->changed, 620, EVENT_HELD_BACK, EVENT_STATE_NONE);
    char *text = written(c, false);
    assert_string_equal(text, "rules: FALLING_BP AO earlier by 12.0 s: at 100.0 s -> 88.0 s\n"
                              "rules: LOW_BP AO later by 5.0 s: at 300.0 s -> 305.0 s\n"
                              "rules: FALLING_BP AO lost at 500.0 s\n"
                              "rules: FALLING_BP AO added at 600.0 s\n"
                              "rules 7 against the standing 1: same 1, earlier 1, later 1, added 1,"
                              " lost 1, held back 0 -> 1, not compared 0\n");
    free(text);
    free(c);
}

static void test_json_of_an_added_one(void **state) {
    (void)state;
    struct rule_change *c = new_change();
    say(&c->changed, 88, EVENT_FALLING_BP, EVENT_RAISED);
    char *text = written(c, true);
    assert_non_null(strstr(text, "{\"type\":\"rule_change\",\"event\":\"FALLING_BP\",\"site\":"
                                 "\"AO\",\"change\":\"added\",\"changed_s\":88.0}\n"));
    free(text);
    free(c);
}

static void test_more_than_fit_are_counted(void **state) {
    (void)state;
    struct rule_change *c = new_change();
    for (int i = 0; i < RULE_FINDINGS_MAX + 3; i++)
        say(&c->standing, i, EVENT_LOW_BP, EVENT_RAISED);
    assert_int_equal(c->standing.count, RULE_FINDINGS_MAX);
    assert_int_equal(c->standing.beyond, 3);
    free(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_fate),
        cmocka_unit_test(test_json_of_an_added_one),
        cmocka_unit_test(test_more_than_fit_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
