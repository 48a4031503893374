/* disk.c - the real calls. */
#include "ingest/disk.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int real_open(void *context, int folder, const char *name, int flags) {
    (void)context;
    return openat(folder, name, flags | O_CLOEXEC, 0600);
}

static ssize_t real_write(void *context, int fd, const void *bytes, size_t size, off_t offset) {
    (void)context;
    return pwrite(fd, bytes, size, offset);
}

static int real_sync(void *context, int fd) {
    struct stat status;
    (void)context;
    if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode))
        return fsync(fd);
    return fdatasync(fd);
}

static int real_rename(void *context, int folder, const char *from, const char *to) {
    (void)context;
    return renameat(folder, from, folder, to);
}

static int real_remove(void *context, int folder, const char *name) {
    (void)context;
    return unlinkat(folder, name, 0);
}

static int real_close(void *context, int fd) {
    (void)context;
    return close(fd);
}

struct disk disk_real(void) {
    return (struct disk){NULL,        real_open,   real_write, real_sync,
                         real_rename, real_remove, real_close};
}
