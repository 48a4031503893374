/* simulate - seeds, one after another: what befalls hemod, and whether anything was lost, doubled
 * or mixed. See world.h.
 *
 *     simulate [--seeds N] [--seed FIRST] [--minutes M | --hours H] [--lies] [--verbose]
 *     simulate --every-call SECONDS       each call to the disk of one quiet run is the last, twice
 *
 * Exit 0: nothing was, and the first seed again gave the same run, bit for bit; 6: something was.
 * --lies: a disk that says "synced" and is not; that must not end with 0. */
#include "ingest/storage.h"
#include "ingest/wiring.h"
#include "tests/sim/world.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct world world;
static bool cuts; /* --every-call: the power, not only the process */

uint64_t roll(uint64_t sides) {
    return dice_roll(&world.dice) % sides;
}

void mix(uint64_t value) {
    world.tally.hash = (world.tally.hash ^ value) * UINT64_C(0x100000001B3);
}

static void reset(struct ring *ring) {
    uint8_t *bytes = ring->bytes;
    uint32_t capacity = ring->capacity;
    memset(ring, 0, sizeof *ring);
    ring->bytes = bytes;
    ring->capacity = capacity;
}

static void configure(struct config *config) {
    static const char *const names[ACTORS] = {"BED1", "BED2", "BED3", "DESK"};
    *config = (struct config){.workers = WORKERS, .segment_mib = 1, .snapshot_s = 45};
    snprintf(config->journal, sizeof config->journal, "%s", world.folder);
    for (uint32_t i = 0; i < ACTORS; i++) {
        struct config_device *device = &config->devices[config->devices_count++];
        snprintf(device->name, sizeof device->name, "%s", names[i]);
        device->role = i == CLIENT ? ROLE_CLIENT : ROLE_FEED;
        device->room = i == CLIENT ? 0 : i + 1;
        device->stream = i == CLIENT ? 100 : i + 1;
    }
}

static void make_hemod(void) {
    struct hemod *h = world.hemod = calloc(1, sizeof *h);
    bool bad = !h || ring_init(&h->input, 4 << 20) || ring_init(&h->acks, 1 << 16) ||
               ring_init(&h->commands, 1 << 20);
    for (uint32_t i = 0; i < WORKERS && !bad; i++)
        bad = ring_init(&h->tasks[i], 4 << 20) || ring_init(&h->events[i], 4 << 20) ||
              snapshot_box_init(&h->boxes[i]);
    if (bad)
        abort();
}

/* As calloc() left it, but for the memory of the rings and boxes. */
static void wipe(struct hemod *h) {
    memset(&h->metrics, 0, sizeof h->metrics);
    memset(&h->recovery, 0, sizeof h->recovery);
    memset(&h->journal, 0, sizeof h->journal);
    memset(&h->receiver, 0, sizeof h->receiver);
    memset(&h->writer, 0, sizeof h->writer);
    memset(&h->server, 0, sizeof h->server);
    memset(&h->workers, 0, sizeof h->workers);
    reset(&h->input);
    reset(&h->acks);
    reset(&h->commands);
    for (uint32_t i = 0; i < WORKERS; i++) {
        reset(&h->tasks[i]);
        reset(&h->events[i]);
        h->boxes[i].full = 0;
        h->worker_wakes[i] = &h->workers[i].wake;
    }
    h->folder = h->lock = -1;
    h->insecure = true;
    h->feeds = world.lines[0];
    h->clients = world.lines[CLIENT];
    configure(&h->config);
}

static void fall(void) { /* the process, or the machine, is gone */
    struct hemod *h = world.hemod;
    if (world.wired)
        events_server_close(&h->server);
    world.doom = 0; /* closing files is no call of the process */
    storage_close(h);
    lab_close(&h->lab);
    net_restart();
    if (world.power)
        disk_power_cut();
    world.tally.power_cuts += world.power;
    world.up = world.wired = world.power = false;
    world.start_ns = world.now_ns + 200 * MS + roll(2 * SECOND);
}

static void start(void) {
    struct hemod *h = world.hemod;
    char why[HEMOD_WHY] = "";
    wipe(h);
    world.tally.restarts++;
    enum hemo_error error = lab_init(&h->lab, &h->config);
    if (error == HEMO_OK)
        error = storage_open(h, why);
    if (error == HEMO_OK) {
        wire_writer(h);
        error = storage_complete(h, why);
    }
    if (error == HEMO_OK) {
        error = wire_rest(h);
        world.wired = world.up = error == HEMO_OK;
    }
    if (error == HEMO_OK)
        return;
    if (error != HEMO_IO && error != HEMO_DISK_FULL) {
        fprintf(stderr, "seed %llu: %s\n", (unsigned long long)world.seed, why);
        world.tally.stuck++;
    }
    fall();
}

static void write_some(struct hemod *h) {
    enum hemo_error error;
    if (world.stall_ns > world.now_ns || writer_step(&h->writer, &error))
        return;
    if (error == HEMO_OK)
        journal_prepare(&h->journal, &error);
    if (error != HEMO_OK && error != HEMO_DISK_FULL)
        fall();
}

static void step_hemod(void) {
    struct hemod *h = world.hemod;
    uint64_t who = roll(32);
    if (!world.up && world.start_ns <= world.now_ns && world.stall_ns <= world.now_ns)
        start();
    if (!world.up)
        return;
    if (who & 1)
        receiver_step(&h->receiver);
    for (uint32_t i = 0; i < WORKERS; i++)
        if (who & 2u << i)
            worker_step(&h->workers[i]);
    if (who & 8)
        events_server_step(&h->server);
    if (who & 16)
        write_some(h);
}

static uint64_t until(uint64_t least_ms, uint64_t most_ms) {
    return world.now_ns + (least_ms + roll(most_ms - least_ms)) * MS;
}

static void befall(void) {
    uint32_t who = (uint32_t)roll(ACTORS);
    world.tally.faults++;
    switch (roll(12)) {
    case 0:
    case 1:
        net_cut(who);
        break;
    case 2:
        net_half(who, until(100, 5000));
        break;
    case 3:
    case 4:
        net_hold(who, until(500, roll(4) ? 8000 : 90000));
        break;
    case 5:
        world.stall_ns = until(100, roll(4) ? 4000 : 70000);
        break;
    case 6:
        world.full_ns = until(500, 10000);
        break;
    case 7:
        world.sync_fails = true;
        break;
    case 8:
        world.desk.dies = true;
        break;
    case 9:
        world.power = roll(2);
        if (world.up)
            fall();
        break;
    default:
        world.power = roll(2);
        world.doom = 1 + (uint32_t)roll(40);
        break;
    }
}

static bool at_rest(void) {
    struct hemod *h = world.hemod;
    bool rest = world.up && desk_done() && ring_empty(&h->input) && ring_empty(&h->acks);
    for (uint32_t i = 0; i < WORKERS && rest; i++)
        rest = ring_empty(&h->tasks[i]) && ring_empty(&h->events[i]);
    for (uint32_t i = 0; i < FEEDS && rest; i++) {
        const struct bed *b = &world.beds[i];
        rest = sender_held(&b->sender) == 0 && net_connected(i) &&
               h->lab.feeds[i].case_number == (b->in_case ? b->case_number : 0);
    }
    return rest;
}

static void calm_down(void) {
    world.calm = true;
    world.stall_ns = world.full_ns = 0;
    world.doom = 0;
    world.power = world.sync_fails = false;
    for (uint32_t i = 0; i < ACTORS; i++)
        net_cut(i);
}

static void turn(uint64_t fault_ms) {
    uint64_t passed = MS * (1 + roll(40));
    world.now_ns += passed;
    if (!world.calm && !world.only_call && roll(fault_ms * MS) < passed)
        befall();
    net_step();
    step_hemod();
    beds_step();
    desk_step();
}

static void live(uint64_t end_ns) {
    if (setjmp(world.crash))
        fall();
    while (world.now_ns < end_ns)
        turn(6000);
    if (!world.calm)
        calm_down();
    while (!at_rest() && world.now_ns < end_ns + 300 * SECOND)
        turn(6000);
    world.tally.stuck += !at_rest();
}

static void empty_folder(void) {
    DIR *folder = opendir(world.folder);
    if (!folder)
        abort();
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(folder), entry->d_name, 0);
    closedir(folder);
}

static void run_seed(uint64_t seed, uint64_t seconds) {
    world.seed = seed;
    world.dice = dice_of(seed);
    world.secrets = dice_of(seed + (UINT64_C(1) << 40));
    world.tally = (struct tally){.hash = UINT64_C(0xCBF29CE484222325)};
    world.now_ns = SECOND;
    world.start_ns = world.stall_ns = world.full_ns = 0;
    world.lines_made = 0;
    world.up = world.wired = world.calm = world.sync_fails = false;
    world.power = cuts;
    world.doom = world.only_call;
    world.calls = 0;
    beds_open();
    desk_open();
    live(world.now_ns + seconds * SECOND);
    if (world.up)
        fall();
    check_journal();
    mix(world.now_ns);
    mix(world.tally.restarts + world.desk.position);
    disk_forget();
    empty_folder();
    desk_close();
    beds_close();
}

static uint64_t faults_of(const struct tally *t) {
    return t->lost + t->doubled + t->wrong + t->mixed + t->out_of_band + t->different + t->rows +
           t->stuck;
}

static void add(struct tally *sum, const struct tally *t) {
    uint64_t *to = (uint64_t *)sum;
    const uint64_t *from = (const uint64_t *)t;
    for (size_t i = 0; i < sizeof *t / sizeof *to; i++)
        to[i] += from[i];
}

static void say(const char *what, const struct tally *t) {
    printf("%s: %llu faults, %llu starts, %llu power cuts; %llu samples, %llu gaps, %llu events, "
           "%llu values, %llu cases: lost %llu doubled %llu wrong %llu mixed %llu out-of-band %llu "
           "replay-differs %llu rows-differ %llu stuck %llu; hash %016llx\n",
           what, (unsigned long long)t->faults, (unsigned long long)t->restarts,
           (unsigned long long)t->power_cuts, (unsigned long long)t->samples,
           (unsigned long long)t->gaps, (unsigned long long)t->events,
           (unsigned long long)t->values, (unsigned long long)t->cases,
           (unsigned long long)t->lost, (unsigned long long)t->doubled,
           (unsigned long long)t->wrong, (unsigned long long)t->mixed,
           (unsigned long long)t->out_of_band, (unsigned long long)t->different,
           (unsigned long long)t->rows, (unsigned long long)t->stuck,
           (unsigned long long)t->hash);
    fflush(stdout);
}

/* A quiet run counts its calls; then one run for each of them, which ends hemod there, and one that
 * cuts the power there. */
static uint64_t every_call(uint64_t seconds, struct tally *sum) {
    uint64_t bad = 0;
    world.only_call = UINT32_MAX;
    run_seed(1, seconds);
    uint32_t calls = world.calls;
    if (calls == 0 || faults_of(&world.tally)) {
        printf("the quiet run: %u calls to the disk, not as it must be\n", calls);
        bad++;
    }
    for (uint32_t n = 1; n <= 2 * calls; n++) {
        world.only_call = (n + 1) / 2;
        cuts = n % 2 == 0;
        run_seed(1, seconds);
        if (faults_of(&world.tally))
            printf("call %u of %u%s: not as it must be\n", world.only_call, calls,
                   cuts ? ", power" : "");
        bad += faults_of(&world.tally) != 0;
        add(sum, &world.tally);
    }
    cuts = false;
    world.only_call = 0;
    printf("each of %u calls to the disk was the last, once by a kill, once by a power cut\n",
           calls);
    return bad;
}

int main(int argc, char **argv) {
    uint64_t first = 1, seeds = 1, seconds = 600, bad = 0, hash = 0, each = 0;
    struct tally sum = {0};
    for (int i = 1; i < argc; i++) {
        uint64_t number = i + 1 < argc ? strtoull(argv[i + 1], NULL, 10) : 0;
        if (strcmp(argv[i], "--lies") == 0)
            world.lies = true;
        else if (strcmp(argv[i], "--verbose") == 0)
            world.verbose = true;
        else if (strcmp(argv[i], "--seed") == 0 && number && i++)
            first = number;
        else if (strcmp(argv[i], "--seeds") == 0 && number && i++)
            seeds = number;
        else if (strcmp(argv[i], "--minutes") == 0 && number && i++)
            seconds = 60 * number;
        else if (strcmp(argv[i], "--every-call") == 0 && number && i++)
            each = number;
        else if (strcmp(argv[i], "--hours") == 0 && number && i++)
            seconds = 3600 * number;
        else
            return fprintf(stderr, "usage: simulate [--seeds N] [--seed FIRST] [--minutes M | "
                                   "--hours H] [--lies] [--verbose] [--every-call S]\n"),
                   2;
    }
    snprintf(world.folder, sizeof world.folder, "%s/hemo-simulate.XX" "XX" "XX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(world.folder))
        return perror("simulate: a folder for the journal"), 1;
    make_hemod();
    if (each)
        bad += every_call(each, &sum);
    for (uint64_t seed = first; seed < first + seeds; seed++) {
        char name[40];
        run_seed(seed, seconds);
        snprintf(name, sizeof name, "seed %llu", (unsigned long long)seed);
        if (faults_of(&world.tally) || seeds == 1)
            say(name, &world.tally);
        hash = seed == first ? world.tally.hash : hash;
        bad += faults_of(&world.tally) != 0;
        add(&sum, &world.tally);
    }
    run_seed(first, seconds);
    bad += world.tally.hash != hash;
    rmdir(world.folder);
    say("together", &sum);
    printf("%s: %llu seeds of %llu s, %llu bad; the first gave %016llx, again %016llx\n",
           bad ? "FAILED" : "ok", (unsigned long long)seeds, (unsigned long long)seconds,
           (unsigned long long)bad, (unsigned long long)hash,
           (unsigned long long)world.tally.hash);
    return bad ? 6 : 0;
}
