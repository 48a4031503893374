/* line_lost - a channel carried no usable signal for some time: look at the line. */
#include "detectors/detector.h"

enum { STATE_FIRST = EVENT_GAP };

struct line_lost_state {
    struct detector_config config; /* kept by reset */
    uint32_t site, channel, open;  /* bit kind - 101 of the states that lose a line */
    uint64_t since_tick;           /* when the first of them began */
    uint64_t clear_tick;           /* when the last of them ended */
    bool raised;
};
_Static_assert(sizeof(struct line_lost_state) <= DETECTOR_STATE_BYTES, "fits its slot");

/* Zeroing, flushes, whip, a wedge and learning come and go at a person's hand or by themselves. */
static bool loses(uint32_t kind) {
    return kind == EVENT_GAP || kind == EVENT_FLAT || kind == EVENT_CLIPPED ||
           kind == EVENT_OFFSCALE || kind == EVENT_DISCONNECTED || kind == EVENT_TEST_PATTERN ||
           kind == EVENT_STOPCOCK;
}

static void line_lost_reset(void *state) {
    detector_forget(state, sizeof(struct line_lost_state));
}

static void line_lost_init(void *state, const struct detector_config *config) {
    struct line_lost_state *s = state;
    s->config = *config;
    line_lost_reset(s);
}

static void hear(struct line_lost_state *s, const struct event *event) {
    if (!loses(event->kind))
        return;
    uint32_t bit = 1u << (event->kind - STATE_FIRST);
    if (s->open == 0 && !s->raised)
        s->since_tick = event->tick;
    if (event->state != EVENT_BEGAN)
        s->clear_tick = event->tick;
    s->open = event->state == EVENT_BEGAN ? s->open | bit : s->open & ~bit;
    s->site = event->site;
    s->channel = event->channel;
}

static void found(const struct line_lost_state *s, uint32_t state,
                  const struct detector_input *in, struct event *out) {
    out->kind = EVENT_LINE_LOST;
    out->state = state;
    out->site = s->site;
    out->channel = s->channel;
    out->tick = out->to_tick = in->now_tick;
    out->from_tick = s->since_tick;
    out->quality = 1;
    detector_clears(out, 0, (double)in->rules->line_lost_s);
}

static bool line_lost_push(void *state, const struct detector_input *in, struct event *out) {
    struct line_lost_state *s = state;
    if (in->event != NULL)
        hear(s, in->event);
    double lost_s = (double)(in->now_tick - s->since_tick) / s->config.base_rate_hz;
    if (!s->raised && s->open != 0 && lost_s >= (double)in->rules->line_lost_s) {
        s->raised = true;
        found(s, EVENT_RAISED, in, out);
        return true;
    }
    double clear_s = (double)(in->now_tick - s->clear_tick) / s->config.base_rate_hz;
    if (s->raised && s->open == 0 && clear_s >= (double)in->rules->line_lost_s) {
        s->raised = false;
        found(s, EVENT_RECOVERED, in, out);
        return true;
    }
    return false;
}

const struct detector_class line_lost_class = {
    .name = "line_lost",
    .what = "no usable signal for some time",
    .state_bytes = sizeof(struct line_lost_state),
    .init = line_lost_init,
    .push = line_lost_push,
    .reset = line_lost_reset,
};
