/* offline.h - one source through one room, without hemod: the same chain, the same events.
 *
 *     error = offline_open(&offline, &source, &config, &failure);
 *     error = offline_use(&offline, &item, on_event, context, &failure);   // to SOURCE_END
 *     offline_close(&offline);
 *
 * The run is case 1 of stream 1 in epoch 2^32, always: so the same record gives the same ids in
 * analyze, in plot, and on another day. */
#pragma once
#include "detectors/room.h"
#include "dsp/spectrum.h"
#include "sim/source.h"

struct offline_config {
    const char *name;  /* of what is run, for messages */
    const char *rules; /* file, or NULL */
    uint32_t room;
};

struct offline {
    struct offline_config config;
    struct room *room;
    struct spectrum spectrum;
    double base_rate_hz;
    uint64_t first_tick;
};

enum hemo_error offline_open(struct offline *offline, const struct source *source,
                             const struct offline_config *config, struct failure *failure);
/* What the room refuses although the source made it is our bug or a mark that does not fit: said,
 * never passed over. */
enum hemo_error offline_use(struct offline *offline, const struct source_item *item,
                            room_event_fn *on_event, void *context, struct failure *failure);
/* "co=5.1": a value that somebody typed before the first sample. */
enum hemo_error offline_type(struct offline *offline, const char *text, room_event_fn *on_event,
                             void *context, struct failure *failure);
void offline_close(struct offline *offline); /* a zeroed one is closed */

/* The rules of a file; NULL: the defaults. */
enum hemo_error offline_rules(struct rules *rules, const char *path, struct failure *failure);
