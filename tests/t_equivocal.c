/* What is said beside a measurement: each reason alone, at its limit and beyond it. */
#include "detectors/equivocal.h"
#include "proto/quantity.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { HEARD = 8 };

struct desk {
    struct room *room;
    int count;
    struct event heard[HEARD];
};

static void hear(void *context, const struct event *event) {
    struct desk *desk = context;
    assert_int_equal(event->kind, EVENT_EQUIVOCAL);
    assert_true(desk->count < HEARD);
    desk->heard[desk->count++] = *event;
}

/* Eight beats of eight seconds at LV, a median. */
static struct event usual(void) {
    struct event e = {.kind = EVENT_MEASUREMENT, .site = SITE_LV, .method = METHOD_MEDIAN_BEATS,
                      .tick = 9000, .from_tick = 7000, .to_tick = 9000, .beats_count = 8};
    e.id.bytes[0] = 7;
    return e;
}

/* The reason that is said of it, 0 for none; there is never more than one here. */
static uint32_t reason_of(const struct event *e, uint32_t response) {
    struct desk desk = {calloc(1, room_size()), 0, {{.kind = 0}}};
    assert_non_null(desk.room);
    desk.room->base_rate_hz = 250;
    desk.room->begin.info.channels_count = 1;
    desk.room->begin.info.base_rate_numerator = 250;
    desk.room->begin.info.base_rate_denominator = 1;
    desk.room->lines[0].response = response;
    struct report_call call = {desk.room, hear, &desk, 10000};
    equivocal_measured(&call, e);
    free(desk.room);
    assert_true(desk.count <= 1);
    if (desk.count == 0)
        return 0;
    assert_true(id_equal(desk.heard[0].refers_to, e->id) && desk.heard[0].values_count > 0);
    return (uint32_t)desk.heard[0].to_value;
}

static void ways_of_finding_it(void **state) {
    (void)state;
    struct event e = usual();
    event_add_value(&e, QUANTITY_EDP, 14, 0.5);
    event_add_value(&e, QUANTITY_EDP_R, 17, 0.5);
    assert_int_equal(reason_of(&e, FLUSH_ADEQUATE), 0);
    event_add_value(&e, QUANTITY_EDP_A, 13.9, 0.5);
    assert_int_equal(reason_of(&e, FLUSH_ADEQUATE), EVENT_METHODS_DIFFER);
}

static void over_a_threshold(void **state) {
    (void)state;
    static const struct { uint32_t quantity; double value, spread; bool crosses; } rows[] = {
        {QUANTITY_FFR, 0.81, 0.02, true},       {QUANTITY_FFR, 0.83, 0.02, false},
        {QUANTITY_FFR, 0.79, 0.02, true},       {QUANTITY_IFR_LIKE, 0.90, 0.02, true},
        {QUANTITY_IFR_LIKE, 0.80, 0.02, false}, {QUANTITY_RFR, 0.88, 0.02, true},
        {QUANTITY_DPR, 0.88, 0.02, true},       {QUANTITY_PD_PA, 0.92, 0.02, true},
        {QUANTITY_PD_PA, 0.89, 0.01, false},    {QUANTITY_AV_MEAN, 0.80, 0.02, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct event e = usual();
        event_add_value(&e, rows[i].quantity, rows[i].value, rows[i].spread);
        assert_int_equal(reason_of(&e, FLUSH_ADEQUATE), rows[i].crosses ? EVENT_CROSSES : 0);
    }
}

static void short_or_full_of_ectopics(void **state) {
    (void)state;
    struct event e = usual();
    event_add_value(&e, QUANTITY_MEAN, 90, 1);
    e.beats_count = 3;
    assert_int_equal(reason_of(&e, FLUSH_ADEQUATE), 0);
    e.beats_count = 2;
    assert_int_equal(reason_of(&e, FLUSH_ADEQUATE), EVENT_FEW_BEATS);
    e.beats_count = 8;
    e.left_out_count = 4;
    assert_int_equal(reason_of(&e, FLUSH_ADEQUATE), 0);
    e.left_out_count = 5;
    assert_int_equal(reason_of(&e, FLUSH_ADEQUATE), EVENT_MUCH_LEFT_OUT);
    e = usual();
    event_add_value(&e, QUANTITY_MEAN, 14, 1);
    e.method = METHOD_MEAN_BREATHS;
    e.beats_count = 0;
    assert_int_equal(reason_of(&e, FLUSH_ADEQUATE), 0); /* 8 s */
    e.from_tick += 10;
    assert_int_equal(reason_of(&e, FLUSH_ADEQUATE), EVENT_FEW_BEATS);
}

/* A mean comes through an underdamped line as it is. */
static void through_a_line_that_rings(void **state) {
    (void)state;
    struct event mean = usual(), systolic = usual();
    event_add_value(&mean, QUANTITY_MEAN, 90, 1);
    event_add_value(&systolic, QUANTITY_SYSTOLIC, 120, 1);
    assert_int_equal(reason_of(&mean, FLUSH_UNDERDAMPED), 0);
    assert_int_equal(reason_of(&systolic, FLUSH_ADEQUATE), 0);
    assert_int_equal(reason_of(&systolic, FLUSH_UNDERDAMPED), EVENT_LINE_DISTORTS);
    assert_int_equal(reason_of(&systolic, FLUSH_OVERDAMPED), EVENT_LINE_DISTORTS);
    systolic.method = METHOD_DERIVED; /* its inputs had their say */
    assert_int_equal(reason_of(&systolic, FLUSH_OVERDAMPED), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ways_of_finding_it),
        cmocka_unit_test(over_a_threshold),
        cmocka_unit_test(short_or_full_of_ectopics),
        cmocka_unit_test(through_a_line_that_rings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
