/* b_crash [MINUTES] - one room of W1 sent as fast as hemod takes it, then kill -9 and a new start:
 * records per second that were made durable, with the signal found in them, beside a bare PUSH and
 * PULL of the same bytes; and the time from the start to "ready", for an hour of case, beside
 * reading and checksumming the same journal. 60 minutes of signal by default. Exit 1 if a goal is
 * missed. */
#include "proto/crc32c.h"
#include "tests/bench/load.h"
#include <dirent.h>
#include <pthread.h>

enum { HELD = 900 }; /* below libzmq's queue, which would drop what is more */

static struct load load;

static double seconds_since(int64_t begin_ns) {
    return (double)(load_now_ns() - begin_ns) / 1e9;
}

/* All records, as credit allows: wall seconds. */
static double saturate(uint64_t records) {
    int64_t begin_ns = load_now_ns();
    while (load.rooms[0].made < records || load_held(&load, 0) > 0) {
        while (load.rooms[0].made < records && load_held(&load, 0) < HELD)
            load_make(&load, 0, 0);
        load_turn(&load);
    }
    return seconds_since(begin_ns);
}

struct wire_bytes {
    size_t length;
    uint64_t count;
    void *push;
};

static void *push_all(void *context) {
    struct wire_bytes *b = context;
    for (uint64_t n = 0; n < b->count; n++)
        zmq_send(b->push, load.work->samples[n % WORKLOAD_RECORDS], b->length, 0);
    return NULL;
}

/* The baseline: libzmq alone. */
static double push_pull(uint64_t records) {
    char endpoint[64];
    size_t size = sizeof endpoint;
    void *context = zmq_ctx_new(), *pull = zmq_socket(context, ZMQ_PULL);
    struct wire_bytes b = {sizeof *load.work->samples, records, zmq_socket(context, ZMQ_PUSH)};
    pthread_t thread;
    zmq_bind(pull, "tcp://127.0.0.1:*");
    zmq_getsockopt(pull, ZMQ_LAST_ENDPOINT, endpoint, &size);
    zmq_connect(b.push, endpoint);
    int64_t begin_ns = load_now_ns();
    if (pthread_create(&thread, NULL, push_all, &b) != 0)
        abort();
    for (uint64_t n = 0; n < records; n++)
        zmq_recv(pull, load.buffer, sizeof load.buffer, 0);
    double seconds = seconds_since(begin_ns);
    pthread_join(thread, NULL);
    zmq_close(b.push);
    zmq_close(pull);
    zmq_ctx_term(context);
    return seconds;
}

/* The baseline: every byte of the journal read and checksummed. */
static double read_journal(const struct process *p, uint64_t *bytes) {
    static uint8_t piece[1 << 20];
    char folder[160], path[512];
    volatile uint32_t crc = 0;
    snprintf(folder, sizeof folder, "%s/journal", p->folder);
    int64_t begin_ns = load_now_ns();
    DIR *open_folder = opendir(folder);
    for (struct dirent *e; open_folder && (e = readdir(open_folder)) != NULL;) {
        if (!strstr(e->d_name, ".journal"))
            continue;
        snprintf(path, sizeof path, "%s/%.255s", folder, e->d_name);
        int fd = open(path, O_RDONLY);
        for (ssize_t n; (n = read(fd, piece, sizeof piece)) > 0; *bytes += (uint64_t)n)
            crc = crc32c(crc, piece, (size_t)n);
        close(fd);
    }
    closedir(open_folder);
    return seconds_since(begin_ns);
}

/* With no journal yet. */
static int start_empty(void) {
    struct process p;
    struct rounds r = {"G32", "start of hemod", "20 ms", "ms", 1, 0, 0, NULL};
    double took_ms[5];
    for (int i = 0; i < 5; i++) {
        process_folder(&p, true);
        load_configure(&p, 1);
        int64_t begin_ns = load_now_ns();
        if (!process_start(&p))
            exit(1);
        took_ms[i] = seconds_since(begin_ns) * 1000;
        process_remove(&p);
    }
    double ms = rounds_middle(took_ms, 5), ratio = ms / 20;
    return rounds_say(&r, (const double[2]){ms, 20},
                      (const double[3]){ratio, took_ms[0] / 20, took_ms[4] / 20}, 0,
                      "from exec to ready, no journal yet");
}

int main(int argc, char **argv) {
    double minutes = argc > 1 ? strtod(argv[1], NULL) : 60;
    if (!(minutes >= 1 && minutes <= 600))
        return 2;
    const uint64_t records = (uint64_t)(minutes * 60) * WORKLOAD_HZ / WORKLOAD_COUNT;
    struct process p;
    char check[96];
    uint64_t bytes = 0;
    int failed = start_empty();
    load_start(&load, &p, 1);
    double durable_s = saturate(records), bare_s = push_pull(records);
    snprintf(check, sizeof check, "%llu records acked, one room",
             (unsigned long long)(load.rooms[0].link.first_held - 1));
    struct rounds ingest = {"G6", "durable ingest", "PUSH/PULL", "k/s", -0.60, 0, 0, NULL};
    double value[2] = {(double)records / durable_s / 1e3, (double)records / bare_s / 1e3};
    double ratio = value[0] / value[1];
    failed += rounds_say(&ingest, value, (const double[3]){ratio, ratio, ratio}, 0, check);
    load_disconnect(&load);
    process_stop(&p, SIGKILL);
    double read_s = read_journal(&p, &bytes);
    int64_t begin_ns = load_now_ns();
    if (!process_start(&p))
        return 1;
    double hours = minutes / 60, ready_s = seconds_since(begin_ns);
    process_remove(&p);
    snprintf(check, sizeof check, "%.2f h, %llu MB of journal", hours,
             (unsigned long long)bytes / 1000000);
    struct rounds per_hour = {"G14", "restart per case hour", "second", "s", 0.15, 0, 0, NULL};
    struct rounds beside = {"G14", "restart", "read and crc32c", "s", 6, 0, 0, NULL};
    ratio = ready_s / hours;
    failed += rounds_say(&per_hour, (const double[2]){ratio, 1},
                         (const double[3]){ratio, ratio, ratio}, 0, check);
    ratio = ready_s / read_s;
    failed += rounds_say(&beside, (const double[2]){ready_s, read_s},
                         (const double[3]){ratio, ratio, ratio}, 0, check);
    return failed > 0;
}
