/* fault.h - what is broken, when and by how much: rows of faults.def as typed on a command line.
 *
 *     error = fault_parse("transducer@60+30:fn=12,zeta=0.2", &fault, &failure);
 *     if (fault_find(&list, FAULT_transducer, PATIENT_AO, at_s)) ...
 *
 * NAME@START+LENGTH in seconds, rounded to the 40 ms blocks of a simulated stream; behind a colon
 * numbers of the row, and channel=LABEL for another line than the row's. */
#pragma once
#include "sim/failure.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fault_kind {
#define L(id, line, numbers, words, causes, within) FAULT_##id,
#define W(id, numbers, words, causes) FAULT_##id,
#include "sim/faults.def"
#undef L
#undef W
    FAULT_KINDS
};

/* FAULT_ON_WIRE stands where a line's channel would. */
enum { FAULT_NUMBERS = 2, FAULTS_MAX = 32, FAULT_ON_WIRE = -1 };

struct fault_number {
    const char *name; /* NULL: none */
    double usual, least, most;
};

/* What a row promises (faults.def). */
enum fault_promise { FAULT_UNSEEN, FAULT_SAID, FAULT_MISSED, FAULT_REFUSED, FAULT_HARMLESS };

struct fault_row {
    const char *name, *what;
    int channel; /* enum patient_channel that breaks, or FAULT_ON_WIRE */
    struct fault_number numbers[FAULT_NUMBERS];
    enum fault_promise promise;
    uint32_t event;         /* of FAULT_SAID, FAULT_MISSED */
    enum hemo_error counted; /* of FAULT_REFUSED */
    double within_s;        /* of its beginning; lines only */
};

extern const struct fault_row fault_rows[FAULT_KINDS];

struct fault {
    enum fault_kind kind;
    int channel;
    double from_s, to_s;
    double numbers[FAULT_NUMBERS];
};

struct fault_list {
    struct fault faults[FAULTS_MAX];
    int count;
};

enum hemo_error fault_parse(const char *text, struct fault *out, struct failure *failure);
enum hemo_error fault_list_parse(const char *const *texts, int count, struct fault_list *out,
                                 struct failure *failure);

/* Whether all of them break lines, or the wire: what a command without the other can do. */
enum fault_place { FAULTS_LINE, FAULTS_WIRE };
enum hemo_error fault_list_check(const char *const *texts, int count, enum fault_place place,
                                 struct failure *failure);

/* In words: must cause "flushed". */
void fault_promise_text(const struct fault_row *row, char *out, size_t size);

/* The fault of that kind on that channel at that time; NULL: it is whole. */
const struct fault *fault_find(const struct fault_list *list, enum fault_kind kind, int channel,
                               double at_s);
