/* t_identity - patients follow each other in eight rooms, each with pressures in a band of its own,
 * through the real feed, link and station, while connections are held and cut at any moment: no
 * value of a case lies outside its patient's band. HEMO_SWITCHES=100000 makes it as long as one
 * likes; a room without the barrier before a case (feed.h) fails at once: see planted. */
#include "ingest/feed.h"
#include "ingest/station.h"
#include "proto/quantity.h"
#include "proto/site.h"
#include "tests/frames.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { ROOMS = 8, SWITCHES = 2000, RATE_HZ = 125, BLOCK = 25, HELD = 1024, BANDS = 20 };
enum { FLOOR_MMHG = 30, STEP_MMHG = 10, PULSE_MMHG = 7, PER_MMHG = 20 };

struct held {
    uint64_t tick;
    uint32_t band;
};

struct room_world {
    struct feed feed;
    struct station station;
    struct link_sender link;
    struct held held[HELD]; /* tick UINT64_MAX: the StreamInfo */
    uint32_t held_count, band;
    uint64_t tick, epochs, case_number;
    bool cut; /* the feed is not heard, and hears nothing */
    bool old; /* says its Hello after silence only */
    int silent;
};

static struct {
    struct room_world rooms[ROOMS];
    uint32_t bands[1 << 20]; /* of cases */
    uint64_t cases, values, cuts;
    struct dice dice;
    struct spectrum spectrum;
} w;
static struct wire_frame frame, reply;

static uint64_t roll(uint64_t sides) {
    return dice_roll(&w.dice) % sides;
}

static void on_event(void *context, const struct event *event) {
    (void)context;
    if (!event->case_number)
        return;
    double floor = FLOOR_MMHG + STEP_MMHG * (double)w.bands[event->case_number];
    for (uint32_t i = 0; i < event->values_count; i++) {
        const struct event_value *value = &event->values[i];
        bool pressure = value->quantity == QUANTITY_SYSTOLIC ||
                        value->quantity == QUANTITY_DIASTOLIC || value->quantity == QUANTITY_MEAN;
        if (!pressure)
            continue;
        w.values++;
        if (value->value < floor - 1 || value->value > floor + PULSE_MMHG + 1)
            fail_msg("case %llu: %.1f mmHg outside %.0f..%.0f",
                     (unsigned long long)event->case_number, value->value, floor,
                     floor + PULSE_MMHG);
    }
}

static struct station_sink sink = {on_event, NULL};

static int16_t sample(uint32_t band, uint64_t tick) {
    uint64_t phase = tick % 100; /* 75 a minute */
    double shape = phase < 15 ? (double)phase / 15 : phase < 60 ? (60 - (double)phase) / 45 : 0;
    double mmhg = FLOOR_MMHG + STEP_MMHG * (double)band + PULSE_MMHG * shape;
    return (int16_t)(mmhg * PER_MMHG);
}

static void say_hello(struct room_world *r);

static void feed_hears(struct room_world *r) { /* *reply */
    r->silent = 0;
    if (reply.kind == WIRE_ACK) {
        uint64_t done = link_sender_ack(&r->link, &reply);
        r->held_count -= (uint32_t)done;
        memmove(r->held, r->held + done, r->held_count * sizeof *r->held);
        return;
    }
    enum link_welcome what = link_sender_welcome(&r->link, &reply);
    assert_int_not_equal(what, LINK_WELCOME_BAD);
    if (what != LINK_NEW_EPOCH)
        return;
    uint32_t skip = r->held_count && r->held[0].tick == UINT64_MAX;
    memmove(r->held + 1, r->held + skip, (r->held_count - skip) * sizeof *r->held);
    r->held_count = r->held_count - skip + 1;
    r->held[0].tick = UINT64_MAX;
    link_sender_renumber(&r->link, r->held_count);
    if (reply.body.welcome.why == WHY_BEFORE_CASE && !r->old)
        say_hello(r);
}

static void answer(struct room_world *r, const struct feed_answer *a) {
    if (a->ack) {
        struct link_receiver previous = r->feed.link;
        previous.epoch = a->ack_epoch;
        previous.durable_next = a->ack_next;
        link_receiver_ack(&previous, &reply, 1);
        feed_hears(r);
    }
    if (!a->welcome)
        return;
    link_receiver_welcome(&r->feed.link, &reply, 1, a->why);
    feed_hears(r);
}

static void reopen(struct room_world *r) {
    struct feed_answer a;
    if (!feed_closed(&r->feed))
        return;
    r->epochs += feed_reopen(&r->feed, !r->cut, (r->epochs + 1) << 32 | 1, &a);
    answer(r, &a);
}

static void say_hello(struct room_world *r) {
    struct feed_answer a;
    link_sender_hello(&r->link, &frame, 1, "X", 1);
    r->epochs += feed_hello(&r->feed, &frame, (r->epochs + 1) << 32 | 1, &a);
    answer(r, &a);
}

static void fill(const struct room_world *r, uint64_t sequence) {
    static int16_t samples[BLOCK];
    const struct held *held = &r->held[sequence - r->link.first_held];
    wire_begin(&frame, held->tick == UINT64_MAX ? WIRE_STREAM_INFO : WIRE_SAMPLES);
    if (held->tick == UINT64_MAX) {
        frame.body.stream_info = (struct stream_info){
            .base_rate_numerator = RATE_HZ,
            .base_rate_denominator = 1,
            .origin = ORIGIN_LIVE,
            .speed_percent = 100,
            .channels_count = 1,
            .channels = {
                {.site = SITE_ART, .ticks_per_sample = 1, .scale = 1.0 / PER_MMHG, .unit = 1}}};
    } else {
        for (uint32_t i = 0; i < BLOCK; i++)
            samples[i] = sample(held->band, held->tick + i);
        frame.body.samples = (struct sample_block){held->tick, 0, 1, BLOCK, samples};
    }
    frame.stream = 1;
    frame.epoch = r->link.epoch;
    frame.case_number = r->link.case_number;
    frame.sequence = sequence;
}

static void deliver(struct room_world *r) {
    struct wire_epoch_begin begin;
    enum hemo_error error;
    uint64_t sequence;
    while (!r->cut && link_sender_next(&r->link, &sequence)) {
        fill(r, sequence);
        if (feed_record(&r->feed, &frame, &begin, &error) != FEED_TAKE)
            continue;
        if (begin.stream)
            station_begin(&r->station, &begin, &sink);
        station_frame(&r->station, &frame, &sink);
    }
    if (!r->cut && roll(3))
        return; /* the disk takes its time */
    feed_durable(&r->feed, r->feed.link.epoch, r->feed.link.next_sequence);
    if (!r->cut && r->feed.phase != FEED_IDLE && feed_acknowledges(&r->feed)) {
        link_receiver_ack(&r->feed.link, &reply, 1);
        feed_hears(r);
    }
    reopen(r);
}

static void make(struct room_world *r) {
    if (r->held_count >= HELD - 2)
        return;
    r->held[r->held_count++] = (struct held){r->tick, r->band};
    r->tick += BLOCK;
    link_sender_add(&r->link);
}

/* Another patient lies there from now on; the case is told to hemod at once, to the feed when it
 * can be reached. */
static void next_patient(struct room_world *r) {
    r->band = (r->band + 1 + (uint32_t)roll(BANDS - 1)) % BANDS;
    r->case_number = roll(5) ? ++w.cases : 0;
    w.bands[w.cases] = r->case_number ? r->band : w.bands[w.cases];
    if (r->case_number == r->feed.case_number)
        return;
    station_end(&r->station, &sink);
    feed_change_case(&r->feed, r->case_number);
    reopen(r);
}

static void turn(struct room_world *r) {
    make(r);
    if (roll(30) == 0) {
        r->cut = !r->cut;
        w.cuts += r->cut;
        if (!r->cut)
            say_hello(r);
    }
    deliver(r);
    if (!r->cut && (++r->silent > 10 || !r->link.welcomed)) {
        r->silent = 0;
        say_hello(r);
    }
}

static void no_value_crosses(void **state) {
    const char *wanted = getenv("HEMO_SWITCHES");
    uint64_t switches = wanted ? strtoull(wanted, NULL, 10) : SWITCHES, done = 0;
    struct rules rules = rules_default();
    (void)state;
    assert_true(switches < sizeof w.bands / sizeof *w.bands && spectrum_init(&w.spectrum));
    w.dice = dice_of(20261124);
    for (uint32_t i = 0; i < ROOMS; i++) {
        struct room_world *r = &w.rooms[i];
        feed_init(&r->feed, 1, 1, 4096);
        link_sender_init(&r->link);
        assert_int_equal(station_init(&r->station, 1, 1, &rules, &w.spectrum), HEMO_OK);
        r->old = i % 2;
        r->band = i;
        say_hello(r);
    }
    while (done < switches) {
        struct room_world *r = &w.rooms[roll(ROOMS)];
        turn(r);
        if (roll(40) == 0) {
            next_patient(r);
            done++;
        }
    }
    for (uint32_t i = 0; i < ROOMS; i++)
        station_close(&w.rooms[i].station);
    spectrum_close(&w.spectrum);
    printf("%llu switches of patient, %llu cuts of a connection, %llu values of cases: none in "
           "another's band\n",
           (unsigned long long)done, (unsigned long long)w.cuts, (unsigned long long)w.values);
    assert_true(w.values > switches && w.cuts > switches / 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_value_crosses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
