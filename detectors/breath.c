#include "detectors/breath.h"
#include "proto/quantity.h"
#include <math.h>

enum { SAY_EVERY_S = 5, FRESH_S = 10 };

void breath_reset(struct line *line) {
    respiration_init(&line->respiration, (float)line->rate_hz);
}

const struct breathing *breath_now(const struct report_call *call, const struct line *line) {
    bool same = line->breath_known && line->breath_from_tick >= line->clean_tick;
    uint64_t fresh = (uint64_t)(FRESH_S * call->room->base_rate_hz);
    return same && call->now_tick <= line->breath_tick + fresh ? &line->breathing : NULL;
}

static void say(struct report_call *call, struct line *line) {
    const struct breathing *b = &line->breathing;
    struct event event = report_new(call, line, EVENT_BREATH, line->breath_tick);
    event.from_tick = line->breath_from_tick;
    event.method = METHOD_MEAN_BREATHS;
    event.quality = (double)b->confidence;
    event_add_value(&event, QUANTITY_RESP_RATE, (double)b->rate_per_min, 0);
    event_add_value(&event, QUANTITY_RESP_SWING, (double)b->swing_mmhg, 0);
    event_add_value(&event, QUANTITY_MEAN, (double)b->mean_mmhg, 0);
    if (isfinite(b->endexp_mmhg))
        event_add_value(&event, QUANTITY_MEAN_ENDEXP, (double)b->endexp_mmhg, 0);
    line->breath_said_tick = line->breath_tick;
    report_send(call, &event);
}

static uint64_t tick_of(const struct line *line, int64_t sample) {
    return line->origin_tick + (uint64_t)(sample > 0 ? sample : 0) * line->ticks_per_sample;
}

void breath_beat(struct report_call *call, struct line *line, const struct beat *beat) {
    const struct respiration_beat in = {beat->foot, beat->next_foot, beat->mean_mmhg};
    const struct spectrum *spectrum = call->room->spectrum;
    if (spectrum == NULL || !respiration_push(&line->respiration, spectrum, &in, &line->breathing))
        return;
    uint64_t every = (uint64_t)(SAY_EVERY_S * call->room->base_rate_hz);
    bool first = !line->breath_known;
    line->breath_known = true;
    line->breath_from_tick = tick_of(line, line->breathing.from);
    line->breath_tick = tick_of(line, line->breathing.to);
    if (first || line->breath_tick >= line->breath_said_tick + every)
        say(call, line);
}
