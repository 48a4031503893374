/* pace.c - see pace.h. */
#include "ingest/pace.h"
#include <math.h>

/* A share of so much, kept over four stretches, is said. The steps must be equal within a quarter:
 * a clock is, a way that becomes longer is not. */
static const struct {
    double stretch_s, share;
} scales[PACE_SCALES] = {{1, 0.01}, {10, 0.001}, {60, 0.0002}};

enum { STEPS = PACE_STRETCHES - 1 };

void pace_hello(struct pace *p, uint64_t held_below, uint64_t now_ns) {
    p->held_below = held_below;
    p->hello_ns = now_ns;
    p->hello = true;
}

void pace_forget(struct pace *p) {
    p->begun = false;
    for (int i = 0; i < PACE_SCALES; i++)
        p->scales[i].count = 0;
}

static void begin(struct pace *p, double lead_s, uint64_t now_ns) {
    p->begun = true;
    p->top_s = fmax(lead_s, p->held_lead_s);
    for (int i = 0; i < PACE_SCALES; i++)
        p->scales[i] =
            (struct pace_scale){.stretch = (uint64_t)((double)now_ns / 1e9 / scales[i].stretch_s),
                                .lead_s = lead_s};
}

static void keep(struct pace_scale *s) {
    if (s->count == PACE_STRETCHES) {
        for (int k = 1; k < PACE_STRETCHES; k++)
            s->leads_s[k - 1] = s->leads_s[k];
        s->count--;
    }
    s->leads_s[s->count++] = s->lead_s;
}

static double whole_of(const struct pace_scale *s) {
    return s->leads_s[STEPS] - s->leads_s[0];
}

/* Seconds per second too many, over all stretches; 0 where they do not agree. */
static double slope(const struct pace_scale *s, int scale, double top_s) {
    double whole = whole_of(s), step = whole / STEPS;
    for (int k = 0; k < STEPS; k++) {
        double off = s->leads_s[k + 1] - s->leads_s[k] - step;
        if (!(fabs(off) <= fabs(step) / 4))
            return 0;
    }
    /* Back from behind: it is the way that became free. */
    if (whole > 0 && s->leads_s[STEPS] < top_s)
        return 0;
    return whole / (STEPS * scales[scale].stretch_s);
}

/* A longer scale looks back on what may be over: the shorter ones must see it too, where they can.
 */
static bool seen_now(const struct pace *p, int scale, double off) {
    for (int i = 0; i < scale; i++) {
        double due_s = off * STEPS * scales[i].stretch_s;
        bool can = p->scales[i].count == PACE_STRETCHES && fabs(off) >= scales[i].share;
        if (can && whole_of(&p->scales[i]) / due_s < 0.5)
            return false;
    }
    return true;
}

/* A stretch of that scale is complete. */
static void judge(struct pace *p, int scale) {
    const struct pace_scale *s = &p->scales[scale];
    if (s->count < PACE_STRETCHES)
        return;
    double off = slope(s, scale, p->top_s);
    double least = scales[scale].share * STEPS * scales[scale].stretch_s;
    bool worse = fabs(off) >= scales[scale].share && fabs(off) > 2 * fabs(p->pace);
    if (worse && seen_now(p, scale, off)) {
        p->pace = off;
        p->by = scale;
    } else if (p->by == scale && fabs(whole_of(s)) < least / 2) {
        p->pace = 0; /* the scale that found it finds it no more */
    }
    if (scale == PACE_SCALES - 1) {
        p->top_s = s->leads_s[0]; /* as high as it was in the last five minutes */
        for (int k = 1; k < PACE_STRETCHES; k++)
            p->top_s = fmax(p->top_s, s->leads_s[k]);
    }
}

static void take(struct pace *p, int scale, double lead_s, uint64_t now_ns) {
    struct pace_scale *s = &p->scales[scale];
    uint64_t stretch = (uint64_t)((double)now_ns / 1e9 / scales[scale].stretch_s);
    if (stretch == s->stretch) {
        s->lead_s = fmax(s->lead_s, lead_s);
        return;
    }
    keep(s);
    if (stretch == s->stretch + 1)
        judge(p, scale);
    else
        s->count = 0;
    s->stretch = stretch;
    s->lead_s = lead_s;
}

void pace_record(struct pace *p, uint64_t epoch, uint64_t sequence, double stream_s,
                 uint64_t now_ns) {
    double lead_s = stream_s - (double)now_ns / 1e9;
    if (epoch != p->epoch) { /* all signal state began anew: what was said is forgotten there too */
        struct pace fresh = {.epoch = epoch, .hello_ns = p->hello_ns, .held_lead_s = -HUGE_VAL};
        fresh.held_below = p->hello ? p->held_below : 0;
        *p = fresh;
    }
    p->hello = false;
    if (sequence < p->held_below) { /* the newest of them was made when the Hello was said */
        p->held_lead_s = stream_s - (double)p->hello_ns / 1e9;
        return;
    }
    if (!p->begun) {
        begin(p, lead_s, now_ns);
        return;
    }
    if (lead_s > p->top_s + PACE_LEAP_S && p->scales[0].count == PACE_STRETCHES) {
        p->leap_s = lead_s - p->top_s;
        p->held_lead_s = -HUGE_VAL;
        begin(p, lead_s, now_ns);
    }
    for (int i = 0; i < PACE_SCALES; i++)
        take(p, i, lead_s, now_ns);
    p->top_s = fmax(p->top_s, lead_s);
}

enum pace_news pace_step(struct pace *p, double *value) {
    if (p->leap_s > 0) {
        *value = p->leap_s;
        p->leap_s = 0;
        return PACE_LEAPT;
    }
    /* Anew where it is worse than was said, or right again. */
    if (p->pace == p->said || (p->pace != 0 && fabs(p->pace) < 2 * fabs(p->said)))
        return PACE_NOTHING;
    if (p->pace == 0 && p->scales[0].count < PACE_STRETCHES)
        return PACE_NOTHING; /* not known yet */
    p->said = p->pace;
    *value = 1 + p->pace;
    return PACE_IS;
}
