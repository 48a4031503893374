/* intake.h - what the receiver does with an input it accepted: a number, the journal, the worker.
 */
#pragma once
#include "ingest/receiver.h"

/* True while the journal's ring and every worker's have room for any one input. */
bool intake_has_room(struct receiver *r);
/* A feed's record, with the EpochBegin before it where begin->stream is set. */
void intake_record(struct receiver *r, uint32_t slot, const uint8_t *bytes, uint32_t length,
                   const struct wire_epoch_begin *begin);
/* A client's command; true when it changed the case of its target. */
bool intake_command(struct receiver *r, const struct command_item *item, const uint8_t *bytes);
/* What hemod's own clock says of a stream, as a command of hemod's own: MARK_PACE, MARK_LEAP. Where
 * intake_has_room(), which this uses up. */
void intake_mark(struct receiver *r, uint32_t slot, uint32_t kind, double value);
/* All that was taken becomes visible to the others; wakes them. */
void intake_publish(struct receiver *r);
