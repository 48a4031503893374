/* b_rooms [SECONDS [ROOMS...]] - a real hemod under rooms in real time, each a connection of its
 * own sending W1, in a case, all detectors on: latency from the intended moment of a
 * record to the acknowledgment that it is durable, CPU and memory of hemod's process, beside bare
 * fdatasync calls on the same file system. 1, 16, 64 and 120 rooms for 10 s each by default.
 *
 * Open loop: a record is due when the schedule says so, also when the last one was late, and that
 * is where its latency begins. The bench checks that it kept its own schedule and that every
 * record was acknowledged. Exit 1 if a goal is missed. */
#include "tests/bench/rounds.h"
#include "tests/bench/workload.h"
#include "tests/hemod_peers.h"

enum { ROOMS_MAX = 120, RECORD_NS = WORKLOAD_COUNT * 1000000, SYNCS = 400, HELD_MAX = 4096 };
enum { LATENCIES_MAX = ROOMS_MAX * 50 * 120, SIZES_MAX = 8 };

struct load {
    void *socket;
    struct link_sender link;
    uint64_t made;           /* samples' records; record n has sequence n + 1 */
    int64_t due_ns[HELD_MAX]; /* of record n, at n % HELD_MAX */
    int64_t next_ns;
};

struct figures {
    int rooms;
    double ack_p50_ms, ack_p99_ms, sync_p50_ms, sync_p99_ms, cpu_us, share, rss_kib, late;
    uint64_t records, acked;
};

static struct workload *work;
static struct load loads[ROOMS_MAX];
static struct peer_client client;
static struct wire_frame frame;
static uint8_t buffer[WIRE_BYTES_MAX];
static double *latencies_ms;
static size_t latencies;

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
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
        int64_t begin = now_ns();
        if (pwrite(fd, work->samples[i], 400, 400L * i) != 400 || fdatasync(fd) != 0)
            abort();
        took_ms[i] = (double)(now_ns() - begin) / 1e6;
    }
    close(fd);
    unlink(path);
    f->sync_p50_ms = quantile(took_ms, SYNCS, 0.5);
    f->sync_p99_ms = quantile(took_ms, SYNCS, 0.99);
}

static void configure(struct process *p, int rooms) {
    static char text[32768];
    int used = snprintf(text, sizeof text,
                        "[hemod]\njournal = %s/journal\nfeeds = tcp://127.0.0.1:*\n"
                        "events = tcp://127.0.0.1:*\nlive = tcp://127.0.0.1:*\n"
                        "metrics = 127.0.0.1:*\n",
                        p->folder);
    for (int i = 1; i <= rooms; i++)
        used += snprintf(text + used, sizeof text - (size_t)used,
                         "[device LAB%d]\nrole = feed\nroom = %d\nstream = %d\n", i, i, i);
    snprintf(text + used, sizeof text - (size_t)used,
             "[device WORKLISTD]\nrole = client\nstream = 1000\n");
    process_write(p->config, text, 0600);
}

static void send_record(struct load *l, uint64_t sequence) {
    uint64_t n = sequence - 1;
    wire_begin(&frame, sequence ? WIRE_SAMPLES : WIRE_STREAM_INFO);
    if (sequence)
        frame.body.samples = workload_block(work, n);
    else
        frame.body.stream_info = work->info;
    frame.stream = (uint32_t)(l - loads) + 1;
    frame.epoch = l->link.epoch;
    frame.case_number = l->link.case_number;
    frame.sequence = sequence;
    peer_send(l->socket, &frame, buffer);
}

static void take_ack(struct load *l) {
    uint64_t first = l->link.first_held;
    uint64_t done = link_sender_ack(&l->link, &frame);
    int64_t now = now_ns();
    for (uint64_t s = first; s < first + done; s++)
        if (s > 0 && latencies < LATENCIES_MAX)
            latencies_ms[latencies++] = (double)(now - l->due_ns[(s - 1) % HELD_MAX]) / 1e6;
}

static void hear(struct load *l) {
    while (peer_receive(l->socket, &frame, buffer)) {
        if (frame.kind == WIRE_ACK) {
            take_ack(l);
        } else if (frame.kind == WIRE_WELCOME) {
            if (link_sender_welcome(&l->link, &frame) == LINK_NEW_EPOCH)
                link_sender_renumber(&l->link, 1); /* the StreamInfo: no samples yet */
        }
    }
    uint64_t sequence;
    while (link_sender_next(&l->link, &sequence))
        send_record(l, sequence);
}

static void open_rooms(const struct process *p, void *context, int rooms) {
    for (int i = 0; i < rooms; i++) {
        char device[16];
        struct load *l = &loads[i];
        *l = (struct load){.socket = peer_connect(context, p->feeds, &(struct peer_keys){0})};
        snprintf(device, sizeof device, "LAB%d", i + 1);
        link_sender_init(&l->link);
        link_sender_hello(&l->link, &frame, (uint32_t)i + 1, device, (uint32_t)i + 1);
        peer_send(l->socket, &frame, buffer);
    }
    client = (struct peer_client){.context = context, .address = p->events,
                                  .device = "WORKLISTD", .stream = 1000};
    link_sender_init(&client.link);
    client_open(&client);
}

static void turn(int rooms) {
    for (int i = 0; i < rooms; i++)
        hear(&loads[i]);
    client_turn(&client);
}

/* A case in every room, and its StreamInfo acknowledged. */
static void open_cases(int rooms) {
    static struct wire_frame command;
    int asked = 0, ready = 0;
    for (uint64_t until = process_ms() + 60000; ready < rooms; process_sleep(1)) {
        turn(rooms);
        bool room = client.link.next_sequence - client.link.first_held < 32;
        if (asked < rooms && room && loads[asked].link.first_held > 0) {
            wire_begin(&command, WIRE_CASE_OPEN);
            command.body.case_change = (struct wire_case){(uint32_t)asked + 1, (uint64_t)asked + 1};
            client_command(&client, &command);
            asked++;
        }
        for (ready = 0; ready < rooms; ready++)
            if (loads[ready].link.case_number == 0 || loads[ready].link.first_held == 0)
                break;
        if (process_ms() > until) {
            fprintf(stderr, "b_rooms: room %d has no case after 60 s\n", ready + 1);
            abort();
        }
    }
}

/* hemod's own processor seconds, and its resident memory. */
static double process_cpu_s(const struct process *p, double *rss_kib) {
    char path[64], text[4096];
    double ticks = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", p->pid);
    process_read(path, text, sizeof text);
    char *at = strrchr(text, ')') + 2;
    for (int field = 3; field <= 15; field++, at += strcspn(at, " ") + 1)
        ticks += field >= 14 ? strtod(at, NULL) : 0; /* utime, stime */
    snprintf(path, sizeof path, "/proc/%d/status", p->pid);
    process_read(path, text, sizeof text);
    *rss_kib = strtod(strstr(text, "VmRSS:") + 6, NULL);
    return ticks / (double)sysconf(_SC_CLK_TCK);
}

/* Paced for `seconds`; latencies are kept from `warm_ns` on. */
static void pace(int rooms, double seconds, struct figures *f) {
    const int64_t begin = now_ns(), end = begin + (int64_t)(seconds * 1e9);
    uint64_t late = 0, made = 0;
    for (int i = 0; i < rooms; i++)
        loads[i].next_ns = begin + (int64_t)RECORD_NS * i / rooms;
    for (int64_t now = begin; now < end; now = now_ns()) {
        for (int i = 0; i < rooms; i++)
            for (struct load *l = &loads[i]; l->next_ns <= now; l->next_ns += RECORD_NS, made++) {
                late += now - l->next_ns > 2000000;
                l->due_ns[l->made++ % HELD_MAX] = l->next_ns;
                link_sender_add(&l->link);
            }
        turn(rooms);
        nanosleep(&(struct timespec){0, 200000}, NULL);
    }
    f->records += made;
    f->late = made ? (double)late / (double)made : 0;
}

static void drain(int rooms) {
    for (uint64_t until = process_ms() + 5000; process_ms() < until; process_sleep(1)) {
        turn(rooms);
        int i = 0;
        while (i < rooms && loads[i].link.first_held == loads[i].link.next_sequence)
            i++;
        if (i == rooms)
            return;
    }
}

static struct figures measure(int rooms, double seconds) {
    struct process p;
    struct figures f = {.rooms = rooms};
    process_folder(&p, true);
    configure(&p, rooms);
    void *context = zmq_ctx_new();
    zmq_ctx_set(context, ZMQ_MAX_SOCKETS, 512);
    if (!process_start(&p))
        exit(1);
    open_rooms(&p, context, rooms);
    open_cases(rooms);
    struct figures warm = f;
    pace(rooms, 2, &warm);
    sync_bare(p.folder, &f);
    latencies = 0;
    double rss, cpu_s = process_cpu_s(&p, &rss);
    pace(rooms, seconds, &f);
    cpu_s = process_cpu_s(&p, &f.rss_kib) - cpu_s;
    drain(rooms);
    for (int i = 0; i < rooms; i++)
        f.acked += loads[i].link.first_held - 1;
    f.acked -= warm.records;
    f.ack_p50_ms = quantile(latencies_ms, latencies, 0.5);
    f.ack_p99_ms = quantile(latencies_ms, latencies, 0.99);
    f.cpu_us = cpu_s / (double)f.records * 1e6;
    f.share = cpu_s / seconds;
    for (int i = 0; i < rooms; i++)
        zmq_close(loads[i].socket);
    zmq_close(client.socket);
    zmq_ctx_term(context);
    process_remove(&p);
    printf("#    %3d rooms: ack p50 %.2f p99 %.2f ms (bare fdatasync %.2f, %.2f); hemod %.1f us a "
           "record, %.1f %% of a core, %.0f KiB; acked %llu of %llu; %.1f %% sent late\n",
           rooms, f.ack_p50_ms, f.ack_p99_ms, f.sync_p50_ms, f.sync_p99_ms, f.cpu_us,
           100 * f.share, f.rss_kib, (unsigned long long)f.acked, (unsigned long long)f.records,
           100 * f.late);
    fflush(stdout);
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
    work = workload_make();
    latencies_ms = calloc(LATENCIES_MAX, sizeof *latencies_ms);
    if (!latencies_ms || count > SIZES_MAX || !(seconds > 0 && seconds <= 120))
        return 2;
    for (int i = 0; i < count; i++) {
        int rooms = argc > 2 ? (int)strtol(argv[2 + i], NULL, 10) : usual[i];
        if (rooms < 1 || rooms > ROOMS_MAX)
            return 2;
        f[i] = measure(rooms, seconds);
        if (rooms == 64)
            failed += say((struct rounds){"G8", "ack p99, 64 rooms", "fdatasync p99", "ms", 2.5, 0,
                                          0, NULL},
                          f[i].ack_p99_ms, f[i].sync_p99_ms, &f[i]);
    }
    const struct figures *most = &f[count - 1];
    if (count > 1) {
        failed += say((struct rounds){"G11", "CPU a record, all rooms", "1 room", "us", 0.10, 0, 0,
                                      NULL},
                      most->cpu_us, f[0].cpu_us, most);
        failed += say((struct rounds){"G17", "KiB a room", "KiB", "  ", 96, 0, 0, NULL},
                      (most->rss_kib - f[0].rss_kib) / (most->rooms - f[0].rooms), 1, most);
    }
    failed += say((struct rounds){"G12", "rooms per core", "room", "  ", -500, 0, 0, NULL},
                  most->rooms / most->share, 1, most);
    return failed > 0;
}
