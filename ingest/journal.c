/* journal.c - see journal.h. */
#include "ingest/journal.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define NEXT_NAME "next.journal"

static enum hemo_error fail(struct journal *j) {
    j->last_errno = errno;
    if (errno == ENOSPC || errno == EDQUOT)
        return HEMO_DISK_FULL;
    if (errno == EACCES || errno == EPERM || errno == EROFS)
        return HEMO_NO_PERMISSION;
    return j->broken = HEMO_IO;
}

/* No second try, whatever errno says: after a failed sync nobody knows what is on the disk. */
static enum hemo_error fail_sync(struct journal *j) {
    j->last_errno = errno;
    return j->broken = HEMO_IO;
}

static enum hemo_error write_all(struct journal *j, int fd, const uint8_t *bytes, size_t size,
                                 uint64_t offset) {
    const struct disk *disk = &j->config.disk;
    while (size > 0) {
        ssize_t put = disk->write_at(disk->context, fd, bytes, size, (off_t)offset);
        if (put < 0 && errno == EINTR)
            continue;
        if (put == 0)
            errno = ENOSPC; /* a short write with nothing: as if the disk were full */
        if (put <= 0)
            return fail(j);
        bytes += put;
        size -= (size_t)put;
        offset += (uint64_t)put;
    }
    return HEMO_OK;
}

static enum hemo_error sync_file(struct journal *j, int fd) {
    const struct disk *disk = &j->config.disk;
    return disk->sync_data(disk->context, fd) == 0 ? HEMO_OK : fail_sync(j);
}

/* One step of zeros into the file, synced. */
static enum hemo_error fill_step(struct journal *j, int fd, uint32_t *filled, uint32_t end) {
    static const uint8_t zeros[1 << 16];
    uint32_t stop = end - *filled < JOURNAL_STEP ? end : *filled + JOURNAL_STEP;
    while (*filled < stop) {
        uint32_t size = stop - *filled < sizeof zeros ? stop - *filled : (uint32_t)sizeof zeros;
        enum hemo_error error = write_all(j, fd, zeros, size, *filled);
        if (error != HEMO_OK)
            return error;
        *filled += size;
    }
    return sync_file(j, fd);
}

static enum hemo_error next_step(struct journal *j) {
    const struct disk *disk = &j->config.disk;
    if (j->next_fd < 0) {
        j->next_fd =
            disk->open_file(disk->context, j->config.folder, NEXT_NAME, O_RDWR | O_CREAT | O_TRUNC);
        j->next_filled = 0;
        if (j->next_fd < 0)
            return fail(j);
    }
    enum hemo_error error = fill_step(j, j->next_fd, &j->next_filled, j->config.segment_bytes);
    if (error == HEMO_OK && j->next_filled == j->config.segment_bytes)
        j->next_ready = true;
    return error;
}

bool journal_prepare(struct journal *j, enum hemo_error *error) {
    *error = j->broken;
    if (j->broken || j->next_ready)
        return false;
    *error = next_step(j);
    return *error == HEMO_OK && !j->next_ready;
}

/* The next segment becomes the current one: header durable, then its name, then the folder. */
static enum hemo_error roll(struct journal *j) {
    const struct disk *disk = &j->config.disk;
    struct segment_header header = {j->segment + 1, j->config.id, j->next_position};
    uint8_t bytes[SEGMENT_HEADER];
    char name[SEGMENT_NAME];
    enum hemo_error error = j->broken;
    assert(j->used == 0);
    while (error == HEMO_OK && !j->next_ready)
        error = next_step(j);
    if (error != HEMO_OK)
        return error;
    segment_header_write(&header, bytes);
    if ((error = write_all(j, j->next_fd, bytes, sizeof bytes, 0)) != HEMO_OK)
        return error;
    if ((error = sync_file(j, j->next_fd)) != HEMO_OK)
        return error;
    segment_name(header.number, name);
    if (disk->rename_file(disk->context, j->config.folder, NEXT_NAME, name) != 0)
        return fail(j);
    if ((error = sync_file(j, j->config.folder)) != HEMO_OK)
        return error;
    if (j->fd >= 0)
        disk->close_file(disk->context, j->fd);
    j->fd = j->next_fd;
    j->next_fd = -1;
    j->next_ready = false;
    j->segment++;
    j->offset = SEGMENT_HEADER;
    return HEMO_OK;
}

static enum hemo_error begin(struct journal *j, const struct journal_config *config) {
    assert(config->segment_bytes >= SEGMENT_HEADER + record_size(RECORD_PAYLOAD_MAX));
    assert(config->segment_bytes % RECORD_ALIGN == 0 && config->id != 0);
    *j = (struct journal){.config = *config, .fd = -1, .next_fd = -1};
    j->buffer = malloc(JOURNAL_BUFFER);
    return j->buffer ? HEMO_OK : HEMO_NO_ROOM;
}

enum hemo_error journal_create(struct journal *j, const struct journal_config *config) {
    enum hemo_error error = begin(j, config);
    return error == HEMO_OK ? roll(j) : error;
}

enum hemo_error journal_resume(struct journal *j, const struct journal_config *config,
                               struct place end, uint64_t next_position, bool dirty) {
    char name[SEGMENT_NAME];
    enum hemo_error error = begin(j, config);
    uint32_t filled = end.offset, stop = config->segment_bytes;
    if (error != HEMO_OK)
        return error;
    segment_name(end.segment, name);
    j->fd = config->disk.open_file(config->disk.context, config->folder, name, O_RDWR);
    if (j->fd < 0)
        return fail(j);
    j->segment = end.segment;
    j->offset = end.offset;
    j->next_position = next_position;
    while (dirty && error == HEMO_OK && filled < stop)
        error = fill_step(j, j->fd, &filled, stop);
    /* A process that was killed between write and sync left records that were read back from
     * memory: they count as durable from here on, so they must be. So must a segment's name. */
    if (error == HEMO_OK)
        error = sync_file(j, j->fd);
    return error == HEMO_OK ? sync_file(j, j->config.folder) : error;
}

void journal_close(struct journal *j) {
    const struct disk *disk = &j->config.disk;
    if (j->fd >= 0)
        disk->close_file(disk->context, j->fd);
    if (j->next_fd >= 0)
        disk->close_file(disk->context, j->next_fd);
    j->fd = j->next_fd = -1;
    free(j->buffer);
    j->buffer = NULL;
}

enum hemo_error journal_append(struct journal *j, struct record *record) {
    size_t size = record_size(record->length);
    assert(record->length > 0 && record->length <= RECORD_PAYLOAD_MAX);
    assert(record->position == j->next_position);
    if (j->broken)
        return j->broken;
    if (j->used + size > JOURNAL_BUFFER)
        return HEMO_NO_ROOM;
    if ((uint64_t)j->offset + j->used + size > j->config.segment_bytes) {
        if (j->used)
            return HEMO_NO_ROOM;
        enum hemo_error error = roll(j);
        if (error != HEMO_OK)
            return error;
    }
    record->segment = j->segment;
    size_t put = record_write(record, j->buffer + j->used, JOURNAL_BUFFER - j->used);
    assert(put == size);
    j->used += (uint32_t)put;
    j->next_position++;
    return HEMO_OK;
}

enum hemo_error journal_commit(struct journal *j) {
    enum hemo_error error = j->broken;
    if (error != HEMO_OK || !j->used)
        return error;
    if ((error = write_all(j, j->fd, j->buffer, j->used, j->offset)) != HEMO_OK)
        return error;
    if ((error = sync_file(j, j->fd)) != HEMO_OK)
        return error;
    j->offset += j->used;
    j->bytes += j->used;
    j->commits++;
    j->used = 0;
    return HEMO_OK;
}

struct place journal_durable(const struct journal *j) {
    return (struct place){j->segment, j->offset};
}
