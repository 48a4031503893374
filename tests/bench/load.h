/* load.h - rooms of W1 (workload.h) for a real hemod, each a connection of its own, in one thread.
 *
 *     load_start(&load, &process, 16);      // hemod starts; 16 rooms, each in a case
 *     load_make(&load, room, due_ns);       // one more record of that room
 *     load_turn(&load);                     // sends what credit allows, hears what comes
 *     load_drain(&load); load_stop(&load, &process);
 * load.on_ack is called for every record that was acknowledged as durable. */
#pragma once
#include "tests/bench/rounds.h"
#include "tests/bench/workload.h"
#include "tests/hemod_peers.h"

enum { LOAD_ROOMS_MAX = 120, LOAD_HELD_MAX = 4096 };

struct load_room {
    void *socket;
    struct link_sender link;
    uint64_t made;                 /* records of samples; record n has sequence n + 1 */
    int64_t due_ns[LOAD_HELD_MAX]; /* of record n, at n % LOAD_HELD_MAX */
    int64_t next_ns;
};

struct load {
    struct workload *work;
    void *context;
    int count;
    struct load_room rooms[LOAD_ROOMS_MAX];
    struct peer_client client;
    void (*on_ack)(void *context, int64_t due_ns, int64_t now_ns);
    void *on_ack_context;
    struct wire_frame frame, command;
    uint8_t buffer[WIRE_BYTES_MAX];
};

static inline int64_t load_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline void load_configure(struct process *p, int rooms) {
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

static inline void load_send(struct load *l, int room, uint64_t sequence) {
    struct load_room *r = &l->rooms[room];
    wire_begin(&l->frame, sequence ? WIRE_SAMPLES : WIRE_STREAM_INFO);
    if (sequence)
        l->frame.body.samples = workload_block(l->work, sequence - 1);
    else
        l->frame.body.stream_info = l->work->info;
    l->frame.stream = (uint32_t)room + 1;
    l->frame.epoch = r->link.epoch;
    l->frame.case_number = r->link.case_number;
    l->frame.sequence = sequence;
    peer_send(r->socket, &l->frame, l->buffer);
}

static inline void load_ack(struct load *l, struct load_room *r) {
    uint64_t first = r->link.first_held;
    uint64_t done = link_sender_ack(&r->link, &l->frame);
    int64_t now_ns = load_now_ns();
    for (uint64_t s = first; l->on_ack && s < first + done; s++)
        if (s > 0)
            l->on_ack(l->on_ack_context, r->due_ns[(s - 1) % LOAD_HELD_MAX], now_ns);
}

static inline void load_hello(struct load *l, int room) {
    char device[16];
    struct load_room *r = &l->rooms[room];
    uint32_t number = (uint32_t)room + 1;
    snprintf(device, sizeof device, "LAB%u", number);
    link_sender_hello(&r->link, &l->frame, number, device, number);
    peer_send(r->socket, &l->frame, l->buffer);
}

/* Before a case, hemod asks what is held (proto/README.md 5.3): the StreamInfo, no samples yet. */
static inline void load_welcome(struct load *l, int room) {
    struct load_room *r = &l->rooms[room];
    bool before_case = l->frame.body.welcome.why == WHY_BEFORE_CASE;
    if (link_sender_welcome(&r->link, &l->frame) == LINK_NEW_EPOCH)
        link_sender_renumber(&r->link, 1);
    if (before_case)
        load_hello(l, room);
}

static inline void load_hear(struct load *l, int room) {
    struct load_room *r = &l->rooms[room];
    while (peer_receive(r->socket, &l->frame, l->buffer)) {
        if (l->frame.kind == WIRE_ACK)
            load_ack(l, r);
        else if (l->frame.kind == WIRE_WELCOME)
            load_welcome(l, room);
    }
    uint64_t sequence;
    for (int i = 0; i < 256 && link_sender_next(&r->link, &sequence); i++)
        load_send(l, room, sequence);
}

static inline void load_turn(struct load *l) {
    for (int i = 0; i < l->count; i++)
        load_hear(l, i);
    client_turn(&l->client);
}

/* One more record, due at that moment; HELD_MAX at most are not acknowledged. */
static inline void load_make(struct load *l, int room, int64_t due_ns) {
    struct load_room *r = &l->rooms[room];
    r->due_ns[r->made++ % LOAD_HELD_MAX] = due_ns;
    link_sender_add(&r->link);
}

static inline uint64_t load_held(const struct load *l, int room) {
    return l->rooms[room].link.next_sequence - l->rooms[room].link.first_held;
}

static inline void load_drain(struct load *l) {
    for (uint64_t until = process_ms() + 10000; process_ms() < until; process_sleep(1)) {
        int i = 0;
        load_turn(l);
        while (i < l->count && load_held(l, i) == 0)
            i++;
        if (i == l->count)
            return;
    }
}

static inline void load_connect(struct load *l, const struct process *p) {
    for (int i = 0; i < l->count; i++) {
        struct load_room *r = &l->rooms[i];
        *r = (struct load_room){.socket = peer_connect(l->context, p->feeds,
                                                       &(struct peer_keys){0})};
        link_sender_init(&r->link);
        load_hello(l, i);
    }
    l->client = (struct peer_client){.context = l->context, .address = p->events,
                                     .device = "WORKLISTD", .stream = 1000};
    link_sender_init(&l->client.link);
    client_open(&l->client);
}

static inline bool load_open_one(struct load *l, int room) {
    if (l->client.link.next_sequence - l->client.link.first_held >= 32)
        return false;
    wire_begin(&l->command, WIRE_CASE_OPEN);
    l->command.body.case_change = (struct wire_case){(uint32_t)room + 1, (uint64_t)room + 1};
    client_command(&l->client, &l->command);
    return true;
}

/* A case in every room, and its StreamInfo acknowledged. */
static inline void load_open_cases(struct load *l) {
    int asked = 0, ready = 0;
    for (uint64_t until = process_ms() + 60000; ready < l->count; process_sleep(1)) {
        load_turn(l);
        if (asked < l->count && l->rooms[asked].link.first_held > 0)
            asked += load_open_one(l, asked);
        for (ready = 0; ready < l->count; ready++)
            if (!l->rooms[ready].link.case_number || !l->rooms[ready].link.first_held)
                break;
        if (process_ms() > until) {
            fprintf(stderr, "load: room %d has no case after 60 s\n", ready + 1);
            abort();
        }
    }
}

static inline void load_start(struct load *l, struct process *p, int rooms) {
    l->count = rooms;
    l->work = l->work ? l->work : workload_make();
    l->on_ack = NULL;
    process_folder(p, true);
    load_configure(p, rooms);
    l->context = zmq_ctx_new();
    if (!process_start(p))
        exit(1);
    load_connect(l, p);
    load_open_cases(l);
}

static inline void load_disconnect(struct load *l) {
    for (int i = 0; i < l->count; i++)
        zmq_close(l->rooms[i].socket);
    zmq_close(l->client.socket);
    zmq_ctx_term(l->context);
}

/* hemod's own processor seconds, and its resident memory. */
static inline double load_cpu_s(const struct process *p, double *rss_kib) {
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
