/* patient_source.h - a simulated patient as a stream: blocks of 40 ms, the device's marks, faults.
 *
 *     struct patient_source_config config = {.row = patient_find("stable"), .seed = 1,
 *                                            .duration_s = 300};
 *     error = patient_source_open(&source, &config, &failure);
 *
 * ECG at 500 Hz, pressures at 250 Hz, so base ticks of 2 ms. The right-heart catheter's site is
 * marked where it moves; a wedge is marked as such and keeps the site PA, as a lab's system does.
 */
#pragma once
#include "sim/patient.h"
#include "sim/source.h"

struct patient_source_config {
    const struct patient_row *row;
    uint64_t seed;
    double duration_s;
    const char *const *faults; /* "NAME@S+D": fault, start and duration in seconds */
    int faults_count;
    /* Each whole beat's truth, as it ends; NULL: nobody asks. */
    void (*on_beat)(void *context, const struct patient_beat *beat);
    void *context;
};

struct fault_row {
    const char *name, *what;
    uint32_t event;  /* that it must cause, events.def */
    double within_s; /* of its beginning */
};

extern const struct fault_row fault_rows[];
extern const int fault_rows_count;

enum hemo_error patient_source_open(struct source *source,
                                    const struct patient_source_config *config,
                                    struct failure *failure);
