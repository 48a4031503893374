#include "sim/wfdb_file.h"
#include "proto/stream.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MISSING_80 = -128, MISSING_212 = -2048 };

uint64_t wfdb_format_bytes(uint32_t format, uint64_t samples) {
    switch (format) {
    case 16:
        return 2 * samples;
    case 80:
        return samples;
    /* 212 packs two samples into three bytes; a last single one takes two. */
    default:
        return 3 * (samples / 2) + 2 * (samples % 2);
    }
}

static uint64_t samples_in(uint32_t format, uint64_t bytes) {
    switch (format) {
    case 16:
        return bytes / 2;
    case 80:
        return bytes;
    default:
        return 2 * (bytes / 3) + (bytes % 3 == 2);
    }
}

enum hemo_error wfdb_file_open(struct wfdb_file *file, const char *path, const char *name,
                               struct failure *failure) {
    /* O_NONBLOCK: a pipe in the place of a file must not hang the program. */
    file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file->fd < 0)
        return failure_set(failure, failure_from_errno(errno), "%s: %s (want it beside the header)",
                           name, errno == ENOENT ? "no such file" : "cannot be read");
    struct stat status;
    if (fstat(file->fd, &status) || !S_ISREG(status.st_mode)) {
        wfdb_file_close(file);
        return failure_set(failure, HEMO_NOT_FOUND, "%s: not a plain file (want signal samples)",
                           name);
    }
    uint64_t size = (uint64_t)status.st_size;
    file->samples =
        size > file->byte_offset ? samples_in(file->format, size - file->byte_offset) : 0;
    return HEMO_OK;
}

void wfdb_file_close(struct wfdb_file *file) {
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

static enum hemo_error read_fully(int fd, uint8_t *out, size_t length, uint64_t offset) {
    while (length) {
        ssize_t got = pread(fd, out, length, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? HEMO_IO : HEMO_BAD_LENGTH;
        out += got;
        offset += (uint64_t)got;
        length -= (size_t)got;
    }
    return HEMO_OK;
}

static int16_t sample_212(const uint8_t *pair, bool second) {
    int value = second ? pair[2] | (pair[1] & 0xf0) << 4 : pair[0] | (pair[1] & 0x0f) << 8;
    value -= (value & 0x800) << 1;
    return (int16_t)(value == MISSING_212 ? SAMPLE_MISSING : value);
}

static void decode_16(const uint8_t *bytes, size_t count, int16_t *out) {
    for (size_t i = 0; i < count; i++)
        out[i] = (int16_t)(uint16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8);
}

static void decode_80(const uint8_t *bytes, size_t count, int16_t *out) {
    for (size_t i = 0; i < count; i++) {
        int value = bytes[i] - 128;
        out[i] = (int16_t)(value == MISSING_80 ? SAMPLE_MISSING : value);
    }
}

enum hemo_error wfdb_file_decode(const struct wfdb_file *file, uint64_t first, size_t count,
                                 int16_t *out) {
    assert(count && count <= WFDB_DECODE_MAX);
    uint8_t bytes[2 * WFDB_DECODE_MAX + 4];
    bool odd = file->format == 212 && first % 2;
    uint64_t from = first - odd;
    uint64_t offset = file->byte_offset + wfdb_format_bytes(file->format, from);
    uint64_t length = wfdb_format_bytes(file->format, count + odd);
    enum hemo_error error = read_fully(file->fd, bytes, (size_t)length, offset);
    if (error)
        return error;
    if (file->format == 16)
        decode_16(bytes, count, out);
    else if (file->format == 80)
        decode_80(bytes, count, out);
    else
        for (size_t i = 0; i < count; i++)
            out[i] = sample_212(bytes + 3 * ((i + odd) / 2), (i + odd) % 2);
    return HEMO_OK;
}
