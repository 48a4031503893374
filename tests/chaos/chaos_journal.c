/* chaos_journal - reads a journal from its first byte to its last and says whether all is as it
 * must be: O1 (nothing acknowledged is missing, nothing is there twice), O2 (no value under another
 * patient), O6 (the journal played again gives the same events, byte for byte).
 *
 *     chaos_journal JOURNAL RUNS CASES [ROWS]
 *
 * RUNS: "run ticks" a line, of runs that were acknowledged to their end: each tick must be there.
 * CASES: "case run" a line. ROWS: what the database holds, "E position id case" for an event and
 * "B position epoch case" for an epoch a line, in order of position; hexadecimal id.
 * Prints one line; exit 0, or 6 where a count that must be 0 is not. */
#include "ingest/feed.h"
#include "ingest/reader.h"
#include "ingest/station.h"
#include "proto/crc32c.h"
#include "proto/wire.h"
#include "tests/chaos/canary.h"
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STREAMS = 16, RUNS = 4096, NO_RUN = RUNS, TICKS = 1 << 17 };
enum { EPOCHS = 65536, EVENTS = 1 << 21 };

struct said { /* an event, and a checksum of all its bytes */
    struct event_id id;
    uint32_t sum;
};

struct epoch { /* run: whose samples it holds */
    uint64_t epoch, case_number;
    uint32_t stream, run;
};

struct row {
    char kind;
    char id[EVENT_ID_TEXT];
    uint64_t position, epoch, case_number;
};

static struct check {
    uint8_t *seen[RUNS]; /* how often, by run and tick */
    uint32_t run_of_case_count;
    struct {
        uint64_t number;
        uint32_t run;
    } cases[EPOCHS];
    struct epoch epochs[EPOCHS], *open[STREAMS];
    uint32_t epochs_count;
    struct said *said, *again;
    uint64_t said_count, again_count, records, samples, values;
    FILE *rows;
    uint64_t rows_count;
    struct spectrum spectrum;
    struct station stations[STREAMS];
    uint64_t station_case[STREAMS];
    /* what must be 0 */
    uint64_t holes, lost, doubled, wrong, mixed, out_of_band, double_events, different, not_in_rows;
    struct wire_frame frame;
} check;

static void stop(const char *where, const char *what) {
    fprintf(stderr, "chaos_journal: %s: %s\n", where, what);
    exit(4);
}

static uint32_t run_of_case(uint64_t number) {
    for (uint32_t i = 0; i < check.run_of_case_count; i++)
        if (check.cases[i].number == number)
            return check.cases[i].run;
    return NO_RUN;
}

static void see_sample(struct epoch *epoch, uint32_t run, uint64_t tick, int16_t value) {
    if (run >= RUNS || tick >= TICKS || value != canary_pressure(run, tick)) {
        check.wrong++;
        return;
    }
    if (epoch->run == NO_RUN)
        epoch->run = run;
    uint32_t want = epoch->case_number ? run_of_case(epoch->case_number) : run;
    check.mixed += epoch->run != run || want != run;
    if (!check.seen[run])
        check.seen[run] = calloc(TICKS, 1);
    check.doubled += check.seen[run][tick]++ > 0;
    check.samples++;
}

static void see_samples(void) {
    const struct sample_block *block = &check.frame.body.samples;
    struct epoch *epoch = check.frame.stream < STREAMS ? check.open[check.frame.stream] : NULL;
    if (!epoch || epoch->epoch != check.frame.epoch ||
        epoch->case_number != check.frame.case_number || block->channels != 2) {
        check.mixed += block->count;
        return;
    }
    for (uint32_t i = 0; i < block->count; i++)
        see_sample(epoch, (uint16_t)block->samples[block->count + i], block->first_tick + i,
                   block->samples[i]);
}

/* A value of pressure must lie in the band of the run whose epoch, and whose case, it stands in. */
static void see_values(const struct event *event) {
    const struct epoch *epoch = NULL;
    for (uint32_t i = check.epochs_count; i > 0 && !epoch; i--)
        if (check.epochs[i - 1].epoch == event->epoch &&
            check.epochs[i - 1].stream == event->stream)
            epoch = &check.epochs[i - 1];
    if (!epoch || epoch->case_number != event->case_number) {
        check.mixed++;
        return;
    }
    uint32_t run = event->case_number ? run_of_case(event->case_number) : epoch->run;
    for (uint32_t i = 0; i < event->values_count; i++) {
        const struct event_value *value = &event->values[i];
        if (value->quantity > 3 || event->channel != 0 || event->kind / 100 != 2)
            continue; /* systolic, diastolic and mean of the pressure */
        double floor = canary_floor_mmhg(run);
        check.values++;
        check.out_of_band +=
            run == NO_RUN || value->value < floor - 2 || value->value > floor + CANARY_WIDTH_MMHG;
    }
}

static struct said said_of(const struct event *event) {
    static struct wire_frame frame;
    static uint8_t bytes[WIRE_BYTES_MAX];
    size_t length = 0;
    wire_begin(&frame, WIRE_EVENT);
    frame.epoch = 1;
    frame.case_number = event->case_number;
    frame.body.event = *event;
    if (wire_pack(&frame, bytes, sizeof bytes, &length) != HEMO_OK)
        stop("event", "cannot be packed");
    return (struct said){event->id, crc32c(0, bytes, length)};
}

static bool next_row(struct row *row) {
    char line[160], *at;
    if (!check.rows || !fgets(line, sizeof line, check.rows))
        return false;
    memset(row, 0, sizeof *row);
    check.rows_count++;
    row->kind = line[0];
    row->position = strtoull(line + 1, &at, 10);
    if (row->kind == 'B')
        row->epoch = strtoull(at, &at, 10);
    else if (strlen(at) > EVENT_ID_TEXT) {
        memcpy(row->id, at + 1, EVENT_ID_TEXT - 1);
        at += EVENT_ID_TEXT;
    }
    row->case_number = strtoull(at, NULL, 10);
    return true;
}

/* The two numbers of the next line. */
static bool next_pair(FILE *file, uint64_t *first, uint64_t *second) {
    char line[80], *at, *end;
    if (!fgets(line, sizeof line, file))
        return false;
    *first = strtoull(line, &at, 10);
    *second = strtoull(at, &end, 10);
    if (at == line || end == at)
        stop(line, "not two numbers");
    return true;
}

/* The next row must be this record's. */
static void compare_row(char kind, uint64_t epoch, uint64_t case_number, struct event_id id) {
    char text[EVENT_ID_TEXT];
    struct row row;
    if (!check.rows)
        return;
    id_text(id, text);
    bool same = next_row(&row) && row.kind == kind && row.position == check.frame.sequence &&
                row.case_number == case_number &&
                (kind == 'E' ? strcmp(row.id, text) == 0 : row.epoch == epoch);
    check.not_in_rows += !same;
}

static void see_own(bool is_event) {
    check.holes += check.frame.sequence != check.said_count + check.epochs_count;
    if (is_event) {
        const struct event *event = &check.frame.body.event;
        if (check.said_count == EVENTS)
            stop("journal", "more events than this program holds");
        check.said[check.said_count++] = said_of(event);
        see_values(event);
        if (event->kind != EVENT_SYSTOLE) /* shown once, stored never */
            compare_row('E', 0, event->case_number, event->id);
        return;
    }
    const struct wire_epoch_begin *begin = &check.frame.body.epoch_begin;
    if (check.epochs_count == EPOCHS || begin->stream >= STREAMS)
        stop("journal", "more epochs or streams than this program holds");
    struct epoch *epoch = &check.epochs[check.epochs_count++];
    *epoch = (struct epoch){begin->epoch, begin->case_number, begin->stream, NO_RUN};
    check.open[begin->stream] = epoch;
    compare_row('B', begin->epoch, begin->case_number, (struct event_id){{0}});
}

static void hear_again(void *context, const struct event *event) {
    (void)context;
    if (check.again_count == EVENTS)
        stop("journal", "more events than this program holds");
    check.again[check.again_count++] = said_of(event);
}

/* The same record through a station of its own. */
static void play_again(void) {
    struct station_sink sink = {hear_again, NULL};
    const struct wire_frame *f = &check.frame;
    uint32_t stream = f->stream;
    if (f->kind == WIRE_EVENT)
        return;
    if (f->kind == WIRE_CASE_OPEN || f->kind == WIRE_CASE_CLOSE)
        stream = f->body.case_change.target_stream;
    if (f->kind == WIRE_EPOCH_BEGIN)
        stream = f->body.epoch_begin.stream;
    if (stream >= STREAMS)
        return;
    if (!check.stations[stream].room) {
        struct rules rules = rules_default();
        station_init(&check.stations[stream], stream, stream, &rules, &check.spectrum);
    }
    if (f->kind == WIRE_EPOCH_BEGIN) {
        station_begin(&check.stations[stream], &f->body.epoch_begin, &sink);
    } else if (f->kind == WIRE_CASE_OPEN || f->kind == WIRE_CASE_CLOSE) {
        uint64_t after = feed_case_after(check.station_case[stream], f);
        if (after != check.station_case[stream])
            station_end(&check.stations[stream], &sink);
        check.station_case[stream] = after;
    } else {
        station_frame(&check.stations[stream], f, &sink);
    }
}

static void see_record(const struct record *record) {
    enum hemo_error error = wire_parse(&check.frame, record->payload, record->length);
    if (error != HEMO_OK)
        stop("a record of the journal", hemo_error_text(error));
    check.holes += record->position != check.records++;
    play_again();
    if (record->type == RECORD_EVENT || record->type == RECORD_EPOCH)
        see_own(record->type == RECORD_EVENT);
    else if (check.frame.kind == WIRE_SAMPLES)
        see_samples();
}

static void read_journal(const char *path) {
    struct reader reader;
    struct record record;
    enum hemo_error error;
    int folder = open(path, O_RDONLY | O_DIRECTORY);
    if (folder < 0 || reader_init(&reader, folder) != HEMO_OK)
        stop(path, "cannot be read");
    reader_seek(&reader, (struct place){1, 0});
    while ((error = reader_next(&reader, (struct place){UINT32_MAX, UINT32_MAX}, &record)) ==
           HEMO_OK)
        see_record(&record);
    if (error != HEMO_NOT_FOUND)
        stop(path, hemo_error_text(error));
    reader_close(&reader);
    close(folder);
}

static void read_cases(const char *path) {
    FILE *file = fopen(path, "r");
    uint64_t number, run;
    if (!file)
        stop(path, "cannot be read");
    while (next_pair(file, &number, &run)) {
        if (check.run_of_case_count == EPOCHS)
            stop(path, "more cases than this program holds");
        check.cases[check.run_of_case_count].number = number;
        check.cases[check.run_of_case_count++].run = (uint32_t)run;
    }
    fclose(file);
}

static uint64_t count_lost(const char *path) {
    FILE *file = fopen(path, "r");
    uint64_t run, ticks, lost = 0;
    if (!file)
        stop(path, "cannot be read");
    while (next_pair(file, &run, &ticks)) {
        if (run >= RUNS || ticks > TICKS)
            stop(path, "more runs or ticks than this program holds");
        for (uint64_t tick = 0; tick < ticks; tick++)
            lost += !check.seen[run] || !check.seen[run][tick];
    }
    fclose(file);
    return lost;
}

static int in_order(const void *a, const void *b) {
    return memcmp(a, b, sizeof(struct said));
}

static void compare_events(void) {
    qsort(check.said, check.said_count, sizeof *check.said, in_order);
    qsort(check.again, check.again_count, sizeof *check.again, in_order);
    for (uint64_t i = 1; i < check.said_count; i++)
        check.double_events += id_equal(check.said[i - 1].id, check.said[i].id);
    uint64_t both =
        check.said_count < check.again_count ? check.said_count : check.again_count;
    for (uint64_t i = 0; i < both; i++)
        check.different += in_order(&check.said[i], &check.again[i]) != 0;
    check.different += check.said_count + check.again_count - 2 * both;
}

int main(int argc, char **argv) {
    struct row row;
    if (argc != 4 && argc != 5) {
        fprintf(stderr, "usage: chaos_journal JOURNAL RUNS CASES [ROWS]\n");
        return 2;
    }
    check.said = calloc(EVENTS, sizeof *check.said);
    check.again = calloc(EVENTS, sizeof *check.again);
    read_cases(argv[3]);
    if (argc == 5 && !(check.rows = fopen(argv[4], "r")))
        stop(argv[4], "cannot be read");
    if (!spectrum_init(&check.spectrum))
        stop("spectrum", "cannot be made");
    read_journal(argv[1]);
    check.lost = count_lost(argv[2]);
    while (next_row(&row))
        check.not_in_rows++; /* of no record */
    compare_events();
    printf("%" PRIu64 " records, %" PRIu64 " samples, %" PRIu64 " events, %" PRIu64
           " values, %" PRIu32 " epochs, %" PRIu32 " cases, %" PRIu64 " rows: ",
           check.records, check.samples, check.said_count, check.values, check.epochs_count,
           check.run_of_case_count, check.rows_count);
    printf("holes %" PRIu64 " lost %" PRIu64 " doubled %" PRIu64 " wrong %" PRIu64 " mixed %" PRIu64
           " out-of-band %" PRIu64 " double-events %" PRIu64 " replay-differs %" PRIu64
           " rows-differ %" PRIu64 "\n",
           check.holes, check.lost, check.doubled, check.wrong, check.mixed, check.out_of_band,
           check.double_events, check.different, check.not_in_rows);
    bool good = !(check.holes | check.lost | check.doubled | check.wrong | check.mixed |
                  check.out_of_band | check.double_events | check.different | check.not_in_rows);
    return good ? 0 : 6;
}
