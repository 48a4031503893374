/* storage.c - see storage.h. */
#include "ingest/storage.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static enum hemo_error fail(const struct hemod *h, char *why, const char *what, int number) {
    snprintf(why, HEMOD_WHY, "%s: %s: %s", h->config.journal, what, strerrordesc_np(number));
    if (number == EACCES || number == EPERM || number == EROFS)
        return HEMO_NO_PERMISSION;
    return number == ENOSPC || number == EDQUOT ? HEMO_DISK_FULL : HEMO_IO;
}

static enum hemo_error lock_folder(struct hemod *h, char *why) {
    if (mkdir(h->config.journal, 0700) != 0 && errno != EEXIST)
        return fail(h, why, "cannot be made (want a folder that hemod may write)", errno);
    h->folder = open(h->config.journal, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (h->folder < 0)
        return fail(h, why, "cannot be opened (want a folder)", errno);
    h->lock = openat(h->folder, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (h->lock < 0)
        return fail(h, why, "cannot be written (want permission for hemod)", errno);
    if (flock(h->lock, LOCK_EX | LOCK_NB) != 0) {
        snprintf(why, HEMOD_WHY, "%s: journal already in use by another hemod (want it stopped)",
                 h->config.journal);
        return HEMO_IN_USE;
    }
    return HEMO_OK;
}

static uint64_t fresh_id(void) {
    uint64_t id = 0;
    ssize_t got = getrandom(&id, sizeof id, 0);
    assert(got == sizeof id);
    (void)got;
    return (id >> 11) | 1; /* below 2^53, never 0 */
}

static enum hemo_error journal_failed(struct hemod *h, enum hemo_error error, char *why) {
    const char *want = error == HEMO_DISK_FULL ? "want free space for a segment"
                                               : "want a disk that hemod can write";
    snprintf(why, HEMOD_WHY, "%s: journal: %s: %s (%s)", h->config.journal, hemo_error_text(error),
             strerrordesc_np(h->journal.last_errno), want);
    return error;
}

enum hemo_error storage_open(struct hemod *h, char why[HEMOD_WHY]) {
    char problem[RECOVER_WHY];
    struct recovery *r = &h->recovery;
    enum hemo_error error = lock_folder(h, why);
    if (error != HEMO_OK)
        return error;
    error = recover(r, &h->lab, h->folder, problem);
    if (error != HEMO_OK) {
        snprintf(why, HEMOD_WHY, "%s: %s: %s", h->config.journal, hemo_error_text(error), problem);
        return error;
    }
    if (!r->found)
        h->lab.journal_id = fresh_id();
    struct journal_config config = {.disk = disk_real(),
                                    .folder = h->folder,
                                    .segment_bytes = h->config.segment_mib << 20,
                                    .id = h->lab.journal_id};
    if (r->found)
        error = journal_resume(&h->journal, &config, r->end, r->next_position, r->dirty);
    else
        error = journal_create(&h->journal, &config);
    if (error != HEMO_OK)
        return journal_failed(h, error, why);
    if (!r->found)
        r->end = journal_durable(&h->journal);
    atomic_store(&h->metrics.recovered_records, r->records);
    atomic_store(&h->metrics.recovered_cut_bytes, r->cut_bytes);
    atomic_store(&h->metrics.recovered_events, r->missing.count);
    atomic_store(&h->metrics.recovered_snapshots, r->snapshots);
    for (uint32_t i = 0; i < h->config.devices_count; i++)
        atomic_store(&h->metrics.streams[i].case_number, h->lab.feeds[i].case_number);
    if (r->cut_bytes)
        log_line("%s: a torn tail of %llu bytes was cut: a write that was never acknowledged",
                 h->config.journal, (unsigned long long)r->cut_bytes);
    return HEMO_OK;
}

/* Runs the writer by hand until its rings are empty. */
static enum hemo_error flush(struct hemod *h) {
    enum hemo_error error = HEMO_OK;
    while (writer_step(&h->writer, &error)) {
    }
    return error;
}

/* As a record of the journal with number `inputs`; the worker gets it from lab->rules. */
static enum hemo_error put_rules(struct hemod *h) {
    struct wire_frame *frame = &h->receiver.frame;
    struct input_item item = {
        .number = h->receiver.inputs++, .type = RECORD_COMMAND, .slot = NO_SLOT};
    size_t length;
    wire_begin(frame, WIRE_RULES);
    frame->epoch = h->lab.journal_id;
    frame->body.rules.text = h->rules_text;
    frame->body.rules.length = (uint32_t)h->rules_length;
    enum hemo_error error = wire_pack(frame, h->receiver.buffer, WIRE_BYTES_MAX, &length);
    if (error != HEMO_OK)
        return error;
    item.length = (uint32_t)length;
    uint8_t *out = ring_reserve(&h->input, (uint32_t)(sizeof item + length));
    assert(out);
    memcpy(out, &item, sizeof item);
    memcpy(out + sizeof item, h->receiver.buffer, length);
    ring_publish(&h->input);
    for (uint32_t i = 0; i < h->config.devices_count; i++)
        if (h->lab.stations[i].room)
            station_rules(&h->lab.stations[i], &h->lab.rules);
    return flush(h);
}

enum hemo_error storage_complete(struct hemod *h, char why[HEMOD_WHY]) {
    enum hemo_error error = HEMO_OK;
    int line;
    for (uint32_t i = 0; i < h->recovery.missing.count && error == HEMO_OK; i++) {
        const struct event *event = &h->recovery.missing.events[i];
        error = writer_put_event(&h->writer, event);
    }
    if (error == HEMO_OK)
        error = flush(h);
    if (error != HEMO_OK)
        return journal_failed(h, error, why);
    bool new_rules =
        h->rules_text && lab_rules_hash(h->rules_text, h->rules_length) != h->lab.file_rules_hash;
    if (!new_rules)
        return HEMO_OK;
    error = rules_parse(h->rules_text, h->rules_length, &h->lab.rules, &line);
    assert(error == HEMO_OK); /* hemod_configure() looked */
    error = put_rules(h);
    return error == HEMO_OK ? HEMO_OK : journal_failed(h, error, why);
}

void storage_close(struct hemod *h) {
    if (h->journal.buffer)
        journal_close(&h->journal);
    recover_close(&h->recovery);
    if (h->lock >= 0)
        close(h->lock); /* the file stays: unlinking it would let two hold it */
    if (h->folder >= 0)
        close(h->folder);
    h->lock = h->folder = -1;
}
