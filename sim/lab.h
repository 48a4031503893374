/* lab.h - which catheters lie in a simulated patient, and where each lies at a time. Pure.
 *
 *     const struct lab *lab = lab_find("pigtail");
 *     lab_tip_at(lab, PATIENT_LV, 75, at_s, &tip);   // tip.site, and while it moves tip.from and
 * .share
 *
 * A row of labs.def lists the channels and for each its way: from when at which site, and how long
 * the move there takes. The catheter in the right heart repeats its last stays (the wedge and the
 * way back) every `again_s`. The site is the truth of where the tip lies; what the device calls the
 * channel meanwhile is lab_called(): a wedged tip goes on being called PA, a pressure wire Pd. */
#pragma once
#include "proto/site.h"
#include <stdbool.h>
#include <stdint.h>

/* The lines that a lab may have. A stream carries those of its patient's lab, in this order. */
enum patient_channel {
    PATIENT_ECG,
    PATIENT_AO,
    PATIENT_RHC, /* right heart: RA, RV, PA, wedge */
    PATIENT_LV,  /* pigtail */
    PATIENT_LA,  /* through the septum */
    PATIENT_FA,  /* side arm of the femoral sheath */
    PATIENT_PAO, /* Pa: guide at the ostium */
    PATIENT_PD,  /* Pd: pressure wire */
    PATIENT_CVP, /* proximal port of the right-heart catheter */
    PATIENT_CHANNELS
};

extern const char *const patient_channel_labels[PATIENT_CHANNELS];

enum { LAB_STAYS_MAX = 8, LAB_SAYINGS_MAX = 6 };

struct lab_stay {
    double from_s, moves_s; /* it sets out at from_s and has arrived moves_s later */
    uint32_t site;          /* 0 behind the last */
};

struct lab_saying {
    double at_s;
    enum patient_channel channel;
    const char *text; /* NULL behind the last */
};

struct lab {
    const char *name, *what;
    struct lab_stay ways[PATIENT_CHANNELS][LAB_STAYS_MAX];
    struct lab_saying sayings[LAB_SAYINGS_MAX];
    double equalise_from_s, equalise_to_s; /* the wire against the guide; 0, 0: no wire */
};

enum lab_id {
#define X(id, words, ways, sayings, equalise) LAB_##id,
#include "sim/labs.def"
#undef X
    LABS
};

extern const struct lab lab_rows[LABS];

struct lab_tip {
    uint32_t site, from; /* from: where it comes from while it moves, else the same */
    double share;        /* of the way from there, 1 once arrived */
};

bool lab_has(const struct lab *lab, enum patient_channel channel);
void lab_tip_at(const struct lab *lab, enum patient_channel channel, double again_s, double at_s,
                struct lab_tip *out);
uint32_t lab_called(enum patient_channel channel, uint32_t site);
