/* fuzz_feed.c - what a feed and a client may say, in any order and with any number: through the
 * receiver's rules (feed.c) into a room (station.c). Nothing may assert, loop for long or lose a
 * sample from the accounts: received = used + refused + gap.
 *
 * The input is a row of statements of ten bytes: what, a byte of choice, eight bytes of number. */
#include "ingest/feed.h"
#include "ingest/station.h"
#include "proto/site.h"
#include <stdlib.h>
#include <string.h>

enum { STATEMENT = 10, STATEMENTS_MAX = 300, SAMPLES = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static struct {
    struct feed feed;
    struct station station;
    struct wire_frame frame;
    struct stream_info info;
    uint64_t epochs, refused, tick, cases;
} w;

static void on_event(void *context, const struct event *event) {
    (void)context;
    if (event->case_number != w.station.case_number || event->tick > event->emitted_tick)
        abort();
}

static struct station_sink sink = {on_event, NULL};

static uint64_t number_of(const uint8_t *at) {
    uint64_t n = 0;
    for (int i = 0; i < 8; i++)
        n |= (uint64_t)at[i] << 8 * i;
    return n;
}

/* Near the last tick, or anywhere that the wire allows. */
static uint64_t tick_of(uint8_t choice, uint64_t number) {
    static const uint64_t most = UINT64_C(1) << 62;
    if (choice & 0x80)
        return number % most;
    return choice & 0x40 ? w.tick + number % 100000 : w.tick + choice % 4;
}

static struct stream_info info_of(uint8_t choice, uint64_t number) {
    static const uint32_t sites[] = {SITE_ART, SITE_LV, SITE_PA, SITE_RA, SITE_PCW, SITE_ECG};
    struct stream_info info = {.base_rate_numerator = 100 + (uint32_t)(number % 1900),
                               .base_rate_denominator = 1 + choice % 3,
                               .origin = ORIGIN_LIVE,
                               .speed_percent = 100,
                               .channels_count = 1 + choice % 4};
    for (uint32_t c = 0; c < info.channels_count; c++)
        info.channels[c] = (struct stream_channel){.site = sites[(number >> c * 8) % 6],
                                                   .ticks_per_sample = 1 + choice / 64,
                                                   .group = choice / 32 & c,
                                                   .scale = 0.05,
                                                   .unit = UNIT_MMHG};
    for (uint32_t c = 0; c < info.channels_count; c++)
        if (info.channels[c].site == SITE_ECG)
            info.channels[c].unit = UNIT_MV;
    return info;
}

static void head(enum wire_kind kind, uint8_t choice) {
    wire_begin(&w.frame, kind);
    w.frame.stream = 1;
    w.frame.epoch = w.feed.link.epoch;
    w.frame.case_number = w.feed.link.case_number;
    w.frame.sequence = w.feed.link.next_sequence + (choice == 0xff);
}

static void reopen(void) {
    struct feed_answer answer;
    if (feed_closed(&w.feed))
        w.epochs += feed_reopen(&w.feed, true, (w.epochs + 1) << 32 | 1, &answer);
}

static void send(void) {
    struct wire_epoch_begin begin;
    enum hemo_error error;
    if (wire_is_record(w.frame.kind) && w.frame.kind == WIRE_STREAM_INFO &&
        stream_check(&w.frame.body.stream_info) != HEMO_OK)
        return;
    switch (feed_record(&w.feed, &w.frame, &begin, &error)) {
    case FEED_TAKE:
        if (begin.stream)
            station_begin(&w.station, &begin, &sink);
        station_frame(&w.station, &w.frame, &sink);
        w.tick = w.feed.tick;
        break;
    case FEED_BREAK:
        reopen();
        break;
    case FEED_REFUSE:
    case FEED_DUPLICATE:
    case FEED_HOLE:
        w.refused++;
        break;
    }
}

static void samples(uint8_t choice, uint64_t number) {
    static int16_t data[16 * SAMPLES];
    uint32_t group = choice / 8 % 4, channels = 0;
    for (uint32_t c = 0; c < w.info.channels_count; c++)
        channels += w.info.channels[c].group == group;
    channels = choice == 0xfe || !channels ? 1u + choice % 16u : channels;
    for (uint32_t i = 0; i < channels * SAMPLES; i++)
        data[i] = (int16_t)(number >> i % 48);
    head(WIRE_SAMPLES, choice);
    w.frame.body.samples =
        (struct sample_block){tick_of(choice, number), group, channels, SAMPLES, data};
    send();
}

static void gap(uint8_t choice, uint64_t number) {
    static const uint64_t most = UINT64_C(1) << 62;
    uint64_t from = tick_of(choice, number), more = number >> choice % 64;
    head(WIRE_GAP, choice);
    w.frame.body.gap =
        (struct stream_gap){from, more < most - from ? from + more + 1 : most, choice / 8 % 4, 1};
    if (w.frame.body.gap.first_tick < w.frame.body.gap.next_tick)
        send();
}

static void mark(uint8_t choice, uint64_t number, bool of_client) {
    head(WIRE_MARK, choice);
    w.frame.body.mark = (struct stream_mark){.tick = tick_of(choice, number),
                                             .kind = 1 + choice % MARK_KIND_MAX,
                                             .channel = (uint32_t)(number % 16),
                                             .site = 1 + (uint32_t)(number >> 8) % 14,
                                             .quantity = 1 + (uint32_t)(number >> 16) % 20,
                                             .phase = (uint32_t)(number >> 32) % 4,
                                             .value = (double)(number >> 40 & 1),
                                             .text = "x"};
    if (of_client)
        station_command(&w.station, &w.frame, &sink);
    else
        send();
}

static void capture(uint8_t choice, uint64_t number) {
    head(WIRE_CAPTURE, 0);
    w.frame.body.capture = (struct wire_capture){1, choice % 16, (uint32_t)(number % 15),
                                                 (uint32_t)(number >> 8) % 4,
                                                 1000 + (uint32_t)(number >> 16) % 59001};
    station_command(&w.station, &w.frame, &sink);
}

static void hello(uint8_t choice, uint64_t number) {
    struct feed_answer answer;
    head(WIRE_HELLO, 0);
    w.frame.sequence = 0;
    w.frame.epoch = choice & 1 ? w.feed.link.epoch : number;
    uint64_t next = w.feed.link.next_sequence;
    w.frame.body.hello =
        (struct wire_hello){"X", 1, choice & 2 ? next : 0, choice & 4 ? next : next + number % 50};
    w.epochs += feed_hello(&w.feed, &w.frame, (w.epochs + 1) << 32 | 1, &answer);
}

static void change_case(uint8_t choice) {
    uint64_t number = choice % 4 ? ++w.cases : 0;
    if (number == w.feed.case_number)
        return;
    station_end(&w.station, &sink);
    feed_change_case(&w.feed, number);
    reopen();
}

static void state(uint8_t what, uint8_t choice, uint64_t number) {
    switch (what % 9) {
    case 0:
        hello(choice, number);
        break;
    case 1:
        w.info = choice & 1 ? info_of(choice, number) : w.info;
        head(WIRE_STREAM_INFO, choice);
        w.frame.body.stream_info = w.info;
        send();
        break;
    case 2:
        gap(choice, number);
        break;
    case 3:
        mark(choice, number, choice & 0x20);
        break;
    case 4:
        capture(choice, number);
        break;
    case 5:
        change_case(choice);
        break;
    case 6:
        feed_durable(&w.feed, w.feed.link.epoch, w.feed.link.next_sequence);
        reopen();
        break;
    default:
        samples(choice, number);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct rules rules = rules_default();
    struct room *room = w.station.room;
    if (!room && station_init(&w.station, 1, 1, &rules, NULL) != HEMO_OK)
        abort();
    room = w.station.room;
    w.station = (struct station){.room = room, .stream = 1, .number = 1};
    if (room_init(room, &rules) != HEMO_OK)
        abort();
    feed_init(&w.feed, 1, 1, 4096);
    w.epochs = w.refused = w.tick = w.cases = 0;
    w.info = info_of(1, 25);
    for (size_t i = 0; i < STATEMENTS_MAX && (i + 1) * STATEMENT <= length; i++) {
        const uint8_t *at = bytes + i * STATEMENT;
        state(at[0], at[1], number_of(at + 2));
        struct room_counts c = station_counts(&w.station);
        if (c.received != c.used + c.refused + c.gap)
            abort();
    }
    station_end(&w.station, &sink);
    return 0;
}
