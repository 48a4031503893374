/* site.h - the positions of a catheter, as rows of sites.def. Pure. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum site {
    SITE_NONE = 0,
#define X(number, name, label, shape, min, max, endexp, sct, what) SITE_##name = (number),
#include "proto/sites.def"
#undef X
    SITE_NUMBER_MAX = 31 /* numbers on the wire are 1..31 */
};

/* How a trace is read. */
enum site_shape { SHAPE_OTHER, SHAPE_ARTERY, SHAPE_VENTRICLE, SHAPE_ATRIUM };

struct site_row {
    enum site site;
    const char *name;        /* "PA": the constant's name */
    const char *label;       /* "Pa": what a person reads */
    enum site_shape shape;
    float min_mmhg, max_mmhg; /* plausible */
    bool end_expiratory;
    const char *sct;         /* SNOMED CT code or "" */
    const char *what;
};

/* All rows in the order of sites.def. */
extern const struct site_row site_rows[];
extern const int site_rows_count;

/* The row of a site; NULL where the number is not in sites.def. */
const struct site_row *site_row(uint32_t number);

/* The site of a label or name, case-insensitive ("pa" is the pulmonary artery; "Pa" and "Pd" match
 * exactly first).
 * Also knows the recordings' labels: PAP = PA, ABP = ART, PCWP = PCW, II/V/MCL1 and the like = ECG,
 * and everything unknown = SITE_AUX. */
enum site site_from_label(const char *label);
