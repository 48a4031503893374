/* say.h - what the page is told about a batch of committed events. */
#pragma once
#include "worklist/hub.h"
#include "worklist/store.h"

/* Publishes: each room that changed, state, finding and measurement; of beats and readings only the
 * newest of each channel; the worklist once, where a study moved. Reads the database for rooms,
 * measurements and the list. */
void say_batch(struct hub *hub, struct db *db, const struct store_batch *batch);

/* A notice of worklistd's own. Heap. */
char *say_notice_text(const char *code, int64_t room, const char *text);

/* The message of one event as JSON text, NULL for kinds that are not told. Heap. Pure. */
char *say_event(const struct event *event, double base_rate_hz, int64_t study);
