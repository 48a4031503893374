#include "detectors/mark.h"
#include "detectors/capture.h"
#include "detectors/derive.h"
#include "detectors/line.h"
#include "detectors/minute.h"
#include "detectors/pullback.h"
#include "detectors/stenosis.h"
#include "proto/quantity.h"
#include <math.h>
#include <string.h>

enum hemo_error mark_check(const struct room *room, const struct stream_mark *mark) {
    if (mark->kind < MARK_SITE || mark->kind > MARK_KIND_MAX || mark->phase > PHASE_MAX)
        return HEMO_BAD_ENUM;
    if (mark->channel >= room->begin.info.channels_count || !isfinite(mark->value))
        return HEMO_BAD_NUMBER;
    if (mark->kind == MARK_SITE && site_row(mark->site) == NULL)
        return HEMO_BAD_ENUM;
    if (mark->kind == MARK_CAPTURE && mark->site != SITE_NONE && site_row(mark->site) == NULL)
        return HEMO_BAD_ENUM;
    if (mark->kind == MARK_VALUE && quantity_row(mark->quantity) == NULL)
        return HEMO_BAD_ENUM;
    uint64_t ahead = (uint64_t)(ROOM_MARK_AHEAD_S * room->base_rate_hz);
    return mark->tick > room->done_tick && mark->tick - room->done_tick > ahead ? HEMO_BAD_NUMBER
                                                                                : HEMO_OK;
}

enum hemo_error mark_keep(struct room *room, const struct stream_mark *mark) {
    uint32_t at = room->marks_count;
    if (at == ROOM_MARKS_MAX)
        return HEMO_NO_ROOM;
    while (at > 0 && room->marks[at - 1].tick > mark->tick)
        at--;
    memmove(room->marks + at + 1, room->marks + at,
            (room->marks_count - at) * sizeof room->marks[0]);
    room->marks[at] = *mark;
    room->marks_count++;
    return HEMO_OK;
}

/* from_value: the mark's kind; to_value: its value. */
static void report_mark(struct report_call *call, const struct line *line,
                        const struct stream_mark *mark) {
    struct event event = report_new(call, line, EVENT_MARKED, mark->tick);
    event.from_value = (double)mark->kind;
    event.to_value = mark->value;
    event.ordinal |= mark->kind << 16;
    if (mark->kind == MARK_VALUE)
        event_add_value(&event, mark->quantity, mark->value, 0);
    report_send(call, &event);
}

static void change_phase(struct report_call *call, uint32_t phase) {
    struct room *room = call->room;
    if (phase == room->phase)
        return;
    for (uint32_t c = 0; c < room->begin.info.channels_count; c++) {
        line_leave(call, &room->lines[c]);
        minute_begin(&room->lines[c], call->now_tick); /* two phases have no value in common */
    }
    room->phase = phase;
    derive_phase(room);
}

/* The next seconds are the last ones when they have passed: the mark waits until then. */
static void capture(struct report_call *call, struct line *line, const struct stream_mark *mark) {
    struct stream_mark later = *mark;
    struct capture_ask ask = {mark->site, -mark->value};
    enum hemo_error error;
    if (mark->value > 0) {
        later.tick = call->now_tick + (uint64_t)(mark->value * call->room->base_rate_hz);
        later.value = -mark->value;
        error = mark_keep(call->room, &later);
    } else {
        error = capture_person(call, line, &ask);
    }
    if (error != HEMO_OK)
        capture_refused(call, line);
}

/* Beyond this, times, rates and what is computed of them are refused (reference: F-10). */
static const double wrong_share = 0.05;

static void say_clock(struct report_call *call, uint32_t kind, uint32_t state, double value) {
    struct event event = report_new(call, &call->room->lines[0], kind, call->now_tick);
    event.site = SITE_NONE; /* the device's, not a line's */
    event.state = state;
    event.from_value = 1;
    event.to_value = value;
    report_send(call, &event);
}

/* pace: seconds of the device in one of hemod's; 1: right. */
static void change_pace(struct report_call *call, double pace) {
    struct room *room = call->room;
    bool drifts = pace != 1;
    if (drifts != room->drifts)
        say_clock(call, EVENT_CLOCK_DRIFT, drifts ? EVENT_BEGAN : EVENT_ENDED, pace);
    room->drifts = drifts;
    if (room->wrong_rate)
        room->right_tick = call->now_tick;
    room->wrong_rate = fabs(pace - 1) > wrong_share;
    for (uint32_t c = 0; c < room->begin.info.channels_count; c++)
        line_wrong_rate(call, &room->lines[c]);
}

void mark_apply(struct report_call *call, const struct stream_mark *mark) {
    struct line *line = &call->room->lines[mark->channel];
    bool begins = mark->value != 0;
    switch (mark->kind) {
    case MARK_SITE:
        line_site(call, line, mark->site);
        break;
    case MARK_ZEROING:
        line_marked(call, line, EVENT_ZEROING, begins);
        break;
    case MARK_FLUSH:
        line_marked(call, line, EVENT_FLUSHED, begins);
        break;
    case MARK_WEDGE:
        line_marked(call, line, EVENT_WEDGE, begins);
        break;
    case MARK_CAPTURE:
        capture(call, line, mark);
        break;
    case MARK_EQUALISE:
    case MARK_PULLBACK:
        stenosis_marked(call, line, mark->kind, begins);
        if (mark->kind == MARK_PULLBACK)
            pullback_marked(call, line, begins);
        break;
    case MARK_PHASE:
        change_phase(call, mark->phase);
        break;
    case MARK_VALUE:
        report_mark(call, line, mark);
        derive_typed(call, mark);
        return;
    case MARK_PACE:
        change_pace(call, mark->value);
        return;
    case MARK_LEAP:
        say_clock(call, EVENT_CLOCK_JUMP, EVENT_BEGAN, mark->value);
        return;
    default: /* drug, note: said, not measured */
        break;
    }
    report_mark(call, line, mark);
}
