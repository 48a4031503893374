/* snapshot.c - see snapshot.h. */
#include "ingest/snapshot.h"
#include "proto/crc32c.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct head {
    char magic[8];
    uint32_t crc, program; /* crc: of all behind it, room included */
    uint64_t journal;
    uint64_t room_bytes;
    struct station station;
};

static const char magic[8] = "HEMOSNAP";
enum { CRC_FROM = offsetof(struct head, program) };

enum hemo_error snapshot_box_init(struct snapshot_box *box) {
    *box = (struct snapshot_box){.room = calloc(1, room_size())};
    return box->room ? HEMO_OK : HEMO_NO_ROOM;
}

void snapshot_box_close(struct snapshot_box *box) {
    free(box->room);
    box->room = NULL;
}

bool snapshot_take(struct snapshot_box *box, const struct station *station) {
    if (!box || atomic_load_explicit(&box->full, memory_order_acquire))
        return false;
    box->station = *station;
    box->station.room = box->room;
    memcpy(box->room, station->room, room_size());
    room_spectrum(box->room, NULL); /* a pointer of this process */
    atomic_store_explicit(&box->full, 1, memory_order_release);
    return true;
}

static uint32_t sum(const struct head *head, const void *room) {
    uint32_t crc = crc32c(0, (const uint8_t *)head + CRC_FROM, sizeof *head - CRC_FROM);
    return crc32c(crc, room, head->room_bytes);
}

static bool put(int file, const void *bytes, size_t size) {
    const uint8_t *at = bytes;
    while (size > 0) {
        ssize_t done = write(file, at, size);
        if (done <= 0)
            return false;
        at += done;
        size -= (size_t)done;
    }
    return true;
}

static bool get(int file, void *bytes, size_t size) {
    uint8_t *at = bytes;
    while (size > 0) {
        ssize_t done = read(file, at, size);
        if (done <= 0)
            return false;
        at += done;
        size -= (size_t)done;
    }
    return true;
}

static void name_of(char out[SNAPSHOT_NAME], uint32_t stream) {
    snprintf(out, SNAPSHOT_NAME, "snapshot-%u", stream);
}

bool snapshot_write(struct snapshot_box *box, int folder, uint64_t journal, uint32_t program) {
    static const char fresh[] = "next.snapshot";
    char name[SNAPSHOT_NAME];
    struct head head;
    memset(&head, 0, sizeof head); /* its padding is summed too */
    memcpy(head.magic, magic, sizeof magic);
    head.program = program;
    head.journal = journal;
    head.room_bytes = room_size();
    memcpy(&head.station, &box->station, sizeof head.station);
    head.station.room = NULL;
    head.crc = sum(&head, box->room);
    int file = openat(folder, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool done = file >= 0 && put(file, &head, sizeof head) && put(file, box->room, room_size());
    if (file >= 0)
        close(file);
    name_of(name, head.station.stream);
    done = done && renameat(folder, fresh, folder, name) == 0;
    if (!done && file >= 0)
        unlinkat(folder, fresh, 0);
    atomic_store_explicit(&box->full, 0, memory_order_release);
    return done;
}

static bool fits(const struct head *head, const struct snapshot_want *want) {
    return want->program && memcmp(head->magic, magic, sizeof magic) == 0 &&
           head->program == want->program && head->journal == want->journal &&
           head->room_bytes == room_size() && head->station.stream == want->stream &&
           head->station.epoch == want->epoch && head->station.open;
}

/* The whole file, checked; the room is the caller's to free. NULL: it may not be used. */
static struct room *read_all(int folder, const struct snapshot_want *want, struct head *head) {
    char name[SNAPSHOT_NAME];
    name_of(name, want->stream);
    int file = openat(folder, name, O_RDONLY | O_CLOEXEC);
    struct room *room = file >= 0 ? malloc(room_size()) : NULL;
    bool good = room && get(file, head, sizeof *head) && fits(head, want) &&
                get(file, room, room_size()) && sum(head, room) == head->crc;
    if (file >= 0)
        close(file);
    if (!good)
        free(room);
    return good ? room : NULL;
}

bool snapshot_look(int folder, const struct snapshot_want *want, uint64_t *next_sequence,
                   uint32_t *commands) {
    struct head head;
    struct room *room = read_all(folder, want, &head);
    if (!room)
        return false;
    free(room);
    *next_sequence = head.station.next_sequence;
    *commands = head.station.commands;
    return true;
}

bool snapshot_load(int folder, const struct snapshot_want *want, struct station *station,
                   const struct spectrum *spectrum) {
    struct head head;
    struct room *room = read_all(folder, want, &head), *own = station->room;
    if (!room)
        return false;
    memcpy(own, room, room_size());
    free(room);
    *station = head.station;
    station->room = own;
    room_spectrum(own, spectrum);
    return true;
}

uint32_t snapshot_program(void) {
    uint8_t bytes[65536];
    uint32_t crc = 0;
    ssize_t got = -1;
    int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    while (file >= 0 && (got = read(file, bytes, sizeof bytes)) > 0)
        crc = crc32c(crc, bytes, (size_t)got);
    if (file >= 0)
        close(file);
    return got == 0 ? crc : 0;
}
