/* b_rooms [SECONDS [ROOMS...]] - a real hemod under rooms in real time, each a connection of its
 * own sending W1, in a case, all detectors on: latency from the intended moment of a
 * record to the acknowledgment that it is durable, CPU and memory of hemod's process, beside bare
 * fdatasync calls on the same file system. 1, 16, 64 and 120 rooms for 10 s each by default.
 *
 * Open loop: a record is due when the schedule says so, also when the last one was late, and that
 * is where its latency begins. The bench checks that it kept its own schedule and that every
 * record was acknowledged. Exit 1 if a goal is missed. */
#include "tests/bench/load.h"

enum { RECORD_NS = WORKLOAD_COUNT * 1000000, SYNCS = 400, SIZES_MAX = 8 };
enum { SATURATED_HELD = 64 }; /* records of a room under way */
enum { GATHER_MS = 2 }; /* of ingest/receiver.c, from 64 feeds on */
enum { LATENCIES_MAX = LOAD_ROOMS_MAX * 50 * 120 };

struct figures {
    int rooms;
    double ack_p50_ms, ack_p99_ms, sync_p50_ms, sync_p99_ms, cpu_us, share, rss_kib, late;
    double saturated_us;
    uint64_t records, acked;
};

static struct load load;
static double *latencies_ms;
static size_t latencies;

static void note_ack(void *context, int64_t due_ns, int64_t now_ns) {
    (void)context;
    if (latencies < LATENCIES_MAX)
        latencies_ms[latencies++] = (double)(now_ns - due_ns) / 1e6;
}

static double quantile(double *x, size_t n, double share) {
    qsort(x, n, sizeof *x, rounds_compare);
    return n ? x[(size_t)(share * (double)(n - 1))] : NAN;
}

/* The baseline: a record's bytes appended to a file of zeros and synced. */
static void sync_bare(const char *folder, struct figures *f) {
    static double took_ms[SYNCS];
    static const char zeros[1 << 20];
    char path[160];
    snprintf(path, sizeof path, "%s/bare", folder);
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    if (fd < 0 || write(fd, zeros, sizeof zeros) != (ssize_t)sizeof zeros || fsync(fd) != 0)
        abort();
    for (int i = 0; i < SYNCS; i++) {
        int64_t begin = load_now_ns();
        if (pwrite(fd, load.work->samples[i], 400, 400L * i) != 400 || fdatasync(fd) != 0)
            abort();
        took_ms[i] = (double)(load_now_ns() - begin) / 1e6;
    }
    close(fd);
    unlink(path);
    f->sync_p50_ms = quantile(took_ms, SYNCS, 0.5);
    f->sync_p99_ms = quantile(took_ms, SYNCS, 0.99);
}

static void pace(double seconds, struct figures *f) {
    const int64_t begin = load_now_ns(), end = begin + (int64_t)(seconds * 1e9);
    uint64_t late = 0, made = 0;
    for (int i = 0; i < load.count; i++)
        load.rooms[i].next_ns = begin + (int64_t)RECORD_NS * i / load.count;
    for (int64_t now = begin; now < end; now = load_now_ns()) {
        for (int i = 0; i < load.count; i++)
            for (int64_t *due = &load.rooms[i].next_ns; *due <= now; *due += RECORD_NS, made++) {
                late += now - *due > 2000000;
                load_make(&load, i, *due);
            }
        load_turn(&load);
        nanosleep(&(struct timespec){0, 200000}, NULL);
    }
    f->records += made;
    f->late = made ? (double)late / (double)made : 0;
}

/* All rooms as fast as credit allows for two seconds: hemod's CPU a record. */
static double saturate(const struct process *p, uint64_t *records) {
    uint64_t made = 0;
    double rss, cpu_s = load_cpu_s(p, &rss);
    load.on_ack = NULL; /* latency is that of the paced ones */
    for (int64_t end = load_now_ns() + 2000000000; load_now_ns() < end; load_turn(&load))
        for (int i = 0; i < load.count; i++)
            for (; load_held(&load, i) < SATURATED_HELD; made++)
                load_make(&load, i, load_now_ns());
    load_drain(&load);
    *records += made;
    return (load_cpu_s(p, &rss) - cpu_s) / (double)made * 1e6;
}

static struct figures measure(int rooms, double seconds) {
    struct process p;
    struct figures f = {.rooms = rooms}, warm = f;
    double rss;
    load_start(&load, &p, rooms);
    load.on_ack = note_ack;
    pace(2, &warm);
    sync_bare(p.folder, &f);
    latencies = 0;
    double cpu_s = load_cpu_s(&p, &rss);
    pace(seconds, &f);
    cpu_s = load_cpu_s(&p, &f.rss_kib) - cpu_s;
    f.cpu_us = cpu_s / (double)f.records * 1e6;
    load_drain(&load);
    f.saturated_us = saturate(&p, &f.records);
    for (int i = 0; i < rooms; i++)
        f.acked += load.rooms[i].link.first_held - 1;
    f.acked -= warm.records;
    f.ack_p50_ms = quantile(latencies_ms, latencies, 0.5);
    f.ack_p99_ms = quantile(latencies_ms, latencies, 0.99);
    f.share = cpu_s / seconds;
    load_disconnect(&load);
    process_remove(&p);
    printf("#    %3d rooms: ack p50 %.2f p99 %.2f ms (bare fdatasync %.2f, %.2f); hemod %.1f us a "
           "record, %.1f %% of a core, %.0f KiB; acked %llu of %llu; %.1f %% sent late\n",
           rooms, f.ack_p50_ms, f.ack_p99_ms, f.sync_p50_ms, f.sync_p99_ms, f.cpu_us,
           100 * f.share, f.rss_kib, (unsigned long long)f.acked, (unsigned long long)f.records,
           100 * f.late);
    fflush(stdout);
    rounds_point("rooms: us of hemod's CPU a record", rooms, f.cpu_us);
    rounds_point("rooms: ms to the durable ack, p99", rooms, f.ack_p99_ms);
    return f;
}

static int say(struct rounds r, double ours, double theirs, const struct figures *f) {
    const double value[2] = {ours, theirs}, ratio = ours / theirs;
    char check[64];
    snprintf(check, sizeof check, "acked %llu of %llu", (unsigned long long)f->acked,
             (unsigned long long)f->records);
    const double wander = f->late > 0.01 ? 1 : 0; /* it could not keep its own schedule */
    return rounds_say(&r, value, (const double[3]){ratio, ratio, ratio}, wander, check) ||
           f->acked != f->records;
}

int main(int argc, char **argv) {
    static const int usual[] = {1, 16, 64, 120};
    struct figures f[SIZES_MAX];
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 10;
    int count = argc > 2 ? argc - 2 : 4, failed = 0;
    latencies_ms = calloc(LATENCIES_MAX, sizeof *latencies_ms);
    if (!latencies_ms || count > SIZES_MAX || !(seconds > 0 && seconds <= 120))
        return 2;
    for (int i = 0; i < count; i++) {
        int rooms = argc > 2 ? (int)strtol(argv[2 + i], NULL, 10) : usual[i];
        if (rooms < 1 || rooms > LOAD_ROOMS_MAX)
            return 2;
        f[i] = measure(rooms, seconds);
        if (rooms == 64)
            failed += say((struct rounds){"G9", "ack p99 - 2 ms, 64", "fdatasync p99", "ms", 3, 0,
                                          0, NULL},
                          f[i].ack_p99_ms - GATHER_MS, f[i].sync_p99_ms, &f[i]);
    }
    const struct figures *most = &f[count - 1];
    if (count > 1) {
        failed += say((struct rounds){"G11", "CPU a record, all rooms", "1 room", "us", 0.10, 0, 0,
                                      NULL},
                      most->cpu_us, f[0].cpu_us, most);
        failed += say((struct rounds){"G10", "CPU a record, paced", "saturated", "us", 20, 0, 0,
                                      NULL},
                      most->cpu_us, most->saturated_us, most);
        failed += say((struct rounds){"G17", "KiB a room", "KiB", "  ", 96, 0, 0, NULL},
                      (most->rss_kib - f[0].rss_kib) / (most->rooms - f[0].rooms), 1, most);
    }
    failed += say((struct rounds){"G12", "rooms per core", "room", "  ", -500, 0, 0, NULL},
                  most->rooms / most->share, 1, most);
    return failed > 0;
}
