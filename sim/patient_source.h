/* patient_source.h - a simulated patient as a stream: blocks of 40 ms, the device's marks, faults.
 *
 *     struct patient_source_config config = {.row = patient_find("stable"), .seed = 1,
 *                                            .duration_s = 300};
 *     error = patient_source_open(&source, &config, &failure);
 *
 * Pressures at 250 Hz unless the config says otherwise, the ECG at 500 Hz or at their rate. A
 * catheter's site is marked once it has arrived; a wedge is marked as such and keeps the site PA,
 * as a lab's system does; so are pull-backs, the wire's equalisation, drugs with their phase,
 * zeroing.
 */
#pragma once
#include "sim/cycle.h"
#include "sim/source.h"
#include "sim/truth.h"

enum { PATIENT_SOURCE_RATE_HZ = 250 };

struct patient_source_config {
    const struct patient_row *row;
    uint64_t seed;
    double vary; /* draw another patient around the row, by so much (0.15: 15 %); 0: the row */
    const char *scenario; /* "NAME" or "NAME@1:30" in place of the row's own; NULL: the row's */
    double duration_s;
    uint32_t rate_hz;          /* of the pressures: 125, 200, 250, 400, 500, 1000, 2000; 0: 250 */
    const char *const *faults; /* as fault.h reads them */
    int faults_count;
    /* Each whole beat's truth, as it ends; NULL: nobody asks. */
    void (*on_beat)(void *context, const struct patient_beat *beat);
    void (*on_cycle)(void *context, const struct cycle *cycle); /* of the heart */
    void *context;
};

/* As it is now, for those that write the truth; valid until it is closed. */
const struct patient *patient_source_patient(const struct source *source);
/* What is broken and when, for those that write the truth; valid until it is closed. */
const struct fault_list *patient_source_faults(const struct source *source);

enum hemo_error patient_source_open(struct source *source,
                                    const struct patient_source_config *config,
                                    struct failure *failure);

/* The patient of that name, or HEMO_BAD_CONFIG with the name that was perhaps meant. */
enum hemo_error patient_source_row(const char *name, const struct patient_row **row,
                                   struct failure *failure);
