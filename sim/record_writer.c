#include "sim/record_writer.h"
#include "proto/site.h"
#include "sim/marks.h"
#include "sim/wfdb_header.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_ROOM = 32, FILE_CHARS = OUTPUT_PATH_MAX + 1, WINDOW_S = 30 };
enum { HOUR_S = 3600 };

/* --- names and files -------------------------------------------------------------------------- */

static void file_path(const struct record_writer *w, const char *suffix, char out[FILE_CHARS]) {
    snprintf(out, FILE_CHARS, "%.*s%s", OUTPUT_PATH_MAX - NAME_ROOM, w->base, suffix);
}

static enum hemo_error take_name(struct record_writer *w, const char *path,
                                 struct failure *failure) {
    size_t length = strlen(path);
    if (length > 4 && !strcmp(path + length - 4, ".hea"))
        length -= 4;
    if (length > OUTPUT_PATH_MAX - NAME_ROOM)
        return failure_set(failure, HEMO_BAD_CONFIG, "-o: name too long");
    memcpy(w->base, path, length);
    const char *slash = strrchr(w->base, '/');
    w->name = slash ? slash + 1 : w->base;
    if (!wfdb_name_ok(w->name) || !strcmp(path, "-"))
        return failure_set(failure, HEMO_BAD_CONFIG,
                           "-o \"%.100s\" (want a record name of letters, digits, '_', '-', '.')",
                           path);
    return HEMO_OK;
}

static enum hemo_error check_free(const struct record_writer *w, const char *suffix,
                                  struct failure *failure) {
    char path[FILE_CHARS];
    file_path(w, suffix, path);
    if (access(path, F_OK))
        return HEMO_OK;
    return failure_set(failure, HEMO_BAD_CONFIG, "%.200s exists (want another name, or --force)",
                       path);
}

static enum hemo_error open_file(const struct record_writer *w, const char *suffix,
                                 struct output *output, struct failure *failure) {
    char path[FILE_CHARS];
    file_path(w, suffix, path);
    return output_open(output, path, failure);
}

enum hemo_error record_writer_open(struct record_writer *w, const char *path, bool force,
                                   const char *const suffixes[], struct failure *failure) {
    const char *names[RECORD_WRITER_EXTRAS + 3] = {".dat", ".marks.csv", ".hea"};
    struct output *outputs[RECORD_WRITER_EXTRAS + 3] = {&w->dat, &w->marks_csv, &w->hea};
    *w = (struct record_writer){.window = NULL};
    for (; suffixes[w->extras_count]; w->extras_count++) {
        names[3 + w->extras_count] = suffixes[w->extras_count];
        outputs[3 + w->extras_count] = &w->extras[w->extras_count];
    }
    enum hemo_error error = take_name(w, path, failure);
    for (int i = 0; i < 3 + w->extras_count && !error && !force; i++)
        error = check_free(w, names[i], failure);
    for (int i = 0; i < 3 + w->extras_count && !error; i++)
        error = open_file(w, names[i], outputs[i], failure);
    return error;
}

/* --- frames ----------------------------------------------------------------------------------- */

static uint64_t greatest_divisor(uint64_t a, uint64_t b) {
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* False: no frame holds a whole number of each channel's samples. */
static bool lay_out_frame(struct record_writer *w) {
    uint64_t ticks = 1;
    for (uint32_t c = 0; c < w->info.channels_count; c++) {
        uint64_t one = w->info.channels[c].ticks_per_sample;
        ticks = ticks / greatest_divisor(ticks, one) * one;
        if (ticks > UINT32_MAX)
            return false;
    }
    w->frame_ticks = (uint32_t)ticks;
    for (uint32_t c = 0; c < w->info.channels_count; c++) {
        w->per_frame[c] = w->frame_ticks / w->info.channels[c].ticks_per_sample;
        w->offset[c] = w->frame_samples;
        w->frame_samples += w->per_frame[c];
        if (w->per_frame[c] > WFDB_FRAME_SAMPLES_MAX)
            return false;
    }
    return true;
}

enum hemo_error record_writer_begin(struct record_writer *w, const struct stream_info *info,
                                    uint64_t first_tick, uint64_t end_tick,
                                    struct failure *failure) {
    w->info = *info;
    w->first_tick = first_tick;
    w->end_tick = end_tick;
    for (uint32_t g = 0; g < STREAM_GROUPS_MAX; g++)
        w->group_next[g] = first_tick;
    if (!lay_out_frame(w))
        return failure_set(failure, HEMO_BAD_FORMAT,
                           "the channels' rates have no common frame of a record");
    w->window_frames = (uint32_t)(WINDOW_S * stream_base_rate_hz(info) / w->frame_ticks) + 1;
    size_t samples = (size_t)w->window_frames * w->frame_samples;
    w->window = malloc(samples * sizeof *w->window);
    if (!w->window)
        return failure_set(failure, HEMO_NO_ROOM, "no memory for a record");
    for (size_t i = 0; i < samples; i++)
        w->window[i] = SAMPLE_MISSING;
    return HEMO_OK;
}

static int16_t *place(struct record_writer *w, uint64_t frame, uint32_t channel) {
    return w->window + (size_t)(frame % w->window_frames) * w->frame_samples + w->offset[channel];
}

static void write_frame(struct record_writer *w) {
    for (uint32_t c = 0; c < w->info.channels_count; c++) {
        int16_t *samples = place(w, w->frames, c);
        if (!w->frames)
            w->initial[c] = samples[0];
        for (uint32_t i = 0; i < w->per_frame[c]; i++) {
            w->sum[c] += samples[i];
            fputc(samples[i] & 0xff, w->dat.file);
            fputc(samples[i] >> 8 & 0xff, w->dat.file);
            samples[i] = SAMPLE_MISSING;
        }
    }
    w->frames++;
}

/* A counter that jumps would fill the disk with invalid samples. */
static void write_until(struct record_writer *w, uint64_t frame) {
    double most_s = RECORD_WRITER_GAP_HOURS_MAX * HOUR_S;
    if (frame > w->frames && (double)(frame - w->frames) * w->frame_ticks >
                                 most_s * stream_base_rate_hz(&w->info))
        w->too_long = true;
    while (!w->too_long && w->frames < frame)
        write_frame(w);
}

static void put(struct record_writer *w, uint32_t channel, uint64_t tick, int16_t sample) {
    if (tick < w->first_tick || tick >= w->end_tick)
        return;
    uint64_t index = (tick - w->first_tick) / w->info.channels[channel].ticks_per_sample;
    uint64_t frame = index / w->per_frame[channel];
    if (frame < w->frames) {
        w->late++;
        return;
    }
    if (frame - w->frames >= w->window_frames)
        write_until(w, frame - w->window_frames + 1);
    /* A header's gain is above zero: a falling scale turns round with its counts. */
    if (w->info.channels[channel].scale < 0 && sample != SAMPLE_MISSING)
        sample = (int16_t)-sample;
    place(w, frame, channel)[index % w->per_frame[channel]] = sample;
}

static void take_samples(struct record_writer *w, const struct sample_block *block) {
    const int16_t *samples = block->samples;
    for (uint32_t c = 0; c < w->info.channels_count; c++) {
        const struct stream_channel *channel = &w->info.channels[c];
        if (channel->group != block->group)
            continue;
        for (uint32_t k = 0; k < block->count; k++)
            put(w, c, block->first_tick + (uint64_t)k * channel->ticks_per_sample, samples[k]);
        samples += block->count;
    }
}

/* The group has come to that tick; frames that all groups have passed are complete. */
static void group_came_to(struct record_writer *w, uint32_t group, uint64_t tick) {
    if (tick > w->end_tick)
        tick = w->end_tick;
    if (tick > w->group_next[group])
        w->group_next[group] = tick;
    uint64_t least = UINT64_MAX;
    for (uint32_t c = 0; c < w->info.channels_count; c++)
        if (w->group_next[w->info.channels[c].group] < least)
            least = w->group_next[w->info.channels[c].group];
    write_until(w, (least - w->first_tick) / w->frame_ticks);
}

/* --- marks ------------------------------------------------------------------------------------ */

static void add_mark(struct record_writer *w, const struct stream_mark *mark) {
    if (w->marks_count == w->marks_room) {
        size_t room = w->marks_room ? 2 * w->marks_room : 64;
        struct stream_mark *grown = realloc(w->marks, room * sizeof *grown);
        w->out_of_memory |= !grown;
        if (!grown)
            return;
        w->marks = grown;
        w->marks_room = room;
    }
    w->marks[w->marks_count++] = *mark;
}

static void take_mark(struct record_writer *w, const struct stream_mark *mark) {
    if (mark->channel >= w->info.channels_count || mark->kind > MARK_KIND_MAX)
        return;
    if (mark->tick < w->first_tick)
        w->standing[mark->channel][mark->kind] = *mark;
    else if (mark->tick < w->end_tick)
        add_mark(w, mark);
}

/* True: it says something of the time behind it that a record beginning there must know. (To
 * equalise is an act of its moment: not once more.) */
static bool still_holds(const struct stream_mark *mark, const struct stream_channel *channel) {
    switch (mark->kind) {
    case MARK_SITE:
        return mark->site != site_from_label(channel->label);
    case MARK_PHASE:
        return mark->phase != 0;
    case MARK_ZEROING:
    case MARK_FLUSH:
    case MARK_WEDGE:
    case MARK_PULLBACK:
        return mark->value > 0;
    default:
        return false;
    }
}

/* Where a channel's label is another site than it begins at, or none, the first mark says so. */
static void write_beginning(struct record_writer *w) {
    for (uint32_t c = 0; c < w->info.channels_count; c++) {
        const struct stream_channel *channel = &w->info.channels[c];
        struct stream_mark *site = &w->standing[c][MARK_SITE];
        if (!site->kind && channel->unit == UNIT_MMHG)
            *site = (struct stream_mark){.kind = MARK_SITE, .channel = c, .site = channel->site};
        for (uint32_t kind = 1; kind <= MARK_KIND_MAX; kind++) {
            struct stream_mark *mark = &w->standing[c][kind];
            mark->tick = 0;
            if (mark->kind && still_holds(mark, channel))
                marks_write(w->marks_csv.file, mark, &w->info);
        }
    }
}

/* As they came where they are of one tick. */
static void sort_marks(struct record_writer *w) {
    for (size_t i = 1; i < w->marks_count; i++)
        for (size_t k = i; k && w->marks[k - 1].tick > w->marks[k].tick; k--) {
            struct stream_mark later = w->marks[k - 1];
            w->marks[k - 1] = w->marks[k];
            w->marks[k] = later;
        }
}

static void write_marks(struct record_writer *w) {
    fputs("time_s,kind,channel,value,text\n", w->marks_csv.file);
    write_beginning(w);
    sort_marks(w);
    for (size_t i = 0; i < w->marks_count; i++) {
        w->marks[i].tick -= w->first_tick;
        marks_write(w->marks_csv.file, &w->marks[i], &w->info);
    }
}

/* --- the whole -------------------------------------------------------------------------------- */

void record_writer_take(struct record_writer *w, const struct source_item *item) {
    switch (item->kind) {
    case SOURCE_SAMPLES:
        take_samples(w, &item->body.samples);
        group_came_to(w, item->body.samples.group, item->next_tick);
        break;
    case SOURCE_GAP:
        group_came_to(w, item->body.gap.group, item->body.gap.next_tick);
        break;
    case SOURCE_MARK:
        take_mark(w, &item->body.mark);
        break;
    case SOURCE_END:
        break;
    }
}

bool record_writer_failed(const struct record_writer *w) {
    return ferror(w->dat.file) || w->out_of_memory || w->too_long;
}

double record_writer_seconds(const struct record_writer *w) {
    return (double)w->frames * w->frame_ticks / stream_base_rate_hz(&w->info);
}

static void write_header(const struct record_writer *w, const char *comments) {
    static const char *const units[] = {"", "mmHg", "mV", "L/min", "NU"};
    FILE *out = w->hea.file;
    fprintf(out, "%s %u %.10g %llu\n", w->name, w->info.channels_count,
            stream_base_rate_hz(&w->info) / w->frame_ticks, (unsigned long long)w->frames);
    for (uint32_t c = 0; c < w->info.channels_count; c++) {
        const struct stream_channel *channel = &w->info.channels[c];
        const struct site_row *site = site_row(channel->site);
        char samples[16] = "";
        if (w->per_frame[c] > 1)
            snprintf(samples, sizeof samples, "x%u", w->per_frame[c]);
        fprintf(out, "%s.dat 16%s %.15g(%d)/%s 16 0 %d %d 0 %s\n", w->name, samples,
                1 / fabs(channel->scale), channel->scale < 0 ? -channel->offset : channel->offset,
                units[channel->unit], w->initial[c], (int16_t)(uint16_t)(w->sum[c] & 0xffff),
                *channel->label ? channel->label : site ? site->name : "AUX");
    }
    fputs(comments, out);
}

enum hemo_error record_writer_commit(struct record_writer *w, const char *comments,
                                     struct failure *failure) {
    uint64_t most = w->first_tick;
    for (uint32_t g = 0; g < STREAM_GROUPS_MAX; g++)
        if (w->group_next[g] > most)
            most = w->group_next[g];
    write_until(w, (most - w->first_tick + w->frame_ticks - 1) / w->frame_ticks);
    if (w->out_of_memory)
        return failure_set(failure, HEMO_NO_ROOM, "no memory for the marks");
    if (w->too_long)
        return failure_set(failure, HEMO_BAD_FORMAT,
                           "over %d h without a sample behind %.0f s (want --to before it, or "
                           "--from behind it)",
                           RECORD_WRITER_GAP_HOURS_MAX, record_writer_seconds(w));
    write_marks(w);
    write_header(w, comments);
    struct output *outputs[RECORD_WRITER_EXTRAS + 3] = {&w->dat, &w->marks_csv};
    for (int i = 0; i < w->extras_count; i++)
        outputs[2 + i] = &w->extras[i];
    outputs[2 + w->extras_count] = &w->hea; /* last: who sees a header finds all that it names */
    for (int i = 0; i < 3 + w->extras_count; i++) {
        enum hemo_error error = output_commit(outputs[i], failure);
        for (int k = 0; error && k < i; k++)
            unlink(outputs[k]->path); /* made it to its place before a later one failed */
        if (error)
            return error;
    }
    return HEMO_OK;
}

void record_writer_close(struct record_writer *w) {
    output_abort(&w->dat);
    output_abort(&w->marks_csv);
    output_abort(&w->hea);
    for (int i = 0; i < w->extras_count; i++)
        output_abort(&w->extras[i]);
    free(w->window);
    free(w->marks);
    *w = (struct record_writer){.window = NULL};
}
