/* scan.c - see scan.h. */
#include "ingest/scan.h"
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum hemo_error find_segments(struct scan *s, char *why) {
    int fd = openat(s->reader.folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    uint32_t number;
    if (!folder) {
        snprintf(why, RECOVER_WHY, "cannot be listed: %s", strerrordesc_np(errno));
        if (fd >= 0)
            close(fd);
        return HEMO_IO;
    }
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        if (!segment_from_name(entry->d_name, &number))
            continue;
        if (!s->first_segment || number < s->first_segment)
            s->first_segment = number;
        if (number > s->last_segment)
            s->last_segment = number;
    }
    closedir(folder);
    return HEMO_OK;
}

static enum hemo_error corrupt(struct scan *s, char *why, const char *what) {
    char name[SEGMENT_NAME];
    segment_name(s->reader.at.segment, name);
    snprintf(why, RECOVER_WHY, "%s at byte %u: %s (want an undamaged copy; nothing was changed)",
             name, s->reader.at.offset, what);
    return HEMO_CORRUPT;
}

static void count_epoch(struct lab *lab, uint64_t epoch) {
    uint32_t counter = (uint32_t)(epoch >> 32);
    if (counter > atomic_load(&lab->epochs))
        atomic_store(&lab->epochs, counter);
}

static void see_info(struct scan *s, struct lab *lab, const struct peek *peek) {
    uint32_t slot = lab_slot(lab, peek->stream);
    if (slot == LAB_NO_SLOT || peek->sequence != 0)
        return;
    s->streams[slot].info_epoch = peek->epoch;
    s->streams[slot].info_at = s->reader.last;
    s->streams[slot].info_case = s->streams[slot].case_number;
}

static void see_epoch(struct scan *s, struct lab *lab, const struct peek *peek) {
    uint32_t slot = lab_slot(lab, peek->about_stream);
    count_epoch(lab, peek->about_epoch);
    if (slot == LAB_NO_SLOT)
        return;
    struct scan_stream *stream = &s->streams[slot];
    if (stream->epochs_count == RECOVER_EPOCHS)
        return; /* begins earlier than it must: still right */
    bool has_info = stream->info_epoch == peek->about_epoch;
    stream->epochs[stream->epochs_count++] = (struct scan_epoch){
        peek->about_epoch, has_info ? stream->info_at : s->reader.last, s->rules,
        has_info ? stream->info_case : stream->case_number};
}

static void see_event(struct scan *s, struct lab *lab, const struct peek *peek) {
    uint32_t slot = lab_slot(lab, peek->about_stream);
    if (slot == LAB_NO_SLOT || peek->event_kind != EVENT_EPOCH_BEGAN)
        return;
    struct scan_stream *stream = &s->streams[slot];
    uint32_t done = 0;
    while (done < stream->epochs_count && stream->epochs[done].epoch != peek->about_epoch)
        done++;
    if (done == stream->epochs_count)
        return;
    stream->epochs_count -= done;
    memmove(stream->epochs, stream->epochs + done, stream->epochs_count * sizeof *stream->epochs);
}

static void see_command(struct scan *s, struct lab *lab, const struct record *record,
                        const struct peek *peek, struct wire_frame *frame) {
    uint32_t slot = lab_slot(lab, peek->stream);
    if (slot != LAB_NO_SLOT && peek->stream) {
        struct link_receiver *link = &lab->commands[slot];
        link_receiver_init(link, peek->epoch, 0, peek->sequence + 1, LAB_COMMAND_CREDIT);
        count_epoch(lab, peek->epoch);
    }
    if (peek->kind == WIRE_RULES)
        s->rules = s->reader.last;
    if (wire_parse(frame, record->payload, record->length) != HEMO_OK)
        return;
    if (peek->kind == WIRE_RULES && !peek->stream)
        lab->file_rules_hash = lab_rules_hash(frame->body.rules.text, frame->body.rules.length);
    uint32_t target = lab_target(lab, frame);
    if (target == LAB_NO_SLOT)
        return;
    if (frame->kind == WIRE_CASE_OPEN || frame->kind == WIRE_CASE_CLOSE)
        s->streams[target].case_number = feed_case_after(s->streams[target].case_number, frame);
}

static enum hemo_error see_record(struct scan *s, struct recovery *r, struct lab *lab,
                                  const struct record *record, struct wire_frame *frame) {
    struct peek peek;
    bool own = record->type == RECORD_EVENT || record->type == RECORD_EPOCH;
    if (record->position != r->next_position)
        return HEMO_CORRUPT;
    if (!peek_frame(record->payload, record->length, &peek))
        return HEMO_CORRUPT;
    if (own && s->event_seen && peek.sequence != r->next_event)
        return HEMO_CORRUPT;
    r->next_position++;
    r->records++;
    index_record(&lab->index, s->reader.last, &peek);
    if (own) {
        s->event_seen = true;
        r->next_event = peek.sequence + 1;
    }
    if (record->type == RECORD_COMMAND)
        see_command(s, lab, record, &peek, frame);
    else if (peek.kind == WIRE_EPOCH_BEGIN)
        see_epoch(s, lab, &peek);
    else if (peek.kind == WIRE_EVENT)
        see_event(s, lab, &peek);
    else if (peek.kind == WIRE_STREAM_INFO)
        see_info(s, lab, &peek);
    if (record->type == RECORD_FRAME)
        count_epoch(lab, peek.epoch);
    return HEMO_OK;
}

/* Reads what stands behind the last good record. NULL with *size 0: nothing. */
static uint8_t *read_rest(struct scan *s, size_t *size) {
    uint32_t from = s->reader.at.offset, end = s->reader.file_size;
    uint8_t *bytes = end > from ? malloc(end - from) : NULL;
    *size = 0;
    while (bytes && *size < end - from) {
        ssize_t got =
            pread(s->reader.fd, bytes + *size, end - from - *size, (off_t)from + (off_t)*size);
        if (got <= 0)
            break;
        *size += (size_t)got;
    }
    return bytes;
}

/* Behind the last good record of a segment: zeros, a torn write, or damage. */
static enum hemo_error end_segment(struct scan *s, struct recovery *r, enum hemo_error last,
                                   char *why) {
    size_t size, used = 0;
    uint8_t *rest = read_rest(s, &size);
    for (size_t i = 0; i < size; i++)
        if (rest[i])
            used = i + 1;
    bool more_segments = s->reader.at.segment < s->last_segment;
    bool behind = used && record_valid_behind(rest, size, s->reader.at.segment);
    free(rest);
    if (last == HEMO_BAD_FORMAT)
        return corrupt(s, why, "a record of a type that this version does not know");
    if (behind)
        return corrupt(s, why, "damaged, with valid records behind it");
    if (used && more_segments)
        return corrupt(s, why, "damaged before the last segment");
    r->end = s->reader.at;
    r->cut_bytes = used;
    r->dirty = used != 0;
    return HEMO_OK;
}

static enum hemo_error scan_segment(struct scan *s, struct recovery *r, struct lab *lab, char *why,
                                    struct wire_frame *frame) {
    struct place limit = {s->reader.at.segment, UINT32_MAX};
    struct record record;
    enum hemo_error error = reader_open(&s->reader);
    if (error != HEMO_OK)
        return corrupt(s, why, "missing segment or damaged header");
    const struct segment_header *header = &s->reader.header;
    if (s->reader.at.segment == s->first_segment) {
        lab->journal_id = header->journal;
        r->next_position = header->first_position;
    }
    if (header->journal != lab->journal_id || header->first_position != r->next_position)
        return corrupt(s, why, "a segment that does not follow the one before it");
    while ((error = reader_next(&s->reader, limit, &record)) == HEMO_OK) {
        if (see_record(s, r, lab, &record, frame) == HEMO_OK)
            continue;
        s->reader.at = s->reader.last;
        return corrupt(s, why, "a record that does not follow the one before it");
    }
    if (error == HEMO_IO) {
        snprintf(why, RECOVER_WHY, "cannot be read: %s", strerrordesc_np(errno));
        return error;
    }
    return end_segment(s, r, error, why);
}

enum hemo_error scan_journal(struct scan *s, struct recovery *r, struct lab *lab, char *why) {
    enum hemo_error error = find_segments(s, why);
    if (error != HEMO_OK || !s->first_segment)
        return error;
    struct wire_frame *frame = malloc(sizeof *frame);
    if (!frame)
        return HEMO_NO_ROOM;
    r->found = true;
    for (uint32_t i = s->first_segment; i <= s->last_segment && error == HEMO_OK; i++) {
        reader_seek(&s->reader, (struct place){i, 0});
        error = scan_segment(s, r, lab, why, frame);
    }
    free(frame);
    return error;
}

bool scan_start(const struct scan *s, uint32_t slot, struct scan_epoch *start) {
    const struct scan_stream *stream = &s->streams[slot];
    if (stream->epochs_count)
        *start = stream->epochs[0];
    else if (stream->info_epoch)
        *start = (struct scan_epoch){stream->info_epoch, stream->info_at, s->rules,
                                     stream->info_case};
    return stream->epochs_count || stream->info_epoch;
}
