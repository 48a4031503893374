/* b_micro [HOURS] - what one record of W1 costs on its way from the wire to events, stage by stage,
 * beside a baseline in the same rounds; how flat that is over rooms and over a long case (HOURS
 * of virtual time, 2 by default). Figures are CPU time of this thread. Exit 1: a goal is missed. */
#include "detectors/room_state.h"
#include "dsp/biquad.h"
#include "proto/crc32c.h"
#include "tests/bench/rounds.h"
#include "tests/bench/workload.h"
#include <assert.h>
#include <inttypes.h>
#include <liquid/liquid.h>

enum { ROOMS = 256, FRAME_BYTES = 512, TURN = 1500 /* records of one measurement: 30 s */ };

struct bench {
    struct workload *work;
    uint8_t (*wire)[FRAME_BYTES]; /* the records, packed */
    size_t bytes[WORKLOAD_RECORDS];
    struct wire_frame *frame;
    struct spectrum spectrum;
    struct room *rooms; /* ROOMS of them */
    uint64_t next[ROOMS], events;
    struct channel channel;
    int64_t at;
    uint32_t site;
    iirfilt_rrrf filter;
    volatile float sink;
};

static void count_event(void *context, const struct event *event) {
    (void)event;
    ((struct bench *)context)->events++;
}

static void pack(struct bench *b) {
    for (uint32_t n = 0; n < WORKLOAD_RECORDS; n++) {
        wire_begin(b->frame, WIRE_SAMPLES);
        b->frame->stream = 1;
        b->frame->epoch = 7;
        b->frame->sequence = n + 1;
        b->frame->body.samples = workload_block(b->work, n);
        enum hemo_error error = wire_pack(b->frame, b->wire[n], FRAME_BYTES, &b->bytes[n]);
        assert(error == HEMO_OK);
        (void)error;
    }
}

static void begin_room(struct bench *b, uint32_t i) {
    struct rules rules = rules_default();
    struct wire_epoch_begin begin = {.stream = i + 1, .room = i + 1, .why = WHY_FIRST, .epoch = 7,
                                     .case_number = i + 1, .info = b->work->info};
    enum hemo_error error = room_init(&b->rooms[i], &rules);
    room_spectrum(&b->rooms[i], &b->spectrum);
    if (error == HEMO_OK)
        error = room_begin(&b->rooms[i], &begin);
    assert(error == HEMO_OK);
    (void)error;
    b->next[i] = 0;
}

/* One record of room i, from the wire to its events. */
static void take(struct bench *b, uint32_t i) {
    uint64_t n = b->next[i]++;
    uint64_t k = n % WORKLOAD_RECORDS;
    enum hemo_error error = wire_parse(b->frame, b->wire[k], b->bytes[k]);
    assert(error == HEMO_OK);
    b->frame->body.samples.first_tick = n * WORKLOAD_COUNT;
    error = room_push(&b->rooms[i], &b->frame->body.samples, count_event, b);
    assert(error == HEMO_OK);
    (void)error;
}

static double record_ns(void *context) { /* per channel-sample */
    struct bench *b = context;
    double begin = cost_ns();
    for (int n = 0; n < TURN; n++)
        take(b, 0);
    return (cost_ns() - begin) / TURN / WORKLOAD_PER_RECORD;
}

static double many_rooms_ns(void *context) { /* the same records, spread over all rooms */
    struct bench *b = context;
    double begin = cost_ns();
    for (uint32_t n = 0; n < 6 * ROOMS; n++)
        take(b, n % ROOMS);
    return (cost_ns() - begin) / (6 * ROOMS) / WORKLOAD_PER_RECORD;
}

static double decode_ns(void *context) {
    struct bench *b = context;
    double begin = cost_ns();
    for (uint32_t n = 0; n < WORKLOAD_RECORDS; n++) {
        enum hemo_error error = wire_parse(b->frame, b->wire[n], b->bytes[n]);
        assert(error == HEMO_OK);
        (void)error;
    }
    return (cost_ns() - begin) / WORKLOAD_RECORDS;
}

static double copy_ns(void *context) {
    struct bench *b = context;
    int16_t out[WORKLOAD_PER_RECORD];
    double begin = cost_ns();
    for (int turn = 0; turn < 8; turn++)
        for (uint32_t n = 0; n < WORKLOAD_RECORDS; n++) {
            memcpy(out, b->work->samples[n], sizeof out);
            __asm__ volatile("" : : "r"(out) : "memory");
        }
    return (cost_ns() - begin) / WORKLOAD_RECORDS / 8;
}

static double checksum_ns(void *context) {
    struct bench *b = context;
    double begin = cost_ns();
    uint32_t crc = 0;
    for (uint32_t n = 0; n < WORKLOAD_RECORDS; n++)
        crc = crc32c(crc, b->wire[n], b->bytes[n]);
    b->sink += (float)crc;
    return (cost_ns() - begin) / WORKLOAD_RECORDS;
}

static float sample_of(const struct bench *b, uint32_t channel, int64_t at) {
    const int16_t *record = b->work->samples[at / WORKLOAD_COUNT % WORKLOAD_RECORDS];
    return (float)record[channel * WORKLOAD_COUNT + at % WORKLOAD_COUNT] * (float)workload_scale;
}

static double channel_ns(void *context) { /* dsp of one channel, site by site */
    struct bench *b = context;
    struct channel_item items[CHANNEL_ITEMS_MAX];
    uint32_t row = 0;
    while (workload_rows[row].site != b->site)
        row++;
    double begin = cost_ns();
    for (int n = 0; n < TURN * WORKLOAD_COUNT; n++)
        b->events += (uint64_t)channel_push(&b->channel, sample_of(b, row, b->at++), items);
    return (cost_ns() - begin) / TURN / WORKLOAD_COUNT;
}

static double liquid_ns(void *context) { /* liquid's fourth-order low-pass alone */
    struct bench *b = context;
    float y = 0;
    double begin = cost_ns();
    for (int n = 0; n < TURN * WORKLOAD_COUNT; n++) {
        iirfilt_rrrf_execute(b->filter, sample_of(b, 1, n), &y);
        b->sink += y;
    }
    return (cost_ns() - begin) / TURN / WORKLOAD_COUNT;
}

static int stages(struct bench *b) {
    static const uint32_t sites[] = {SITE_AO, SITE_LV, SITE_RA};
    static const char *const names[] = {"dsp AO", "dsp LV", "dsp RA"};
    int failed = 0;
    for (int i = 0; i < 3; i++) {
        b->site = sites[i];
        b->at = 0;
        struct channel_config config = {.rate_hz = WORKLOAD_HZ, .site = sites[i]};
        if (channel_init(&b->channel, &config) != HEMO_OK)
            abort();
        b->events = 0;
        struct rounds r = {"G2", names[i], "liquid low-pass", "ns", i ? NAN : 0.30,
                           channel_ns, liquid_ns, b};
        failed += rounds_run(&r, "per channel-sample");
    }
    return failed;
}

/* The last tenth of the case beside its first. */
static int long_case(struct bench *b, double hours) {
    begin_room(b, 0);
    b->events = 0;
    const uint64_t records = (uint64_t)(hours * 3600) * WORKLOAD_HZ / WORKLOAD_COUNT;
    double part[10];
    for (int i = 0; i < 10; i++) {
        double begin = cost_ns();
        for (uint64_t n = 0; n < records / 10; n++)
            take(b, 0);
        part[i] = (cost_ns() - begin) / (double)(records / 10) / WORKLOAD_PER_RECORD;
        rounds_point("case length, hours: ns a channel-sample", (i + 1) * hours / 10, part[i]);
    }
    struct rounds r = {.goal = "G18", .name = "end of a long case", .base = "its beginning",
                       .unit = "ns", .limit = 1.02};
    const double ratio = part[9] / part[0];
    char check[80];
    snprintf(check, sizeof check, "%g h, %" PRIu64 " events", hours, b->events);
    return rounds_say(&r, (const double[2]){part[9], part[0]},
                      (const double[3]){ratio, ratio, ratio}, 0, check);
}

int main(int argc, char **argv) {
    static struct bench b;
    int failed = 0;
    b.work = workload_make();
    b.wire = calloc(WORKLOAD_RECORDS, FRAME_BYTES);
    b.frame = malloc(sizeof *b.frame);
    b.rooms = calloc(ROOMS, sizeof *b.rooms);
    b.filter = iirfilt_rrrf_create_lowpass(4, 0.03f);
    if (!b.wire || !b.frame || !b.rooms || !spectrum_init(&b.spectrum))
        abort();
    pack(&b);
    for (uint32_t i = 0; i < ROOMS; i++)
        begin_room(&b, i);
    struct rounds decode = {"G3", "decode and check", "memcpy", "ns", 12, decode_ns, copy_ns, &b};
    struct rounds crc = {"-", "crc32c of a record", "memcpy", "ns", NAN, checksum_ns, copy_ns, &b};
    struct rounds room = {"-", "wire to events", "liquid low-pass", "ns", NAN, record_ns,
                          liquid_ns, &b};
    struct rounds many = {"G16", "256 rooms", "1 room", "ns", 1.10, many_rooms_ns, record_ns, &b};
    failed += rounds_run(&decode, "%zu bytes on the wire", b.bytes[0]);
    failed += rounds_run(&crc, "%zu bytes", b.bytes[0]);
    failed += stages(&b);
    failed += rounds_run(&room, "per channel-sample, all detectors");
    failed += rounds_run(&many, "%zu KiB of state a room", sizeof *b.rooms / 1024);
    failed += long_case(&b, argc > 1 ? strtod(argv[1], NULL) : 2);
    return failed > 0;
}
