/* station.h - the signal state of one stream: journalled records in, events out. No I/O, no clock,
 * no lock.
 *
 * hemod's worker drives it with records as they come, recovery and hemosim with the same records
 * from the journal: that all give the same events is what makes signal state a pure function of
 * the journal. Which events a stream without a case may give is decided here: its states, beats and
 * readings are shown live under case 0; measurements and findings (2xx MEASUREMENT, 3xx) need a
 * case and are not made.
 * Quarantined records give one event each epoch. */
#pragma once
#include "detectors/room.h"

typedef void station_event_fn(void *context, const struct event *event);

struct station {
    struct room *room;
    uint32_t stream, number; /* number: of the room */
    bool open, quarantined;
    uint64_t epoch, case_number, tick, began_tick;
    uint64_t next_sequence; /* of the epoch: behind the last record that came here */
    uint32_t commands;      /* that came since the epoch began */
    struct stream_info info;
    struct room_counts before; /* of the epochs that ended */
    uint64_t events;
};

struct station_sink {
    station_event_fn *on_event;
    void *context;
};

/* Over a room that room_init() has made ready; it stays the caller's. */
void station_over(struct station *s, struct room *room, uint32_t stream, uint32_t number);
/* A new epoch: the old one is ended, all signal state is wiped. Gives EPOCH_BEGAN. */
void station_begin(struct station *s, const struct wire_epoch_begin *begin,
                   struct station_sink *sink);
/* A device's record; of another epoch than the open one: HEMO_OLD_EPOCH, nothing is done. */
enum hemo_error station_frame(struct station *s, const struct wire_frame *frame,
                              struct station_sink *sink);
/* A client's Mark or Capture for this stream. A Mark of tick 0 means now. */
enum hemo_error station_command(struct station *s, const struct wire_frame *frame,
                                struct station_sink *sink);
/* The epoch ends here: the case changed. */
void station_end(struct station *s, struct station_sink *sink);
void station_rules(struct station *s, const struct rules *rules);
/* Of all epochs since init. */
struct room_counts station_counts(const struct station *s);
/* Whether the event may be given under that case. */
bool station_allows(uint64_t case_number, uint32_t kind);
