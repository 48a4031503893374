#include "sim/wfdb.h"
#include "proto/stream.h"
#include "sim/wfdb_file.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_CHARS = 4096 };

/* Where a signal of the open segment stands. */
struct place {
    uint32_t file, column; /* column: samples before it in a frame of its file */
    int16_t sum;           /* so far, over the counts as stored */
};

struct wfdb {
    char path[PATH_CHARS];   /* of the record, without ".hea" */
    char folder[PATH_CHARS]; /* with its "/", or "" */
    char note[FAILURE_TEXT];
    struct wfdb_header whole;      /* as the caller sees it */
    struct wfdb_header segment;    /* the open one */
    int32_t map[WFDB_SIGNALS_MAX]; /* signal of the record -> signal of the segment; -1: none */
    struct place places[WFDB_SIGNALS_MAX];
    struct wfdb_file files[WFDB_SIGNALS_MAX];
    uint32_t widths[WFDB_SIGNALS_MAX]; /* samples per frame of each file */
    uint32_t files_count;
    uint32_t segments_count;
    bool variable, ignore_checksums;
    uint32_t open_segment;  /* index */
    uint64_t segment_first; /* frame of the record at which the open one begins */
    uint64_t segment_frames;
    uint64_t summed_frames; /* of the open segment, from its beginning, without a hole */
    uint64_t position;      /* next frame */
    uint32_t frame_samples;
    uint32_t offsets[WFDB_SIGNALS_MAX]; /* samples of earlier signals in a frame of the record */
    int16_t scratch[WFDB_DECODE_MAX];
};

const struct wfdb_header *wfdb_header(const struct wfdb *record) {
    return &record->whole;
}
const char *wfdb_note(const struct wfdb *record) {
    return record->note;
}
uint32_t wfdb_frame_samples(const struct wfdb *record) {
    return record->frame_samples;
}
void wfdb_ignore_checksums(struct wfdb *record) {
    record->ignore_checksums = true;
}

static void close_files(struct wfdb *r) {
    while (r->files_count)
        wfdb_file_close(&r->files[--r->files_count]);
}

void wfdb_close(struct wfdb *record) {
    if (record)
        close_files(record);
    free(record);
}

static enum hemo_error load_header(struct wfdb_header *header, const char *path,
                                   struct failure *failure) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return failure_set(failure, failure_from_errno(errno),
                           "%s: %s (want a record: NAME.hea beside its .dat)", path,
                           errno == ENOENT ? "no such file" : "cannot be read");
    char *text = malloc(WFDB_HEADER_MAX + 1);
    size_t length = 0;
    ssize_t got = text ? 1 : -1;
    while (got > 0 && length <= WFDB_HEADER_MAX) {
        got = read(fd, text + length, WFDB_HEADER_MAX + 1 - length);
        length += got > 0 ? (size_t)got : 0;
    }
    close(fd);
    enum hemo_error error;
    if (got < 0)
        error =
            failure_set(failure, HEMO_NOT_FOUND, "%s: cannot be read (want a plain file)", path);
    else if (length > WFDB_HEADER_MAX)
        error = failure_set(failure, HEMO_BAD_LENGTH, "%s: longer than a header can be (%d bytes)",
                            path, WFDB_HEADER_MAX);
    else
        error = wfdb_header_parse(header, path, text, length, failure);
    free(text);
    return error;
}

/* Opens the next file of the segment: the signals from `first` on that name it. Returns one past
 * the last. */
static uint32_t gather_file(struct wfdb *r, uint32_t first, uint32_t *width) {
    const struct wfdb_header *h = &r->segment;
    uint32_t next = first;
    *width = 0;
    for (; next < h->signals_count; next++) {
        if (strcmp(h->signals[next].file, h->signals[first].file) != 0)
            break;
        r->places[next] = (struct place){.file = r->files_count, .column = *width};
        *width += h->signals[next].samples_per_frame;
    }
    return next;
}

static enum hemo_error check_group(const struct wfdb *r, const char *path, uint32_t first,
                                   uint32_t next, struct failure *failure) {
    const struct wfdb_header *h = &r->segment;
    const struct wfdb_signal *a = &h->signals[first];
    for (uint32_t i = first + 1; i < next; i++) {
        const struct wfdb_signal *b = &h->signals[i];
        if (a->format != b->format || (b->byte_offset && b->byte_offset != a->byte_offset))
            return failure_set(failure, HEMO_BAD_FORMAT,
                               "%s:%d: signals of one file differ in format or byte offset", path,
                               b->line);
    }
    for (uint32_t i = next; i < h->signals_count; i++)
        if (!strcmp(h->signals[i].file, a->file) && a->format)
            return failure_set(failure, HEMO_BAD_FORMAT,
                               "%s:%d: \"%s\" named again (want its signals one after another)",
                               path, h->signals[i].line, a->file);
    return HEMO_OK;
}

/* The header's promise against the file's size. */
static enum hemo_error check_length(struct wfdb *r, const char *path, struct failure *failure) {
    struct wfdb_header *h = &r->segment;
    for (uint32_t i = 0; i < r->files_count; i++) {
        uint64_t frames = r->files[i].samples / r->widths[i];
        if (!h->frames_given && (!i || frames < h->frames))
            h->frames = frames;
    }
    if (!h->frames && r->files_count)
        return failure_set(failure, HEMO_BAD_LENGTH, "%s: no samples in its file (want some)",
                           path);
    for (uint32_t i = 0, s = 0; i < r->files_count; i++, s++) {
        while (r->places[s].file != i || !h->signals[s].format)
            s++;
        uint64_t frames = r->files[i].samples / r->widths[i];
        if (frames < h->frames)
            return failure_set(failure, HEMO_BAD_LENGTH,
                               "%s%s: cut short: %llu of %llu frames (want the whole file)",
                               r->folder, h->signals[s].file, (unsigned long long)frames,
                               (unsigned long long)h->frames);
        if (frames > h->frames)
            snprintf(r->note, sizeof r->note,
                     "%.200s: %llu frames beyond the header's are not read", h->signals[s].file,
                     (unsigned long long)(frames - h->frames));
    }
    return HEMO_OK;
}

static enum hemo_error open_files(struct wfdb *r, const char *path, struct failure *failure) {
    const struct wfdb_header *h = &r->segment;
    for (uint32_t first = 0, next; first < h->signals_count; first = next) {
        const struct wfdb_signal *s = &h->signals[first];
        uint32_t width;
        next = gather_file(r, first, &width);
        enum hemo_error error = check_group(r, path, first, next, failure);
        if (error)
            return error;
        if (!s->format)
            continue; /* "~": a layout's signal, no file */
        char file[2 * PATH_CHARS];
        snprintf(file, sizeof file, "%s%s", r->folder, s->file);
        struct wfdb_file *f = &r->files[r->files_count];
        *f = (struct wfdb_file){.fd = -1, .format = s->format, .byte_offset = s->byte_offset};
        if ((error = wfdb_file_open(f, file, file, failure)))
            return error;
        r->widths[r->files_count++] = width;
    }
    return check_length(r, path, failure);
}

/* Which signal of the segment is which of the record: by place, in a variable layout by label. */
static enum hemo_error map_signals(struct wfdb *r, const char *path, struct failure *failure) {
    const struct wfdb_header *h = &r->segment;
    if (!r->variable && h->signals_count != r->whole.signals_count)
        return failure_set(failure, HEMO_BAD_COUNT, "%s: %u signals, the record has %u", path,
                           h->signals_count, r->whole.signals_count);
    if (h->rate_numerator != r->whole.rate_numerator ||
        h->rate_denominator != r->whole.rate_denominator)
        return failure_set(failure, HEMO_BAD_FORMAT, "%s: another sampling rate than the record's",
                           path);
    for (uint32_t i = 0; i < r->whole.signals_count; i++) {
        r->map[i] = r->variable ? -1 : (int32_t)i;
        for (uint32_t j = 0; r->variable && j < h->signals_count; j++)
            if (!strcmp(h->signals[j].label, r->whole.signals[i].label))
                r->map[i] = (int32_t)j;
        if (r->map[i] >= 0 &&
            h->signals[r->map[i]].samples_per_frame != r->whole.signals[i].samples_per_frame)
            return failure_set(failure, HEMO_BAD_FORMAT,
                               "%s:%d: another number of samples per frame than the record's", path,
                               h->signals[r->map[i]].line);
    }
    return HEMO_OK;
}

static bool is_pause(const struct wfdb *r, uint32_t index) {
    return !strcmp(r->whole.segments[index].name, "~");
}

static void segment_path(const struct wfdb *r, uint32_t index, char *out, size_t size) {
    if (r->whole.segments_count)
        snprintf(out, size, "%s%s.hea", r->folder, r->whole.segments[index].name);
    else
        snprintf(out, size, "%s.hea", r->path);
}

/* Opens a segment that begins at a frame of the record. A pause has neither header nor files. */
static enum hemo_error open_segment(struct wfdb *r, uint32_t index, uint64_t first,
                                    struct failure *failure) {
    close_files(r);
    r->open_segment = index;
    r->segment_first = first;
    r->summed_frames = 0;
    bool several = r->whole.segments_count;
    r->segment_frames = several ? r->whole.segments[index].frames : r->whole.frames;
    if (several && is_pause(r, index)) {
        for (uint32_t i = 0; i < r->whole.signals_count; i++)
            r->map[i] = -1;
        return HEMO_OK;
    }
    char path[2 * PATH_CHARS];
    segment_path(r, index, path, sizeof path);
    enum hemo_error error;
    if (several && (error = load_header(&r->segment, path, failure)))
        return error;
    if (r->segment.segments_count)
        return failure_set(failure, HEMO_BAD_FORMAT, "%s: a segment of segments", path);
    if (several && r->segment.frames_given && r->segment.frames != r->segment_frames)
        return failure_set(failure, HEMO_BAD_COUNT, "%s: %llu samples, the record says %llu", path,
                           (unsigned long long)r->segment.frames,
                           (unsigned long long)r->segment_frames);
    if (several) {
        r->segment.frames = r->segment_frames;
        r->segment.frames_given = true;
    }
    if ((error = open_files(r, path, failure)))
        return error;
    return map_signals(r, path, failure);
}

/* The record's signals: those of its layout, or of its first segment that has a header. */
static enum hemo_error take_signals(struct wfdb *r, struct failure *failure) {
    uint32_t index = 0;
    while (index < r->whole.segments_count && is_pause(r, index))
        index++;
    char path[2 * PATH_CHARS];
    if (index == r->whole.segments_count)
        return failure_set(failure, HEMO_BAD_COUNT, "%s.hea: nothing but pauses", r->path);
    segment_path(r, index, path, sizeof path);
    enum hemo_error error = load_header(&r->segment, path, failure);
    if (error)
        return error;
    if (r->segment.segments_count)
        return failure_set(failure, HEMO_BAD_FORMAT, "%s: a segment of segments", path);
    if (r->segment.signals_count != r->whole.signals_count)
        return failure_set(failure, HEMO_BAD_COUNT, "%s: %u signals, the record has %u", path,
                           r->segment.signals_count, r->whole.signals_count);
    memcpy(r->whole.signals, r->segment.signals, sizeof r->whole.signals);
    r->variable = !r->whole.segments[0].frames;
    return HEMO_OK;
}

/* Every segment once, so that a fault in the last one is known before the first sample. */
static enum hemo_error check_segments(struct wfdb *r, struct failure *failure) {
    uint64_t first = 0;
    for (uint32_t i = 0; i < r->segments_count; i++) {
        uint64_t frames = r->whole.segments_count ? r->whole.segments[i].frames : 0;
        enum hemo_error error = HEMO_OK;
        if (!r->whole.segments_count || frames)
            error = open_segment(r, i, first, failure);
        if (error)
            return error;
        first += frames;
    }
    return HEMO_OK;
}

static void split_path(struct wfdb *r, const char *path) {
    size_t length = strlen(path);
    if (length > 4 && !strcmp(path + length - 4, ".hea"))
        length -= 4;
    memcpy(r->path, path, length);
    r->path[length] = 0;
    const char *slash = strrchr(r->path, '/');
    size_t folder = slash ? (size_t)(slash - r->path) + 1 : 0;
    memcpy(r->folder, r->path, folder);
    r->folder[folder] = 0;
}

static enum hemo_error open_record(struct wfdb *r, struct failure *failure) {
    char path[PATH_CHARS + 8];
    snprintf(path, sizeof path, "%s.hea", r->path);
    enum hemo_error error = load_header(&r->whole, path, failure);
    if (error)
        return error;
    r->segments_count = r->whole.segments_count ? r->whole.segments_count : 1;
    if (r->whole.segments_count)
        error = take_signals(r, failure);
    else
        r->segment = r->whole;
    if (error || (error = check_segments(r, failure)))
        return error;
    if (!r->whole.segments_count) {
        r->whole.frames = r->segment.frames;
        r->segment_frames = r->segment.frames;
    }
    for (uint32_t i = 0; i < r->whole.signals_count; i++) {
        r->offsets[i] = r->frame_samples;
        r->frame_samples += r->whole.signals[i].samples_per_frame;
    }
    return HEMO_OK;
}

enum hemo_error wfdb_open(struct wfdb **record, const char *path, struct failure *failure) {
    *record = NULL;
    if (!*path || strlen(path) > PATH_CHARS - 100)
        return failure_set(failure, HEMO_NOT_FOUND, "record name is empty or too long");
    struct wfdb *r = calloc(1, sizeof *r);
    if (!r)
        return failure_set(failure, HEMO_NO_ROOM, "%.200s: no memory for a record", path);
    split_path(r, path);
    enum hemo_error error = open_record(r, failure);
    if (error) {
        wfdb_close(r);
        return error;
    }
    *record = r;
    return HEMO_OK;
}

void wfdb_seek(struct wfdb *record, uint64_t frame) {
    assert(frame <= record->whole.frames);
    record->position = frame;
}

/* One piece of a read: `count` frames of the open segment from its frame `first`, written from
 * `done` frames on into blocks
 * of `total` frames. */
struct piece {
    uint64_t first;
    uint32_t count, done, total;
    int16_t *samples;
};

static int16_t *target(const struct wfdb *r, const struct piece *p, uint32_t signal) {
    size_t at = (size_t)r->offsets[signal] * p->total +
                (size_t)r->whole.signals[signal].samples_per_frame * p->done;
    return p->samples + at;
}

/* Counts of a segment whose gain or baseline differs from the layout's, in the layout's counts. */
static void rescale(const struct wfdb_signal *from, const struct wfdb_signal *to, int16_t *samples,
                    size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (samples[i] == SAMPLE_MISSING)
            continue;
        double counts = (samples[i] - from->baseline) / from->gain * to->gain + to->baseline;
        samples[i] = (int16_t)lrint(fmax(-32767, fmin(32767, counts)));
    }
}

static void sum_up(const struct wfdb_signal *s, struct place *place, const int16_t *samples,
                   size_t count) {
    int stored_missing = s->format == 16 ? SAMPLE_MISSING : s->format == 80 ? -128 : -2048;
    int64_t sum = place->sum;
    for (size_t i = 0; i < count; i++)
        sum += samples[i] == SAMPLE_MISSING ? stored_missing : samples[i];
    place->sum = (int16_t)(uint16_t)(sum & 0xffff);
}

/* Takes one signal's samples out of decoded frames of its file. */
static void take_signal(struct wfdb *r, const struct piece *p, uint32_t signal) {
    int32_t j = r->map[signal];
    const struct wfdb_signal *s = &r->segment.signals[j];
    uint32_t width = r->widths[r->places[j].file], spf = s->samples_per_frame;
    int16_t *out = target(r, p, signal);
    const int16_t *in = r->scratch + r->places[j].column;
    for (uint32_t k = 0; k < p->count; k++, in += width)
        for (uint32_t i = 0; i < spf; i++)
            *out++ = in[i];
}

static void fill_missing(const struct wfdb *r, const struct piece *p, uint32_t signal) {
    size_t count = (size_t)p->count * r->whole.signals[signal].samples_per_frame;
    int16_t *out = target(r, p, signal);
    for (size_t i = 0; i < count; i++)
        out[i] = SAMPLE_MISSING;
}

static enum hemo_error decode_frames(struct wfdb *r, uint32_t file, uint64_t first,
                                     uint32_t count) {
    return wfdb_file_decode(&r->files[file], first * r->widths[file],
                            (size_t)count * r->widths[file], r->scratch);
}

/* A skewed signal stands later in its file; what would lie behind the file's end is missing. */
static enum hemo_error read_skewed(struct wfdb *r, const struct piece *p, uint32_t signal) {
    uint32_t file = r->places[r->map[signal]].file;
    uint64_t first = p->first + r->segment.signals[r->map[signal]].skew_frames;
    uint64_t held = r->files[file].samples / r->widths[file];
    struct piece part = *p;
    fill_missing(r, p, signal);
    if (first >= held)
        return HEMO_OK;
    part.count = held - first < p->count ? (uint32_t)(held - first) : p->count;
    enum hemo_error error = decode_frames(r, file, first, part.count);
    if (!error)
        take_signal(r, &part, signal);
    return error;
}

static enum hemo_error read_file(struct wfdb *r, const struct piece *p, uint32_t file) {
    bool decoded = false;
    for (uint32_t i = 0; i < r->whole.signals_count; i++) {
        int32_t j = r->map[i];
        if (j < 0 || r->segment.signals[j].format == 0 || r->places[j].file != file ||
            r->segment.signals[j].skew_frames)
            continue;
        enum hemo_error error = HEMO_OK;
        if (!decoded)
            error = decode_frames(r, file, p->first, p->count);
        if (error)
            return error;
        decoded = true;
        take_signal(r, p, i);
    }
    return HEMO_OK;
}

/* First value and running sum of each signal of the piece, then the layout's scale. */
static enum hemo_error check_and_scale(struct wfdb *r, const struct piece *p,
                                       struct failure *failure) {
    for (uint32_t i = 0; i < r->whole.signals_count; i++) {
        int32_t j = r->map[i];
        if (j < 0 || !r->segment.signals[j].format)
            continue;
        const struct wfdb_signal *s = &r->segment.signals[j], *w = &r->whole.signals[i];
        int16_t *samples = target(r, p, i);
        size_t count = (size_t)p->count * s->samples_per_frame;
        if (!p->first && s->has_initial && !s->skew_frames && !r->ignore_checksums &&
            samples[0] != SAMPLE_MISSING && samples[0] != s->initial)
            return failure_set(failure, HEMO_BAD_CHECKSUM,
                               "%s%s: signal \"%s\" begins with %d, its header says %d (want the "
                               "file that belongs to the header)",
                               r->folder, s->file, s->label, samples[0], s->initial);
        if (p->first == r->summed_frames)
            sum_up(s, &r->places[j], samples, count);
        if (s->gain < w->gain || s->gain > w->gain || s->baseline != w->baseline)
            rescale(s, w, samples, count);
    }
    if (p->first == r->summed_frames)
        r->summed_frames += p->count;
    return HEMO_OK;
}

static enum hemo_error check_sums(const struct wfdb *r, struct failure *failure) {
    if (r->summed_frames != r->segment_frames || r->ignore_checksums)
        return HEMO_OK;
    for (uint32_t i = 0; i < r->whole.signals_count; i++) {
        int32_t j = r->map[i];
        const struct wfdb_signal *s = j < 0 ? NULL : &r->segment.signals[j];
        if (s && s->has_checksum && !s->skew_frames && s->format && r->places[j].sum != s->checksum)
            return failure_set(failure, HEMO_BAD_CHECKSUM,
                               "%s%s: checksum of signal \"%s\" is %d, its header says %d (want an "
                               "undamaged file, or --ignore-checksums)",
                               r->folder, s->file, s->label, r->places[j].sum, s->checksum);
    }
    return HEMO_OK;
}

static enum hemo_error read_piece(struct wfdb *r, const struct piece *p, struct failure *failure) {
    enum hemo_error error = HEMO_OK;
    for (uint32_t i = 0; i < r->whole.signals_count; i++) {
        int32_t j = r->map[i];
        if (j < 0 || !r->segment.signals[j].format)
            fill_missing(r, p, i);
        else if (r->segment.signals[j].skew_frames && !error)
            error = read_skewed(r, p, i);
    }
    for (uint32_t file = 0; file < r->files_count && !error; file++)
        error = read_file(r, p, file);
    if (error)
        return failure_set(failure, error,
                           "%s.hea: its samples cannot be read any more (frame %llu)", r->path,
                           (unsigned long long)(r->segment_first + p->first));
    if ((error = check_and_scale(r, p, failure)))
        return error;
    return p->first + p->count == r->segment_frames ? check_sums(r, failure) : HEMO_OK;
}

/* Opens the segment that holds the next frame, when it is another one. */
static enum hemo_error reach_segment(struct wfdb *r, struct failure *failure) {
    bool inside =
        r->position >= r->segment_first && r->position < r->segment_first + r->segment_frames;
    /* The first frame opens its segment anew, so that the sums begin with it. */
    if (inside && (r->position > r->segment_first || !r->summed_frames))
        return HEMO_OK;
    uint32_t index = 0;
    uint64_t first = 0;
    while (r->whole.segments_count && r->position >= first + r->whole.segments[index].frames)
        first += r->whole.segments[index++].frames;
    assert(index < r->segments_count); /* position is below the sum of their frames */
    return open_segment(r, index, first, failure);
}

int wfdb_read(struct wfdb *record, uint32_t frames_max, int16_t *samples, struct failure *failure) {
    assert(frames_max && frames_max <= WFDB_READ_FRAMES_MAX);
    struct wfdb *r = record;
    uint64_t left = r->whole.frames - r->position;
    struct piece p = {.total = left < frames_max ? (uint32_t)left : frames_max, .samples = samples};
    uint32_t most = WFDB_DECODE_MAX; /* frames that the widest file's scratch holds */
    for (uint32_t i = 0; i < WFDB_SIGNALS_MAX; i++)
        if (r->widths[i] && WFDB_DECODE_MAX / r->widths[i] < most)
            most = WFDB_DECODE_MAX / r->widths[i];
    while (p.done < p.total) {
        enum hemo_error error = reach_segment(r, failure);
        if (error)
            return error;
        p.first = r->position - r->segment_first;
        uint64_t here = r->segment_frames - p.first;
        p.count = p.total - p.done < most ? p.total - p.done : most;
        if (here < p.count)
            p.count = (uint32_t)here;
        if ((error = read_piece(r, &p, failure)))
            return error;
        p.done += p.count;
        r->position += p.count;
    }
    return (int)p.total;
}

enum hemo_error wfdb_verify(struct wfdb *record, struct failure *failure) {
    enum { FRAMES = 4096 };
    int16_t *samples = malloc((size_t)FRAMES * record->frame_samples * sizeof *samples);
    if (!samples)
        return failure_set(failure, HEMO_NO_ROOM, "no memory for a block");
    int got = 1;
    wfdb_seek(record, 0);
    while (got > 0)
        got = wfdb_read(record, FRAMES, samples, failure);
    free(samples);
    wfdb_seek(record, 0);
    return got < 0 ? failure->error : HEMO_OK;
}
