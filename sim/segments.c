#include "sim/segments.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { NAME_CHARS = 32 };
static const size_t file_max = (size_t)1 << 30;

static void name_of(uint32_t number, char out[NAME_CHARS]) {
    snprintf(out, NAME_CHARS, "segment-%010u.journal", number);
}

static int by_number(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* A segment's number, 0 for any other file. */
static uint32_t number_of(const char *name) {
    char expected[NAME_CHARS];
    if (strlen(name) != sizeof "segment-0000000000.journal" - 1)
        return 0;
    unsigned long number = strtoul(name + sizeof "segment-" - 1, NULL, 10);
    name_of(number <= UINT32_MAX ? (uint32_t)number : 0, expected);
    return strcmp(expected, name) ? 0 : (uint32_t)number;
}

static enum hemo_error list(struct segments *s, DIR *folder, struct failure *failure) {
    struct dirent *entry;
    s->numbers = calloc(SEGMENTS_MAX, sizeof *s->numbers);
    if (!s->numbers)
        return failure_set(failure, HEMO_NO_ROOM, "no memory for a journal");
    while ((entry = readdir(folder))) {
        uint32_t number = number_of(entry->d_name);
        if (number && s->numbers_count == SEGMENTS_MAX)
            return failure_set(failure, HEMO_NO_ROOM, "%.200s: more than %d segments", s->folder,
                               SEGMENTS_MAX);
        if (number)
            s->numbers[s->numbers_count++] = number;
    }
    qsort(s->numbers, s->numbers_count, sizeof *s->numbers, by_number);
    if (!s->numbers_count)
        return failure_set(failure, HEMO_NOT_FOUND,
                           "%.200s: no journal (want a folder with segment-*.journal)", s->folder);
    for (uint32_t i = 1; i < s->numbers_count; i++)
        if (s->numbers[i] != s->numbers[i - 1] + 1)
            return failure_set(failure, HEMO_CORRUPT, "%.200s: segment %u is missing", s->folder,
                               s->numbers[i - 1] + 1);
    return HEMO_OK;
}

enum hemo_error segments_open(struct segments *segments, const char *path,
                              struct failure *failure) {
    struct segments *s = segments;
    struct stat status;
    *s = (struct segments){.numbers_count = 0};
    if (strlen(path) > SEGMENTS_PATH_MAX)
        return failure_set(failure, HEMO_BAD_CONFIG, "--journal: name too long");
    if (stat(path, &status))
        return failure_set(failure, failure_from_errno(errno), "%.200s: %s (want a journal)", path,
                           errno == ENOENT ? "no such file" : "cannot be read");
    memcpy(S_ISDIR(status.st_mode) ? s->folder : s->one, path, strlen(path) + 1);
    if (*s->one) {
        s->numbers_count = 1;
        return HEMO_OK;
    }
    DIR *folder = opendir(path);
    if (!folder)
        return failure_set(failure, failure_from_errno(errno), "%.200s: cannot be read", path);
    enum hemo_error error = list(s, folder, failure);
    closedir(folder);
    return error;
}

void segments_close(struct segments *segments) {
    free(segments->numbers);
    free(segments->bytes);
    *segments = (struct segments){.bytes = NULL};
}

void segments_rewind(struct segments *segments) {
    free(segments->bytes);
    segments->bytes = NULL;
    segments->at = 0;
    segments->cut_bytes = 0;
}

static void path_of(const struct segments *s, char out[SEGMENTS_PATH_MAX + NAME_CHARS + 2]) {
    char name[NAME_CHARS];
    name_of(*s->one ? 0 : s->numbers[s->at], name);
    if (*s->one)
        memcpy(out, s->one, sizeof s->one);
    else
        snprintf(out, SEGMENTS_PATH_MAX + NAME_CHARS + 2, "%s/%s", s->folder, name);
}

/* All bytes of the segment at hand. */
static enum hemo_error load(struct segments *s, struct failure *failure) {
    char path[SEGMENTS_PATH_MAX + NAME_CHARS + 2];
    struct stat status;
    path_of(s, path);
    FILE *in = fopen(path, "re");
    bool known = in && !fstat(fileno(in), &status) && (size_t)status.st_size <= file_max;
    s->bytes = known ? malloc((size_t)status.st_size + 1) : NULL;
    s->length = s->bytes ? fread(s->bytes, 1, (size_t)status.st_size, in) : 0;
    bool failed = !s->bytes || ferror(in);
    if (in)
        fclose(in);
    if (failed)
        return failure_set(failure, HEMO_NOT_FOUND, "%.300s: cannot be read", path);
    enum hemo_error error = segment_header_read(s->bytes, s->length, &s->header);
    s->offset = SEGMENT_HEADER;
    if (!error && !*s->one && s->header.number != s->numbers[s->at])
        error = HEMO_CORRUPT;
    if (error == HEMO_NOT_FOUND && s->at + 1 == s->numbers_count)
        return HEMO_NOT_FOUND; /* made ahead, never begun */
    return error ? failure_set(failure, HEMO_BAD_FORMAT, "%.300s: no segment of a journal: %s",
                               path, hemo_error_text(error))
                 : HEMO_OK;
}

/* What could not be read is damage, or the torn end of the last write. */
static enum hemo_error bad_record(struct segments *s, enum hemo_error error,
                                  struct failure *failure) {
    char path[SEGMENTS_PATH_MAX + NAME_CHARS + 2];
    size_t left = s->length - s->offset;
    bool last = s->at + 1 == s->numbers_count;
    if (last && !record_valid_behind(s->bytes + s->offset, left, s->header.number)) {
        s->cut_bytes = left;
        return HEMO_NOT_FOUND;
    }
    path_of(s, path);
    return failure_set(failure, HEMO_CORRUPT, "%.300s: byte %zu: %s", path, s->offset,
                       hemo_error_text(error));
}

enum hemo_error segments_next(struct segments *segments, struct record *out,
                              struct failure *failure) {
    struct segments *s = segments;
    while (s->at < s->numbers_count) {
        size_t size;
        enum hemo_error error = s->bytes ? HEMO_OK : load(s, failure);
        if (error)
            return error;
        error = record_read(s->bytes + s->offset, s->length - s->offset, s->header.number, out,
                            &size);
        if (!error) {
            s->offset += size;
            return HEMO_OK;
        }
        if (error != HEMO_NOT_FOUND)
            return bad_record(s, error, failure);
        free(s->bytes);
        s->bytes = NULL;
        s->at++;
    }
    return HEMO_NOT_FOUND;
}
