/* pace.h - does a feed's sample clock agree with this machine's? Pure; the clock is an argument.
 *
 *     pace_hello(&pace, held_below, now_ns);     // what it held when the connection began
 *     pace_record(&pace, epoch, sequence, stream_s, now_ns);     // each record that was taken
 *     switch (pace_step(&pace, &value)) ...                      // several times a second
 *
 * The lead of a record is how far its samples are ahead of this machine's clock, up to a constant.
 * Whatever lies on the way (a queue, a partition, a slow disk) can only make it smaller for a
 * while; so of each stretch of time the largest lead is kept, and only a lead that grows above all
 * earlier ones, or falls by four equal steps without a stretch that brought nothing, is the
 * clock's. Three lengths of stretch (pace.c) find a wrong rate of 1 % within 6 s, a drift of 0.1 %
 * within a minute and of 200 ppm within 6 minutes (reference: F-8, F-10).
 *
 * Not judged: records that were made before the connection, which its Hello held (they say how far
 * ahead the feed's clock was then), and a feed that does not claim real time. Samples that the
 * device lost without counting them look like a longer way, and are not found. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { PACE_SCALES = 3, PACE_STRETCHES = 5 };
#define PACE_LEAP_S 0.25

struct pace_scale {
    uint64_t stretch; /* number of the one that is running */
    double lead_s;    /* the largest in it */
    int count;        /* of leads_s, oldest first; with none missing between them */
    double leads_s[PACE_STRETCHES];
};

struct pace { /* all zero at the start */
    uint64_t epoch, held_below, hello_ns;
    double held_lead_s; /* of the last record that the Hello held, had it come with it */
    bool hello, begun;
    double top_s; /* the largest lead lately */
    struct pace_scale scales[PACE_SCALES];
    double pace; /* as it is known: samples' seconds per second; 0: right */
    double said; /* the same, when it was said last; NAN: it is not known what was said */
    int by;      /* the scale that found it */
    double leap_s;
};

enum pace_news {
    PACE_NOTHING,
    PACE_IS,   /* *value: seconds of samples in a second; 1: right again */
    PACE_LEAPT /* *value: seconds that the counter ran ahead at once */
};

/* Records of the connection's first epoch below that sequence were made before it. */
void pace_hello(struct pace *p, uint64_t held_below, uint64_t now_ns);
void pace_record(struct pace *p, uint64_t epoch, uint64_t sequence, double stream_s,
                 uint64_t now_ns);
/* This machine did not read, or the feed does not claim real time: what is known is forgotten. */
void pace_forget(struct pace *p);
enum pace_news pace_step(struct pace *p, double *value);
