/* disk.c - a disk that remembers what was not synced, and takes a part of it back at a power cut.
 *
 * Files lie in a real folder, as the kernel's memory would show them; each write and rename leaves
 * behind what it replaced until it is synced. A kill of the process takes nothing back. A power cut
 * undoes the newest changes, so many as fate will; of the oldest of these a front part may stay. */
#include "ingest/disk.h"
#include "tests/sim/world.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHANGES = 4096, SECTOR = 512 };

struct change {
    ino_t file; /* of a rename: its folder */
    int fd;     /* our own; -1: a rename */
    off_t offset, length_before;
    size_t size, kept; /* kept: bytes that were there before */
    uint8_t *before;
    char from[SEGMENT_NAME], to[SEGMENT_NAME];
};

static struct {
    struct change changes[CHANGES];
    uint32_t count;
} log_of_changes;

static void drop(struct change *c) {
    free(c->before);
    if (c->fd >= 0)
        close(c->fd);
    *c = (struct change){.fd = -1};
}

void disk_forget(void) {
    for (uint32_t i = 0; i < log_of_changes.count; i++)
        drop(&log_of_changes.changes[i]);
    log_of_changes.count = 0;
}

static void must(bool right) {
    if (!right)
        abort();
}

static void undo(struct change *c, int folder, size_t stays) {
    if (c->fd < 0) {
        must(renameat(folder, c->to, folder, c->from) == 0);
        return;
    }
    if (stays < c->kept)
        must(pwrite(c->fd, c->before + stays, c->kept - stays, c->offset + (off_t)stays) >= 0);
    off_t end = c->offset + (off_t)stays > c->length_before ? c->offset + (off_t)stays
                                                            : c->length_before;
    must(ftruncate(c->fd, end) == 0);
}

void disk_power_cut(void) {
    uint32_t stay = (uint32_t)roll(log_of_changes.count + 1);
    int folder = open(world.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    must(folder >= 0);
    while (log_of_changes.count > stay) {
        struct change *c = &log_of_changes.changes[--log_of_changes.count];
        bool torn = log_of_changes.count == stay && c->fd >= 0;
        undo(c, folder, torn ? roll(c->size / SECTOR + 1) * SECTOR : 0);
        drop(c);
    }
    close(folder);
    disk_forget();
}

/* The process may end here. */
static void fate(void) {
    world.calls++;
    if (world.doom && --world.doom == 0)
        longjmp(world.crash, 1);
}

static struct change *note(void) {
    if (log_of_changes.count == CHANGES) { /* so much the kernel writes back by itself */
        drop(&log_of_changes.changes[0]);
        memmove(log_of_changes.changes, log_of_changes.changes + 1,
                (CHANGES - 1) * sizeof *log_of_changes.changes);
        log_of_changes.count--;
    }
    struct change *c = &log_of_changes.changes[log_of_changes.count++];
    *c = (struct change){.fd = -1};
    return c;
}

static int sim_open(void *context, int folder, const char *name, int flags) {
    (void)context;
    fate();
    return openat(folder, name, flags | O_CLOEXEC, 0600);
}

static ssize_t sim_write(void *context, int fd, const void *bytes, size_t size, off_t offset) {
    struct stat status;
    (void)context;
    fate();
    if (world.full_ns > world.now_ns) {
        errno = ENOSPC;
        return -1;
    }
    if (world.doom && size > SECTOR && roll(2))
        size = (1 + roll(size / SECTOR)) * SECTOR; /* a short write, which is legal */
    must(fstat(fd, &status) == 0);
    struct change *c = note();
    c->file = status.st_ino;
    c->fd = dup(fd);
    c->offset = offset;
    c->length_before = status.st_size;
    c->size = size;
    c->before = malloc(size);
    must(c->before && c->fd >= 0);
    ssize_t got = pread(fd, c->before, size, offset);
    c->kept = got > 0 ? (size_t)got : 0;
    return pwrite(fd, bytes, size, offset);
}

static int sim_sync(void *context, int fd) {
    struct stat status;
    uint32_t left = 0;
    (void)context;
    fate();
    if (world.sync_fails) {
        world.sync_fails = false;
        errno = EIO;
        return -1;
    }
    must(fstat(fd, &status) == 0);
    for (uint32_t i = 0; i < log_of_changes.count && !world.lies; i++) {
        struct change *c = &log_of_changes.changes[i];
        if (c->file == status.st_ino)
            drop(c);
        else
            log_of_changes.changes[left++] = *c;
    }
    log_of_changes.count = world.lies ? log_of_changes.count : left;
    return 0;
}

static int sim_rename(void *context, int folder, const char *from, const char *to) {
    struct stat status;
    (void)context;
    fate();
    must(fstat(folder, &status) == 0);
    struct change *c = note();
    c->file = status.st_ino;
    snprintf(c->from, sizeof c->from, "%s", from);
    snprintf(c->to, sizeof c->to, "%s", to);
    return renameat(folder, from, folder, to);
}

static int sim_remove(void *context, int folder, const char *name) {
    (void)context;
    fate();
    return unlinkat(folder, name, 0);
}

static int sim_close(void *context, int fd) {
    (void)context;
    return close(fd);
}

struct disk disk_real(void) {
    return (struct disk){NULL,       sim_open,   sim_write, sim_sync,
                         sim_rename, sim_remove, sim_close};
}
