#include "sim/wire_fault.h"
#include <math.h>

static bool tick_of(const struct wire_frame *frame, uint64_t *tick) {
    switch (frame->kind) {
    case WIRE_SAMPLES:
        *tick = frame->body.samples.first_tick;
        return true;
    case WIRE_GAP:
        *tick = frame->body.gap.first_tick;
        return true;
    case WIRE_MARK:
        *tick = frame->body.mark.tick;
        return true;
    default:
        return false;
    }
}

static const struct fault *now(const struct wire_faults *w, enum fault_kind kind, uint64_t tick) {
    return fault_find(w->list, kind, FAULT_ON_WIRE, (double)tick / w->base_rate_hz);
}

static const struct {
    enum fault_kind kind;
    enum wire_fate fate;
} harms[] = {{FAULT_lost, WIRE_LOST},
             {FAULT_doubled, WIRE_DOUBLED},
             {FAULT_reordered, WIRE_REORDERED},
             {FAULT_cut, WIRE_CUT}};

enum wire_fate wire_fault_fate(struct wire_faults *faults, const struct wire_frame *frame,
                               double now_s) {
    struct wire_faults *w = faults;
    uint64_t tick;
    const struct fault *f;
    if (!w->list || !tick_of(frame, &tick))
        return WIRE_PASSES;
    if ((f = now(w, FAULT_late, tick))) {
        if (!(w->stalled_until_s > 0))
            w->stalled_until_s = now_s + f->numbers[0];
        return now_s < w->stalled_until_s ? WIRE_LATE : WIRE_PASSES;
    }
    bool again = frame->epoch == w->passed_epoch && frame->sequence <= w->passed;
    w->passed = again ? w->passed : frame->sequence;
    w->passed_epoch = frame->epoch;
    for (size_t i = 0; !again && i < sizeof harms / sizeof harms[0]; i++)
        if ((f = now(w, harms[i].kind, tick)))
            return ++w->count % (uint64_t)f->numbers[0] ? WIRE_PASSES : harms[i].fate;
    return WIRE_PASSES;
}

/* Ticks by which the device's counter is off at that time. */
static int64_t leap(const struct wire_faults *w, uint64_t tick) {
    const struct fault *f;
    double by_s = 0;
    if ((f = now(w, FAULT_jump, tick)))
        by_s = f->numbers[0];
    for (int i = 0; w->list && i < w->list->count; i++) {
        f = &w->list->faults[i];
        /* What has begun anew stays so; never below the counter's beginning. */
        if (f->kind == FAULT_restart && (double)tick / w->base_rate_hz >= f->from_s)
            by_s -= fmin(f->numbers[0], f->from_s);
    }
    return llround(by_s * w->base_rate_hz);
}

void wire_fault_shift(const struct wire_faults *faults, struct wire_frame *frame) {
    uint64_t tick;
    if (!faults->list || !tick_of(frame, &tick))
        return;
    uint64_t by = (uint64_t)leap(faults, tick);
    if (frame->kind == WIRE_SAMPLES)
        frame->body.samples.first_tick += by;
    else if (frame->kind == WIRE_MARK)
        frame->body.mark.tick += by;
    else {
        frame->body.gap.first_tick += by;
        frame->body.gap.next_tick += by;
    }
}

double wire_fault_due_s(const struct fault_list *list, double stream_s) {
    double due_s = stream_s;
    for (int i = 0; list && i < list->count; i++) {
        const struct fault *f = &list->faults[i];
        double times = f->kind == FAULT_rate    ? f->numbers[0]
                       : f->kind == FAULT_clock ? 1 + 1e-6 * f->numbers[0]
                                                : 1;
        double within_s = fmax(0, fmin(stream_s, f->to_s) - f->from_s);
        due_s += within_s / times - within_s;
    }
    return due_s;
}

bool wire_fault_any(const struct fault_list *list, enum fault_kind kind) {
    for (int i = 0; list && i < list->count; i++)
        if (list->faults[i].kind == kind)
            return true;
    return false;
}
