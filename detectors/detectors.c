/* detectors.c - detectors.def as a table. */
#include "detectors/detector.h"

#define AT(name) (1u << SITE_##name)
#define ARTERIAL (AT(AO) | AT(ART) | AT(PAO))
#define MEASURED                                                                                   \
    (ARTERIAL | AT(PD) | AT(RA) | AT(RV) | AT(PA) | AT(PCW) | AT(LA) | AT(LV) | AT(CVP))
#define EACH DETECTOR_EACH_LINE
#define TOGETHER DETECTOR_ALL_LINES

#define X(name, scope, sites) extern const struct detector_class name##_class;
#include "detectors/detectors.def"
#undef X

const struct detector_row detector_rows[] = {
#define X(name, scope, sites) {#name, scope, sites, &name##_class},
#include "detectors/detectors.def"
#undef X
};
const int detector_rows_count = (int)(sizeof detector_rows / sizeof detector_rows[0]);
