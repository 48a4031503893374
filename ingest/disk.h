/* disk.h - the few calls by which the journal touches the disk, so that a test can put a failing
 * one there. All return what the system call returns and set errno. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct disk {
    void *context;
    int (*open_file)(void *context, int folder, const char *name, int flags);
    ssize_t (*write_at)(void *context, int fd, const void *bytes, size_t size, off_t offset);
    int (*sync_data)(void *context, int fd); /* fdatasync; for a folder, fsync */
    int (*rename_file)(void *context, int folder, const char *from, const char *to);
    int (*remove_file)(void *context, int folder, const char *name);
    int (*close_file)(void *context, int fd);
};

struct disk disk_real(void);
