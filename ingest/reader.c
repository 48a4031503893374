/* reader.c - see reader.h. */
#include "ingest/reader.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum hemo_error reader_init(struct reader *r, int folder) {
    *r = (struct reader){.folder = folder, .fd = -1};
    r->buffer = malloc(READER_BUFFER);
    return r->buffer ? HEMO_OK : HEMO_NO_ROOM;
}

static void close_file(struct reader *r) {
    if (r->fd >= 0)
        close(r->fd);
    r->fd = -1;
    r->filled = 0;
}

void reader_close(struct reader *r) {
    close_file(r);
    free(r->buffer);
    r->buffer = NULL;
}

void reader_seek(struct reader *r, struct place place) {
    if (place.segment != r->at.segment)
        close_file(r);
    if (place.offset < SEGMENT_HEADER)
        place.offset = SEGMENT_HEADER;
    r->at = place;
    r->filled = 0;
}

static enum hemo_error read_at(struct reader *r, uint32_t offset) {
    r->from = offset;
    r->filled = 0;
    while (r->filled < READER_BUFFER) {
        ssize_t got = pread(r->fd, r->buffer + r->filled, READER_BUFFER - r->filled,
                            (off_t)offset + (off_t)r->filled);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return HEMO_IO;
        if (got == 0)
            break;
        r->filled += (uint32_t)got;
    }
    return HEMO_OK;
}

enum hemo_error reader_open(struct reader *r) {
    char name[SEGMENT_NAME];
    struct stat status;
    close_file(r);
    segment_name(r->at.segment, name);
    r->fd = openat(r->folder, name, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0)
        return errno == ENOENT ? HEMO_NOT_FOUND : HEMO_IO;
    if (fstat(r->fd, &status) != 0)
        return HEMO_IO;
    if (status.st_size > UINT32_MAX)
        return HEMO_BAD_FORMAT;
    r->file_size = (uint32_t)status.st_size;
    enum hemo_error error = read_at(r, 0);
    if (error == HEMO_OK)
        error = segment_header_read(r->buffer, r->filled, &r->header);
    if (error == HEMO_OK && r->header.number != r->at.segment)
        error = HEMO_CORRUPT;
    if (error != HEMO_OK)
        close_file(r);
    r->filled = 0; /* bytes behind what is durable may still change */
    return error;
}

/* What of the file can be trusted: all of an older segment, up to the limit in its own. */
static uint32_t end_of(const struct reader *r, struct place limit) {
    if (limit.segment > r->at.segment || limit.offset > r->file_size)
        return r->file_size;
    return limit.offset;
}

/* One record of the open segment; HEMO_NOT_FOUND at the zeros or the end. */
static enum hemo_error next_here(struct reader *r, uint32_t end, struct record *out) {
    size_t size = 0;
    for (int attempt = 0; attempt < 2; attempt++) {
        bool held = r->at.offset >= r->from && r->at.offset < r->from + r->filled && attempt == 0;
        enum hemo_error error = held ? HEMO_OK : read_at(r, r->at.offset);
        if (error != HEMO_OK)
            return error;
        if (r->from + r->filled > end)
            r->filled = end - r->from; /* keep only what cannot change */
        uint32_t stop = r->from + r->filled;
        if (stop <= r->at.offset)
            return HEMO_NOT_FOUND;
        error = record_read(r->buffer + (r->at.offset - r->from), stop - r->at.offset,
                            r->at.segment, out, &size);
        if (error == HEMO_TORN_TAIL && attempt == 0 && stop < end)
            continue;
        if (error != HEMO_OK)
            return error;
        r->last = r->at;
        r->at.offset += (uint32_t)size;
        return HEMO_OK;
    }
    return HEMO_TORN_TAIL;
}

enum hemo_error reader_next(struct reader *r, struct place limit, struct record *out) {
    assert(r->at.offset >= SEGMENT_HEADER);
    while (place_before(r->at, limit)) {
        if (r->fd < 0) {
            enum hemo_error error = reader_open(r);
            if (error != HEMO_OK)
                return error;
        }
        enum hemo_error error = next_here(r, end_of(r, limit), out);
        if (error != HEMO_NOT_FOUND)
            return error;
        if (limit.segment <= r->at.segment)
            return HEMO_NOT_FOUND;
        reader_seek(r, (struct place){r->at.segment + 1, 0});
    }
    return HEMO_NOT_FOUND;
}
