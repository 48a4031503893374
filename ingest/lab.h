/* lab.h - what hemod knows of its rooms, filled by recovery before the threads start.
 *
 * Afterwards each part has one owning thread: feeds the receiver, stations their workers, commands
 * and the index the events server. Only the counter of epochs is shared. A slot is a device's index
 * in the configuration. */
#pragma once
#include "ingest/config.h"
#include "ingest/feed.h"
#include "ingest/index.h"
#include "ingest/metrics.h"
#include "ingest/station.h"
#include <stdatomic.h>

enum { LAB_STREAMS = 65536, LAB_FEED_CREDIT = 4096, LAB_COMMAND_CREDIT = 256, LAB_NO_SLOT = 0xff };

struct lab {
    const struct config *config;
    uint64_t journal_id;
    uint8_t slot_of_stream[LAB_STREAMS]; /* LAB_NO_SLOT: none */
    struct feed feeds[CONFIG_DEVICES_MAX];
    struct spectrum spectrum; /* of all stations */
    struct station stations[CONFIG_DEVICES_MAX];
    struct link_receiver commands[CONFIG_DEVICES_MAX]; /* epoch 0: none yet */
    struct index index;
    struct rules rules;       /* in force at the start */
    uint64_t file_rules_hash; /* of the last rules that came from the file */
    _Atomic uint32_t epochs;  /* how many were issued */
};

/* Tells one rule file's text from another. */
uint64_t lab_rules_hash(const char *text, size_t length);

enum hemo_error lab_init(struct lab *lab, const struct config *config);
void lab_close(struct lab *lab);
/* LAB_NO_SLOT where no device has that stream. */
uint32_t lab_slot(const struct lab *lab, uint32_t stream);
/* The slot of the feed that a client's command means; LAB_NO_SLOT for Rules and for streams that
 * are no feed. */
uint32_t lab_target(const struct lab *lab, const struct wire_frame *command);
/* A new epoch's number: counter << 32 | 32 random bits, for the caller to use or not. */
uint64_t lab_fresh_epoch(const struct lab *lab);
void lab_epoch_used(struct lab *lab, uint64_t epoch);
