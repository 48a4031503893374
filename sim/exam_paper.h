/* exam_paper.h - what a room said of one simulated patient, marked against the truth. Pure but for
 * the heap.
 *
 *     struct exam_paper paper = {.info = source.info};
 *     room_push(room, &block, exam_paper_event, &paper);
 *     exam_paper_mark(&paper, &key, &exam);            // adds to the exam's rows
 *     exam_paper_free(&paper);
 *
 * A suggested value is compared with the truth of the beats that it lists: their median where the
 * room took a median, else their mean; and over its stretch of time where it lists none or the site
 * is an atrium, whose beats have no one foot. */
#pragma once
#include "proto/event.h"
#include "proto/stream.h"
#include "sim/truth_log.h"

enum exam_of { EXAM_VALUE, EXAM_FEMORAL, EXAM_BEAT }; /* FEMORAL: of the valve, from the leg */

struct exam_row {
    enum exam_of of;
    uint32_t quantity, site;
    double target;
    const char *basis;
};

enum exam_row_id {
#define X(of, quantity, site, target, basis) EXAM_ROW_##of##_##quantity##_##site,
#include "sim/exam.def"
#undef X
    EXAM_ROWS
};

extern const struct exam_row exam_rows[EXAM_ROWS];

struct exam_marks {
    uint64_t n, within;
    double sum, squares, worst; /* of the errors; worst keeps its sign */
};

struct exam_found {
    uint64_t truth, found, extra; /* whole beats; found once; not in the truth or twice */
};

struct exam {
    struct exam_marks marks[EXAM_ROWS];
    struct exam_found found[SITE_NUMBER_MAX + 1];
    uint64_t patients, unmatched; /* values whose beats have no truth: a catheter moved */
    uint64_t not_drawn;           /* seeds of which no draw was plausible (vary.h) */
};

struct exam_answer {
    enum exam_of of;
    uint32_t quantity, site, channel, method, beats_count;
    double value, from_s, to_s;
    double beats_s[EVENT_BEATS_MAX];
};

struct exam_paper {
    struct stream_info info;
    struct exam_answer *answers;
    size_t count, room;
    bool out_of_memory;
};

/* What only the patient's maker knows. */
struct exam_key {
    const struct truth_log *log;
    double wire_mmhg;           /* what the wire adds */
    double drug_s, drug_ends_s; /* of the hyperaemia; NAN: none */
};

void exam_paper_event(void *paper, const struct event *event); /* a room_event_fn */
void exam_paper_mark(const struct exam_paper *paper, const struct exam_key *key, struct exam *exam);
void exam_paper_free(struct exam_paper *paper);
