/* b_stages - what each stage costs by itself, of the same signal (W1), beside a baseline in the
 * same rounds: the table that says where a channel-sample's time goes.
 *
 * b_planted STAGE is the same program, linked so that a call of STAGE (decode, filter, journal,
 * ranking; none) takes half as long again, wherever in the product it is called from:
 * tests/bench/planted holds that `compare` reports that, and reports nothing without it. */
#include "detectors/room_state.h"
#include "ingest/journal.h"
#include "proto/crc32c.h"
#include "tests/bench/rounds.h"
#include "tests/bench/workload.h"
#include "worklist/rank.h"
#include <assert.h>
#include <liquid/liquid.h>

enum { FRAME_BYTES = 512, TURN = 1500 /* records of one measurement: 30 s */ };
enum { SAMPLES = TURN * WORKLOAD_COUNT, FINE = 4, COARSE = 8, MOVES = 400, STUDIES = 1000 };

struct bench {
    struct workload *work;
    uint8_t (*wire)[FRAME_BYTES];
    size_t bytes[WORKLOAD_RECORDS];
    struct wire_frame *frame;
    struct features features;
    struct finder finder;
    struct channel channel;
    struct ecg ecg;
    struct journal journal;
    struct rank_list list;
    int64_t roll;
    int64_t fine, coarse, whole, beat;
    iirfilt_rrrf filter;
    uint64_t written, found;
    volatile float sink;
};

/* ---- the planted delay: half of what a call costs, in turns of an empty loop ---- */

static double delay_turns; /* of the planted stage */
static const char *planted = "none";

static double turn_ns(void) {
    double begin = cost_ns();
    for (volatile int i = 0; i < 10000000; i++)
        ;
    return (cost_ns() - begin) / 1e7;
}

#ifdef BENCH_PLANTED
static void delay(const char *stage) {
    if (strcmp(stage, planted) == 0)
        for (volatile int i = 0; i < (int)delay_turns; i++)
            ;
}

enum hemo_error __real_wire_parse(struct wire_frame *f, const uint8_t *bytes, size_t length);
enum hemo_error __wrap_wire_parse(struct wire_frame *f, const uint8_t *bytes, size_t length);
enum hemo_error __wrap_wire_parse(struct wire_frame *f, const uint8_t *bytes, size_t length) {
    delay("decode");
    return __real_wire_parse(f, bytes, length);
}

bool __real_features_push(struct features *f, float mmhg, struct features_look *out);
bool __wrap_features_push(struct features *f, float mmhg, struct features_look *out);
bool __wrap_features_push(struct features *f, float mmhg, struct features_look *out) {
    delay("filter");
    return __real_features_push(f, mmhg, out);
}

enum hemo_error __real_journal_append(struct journal *j, struct record *record);
enum hemo_error __wrap_journal_append(struct journal *j, struct record *record);
enum hemo_error __wrap_journal_append(struct journal *j, struct record *record) {
    delay("journal");
    return __real_journal_append(j, record);
}

void __real_rank_list_put(struct rank_list *list, const struct rank_key *key);
void __wrap_rank_list_put(struct rank_list *list, const struct rank_key *key);
void __wrap_rank_list_put(struct rank_list *list, const struct rank_key *key) {
    delay("ranking");
    __real_rank_list_put(list, key);
}
#endif

/* ---- the stages: ns a call ---- */

static void pack(struct bench *b) {
    for (uint32_t n = 0; n < WORKLOAD_RECORDS; n++) {
        wire_begin(b->frame, WIRE_SAMPLES);
        b->frame->stream = 1;
        b->frame->epoch = 7;
        b->frame->sequence = n + 1;
        b->frame->body.samples = workload_block(b->work, n);
        if (wire_pack(b->frame, b->wire[n], FRAME_BYTES, &b->bytes[n]) != HEMO_OK)
            abort();
    }
}

/* Sample of channel c at 1 kHz. */
static float sample(const struct bench *b, uint32_t c, int64_t at) {
    const int16_t *record = b->work->samples[at / WORKLOAD_COUNT % WORKLOAD_RECORDS];
    return (float)record[c * WORKLOAD_COUNT + at % WORKLOAD_COUNT] * (float)workload_scale;
}

static double decode_ns(void *context) {
    struct bench *b = context;
    double begin = cost_ns();
    for (uint32_t n = 0; n < TURN; n++)
        if (wire_parse(b->frame, b->wire[n], b->bytes[n]) != HEMO_OK)
            abort();
    return (cost_ns() - begin) / TURN;
}

static double copy_ns(void *context) {
    struct bench *b = context;
    int16_t out[WORKLOAD_PER_RECORD];
    double begin = cost_ns();
    for (int turn = 0; turn < 8; turn++)
        for (uint32_t n = 0; n < TURN; n++) {
            memcpy(out, b->work->samples[n], sizeof out);
            __asm__ volatile("" : : "r"(out) : "memory");
        }
    return (cost_ns() - begin) / TURN / 8;
}

static double filter_ns(void *context) { /* of one fine sample */
    struct bench *b = context;
    struct features_look look;
    double begin = cost_ns();
    for (int n = 0; n < SAMPLES / FINE; n++)
        b->found += features_push(&b->features, sample(b, 1, FINE * b->fine++), &look);
    return (cost_ns() - begin) * FINE / SAMPLES;
}

static double find_ns(void *context) { /* of one coarse sample */
    struct bench *b = context;
    struct pulse pulse;
    double begin = cost_ns();
    for (int n = 0; n < SAMPLES / COARSE; n++) {
        finder_push(&b->finder, sample(b, 1, COARSE * b->coarse++));
        while (finder_next(&b->finder, &pulse))
            b->found++;
    }
    return (cost_ns() - begin) * COARSE / SAMPLES;
}

static double channel_ns(void *context) { /* of one sample */
    struct bench *b = context;
    struct channel_item items[CHANNEL_ITEMS_MAX];
    double begin = cost_ns();
    for (int n = 0; n < SAMPLES; n++)
        b->found += (uint64_t)channel_push(&b->channel, sample(b, 1, b->whole++), items);
    return (cost_ns() - begin) / SAMPLES;
}

static double ecg_ns(void *context) { /* of one sample */
    struct bench *b = context;
    struct ecg_r r;
    double begin = cost_ns();
    for (int n = 0; n < SAMPLES; n++)
        b->found += ecg_push(&b->ecg, sample(b, 6, b->beat++), &r);
    return (cost_ns() - begin) / SAMPLES;
}

static double low_pass_ns(void *context) { /* liquid's of the fourth order, one sample */
    struct bench *b = context;
    float y = 0;
    double begin = cost_ns();
    for (int n = 0; n < SAMPLES; n++) {
        iirfilt_rrrf_execute(b->filter, sample(b, 1, n), &y);
        b->sink += y;
    }
    return (cost_ns() - begin) / SAMPLES;
}

static double journal_ns(void *context) { /* of one record, without the disk */
    struct bench *b = context;
    double begin = cost_ns();
    for (uint32_t n = 0; n < TURN; n++) {
        struct record record = {.type = RECORD_FRAME, .position = b->journal.next_position,
                                .payload = b->wire[n], .length = (uint32_t)b->bytes[n]};
        if (journal_append(&b->journal, &record) != HEMO_OK)
            abort();
        if (n % 64 == 63 && journal_commit(&b->journal) != HEMO_OK)
            abort();
    }
    return (cost_ns() - begin) / TURN;
}

static double checksum_ns(void *context) {
    struct bench *b = context;
    uint32_t crc = 0;
    double begin = cost_ns();
    for (uint32_t n = 0; n < TURN; n++)
        crc = crc32c(crc, b->wire[n], b->bytes[n]);
    b->sink += (float)crc;
    return (cost_ns() - begin) / TURN;
}

static struct rank_key key_of(struct bench *b, int64_t studies) {
    b->roll = (b->roll * 1103515245 + 12345) % 2147483648;
    return (struct rank_key){b->roll / 8 % studies + 1, false, TIER_URGENT,
                             1750000000000 + b->roll % 7200000};
}

static void fill(struct bench *b, int64_t studies) {
    rank_list_free(&b->list);
    for (int64_t i = 1; i <= studies; i++)
        rank_list_put(&b->list, &(struct rank_key){i, false, TIER_ROUTINE, 1760000000000 + i});
}

static double moves_ns(struct bench *b, int64_t studies) {
    double begin = cost_ns();
    for (int n = 0; n < MOVES; n++) {
        struct rank_key key = key_of(b, studies);
        rank_list_put(&b->list, &key);
    }
    assert(b->list.count == (size_t)studies);
    return (cost_ns() - begin) / MOVES;
}

static double ranking_ns(void *context) {
    return moves_ns(context, STUDIES);
}

static double shift_ns(void *context) { /* half the list, as a move shifts it */
    struct bench *b = context;
    static struct rank_key keys[STUDIES];
    double begin = cost_ns();
    for (int n = 0; n < MOVES; n++) {
        memmove(keys, keys + 1, STUDIES / 2 * sizeof *keys);
        __asm__ volatile("" : : "r"(keys) : "memory");
    }
    b->found++;
    return (cost_ns() - begin) / MOVES;
}

/* ---- a disk that costs nothing ---- */

static int null_open(void *context, int folder, const char *name, int flags) {
    (void)context, (void)folder, (void)name, (void)flags;
    return 9;
}
static ssize_t null_write(void *context, int fd, const void *bytes, size_t size, off_t offset) {
    (void)fd, (void)bytes, (void)offset;
    ((struct bench *)context)->written += size;
    return (ssize_t)size;
}
static int null_sync(void *context, int fd) {
    (void)context, (void)fd;
    return 0;
}
static int null_rename(void *context, int folder, const char *from, const char *to) {
    (void)context, (void)folder, (void)from, (void)to;
    return 0;
}
static int null_remove(void *context, int folder, const char *name) {
    (void)context, (void)folder, (void)name;
    return 0;
}

static void begin(struct bench *b) {
    struct journal_config journal = {
        .disk = {b, null_open, null_write, null_sync, null_rename, null_remove, null_sync},
        .segment_bytes = 1u << 31, .id = 5};
    struct channel_config channel = {.rate_hz = WORKLOAD_HZ, .site = SITE_AO};
    b->work = workload_make();
    b->wire = calloc(WORKLOAD_RECORDS, FRAME_BYTES);
    b->frame = malloc(sizeof *b->frame);
    b->filter = iirfilt_rrrf_create_lowpass(4, 0.03f);
    b->roll = 42;
    if (!b->wire || !b->frame || channel_init(&b->channel, &channel) != HEMO_OK ||
        ecg_init(&b->ecg, WORKLOAD_HZ) != HEMO_OK)
        abort();
    features_init(&b->features, WORKLOAD_HZ / FINE);
    finder_init(&b->finder, WORKLOAD_HZ / COARSE, 4, false);
    pack(b);
    enum hemo_error error = journal_create(&b->journal, &journal);
    while (error == HEMO_OK && journal_prepare(&b->journal, &error))
        ;
    if (error != HEMO_OK)
        abort();
    fill(b, STUDIES);
}

static const struct {
    const char *stage, *name, *base;
    rounds_fn *ours, *theirs;
} stages[] = {
    {"decode", "decode, a record", "memcpy", decode_ns, copy_ns},
    {"filter", "filters, at 250 Hz", "liquid low-pass", filter_ns, low_pass_ns},
    {"find", "pulses, at 125 Hz", "liquid low-pass", find_ns, low_pass_ns},
    {"channel", "a channel, at 1 kHz", "liquid low-pass", channel_ns, low_pass_ns},
    {"ecg", "R waves, at 1 kHz", "liquid low-pass", ecg_ns, low_pass_ns},
    {"journal", "journal, a record", "crc32c of it", journal_ns, checksum_ns},
    {"ranking", "a move in 1,000", "shift half of it", ranking_ns, shift_ns},
};

int main(int argc, char **argv) {
    static struct bench b;
    begin(&b);
    const char *wanted = argc > 1 ? argv[1] : "none";
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
        if (strcmp(wanted, stages[i].stage) == 0) {
            double least = stages[i].ours(&b);
            for (int n = 0; n < 5; n++)
                least = fmin(least, stages[i].ours(&b));
            delay_turns = least / 2 / turn_ns();
            planted = wanted;
        }
    if (strcmp(wanted, planted) != 0)
        return 2;
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        struct rounds r = {"-", stages[i].name, stages[i].base, "ns", NAN, stages[i].ours,
                           stages[i].theirs, &b};
        rounds_run(&r, "a call");
    }
    fill(&b, 100);
    double few_ns = moves_ns(&b, 100), place_ns = 0;
    fill(&b, 100000);
    double many_ns = moves_ns(&b, 100000), begun = cost_ns();
    for (int n = 0; n < MOVES; n++) {
        struct rank_key key = key_of(&b, 100000);
        b.found += rank_list_place(&b.list, &key);
    }
    place_ns = (cost_ns() - begun) / MOVES;
    struct rounds g19 = {"G19", "a move in 100,000", "in 100", "ns", 8, 0, 0, NULL};
    struct rounds g21 = {"G21", "place in 100,000", "a move", "ns", 2, 0, 0, NULL};
    double ratio = many_ns / few_ns;
    int failed = rounds_say(&g19, (const double[2]){many_ns, few_ns},
                            (const double[3]){ratio, ratio, ratio}, 0, "in memory; goal also 3 us");
    ratio = place_ns / many_ns;
    failed += rounds_say(&g21, (const double[2]){place_ns, many_ns},
                         (const double[3]){ratio, ratio, ratio}, 0, "exact, by halving");
    return failed > 0 || b.written == 0 || b.found == 0;
}
