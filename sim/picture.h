/* picture.h - a stretch of a stream as lanes: traces, what was found in them, what was true.
 *
 *     picture_init(&picture, &source.info, &view);
 *     picture_item(&picture, &item);           // each item of the source, from its beginning
 *     picture_event(&picture, &event);         // what a room says (a room_event_fn)
 *     picture_truth(&picture, &beat);          // where it is known
 *     picture_draw(&picture, out);             // SVG, the same bytes each time
 *     picture_free(&picture);
 *
 * Lanes, colours and scales as on the page. A trace is grey where its beats were withheld,
 * withdrawn or left out; states shade their time; beats found are discs at the reported systolic
 * and diastolic, those left out crosses, true ones open diamonds. Where a beat is narrower than 10
 * points, no beats are drawn. Samples outside the scale are a bar at its edge. */
#pragma once
#include "proto/event.h"
#include "sim/source.h"
#include <stddef.h>
#include <stdio.h>

struct picture_view {
    double from_s, to_s; /* to_s NAN: to the end of what comes */
    const char *title;
    const struct event *measurement; /* draw this one: its beats, what was left out; or NULL */
    double width, lane_height;       /* 0: 1200, 120 */
    bool embedded;                   /* in a page that has svg_style and a legend already */
};

struct picture_truth {
    uint32_t site;
    const char *label; /* of the channel; NULL: any channel at that site then */
    double at_s, systolic, diastolic;
};

/* What happened, in the order in which it came. */
struct picture_mark {
    enum { PICTURE_BEAT, PICTURE_STATE, PICTURE_SITE, PICTURE_VALUE, PICTURE_FINDING } kind;
    uint32_t channel, what; /* what: state, site or finding */
    uint64_t from_tick, to_tick; /* to_tick UINT64_MAX: open */
    double systolic, diastolic;
    bool out; /* a beat: left out or withdrawn */
    char text[96];
};

struct picture_trace {
    float *values; /* NAN: missing; from first_tick on */
    size_t count, room;
};

struct picture {
    struct picture_view view;
    struct stream_info info;
    double base_rate_hz;
    uint64_t from_tick, to_tick;
    struct picture_trace traces[STREAM_CHANNELS_MAX];
    struct picture_mark *marks;
    struct picture_truth *truths;
    size_t marks_count, marks_room, truths_count, truths_room;
    struct picture_mark spare; /* written where there is no memory, never read */
    bool out_of_memory;
};

void picture_init(struct picture *picture, const struct stream_info *info,
                  const struct picture_view *view);
void picture_item(struct picture *picture, const struct source_item *item);
void picture_event(void *picture, const struct event *event);
void picture_truth(struct picture *picture, const struct picture_truth *truth);
void picture_draw(const struct picture *picture, FILE *out);
void picture_free(struct picture *picture);

/* The site at which a channel lies at a tick; PCW in a wedge that was marked. */
uint32_t picture_site(const struct picture *picture, uint32_t channel, uint64_t tick);
/* The colour class of a site. */
const char *picture_colour(uint32_t site);
