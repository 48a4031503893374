/* Each row of detectors.def keeps the promises of detector.h; and each check catches a detector
 * that was made to break it. */
#include "tests/trace.h"
#include "proto/quantity.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

enum { HZ = 100, SCRIPT_MAX = 8000, FOUND_MAX = 256 };

/* What a detector hears: an event, or (kind EVENT_NONE) the clock alone. */
struct script {
    uint32_t count;
    struct event events[SCRIPT_MAX];
};

static struct event *script_add(struct script *script, double at_s, uint32_t kind, uint32_t state) {
    assert_true(script->count < SCRIPT_MAX);
    struct event *event = &script->events[script->count++];
    memset(event, 0, sizeof *event);
    event->kind = kind;
    event->state = state;
    event->site = SITE_AO;
    event->stream = event->room = 1;
    event->epoch = 1;
    event->tick = event->from_tick = event->to_tick = event->emitted_tick = (uint64_t)(at_s * HZ);
    event->quality = 1;
    event->id = id_make(1, 1, event->tick, kind, state << 8);
    return event;
}

static void script_beat(struct script *script, double at_s, double mean_mmhg, double pulse_mmhg) {
    struct event *event = script_add(script, at_s + 1, EVENT_BEAT, EVENT_STATE_NONE);
    event->tick = event->from_tick = (uint64_t)(at_s * HZ);
    event_add_value(event, QUANTITY_SYSTOLIC, mean_mmhg + pulse_mmhg * 2 / 3, 0);
    event_add_value(event, QUANTITY_DIASTOLIC, mean_mmhg - pulse_mmhg / 3, 0);
    event_add_value(event, QUANTITY_MEAN, mean_mmhg, 0);
}

static void script_wedge(struct script *script, double at_s, double mean_mmhg) {
    struct event *event = script_add(script, at_s, EVENT_MEASUREMENT, EVENT_SUGGESTED);
    event->site = SITE_PCW;
    event_add_value(event, QUANTITY_MEAN, mean_mmhg, 0);
}

static void script_clock(struct script *script, double from_s, double to_s) {
    for (double at_s = from_s; at_s < to_s; at_s += 0.5)
        script_add(script, at_s, EVENT_NONE, EVENT_STATE_NONE);
}

static void script_value(struct script *script, double at_s, uint32_t site, uint32_t quantity,
                         double mmhg) {
    struct event *event = script_add(script, at_s + 1, EVENT_BEAT, EVENT_STATE_NONE);
    event->tick = event->from_tick = (uint64_t)(at_s * HZ);
    event->site = site;
    event->channel = site;
    event_add_value(event, quantity, mmhg, 0);
}

/* Heart and lungs beside the artery: what rises, rises after 120 s. */
static void script_heart(struct script *script, int s) {
    double risen = s < 120 ? 0 : s < 200 ? (s - 120) * 0.15 : 12;
    script_value(script, s, SITE_RA, QUANTITY_MEAN, 4 + risen);
    script_value(script, s, SITE_PA, QUANTITY_DIASTOLIC, 8 + risen * 0.7);
    script_value(script, s, SITE_LV, QUANTITY_EDP, 8 + risen);
    script_value(script, s, SITE_LA, QUANTITY_V_WAVE, 15 + 2 * risen);
    event_add_value(&script->events[script->count - 1], QUANTITY_MEAN, 12, 0);
}

/* Guide and wire: Pd/Pa falls while Pa holds, then the guide fills the ostium. */
static void script_wire(struct script *script, int s) {
    double share = s < 120 ? 0 : s < 200 ? (s - 120) / 80.0 : 1;
    double lost = s >= 260 ? 30 : 0, low = 92 - 22 * share, pulse = 40 * (1 - 0.4 * share);
    static const uint32_t sites[] = {SITE_PAO, SITE_PD};
    for (int i = 0; i < 2; i++) {
        double mean = i == 0 ? 93 - lost * 2 / 3 : low, wide = i == 0 ? 40 + lost : pulse;
        script_value(script, s, sites[i], QUANTITY_MEAN, mean);
        struct event *beat = &script->events[script->count - 1];
        event_add_value(beat, QUANTITY_SYSTOLIC, mean + wide * 2 / 3, 0);
        event_add_value(beat, QUANTITY_DIASTOLIC, mean - wide / 3, 0);
    }
}

/* The line itself: each state that a finding waits for, long enough. */
static void script_states(struct script *script, double at_s) {
    static const uint32_t kinds[] = {EVENT_DAMPED, EVENT_WRONG_SITE, EVENT_MOTION};
    static const uint32_t sites[] = {SITE_AO, SITE_PAO};
    for (int i = 0; i < 6; i++, at_s += 100) {
        struct event *began = script_add(script, at_s, kinds[i % 3], EVENT_BEGAN);
        began->site = sites[i / 3];
        began->channel = i < 3 ? 0 : sites[1];
        script_clock(script, at_s + 1, at_s + 20);
        struct event *ended = script_add(script, at_s + 20, kinds[i % 3], EVENT_ENDED);
        ended->site = sites[i / 3];
        ended->channel = i < 3 ? 0 : sites[1];
        script_clock(script, at_s + 21, at_s + 90);
    }
}

/* A case in which everything happens: the pressure falls and stays low, the wedge rises, the line
 * is lost, the pulse stops, the atrium and the ventricle fill. */
static void script_everything(struct script *script) {
    script->count = 0;
    for (int s = 0; s < 320; s++) {
        double fallen = s < 120 ? 0 : s < 200 ? (s - 120) * 0.5 : 40;
        script_beat(script, s, 95 - fallen + (s % 4), 40 - fallen / 2.5);
        script_heart(script, s);
        script_wire(script, s);
        script_clock(script, s + 1, s + 2);
        if (s == 50)
            script_wedge(script, s + 2, 10);
        if (s == 250)
            script_wedge(script, s + 2, 20);
    }
    script_add(script, 322, EVENT_GAP, EVENT_BEGAN);
    script_clock(script, 322, 332);
    script_add(script, 332, EVENT_GAP, EVENT_ENDED);
    script_clock(script, 332, 340);
    for (int s = 340; s < 350; s++)
        script_beat(script, s, 58, 30);
    script_add(script, 352, EVENT_NO_PULSE, EVENT_BEGAN);
    for (int s = 352; s < 362; s++) {
        event_add_value(script_add(script, s, EVENT_READING, EVENT_STATE_NONE), QUANTITY_MEAN, 20,
                        0);
        script_clock(script, s, s + 1);
    }
    script_add(script, 362, EVENT_NO_PULSE, EVENT_ENDED);
    for (int s = 362; s < 560; s++)
        script_beat(script, s, 95, 40);
    script_states(script, 570);
}

/* Every artefact there is, over and over, and beats without values in between. */
static void script_artefacts(struct script *script) {
    script->count = 0;
    for (int s = 0; s < 300; s += 2) {
        uint32_t kind = EVENT_GAP + (uint32_t)(s / 2) % 16;
        script_beat(script, s, 0, 0);
        struct event *beat = &script->events[script->count - 1];
        beat->values_count = 0;
        beat->left_out[0] = (struct event_left_out){beat->tick, EVENT_IN_ARTEFACT};
        beat->left_out_count = 1;
        if (kind == EVENT_NO_PULSE) /* that one is no artefact */
            continue;
        script_add(script, s + 1, kind, EVENT_BEGAN);
        script_clock(script, s + 1, s + 8);
        script_add(script, s + 8, kind, EVENT_ENDED);
    }
}

struct instance {
    const struct detector_class *detector;
    uint32_t sites; /* that it hears, as report.c would have it */
    bool each, known; /* of one line: that of the first event */
    uint32_t channel;
    _Alignas(16) unsigned char state[DETECTOR_STATE_BYTES];
    uint32_t count;
    struct event found[FOUND_MAX];
};

static void instance_open(struct instance *i, const struct detector_class *detector) {
    memset(i, 0, sizeof *i);
    i->detector = detector;
    i->sites = UINT32_MAX;
    for (int k = 0; k < detector_rows_count; k++)
        if (detector_rows[k].detector == detector) {
            i->sites = detector_rows[k].sites;
            i->each = detector_rows[k].scope == DETECTOR_EACH_LINE;
        }
    static struct detector_config config; /* static: its padding is zero, for memcmp() */
    config.base_rate_hz = HZ;
    detector->init(i->state, &config);
}

static void instance_push(struct instance *i, const struct event *event) {
    struct rules rules = rules_default();
    if (event->kind != EVENT_NONE && !(i->sites >> event->site & 1))
        return;
    if (i->each && i->known && event->kind != EVENT_NONE && event->channel != i->channel)
        return;
    if (event->kind != EVENT_NONE)
        i->channel = event->channel;
    i->known |= event->kind != EVENT_NONE;
    struct detector_input in = {event->kind == EVENT_NONE ? NULL : event, event->emitted_tick,
                                &rules};
    struct event out;
    memset(&out, 0, sizeof out);
    if (!i->detector->push(i->state, &in, &out))
        return;
    assert_true(i->count < FOUND_MAX);
    i->found[i->count++] = out;
}

static void instance_run(struct instance *i, const struct script *script, uint32_t from,
                         uint32_t to) {
    for (uint32_t k = from; k < to && k < script->count; k++)
        instance_push(i, &script->events[k]);
}

static bool same_finding(const struct event *a, const struct event *b) {
    return a->kind == b->kind && a->state == b->state && a->site == b->site &&
           a->channel == b->channel && a->tick == b->tick && a->from_tick == b->from_tick &&
           a->to_tick == b->to_tick &&
           memcmp(&a->from_value, &b->from_value, sizeof(double)) == 0 &&
           memcmp(&a->to_value, &b->to_value, sizeof(double)) == 0 &&
           memcmp(&a->quality, &b->quality, sizeof(double)) == 0 &&
           a->beats_count == b->beats_count && memcmp(a->beats, b->beats, sizeof a->beats) == 0;
}

static bool same_found(const struct instance *a, const struct instance *b) {
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (!same_finding(&a->found[i], &b->found[i]))
            return false;
    return true;
}

/* The checks: true where the detector keeps the promise. */
static bool reset_equals_init(const struct detector_class *detector, const struct script *script) {
    static struct instance used, fresh;
    bool same = true;
    for (uint32_t stop = 1; stop <= script->count && same; stop += script->count / 17) {
        instance_open(&used, detector);
        instance_open(&fresh, detector);
        instance_run(&used, script, 0, stop);
        detector->reset(used.state);
        used.count = 0;
        same = memcmp(used.state, fresh.state, detector->state_bytes) == 0;
        instance_run(&used, script, 0, script->count);
        instance_run(&fresh, script, 0, script->count);
        same = same && same_found(&used, &fresh);
    }
    return same;
}

static bool copy_continues(const struct detector_class *detector, const struct script *script) {
    static struct instance one, other;
    bool same = true;
    for (uint32_t stop = 1; stop <= script->count && same; stop += script->count / 17) {
        instance_open(&one, detector);
        instance_run(&one, script, 0, stop);
        other = one;
        instance_run(&one, script, stop, script->count);
        instance_run(&other, script, stop, script->count);
        same = same_found(&one, &other);
    }
    return same;
}

/* Two at once, the second half as far, find what one alone finds: nothing is shared. */
static bool keeps_to_its_state(const struct detector_class *detector, const struct script *script) {
    static struct instance alone, first, second;
    instance_open(&alone, detector);
    instance_run(&alone, script, 0, script->count);
    instance_open(&first, detector);
    instance_open(&second, detector);
    for (uint32_t k = 0; k < script->count; k++) {
        instance_run(&first, script, k, k + 1);
        instance_run(&second, script, k / 2, k / 2 + k % 2);
    }
    instance_run(&second, script, script->count / 2, script->count);
    return same_found(&alone, &first) && same_found(&alone, &second);
}

static bool keeps_to_its_bytes(const struct detector_class *detector, const struct script *script) {
    static struct instance one;
    instance_open(&one, detector);
    memset(one.state + detector->state_bytes, 0xA5, sizeof one.state - detector->state_bytes);
    instance_run(&one, script, 0, script->count);
    for (size_t i = detector->state_bytes; i < sizeof one.state; i++)
        if (one.state[i] != 0xA5)
            return false;
    return true;
}

/* Only a word about the line itself, or that a finding was held back, may come of artefacts. */
static bool silent_on_artefacts(const struct detector_class *detector) {
    static struct script artefacts;
    static struct instance one;
    script_artefacts(&artefacts);
    instance_open(&one, detector);
    instance_run(&one, &artefacts, 0, artefacts.count);
    for (uint32_t i = 0; i < one.count; i++) {
        uint32_t kind = one.found[i].kind;
        bool of_the_line = kind == EVENT_LINE_LOST || kind == EVENT_GUIDE_DAMPED ||
                           (kind >= EVENT_WRONG_LABEL && kind <= EVENT_DAMPED_LINE);
        if (!of_the_line && kind != EVENT_HELD_BACK)
            return false;
    }
    return true;
}

/* What it says is in events.def, begins with RAISED, alternates, and lies in the past. */
static bool speaks_properly(const struct detector_class *detector, const struct script *script) {
    static struct instance one;
    bool raised = false;
    instance_open(&one, detector);
    for (uint32_t k = 0; k < script->count; k++) {
        uint32_t before = one.count;
        instance_run(&one, script, k, k + 1);
        if (one.count == before)
            continue;
        const struct event *found = &one.found[before];
        if (found->kind == EVENT_HELD_BACK)
            continue; /* no finding */
        bool finding = event_row(found->kind) != NULL && found->kind >= 300 && found->kind < 400;
        bool order = raised ? found->state == EVENT_ONGOING || found->state == EVENT_RECOVERED
                            : found->state == EVENT_RAISED;
        if (!finding || !order || found->tick > script->events[k].emitted_tick ||
            found->from_tick > found->to_tick || site_row(found->site) == NULL)
            return false;
        raised = found->state != EVENT_RECOVERED;
    }
    return one.count > 0; /* the script holds a case for each */
}

/* Each finding that stands says what would clear it; one that is over does not, and the number it
 * named was true: where it recovers, what it reads lies on the side that it said. */
static bool says_what_clears(const struct detector_class *detector, const struct script *script) {
    static struct instance one;
    char text[200];
    double named = 0;
    uint32_t standing = 0;
    instance_open(&one, detector);
    instance_run(&one, script, 0, script->count);
    for (uint32_t i = 0; i < one.count; i++) {
        const struct event *e = &one.found[i];
        bool stands = e->state == EVENT_RAISED || e->state == EVENT_ONGOING;
        event_clears(e, text, sizeof text);
        if (stands != (text[0] != '\0') || (!stands && (e->clears_value != 0 || e->clears_s != 0)))
            return false;
        bool bare = e->clears_value == 0 && e->clears_s == 0;
        double beyond = event_clears_sense(e->kind) * (e->to_value - named);
        if ((stands && bare) || (e->state == EVENT_RECOVERED && beyond < -0.5))
            return false;
        named = e->clears_value;
        standing += stands;
        if (e->state == EVENT_RAISED)
            print_message("    %s\n", text);
    }
    return standing > 0;
}

/* Beats that were nothing take with them the finding that stood on them, and leave alone one that
 * stood on others; a finding that stands on states or measurements is not taken back. */
static bool withdrawn_with_its_beats(const struct detector_class *detector,
                                     const struct script *script) {
    static struct instance one, before;
    instance_open(&one, detector);
    uint32_t at = 0;
    while (at < script->count && (one.count == 0 || one.found[0].state != EVENT_RAISED)) {
        one.count = 0;
        instance_run(&one, script, at, at + 1);
        at++;
    }
    if (one.count == 0)
        return false;
    struct event withdrawn = one.found[0];
    withdrawn.kind = EVENT_WITHDRAWN;
    withdrawn.state = EVENT_STATE_NONE;
    withdrawn.emitted_tick = script->events[at - 1].emitted_tick;
    withdrawn.tick = withdrawn.from_tick = 0;
    withdrawn.to_tick = HZ; /* long ago */
    before = one;
    instance_push(&before, &withdrawn);
    withdrawn.to_tick = withdrawn.emitted_tick;
    withdrawn.from_tick = withdrawn.tick = withdrawn.to_tick - 80 * HZ;
    instance_push(&one, &withdrawn);
    bool taken = one.count == 2 && one.found[1].kind == one.found[0].kind &&
                 one.found[1].state == EVENT_RETRACTED;
    return before.count == 1 && (detector->on_beats ? taken : one.count == 1);
}

static void test_every_row(void **state) {
    (void)state;
    static struct script script;
    script_everything(&script);
    assert_true(detector_rows_count >= 5);
    for (int i = 0; i < detector_rows_count; i++) {
        const struct detector_row *row = &detector_rows[i];
        const struct detector_class *detector = row->detector;
        char path[512];
        snprintf(path, sizeof path, "%s/detectors/%s.c", SOURCE_DIR, row->name);
        print_message("%-13s %4zu bytes: %s\n", row->name, detector->state_bytes, detector->what);
        assert_string_equal(row->name, detector->name);
        assert_true(strlen(detector->what) > 8);
        assert_int_equal(access(path, R_OK), 0);
        assert_true(detector->state_bytes <= DETECTOR_STATE_BYTES);
        assert_true(row->sites != 0);
        for (uint32_t site = 0; site < 32; site++)
            assert_true(!(row->sites >> site & 1) || site_row(site) != NULL);
        assert_true(reset_equals_init(detector, &script));
        assert_true(copy_continues(detector, &script));
        assert_true(keeps_to_its_state(detector, &script));
        assert_true(keeps_to_its_bytes(detector, &script));
        assert_true(silent_on_artefacts(detector));
        assert_true(speaks_properly(detector, &script));
        assert_true(says_what_clears(detector, &script));
        assert_true(withdrawn_with_its_beats(detector, &script));
    }
}

/* The faulty ones: each counts beats and raises at the hundredth, each with a fault of its own. */
struct planted {
    struct detector_config config;
    uint32_t beats, low;
    bool raised;
    struct planted *self; /* for the one that points into its own state */
};

static uint32_t planted_hidden; /* the fault that is looked for: memory outside the state */

static void planted_reset(void *state) {
    detector_forget(state, sizeof(struct planted));
}

static void planted_init(void *state, const struct detector_config *config) {
    struct planted *p = state;
    p->config = *config;
    planted_reset(state);
}

static void forgetful_reset(void *state) {
    struct planted *p = state;
    p->beats = 0;
    p->raised = false; /* and low stays */
}

static bool planted_raise(struct event *out, uint64_t tick) {
    out->kind = EVENT_LOW_BP;
    out->state = EVENT_RAISED;
    out->site = SITE_AO;
    out->tick = out->from_tick = out->to_tick = tick;
    detector_clears(out, 70, 10);
    return true;
}

static bool sound_push(void *state, const struct detector_input *in, struct event *out) {
    struct planted *p = state;
    double mean;
    if (in->event == NULL || in->event->kind != EVENT_BEAT ||
        !event_value(in->event, QUANTITY_MEAN, &mean))
        return false;
    p->beats++;
    p->low += mean < 80;
    if (p->raised || p->low < 20)
        return false;
    p->raised = true;
    return planted_raise(out, in->event->tick);
}

static bool hidden_push(void *state, const struct detector_input *in, struct event *out) {
    struct planted *p = state;
    if (in->event == NULL || in->event->kind != EVENT_BEAT || p->raised)
        return false;
    if (++planted_hidden % 100 != 0)
        return false;
    p->raised = true;
    return planted_raise(out, in->event->tick);
}

static bool pointing_push(void *state, const struct detector_input *in, struct event *out) {
    struct planted *p = state;
    if (p->self == NULL)
        p->self = p;
    return sound_push(p->self, in, out);
}

static bool nervous_push(void *state, const struct detector_input *in, struct event *out) {
    struct planted *p = state;
    if (p->raised || in->event == NULL || ++p->beats < 50)
        return false;
    p->raised = true;
    return planted_raise(out, in->event->tick);
}

static bool unheard_push(void *state, const struct detector_input *in, struct event *out) {
    bool found = sound_push(state, in, out);
    out->kind = 399;
    return found;
}

/* Says nothing of what would clear it. */
static bool curt_push(void *state, const struct detector_input *in, struct event *out) {
    bool found = sound_push(state, in, out);
    out->clears_value = out->clears_s = 0;
    return found;
}

/* Says that it clears above 70 mmHg, and clears at 60. */
static bool lying_push(void *state, const struct detector_input *in, struct event *out) {
    struct planted *p = state;
    bool was = p->raised, found = sound_push(state, in, out);
    if (!was || in->event == NULL)
        return found;
    p->raised = false;
    p->low = 0;
    planted_raise(out, in->event->tick);
    out->state = EVENT_RECOVERED;
    out->to_value = 60;
    out->clears_value = out->clears_s = 0;
    return true;
}

static bool wide_push(void *state, const struct detector_input *in, struct event *out) {
    ((unsigned char *)state)[sizeof(struct planted) + 8] = 1;
    return sound_push(state, in, out);
}

static struct detector_class planted_class(bool (*push)(void *, const struct detector_input *,
                                                        struct event *)) {
    return (struct detector_class){.name = "planted",
                                   .what = "made for this test",
                                   .state_bytes = sizeof(struct planted),
                                   .init = planted_init,
                                   .push = push,
                                   .reset = planted_reset};
}

static void test_faults_are_caught(void **state) {
    (void)state;
    static struct script script;
    script_everything(&script);
    struct detector_class sound = planted_class(sound_push), hidden = planted_class(hidden_push);
    struct detector_class pointing = planted_class(pointing_push);
    struct detector_class nervous = planted_class(nervous_push);
    struct detector_class unheard = planted_class(unheard_push), wide = planted_class(wide_push);
    struct detector_class forgetful = planted_class(sound_push);
    struct detector_class curt = planted_class(curt_push), lying = planted_class(lying_push);
    struct detector_class stubborn = planted_class(sound_push);
    stubborn.on_beats = true;
    forgetful.reset = forgetful_reset;
    assert_true(reset_equals_init(&sound, &script));
    assert_true(copy_continues(&sound, &script));
    assert_true(keeps_to_its_state(&sound, &script));
    assert_true(keeps_to_its_bytes(&sound, &script));
    assert_true(silent_on_artefacts(&sound));
    assert_true(speaks_properly(&sound, &script));
    assert_false(keeps_to_its_state(&hidden, &script));
    assert_false(copy_continues(&pointing, &script));
    assert_false(reset_equals_init(&forgetful, &script));
    assert_false(silent_on_artefacts(&nervous));
    assert_false(speaks_properly(&unheard, &script));
    assert_false(keeps_to_its_bytes(&wide, &script));
    assert_true(says_what_clears(&sound, &script));
    assert_false(says_what_clears(&curt, &script));
    assert_false(says_what_clears(&lying, &script));
    assert_true(withdrawn_with_its_beats(&sound, &script));
    assert_false(withdrawn_with_its_beats(&stubborn, &script));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row),
        cmocka_unit_test(test_faults_are_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
