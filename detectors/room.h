/* room.h - one stream of one room: samples in, events out. Chains dsp and detectors. Pure.
 *
 *     room_init(room, &rules);                       // rules_default(), or a file's
 *     room_spectrum(room, &spectrum);                // for respiration
 *     room_begin(room, &begin);                      // a new epoch: all signal state is wiped
 *     room_push(room, &block, on_event, context);    // zero or more events
 *     room_mark(room, &mark, on_event, context);
 *     room_end(room, on_event, context);             // what is open is closed
 *
 * A room is a plain value: a copy of its room_size() bytes is a snapshot.
 *
 * Guarantees: the same samples and marks give the same events with the same ids, at every block
 * size, in every interleaving of groups in which each group is in order, at every speed. No heap,
 * no clock, no I/O, no globals. Events come in order of emitted_tick, during the call; the pointer
 * is valid for that call of on_event only. To be independent of block size, pressure channels are
 * processed in order of ticks: a sample once every group has reached its tick, or declared a gap
 * over it. A group more than 2 s behind another's block counts as a gap (detectors/README.md);
 * room_end() processes what is left. */
#pragma once
#include "detectors/rules.h"
#include "proto/error.h"
#include "proto/event.h"
#include "proto/stream.h"
#include "proto/wire.h"

typedef void room_event_fn(void *context, const struct event *event);

enum { ROOM_BYTES_MAX = 4 << 20 }; /* asserted at compile time; the goal is far below */

struct room; /* complete in detectors/room_state.h, for those that embed it */

size_t room_size(void); /* bytes of a struct room, for the caller to allocate once */

enum hemo_error room_init(struct room *room, const struct rules *rules);
/* The plan that respiration is found with, made once per program (dsp/spectrum.h): read-only, so
 * rooms of all threads share it; it must outlive the room. Without it a room finds no respiration.
 * Call it after room_init(). */
struct spectrum;
void room_spectrum(struct room *room, const struct spectrum *spectrum);
/* From here on values are computed from others, too (detectors/derive.h): for an offline run. Call
 * it after room_init(), before room_begin(). */
void room_derives(struct room *room);
/* HEMO_BAD_CONFIG for a StreamInfo that stream_check() refuses; then the room is as after init. */
enum hemo_error room_begin(struct room *room, const struct wire_epoch_begin *begin);
/* HEMO_TIME_BACKWARD: a tick of this group was seen already; HEMO_BAD_COUNT: block and StreamInfo
 * disagree; nothing was used. A jump ahead counts as a gap. */
enum hemo_error room_push(struct room *room, const struct sample_block *block,
                          room_event_fn *on_event, void *context);
enum hemo_error room_gap(struct room *room, const struct stream_gap *gap, room_event_fn *on_event,
                         void *context);
/* Applies before the samples of its tick; one that comes late, now. HEMO_BAD_ENUM, HEMO_BAD_NUMBER:
 * it does not fit the stream, or lies more than 60 s ahead; HEMO_NO_ROOM: 32 wait already. */
enum hemo_error room_mark(struct room *room, const struct stream_mark *mark,
                          room_event_fn *on_event, void *context);
/* One measurement of the last back_ms, now. HEMO_WRONG_CASE: the stream has no case;
 * HEMO_NOT_FOUND: nothing usable lies there. */
enum hemo_error room_capture(struct room *room, const struct wire_capture *capture,
                             room_event_fn *on_event, void *context);
/* New rules from here on; running findings keep the version that raised them. */
void room_rules(struct room *room, const struct rules *rules);
void room_end(struct room *room, room_event_fn *on_event, void *context);

/* received = used + refused + gap, per channel-sample, since room_begin(). */
struct room_counts {
    uint64_t received, used, missing, gap, refused, events;
};
struct room_counts room_counts(const struct room *room);
