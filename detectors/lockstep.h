/* lockstep.h - samples of groups that arrive one after the other, processed in order of their
 * ticks. Pure.
 *
 * A group's samples wait in rings until every other pressure group has reached their tick. What
 * waits is bounded: before a block (or gap) of one group is taken, groups that are more than
 * ROOM_LAG_S behind its first tick are moved on, which counts as a gap; so at most ROOM_LAG_S and
 * one block wait. Groups without a pressure wait for nobody and nobody for them. */
#pragma once
#include "detectors/report.h"

/* Samples [from, to) of the block; the first of them lies at the group's next_tick. */
void lockstep_append(struct report_call *call, const struct sample_block *block, uint32_t from,
                     uint32_t to);
/* The group has no samples up to next_tick. */
void lockstep_gap(struct report_call *call, uint32_t group, uint64_t next_tick);
/* Process what can be; to_the_end: groups that are behind are not waited for. */
void lockstep_drain(struct report_call *call, bool to_the_end);
