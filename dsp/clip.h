/* clip.h - tops of pulses that a rail has cut off. Pure.
 *
 * A cut top stands still to the last bit for 60 ms, right after a rise of 5 mmHg within 32 ms; a
 * round top of coarse resolution stands still too, but the rise before it has slowed down. Two
 * cut tops at one level within three seconds are a rail, one is chance. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { CLIP_RING = 16 };

struct clip {
    /* settings: kept by clip_reset() */
    int32_t still, before, recent; /* samples: 60 ms, 32 ms, 3 s */
    /* state */
    float ring[CLIP_RING];
    int64_t count;
    int32_t run;      /* equal samples in a row */
    float rise_mmhg;  /* before the run began */
    float level_mmhg; /* of the last cut top */
    int64_t last, last_but_one;
};

void clip_init(struct clip *c, float rate_hz);
void clip_reset(struct clip *c);
void clip_push(struct clip *c, float mmhg); /* NAN: missing */
/* Two cut tops at one level in the last three seconds. */
bool clip_cuts(const struct clip *c);
