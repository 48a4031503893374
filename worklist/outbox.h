/* outbox.h - commands for hemod: committed with the act that caused them, then sent until they are
 * acknowledged. */
#pragma once
#include "proto/wire.h"
#include "worklist/db.h"

enum { OUTBOX_BYTES = WIRE_RULES_MAX + 1024 };

/* Within the act's transaction. The frame's epoch and sequence are set when it is sent. The room
 * (0: all) shows it as pending until hemod holds it. */
bool outbox_add(struct db *db, int64_t room, struct wire_frame *frame);

struct outbox_link {
    uint64_t epoch, next_sequence;
};
/* Where the command stream stands: kept so that a restart resumes it. */
bool outbox_link_load(struct db *db, struct outbox_link *link);
/* New epoch: everything that waits is numbered from 0 again. */
bool outbox_renumber(struct db *db, uint64_t epoch, struct outbox_link *link);
/* Numbers what waits without a number; link->next_sequence moves. */
bool outbox_number(struct db *db, struct outbox_link *link);
enum { OUTBOX_ROOMS = 64 };
/* All commands of this epoch below next_sequence are durable at hemod. The rooms they were for, at
 * most OUTBOX_ROOMS; -1 on error. */
int outbox_acked(struct db *db, uint64_t epoch, uint64_t next_sequence,
                 int64_t rooms[OUTBOX_ROOMS]);
/* hemod says that the command has no effect. Its room and what it was; -1: no such command. */
int64_t outbox_refused(struct db *db, uint64_t epoch, uint64_t sequence, const char *why,
                       char what[32]);

struct outbox_command {
    uint64_t sequence;
    size_t length;
    uint8_t bytes[OUTBOX_BYTES];
};
/* Commands of the epoch that wait, from a sequence on, in order; -1 on error. */
int outbox_waiting(struct db *db, const struct outbox_link *link, uint64_t from,
                   struct outbox_command *out, int max);
/* The lowest sequence that still waits; next_sequence where none does. */
bool outbox_first(struct db *db, const struct outbox_link *link, uint64_t *first);
