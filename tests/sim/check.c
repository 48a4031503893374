/* check.c - the ended run's journal, from its first byte: each sample that was made is in it once
 * or declared missing, with its value, under no other patient (O1 to O3); the database has each of
 * hemod's own records; played again the journal gives the same events (O6). */
#include "proto/crc32c.h"
#include "tests/sim/world.h"
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct said {
    struct event_id id;
    uint32_t sum;
};

struct list {
    struct said *said;
    uint64_t count, room;
};

static struct {
    struct list journal, again;
    struct spectrum spectrum;
    struct station stations[FEEDS];
    uint64_t cases[FEEDS], own;
    uint8_t *seen[FEEDS]; /* by block */
    struct wire_frame frame, packed;
} c;

static void put(struct list *list, const struct event *event) {
    size_t length = 0;
    if (list->count == list->room) {
        list->room = list->room ? 2 * list->room : 4096;
        list->said = realloc(list->said, list->room * sizeof *list->said);
        if (!list->said)
            abort();
    }
    wire_begin(&c.packed, WIRE_EVENT);
    c.packed.epoch = 1;
    c.packed.case_number = event->case_number;
    c.packed.body.event = *event;
    if (wire_pack(&c.packed, world.bytes, sizeof world.bytes, &length) != HEMO_OK)
        abort();
    list->said[list->count++] = (struct said){event->id, crc32c(0, world.bytes, length)};
}

static void hear_again(void *context, const struct event *event) {
    (void)context;
    put(&c.again, event);
}

static uint64_t patient_of(uint64_t case_number) {
    return case_number <= world.desk.cases ? world.desk.patients_of_case[case_number]
                                           : UINT64_MAX; /* nobody's */
}

static void see_ticks(uint32_t bed, uint64_t first, uint64_t next, bool samples) {
    const struct bed *b = &world.beds[bed];
    const struct sample_block *block = &c.frame.body.samples;
    for (uint64_t n = first / BLOCK; n < next / BLOCK; n++) {
        if (n >= b->block) {
            world.tally.wrong++;
            return;
        }
        world.tally.doubled += c.seen[bed][n]++ > 0;
        if (!samples)
            continue;
        uint64_t case_number = c.frame.case_number;
        world.tally.mixed += case_number && patient_of(case_number) != b->patients[n];
        for (uint32_t i = 0; i < BLOCK; i++)
            world.tally.wrong += block->samples[i] != sample_of(b->patients[n], first + i);
    }
}

static void see_values(const struct event *event) {
    if (!event->case_number)
        return;
    uint64_t patient = patient_of(event->case_number);
    double floor = FLOOR_MMHG + STEP_MMHG * (double)(patient % BANDS);
    for (uint32_t i = 0; i < event->values_count; i++) {
        const struct event_value *v = &event->values[i];
        bool pressure = v->quantity == QUANTITY_SYSTOLIC || v->quantity == QUANTITY_DIASTOLIC ||
                        v->quantity == QUANTITY_MEAN;
        if (!pressure)
            continue;
        world.tally.values++;
        world.tally.out_of_band += v->value < floor - 1 || v->value > floor + PULSE_MMHG + 1;
    }
}

static void play_again(uint32_t bed) {
    struct station_sink sink = {hear_again, NULL};
    const struct wire_frame *f = &c.frame;
    if (f->kind == WIRE_EPOCH_BEGIN) {
        station_begin(&c.stations[bed], &f->body.epoch_begin, &sink);
    } else if (f->kind == WIRE_CASE_OPEN || f->kind == WIRE_CASE_CLOSE) {
        uint64_t after = feed_case_after(c.cases[bed], f);
        if (after != c.cases[bed])
            station_end(&c.stations[bed], &sink);
        c.cases[bed] = after;
    } else {
        station_frame(&c.stations[bed], f, &sink);
    }
}

static void see_own(const struct record *record) {
    bool same = c.own < world.desk.position && c.frame.sequence == c.own &&
                world.desk.sums[c.own] == crc32c(0, record->payload, record->length);
    world.tally.rows += !same;
    c.own++;
}

static void see_record(const struct record *record) {
    const struct wire_frame *f = &c.frame;
    if (wire_parse(&c.frame, record->payload, record->length) != HEMO_OK)
        abort();
    uint32_t stream = f->stream;
    mix(crc32c((uint32_t)record->position, record->payload, record->length));
    world.tally.records++;
    if (record->type == RECORD_EVENT || record->type == RECORD_EPOCH)
        see_own(record);
    if (f->kind == WIRE_EVENT) {
        world.tally.events++;
        put(&c.journal, &f->body.event);
        see_values(&f->body.event);
        return;
    }
    if (f->kind == WIRE_EPOCH_BEGIN)
        stream = f->body.epoch_begin.stream;
    if (f->kind == WIRE_CASE_OPEN || f->kind == WIRE_CASE_CLOSE)
        stream = f->body.case_change.target_stream;
    if (stream == 0 || stream > FEEDS)
        return;
    if (f->kind == WIRE_SAMPLES) {
        world.tally.samples += f->body.samples.count;
        uint64_t first = f->body.samples.first_tick;
        see_ticks(stream - 1, first, first + f->body.samples.count, true);
    } else if (f->kind == WIRE_GAP) {
        world.tally.gaps++;
        see_ticks(stream - 1, f->body.gap.first_tick, f->body.gap.next_tick, false);
    }
    play_again(stream - 1);
}

static int in_order(const void *a, const void *b) {
    return memcmp(a, b, sizeof(struct said));
}

static void compare_events(void) {
    uint64_t least = c.journal.count < c.again.count ? c.journal.count : c.again.count;
    qsort(c.journal.said, c.journal.count, sizeof *c.journal.said, in_order);
    qsort(c.again.said, c.again.count, sizeof *c.again.said, in_order);
    for (uint64_t i = 1; i < c.journal.count; i++)
        world.tally.doubled += id_equal(c.journal.said[i - 1].id, c.journal.said[i].id);
    for (uint64_t i = 0; i < least; i++)
        world.tally.different += in_order(&c.journal.said[i], &c.again.said[i]) != 0;
    world.tally.different += c.journal.count + c.again.count - 2 * least;
}

static void begin(void) {
    struct rules rules = rules_default();
    memset(&c, 0, sizeof c);
    if (!spectrum_init(&c.spectrum))
        abort();
    for (uint32_t i = 0; i < FEEDS; i++) {
        c.seen[i] = calloc(world.beds[i].block + 1, 1);
        if (!c.seen[i] ||
            station_init(&c.stations[i], i + 1, i + 1, &rules, &c.spectrum) != HEMO_OK)
            abort();
    }
}

static void end(void) {
    for (uint32_t i = 0; i < FEEDS; i++) {
        for (uint64_t n = 0; n < world.beds[i].block; n++)
            world.tally.lost += c.seen[i][n] == 0;
        free(c.seen[i]);
        station_close(&c.stations[i]);
    }
    free(c.journal.said);
    free(c.again.said);
    spectrum_close(&c.spectrum);
}

void check_journal(void) {
    struct reader reader;
    struct record record;
    int folder = open(world.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    begin();
    if (folder < 0 || reader_init(&reader, folder) != HEMO_OK)
        abort();
    reader_seek(&reader, (struct place){1, 0});
    while (reader_next(&reader, (struct place){UINT32_MAX, UINT32_MAX}, &record) == HEMO_OK)
        see_record(&record);
    reader_close(&reader);
    close(folder);
    world.tally.rows += c.own < world.desk.position;
    world.tally.cases = world.desk.cases;
    compare_events();
    end();
}
